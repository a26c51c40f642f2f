//! The names of people and teams: they go into letters, so each is one visible line and no link.

use unicode_normalization::UnicodeNormalization;

use crate::error::Rule;

/// The code points of a name at most.
const MAX_NAME: usize = 100;
/// The same of a directory's group.
const MAX_GROUP_NAME: usize = 256;

/// Declares types that hold a text which their check has passed. Their `Debug` output hides it: it is somebody's.
macro_rules! checked_texts {
    ($($(#[$meta:meta])* pub struct $name:ident = $check:path;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// Reads one.
            ///
            /// # Errors
            /// The violation of `field`, `Required` for a blank text.
            pub fn parse(field: &str, text: &str) -> Result<Self, $crate::error::FieldViolation> {
                $check(text)
                    .map(Self)
                    .map_err(|rule| $crate::error::FieldViolation::new(field, rule))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, taken out.
            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}

pub(super) use checked_texts;

checked_texts! {
    /// A person's given or family name: in NFC, trimmed, 1 to 100 code points, no hidden character and no link.
    pub struct PersonName = name;
    /// A team's or a custom role's name, by the same rules.
    pub struct DisplayName = name;
    /// A directory's group: one visible line of 1 to 256 code points, in NFC and trimmed. It stands in no letter, so that it may look like a link.
    pub struct GroupName = group_name;
}

/// A text by the rules of names.
pub(super) fn name(text: &str) -> Result<String, Rule> {
    let text = line(text, MAX_NAME)?;
    if looks_like_link(&text) {
        return Err(Rule::LooksLikeLink);
    }
    Ok(text)
}

fn group_name(text: &str) -> Result<String, Rule> {
    line(text, MAX_GROUP_NAME)
}

/// One visible line: in NFC, trimmed, of 1 to `max` code points, without hidden characters.
pub(super) fn line(text: &str, max: usize) -> Result<String, Rule> {
    let text: String = text.trim().nfc().collect();
    if text.is_empty() {
        return Err(Rule::Required);
    }
    if text.chars().count() > max {
        return Err(Rule::TooLong);
    }
    if text.chars().any(is_hidden) || has_stray_joiner(&text) {
        return Err(Rule::ControlCharacter);
    }
    Ok(text)
}

/// Whether a character changes, breaks or pads a text without being seen: controls, line separators, bidirectional
/// and other format characters, and the blank letters that make a name look empty.
pub(super) const fn is_hidden(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}'
        | '\u{AD}' // soft hyphen
        | '\u{34F}' // combining grapheme joiner
        | '\u{61C}' | '\u{200E}' | '\u{200F}' // bidirectional marks
        | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' // Hangul fillers
        | '\u{17B4}' | '\u{17B5}' | '\u{180E}' // Khmer and Mongolian ones without a shape
        | '\u{200B}' // zero width space
        | '\u{2028}'..='\u{202E}' // separators, embeddings and overrides
        | '\u{2060}'..='\u{206F}' // word joiner, invisible operators, isolates
        | '\u{2800}' // blank braille pattern
        | '\u{FEFF}' // byte-order mark
        | '\u{FFF9}'..='\u{FFFB}' // interlinear annotation
        | '\u{E0000}'..='\u{E007F}' // tags
    )
}

/// Whether a character is a zero width (non-)joiner. Persian and Indic names are written with them.
pub(super) const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
}

/// Whether a joiner stands where it can join nothing: at an end, beside another, or beside ASCII.
fn has_stray_joiner(text: &str) -> bool {
    let joins = |c: Option<char>| c.is_some_and(|c| !c.is_ascii() && !is_joiner(c));
    text.char_indices()
        .filter(|(_, c)| is_joiner(*c))
        .any(|(at, c)| {
            let before = text[..at].chars().next_back();
            let after = text[at + c.len_utf8()..].chars().next();
            !joins(before) || !joins(after)
        })
}

/// Whether a mail client might make a link, or a browser an element, of it.
fn looks_like_link(text: &str) -> bool {
    text.contains("://") || text.contains(['<', '>']) || text.to_ascii_lowercase().contains("www.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, Rule> {
        PersonName::parse("given_name", text)
            .map(PersonName::into_string)
            .map_err(|violation| violation.rule)
    }

    #[test]
    fn names_of_people_are_kept() {
        for text in [
            "Ada",
            "O'Brien",
            "O’Brien",
            "Вʼячеслав",
            "Jean-Luc",
            "van der Berg, Jr.",
            "J.R.R.",
            "李",
            "\u{1F469}\u{200D}\u{1F52C}",
            // A combining mark that no letter composes with, a ZWNJ in Persian, a ZWJ in Malayalam.
            "x\u{331}a",
            "علی\u{200C}رضا",
            "അവന്\u{200D}റ",
            "Nguyễn Thị Ánh",
            "www",
            "ratio 1:2",
        ] {
            assert_eq!(read(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_name_is_trimmed_and_composed() {
        assert_eq!(read(" \t\u{A0}Zoe\u{308} \r\n").as_deref(), Ok("Zoë"));
    }

    #[test]
    fn a_name_has_one_to_a_hundred_code_points() {
        assert_eq!(read(""), Err(Rule::Required));
        assert_eq!(read(" \u{3000}\n"), Err(Rule::Required));
        assert_eq!(read(&"ї".repeat(100)).as_deref(), Ok(&*"ї".repeat(100)));
        assert_eq!(read(&"a".repeat(101)), Err(Rule::TooLong));
        // Counted after composing.
        assert_eq!(
            read(&"i\u{308}".repeat(100)).as_deref(),
            Ok(&*"ï".repeat(100))
        );
    }

    #[test]
    fn hidden_characters_are_refused() {
        for text in [
            "A\0da",
            "Tor\nvalds",
            "Tor\rvalds",
            "Tor\tvalds",
            "\u{7F}Ada",
            "A\u{85}da",
            "A\u{61C}da",
            "A\u{200B}da",
            "A\u{200E}da",
            "A\u{200F}da",
            "A\u{2028}da",
            "A\u{2029}da",
            "A\u{202A}da",
            "\u{202E}adA",
            "A\u{2066}da",
            "A\u{2069}da",
            "\u{FEFF}Ada",
            "A\u{AD}da",
            "\u{3164}",
            "\u{2800}",
            "A\u{E0041}da",
        ] {
            assert_eq!(read(text), Err(Rule::ControlCharacter), "{text:?}");
        }
    }

    #[test]
    fn a_joiner_is_refused_where_it_joins_nothing() {
        for text in [
            "A\u{200D}da",
            "\u{200C}علی",
            "علی\u{200C}",
            "علی\u{200C}\u{200C}رضا",
            "علی\u{200C} رضا",
            "\u{200D}",
        ] {
            assert_eq!(read(text), Err(Rule::ControlCharacter), "{text:?}");
        }
    }

    #[test]
    fn a_name_that_reads_like_a_link_is_refused() {
        for text in [
            "http://win.example",
            "Click ftp://x",
            "www.win.example",
            "WwW.win.example",
            "<b>Ada</b>",
            "Ada>",
        ] {
            assert_eq!(read(text), Err(Rule::LooksLikeLink), "{text:?}");
        }
    }

    #[test]
    fn a_teams_name_keeps_the_same_rules_and_names_its_field() {
        assert_eq!(
            DisplayName::parse("display_name", "Acme").unwrap().as_str(),
            "Acme"
        );
        let violation = DisplayName::parse("display_name", "www.acme.example").unwrap_err();
        assert_eq!(violation.field, "display_name");
        assert_eq!(violation.rule, Rule::LooksLikeLink);
    }

    #[test]
    fn debug_output_hides_the_name() {
        let name = PersonName::parse("given_name", "Ada").unwrap();
        assert_eq!(format!("{name:?}"), "PersonName(..)");
    }
}
