//! The texts of a profile that a person may leave out, and the ids that other systems give.

use super::names::{checked_texts, is_hidden, is_joiner, line, name};
use uuid::Uuid;

use crate::error::{Error, FieldViolation, Rule};

/// The characters of a phone number at most.
const MAX_PHONE: usize = 40;
/// The characters of a time zone at most; the longest of the IANA database has 32.
const MAX_TIME_ZONE: usize = 64;
/// The code points of an external id at most.
const MAX_EXTERNAL_ID: usize = 128;

checked_texts! {
    /// A phone number as people write it, at most 40 characters: ASCII letters (`ext`), digits, spaces and `+-().,/#*;:`,
    /// with at least one digit. It is shown, never dialled.
    pub struct Phone = phone;
    /// A time zone of IANA's shape, `Area/City` or `UTC`, at most 64 characters. Whether there is such a zone is the
    /// reader's to know: databases of zones differ.
    pub struct TimeZone = time_zone;
    /// A job title, by the rules of names.
    pub struct JobTitle = name;
    /// The id that another system gives a thing, at most 128 code points, kept to the byte: it is case-sensitive, not
    /// normalised, and refused rather than trimmed.
    pub struct ExternalId = external_id;
}

/// What begins the key of whom another system gave no id: no id begins so.
const NONE: char = ' ';

impl ExternalId {
    /// What stands for an id where none was given; nobody can give it.
    #[must_use]
    pub fn none(stand_in: Uuid) -> Self {
        Self(format!("{NONE}{stand_in}"))
    }

    /// Whether it stands for none.
    #[must_use]
    pub fn is_none(key: &str) -> bool {
        key.starts_with(NONE)
    }

    /// As it was stored, also what stands for none.
    ///
    /// # Errors
    /// Fails if it breaks its rules.
    pub fn kept(key: &str) -> Result<Self, Error> {
        if Self::is_none(key) {
            return Ok(Self(key.to_owned()));
        }
        Self::parse("external_id", key).map_err(|broken| Error::kept(&broken))
    }
}

/// Reads a text that may be left out: a blank one is none.
///
/// # Errors
/// Those of `parse`.
pub fn optional<T>(
    parse: fn(&str, &str) -> Result<T, FieldViolation>,
    field: &str,
    text: &str,
) -> Result<Option<T>, FieldViolation> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    parse(field, text).map(Some)
}

fn phone(text: &str) -> Result<String, Rule> {
    let text = line(text, MAX_PHONE)?;
    let is_known = |c: char| c.is_ascii_alphanumeric() || " +-().,/#*;:".contains(c);
    if !text.chars().all(is_known) || !text.contains(|c: char| c.is_ascii_digit()) {
        return Err(Rule::Malformed);
    }
    Ok(text)
}

fn time_zone(text: &str) -> Result<String, Rule> {
    let text = line(text, MAX_TIME_ZONE)?;
    let is_segment = |segment: &str| {
        segment.starts_with(|c: char| c.is_ascii_alphabetic())
            && segment
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'-'))
    };
    if text == "UTC" || (text.contains('/') && text.split('/').all(is_segment)) {
        return Ok(text);
    }
    Err(Rule::Malformed)
}

fn external_id(text: &str) -> Result<String, Rule> {
    if text.trim().is_empty() {
        return Err(Rule::Required);
    }
    if text.chars().count() > MAX_EXTERNAL_ID {
        return Err(Rule::TooLong);
    }
    if text.chars().any(|c| is_hidden(c) || is_joiner(c)) {
        return Err(Rule::ControlCharacter);
    }
    if text.trim() != text {
        return Err(Rule::Malformed);
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_are_kept_as_people_write_them() {
        for text in [
            "+380 44 123-45-67",
            "(0)30/123.456",
            "+1 800 FLOWERS2 ext. 12",
            "*21#;5",
        ] {
            assert_eq!(phone(text).as_deref(), Ok(text));
        }
        assert_eq!(phone(" 1 ").as_deref(), Ok("1"));
        assert_eq!(phone(&"1".repeat(40)).as_deref(), Ok(&*"1".repeat(40)));
    }

    #[test]
    fn what_is_no_phone_number_is_refused() {
        for (text, rule) in [
            ("", Rule::Required),
            ("none", Rule::Malformed),
            ("١٢٣", Rule::Malformed),
            ("12<b>", Rule::Malformed),
            ("12\n34", Rule::ControlCharacter),
            ("\u{202A}+1 234\u{202C}", Rule::ControlCharacter),
            (&"1".repeat(41), Rule::TooLong),
        ] {
            assert_eq!(phone(text), Err(rule), "{text:?}");
        }
    }

    #[test]
    fn time_zones_of_ianas_shape_are_kept() {
        for text in [
            "UTC",
            "Europe/Kyiv",
            "America/Argentina/Buenos_Aires",
            "Etc/GMT+3",
            "America/Port-au-Prince",
        ] {
            assert_eq!(time_zone(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_is_no_time_zone_is_refused() {
        for (text, rule) in [
            ("", Rule::Required),
            ("Kyiv", Rule::Malformed),
            ("utc", Rule::Malformed),
            ("UTC+3", Rule::Malformed),
            ("/Kyiv", Rule::Malformed),
            ("Europe/", Rule::Malformed),
            ("Europe//Kyiv", Rule::Malformed),
            ("../etc/passwd", Rule::Malformed),
            ("Europe/New York", Rule::Malformed),
            ("Європа/Київ", Rule::Malformed),
            (&format!("Europe/{}", "a".repeat(58)), Rule::TooLong),
        ] {
            assert_eq!(time_zone(text), Err(rule), "{text:?}");
        }
    }

    #[test]
    fn an_external_id_is_kept_to_the_byte() {
        for text in ["A-1", "a-1", "crm/42 x", "ï", "i\u{308}", &"ї".repeat(128)] {
            assert_eq!(external_id(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn an_external_id_that_could_be_mistaken_is_refused() {
        for (text, rule) in [
            ("", Rule::Required),
            (" ", Rule::Required),
            (" 1", Rule::Malformed),
            ("1 ", Rule::Malformed),
            ("1\n", Rule::ControlCharacter),
            ("1\u{200D}", Rule::ControlCharacter),
            ("1\u{200B}2", Rule::ControlCharacter),
            (&"a".repeat(129), Rule::TooLong),
        ] {
            assert_eq!(external_id(text), Err(rule), "{text:?}");
        }
    }

    #[test]
    fn a_blank_text_is_left_out() {
        assert_eq!(optional(Phone::parse, "phone", ""), Ok(None));
        assert_eq!(optional(JobTitle::parse, "job_title", " \t"), Ok(None));
        let title = optional(JobTitle::parse, "job_title", " Engineer ").unwrap();
        assert_eq!(title.unwrap().as_str(), "Engineer");
    }

    #[test]
    fn a_text_that_is_given_keeps_its_rules() {
        let violation = optional(JobTitle::parse, "job_title", "www.acme.example").unwrap_err();
        assert_eq!(
            violation,
            FieldViolation::new("job_title", Rule::LooksLikeLink)
        );
    }
}
