//! The outcomes of rows as people and scripts see them: bare words.

use crate::proto::{ImportOutcome, ImportResult};

/// The word of an outcome, such as `INVITED`. A newer server may know outcomes that this program does not.
#[must_use]
pub fn word(outcome: i32) -> String {
    ImportOutcome::try_from(outcome).map_or_else(
        |_| format!("OUTCOME_{outcome}"),
        |known| {
            let name = known.as_str_name();
            name.strip_prefix("IMPORT_OUTCOME_")
                .unwrap_or(name)
                .to_owned()
        },
    )
}

/// What the outcome means, in few words.
#[must_use]
pub fn meaning(outcome: i32) -> &'static str {
    match ImportOutcome::try_from(outcome) {
        Ok(ImportOutcome::Invited) => "invited; a letter brings the link",
        Ok(ImportOutcome::Verified) => "has a verified account and is a member at once",
        Ok(ImportOutcome::Revived) => "was a member before; is one again, or is asked",
        Ok(ImportOutcome::AlreadyMember) => "is in the team already; nothing was changed",
        Ok(ImportOutcome::AlreadyInvited) => "has an invitation that still waits; no second letter",
        Ok(ImportOutcome::DuplicateRow) => "an earlier row has the same address",
        Ok(ImportOutcome::Invalid) => "a field breaks a rule; nothing was done",
        Ok(ImportOutcome::DomainRefused) => "the team's domain rules refuse the address",
        Ok(ImportOutcome::NoSeat) => "every seat of the team is taken",
        Ok(ImportOutcome::RejoinRefused) => "an admin removed the person",
        Ok(ImportOutcome::Unspecified) | Err(_) => "unknown to this program",
    }
}

/// Whether a person was wanted in the team and is not: what makes `muster import` end with exit code 1.
#[must_use]
pub fn is_refused(result: &ImportResult) -> bool {
    match ImportOutcome::try_from(result.outcome) {
        Ok(
            ImportOutcome::Invited
            | ImportOutcome::Verified
            | ImportOutcome::Revived
            | ImportOutcome::AlreadyMember
            | ImportOutcome::AlreadyInvited
            | ImportOutcome::DuplicateRow,
        ) => false,
        // What this program does not know it must not call fine.
        Ok(
            ImportOutcome::Invalid
            | ImportOutcome::DomainRefused
            | ImportOutcome::NoSeat
            | ImportOutcome::RejoinRefused
            | ImportOutcome::Unspecified,
        )
        | Err(_) => true,
    }
}

/// Whether the row brought its person in.
#[must_use]
pub fn is_plain_success(result: &ImportResult) -> bool {
    match ImportOutcome::try_from(result.outcome) {
        Ok(ImportOutcome::Invited | ImportOutcome::Verified | ImportOutcome::Revived) => true,
        Ok(
            ImportOutcome::AlreadyMember
            | ImportOutcome::AlreadyInvited
            | ImportOutcome::DuplicateRow
            | ImportOutcome::Invalid
            | ImportOutcome::DomainRefused
            | ImportOutcome::NoSeat
            | ImportOutcome::RejoinRefused
            | ImportOutcome::Unspecified,
        )
        | Err(_) => false,
    }
}
