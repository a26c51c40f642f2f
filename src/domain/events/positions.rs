//! Where events stand in the one order of all.

use crate::{
    domain::pages::Position,
    error::{FieldViolation, Rule},
};

/// A place in the one order of all events: the transaction's, and the event's within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventPosition {
    /// The number of the transaction.
    pub batch: i64,
    /// The number within it, from 1.
    pub ordinal: i32,
}

impl EventPosition {
    /// Before every event.
    pub const START: Self = Self {
        batch: 0,
        ordinal: 0,
    };

    /// The place just before it.
    #[must_use]
    pub const fn before(self) -> Self {
        Self {
            batch: self.batch,
            ordinal: self.ordinal - 1,
        }
    }

    /// As clients see it: 24 hexadecimal digits, which sort as positions do.
    #[must_use]
    pub fn text(self) -> String {
        format!("{:016x}{:08x}", self.batch, self.ordinal)
    }

    /// Reads what [`Self::text`] wrote.
    ///
    /// # Errors
    /// Text of another form is `MALFORMED`.
    pub fn parse(field: &str, text: &str) -> Result<Self, FieldViolation> {
        let malformed = || FieldViolation::new(field, Rule::Malformed);
        let plain = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() != 24 || !plain {
            return Err(malformed());
        }
        let (batch, ordinal) = text.split_at(16);
        Ok(Self {
            batch: i64::from_str_radix(batch, 16).map_err(|_| malformed())?,
            ordinal: i32::from_str_radix(ordinal, 16).map_err(|_| malformed())?,
        })
    }
}

impl From<EventPosition> for Position {
    fn from(position: EventPosition) -> Self {
        Self(position.text().into_bytes())
    }
}
