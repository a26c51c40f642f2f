//! The lists of a multitude, each with every filter, and where each of them ends.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use muster::{
    domain::pages::{KeyPosition, Position, TimePosition},
    proto::{
        ImportOutcome, ListImportResultsRequest, ListImportsRequest, ListMembersRequest,
        ListRolesRequest, ListTeamsRequest, ListUserTeamsRequest, ListUsersRequest, MemberFilter,
        MemberSource, MemberState, Role, TeamFilter, UserFilter,
    },
};
use prost::Message;
use prost_types::Timestamp;
use uuid::Uuid;

use crate::{
    event_plan_cases::event_cases,
    fixtures::NewTeam,
    groups::lists::group_cases,
    harness::Harness,
    invitation_plan_cases::invitation_cases,
    key_plan_cases::key_cases,
    lists::List,
    multitude::{OTHERS, PEOPLE, ROLES, born, id_of},
    product_plan_cases::product_cases,
    sso_lists::sso_cases,
};

/// How many rows one page of fifty may read, those of accounts and the like included.
const READS: f64 = 2_000.0;
/// A list, and a position shortly before its end.
pub(crate) struct Case {
    /// The list.
    pub(crate) list: List,
    /// The name of its order.
    pub(crate) order: &'static str,
    near_the_end: Position,
    /// How many rows a page may read.
    pub(crate) reads: f64,
}

impl Case {
    fn path(&self) -> &'static str {
        match self.list {
            List::Teams(_) => "ListTeams",
            List::Members(_) => "ListMembers",
            List::Users(_) => "ListUsers",
            List::UserTeams(_) => "ListUserTeams",
            List::Invitations(_) => "ListInvitations",
            List::Roles(_) => "ListRoles",
            List::Imports(_) => "ListImports",
            List::ImportResults(_) => "ListImportResults",
            List::Products(_) => "ListProducts",
            List::RemovalRules(_) => "ListRemovalRules",
            List::Hubs(_) => "ListHubs",
            List::Projects(_) => "ListProjects",
            List::ProjectMembers(_) => "ListProjectMembers",
            List::ProductAccess(_) => "ListProductAccess",
            List::ResidualAccess(_) => "ListResidualAccess",
            List::Events(_) => "ListEvents",
            List::Keys(_) => "ListKeys",
            List::SsoConnections(_) => "ListSsoConnections",
            List::Domains(_) => "ListDomains",
            List::DirectoryGroups(_) => "ListDirectoryGroups",
            List::DirectoryGroupMembers(_) => "ListDirectoryGroupMembers",
        }
    }

    fn request(&self) -> Vec<u8> {
        match &self.list {
            List::Teams(request) => request.encode_to_vec(),
            List::Members(request) => request.encode_to_vec(),
            List::Users(request) => request.encode_to_vec(),
            List::UserTeams(request) => request.encode_to_vec(),
            List::Invitations(request) => request.encode_to_vec(),
            List::Roles(request) => request.encode_to_vec(),
            List::Imports(request) => request.encode_to_vec(),
            List::ImportResults(request) => request.encode_to_vec(),
            List::Products(request) => request.encode_to_vec(),
            List::RemovalRules(request) => request.encode_to_vec(),
            List::Hubs(request) => request.encode_to_vec(),
            List::Projects(request) => request.encode_to_vec(),
            List::ProjectMembers(request) => request.encode_to_vec(),
            List::ProductAccess(request) => request.encode_to_vec(),
            List::ResidualAccess(request) => request.encode_to_vec(),
            List::Events(request) => request.encode_to_vec(),
            List::Keys(request) => request.encode_to_vec(),
            List::SsoConnections(request) => request.encode_to_vec(),
            List::Domains(request) => request.encode_to_vec(),
            List::DirectoryGroups(request) => request.encode_to_vec(),
            List::DirectoryGroupMembers(request) => request.encode_to_vec(),
        }
    }

    /// A token of a page near the end: to walk there takes two thousand calls.
    pub(crate) fn token(&self, h: &Harness) -> String {
        let position = &self.near_the_end.0;
        let length = (position.len() as u64).to_be_bytes();
        let names = [self.path(), self.order].map(|name| [name.as_bytes(), &[0]].concat());
        let bound = [
            &[2],
            &length[..],
            position,
            &names.concat(),
            &self.request(),
        ]
        .concat();
        let tag = h.ctx.secrets.page_tag(&bound);
        URL_SAFE_NO_PAD.encode([&[2], &position[..], &tag[..]].concat())
    }
}

