//! The secret in a mailed link: an invitation's, or that of a new address.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::error::{FieldViolation, Rule};

/// 32 bytes of the operating system's randomness. It has no Debug on purpose.
#[derive(Clone)]
pub struct LinkToken([u8; 32]);

impl LinkToken {
    /// A token of fresh random bytes.
    #[must_use]
    pub const fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// Reads the last part of a link.
    ///
    /// # Errors
    /// Empty text is `REQUIRED`, text of another form `MALFORMED`.
    pub fn parse(field: &str, text: &str) -> Result<Self, FieldViolation> {
        if text.is_empty() {
            return Err(FieldViolation::new(field, Rule::Required));
        }
        URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| FieldViolation::new(field, Rule::Malformed))
    }

    /// The bytes, for hashing and sealing.
    #[must_use]
    pub const fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The last part of the link.
    #[must_use]
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_as_it_was_written_and_nothing_else_does() {
        let token = LinkToken::new([7; 32]);
        let text = token.text();
        assert_eq!(
            LinkToken::parse("token", &text).map(|same| *same.bytes() == [7; 32]),
            Ok(true)
        );
        assert_eq!(
            LinkToken::parse("token", "")
                .err()
                .map(|broken| broken.rule),
            Some(Rule::Required)
        );
        for other in [
            &text[1..],
            &format!("{text}A"),
            &format!("{text}="),
            "a token",
        ] {
            let refused = LinkToken::parse("token", other).err();
            assert_eq!(refused.map(|broken| broken.rule), Some(Rule::Malformed));
        }
    }
}
