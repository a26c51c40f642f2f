//! The results of an import as a CSV file, one line a row.
//!
//! Spreadsheets run cells that begin like a formula. Nothing here needs guarding against that: numbers, ids and our own
//! words are all there is, and no text of the imported file comes back.

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
};

use super::outcome;
use crate::{cli::CliError, proto::ImportResult};

const COLUMNS: [&str; 7] = [
    "row",
    "line",
    "outcome",
    "user_id",
    "invitation_id",
    "first_row",
    "violations",
];

/// Opens the file, and leaves what is in it until there is something better.
pub(super) fn open(path: &Path) -> Result<File, CliError> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|error| CliError::new(format!("cannot write {}: {error}", path.display())))
}

/// Writes the results over whatever the file holds. Violations stand in one cell as `email:MALFORMED given_name:REQUIRED`.
pub(super) fn write(file: File, results: &[ImportResult]) -> io::Result<()> {
    // A pipe or a terminal has no length to cut.
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    let mut out = csv::Writer::from_writer(file);
    out.write_record(COLUMNS)?;
    for result in results {
        let first_row = match result.first_row {
            0 => String::new(),
            row => row.to_string(),
        };
        let violations: Vec<_> = result
            .violations
            .iter()
            .map(|violation| format!("{}:{}", violation.field, violation.reason))
            .collect();
        out.write_record([
            &result.row.to_string(),
            &result.line.to_string(),
            &outcome::word(result.outcome),
            &result.user_id,
            &result.invitation_id,
            &first_row,
            &violations.join(" "),
        ])?;
    }
    out.flush()
}
