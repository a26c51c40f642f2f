//! All that a database holds, in one piece.

use std::{fs, path::Path};

use sea_orm::{ConnectionTrait, DbBackend, Statement};

/// Every cell of every table, bytes in hex; with SQLite also its files as they lie there.
pub(crate) async fn dump(url: &str) -> Vec<u8> {
    let mut dump = rows(url).await.into_bytes();
    if let Some(file) = url.strip_prefix("sqlite://") {
        for suffix in ["", "-wal", "-shm"] {
            let file = format!("{file}{suffix}");
            // After a clean end there is no log beside the database.
            if Path::new(&file).exists() {
                dump.extend(fs::read(file).expect("a file of the database"));
            }
        }
    }
    dump
}

async fn rows(url: &str) -> String {
    let database = sea_orm::Database::connect(url).await.expect("a database");
    let backend = database.get_database_backend();
    let ask = async |sql: String| -> Vec<String> {
        let statement = Statement::from_string(backend, sql);
        let rows = database.query_all_raw(statement).await.expect("rows");
        rows.iter()
            .map(|row| row.try_get("", "text").expect("text"))
            .collect()
    };
    let mut dump = String::new();
    if backend == DbBackend::Sqlite {
        let tables = "SELECT name AS text FROM sqlite_master WHERE type = 'table'";
        for table in ask(tables.to_owned()).await {
            let columns = format!("SELECT name AS text FROM pragma_table_info('{table}')");
            for column in ask(columns).await {
                let cells = format!("SELECT quote({column}) AS text FROM {table}");
                dump.push_str(&ask(cells).await.join("\n"));
            }
        }
    } else {
        let tables = "SELECT tablename::text AS text FROM pg_tables WHERE schemaname = 'public'";
        for table in ask(tables.to_owned()).await {
            let cells = format!("SELECT t::text AS text FROM {table} t");
            dump.push_str(&ask(cells).await.join("\n"));
        }
    }
    database.close().await.expect("closed");
    dump
}
