//! The languages that letters are asked for in; which of them have letters is `mail`'s to know.

use crate::error::{FieldViolation, Rule};

/// The characters of a tag at most (RFC 5646, 4.4.1).
const MAX_BYTES: usize = 35;

/// A BCP 47 tag of simple shape: a language of 2 or 3 letters, then subtags of 2 to 8 letters and digits.
///
/// It is kept in the customary case (RFC 5646, 2.1.1), so that equal tags are equal texts. Extensions and private use
/// are refused: no letter depends on them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Language(String);

impl Language {
    /// Reads a tag, such as `en`, `uk`, `pt-BR` or `zh-Hant`.
    ///
    /// # Errors
    /// A violation of `field`: `Required`, `TooLong` beyond 35 characters, `Malformed`.
    pub fn parse(field: &str, text: &str) -> Result<Self, FieldViolation> {
        canonical(text.trim())
            .map(Self)
            .map_err(|rule| FieldViolation::new(field, rule))
    }

    /// The language of letters when nobody has said anything.
    #[must_use]
    pub fn english() -> Self {
        Self("en".to_owned())
    }

    /// The whole tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tag's first part, such as `pt` of `pt-BR`.
    #[must_use]
    pub fn primary(&self) -> &str {
        self.0
            .split_once('-')
            .map_or(self.as_str(), |(primary, _)| primary)
    }
}

impl Default for Language {
    fn default() -> Self {
        Self::english()
    }
}

fn canonical(tag: &str) -> Result<String, Rule> {
    if tag.is_empty() {
        return Err(Rule::Required);
    }
    if tag.len() > MAX_BYTES {
        return Err(Rule::TooLong);
    }
    let mut subtags = tag.split('-');
    let primary = subtags.next().unwrap_or_default();
    if !matches!(primary.len(), 2 | 3) || !primary.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Err(Rule::Malformed);
    }
    let mut canonical = primary.to_ascii_lowercase();
    for subtag in subtags {
        if !(2..=8).contains(&subtag.len())
            || !subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            return Err(Rule::Malformed);
        }
        canonical.push('-');
        canonical.push_str(&customary(subtag));
    }
    Ok(canonical)
}

/// Regions are written in capitals, scripts with one, everything else small. A variant of four characters begins with a
/// digit, on which a capital changes nothing.
fn customary(subtag: &str) -> String {
    let mut subtag = subtag.to_ascii_lowercase();
    match subtag.len() {
        2 => subtag.make_ascii_uppercase(),
        4 => subtag[..1].make_ascii_uppercase(),
        _ => {}
    }
    subtag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_kept_in_its_customary_case() {
        for (text, tag, primary) in [
            ("en", "en", "en"),
            (" UK ", "uk", "uk"),
            ("pt-br", "pt-BR", "pt"),
            ("ZH-HANT", "zh-Hant", "zh"),
            ("sr-latn-rs", "sr-Latn-RS", "sr"),
            ("es-419", "es-419", "es"),
            ("DE-ch-1996", "de-CH-1996", "de"),
            ("de-1ABC", "de-1abc", "de"),
            ("haw", "haw", "haw"),
            ("sl-ROZAJ-Biske", "sl-rozaj-biske", "sl"),
        ] {
            let language = Language::parse("language", text).unwrap();
            assert_eq!(language.as_str(), tag);
            assert_eq!(language.primary(), primary);
        }
    }

    #[test]
    fn what_is_no_simple_tag_is_refused() {
        for (text, rule) in [
            ("", Rule::Required),
            ("  ", Rule::Required),
            ("e", Rule::Malformed),
            ("engl", Rule::Malformed),
            ("e1", Rule::Malformed),
            ("en_US", Rule::Malformed),
            ("en-", Rule::Malformed),
            ("en--US", Rule::Malformed),
            ("-en", Rule::Malformed),
            ("en-u-nu-latn", Rule::Malformed),
            ("x-klingon", Rule::Malformed),
            ("en-waytoolong", Rule::Malformed),
            ("ук", Rule::Malformed),
            ("en-УС", Rule::Malformed),
            ("../../en", Rule::Malformed),
            ("en-aaaaaaaa-bbbbbbbb-cccccccc-ddddddd", Rule::TooLong),
        ] {
            let violation = Language::parse("language", text).unwrap_err();
            assert_eq!(violation, FieldViolation::new("language", rule), "{text:?}");
        }
    }

    #[test]
    fn english_is_the_default() {
        assert_eq!(
            Language::default(),
            Language::parse("language", "EN").unwrap()
        );
    }
}
