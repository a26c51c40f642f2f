//! What calls read does not grow with what has ended: accesses, invitations and memberships that are over, accounts that were
//! erased. What the database says of the very statements that they send.

use muster::proto::{DeleteHubRequest, ListUsersRequest, UserFilter};
use muster::store::Reads;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::{
    fixtures::{invitation_of, team_called},
    fsck_plans::{by_indexes, reads_few},
    harness::{Harness, tests},
    hub_limits::{ENDED, PROJECTS, fill},
    hubs::deletion,
    multitude::{id, literal},
    refusals::Outcome,
};

tests![
    an_empty_hub_is_known_without_reading_what_ended_there,
    what_somebody_had_in_a_hub_is_read_as_far_as_it_is_shown,
    taken_seats_are_counted_without_reading_who_left,
    a_page_of_accounts_walks_over_no_erased_ones,
];

/// How much there is of what has ended.
const ENDED_COUNT: i64 = 5_000;
/// How many rows a page or a count may read.
const FEW: f64 = 100.0;
/// The same of an answer that shows a thousand.
const THOUSAND: f64 = 1_100.0;

/// Accounts that were erased, older than all others, and verified or not.
const ERASED: &str = "
INSERT INTO users (id, email_normal, email_typed, given_name, family_name, verify_time, create_time, update_time, name_key,
    family_key, copy_time, disable_time, delete_time)
    {many} SELECT {person}, 'erased-' || i, 'erased', 'Erased', 'user', CASE WHEN i % 2 = 0 THEN 1 END, 1, 1,
        'erased user', 'user erased', 1, 1, 1 FROM many;
";

/// Who left a team, and what he had been sent.
const LEFT: &str = "
INSERT INTO members (team_id, user_id, role, source, create_time, join_time, remove_time, removal, verified, name_key,
    family_key, email_key)
    {many} SELECT {team}, {person}, 'MEMBER', 'IMPORT', 1, CASE WHEN i % 2 = 0 THEN 1 END, 1, 'REVOKED', true, 'e', 'e', 'e'
    FROM many;
INSERT INTO invitations (id, team_id, user_id, settlement, delivery_state, send_count, create_time, expire_time, settle_time)
    {many} SELECT {invitation}, {team}, {person}, 'REVOKED', 'SENT', 1, 1, 9000000000000000, 1 FROM many;
";

/// People who are no more, of whom a team remembers some.
async fn remember(h: &Harness, sql: &str, team: &str) {
    let connection = h.ctx.store.connection();
    let backend = connection.get_database_backend();
    let many = format!(
        "WITH RECURSIVE many(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM many WHERE i < {ENDED_COUNT} - 1)"
    );
    let words = [
        ("{many}", many),
        ("{team}", literal(backend, team)),
        ("{person}", id(backend, 1, "i")),
        ("{invitation}", id(backend, 2, "i")),
    ];
    let sql = words.iter().fold(sql.to_owned(), |sql, (word, value)| {
        sql.replace(word, value)
    });
    connection.execute_unprepared(&sql).await.expect("rows");
}

async fn analyze(h: &Harness) {
    let connection = h.ctx.store.connection();
    let done = connection.execute_unprepared("ANALYZE").await;
    done.expect("statistics");
}

/// Holds that no SELECT from one of these tables reads more rows than that, nor all of one.
async fn hold(h: &Harness, sent: Vec<Statement>, (tables, most): (&[&str], f64)) {
    let reads = |one: &&Statement| {
        let text = one.sql.replace('"', "");
        let from = |table: &&str| text.contains(&format!("FROM {table} "));
        text.starts_with("SELECT") && tables.iter().any(from)
    };
    let selects: Vec<&Statement> = sent.iter().filter(reads).collect();
    assert!(!selects.is_empty(), "{tables:?} in {sent:?}");
    for statement in selects {
        match statement.db_backend {
            DbBackend::Sqlite => by_indexes(h, statement.clone()).await,
            _ => reads_few(h, statement.clone(), most).await,
        }
    }
}

async fn an_empty_hub_is_known_without_reading_what_ended_there(h: &Harness) {
    let team = h.led_team("acme").await;
    let (empty, full) = (h.hub(&team.id, "acc").await, h.hub(&team.id, "acc").await);
    fill(h, ENDED, (&empty, &team.admin), ENDED_COUNT).await;
    // Statistics say that most of what there is has not ended.
    let others = ENDED
        .replace("'ENDED', 1, 1 + i", "'REMAINS', 1, 1 + i, 1")
        .replace("end_time)", "end_time, residual_time)")
        .replace("i < {last}", "i < 4 * {last}")
        .replace("{access}", "{project}");
    fill(h, &others, (&full, &team.admin), ENDED_COUNT).await;
    // They also say that the hub has as many projects as the other one.
    for hub in [&empty, &full] {
        fill(h, PROJECTS, (hub, &team.admin), ENDED_COUNT).await;
    }
    analyze(h).await;
    let connection = h.ctx.store.connection();
    let id = literal(connection.get_database_backend(), &empty.id);
    let gone = format!("DELETE FROM projects WHERE hub_id = {id}");
    connection.execute_unprepared(&gone).await.expect("none");
    h.ctx.store.record();
    let request = DeleteHubRequest {
        validate_only: true,
        ..deletion(&empty)
    };
    h.products().delete_hub(request).await.answered();
    let sent = h.ctx.store.recorded();
    hold(h, sent, (&["product_access", "projects"], FEW)).await;
}

async fn what_somebody_had_in_a_hub_is_read_as_far_as_it_is_shown(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let project = h.project(&hub, "A").await;
    fill(h, ENDED, (&hub, &team.admin), ENDED_COUNT).await;
    analyze(h).await;
    h.ctx.store.record();
    h.put_into(&project, &team.admin).await;
    hold(h, h.ctx.store.recorded(), (&["product_access"], FEW)).await;
    h.ctx.store.record();
    h.revoke(&hub, &team.admin).await;
    hold(h, h.ctx.store.recorded(), (&["product_access"], THOUSAND)).await;
}

async fn taken_seats_are_counted_without_reading_who_left(h: &Harness) {
    let mut request = team_called("acme");
    request.seat_limit = Some(10);
    let team = h.team_from(request).await;
    remember(h, &[ERASED, LEFT].concat(), &team.id).await;
    analyze(h).await;
    h.ctx.store.record();
    let request = invitation_of(&team.id, "ann@acme.example");
    h.invitations().create_invitation(request).await.answered();
    let sent = h.ctx.store.recorded();
    h.deliver().await;
    let is_count = |one: &Statement| one.sql.contains("COUNT(");
    let counts: Vec<Statement> = sent.into_iter().filter(is_count).collect();
    hold(h, counts, (&["members", "invitations"], FEW)).await;
}

async fn a_page_of_accounts_walks_over_no_erased_ones(h: &Harness) {
    let team = h.led_team("acme").await;
    h.invite(&team.id, "ann@acme.example").await;
    remember(h, ERASED, &team.id).await;
    analyze(h).await;
    for verified in [None, Some(true), Some(false)] {
        h.ctx.store.record();
        let request = ListUsersRequest {
            filter: Some(UserFilter {
                verified,
                ..UserFilter::default()
            }),
            ..ListUsersRequest::default()
        };
        let page = h.users().list_users(request).await.answered();
        let sent = h.ctx.store.recorded();
        assert!(!page.users.is_empty());
        hold(h, sent, (&["users"], FEW)).await;
    }
}