/// A position by time and id behind all rows of that time.
pub(crate) fn at(micros: i64) -> Position {
    let id = Uuid::max();
    TimePosition { micros, id }.position()
}

fn key(key: &str) -> Position {
    let key = key.to_owned();
    let id = Uuid::nil();
    KeyPosition { key, id }.position()
}

pub(crate) fn stamp(micros: i64) -> Timestamp {
    Timestamp {
        seconds: micros.div_euclid(1_000_000),
        nanos: i32::try_from(micros.rem_euclid(1_000_000) * 1_000).expect("nanoseconds"),
    }
}

/// A list with fifty rows and more behind a position.
pub(crate) fn case(list: List, order: &'static str, near_the_end: Position) -> Case {
    Case {
        list,
        order,
        near_the_end,
        reads: READS,
    }
}

fn member_cases(h: &Harness, team: &NewTeam) -> Vec<Case> {
    let now = h.now().timestamp_micros();
    let last = at(now + (PEOPLE - 2_000) / 7 * 1_000_000);
    let plain = MemberFilter::default;
    let members = |filter: MemberFilter| {
        List::Members(ListMembersRequest {
            team_id: team.id.clone(),
            filter: Some(filter),
            ..ListMembersRequest::default()
        })
    };
    let of_states = |states: &[MemberState]| MemberFilter {
        states: states.iter().map(|state| (*state).into()).collect(),
        ..plain()
    };
    let of_roles = |roles: &[Role]| MemberFilter {
        roles: roles.iter().map(|role| (*role).into()).collect(),
        ..plain()
    };
    let of_sources = |sources: &[MemberSource]| MemberFilter {
        sources: sources.iter().map(|source| (*source).into()).collect(),
        ..plain()
    };
    let verified = |verified| MemberFilter {
        verified: Some(verified),
        ..plain()
    };
    let query = |query: &str| MemberFilter {
        query: query.to_owned(),
        ..plain()
    };
    let mut cases: Vec<Case> = [
        plain(),
        of_states(&[MemberState::Invited]),
        of_states(&[MemberState::Active]),
        of_states(&[MemberState::Disabled]),
        of_states(&[MemberState::Removed]),
        of_states(&[MemberState::Active, MemberState::Removed]),
        of_roles(&[Role::Member]),
        of_roles(&[Role::Guest]),
        of_roles(&[Role::SsoAdmin]),
        of_roles(&[
            Role::PrimaryAdmin,
            Role::SecondaryAdmin,
            Role::Member,
            Role::Guest,
        ]),
        of_sources(&[MemberSource::Import]),
        of_sources(&[MemberSource::Directory]),
        of_sources(&[
            MemberSource::Manual,
            MemberSource::Import,
            MemberSource::Project,
        ]),
        verified(true),
        verified(false),
        MemberFilter {
            create_time_from: Some(stamp(now + PEOPLE / 14 * 1_000_000)),
            ..plain()
        },
    ]
    .into_iter()
    .map(|filter| case(members(filter), "membership", last.clone()))
    .collect();
    let expired = MemberFilter {
        invitation_expired: true,
        ..plain()
    };
    cases.push(case(members(expired), "expiry", at(now - 2_000_000)));
    for (start, end) in [("m", "mz"), ("mo", "moz")] {
        cases.push(case(members(query(start)), "key", key(end)));
    }
    cases
}

