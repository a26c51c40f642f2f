//! With 100,000 members, every list reads its index: as much for its last page as for its first, and no table from end to
//! end. What the database says of the very statements that the calls send.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use muster::{
    domain::pages::{KeyPosition, Position, TimePosition},
    proto::{
        DeliveryState, ImportOutcome, InvitationFilter, InvitationState, ListImportResultsRequest,
        ListImportsRequest, ListInvitationsRequest, ListMembersRequest, ListTeamsRequest,
        ListUserTeamsRequest, ListUsersRequest, MemberFilter, MemberSource, MemberState, Role,
        TeamFilter, UserFilter,
    },
    store::Reads,
};
use prost::Message;
use prost_types::Timestamp;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    fixtures::NewTeam,
    harness::{Harness, tests},
    lists::List,
    multitude::{self, OTHERS, PEOPLE, born, id_of},
};

tests![every_list_of_a_hundred_thousand_reads_its_index_and_no_more];

/// How many rows one page of fifty may read, those of accounts and the like included.
const READS: f64 = 2_000.0;
/// How many rows more the last page may read than the first: rows that fell behind and were read over.
const SLACK: f64 = 60.0;

/// A list, the name of its order, and a position shortly before its end.
struct Case {
    list: List,
    order: &'static str,
    near_the_end: Position,
    reads: f64,
}

impl Case {
    fn path(&self) -> &'static str {
        match self.list {
            List::Teams(_) => "ListTeams",
            List::Members(_) => "ListMembers",
            List::Users(_) => "ListUsers",
            List::UserTeams(_) => "ListUserTeams",
            List::Invitations(_) => "ListInvitations",
            List::Imports(_) => "ListImports",
            List::ImportResults(_) => "ListImportResults",
        }
    }

    fn request(&self) -> Vec<u8> {
        match &self.list {
            List::Teams(request) => request.encode_to_vec(),
            List::Members(request) => request.encode_to_vec(),
            List::Users(request) => request.encode_to_vec(),
            List::UserTeams(request) => request.encode_to_vec(),
            List::Invitations(request) => request.encode_to_vec(),
            List::Imports(request) => request.encode_to_vec(),
            List::ImportResults(request) => request.encode_to_vec(),
        }
    }

    /// A token of a page near the end: to walk there takes two thousand calls.
    fn token(&self, h: &Harness) -> String {
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
fn at(micros: i64) -> Position {
    let id = Uuid::max();
    TimePosition { micros, id }.position()
}

fn key(key: &str) -> Position {
    let key = key.to_owned();
    let id = Uuid::nil();
    KeyPosition { key, id }.position()
}

fn stamp(micros: i64) -> Option<Timestamp> {
    Some(Timestamp {
        seconds: micros.div_euclid(1_000_000),
        nanos: i32::try_from(micros.rem_euclid(1_000_000) * 1_000).expect("nanoseconds"),
    })
}

fn case(list: List, order: &'static str, near_the_end: Position) -> Case {
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
    let all = [
        MemberState::Invited,
        MemberState::Active,
        MemberState::Removed,
    ];
    let mut cases: Vec<Case> = [
        plain(),
        of_states(&[MemberState::Invited]),
        of_states(&[MemberState::Active]),
        of_states(&[MemberState::Removed]),
        of_states(&all),
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
            create_time_from: stamp(now + PEOPLE / 14 * 1_000_000),
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
            create_time_from: stamp((born(7) + PEOPLE / 4) * 1_000),
            ..plain()
        },
    ]
    .into_iter()
    .map(|filter| case(users(filter), "account", last.clone()))
    .collect();
    let team = UserFilter {
        team_id: team.id.clone(),
        roles: vec![Role::Guest.into()],
        ..plain()
    };
    let near = at(now + (PEOPLE - 2_000) / 7 * 1_000_000);
    cases.push(case(users(team), "membership", near));
    for (start, end) in [("m", "mz"), ("mo", "moz")] {
        let query = UserFilter {
            query: start.to_owned(),
            ..plain()
        };
        cases.push(case(users(query), "key", key(end)));
    }
    cases
}

fn invitation_cases(h: &Harness, team: &NewTeam) -> Vec<Case> {
    let now = h.now().timestamp_micros();
    let invitations = |filter: InvitationFilter| {
        List::Invitations(ListInvitationsRequest {
            team_id: team.id.clone(),
            filter: Some(filter),
            ..ListInvitationsRequest::default()
        })
    };
    let plain = InvitationFilter::default;
    let of_states = |states: &[InvitationState]| InvitationFilter {
        states: states.iter().map(|state| (*state).into()).collect(),
        ..plain()
    };
    let delivered = |states: &[DeliveryState]| InvitationFilter {
        delivery_states: states.iter().map(|state| (*state).into()).collect(),
        ..plain()
    };
    // The admin's own expires a week later, and is behind the end of this list.
    let last = at(now + (PEOPLE - 2_000) * 1_000);
    let mut cases: Vec<Case> = [
        plain(),
        of_states(&[InvitationState::Pending]),
        of_states(&[InvitationState::Accepted]),
        of_states(&[InvitationState::Declined]),
        of_states(&[InvitationState::Revoked, InvitationState::Pending]),
        delivered(&[DeliveryState::Sent]),
        delivered(&[
            DeliveryState::Held,
            DeliveryState::Queued,
            DeliveryState::Cancelled,
        ]),
        InvitationFilter {
            import_id: "import-7".to_owned(),
            ..plain()
        },
        InvitationFilter {
            expire_time_from: stamp(now + PEOPLE / 2 * 1_000),
            ..plain()
        },
    ]
    .into_iter()
    .map(|filter| case(invitations(filter), "expire_time", last.clone()))
    .collect();
    let expired = of_states(&[InvitationState::Expired]);
    let before = InvitationFilter {
        expire_time_before: stamp(now),
        ..plain()
    };
    // Those letters failed whose invitation is too old.
    for filter in [expired, before, delivered(&[DeliveryState::Failed])] {
        cases.push(case(
            invitations(filter),
            "expire_time",
            at(now - 2_000_000),
        ));
    }
    cases
}

