//! What became of the entries of a sync.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::SyncOutcome;
use crate::domain::imports::RowViolation;

/// What became of one entry, or of somebody whom a snapshot lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncResult {
    /// The entry, from 1; 0 for whom a snapshot lacks.
    pub entry: u32,
    /// The external id.
    pub external_id: Option<String>,
    /// What was done.
    pub outcome: SyncOutcome,
    /// Why the profile stays as it is, though the entry says otherwise: an outcome may hide it.
    pub refused: Option<SyncOutcome>,
    /// The person, where he is in the team or was by this directory.
    pub user_id: Option<Uuid>,
    /// The entry that came first, of a duplicate.
    pub first_entry: Option<u32>,
    /// The broken rules, of an invalid one.
    pub violations: Vec<RowViolation>,
}

/// How many results have each outcome.
#[must_use]
pub fn count(results: &[SyncResult]) -> BTreeMap<SyncOutcome, u32> {
    let mut counts = BTreeMap::new();
    for result in results {
        *counts.entry(result.outcome).or_insert(0) += 1;
    }
    counts
}
