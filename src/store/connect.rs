//! Opening the database, with every setting that durability and patience need.

use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt, sync::Arc, time::Duration};

use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbBackend};

use tokio::sync::Semaphore;

use super::{Patience, Statements, Store, migrate::sqlite_path, patience::milliseconds};
use crate::error::{Error, Result};

/// How a store is opened.
#[derive(Clone)]
pub struct StoreOptions {
    /// `sqlite://file` or `postgres://…`.
    pub url: String,
    /// How many connections read, and how many write; SQLite has one writer whatever this says.
    pub pool_size: u32,
}

impl Store {
    /// Opens the database with the usual patience; a missing SQLite file is made.
    ///
    /// # Errors
    /// [`crate::error::Error::Unavailable`] when it cannot be reached.
    pub async fn connect(options: &StoreOptions) -> Result<Self> {
        Self::connect_patiently(options, Patience::default()).await
    }

    /// The same with another patience.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn connect_patiently(options: &StoreOptions, patience: Patience) -> Result<Self> {
        make_private(&options.url)?;
        let statements = Arc::new(Statements::default());
        // Writers of one team queue behind its lock; readers, and the keys of every call, must not queue with them.
        let readers = open(options, (options.pool_size, patience), &statements).await?;
        let writing = match readers.get_database_backend() {
            DbBackend::Sqlite => 1,
            _ => options.pool_size,
        };
        let turns = usize::try_from(writing).map_err(|error| Error::Internal(Box::new(error)))?;
        let writers = open(options, (writing, patience), &statements).await?;
        Ok(Self {
            readers,
            writers,
            statements,
            appended: Arc::default(),
            patience,
            turns: Arc::new(Semaphore::new(turns)),
            until: None,
        })
    }

    /// Whether many processes may share this database.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.readers.get_database_backend() != DbBackend::Sqlite
    }
}

/// Makes a missing SQLite file readable by its owner alone, since it holds people's addresses; SQLite gives the files
/// beside it the same mode.
fn make_private(url: &str) -> Result<()> {
    let Some(path) = sqlite_path(url) else {
        return Ok(());
    };
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path);
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(Error::Unavailable(format!("{path}: {error}")))
        }
        _ => Ok(()),
    }
}

async fn open(
    options: &StoreOptions,
    (size, patience): (u32, Patience),
    statements: &Arc<Statements>,
) -> Result<DatabaseConnection> {
    let mut connect = ConnectOptions::new(&options.url);
    connect
        .max_connections(size)
        .min_connections(1)
        .acquire_timeout(patience.connection)
        .test_before_acquire(false)
        // Values are never logged, and the text of every statement is noise.
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            sqlite
                .create_if_missing(true)
                .foreign_keys(true)
                .busy_timeout(patience.connection)
                .pragma("journal_mode", "WAL")
                // What was acknowledged survives a power cut.
                .pragma("synchronous", "FULL")
        })
        .map_sqlx_postgres_opts(move |postgres| {
            let milliseconds = |limit: Duration| format!("{}ms", milliseconds(limit));
            postgres.application_name("muster").options([
                ("lock_timeout", milliseconds(patience.lock)),
                ("statement_timeout", milliseconds(patience.statement)),
                (
                    "idle_in_transaction_session_timeout",
                    milliseconds(patience.idle_transaction),
                ),
            ])
        });
    let mut connection = Database::connect(connect).await?;
    let statements = Arc::clone(statements);
    connection.set_metric_callback(move |sent| statements.note(sent.statement));
    Ok(connection)
}
