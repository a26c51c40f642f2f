//! Imports and their results for the wire.

use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use super::{
    Rpc,
    deadline::Deadline,
    import_upload::Limits,
    members,
    values::{id, timestamp, words},
};
use crate::{
    app::places::Place,
    domain::imports::{Import, ImportId, ImportResult, Outcome},
    error::{Error, Reason, Result, Violations},
    proto,
};

/// How long a client should wait that found every place for an import taken.
const BUSY: Duration = Duration::from_secs(5);

impl Rpc {
    /// The right of a key to hold the rows of one import in memory, kept by the task that reads them.
    pub(super) fn import_permit(&self, key: &str) -> Result<(OwnedSemaphorePermit, Place<String>)> {
        let of_all = self.imports.clone().try_acquire_owned().ok();
        of_all
            .zip(self.imports_of_keys.take(key.to_owned()))
            .ok_or(Error::Exhausted(Reason::ImportsBusy, BUSY))
    }

    /// How long an import's stream is read.
    pub(super) fn import_limits(&self) -> Limits {
        Limits {
            idle: self.ctx.settings.calls.import_idle,
            end: self.deadline.map(Deadline::answer),
        }
    }
}

/// Reads the two ids of an import.
pub(super) fn key(team: &str, import: &str) -> Result<(Uuid, ImportId)> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", team));
    let import = violations.take(ImportId::parse("import_id", import));
    violations.finish(team.zip(import))
}

/// Reads which results are wanted.
pub(super) fn results_of(
    message: &proto::ListImportResultsRequest,
) -> Result<(Uuid, ImportId, Vec<Outcome>)> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    let import = violations.take(ImportId::parse("import_id", &message.import_id));
    let outcomes = words("outcomes", &message.outcomes, &mut violations, read_outcome);
    let wanted = team
        .zip(import)
        .map(|(team, import)| (team, import, outcomes));
    violations.finish(wanted)
}

const fn read_outcome(outcome: proto::ImportOutcome) -> Option<Outcome> {
    match outcome {
        proto::ImportOutcome::Unspecified => None,
        proto::ImportOutcome::Revived => Some(Outcome::Revived),
        proto::ImportOutcome::RejoinRefused => Some(Outcome::RejoinRefused),
        proto::ImportOutcome::Invalid => Some(Outcome::Invalid),
        proto::ImportOutcome::DuplicateRow => Some(Outcome::DuplicateRow),
        proto::ImportOutcome::AlreadyMember => Some(Outcome::AlreadyMember),
        proto::ImportOutcome::AlreadyInvited => Some(Outcome::AlreadyInvited),
        proto::ImportOutcome::DomainRefused => Some(Outcome::DomainRefused),
        proto::ImportOutcome::NoSeat => Some(Outcome::NoSeat),
        proto::ImportOutcome::Verified => Some(Outcome::Verified),
        proto::ImportOutcome::Invited => Some(Outcome::Invited),
    }
}

/// An import for the wire.
pub(super) fn import(import: Import, validate_only: bool) -> proto::Import {
    proto::Import {
        team_id: import.team_id.to_string(),
        import_id: import.import_id,
        row_count: wire(import.row_count),
        outcome_counts: import
            .outcome_counts
            .into_iter()
            .map(|(outcome, count)| proto::ImportOutcomeCount {
                outcome: members::outcome(outcome).into(),
                count: wire(count),
            })
            .collect(),
        hold_letters: import.hold_letters,
        validate_only,
        ignored_columns: import.ignored_columns,
        create_time: Some(timestamp(import.create_time)),
    }
}

/// A result for the wire.
pub(super) fn result(result: ImportResult) -> proto::ImportResult {
    proto::ImportResult {
        row: wire(result.row),
        line: wire(result.line),
        outcome: members::outcome(result.outcome).into(),
        user_id: text(result.user_id),
        invitation_id: text(result.invitation_id),
        first_row: result.first_row.map_or(0, wire),
        violations: result
            .violations
            .into_iter()
            .map(|violation| proto::RowViolation {
                field: violation.field,
                reason: violation.reason,
            })
            .collect(),
    }
}

fn text(id: Option<Uuid>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

/// Row numbers and counts stay below 5,001, lines below 16 Mi.
fn wire(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
