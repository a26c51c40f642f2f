//! The few words in which the two databases differ, so that a migration is one SQL text for both.

use sea_orm_migration::{
    SchemaManager,
    sea_orm::{ConnectionTrait, DbBackend, DbErr},
};

/// What stands for what: `{uuid}` an id, `{bytes}` a byte string, `{key}` text whose order is that of its bytes,
/// `{json}` a document, `{by_key}` a table that is stored in the order of its primary key.
const fn words(backend: DbBackend) -> [(&'static str, &'static str); 5] {
    match backend {
        DbBackend::Postgres => [
            ("{uuid}", "uuid"),
            ("{bytes}", "bytea"),
            ("{key}", "text COLLATE \"C\""),
            ("{json}", "json"),
            ("{by_key}", ""),
        ],
        DbBackend::Sqlite | DbBackend::MySql | _ => [
            ("{uuid}", "blob"),
            ("{bytes}", "blob"),
            ("{key}", "text"),
            ("{json}", "json_text"),
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
