//! A CSV text cut into records of cells.
//!
//! Not the `csv` crate's reader: that takes an unclosed quote for a cell that ends with the file, and counts line feeds
//! only, while a refusal here has to name the line that an editor shows.

use super::malformed;
use crate::error::{Result, Rule};

/// The cells of one record.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// The line on which it begins, from 1.
    pub(super) line: u32,
    /// Its first cells, as many as the caller keeps.
    pub(super) cells: Vec<String>,
    /// How many cells it has.
    pub(super) width: usize,
    /// Whether any cell beyond those kept says something.
    pub(super) has_surplus: bool,
}

impl Record {
    fn is_empty(&self) -> bool {
        !self.has_surplus && self.cells.iter().all(|cell| cell.trim().is_empty())
    }

    /// Keeps a cell, or only a note of it, so that a line of a million separators does not cost a million strings.
    fn push(&mut self, cell: String, keep: usize) {
        self.width += 1;
        if self.cells.len() < keep {
            self.cells.push(cell);
        } else {
            self.has_surplus |= !cell.trim().is_empty();
        }
    }
}

/// Reads records one after another.
#[derive(Debug)]
pub(super) struct Records<'a> {
    rest: &'a str,
    separator: char,
    line: u32,
}

/// What ended a cell.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Separator,
    Record,
}

impl<'a> Records<'a> {
    pub(super) const fn new(text: &'a str, separator: char) -> Self {
        Self {
            rest: text,
            separator,
            line: 1,
        }
    }

    /// The next record with a cell that says something; its first `keep` cells are kept. None at the end of the text.
    pub(super) fn next_filled(&mut self, keep: usize) -> Result<Option<Record>> {
        while !self.rest.is_empty() {
            let record = self.record(keep)?;
            if !record.is_empty() {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    fn record(&mut self, keep: usize) -> Result<Record> {
        let mut record = Record {
            line: self.line,
            ..Record::default()
        };
        loop {
            let (cell, end) = self.cell()?;
            record.push(cell, keep);
            match end {
                End::Separator => {}
                End::Record => return Ok(record),
            }
        }
    }

    fn cell(&mut self) -> Result<(String, End)> {
        let mut cell = String::new();
        if let Some(rest) = self.rest.strip_prefix('"') {
            self.rest = rest;
            self.quoted(&mut cell)?;
        }
        // Without quotes, or after the closing one: a further quote is a character like any other.
        let separator = self.separator;
        let length = self
            .rest
            .find([separator, '\n', '\r'])
            .unwrap_or(self.rest.len());
        let (plain, rest) = self.rest.split_at(length);
        cell.push_str(plain);
        self.rest = rest;
        if let Some(rest) = rest.strip_prefix(separator) {
            self.rest = rest;
            return Ok((cell, End::Separator));
        }
        if let Some(rest) = after_line_end(rest) {
            self.rest = rest;
            self.line = self.line.saturating_add(1);
        }
        Ok((cell, End::Record))
    }

    /// Reads on to the closing quote; two quotes are one that belongs to the cell.
    fn quoted(&mut self, cell: &mut String) -> Result<()> {
        let opened = self.line;
        loop {
            let Some((inside, rest)) = self.rest.split_once('"') else {
                return Err(malformed(
                    format!("csv.line[{opened}]"),
                    Rule::UnclosedQuote,
                ));
            };
            cell.push_str(inside);
            self.line = self.line.saturating_add(line_ends(inside));
            let Some(rest) = rest.strip_prefix('"') else {
                self.rest = rest;
                return Ok(());
            };
            cell.push('"');
            self.rest = rest;
        }
    }
}

/// What follows one line end: CR LF, LF, or the CR of old spreadsheets.
fn after_line_end(text: &str) -> Option<&str> {
    text.strip_prefix("\r\n")
        .or_else(|| text.strip_prefix(['\n', '\r']))
}

fn line_ends(text: &str) -> u32 {
    let mut rest = text;
    let mut count: u32 = 0;
    while let Some(at) = rest.find(['\n', '\r']) {
        rest = after_line_end(&rest[at..]).unwrap_or_default();
        count = count.saturating_add(1);
    }
    count
}
