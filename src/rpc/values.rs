//! Values that many messages share: ids, times, closed sets.

use chrono::{DateTime, Timelike};
use prost_types::{FieldMask, Timestamp};
use uuid::Uuid;

use crate::{
    clock::Time,
    error::{FieldViolation, Result, Rule, Violations},
};

/// How many values of a closed set, or paths of a mask, one field may hold: more than there are different ones.
const MAX_WORDS: usize = 64;

/// Reads an id: a UUID with hyphens.
pub(super) fn id(field: &str, text: &str) -> Result<Uuid, FieldViolation> {
    let rule = match text.len() {
        0 => Rule::Required,
        36 => match Uuid::try_parse(text) {
            Ok(id) => return Ok(id),
            Err(_) => Rule::Malformed,
        },
        _ => Rule::Malformed,
    };
    Err(FieldViolation::new(field, rule))
}

/// Reads 1 to `most` ids.
pub(super) fn ids(
    field: &str,
    texts: &[String],
    (most, violations): (usize, &mut Violations),
) -> Option<Vec<Uuid>> {
    if texts.is_empty() {
        violations.add(field, Rule::Required);
        return None;
    }
    if texts.len() > most {
        violations.add(field, Rule::TooMany);
        return None;
    }
    let mut all = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        all.extend(violations.take(id(&format!("{field}[{index}]"), text)));
    }
    Some(all)
}

/// A time for the wire.
pub(super) fn timestamp(time: Time) -> Timestamp {
    Timestamp {
        seconds: time.timestamp(),
        nanos: i32::try_from(time.nanosecond()).unwrap_or_default(),
    }
}

/// Reads a time, cut to microseconds.
pub(super) fn time(field: &str, stamp: Timestamp) -> Result<Time, FieldViolation> {
    u32::try_from(stamp.nanos)
        .ok()
        .filter(|nanos| *nanos < 1_000_000_000)
        .and_then(|nanos| DateTime::from_timestamp(stamp.seconds, nanos / 1_000 * 1_000))
        .ok_or_else(|| FieldViolation::new(field, Rule::OutOfRange))
}

/// Reads a value of a closed set: `None` if unset.
pub(super) fn word<P, T>(
    field: &str,
    number: i32,
    meaning: impl Fn(P) -> Option<T>,
) -> Result<Option<T>, FieldViolation>
where
    P: TryFrom<i32>,
{
    if number == 0 {
        return Ok(None);
    }
    P::try_from(number)
        .ok()
        .and_then(meaning)
        .map(Some)
        .ok_or_else(|| FieldViolation::new(field, Rule::UnknownValue))
}

/// Reads a list of values of a closed set, of which none may be unset.
pub(super) fn words<P, T>(
    field: &str,
    numbers: &[i32],
    violations: &mut Violations,
    meaning: impl Fn(P) -> Option<T>,
) -> Vec<T>
where
    P: TryFrom<i32>,
{
    if numbers.len() > MAX_WORDS {
        violations.add(field, Rule::TooMany);
        return Vec::new();
    }
    let mut all = Vec::with_capacity(numbers.len());
    for (index, number) in numbers.iter().enumerate() {
        let place = format!("{field}[{index}]");
        match word(&place, *number, &meaning) {
            Ok(Some(value)) => all.push(value),
            Ok(None) => violations.add(place, Rule::UnknownValue),
            Err(violation) => violations.add(violation.field, violation.rule),
        }
    }
    all
}

/// The paths of an update mask; each must be one of `allowed`.
pub(super) fn paths<'a>(
    mask: Option<&'a FieldMask>,
    allowed: &[&str],
    violations: &mut Violations,
) -> Vec<&'a str> {
    let paths: Vec<&str> = mask
        .map(|mask| mask.paths.iter().map(String::as_str).collect())
        .unwrap_or_default();
    if paths.is_empty() {
        violations.add("update_mask", Rule::Required);
    }
    if paths.len() > MAX_WORDS {
        violations.add("update_mask", Rule::TooMany);
        return Vec::new();
    }
    for (index, path) in paths.iter().enumerate() {
        if !allowed.contains(path) {
            violations.add(format!("update_mask.paths[{index}]"), Rule::UnknownPath);
        }
    }
    paths
}
