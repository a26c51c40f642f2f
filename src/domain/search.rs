//! What a search by name or address compares: texts folded for case and accents, the same on both sides.

use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class};

use super::names::{checked_texts, is_hidden, is_joiner};
use crate::error::Rule;

/// The code points of a search at most.
const MAX_PREFIX: usize = 100;
/// The code points of a key: one character may fold to eighteen, and an index takes no row beyond 2,700 bytes.
const MAX_KEY: usize = 256;

checked_texts! {
    /// The folded beginning of a name or address that is looked for: 1 to 100 characters before folding.
    pub struct Prefix = prefix;
}

fn prefix(text: &str) -> Result<String, Rule> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Rule::Required);
    }
    if text.chars().nth(MAX_PREFIX).is_some() {
        return Err(Rule::TooLong);
    }
    if text.chars().any(is_hidden) {
        return Err(Rule::ControlCharacter);
    }
    Some(fold(text))
        .filter(|folded| !folded.is_empty())
        .ok_or(Rule::Malformed)
}

impl Prefix {
    /// What is greater than every key that begins with this one and smaller than every other greater key.
    #[must_use]
    pub fn end(&self) -> String {
        format!("{}{LAST}", self.as_str())
    }
}

/// By what somebody is found beside his address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameKeys {
    /// Given name, then family name.
    pub name: String,
    /// Family name, then given name.
    pub family: String,
}

impl NameKeys {
    /// The keys of a name.
    #[must_use]
    pub fn of(given: &str, family: &str) -> Self {
        Self {
            name: fold(&format!("{given} {family}")),
            family: fold(&format!("{family} {given}")),
        }
    }
}

/// The greatest code point, which no key holds.
const LAST: char = '\u{10FFFF}';

/// A text without case, accents and the width of its spaces, cut to what an index takes.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let plain = text.nfkd().filter(|c| !is_dropped(*c));
    let mut spaced = false;
    for c in plain.flat_map(char::to_lowercase) {
        if c.is_whitespace() {
            spaced = true;
            continue;
        }
        if spaced && !folded.is_empty() {
            folded.push(' ');
        }
        spaced = false;
        match whole(c) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(c),
        }
    }
    if let Some((end, _)) = folded.char_indices().nth(MAX_KEY) {
        folded.truncate(end);
    }
    folded
}

/// Accents, and what joins or varies letters without being one. Vowel signs that are letters of their script stay.
fn is_dropped(c: char) -> bool {
    canonical_combining_class(c) != 0 || is_joiner(c) || matches!(c, '\u{FE00}'..='\u{FE0F}' | LAST)
}

/// The letters that people type for one which Unicode does not take apart.
const fn whole(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ŧ' => "t",
        'ı' => "i",
        'ς' => "σ",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_width_are_folded() {
        for (text, folded) in [
            ("Ångström", "angstrom"),
            ("A\u{30A}ngstro\u{308}m", "angstrom"),
            ("İSTANBUL", "istanbul"),
            ("ısı", "isi"),
            ("Groß", "gross"),
            ("GROẞ", "gross"),
            ("Łódź", "lodz"),
            ("Йосип Їжак", "иосип іжак"),
            ("Ｆｕｌｌ　Ｗｉｄｔｈ", "full width"),
            (
                "Œuvre Æsir Þór Đuro Øre Ħal",
                "oeuvre aesir thor duro ore hal",
            ),
            ("Νίκος ΝΊΚΟΣ", "νικοσ νικοσ"),
            ("  van \u{A0}der\tBerg ", "van der berg"),
            ("علی\u{200C}رضا", "علیرضا"),
            ("Ann.Lee@Acme.example", "ann.lee@acme.example"),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    #[test]
    fn folding_twice_is_folding_once() {
        for c in (0..=0x0010_FFFF).filter_map(char::from_u32) {
            let once = fold(&format!("a{c}b"));
            assert_eq!(fold(&once), once, "{c:?}");
        }
    }

    #[test]
    fn a_key_is_short_enough_for_an_index() {
        let longest = fold(&"\u{FDFA}".repeat(100));
        assert_eq!(longest.chars().count(), MAX_KEY);
        let longest = Prefix::parse("query", &"\u{FDFA}".repeat(100)).unwrap();
        assert_eq!(longest.as_str().chars().count(), MAX_KEY);
    }

    #[test]
    fn a_prefix_has_1_to_100_visible_characters_that_leave_something() {
        let rule = |text: &str| Prefix::parse("query", text).map_err(|broken| broken.rule);
        assert!(rule(&"ї".repeat(100)).is_ok());
        assert_eq!(rule(&"a".repeat(101)).unwrap_err(), Rule::TooLong);
        assert_eq!(rule(" \u{3000}").unwrap_err(), Rule::Required);
        assert_eq!(rule("\u{301}").unwrap_err(), Rule::Malformed);
        assert_eq!(rule("a\0").unwrap_err(), Rule::ControlCharacter);
        assert_eq!(rule(" ANN  L").unwrap().as_str(), "ann l");
    }

    #[test]
    fn the_end_is_behind_every_key_that_begins_so() {
        let ann = Prefix::parse("query", "Ann").unwrap();
        for key in ["ann", "ann lee", "annz", "ann\u{10FFFD}"] {
            assert!(ann.as_str() <= key && *key < *ann.end(), "{key}");
        }
        for key in ["anm", "ano", "b", "an"] {
            assert!(*key < *ann.as_str() || *key >= *ann.end(), "{key}");
        }
    }
}
