//! Words for people: answers on stdout, everything else on stderr.

use std::io::{self, IsTerminal, Write};

use super::CliError;

/// Prints an answer, and a line's end after it.
///
/// # Errors
///
/// Nobody reads it, or the disk is full; then the answer is lost and the command has failed.
pub fn answer(text: &str) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .map_err(|error| CliError::new(format!("cannot print the answer: {error}")))
}

/// Tells what happens meanwhile. Nobody may be listening, which is no failure.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Tells why the command failed and what to do next.
pub fn error(error: &CliError) {
    note(&format!("error: {error}"));
    if let Some(advice) = error.advice() {
        note(&format!("\n{advice}"));
    }
}

/// A line that is written over again and again, for as long as somebody watches.
pub struct Progress {
    watched: bool,
}

impl Progress {
    /// A line on stderr, if that is a terminal.
    #[must_use]
    pub fn new() -> Self {
        Self {
            watched: io::stderr().is_terminal(),
        }
    }

    /// A line that nobody sees.
    #[must_use]
    pub const fn silent() -> Self {
        Self { watched: false }
    }

    /// Shows this instead of what stood there.
    pub fn show(&self, text: &str) {
        if self.watched {
            let mut out = io::stderr();
            // Carriage return and "erase to the end of the line".
            let _ = write!(out, "\r{text}\x1b[K").and_then(|()| out.flush());
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.show("");
    }
}

/// Somebody else's text on one line of a terminal: control characters, which could steer it, become `�`.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| {
            if letter.is_control() {
                '\u{fffd}'
            } else {
                letter
            }
        })
        .collect()
}

/// A number with its thousands apart: `5,000`.
#[must_use]
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
