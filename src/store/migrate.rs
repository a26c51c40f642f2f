//! Bringing the schema up to this binary's, one process at a time.

use std::fs::{File, OpenOptions};

use migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, FromQueryResult, Statement};

use super::{Store, StoreOptions};
use crate::error::{Error, Result};

/// What all processes of muster lock on PostgreSQL while they migrate: the ASCII of "muster".
const LOCK: i64 = 0x6d75_7374_6572;

/// One migration of this binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// Its name.
    pub name: String,
    /// Whether the database has it.
    pub applied: bool,
}

/// Held by the one process that may migrate; dropping it lets the next one in.
pub struct MigrationLock {
    // The lock lives as long as these do.
    _postgres: Option<Store>,
    _sqlite: Option<File>,
}

impl MigrationLock {
    /// Waits until no other process migrates.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database, or the lock's file beside SQLite's, cannot be reached.
    pub async fn acquire(options: &StoreOptions) -> Result<Self> {
        if let Some(path) = sqlite_path(&options.url) {
            let file = tokio::task::spawn_blocking(move || {
                let file = OpenOptions::new()
                    .create(true)
                    .truncate(false)
                    .write(true)
                    .open(format!("{path}.migrate-lock"))?;
                file.lock()?;
                Ok::<_, std::io::Error>(file)
            })
            .await
            .map_err(|error| Error::Internal(Box::new(error)))?
            .map_err(|error| Error::Unavailable(format!("the migration lock: {error}")))?;
            return Ok(Self {
                _postgres: None,
                _sqlite: Some(file),
            });
        }
        // A connection of its own, since the lock belongs to the session that took it.
        let store = Store::connect(&StoreOptions {
            url: options.url.clone(),
            pool_size: 1,
        })
        .await?;
        store
            .writers
            .execute_unprepared(&format!(
                "SET lock_timeout = 0; SET statement_timeout = 0; SELECT pg_advisory_lock({LOCK})"
            ))
            .await?;
        Ok(Self {
            _postgres: Some(store),
            _sqlite: None,
        })
    }
}

/// The file of a SQLite URL, unless it lives in memory only.
#[must_use]
pub fn sqlite_path(url: &str) -> Option<String> {
    let rest = url.strip_prefix("sqlite:")?;
    let path = rest.strip_prefix("//").unwrap_or(rest);
    let path = path.split('?').next().unwrap_or_default();
    (!path.is_empty() && path != ":memory:").then(|| path.to_owned())
}

/// Applies what the database lacks. A database that is newer than this binary is left as it is.
///
/// # Errors
/// What the database says; on both databases a migration is applied wholly or not at all.
pub async fn up(store: &Store, _held: &MigrationLock) -> Result<()> {
    if pending(store).await?.is_empty() {
        return Ok(());
    }
    Ok(Migrator::up(&store.writers, None).await?)
}

/// Takes every migration back, for tests of the migrations.
///
/// # Errors
/// What the database says.
pub async fn down(store: &Store, _held: &MigrationLock) -> Result<()> {
    Ok(Migrator::down(&store.writers, None).await?)
}

/// Which of this binary's migrations the database lacks. Others that it has are a newer binary's.
///
/// # Errors
/// What the database says.
pub async fn pending(store: &Store) -> Result<Vec<String>> {
    Ok(status(store)
        .await?
        .into_iter()
        .filter(|migration| !migration.applied)
        .map(|migration| migration.name)
        .collect())
}

/// Every migration of this binary.
///
/// # Errors
/// What the database says.
pub async fn status(store: &Store) -> Result<Vec<Migration>> {
    let applied = applied(&store.readers).await?;
    Ok(Migrator::migrations()
        .iter()
        .map(|migration| Migration {
            name: migration.name().to_owned(),
            applied: applied.iter().any(|name| name == migration.name()),
        })
        .collect())
}

#[derive(FromQueryResult)]
struct Version {
    version: String,
}

async fn applied(db: &DatabaseConnection) -> Result<Vec<String>> {
    let backend = db.get_database_backend();
    let table = match backend {
        DbBackend::Sqlite => {
            "SELECT name AS version FROM sqlite_master WHERE name = 'seaql_migrations'"
        }
        _ => {
            "SELECT 'seaql_migrations' AS version WHERE to_regclass('seaql_migrations') IS NOT NULL"
        }
    };
    let one = Statement::from_string(backend, table);
    if Version::find_by_statement(one).one(db).await?.is_none() {
        return Ok(Vec::new());
    }
    let all = Statement::from_string(backend, "SELECT version FROM seaql_migrations");
    let versions = Version::find_by_statement(all).all(db).await?;
    Ok(versions.into_iter().map(|row| row.version).collect())
}
