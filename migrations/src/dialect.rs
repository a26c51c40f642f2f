//! The few words in which the two databases differ, so that a migration is one SQL text for both.

use sea_orm_migration::{
    SchemaManager,
    sea_orm::{ConnectionTrait, DbBackend, DbErr},
};

/// What stands for what: `{uuid}` an id, `{bytes}` a byte string, `{key}` text whose order is that of its bytes,
/// `{json}` a document, `{bytewise}` the collation by which texts are compared byte for byte, `{by_key}` a table that is stored in the order of its primary key.
const fn words(backend: DbBackend) -> [(&'static str, &'static str); 6] {
    match backend {
        DbBackend::Postgres => [
            ("{uuid}", "uuid"),
            ("{bytes}", "bytea"),
            ("{key}", "text COLLATE \"C\""),
            ("{json}", "json"),
            ("{bytewise}", "\"C\""),
            ("{by_key}", ""),
        ],
        DbBackend::Sqlite | DbBackend::MySql | _ => [
            ("{uuid}", "blob"),
            ("{bytes}", "blob"),
            ("{key}", "text"),
            ("{json}", "json_text"),
            ("{bytewise}", "BINARY"),
            ("{by_key}", "WITHOUT ROWID"),
        ],
    }
}

/// Runs one statement or many, for as long as a big table takes: the limit of PostgreSQL's connections is for calls.
pub(crate) async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let unlimited = match backend {
        DbBackend::Postgres => "SET LOCAL statement_timeout = 0; ",
        DbBackend::Sqlite | DbBackend::MySql | _ => "",
    };
    let text = words(backend)
        .into_iter()
        .fold(sql.to_owned(), |text, (word, meaning)| {
            text.replace(word, meaning)
        });
    let text = [unlimited, &text].concat();
    manager.get_connection().execute_unprepared(&text).await?;
    Ok(())
}

/// Takes constraints out of SQLite tables, or puts them back, by the procedure of its documentation for what changes no stored row
/// (<https://sqlite.org/lang_altertable.html#otheralter>): `table`, its text and the new one. Making a table anew would
/// copy all of it, and break the references to it. It comes last in a migration: what SQLite knows by heart of the tables is
/// forgotten with it.
pub(crate) async fn loosen(
    manager: &SchemaManager<'_>,
    changes: &[(&str, &str, &str)],
) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    connection
        .execute_unprepared("PRAGMA writable_schema = ON")
        .await?;
    for (table, from, to) in changes {
        let quoted = |text: &str| text.replace('\'', "''");
        let (from, to) = (quoted(from), quoted(to));
        let change = format!(
            "UPDATE sqlite_schema SET sql = replace(sql, '{from}', '{to}') \
             WHERE type = 'table' AND name = '{table}' AND instr(sql, '{from}') > 0"
        );
        let done = connection.execute_unprepared(&change).await?;
        if done.rows_affected() != 1 {
            return Err(DbErr::Migration(format!("{table} is not as it was made")));
        }
    }
    connection
        .execute_unprepared("PRAGMA writable_schema = RESET")
        .await?;
    Ok(())
}