fn user_cases(h: &Harness, team: &NewTeam) -> Vec<Case> {
    let now = h.now().timestamp_micros();
    let users = |filter: UserFilter| {
        List::Users(ListUsersRequest {
            filter: Some(filter),
            ..ListUsersRequest::default()
        })
    };
    let plain = UserFilter::default;
    let last = Position(id_of(7, PEOPLE - 2_000).as_bytes().to_vec());
    let verified = |verified| UserFilter {
        verified: Some(verified),
        ..plain()
    };
    let mut cases: Vec<Case> = [
        plain(),
        verified(true),
        verified(false),
        UserFilter {
            create_time_from: Some(stamp((born(7) + PEOPLE / 4) * 1_000)),
            ..plain()
        },
    ]
    .into_iter()
    .map(|filter| case(users(filter), "account", last.clone()))
    .collect();
    let of_team = || UserFilter {
        team_id: team.id.clone(),
        ..plain()
    };
    let near = at(now + (PEOPLE - 2_000) / 7 * 1_000_000);
    for filter in [
        of_team(),
        UserFilter {
            roles: vec![Role::Guest.into()],
            ..of_team()
        },
        UserFilter {
            states: vec![MemberState::Removed.into()],
            ..of_team()
        },
        UserFilter {
            sources: vec![MemberSource::Directory.into()],
            ..of_team()
        },
        UserFilter {
            verified: Some(true),
            ..of_team()
        },
        UserFilter {
            create_time_from: Some(stamp(now + PEOPLE / 14 * 1_000_000)),
            ..of_team()
        },
    ] {
        cases.push(case(users(filter), "membership", near.clone()));
    }
    let expired = UserFilter {
        invitation_expired: true,
        ..of_team()
    };
    cases.push(case(users(expired), "expiry", at(now - 2_000_000)));
    let found = UserFilter {
        query: "mo".to_owned(),
        ..of_team()
    };
    cases.push(case(users(found), "key", key("moz")));
    for (start, end) in [("m", "mz"), ("mo", "moz")] {
        let query = UserFilter {
            query: start.to_owned(),
            ..plain()
        };
        cases.push(case(users(query), "key", key(end)));
    }
    cases
}

fn other_cases(h: &Harness, team: &NewTeam) -> Vec<Case> {
    let last = Position(id_of(9, OTHERS - 100).as_bytes().to_vec());
    let one = TeamFilter {
        external_id: "other-7".to_owned(),
        ..TeamFilter::default()
    };
    let user_teams = |include_removed| {
        List::UserTeams(ListUserTeamsRequest {
            user_id: team.admin.clone(),
            include_removed,
            ..ListUserTeamsRequest::default()
        })
    };
    let teams = |filter| {
        List::Teams(ListTeamsRequest {
            filter,
            ..ListTeamsRequest::default()
        })
    };
    let results = |outcomes| {
        List::ImportResults(ListImportResultsRequest {
            team_id: team.id.clone(),
            import_id: "import-3".to_owned(),
            outcomes,
            ..ListImportResultsRequest::default()
        })
    };
    let imports = List::Imports(ListImportsRequest {
        team_id: team.id.clone(),
        ..ListImportsRequest::default()
    });
    let roles = List::Roles(ListRolesRequest {
        team_id: team.id.clone(),
        ..ListRolesRequest::default()
    });
    let last_roles = Position(id_of(5, ROLES - 60).as_bytes().to_vec());
    // Newest first, and ids are text.
    let first_imports = h.now().timestamp_micros() + 40;
    let first_imports = [&first_imports.to_be_bytes()[..], b"import-0"].concat();
    let row = Position(4_960_u32.to_be_bytes().to_vec());
    vec![
        case(teams(None), "id", last.clone()),
        case(
            teams(Some(one)),
            "id",
            Position(Uuid::nil().into_bytes().to_vec()),
        ),
        case(user_teams(false), "team", last.clone()),
        case(user_teams(true), "team", last),
        case(roles, "id", last_roles),
        case(imports, "newest", Position(first_imports)),
        case(results(Vec::new()), "row", row.clone()),
        Case {
            // No index: an import has five thousand results at most.
            reads: 5_100.0,
            ..case(results(vec![ImportOutcome::Invalid.into()]), "row", row)
        },
    ]
}

/// All of them.
pub(crate) fn cases(h: &Harness, team: &NewTeam) -> Vec<Case> {
    let mut cases = member_cases(h, team);
    cases.extend(user_cases(h, team));
    cases.extend(invitation_cases(h, team));
    cases.extend(other_cases(h, team));
    cases.extend(product_cases(h, team));
    cases.extend(sso_cases(team));
    cases.extend(group_cases(team));
    cases.extend(event_cases(h, team));
    cases.extend(key_cases(h, team));
    cases
}
