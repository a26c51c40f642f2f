//! The header of a CSV: which column is which, and which separator makes most sense of it.

use unicode_normalization::UnicodeNormalization;

use super::{
    malformed,
    records::{Record, Records},
};
use crate::{
    domain::names::is_hidden,
    error::{Error, FieldViolation, Reason, Result, Rule},
};

/// The cells of a header that are looked at.
const MAX_COLUMNS: usize = 1_000;
/// The ignored columns that are named at most.
const MAX_IGNORED: usize = 20;
/// The characters of an ignored column's name at most.
const MAX_IGNORED_NAME: usize = 100;

/// Where the columns are.
#[derive(Debug)]
pub(super) struct Header {
    /// How many cells a row has to have: up to the last that has a name.
    pub(super) width: usize,
    pub(super) given_name: usize,
    pub(super) family_name: usize,
    pub(super) email: usize,
    /// The other columns, as they were written.
    pub(super) ignored_columns: Vec<String>,
}

/// A column that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    GivenName,
    FamilyName,
    Email,
}

impl Column {
    /// The column of a header cell, by the names that spreadsheets and exports give it.
    fn of(cell: &str) -> Option<Self> {
        match key(cell).as_str() {
            "firstname" | "first" | "givenname" | "given" | "forename" | "імя" => {
                Some(Self::GivenName)
            }
            "lastname" | "last" | "familyname" | "family" | "surname" | "прізвище" => {
                Some(Self::FamilyName)
            }
            "email"
            | "mail"
            | "emailaddress"
            | "mailaddress"
            | "елпошта"
            | "електроннапошта"
            | "еладреса"
            | "електроннаадреса"
            | "пошта"
            | "імейл" => Some(Self::Email),
            _ => None,
        }
    }

    const fn field(self) -> &'static str {
        match self {
            Self::GivenName => "csv.header.given_name",
            Self::FamilyName => "csv.header.family_name",
            Self::Email => "csv.header.email",
        }
    }
}

/// A header cell reduced to what tells columns apart: letters and digits, in NFC and small. Spaces, hyphens, underscores,
/// dots and every kind of apostrophe are not; those of the apostrophes that count as letters are taken out by name.
fn key(cell: &str) -> String {
    cell.nfc()
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphanumeric() && !matches!(c, '\u{2B9}'..='\u{2BF}' | '\u{2C8}'))
        .collect()
}

/// The separator under which the header has the most columns that mean something, then the most columns at all. One
/// that leaves nothing of the file, or a quote unclosed, tells more than columns that mean nothing; the reading proper
/// then says so.
pub(super) fn separator(text: &str) -> char {
    let merit = |separator: char| match Records::new(text, separator).next_filled(MAX_COLUMNS) {
        Ok(Some(record)) => {
            let known = record.cells.iter().filter_map(|cell| Column::of(cell));
            (known.count(), record.width)
        }
        Ok(None) | Err(_) => (0, usize::MAX),
    };
    // Of equals `max_by_key` takes the last: the comma.
    ['\t', ';', ',']
        .into_iter()
        .max_by_key(|separator| merit(*separator))
        .unwrap_or(',')
}

impl Header {
    /// Takes the header from the front of the records.
    pub(super) fn read(records: &mut Records<'_>) -> Result<Self> {
        let Some(record) = records.next_filled(MAX_COLUMNS)? else {
            return Err(malformed("csv.header", Rule::Required));
        };
        let mut violations = Vec::new();
        let mut find = |column| {
            let mut places =
                (0..record.cells.len()).filter(|&at| Column::of(&record.cells[at]) == Some(column));
            let first = places.next();
            let rule = match (first, places.next()) {
                (Some(at), None) => return at,
                (Some(_), Some(_)) => Rule::Duplicate,
                (None, _) => Rule::Required,
            };
            violations.push(FieldViolation::new(column.field(), rule));
            0
        };
        let header = Self {
            given_name: find(Column::GivenName),
            family_name: find(Column::FamilyName),
            email: find(Column::Email),
            width: named_width(&record),
            ignored_columns: ignored_columns(&record),
        };
        if violations.is_empty() {
            Ok(header)
        } else {
            Err(Error::Malformed(Reason::CsvMalformed, violations))
        }
    }
}

fn named_width(record: &Record) -> usize {
    record
        .cells
        .iter()
        .rposition(|cell| !cell.trim().is_empty())
        .map_or(0, |last| last + 1)
}

/// What is shown and stored of the other columns: no character in it that a terminal or a database would trip over.
fn ignored_columns(record: &Record) -> Vec<String> {
    record
        .cells
        .iter()
        .filter(|cell| Column::of(cell).is_none())
        .map(|cell| {
            let shown: String = cell.chars().filter(|c| !is_hidden(*c)).collect();
            shown.trim().chars().take(MAX_IGNORED_NAME).collect()
        })
        .filter(|name: &String| !name.is_empty())
        .take(MAX_IGNORED)
        .collect()
}
