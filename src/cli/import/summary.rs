//! The answer of an import for people: how many rows had which outcome, which ones need a look, and what to do next.

use super::outcome;
use crate::{
    cli::print::{number, plain},
    error::Rule,
    proto::{Import, ImportOutcome, ImportResult, ImportUsersResponse, RowViolation},
};

/// How many rows are shown one by one.
const SHOWN_ROWS: usize = 20;

/// The rules that a row can break.
const ROW_RULES: [Rule; 7] = [
    Rule::Required,
    Rule::TooLong,
    Rule::Malformed,
    Rule::NotAscii,
    Rule::ControlCharacter,
    Rule::LooksLikeLink,
    Rule::ColumnCount,
];

/// The summary, several lines without a line's end after the last.
#[must_use]
pub fn text(answer: &ImportUsersResponse) -> String {
    let import = answer.import.clone().unwrap_or_default();
    let mut lines = head(&import);
    lines.extend(rows(&import, &answer.results));
    lines.push(String::new());
    lines.extend(next(&import, &answer.results));
    lines.join("\n")
}

fn head(import: &Import) -> Vec<String> {
    let what = if import.validate_only {
        "Tried, and changed nothing: an import"
    } else {
        "Import"
    };
    let mut lines = vec![
        format!(
            "{what} {} into team {}",
            plain(&import.import_id),
            plain(&import.team_id)
        ),
        String::new(),
        format!("{:>7} rows", number_of(import.row_count)),
    ];
    for count in &import.outcome_counts {
        lines.push(format!(
            "{:>7} {:<15} {}",
            number_of(count.count),
            outcome::word(count.outcome),
            outcome::meaning(count.outcome)
        ));
    }
    if !import.ignored_columns.is_empty() {
        let names: Vec<_> = import
            .ignored_columns
            .iter()
            .map(|name| plain(name))
            .collect();
        lines.push(String::new());
        lines.push(format!(
            "Columns that mean nothing here: {}",
            names.join(", ")
        ));
    }
    lines
}

/// The rows that were not plain successes, the refused ones first.
fn rows(import: &Import, results: &[ImportResult]) -> Vec<String> {
    let mut odd: Vec<_> = results
        .iter()
        .filter(|result| !outcome::is_plain_success(result))
        .collect();
    if odd.is_empty() {
        return Vec::new();
    }
    odd.sort_by_key(|result| !outcome::is_refused(result));

    let mut lines = vec![
        String::new(),
        "Rows that were not plain successes:".to_owned(),
    ];
    lines.extend(odd.iter().take(SHOWN_ROWS).map(|result| row(result)));
    if odd.len() > SHOWN_ROWS {
        let more = number((odd.len() - SHOWN_ROWS) as u64);
        // A rehearsal reserves no id; the same command simply rehearses again.
        let flags = if import.validate_only {
            "--results FILE.csv".to_owned()
        } else {
            format!(
                "--import-id {} --results FILE.csv",
                plain(&import.import_id)
            )
        };
        lines.push(format!(
            "  ... and {more} more: import the same file again with {flags} to see them all; nothing is done twice"
        ));
    }
    lines
}

fn row(result: &ImportResult) -> String {
    let mut notes: Vec<_> = result.violations.iter().map(violation).collect();
    if result.first_row != 0 {
        notes.push(format!("same address as row {}", result.first_row));
    }
    let place = if result.line == 0 {
        format!("row {}", result.row)
    } else {
        format!("row {} (line {})", result.row, result.line)
    };
    let text = format!(
        "  {place:<22} {:<15} {}",
        outcome::word(result.outcome),
        notes.join("; ")
    );
    text.trim_end().to_owned()
}

fn violation(violation: &RowViolation) -> String {
    let told = format!("{}: {}", plain(&violation.field), plain(&violation.reason));
    ROW_RULES
        .iter()
        .find(|rule| rule.name() == violation.reason)
        .map_or_else(|| told.clone(), |rule| format!("{told}, {}", rule.advice()))
}

fn next(import: &Import, results: &[ImportResult]) -> Vec<String> {
    let has = |outcome: ImportOutcome| results.iter().any(|result| result.outcome() == outcome);
    let mut lines = Vec::new();
    if has(ImportOutcome::Invalid) {
        lines.push(
            "Correct the INVALID rows and import the file again under another id; nobody is invited twice.",
        );
    }
    if has(ImportOutcome::DomainRefused) {
        lines.push("DOMAIN_REFUSED: change the address, or the team's domain_rules with TeamService.UpdateTeam.");
    }
    if has(ImportOutcome::NoSeat) {
        lines.push("NO_SEAT: raise the team's seat_limit with TeamService.UpdateTeam, then import the file again.");
    }
    let letters = has(ImportOutcome::Invited) || has(ImportOutcome::Verified);
    lines.push(match (import.validate_only, letters) {
        (true, _) => "Nothing was written or mailed. Leave --validate-only out to do it.",
        (false, false) => "No letters were made.",
        (false, true) if import.hold_letters => {
            "The letters are held: InvitationService.ReleaseLetters with this team_id and import_id sends them."
        }
        (false, true) => {
            "Letters are on their way; InvitationService.ListInvitations shows which arrived, by import_id and delivery state."
        }
    });
    lines.into_iter().map(str::to_owned).collect()
}

fn number_of(count: i32) -> String {
    number(u64::try_from(count).unwrap_or_default())
}
