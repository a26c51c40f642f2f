//! Groups of directories: what a sync says of them, how many there may be, and what they give.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::{
    imports::{RowViolation, brief},
    names::GroupName,
    roles::Role,
    syncs::SyncMode,
    texts::ExternalId,
    words::words,
};
use crate::{
    clock::Time,
    error::{Error, FieldViolation, Reason, Result, Rule, Violations},
};

/// The groups of a directory at most.
pub const MAX_GROUPS: usize = 1_000;
/// The members of all groups of a directory together at most.
pub const MAX_MEMBERS: usize = 50_000;
/// The mappings of a group at most.
pub const MAX_MAPPINGS: usize = 20;
/// How many results of groups an answer shows.
pub const MAX_RESULTS: usize = 1_000;

/// A group of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: Uuid,
    /// The team.
    pub team_id: Uuid,
    /// The directory.
    pub directory_id: Uuid,
    /// The directory's own id, or what stands for none.
    pub external_id: ExternalId,
    /// Its name.
    pub display_name: GroupName,
    /// When it came.
    pub create_time: Time,
    /// When it was last changed, or somebody came or went; each change has a time of its own.
    pub update_time: Time,
}

/// What a group gives to whoever is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Access to this hub.
    Hub(Uuid),
    /// This role: a member's, or an admin's but for the primary one's.
    Role(Role),
}

impl Target {
    /// The hub.
    #[must_use]
    pub const fn hub(self) -> Option<Uuid> {
        match self {
            Self::Hub(hub) => Some(hub),
            Self::Role(_) => None,
        }
    }

    /// The role.
    #[must_use]
    pub const fn role(self) -> Option<Role> {
        match self {
            Self::Hub(_) => None,
            Self::Role(role) => Some(role),
        }
    }
}

/// That a group gives something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Its id.
    pub id: Uuid,
    /// The team.
    pub team_id: Uuid,
    /// The group.
    pub group_id: Uuid,
    /// What it gives.
    pub target: Target,
    /// On whose behalf it was made.
    pub creator_user_id: Option<Uuid>,
    /// When it was made.
    pub create_time: Time,
}

/// A group with what people ask about it.
pub struct Seen {
    /// The group.
    pub group: Group,
    /// How many are in it.
    pub members: u32,
    /// What it gives access to.
    pub mappings: Vec<Mapping>,
}

/// A group as it was sent.
pub struct RawGroup {
    /// The directory's own id of it.
    pub external_id: String,
    /// Its name.
    pub display_name: String,
    /// The directory's ids of its people.
    pub members: Vec<String>,
    /// Whether it is gone there.
    pub removed: bool,
}

/// What is said of a group.
pub enum Said {
    /// So it is to be called.
    Called(GroupName),
    /// It is gone.
    Gone,
    /// Fields break rules.
    Invalid(Vec<RowViolation>),
    /// The group of this number, from 1, came first.
    Duplicate(u32),
}

/// A group before the database is asked.
pub struct Entry<'a> {
    /// The external id, if it is one: the group that has it is not gone, whatever else is said of it.
    pub external_id: Option<ExternalId>,
    /// What is said.
    pub said: Said,
    /// The directory's ids of its people.
    pub members: &'a [String],
}

/// Judges every group, in order: of two with one external id, the first counts.
#[must_use]
pub fn judge(mode: SyncMode, raws: &[RawGroup]) -> Vec<Entry<'_>> {
    let mut ids = HashMap::with_capacity(raws.len());
    (1..)
        .zip(raws)
        .map(|(number, raw)| {
            let said = match read(mode, raw) {
                Err(violations) => Said::Invalid(brief(violations)),
                Ok(said) => match *ids.entry(&raw.external_id).or_insert(number) {
                    first if first != number => Said::Duplicate(first),
                    _ => said,
                },
            };
            Entry {
                external_id: ExternalId::parse("external_id", &raw.external_id).ok(),
                said,
                members: &raw.members,
            }
        })
        .collect()
}

