//! Bulk imports: their ids, the judgement of their rows before the database is asked, and their results.

use std::collections::{BTreeMap, HashMap};

use chrono::DateTime;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    csv::{CsvRow, RawPerson},
    email::Email,
    languages::Language,
    names::PersonName,
    pages::Position,
    words::words,
};
use crate::{
    clock::Time,
    error::{FieldViolation, Rule, Violations},
};

/// How many rows an import may have.
pub const MAX_ROWS: usize = 5_000;

/// How many bytes the rows or the CSV of an import may have.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// How many violations a result names, so that 5,000 of them fit into one message.
const MAX_VIOLATIONS: usize = 4;

words! {
    /// What became of a person whom somebody wants in a team.
    pub enum Outcome {
        /// A field breaks a rule.
        Invalid = "INVALID",
        /// An earlier row has the same address.
        DuplicateRow = "DUPLICATE_ROW",
        /// Is in the team.
        AlreadyMember = "ALREADY_MEMBER",
        /// Has an invitation that waits.
        AlreadyInvited = "ALREADY_INVITED",
        /// The team's rules refuse the address.
        DomainRefused = "DOMAIN_REFUSED",
        /// Every seat is taken.
        NoSeat = "NO_SEAT",
        /// An admin removed him, and this is not the way back.
        RejoinRefused = "REJOIN_REFUSED",
        /// Was a member before, and is one again or asked.
        Revived = "REVIVED",
        /// Is a member at once.
        Verified = "VERIFIED",
        /// Was invited.
        Invited = "INVITED",
    }
}

/// An import's only id, addressed together with its team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportId(String);

impl ImportId {
    /// Reads an id of 1 to 64 of `[A-Za-z0-9._-]`.
    ///
    /// # Errors
    /// `REQUIRED`, `TOO_LONG` or `MALFORMED`.
    pub fn parse(field: &str, text: &str) -> Result<Self, FieldViolation> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        let rule = match text.len() {
            0 => Rule::Required,
            1..=64 if text.bytes().all(fits) => return Ok(Self(text.to_owned())),
            1..=64 => Rule::Malformed,
            _ => Rule::TooLong,
        };
        Err(FieldViolation::new(field, rule))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Uuid> for ImportId {
    fn from(id: Uuid) -> Self {
        Self(id.to_string())
    }
}

/// A row that can be admitted.
pub struct ValidRow {
    /// The address.
    pub email: Email,
    /// The person's names.
    pub given_name: PersonName,
    /// The person's names.
    pub family_name: PersonName,
}

/// A row before the database is asked.
pub enum Judged {
    /// It can be admitted.
    Valid(Box<ValidRow>),
    /// Fields break rules.
    Invalid(Vec<RowViolation>),
    /// An earlier valid row, with this number, has the same address.
    Duplicate(u32),
}

/// One broken rule of a row, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowViolation {
    /// The field.
    pub field: String,
    /// The rule's word.
    pub reason: String,
}

/// Judges every row, in order.
#[must_use]
pub fn judge(rows: &[CsvRow]) -> Vec<Judged> {
    let mut first_rows = HashMap::with_capacity(rows.len());
    rows.iter()
        .map(|row| match row.cells.as_ref().map(parse) {
            Err(violation) => Judged::Invalid(brief(vec![violation.clone()])),
            Ok(Err(violations)) => Judged::Invalid(brief(violations)),
            Ok(Ok(valid)) => {
                let first = *first_rows
                    .entry(valid.email.normal().to_owned())
                    .or_insert(row.row);
                if first == row.row {
                    Judged::Valid(Box::new(valid))
                } else {
                    Judged::Duplicate(first)
                }
            }
        })
        .collect()
}

fn parse(person: &RawPerson) -> Result<ValidRow, Vec<FieldViolation>> {
    let mut violations = Violations::new();
    let given_name = violations.take(PersonName::parse("given_name", &person.given_name));
    let family_name = violations.take(PersonName::parse("family_name", &person.family_name));
    let email = violations.take(Email::parse("email", &person.email));
    match (email, given_name, family_name) {
        (Some(email), Some(given_name), Some(family_name)) => Ok(ValidRow {
            email,
            given_name,
            family_name,
        }),
        _ => Err(violations.into_vec()),
    }
}

pub(super) fn brief(violations: Vec<FieldViolation>) -> Vec<RowViolation> {
    violations
        .into_iter()
        .take(MAX_VIOLATIONS)
        .map(|violation| RowViolation {
            field: violation.field,
            reason: violation.rule.name().to_owned(),
        })
        .collect()
}

/// How an import treats all of its rows alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOptions {
    /// Holds the letters until they are released.
    pub hold_letters: bool,
    /// The language of letters to people who have none.
    pub language: Option<Language>,
}

