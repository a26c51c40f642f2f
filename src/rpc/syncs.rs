//! Syncs of directories for the wire.

use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tonic::Streaming;

use super::{Rpc, directories, sync_upload};
use crate::{
    app::{self, Call, Caller, Manner, directories::syncs::Applied, places::Place},
    domain::{
        directories::Directory,
        groups::{self, GroupOutcome, GroupResult},
        imports::RowViolation,
        syncs::{MAX_RESULTS, SyncOutcome, SyncResult, count},
        texts::ExternalId,
    },
    error::{Error, Reason, Result},
    proto::{self, SyncOutcome as Wire},
};

/// How long a client should wait that found every place for a sync taken.
const BUSY: Duration = Duration::from_secs(5);

impl Rpc {
    /// The right of a key to hold the entries of one sync in memory, kept by the task that reads them.
    fn sync_permit(&self, key: &str) -> Result<(OwnedSemaphorePermit, Place<String>)> {
        let of_all = self.syncs.clone().try_acquire_owned().ok();
        of_all
            .zip(self.syncs_of_keys.take(key.to_owned()))
            .ok_or(Error::Exhausted(Reason::SyncsBusy, BUSY))
    }
}

pub(super) async fn sync(
    rpc: Rpc,
    caller: Caller,
    stream: Streaming<proto::SyncDirectoryRequest>,
) -> Result<proto::SyncDirectoryResponse> {
    let _permit = rpc.sync_permit(&caller.key_id)?;
    let most = rpc.ctx.settings.syncs.sync_entries;
    let sent = sync_upload::read(stream, rpc.import_limits(), most).await?;
    // The upload may have taken minutes.
    app::keys::still_good(&rpc.ctx, &caller.key_id).await?;
    let manner = Manner {
        validate_only: sent.validate_only,
        ..Manner::default()
    };
    let call = Call::new(&caller, manner);
    let show = |(directory, applied, groups), _| {
        let mut answer = show(&call, &directory, applied);
        show_groups(&call, groups, &mut answer);
        answer
    };
    app::directories::syncs::run(&rpc.ctx, &call, &sent.sync, show).await
}

fn show(call: &Call, directory: &Directory, applied: Applied) -> proto::SyncDirectoryResponse {
    let counts = count(&applied.results);
    let hubs = &applied.departures.hubs;
    let told = |result: &SyncResult| result.outcome != SyncOutcome::Unchanged;
    let all = applied.results.iter().filter(|result| told(result)).count();
    let results = applied.results.into_iter().filter(told);
    proto::SyncDirectoryResponse {
        directory: Some(directories::changed(call, directory)),
        outcome_counts: counts
            .into_iter()
            .map(|(outcome, count)| proto::SyncOutcomeCount {
                outcome: shown_outcome(outcome).into(),
                count: wire(count),
            })
            .collect(),
        results: results
            .take(MAX_RESULTS)
            .map(|one| result(call, one))
            .collect(),
        omitted_result_count: i32::try_from(all.saturating_sub(MAX_RESULTS)).unwrap_or(i32::MAX),
        ended_access_count: wire(hubs.iter().map(|hub| hub.ended).sum()),
        remaining_access_count: wire(hubs.iter().map(|hub| hub.remaining).sum()),
        validate_only: call.is_rehearsal(),
        group_outcome_counts: Vec::new(),
        group_results: Vec::new(),
        omitted_group_result_count: 0,
    }
}

fn show_groups(call: &Call, results: Vec<GroupResult>, answer: &mut proto::SyncDirectoryResponse) {
    let counts = groups::count(&results).into_iter();
    answer.group_outcome_counts = counts
        .map(|(outcome, count)| proto::SyncGroupOutcomeCount {
            outcome: shown_group_outcome(outcome).into(),
            count: wire(count),
        })
        .collect();
    let mut told = results.into_iter().filter(GroupResult::is_told);
    let shown = told.by_ref().take(groups::MAX_RESULTS);
    answer.group_results = shown.map(|one| group_result(call, one)).collect();
    answer.omitted_group_result_count = i32::try_from(told.count()).unwrap_or(i32::MAX);
}

