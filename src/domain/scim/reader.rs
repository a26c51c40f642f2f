//! Reads filters and paths letter by letter, within limits that make no text expensive.

use super::attributes::AttributePath;
use crate::error::{ScimFault, ScimKind};

/// The bytes of a filter or path at most.
const MAX_BYTES: usize = 4096;
/// How deep parentheses, brackets and negations may nest.
pub(super) const MAX_DEPTH: usize = 16;
/// How many comparisons one filter may make.
const MAX_TERMS: usize = 50;

/// What is still to be read.
pub(super) struct Reader<'a> {
    rest: &'a str,
    terms: usize,
    kind: ScimKind,
}

impl<'a> Reader<'a> {
    /// A reader whose faults are of this kind.
    ///
    /// # Errors
    /// The text is too long.
    pub(super) fn new(text: &'a str, kind: ScimKind) -> Result<Self, ScimFault> {
        if text.len() > MAX_BYTES {
            return Err(kind.because("it is longer than 4096 bytes"));
        }
        Ok(Self {
            rest: text,
            terms: 0,
            kind,
        })
    }

    pub(super) const fn fault(&self, detail: &'static str) -> ScimFault {
        self.kind.because(detail)
    }

    /// Counts one comparison more.
    pub(super) fn term(&mut self) -> Result<(), ScimFault> {
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(self.fault("it has more than 50 comparisons"));
        }
        Ok(())
    }

    pub(super) fn spaces(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    /// Takes a sign if it comes next.
    pub(super) fn eat(&mut self, sign: char) -> bool {
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Whether a sign comes next, perhaps after spaces.
    pub(super) fn sees(&self, sign: char) -> bool {
        self.rest.trim_start_matches([' ', '\t']).starts_with(sign)
    }

    /// The longest run of what names and keywords are made of; it may be empty.
    pub(super) fn word(&mut self) -> &'a str {
        let is_of_word = |c: char| c.is_ascii_alphanumeric() || "_-$.:".contains(c);
        let end = self.rest.find(|c| !is_of_word(c));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        word
    }

    /// Takes a keyword, whatever its case.
    pub(super) fn keyword(&mut self, keyword: &str) -> bool {
        let before = self.rest;
        let is_it = self.word().eq_ignore_ascii_case(keyword);
        if !is_it {
            self.rest = before;
        }
        is_it
    }

    /// The path of an attribute.
    pub(super) fn attribute(&mut self) -> Result<AttributePath, ScimFault> {
        let fault = self.fault("the name of an attribute is expected");
        AttributePath::read(self.word()).ok_or(fault)
    }

    /// A JSON text, from its first quote to its last.
    pub(super) fn quoted(&mut self) -> Result<String, ScimFault> {
        let fault = self.fault("a text is not closed, or not as JSON has it");
        let mut escaped = false;
        let inner = self.rest.strip_prefix('"').ok_or(fault)?;
        let end = inner.bytes().position(|byte| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        });
        // Both quotes are single bytes.
        let (text, rest) = self.rest.split_at(end.ok_or(fault)? + 2);
        self.rest = rest;
        serde_json::from_str(text).map_err(|_| fault)
    }

    /// A JSON number as it is written; it may be empty.
    pub(super) fn number(&mut self) -> &'a str {
        let is_of_number = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
        let end = self.rest.find(|c| !is_of_number(c));
        let (number, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        number
    }

    /// Whether a text comes next.
    pub(super) fn sees_quote(&self) -> bool {
        self.rest.starts_with('"')
    }

    /// Whether a number comes next.
    pub(super) fn sees_number(&self) -> bool {
        let first = self.rest.chars().next();
        first.is_some_and(|c| c.is_ascii_digit() || c == '-')
    }

    /// The end of the text.
    ///
    /// # Errors
    /// There is more.
    pub(super) fn end(mut self) -> Result<(), ScimFault> {
        self.spaces();
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.fault("more follows where it should end"))
        }
    }
}