fn other_cases(h: &Harness, team: &NewTeam) -> Vec<Case> {
    let last = Position(id_of(9, OTHERS - 100).as_bytes().to_vec());
    let one = TeamFilter {
        external_id: "other-7".to_owned(),
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
        case(imports, "newest", Position(first_imports)),
        case(results(Vec::new()), "row", row.clone()),
        Case {
            // No index: an import has five thousand results at most.
            reads: 5_100.0,
            ..case(results(vec![ImportOutcome::Invalid.into()]), "row", row)
        },
    ]
}

/// What a call reads, as the database says.
async fn cost(h: &Harness, case: &Case, token: String) -> f64 {
    h.ctx.store.record();
    case.list.go_on(h, 0, token).await;
    let sent = h.ctx.store.recorded();
    let mut reads = 0.0;
    for statement in sent {
        reads += match statement.db_backend {
            DbBackend::Sqlite => sqlite(h, case, statement).await,
            _ => postgres(h, case, statement).await,
        };
    }
    reads
}

/// Whether a table is of those that grow; keys of callers are a few.
fn grows(table: &str) -> bool {
    !matches!(table, "api_keys")
}

async fn explain(h: &Harness, how: &str, statement: &Statement) -> Vec<sea_orm::QueryResult> {
    let mut statement = statement.clone();
    statement.sql = format!("{how} {}", statement.sql);
    let connection = h.ctx.store.connection();
    connection.query_all_raw(statement).await.expect("a plan")
}

/// SQLite tells how it reads, not how much.
async fn sqlite(h: &Harness, case: &Case, statement: Statement) -> f64 {
    for line in explain(h, "EXPLAIN QUERY PLAN", &statement).await {
        let detail: String = line.try_get("", "detail").expect("a detail");
        // The only list of everything that there is, in the order of its key, up to its limit.
        let is_whole = matches!(&case.list, List::Teams(request) if request.filter.is_none())
            && detail == "SCAN teams USING INDEX sqlite_autoindex_teams_1";
        let scanned = detail
            .strip_prefix("SCAN ")
            .and_then(|rest| rest.split(' ').next());
        let is_table = scanned.is_some_and(|name| {
            !matches!(name, "one_range" | "CONSTANT") && !name.starts_with('(') && grows(name)
        });
        assert!(
            !is_table || is_whole,
            "{:?}: {detail} in {statement}",
            case.list
        );
        assert!(
            !detail.contains("TEMP B-TREE"),
            "{:?}: {detail} in {statement}",
            case.list
        );
    }
    0.0
}

async fn postgres(h: &Harness, case: &Case, statement: Statement) -> f64 {
    let lines = explain(h, "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)", &statement).await;
    let plan: Value = lines[0].try_get("", "QUERY PLAN").expect("a plan");
    let mut reads = 0.0;
    let mut nodes = vec![&plan[0]["Plan"]];
    while let Some(node) = nodes.pop() {
        nodes.extend(node["Plans"].as_array().into_iter().flatten());
        let kind = node["Node Type"].as_str().unwrap_or_default();
        let number = |name: &str| node[name].as_f64().unwrap_or_default();
        if let Some(table) = node["Relation Name"].as_str() {
            let is_whole = kind == "Seq Scan" && grows(table);
            assert!(
                !is_whole,
                "{:?}: {kind} of {table}: {plan:#} for {statement}",
                case.list
            );
            let rows = number("Actual Rows")
                + number("Rows Removed by Filter")
                + number("Rows Removed by Index Recheck");
            reads += rows * number("Actual Loops");
        }
    }
    assert!(
        reads <= case.reads,
        "{:?} reads {reads}: {plan:#} for {statement}",
        case.list
    );
    reads
}

async fn every_list_of_a_hundred_thousand_reads_its_index_and_no_more(h: &Harness) {
    let team = h.team("acme").await;
    multitude::fill(h, &team.id, &team.admin).await;
    let cases = [
        member_cases(h, &team),
        user_cases(h, &team),
        invitation_cases(h, &team),
        other_cases(h, &team),
    ];
    for case in cases.iter().flatten() {
        let first = cost(h, case, String::new()).await;
        let last = cost(h, case, last_token(h, case).await).await;
        assert!(
            last <= first + SLACK,
            "{:?}: the first page reads {first} rows, the last {last}",
            case.list
        );
    }
}

/// The token of the last page.
async fn last_token(h: &Harness, case: &Case) -> String {
    let is_one = matches!(&case.list, List::Teams(request) if request.filter.is_some());
    let (rows, next) = case.list.go_on(h, 0, String::new()).await;
    assert_eq!(rows.len(), if is_one { 1 } else { 50 }, "{:?}", case.list);
    assert_eq!(next.is_empty(), is_one, "{:?}", case.list);
    let (mut token, mut is_last) = (case.token(h), false);
    while !is_last {
        let (rows, next) = case.list.go_on(h, 0, token.clone()).await;
        is_last = next.is_empty();
        if is_last {
            let may_be_empty = case.order == "key";
            assert!(may_be_empty || !rows.is_empty(), "{:?}", case.list);
        } else {
            token = next;
        }
    }
    token
}