fn group_result(call: &Call, result: GroupResult) -> proto::SyncGroupResult {
    // What would be new has no id.
    let group_id = result
        .group_id
        .filter(|_| !(call.is_rehearsal() && result.outcome == GroupOutcome::Created));
    proto::SyncGroupResult {
        group: wire(result.number),
        external_id: result
            .external_id
            .filter(|id| !ExternalId::is_none(id))
            .unwrap_or_default(),
        outcome: shown_group_outcome(result.outcome).into(),
        group_id: group_id.map(|id| id.to_string()).unwrap_or_default(),
        added_member_count: wire(result.added),
        removed_member_count: wire(result.removed),
        unknown_member_count: wire(result.unknown),
        first_group: result.first.map_or(0, wire),
        violations: shown_violations(result.violations),
    }
}

fn shown_violations(violations: Vec<RowViolation>) -> Vec<proto::SyncViolation> {
    let violations = violations.into_iter();
    violations
        .map(|violation| proto::SyncViolation {
            field: violation.field,
            reason: violation.reason,
        })
        .collect()
}

const fn shown_group_outcome(outcome: GroupOutcome) -> proto::SyncGroupOutcome {
    match outcome {
        GroupOutcome::Invalid => proto::SyncGroupOutcome::Invalid,
        GroupOutcome::Duplicate => proto::SyncGroupOutcome::Duplicate,
        GroupOutcome::Unchanged => proto::SyncGroupOutcome::Unchanged,
        GroupOutcome::Created => proto::SyncGroupOutcome::Created,
        GroupOutcome::Updated => proto::SyncGroupOutcome::Updated,
        GroupOutcome::Removed => proto::SyncGroupOutcome::Removed,
    }
}

fn result(call: &Call, result: SyncResult) -> proto::SyncResult {
    // Of an account that never had to do with the team, a rehearsal does not tell that there is one.
    let user_id = result
        .user_id
        .filter(|_| !(call.is_rehearsal() && result.outcome == SyncOutcome::Added));
    proto::SyncResult {
        entry: wire(result.entry),
        external_id: result
            .external_id
            .filter(|id| !ExternalId::is_none(id))
            .unwrap_or_default(),
        outcome: shown_outcome(result.outcome).into(),
        user_id: user_id.map(|id| id.to_string()).unwrap_or_default(),
        first_entry: result.first_entry.map_or(0, wire),
        violations: shown_violations(result.violations),
        profile_refusal: result
            .refused
            .map_or(Wire::Unspecified, shown_outcome)
            .into(),
    }
}

/// Numbers of entries stay below 50,001.
fn wire(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

const fn shown_outcome(outcome: SyncOutcome) -> Wire {
    match outcome {
        SyncOutcome::Invalid => Wire::Invalid,
        SyncOutcome::Duplicate => Wire::Duplicate,
        SyncOutcome::Unchanged => Wire::Unchanged,
        SyncOutcome::Added => Wire::Added,
        SyncOutcome::Joined => Wire::Joined,
        SyncOutcome::Revived => Wire::Revived,
        SyncOutcome::TakenOver => Wire::TakenOver,
        SyncOutcome::Updated => Wire::Updated,
        SyncOutcome::Disabled => Wire::Disabled,
        SyncOutcome::Enabled => Wire::Enabled,
        SyncOutcome::Removed => Wire::Removed,
        SyncOutcome::EmailMismatch => Wire::EmailMismatch,
        SyncOutcome::EmailTaken => Wire::EmailTaken,
        SyncOutcome::DomainRefused => Wire::DomainRefused,
        SyncOutcome::NoSeat => Wire::NoSeat,
        SyncOutcome::UserDisabled => Wire::UserDisabled,
        SyncOutcome::PrimaryAdminProtected => Wire::PrimaryAdminProtected,
    }
}
