//! Access to hubs: by which path somebody has it, where it stands, and what may become of it.

use uuid::Uuid;

use super::{products::ProductId, removal_rules::RemovalRule, words::words};
use crate::{
    clock::Time,
    error::{Error, Reason, Result},
};

/// How many paths into one hub somebody may have that have not ended, those by groups apart: there are no more of them than groups. As many an answer shows: what has not ended, and before
/// that what ended last.
pub const MAX_PATHS: u64 = 1_000;

words! {
    /// By what somebody gets into a hub.
    pub enum PathKind {
        /// A grant of his own.
        Direct = "DIRECT",
        /// A project that he is in.
        Project = "PROJECT",
        /// A group of the team's directory that he is in.
        Group = "GROUP",
    }
}

words! {
    /// Where an access stands.
    pub enum AccessState {
        /// It is good, once the person is an active member of the team.
        Active = "ACTIVE",
        /// It ended.
        Ended = "ENDED",
        /// The person left the team and still gets in.
        Remains = "REMAINS",
        /// It ended, and somebody says that the person still gets in.
        Reported = "REPORTED",
    }
}

/// A path into a hub, with what it goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessPath {
    /// A grant of the person's own.
    Direct,
    /// A project.
    Project(Uuid),
    /// A group of a directory.
    Group(Uuid),
    /// Something that a later version knows.
    Unknown,
}

impl AccessState {
    /// All but what has ended.
    pub const OPEN: [Self; 3] = [Self::Active, Self::Remains, Self::Reported];
}

impl AccessPath {
    /// The project that it goes through.
    #[must_use]
    pub const fn project(self) -> Option<Uuid> {
        match self {
            Self::Project(project) => Some(project),
            Self::Direct | Self::Group(_) | Self::Unknown => None,
        }
    }

    /// The group that it goes through.
    #[must_use]
    pub const fn group(self) -> Option<Uuid> {
        match self {
            Self::Group(group) => Some(group),
            Self::Direct | Self::Project(_) | Self::Unknown => None,
        }
    }

    /// What it goes through: the hub itself, if nothing else.
    #[must_use]
    pub const fn through(self, hub: Uuid) -> Uuid {
        match self {
            Self::Project(id) | Self::Group(id) => id,
            Self::Direct | Self::Unknown => hub,
        }
    }

    /// Its kind, if this version knows it.
    #[must_use]
    pub const fn kind(self) -> Option<PathKind> {
        match self {
            Self::Direct => Some(PathKind::Direct),
            Self::Project(_) => Some(PathKind::Project),
            Self::Group(_) => Some(PathKind::Group),
            Self::Unknown => None,
        }
    }
}

/// One path by which a person has, or had, access to a hub. An invited person may hold one: it counts once he is active, and
/// nothing has to be done for that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Its id.
    pub id: Uuid,
    /// The team.
    pub team_id: Uuid,
    /// The person.
    pub user_id: Uuid,
    /// The hub.
    pub hub_id: Uuid,
    /// The hub's product.
    pub product_id: ProductId,
    /// The path.
    pub path: AccessPath,
    /// Where it stands.
    pub state: AccessState,
    /// When it was granted, the last time.
    pub grant_time: Time,
    /// On whose behalf.
    pub granter_user_id: Option<Uuid>,
    /// When it ended, or came to remain.
    pub end_time: Option<Time>,
    /// The rule that decided, by the moment from which it holds.
    pub rule_valid_from: Option<Time>,
    /// When somebody reported it.
    pub report_time: Option<Time>,
    /// Since when it is on the list of what remains.
    pub residual_time: Option<Time>,
}