/// What tells one import from another under the same id: a hash of the options and of the rows as they were
/// understood, so that CSV and messages with the same people are the same import.
#[must_use]
pub fn fingerprint(options: &ImportOptions, rows: &[CsvRow], judged: &[Judged]) -> Vec<u8> {
    let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
    let mut field = |text: &str| {
        // The length goes in too, or "ab","c" would be "a","bc".
        hash.update(&(text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    field(if options.hold_letters { "hold" } else { "send" });
    field(options.language.as_ref().map_or("", Language::as_str));
    for (row, verdict) in rows.iter().zip(judged) {
        match verdict {
            Judged::Valid(row) => {
                field("valid");
                field(row.email.normal());
                field(row.given_name.as_str());
                field(row.family_name.as_str());
            }
            Judged::Duplicate(first) => {
                field("duplicate");
                field(&first.to_string());
            }
            Judged::Invalid(_) => match &row.cells {
                Ok(person) => {
                    field("invalid");
                    field(person.email.trim());
                    field(person.given_name.trim());
                    field(person.family_name.trim());
                }
                Err(violation) => {
                    field("unreadable");
                    field(violation.rule.name());
                }
            },
        }
    }
    hash.finish().as_ref().to_vec()
}

/// What became of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportResult {
    /// The data row, from 1.
    pub row: u32,
    /// The line of the CSV, from 1; 0 if the rows came as messages.
    pub line: u32,
    /// What was done.
    pub outcome: Outcome,
    /// The person, where one is known.
    pub user_id: Option<Uuid>,
    /// The invitation that the row opened or found open.
    pub invitation_id: Option<Uuid>,
    /// The row that came first, for `DUPLICATE_ROW`.
    pub first_row: Option<u32>,
    /// For `INVALID`.
    pub violations: Vec<RowViolation>,
}

/// An import, without its rows.
#[derive(Debug, Clone)]
pub struct Import {
    /// The team.
    pub team_id: Uuid,
    /// The id within the team.
    pub import_id: String,
    /// How many rows it had.
    pub row_count: u32,
    /// How many rows had each outcome.
    pub outcome_counts: BTreeMap<Outcome, u32>,
    /// Whether its letters were held.
    pub hold_letters: bool,
    /// Columns of the CSV that were ignored.
    pub ignored_columns: Vec<String>,
    /// When it was made.
    pub create_time: Time,
}

/// Where a page of imports ended.
pub struct ImportPosition {
    /// When the last import was made.
    pub create_time: Time,
    /// Its id.
    pub import_id: String,
}

impl ImportPosition {
    /// The position after this import.
    #[must_use]
    pub fn of(import: &Import) -> Position {
        let mut bytes = import.create_time.timestamp_micros().to_be_bytes().to_vec();
        bytes.extend_from_slice(import.import_id.as_bytes());
        Position(bytes)
    }

    /// Reads a position that [`Self::of`] made.
    #[must_use]
    pub fn read(position: &Position) -> Option<Self> {
        let (first, rest) = position.0.split_first_chunk()?;
        Some(Self {
            create_time: DateTime::from_timestamp_micros(i64::from_be_bytes(*first))?,
            import_id: String::from_utf8(rest.to_vec()).ok()?,
        })
    }
}

/// How many results had each outcome.
#[must_use]
pub fn count(results: &[ImportResult]) -> BTreeMap<Outcome, u32> {
    let mut counts = BTreeMap::new();
    for result in results {
        *counts.entry(result.outcome).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u32, email: &str) -> CsvRow {
        CsvRow {
            row: number,
            line: number + 1,
            cells: Ok(RawPerson {
                given_name: "Ada".to_owned(),
                family_name: "Lovelace".to_owned(),
                email: email.to_owned(),
            }),
        }
    }

    fn print(rows: &[CsvRow], hold_letters: bool) -> Vec<u8> {
        let options = ImportOptions {
            hold_letters,
            language: None,
        };
        fingerprint(&options, rows, &judge(rows))
    }

    #[test]
    fn an_id_is_one_to_64_of_its_letters() {
        for good in ["a", "spring-2026", "A._-9", &"x".repeat(64)] {
            assert_eq!(ImportId::parse("id", good).unwrap().as_str(), good);
        }
        let bad = [
            ("", Rule::Required),
            ("a b", Rule::Malformed),
            ("é", Rule::Malformed),
            ("a/b", Rule::Malformed),
        ];
        for (text, rule) in bad {
            assert_eq!(ImportId::parse("id", text).unwrap_err().rule, rule);
        }
        let long = "x".repeat(65);
        assert_eq!(
            ImportId::parse("id", &long).unwrap_err().rule,
            Rule::TooLong
        );
    }

    #[test]
    fn a_row_repeats_the_first_valid_one_of_its_address() {
        let rows = [
            row(1, "no address"),
            row(2, "no address"),
            row(3, "a@b.example"),
            row(4, "A@B.example"),
        ];
        let judged = judge(&rows);
        assert!(matches!(judged[0], Judged::Invalid(_)));
        assert!(matches!(judged[1], Judged::Invalid(_)));
        assert!(matches!(judged[2], Judged::Valid(_)));
        assert!(matches!(judged[3], Judged::Duplicate(3)));
    }

    #[test]
    fn the_same_people_are_the_same_import_wherever_they_came_from() {
        let mut message = row(1, "a@b.example");
        message.line = 0;
        assert_eq!(
            print(&[row(1, " A@B.example ")], false),
            print(&[message], false)
        );
    }

    #[test]
    fn other_people_order_or_options_are_another_import() {
        let two = [row(1, "a@b.example"), row(2, "c@d.example")];
        let turned = [row(1, "c@d.example"), row(2, "a@b.example")];
        let bad = [row(1, "nobody")];
        let worse = [row(1, "nowhere")];
        assert_ne!(print(&two, false), print(&two, true));
        assert_ne!(print(&two, false), print(&turned, false));
        assert_ne!(print(&two, false), print(&two[..1], false));
        assert_ne!(print(&bad, false), print(&worse, false));
    }
}
