//! Lengths of time as people write them in settings.

use std::time::Duration;

/// Ten years; beyond that a setting is a slip, and sums with the present could overflow.
const LONGEST_MILLISECONDS: u64 = 3_650 * 86_400_000;

/// Reads one whole number with one unit, such as `500ms`, `90s`, `10m`, `1h` or `7d`, at most 3,650 days.
#[must_use]
pub fn parse(text: &str) -> Option<Duration> {
    let unit_at = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit_at);
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let span = number.parse::<u64>().ok()?.checked_mul(milliseconds)?;
    (0..=LONGEST_MILLISECONDS)
        .contains(&span)
        .then(|| Duration::from_millis(span))
}

/// Reads the value of a flag that must be above zero.
///
/// # Errors
///
/// Says what a length of time looks like.
pub fn argument(text: &str) -> Result<Duration, &'static str> {
    match delay(text)? {
        Duration::ZERO => Err("give a time above zero"),
        span => Ok(span),
    }
}

/// Reads the value of a flag that may be zero.
///
/// # Errors
///
/// Says what a length of time looks like.
pub fn delay(text: &str) -> Result<Duration, &'static str> {
    parse(text).ok_or("give a whole number with a unit (ms, s, m, h or d), such as 90s or 7d")
}
