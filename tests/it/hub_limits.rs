//! How much there may be in a hub, and how much of it an answer shows.

use muster::proto::{
    AccessPath, AccessState, Hub, ListProjectsRequest, ProductAccess, RemoveHubMemberRequest,
};
use muster::store::Reads;
use sea_orm::ConnectionTrait;
use tonic::Code;

use crate::{
    explanations::explain,
    harness::{Harness, tests},
    hubs::removal,
    multitude::{id, literal},
    product_fixtures::{grant_of, into_project, project_of},
    races::at_once,
    refusals::Outcome,
};

tests![
    a_hub_has_ten_thousand_projects_at_most,
    nobody_has_more_than_a_thousand_paths_into_a_hub,
    an_answer_shows_what_had_not_ended_before_what_ended_last,
];

/// The kind of the projects' ids, and that of the accesses'.
const PROJECT: i64 = 3;
const ACCESS: i64 = 2;

/// The numbers below one, to make rows of.
const MANY: &str =
    "WITH RECURSIVE many(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM many WHERE i < {last})";

pub(crate) const PROJECTS: &str = "
INSERT INTO projects (team_id, hub_id, id, display_name, create_time, update_time)
    {many} SELECT {team}, {hub}, {project}, 'Project ' || i, 1, 1 FROM many;
";

const PLACES: &str = "
INSERT INTO project_members (team_id, hub_id, project_id, user_id, role, create_time)
    {many} SELECT {team}, {hub}, {project}, {user}, 'MEMBER', 1 FROM many;
INSERT INTO product_access (id, team_id, user_id, hub_id, product_id, path, through_id, state, grant_time)
    {many} SELECT {access}, {team}, {user}, {hub}, 'acc', 'PROJECT', {project}, 'ACTIVE', 1 FROM many;
";

/// By projects that are no more.
pub(crate) const ENDED: &str = "
INSERT INTO product_access (id, team_id, user_id, hub_id, product_id, path, through_id, state, grant_time, end_time)
    {many} SELECT {access}, {team}, {user}, {hub}, 'acc', 'PROJECT', {project}, 'ENDED', 1, 1 + i FROM many;
";

/// Makes so many rows by one statement each: through the wire it would take minutes.
pub(crate) async fn fill(h: &Harness, sql: &str, (hub, user): (&Hub, &str), count: i64) {
    let connection = h.ctx.store.connection();
    let backend = connection.get_database_backend();
    let words = [
        ("{many}", MANY.to_owned()),
        ("{last}", (count - 1).to_string()),
        ("{team}", literal(backend, &hub.team_id)),
        ("{hub}", literal(backend, &hub.id)),
        ("{user}", literal(backend, user)),
        ("{project}", id(backend, PROJECT, "i")),
        ("{access}", id(backend, ACCESS, "i")),
    ];
    let sql = words.iter().fold(sql.to_owned(), |sql, (word, value)| {
        sql.replace(word, value)
    });
    connection.execute_unprepared(&sql).await.expect("rows");
}

async fn a_hub_has_ten_thousand_projects_at_most(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    fill(h, PROJECTS, (&hub, &team.admin), 9_999).await;
    let answers = at_once(8, |number| {
        let (mut client, request) = (h.products(), project_of(&hub, &format!("P{number}")));
        async move { client.create_project(request).await }
    });
    let (made, refused): (Vec<_>, Vec<_>) = answers
        .await
        .into_iter()
        .partition(std::result::Result::is_ok);
    assert_eq!(made.len(), 1);
    for one in refused {
        one.refused(Code::FailedPrecondition, "PROJECTS_USED_UP");
    }
    // Another hub has its own.
    let other = h.hub(&team.id, "acc").await;
    h.project(&other, "First").await;
}

async fn nobody_has_more_than_a_thousand_paths_into_a_hub(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    fill(h, &[PROJECTS, PLACES].concat(), (&hub, &ann), 999).await;
    let mut projects = Vec::new();
    for name in ["A", "B", "C", "D", "E", "F", "G", "H"] {
        projects.push(h.project(&hub, name).await);
    }
    let answers = at_once(8, |number| {
        let (mut client, request) = (h.products(), into_project(&projects[number], &ann));
        async move { client.add_project_member(request).await }
    });
    let (added, refused): (Vec<_>, Vec<_>) = answers
        .await
        .into_iter()
        .partition(std::result::Result::is_ok);
    assert_eq!(added.len(), 1);
    for one in refused {
        one.refused(Code::FailedPrecondition, "ACCESS_PATHS_USED_UP");
    }
    let refused = h
        .products()
        .grant_product_access(grant_of(&hub, &ann))
        .await;
    refused.refused(Code::FailedPrecondition, "ACCESS_PATHS_USED_UP");
    h.is_sound(None).await;

    // What he has already is no other path, and others have their own.
    let listed = ListProjectsRequest {
        team_id: team.id.clone(),
        hub_id: hub.id.clone(),
        ..ListProjectsRequest::default()
    };
    let first = h.products().list_projects(listed).await.answered();
    h.put_into(&first.projects[0], &ann).await;
    h.grant(&hub, &team.admin).await;
    let elsewhere = h.hub(&team.id, "acc").await;
    h.grant(&elsewhere, &ann).await;

    let gone = remove(h, removal(&hub, &ann)).await;
    assert_eq!(gone.len(), 1_000);
    assert!(gone.iter().all(|one| one.state() == AccessState::Ended));
    h.grant(&hub, &ann).await;
    h.is_sound(None).await;
}

async fn remove(h: &Harness, request: RemoveHubMemberRequest) -> Vec<ProductAccess> {
    let answer = h.products().remove_hub_member(request).await;
    answer.answered().accesses
}

async fn an_answer_shows_what_had_not_ended_before_what_ended_last(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    fill(h, ENDED, (&hub, &ann), 1_500).await;
    h.grant(&hub, &ann).await;

    let told = explain(h, &team.id, &ann).await.accesses;
    assert_eq!(told.len(), 1_000);
    let paths = told.into_iter().map(|one| one.access.expect("an access"));
    let open = paths.filter(|one| one.state() == AccessState::Active);
    assert_eq!(open.count(), 1);

    let shown = h.revoke(&hub, &ann).await;
    assert_eq!(shown.len(), 1_000);
    let direct = |one: &&ProductAccess| one.path() == AccessPath::Direct;
    let own = shown.iter().find(direct).expect("what was ended");
    assert_eq!(own.state(), AccessState::Ended);
    // What ended first is left out.
    let first = shown
        .iter()
        .filter_map(|one| one.end_time)
        .map(|end| end.nanos);
    assert_eq!(
        first.filter(|nanos| *nanos > 0).min(),
        Some((1 + 501) * 1_000)
    );
    let states: Vec<_> = shown.iter().map(ProductAccess::state).collect();
    assert!(states.iter().all(|state| *state == AccessState::Ended));
}
