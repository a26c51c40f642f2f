//! With 100,000 people in the database, looking at one small team reads that team, by indexes; looking at everything takes
//! seconds.

use std::time::{Duration, Instant};

use muster::store::{Reads, fsck};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    harness::{Harness, Test},
    multitude,
};

/// What this module claims.
pub(crate) fn tests() -> Vec<Test> {
    let claim = Test::new(
        module_path!(),
        "a_small_team_is_looked_at_by_its_indexes_and_everything_in_seconds",
        |h| Box::pin(a_small_team_is_looked_at_by_its_indexes_and_everything_in_seconds(h)),
    );
    // To make the multitude takes a transaction of seconds.
    vec![claim.apart()]
}

/// How long all of 100,000 may take on a machine that does other things too.
const SECONDS: Duration = Duration::from_secs(30);
/// How many rows one statement may read of a team of two people.
const FEW: f64 = 100.0;

/// A letter that was sent, and a link, for everybody who was ever invited.
const LETTERS: &str = "
INSERT INTO outbox (id, kind, team_id, user_id, invitation_id, import_id, language, state, attempts, due_time, create_time,
    settle_time)
    SELECT id, 'invitation', team_id, user_id, id, import_id, 'en', 'SENT', 1, 1, 1, 1 FROM invitations
    WHERE import_id IS NOT NULL AND id NOT IN (SELECT invitation_id FROM outbox);
INSERT INTO outbox (id, kind, team_id, user_id, invitation_id, language, sealed_token, state, attempts, due_time, create_time)
    SELECT id, 'invitation', team_id, user_id, id, 'en', {seal}, 'HELD', 1, 1, 1 FROM invitations
    WHERE import_id IS NULL AND id NOT IN (SELECT invitation_id FROM outbox);
INSERT INTO invitation_tokens (hash, invitation_id, number, create_time, settle_time)
    SELECT {hash}, id, 1, 1, settle_time FROM invitations
    WHERE id NOT IN (SELECT invitation_id FROM invitation_tokens);
ANALYZE;
";

async fn a_small_team_is_looked_at_by_its_indexes_and_everything_in_seconds(h: &Harness) {
    let team = h.led_team("acme").await;
    let small = h.led_team("small").await;
    h.join(&small.id, "ann@small.example").await;
    multitude::fill(h, &team.id, &team.admin).await;
    let connection = h.ctx.store.connection();
    let (seal, hash) = match connection.get_database_backend() {
        DbBackend::Sqlite => ("zeroblob(62)", "randomblob(32)"),
        _ => ("sha512(id::text::bytea)", "sha256(id::text::bytea)"),
    };
    let letters = LETTERS.replace("{seal}", seal).replace("{hash}", hash);
    connection
        .execute_unprepared(&letters)
        .await
        .expect("letters");

    look(h, Some(small.id.parse().expect("an id"))).await;
    for statement in h.ctx.store.recorded() {
        match statement.db_backend {
            DbBackend::Sqlite => by_indexes(h, statement).await,
            _ => reads_few(h, statement, FEW).await,
        }
    }
    let begun = Instant::now();
    look(h, None).await;
    assert!(begun.elapsed() < SECONDS, "{:?}", begun.elapsed());
}

/// Looks, and keeps what is sent.
async fn look(h: &Harness, team: Option<Uuid>) {
    h.ctx.store.record();
    for invariant in fsck::all() {
        let found = invariant.broken(&h.ctx.store, team, 10).await;
        let found = found.expect("an answer");
        assert!(team.is_none() || found.count == 0, "{}", invariant.name);
    }
}

async fn explain(h: &Harness, how: &str, statement: &Statement) -> Vec<sea_orm::QueryResult> {
    let mut statement = statement.clone();
    statement.sql = format!("{how} {}", statement.sql);
    let connection = h.ctx.store.connection();
    connection.query_all_raw(statement).await.expect("a plan")
}

pub(crate) async fn by_indexes(h: &Harness, statement: Statement) {
    for line in explain(h, "EXPLAIN QUERY PLAN", &statement).await {
        let detail: String = line.try_get("", "detail").expect("a detail");
        let scanned = detail.strip_prefix("SCAN ");
        // What the statement itself has put together is small.
        let is_table = scanned.is_some_and(|name| {
            !name.starts_with("found") && !name.starts_with('(') && name != "CONSTANT ROW"
        });
        // The keys of callers are a few.
        let is_few = detail.starts_with("SCAN k") && statement.sql.contains("FROM api_keys k");
        assert!(!is_table || is_few, "{detail} in {statement}");
    }
}

pub(crate) async fn reads_few(h: &Harness, statement: Statement, few: f64) {
    let lines = explain(h, "EXPLAIN (ANALYZE, FORMAT JSON)", &statement).await;
    let plan: Value = lines[0].try_get("", "QUERY PLAN").expect("a plan");
    let mut nodes = vec![&plan[0]["Plan"]];
    while let Some(node) = nodes.pop() {
        nodes.extend(node["Plans"].as_array().into_iter().flatten());
        if matches!(node["Relation Name"].as_str(), None | Some("api_keys")) {
            continue;
        }
        let number = |name: &str| node[name].as_f64().unwrap_or_default();
        let rows = number("Actual Rows")
            + number("Rows Removed by Filter")
            + number("Rows Removed by Index Recheck");
        let read = rows * number("Actual Loops");
        assert!(read < few, "{read} rows: {plan:#} for {statement}");
    }
}
