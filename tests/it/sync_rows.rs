//! What a sync writes: the rows of those who changed, and nobody else's.

use std::collections::BTreeMap;

use muster::proto::SyncOutcome as Outcome;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};

use crate::{
    directory_fixtures::{counted, full, staff},
    harness::{Harness, tests},
};

tests![of_twenty_thousand_people_those_hundred_who_changed_are_written_alone,];

/// People of the directory.
const PEOPLE: usize = 20_000;
/// Those of whom something is new.
const CHANGED: i32 = 100;

/// The tables of the schema, but for the migrations'.
async fn tables(database: &DatabaseConnection) -> Vec<String> {
    let sql = match database.get_database_backend() {
        DbBackend::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table'",
        _ => {
            "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()"
        }
    };
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let rows = database.query_all_raw(statement).await.expect("tables");
    let names = rows
        .iter()
        .map(|row| row.try_get("", "name").expect("a name"));
    names.collect()
}

/// Has every row that is written noted from now on, by its table.
async fn note_rows(database: &DatabaseConnection) {
    let mut wanted = vec!["CREATE TABLE written (name text NOT NULL)".to_owned()];
    let is_sqlite = database.get_database_backend() == DbBackend::Sqlite;
    if !is_sqlite {
        let function = "CREATE FUNCTION note_row() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN INSERT INTO written VALUES (TG_TABLE_NAME); RETURN NULL; END $$";
        wanted.push(function.to_owned());
    }
    for table in tables(database).await {
        for act in ["INSERT", "UPDATE", "DELETE"] {
            let then = if is_sqlite {
                format!("BEGIN INSERT INTO written VALUES ('{table}'); END")
            } else {
                "FOR EACH ROW EXECUTE FUNCTION note_row()".to_owned()
            };
            wanted.push(format!(
                "CREATE TRIGGER {table}_{act} AFTER {act} ON {table} {then}"
            ));
        }
    }
    for sql in wanted {
        database.execute_unprepared(&sql).await.expect("a trigger");
    }
}

/// How many rows were written to each table.
async fn written(database: &DatabaseConnection) -> BTreeMap<String, i64> {
    let sql = "SELECT name, count(*) AS rows FROM written GROUP BY name";
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let rows = database.query_all_raw(statement).await.expect("counts");
    let counts = rows.iter().map(|row| {
        let name = row.try_get("", "name").expect("a name");
        (name, row.try_get("", "rows").expect("a count"))
    });
    counts.collect()
}

async fn of_twenty_thousand_people_those_hundred_who_changed_are_written_alone(h: &Harness) {
    let (_, directory) = h.synced_team().await;
    let mut people = staff(PEOPLE);
    h.sync(full(&directory), &people).await;
    for one in people.iter_mut().step_by(PEOPLE / CHANGED as usize) {
        "Lovelace".clone_into(&mut one.family_name);
    }
    let database = Database::connect(&h.database_url).await;
    let database = database.expect("a database");
    note_rows(&database).await;

    let answer = h.sync(full(&directory), &people).await;
    let unchanged = i32::try_from(PEOPLE).expect("a count") - CHANGED;
    let expected = [(Outcome::Unchanged, unchanged), (Outcome::Updated, CHANGED)];
    assert_eq!(counted(&answer), expected);
    let of_each = i64::from(CHANGED);
    // An account, its copy in the membership, and what is told of it.
    let expected = BTreeMap::from([
        ("users".to_owned(), of_each),
        ("members".to_owned(), of_each),
        ("events".to_owned(), of_each),
        ("directories".to_owned(), 1),
    ]);
    let mut rows = written(&database).await;
    // SQLite counts its events there.
    rows.remove("event_log");
    assert_eq!(rows, expected);
    database.close().await.expect("closed");
}
