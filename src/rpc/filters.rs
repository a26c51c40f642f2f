//! Filters of people, as `ListMembers` and `ListUsers` read them.

use uuid::Uuid;

use super::{
    members,
    values::{id, time, words},
};
use crate::{
    domain::{
        members::{MemberFilter, PeopleOrder},
        search::Prefix,
        texts::optional,
        users::UserFilter,
    },
    error::{Result, Rule, Violations},
    proto,
};

/// Reads which members are wanted, and of which team.
pub(super) fn members(message: &proto::ListMembersRequest) -> Result<(Uuid, MemberFilter)> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    let given = message.filter.clone().unwrap_or_default();
    let filter = member_filter(&given, &mut violations);
    violations.finish(team.map(|team| (team, filter)))
}

pub(super) fn member_filter(
    given: &proto::MemberFilter,
    violations: &mut Violations,
) -> MemberFilter {
    let asked = (!given.query.is_empty()).then_some(&given.query);
    let query = asked.and_then(|text| violations.take(Prefix::parse("filter.query", text)));
    let from = given
        .create_time_from
        .and_then(|stamp| violations.take(time("filter.create_time_from", stamp)));
    MemberFilter {
        roles: words("filter.roles", &given.roles, violations, members::read_role),
        states: words(
            "filter.states",
            &given.states,
            violations,
            members::read_state,
        ),
        sources: words(
            "filter.sources",
            &given.sources,
            violations,
            members::read_source,
        ),
        verified: given.verified,
        invitation_expired: given.invitation_expired,
        create_time_from: from,
        query,
    }
}

/// Whose accounts are wanted.
pub(super) enum Accounts {
    /// The deployment's.
    All(UserFilter),
    /// One team's.
    OfTeam(Uuid, MemberFilter),
}

impl Accounts {
    /// The order in which they come.
    pub(super) const fn order(&self) -> PeopleOrder {
        match self {
            Self::All(filter) => filter.order(),
            Self::OfTeam(_, filter) => filter.order(),
        }
    }
}

/// Reads which accounts are wanted.
pub(super) fn users(message: &proto::ListUsersRequest) -> Result<Accounts> {
    let mut violations = Violations::new();
    let given = message.filter.clone().unwrap_or_default();
    let team = violations.take(optional(id, "filter.team_id", &given.team_id));
    let of_members = !given.roles.is_empty()
        || !given.states.is_empty()
        || !given.sources.is_empty()
        || given.invitation_expired;
    if given.team_id.is_empty() && of_members {
        violations.add("filter.team_id", Rule::Required);
    }
    let filter = member_filter(
        &proto::MemberFilter {
            roles: given.roles,
            states: given.states,
            sources: given.sources,
            invitation_expired: given.invitation_expired,
            verified: given.verified,
            create_time_from: given.create_time_from,
            query: given.query,
        },
        &mut violations,
    );
    let wanted = team.map(|team| match team {
        Some(team) => Accounts::OfTeam(team, filter),
        None => Accounts::All(UserFilter {
            verified: filter.verified,
            create_time_from: filter.create_time_from,
            query: filter.query,
            show_deleted: given.show_deleted,
        }),
    });
    violations.finish(wanted)
}