impl Access {
    /// Whether it is good.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(self.state, AccessState::Active)
    }

    /// Whether taking a grant back ends it: what came by the person's own grant, and whatever is residual. Access through a
    /// project or a group lasts as long as he is in it.
    #[must_use]
    pub fn ends_by_revocation(&self) -> bool {
        self.is_residual() || (self.is_active() && self.path == AccessPath::Direct)
    }

    /// Whether it ends when all ends that the person has in the hub. What a group gives him is not ended beside the group: the next sync would
    /// bring it back.
    #[must_use]
    pub const fn ends_with_the_rest(&self) -> bool {
        match (self.state, self.path) {
            (AccessState::Ended, _) | (AccessState::Active, AccessPath::Group(_)) => false,
            (AccessState::Remains | AccessState::Reported, _)
            | (
                AccessState::Active,
                AccessPath::Direct | AccessPath::Project(_) | AccessPath::Unknown,
            ) => true,
        }
    }

    /// The access, granted anew: what ended, remained or was reported is forgotten.
    #[must_use]
    pub fn granted(&self, granter: Option<Uuid>, now: Time) -> Self {
        Self {
            state: AccessState::Active,
            grant_time: now,
            granter_user_id: granter,
            end_time: None,
            rule_valid_from: None,
            report_time: None,
            residual_time: None,
            ..self.clone()
        }
    }

    /// The access, ended by somebody's wish. What had come to remain keeps when that was, and by which rule.
    #[must_use]
    pub fn ended(&self, now: Time) -> Self {
        Self {
            state: AccessState::Ended,
            end_time: self.end_time.or(Some(now)),
            residual_time: None,
            ..self.clone()
        }
    }

    /// The access of somebody who leaves the team, as the rule of that moment has it. Of a product without a rule nobody has said
    /// that access ends, so it remains.
    #[must_use]
    pub fn left(&self, rule: Option<&RemovalRule>, now: Time) -> Self {
        let remains = rule.is_none_or(RemovalRule::remains);
        Self {
            state: if remains {
                AccessState::Remains
            } else {
                AccessState::Ended
            },
            end_time: Some(now),
            rule_valid_from: rule.map(|rule| rule.valid_from),
            residual_time: remains.then_some(now),
            ..self.clone()
        }
    }

    /// Whether somebody has still to end it in the product itself.
    #[must_use]
    pub const fn is_residual(&self) -> bool {
        match self.state {
            AccessState::Remains | AccessState::Reported => true,
            AccessState::Active | AccessState::Ended => false,
        }
    }

    /// The access, reported as still open.
    #[must_use]
    pub fn reported(&self, now: Time) -> Self {
        Self {
            state: AccessState::Reported,
            report_time: Some(now),
            residual_time: Some(now),
            ..self.clone()
        }
    }
}

/// Which access somebody wants; empty fields do not narrow it.
#[derive(Clone, Default)]
pub struct AccessFilter {
    /// Only this person's.
    pub user_id: Option<Uuid>,
    /// Only to this hub.
    pub hub_id: Option<Uuid>,
    /// Only to hubs of this product.
    pub product_id: Option<ProductId>,
    /// Only in these states.
    pub states: Vec<AccessState>,
}

/// Whether somebody who has so many paths into a hub that have not ended may have another one.
///
/// # Errors
/// `ACCESS_PATHS_USED_UP`.
pub fn another(count: u64) -> Result<()> {
    if count < MAX_PATHS {
        Ok(())
    } else {
        Err(Error::Refused(Reason::AccessPathsUsedUp))
    }
}

/// Of what somebody has, or had, in a hub, what a report of it as still open concerns: what ended last, or what is on the list
/// of what remains already.
///
/// # Errors
/// `ACCESS_ACTIVE`, `ACCESS_NOT_FOUND`.
pub fn to_report(all: &[Access], user: Uuid) -> Result<&Access> {
    if all.iter().any(Access::is_active) {
        return Err(Error::Refused(Reason::AccessActive));
    }
    let listed = all.iter().find(|one| one.is_residual());
    listed
        .or_else(|| all.iter().max_by_key(|one| one.end_time))
        .ok_or_else(|| missing(user))
}

