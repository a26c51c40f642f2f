//! CSV as people make it: bytes to rows whose fields are still only text.

mod header;
mod records;

use std::fmt;

use self::{
    header::Header,
    records::{Record, Records},
};
use crate::error::{Error, FieldViolation, Reason, Result, Rule};

/// What a whole file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvFile {
    /// The data rows in the file's order; records with only empty cells do not count.
    pub rows: Vec<CsvRow>,
    /// The columns that mean nothing here, as they were written, trimmed: at most 20 of them, each cut at 100 characters.
    pub ignored_columns: Vec<String>,
}

/// One data row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvRow {
    /// Which data row it is, from 1.
    pub row: u32,
    /// The line on which its record begins, from 1; line ends inside quotes count.
    pub line: u32,
    /// Its cells, or `ColumnCount` of the field `row` if they are more or fewer than the header's.
    pub cells: Result<RawPerson, FieldViolation>,
}

/// A person as the file names him: nothing is trimmed or checked yet.
#[derive(Clone, PartialEq, Eq)]
pub struct RawPerson {
    /// The cell of the given name.
    pub given_name: String,
    /// The cell of the family name.
    pub family_name: String,
    /// The cell of the email address.
    pub email: String,
}

/// Shows nothing of the person, so that no log does.
impl fmt::Debug for RawPerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RawPerson(..)")
    }
}

/// Reads a whole file: UTF-8 with or without a byte-order mark, its separator (`,`, `;` or tab) and the order of its
/// columns judged by the header, any line ends.
///
/// # Errors
/// `CSV_MALFORMED`, with violations whose field names the place: `csv.byte[n]` (`NotUtf8`, from 0), `csv.header`
/// (`Required`: there is none), `csv.header.email`, `.given_name` or `.family_name` (`Required` or `Duplicate`, all of
/// them at once), `csv.line[n]` (`UnclosedQuote`, the line from 1 on which it was opened). `IMPORT_TOO_LARGE`, with
/// `csv.rows`, for more than `max_rows` data rows.
pub fn read(bytes: &[u8], max_rows: usize) -> Result<CsvFile> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| malformed(format!("csv.byte[{}]", error.valid_up_to()), Rule::NotUtf8))?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let separator = header::separator(text);
    let mut records = Records::new(text, separator);
    let header = Header::read(&mut records)?;

    let mut rows = Vec::new();
    while let Some(record) = records.next_filled(header.width)? {
        if rows.len() == max_rows {
            return Err(Error::Malformed(
                Reason::ImportTooLarge,
                vec![FieldViolation::new("csv.rows", Rule::TooMany)],
            ));
        }
        rows.push(CsvRow {
            row: u32::try_from(rows.len() + 1).unwrap_or(u32::MAX),
            line: record.line,
            cells: person(record, &header),
        });
    }
    Ok(CsvFile {
        rows,
        ignored_columns: header.ignored_columns,
    })
}

fn person(mut record: Record, header: &Header) -> Result<RawPerson, FieldViolation> {
    if record.width < header.width || record.has_surplus {
        return Err(FieldViolation::new("row", Rule::ColumnCount));
    }
    let mut take = |at: usize| std::mem::take(&mut record.cells[at]);
    Ok(RawPerson {
        given_name: take(header.given_name),
        family_name: take(header.family_name),
        email: take(header.email),
    })
}

fn malformed(place: impl Into<String>, rule: Rule) -> Error {
    Error::Malformed(Reason::CsvMalformed, vec![FieldViolation::new(place, rule)])
}

#[cfg(test)]
mod tests;
