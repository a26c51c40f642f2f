//! Reading and writing the values that both databases store alike: times as microseconds, closed sets as words.

use chrono::DateTime;

use crate::{
    clock::Time,
    error::{Error, Result},
};

/// A time for storing.
pub(super) const fn micros(time: Time) -> i64 {
    time.timestamp_micros()
}

/// A stored time.
pub(super) fn time(micros: i64) -> Result<Time> {
    DateTime::from_timestamp_micros(micros)
        .ok_or_else(|| Error::internal("a stored time is out of range"))
}

/// A stored time that may be absent.
pub(super) fn opt_time(micros: Option<i64>) -> Result<Option<Time>> {
    micros.map(time).transpose()
}

/// A stored word of a closed set; the table's CHECK lets no other in.
pub(super) fn word<T>(of: impl Fn(&str) -> Option<T>, word: &str) -> Result<T> {
    of(word).ok_or_else(|| Error::internal(format!("unknown stored word {word}")))
}

/// A stored count or row number.
pub(super) fn number(stored: i32) -> Result<u32> {
    u32::try_from(stored).map_err(|_| Error::internal("a stored number is negative"))
}

/// A count or row number for storing; ours are small.
pub(super) fn stored(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