/// The refusal of access that there is not, named by the person.
#[must_use]
pub fn missing(user: Uuid) -> Error {
    Error::not_found(Reason::AccessNotFound, "muster.v1.ProductAccess", user)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn access(path: AccessPath, state: AccessState) -> Access {
        Access {
            id: Uuid::from_u128(1),
            team_id: Uuid::from_u128(2),
            user_id: Uuid::from_u128(3),
            hub_id: Uuid::from_u128(4),
            product_id: ProductId::parse("id", "tandem").unwrap(),
            path,
            state,
            grant_time: Time::UNIX_EPOCH,
            granter_user_id: None,
            end_time: None,
            rule_valid_from: None,
            report_time: None,
            residual_time: None,
        }
    }

    #[test]
    fn a_revocation_leaves_what_comes_by_a_project_or_a_group() {
        let project = AccessPath::Project(Uuid::from_u128(5));
        let group = AccessPath::Group(Uuid::from_u128(6));
        for (path, state, by_revocation, with_the_rest) in [
            (AccessPath::Direct, AccessState::Active, true, true),
            (project, AccessState::Active, false, true),
            (project, AccessState::Remains, true, true),
            (project, AccessState::Reported, true, true),
            (group, AccessState::Active, false, false),
            (group, AccessState::Remains, true, true),
            (AccessPath::Direct, AccessState::Ended, false, false),
        ] {
            let access = access(path, state);
            assert_eq!(access.ends_by_revocation(), by_revocation, "{path:?}");
            assert_eq!(access.ends_with_the_rest(), with_the_rest, "{path:?}");
        }
    }

    #[test]
    fn what_remained_keeps_its_time_when_it_is_closed_and_loses_it_when_it_is_granted() {
        let then = Time::UNIX_EPOCH + TimeDelta::days(1);
        let now = then + TimeDelta::days(1);
        let remains = Access {
            end_time: Some(then),
            rule_valid_from: Some(Time::UNIX_EPOCH),
            residual_time: Some(then),
            ..access(AccessPath::Direct, AccessState::Remains)
        };
        let closed = remains.ended(now);
        assert_eq!((closed.end_time, closed.residual_time), (Some(then), None));
        assert_eq!(closed.rule_valid_from, Some(Time::UNIX_EPOCH));
        let reported = closed.reported(now);
        assert_eq!(reported.residual_time, Some(now));
        let again = reported.granted(None, now);
        assert!(again.is_active());
        assert_eq!((again.end_time, again.report_time), (None, None));
    }

    #[test]
    fn a_report_concerns_what_ended_last_and_nobody_who_has_access() {
        let user = Uuid::from_u128(3);
        let then = Time::UNIX_EPOCH + TimeDelta::days(1);
        let ended = |time| Access {
            end_time: Some(time),
            ..access(AccessPath::Direct, AccessState::Ended)
        };
        let (early, late) = (ended(Time::UNIX_EPOCH), ended(then));
        let both = [early.clone(), late.clone()];
        assert_eq!(to_report(&both, user).unwrap(), &late);
        let listed = access(AccessPath::Direct, AccessState::Remains);
        let all = [late, listed.clone()];
        assert_eq!(to_report(&all, user).unwrap(), &listed);
        let active = [early, access(AccessPath::Direct, AccessState::Active)];
        assert!(matches!(
            to_report(&active, user),
            Err(Error::Refused(Reason::AccessActive))
        ));
        assert!(matches!(to_report(&[], user), Err(Error::NotFound(_))));
    }

    #[test]
    fn nobody_has_more_than_a_thousand_paths_into_a_hub() {
        assert!(another(999).is_ok());
        assert!(matches!(
            another(1_000),
            Err(Error::Refused(Reason::AccessPathsUsedUp))
        ));
    }

    #[test]
    fn without_a_rule_access_remains() {
        let one = access(AccessPath::Direct, AccessState::Active);
        let left = one.left(None, Time::UNIX_EPOCH);
        assert_eq!(left.state, AccessState::Remains);
        assert_eq!(left.rule_valid_from, None);
    }
}