fn read(mode: SyncMode, raw: &RawGroup) -> Result<Said, Vec<FieldViolation>> {
    let mut violations = Violations::new();
    violations.take(ExternalId::parse("external_id", &raw.external_id));
    let mut said = Some(Said::Gone);
    if raw.removed {
        // Of a snapshot, it would be said twice, and perhaps not the same.
        if mode == SyncMode::Full {
            violations.add("removed", Rule::Exclusive);
        }
    } else {
        let name = GroupName::parse("display_name", &raw.display_name);
        said = violations.take(name).map(Said::Called);
    }
    let violations = violations.into_vec();
    match said {
        Some(said) if violations.is_empty() => Ok(said),
        _ => Err(violations),
    }
}

words! {
    /// What became of a group: the first that applies.
    pub enum GroupOutcome {
        /// A field breaks a rule.
        Invalid = "INVALID",
        /// An earlier group has the same external id.
        Duplicate = "DUPLICATE",
        /// Is as the directory says.
        Unchanged = "UNCHANGED",
        /// Is there now.
        Created = "CREATED",
        /// Has another name or other members.
        Updated = "UPDATED",
        /// Is gone.
        Removed = "REMOVED",
    }
}

/// What became of one group, or of one that a snapshot lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupResult {
    /// The group, from 1; 0 for one that a snapshot lacks.
    pub number: u32,
    /// The external id.
    pub external_id: Option<String>,
    /// What was done.
    pub outcome: GroupOutcome,
    /// The group's id.
    pub group_id: Option<Uuid>,
    /// How many came into it.
    pub added: u32,
    /// How many are in it no more.
    pub removed: u32,
    /// How many were left out, since the directory has none of that id in the team.
    pub unknown: u32,
    /// The group that came first, of a duplicate.
    pub first: Option<u32>,
    /// The broken rules, of an invalid one.
    pub violations: Vec<RowViolation>,
}

impl GroupResult {
    /// What became of the group of this number, if nothing did.
    #[must_use]
    pub fn unchanged(number: u32, external_id: Option<&ExternalId>) -> Self {
        Self {
            number,
            external_id: external_id.map(|id| id.as_str().to_owned()),
            outcome: GroupOutcome::Unchanged,
            group_id: None,
            added: 0,
            removed: 0,
            unknown: 0,
            first: None,
            violations: Vec::new(),
        }
    }

    /// Whether there is something to tell.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.outcome != GroupOutcome::Unchanged || self.unknown > 0
    }
}

/// How many results have each outcome.
#[must_use]
pub fn count(results: &[GroupResult]) -> BTreeMap<GroupOutcome, u32> {
    let mut counts = BTreeMap::new();
    for result in results {
        *counts.entry(result.outcome).or_insert(0) += 1;
    }
    counts
}

/// That a directory may have so many groups, and so many members in them.
///
/// # Errors
/// `GROUPS_USED_UP`, `GROUP_MEMBERS_USED_UP`.
pub fn bounded(groups: usize, members: usize) -> Result<()> {
    if groups > MAX_GROUPS {
        return Err(Error::Refused(Reason::GroupsUsedUp));
    }
    if members > MAX_MEMBERS {
        return Err(Error::Refused(Reason::GroupMembersUsedUp));
    }
    Ok(())
}

/// That a group which has so many mappings may have another one.
///
/// # Errors
/// `GROUP_MAPPINGS_USED_UP`.
pub fn another_mapping(held: usize) -> Result<()> {
    if held < MAX_MAPPINGS {
        Ok(())
    } else {
        Err(Error::Refused(Reason::GroupMappingsUsedUp))
    }
}

/// The refusal of a group that the directory does not have.
#[must_use]
pub fn missing(id: Uuid) -> Error {
    Error::not_found(Reason::GroupNotFound, "muster.v1.DirectoryGroup", id)
}

/// The refusal of a mapping that the group does not have.
#[must_use]
pub fn missing_mapping(id: Uuid) -> Error {
    Error::not_found(Reason::GroupMappingNotFound, "muster.v1.GroupMapping", id)
}

#[cfg(test)]
mod tests;
