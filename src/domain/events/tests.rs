//! Positions.

use super::*;
use crate::error::Rule;

#[test]
fn a_position_reads_as_it_was_written_and_sorts_alike() {
    let mut last = String::new();
    for (batch, ordinal) in [
        (0, 0),
        (0, 1),
        (1, 0),
        (9, 10),
        (10, 1),
        (i64::MAX, i32::MAX),
    ] {
        let position = EventPosition { batch, ordinal };
        let text = position.text();
        assert_eq!(EventPosition::parse("position", &text), Ok(position));
        assert!(text > last, "{text}");
        last = text;
    }
}

#[test]
fn anything_else_is_no_position() {
    let good = EventPosition::START.text();
    for text in [
        "",
        "7",
        &good[1..],
        &format!("{good}0"),
        &good.replacen('0', "g", 1),
        &good.replacen('0', "A", 1),
        &good.replacen('0', "+", 1),
        &good.replacen('0', "f", 1),
        "00000000000000008fffffff",
    ] {
        let refused = EventPosition::parse("position", text).map_err(|broken| broken.rule);
        assert_eq!(refused, Err(Rule::Malformed), "{text}");
    }
}
