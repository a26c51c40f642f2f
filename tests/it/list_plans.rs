//! With 100,000 members, every list reads its index: as much for its last page as for its first, and no table from end to
//! end. What the database says of the very statements that the calls send.

use muster::store::Reads;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::Value;

use crate::{
    harness::{Harness, Test},
    lists::List,
    multitude,
    plan_cases::{Case, cases},
};

/// What this module claims.
pub(crate) fn tests() -> Vec<Test> {
    let claim = Test::new(
        module_path!(),
        "every_list_of_a_hundred_thousand_reads_its_index_and_no_more",
        |h| Box::pin(every_list_of_a_hundred_thousand_reads_its_index_and_no_more(h)),
    );
    // To make the multitude takes a transaction of seconds.
    vec![claim.apart()]
}

/// How many blocks more the last page may touch than the first, since its rows may lie in more of them: the index entries
/// of all the pages before would be hundreds.
const SCATTER: f64 = 10.0;

/// What a call reads, as PostgreSQL says; SQLite says how it reads, and not how much.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    /// Rows that were read, those that a filter then dropped included.
    rows: f64,
    /// Blocks that were touched, of indexes too.
    blocks: f64,
}

/// What a call reads, as the database says.
async fn cost(h: &Harness, case: &Case, token: String) -> Cost {
    h.ctx.store.record();
    case.list.go_on(h, 0, token).await;
    let sent = h.ctx.store.recorded();
    let mut cost = Cost::default();
    for statement in sent {
        if statement.db_backend == DbBackend::Sqlite {
            sqlite(h, case, statement).await;
        } else {
            let one = postgres(h, case, statement).await;
            cost.rows += one.rows;
            cost.blocks += one.blocks;
        }
    }
    assert!(cost.rows <= case.reads, "{:?} reads {cost:?}", case.list);
    cost
}

/// Whether a table is of those that grow; keys of callers are a few, and the log of events has one row.
fn grows(table: &str) -> bool {
    !matches!(table, "api_keys" | "event_log")
}

async fn explain(h: &Harness, how: &str, statement: &Statement) -> Vec<sea_orm::QueryResult> {
    let mut statement = statement.clone();
    statement.sql = format!("{how} {}", statement.sql);
    let connection = h.ctx.store.connection();
    connection.query_all_raw(statement).await.expect("a plan")
}

async fn sqlite(h: &Harness, case: &Case, statement: Statement) {
    for line in explain(h, "EXPLAIN QUERY PLAN", &statement).await {
        let detail: String = line.try_get("", "detail").expect("a detail");
        // The only list of everything that there is, in the order of its key, up to its limit: deleted teams are left out.
        let is_whole = matches!(&case.list, List::Teams(request) if request.filter.is_none())
            && detail == "SCAN teams USING INDEX teams_present";
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
}

async fn postgres(h: &Harness, case: &Case, statement: Statement) -> Cost {
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
    let touched = |name: &str| plan[0]["Plan"][name].as_f64().unwrap_or_default();
    Cost {
        rows: reads,
        blocks: touched("Shared Hit Blocks") + touched("Shared Read Blocks"),
    }
}

async fn every_list_of_a_hundred_thousand_reads_its_index_and_no_more(h: &Harness) {
    let team = h.team("acme").await;
    multitude::fill(h, &team.id, &team.admin).await;
    for case in &cases(h, &team) {
        let first = cost(h, case, String::new()).await;
        let last = cost(h, case, last_token(h, case).await).await;
        assert!(
            last.rows <= first.rows && last.blocks <= first.blocks + SCATTER,
            "{:?}: the first page costs {first:?}, the last {last:?}",
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
