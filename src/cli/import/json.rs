//! The answer of an import as one JSON object, for scripts.

use std::collections::BTreeMap;

use serde::Serialize;

use super::outcome;
use crate::{
    cli::CliError,
    proto::{ImportResult, ImportUsersResponse, RowViolation},
};

#[derive(Serialize)]
struct Document<'a> {
    team_id: &'a str,
    import_id: &'a str,
    validate_only: bool,
    hold_letters: bool,
    row_count: i32,
    outcome_counts: BTreeMap<String, i32>,
    ignored_columns: &'a [String],
    results: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    row: i32,
    line: i32,
    outcome: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    user_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    invitation_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_row: Option<i32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    violations: Vec<Violation<'a>>,
}

#[derive(Serialize)]
struct Violation<'a> {
    field: &'a str,
    reason: &'a str,
}

/// The object, on one line.
pub(super) fn document(answer: &ImportUsersResponse) -> Result<String, CliError> {
    let import = answer.import.clone().unwrap_or_default();
    let counts = import.outcome_counts.iter();
    let document = Document {
        team_id: &import.team_id,
        import_id: &import.import_id,
        validate_only: import.validate_only,
        hold_letters: import.hold_letters,
        row_count: import.row_count,
        outcome_counts: counts
            .map(|count| (outcome::word(count.outcome), count.count))
            .collect(),
        ignored_columns: &import.ignored_columns,
        results: answer.results.iter().map(entry).collect(),
    };
    serde_json::to_string(&document).map_err(|error| CliError::new(error.to_string()))
}

fn entry(result: &ImportResult) -> Entry<'_> {
    Entry {
        row: result.row,
        line: result.line,
        outcome: outcome::word(result.outcome),
        user_id: &result.user_id,
        invitation_id: &result.invitation_id,
        first_row: (result.first_row != 0).then_some(result.first_row),
        violations: result.violations.iter().map(violation).collect(),
    }
}

fn violation(violation: &RowViolation) -> Violation<'_> {
    Violation {
        field: &violation.field,
        reason: &violation.reason,
    }
}
