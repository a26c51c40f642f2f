//! Etags: a short hash of a resource as it stands, which changes whenever the resource does.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{Context, SHA256};

use crate::{
    clock::Time,
    error::{Error, Result},
};

/// How much of the hash is shown: two states of one resource do not meet by chance.
const BYTES: usize = 12;

/// Collects the parts of a resource, each with its length, so that no two lists of parts look alike.
pub(super) struct Etag(Context);

impl Etag {
    pub(super) fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    pub(super) fn text(mut self, text: &str) -> Self {
        self.0.update(&(text.len() as u64).to_be_bytes());
        self.0.update(text.as_bytes());
        self
    }

    /// Absent is not empty.
    pub(super) fn optional(self, text: Option<&str>) -> Self {
        match text {
            None => self.number(0),
            Some(text) => self.number(1).text(text),
        }
    }

    pub(super) fn number(mut self, number: i64) -> Self {
        self.0.update(&number.to_be_bytes());
        self
    }

    pub(super) fn time(self, time: Option<Time>) -> Self {
        match time {
            None => self.number(0),
            Some(time) => self.number(1).number(time.timestamp_micros()),
        }
    }

    pub(super) fn finish(self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0.finish().as_ref()[..BYTES])
    }
}

/// Whether a resource is still what the caller read, if he says what that was.
///
/// # Errors
/// [`Error::Stale`].
pub fn expect(read: Option<&str>, stands: &str) -> Result<()> {
    match read {
        Some(read) if read != stands => Err(Error::Stale),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_and_its_place_count() {
        let tags = [
            Etag::new().text("ab").text("c").finish(),
            Etag::new().text("a").text("bc").finish(),
            Etag::new().text("abc").finish(),
            Etag::new().optional(None).finish(),
            Etag::new().optional(Some("")).finish(),
            Etag::new().number(1).finish(),
            Etag::new().time(None).finish() + "time",
        ];
        for (index, tag) in tags.iter().enumerate() {
            assert!(!tags[..index].contains(tag), "{index}");
        }
        assert_eq!(tags[0].len(), 16);
    }

    #[test]
    fn only_another_etag_is_stale() {
        assert!(expect(None, "now").is_ok());
        assert!(expect(Some("now"), "now").is_ok());
        assert!(matches!(expect(Some("then"), "now"), Err(Error::Stale)));
    }
}
