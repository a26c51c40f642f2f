//! SQL: the connections, the one way to write, and named statements that answer in the words of the domain.

#![expect(
    clippy::missing_errors_doc,
    reason = "every statement fails as failure.rs tells, and in no other way"
)]

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI32, Ordering},
    },
    time::{Duration, Instant},
};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
};

use tokio::sync::{Notify, Semaphore};

use crate::{
    clock::Time,
    error::{Error, Result},
};

pub mod access;
mod bulk;
mod connect;
pub mod copies;
pub mod directories;
pub mod directory_users;
pub mod email_changes;
mod entities;
pub mod erasures;
pub mod events;
pub mod failure;
pub mod fsck;
pub mod group_access;
pub mod group_mappings;
pub mod group_members;
pub mod group_roles;
pub mod groups;
pub mod hub_admins;
pub mod hubs;
pub mod identities;
pub mod import_results;
pub mod imports;
pub mod invitations;
pub mod keys;
pub mod lists;
pub mod member_roles;
pub mod members;
pub mod memberships;
pub mod migrate;
pub mod outbox;
mod patience;
pub mod powers;
pub mod products;
pub mod profiles;
pub mod project_members;
pub mod projects;
pub mod removal_rules;
pub mod removals;
pub mod replays;
pub mod residual_letters;
pub mod roles;
mod rows;
pub mod scim;
pub mod seats;
mod snapshot;
pub mod sso;
pub mod standing_changes;
pub mod standings;
mod statements;
pub mod team_domains;
pub mod teams;
pub mod tokens;
pub mod users;
mod wakes;

pub use connect::StoreOptions;
pub use migrate::Migration;
pub use patience::{Patience, Until};
pub use snapshot::Snapshot;
use statements::Statements;
pub use wakes::Wakes;

/// How often a transaction is tried that lost against others.
const ATTEMPTS: u32 = 8;

/// How long writing may take, all attempts together: what has not been committed by then never is, so that the time of
/// an event is never far from its place in the log.
pub const LONGEST: Duration = Duration::from_mins(5);

/// One database, with connections that read and others that write. SQLite has one that writes, so that writers queue in
/// order instead of polling a lock.
#[derive(Clone)]
pub struct Store {
    readers: DatabaseConnection,
    writers: DatabaseConnection,
    statements: Arc<Statements>,
    appended: Arc<Notify>,
    patience: Patience,
    /// As many as there are connections that write.
    turns: Arc<Semaphore>,
    until: Option<Until>,
}

/// A transaction; only [`Store::write`] makes one, so that writing outside of one does not compile. It belongs to one
/// task: the work that got it, which gives it back by ending.
pub struct Tx {
    transaction: Arc<DatabaseTransaction>,
    batch: Arc<Batch>,
}

/// The events of one transaction: its number in the log, asked for when there is a first one, and how many there are.
#[derive(Default)]
struct Batch {
    number: OnceLock<i64>,
    written: AtomicI32,
}

impl Tx {
    /// The same transaction, for work that runs inside other work and ends before it.
    #[must_use]
    pub fn share(&self) -> Self {
        Self {
            transaction: Arc::clone(&self.transaction),
            batch: Arc::clone(&self.batch),
        }
    }
}

/// How a transaction ends whose work went well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// What it did is kept.
    Commit,
    /// It only tried: nothing is kept.
    RollBack,
}

/// What can be read from: the store, or a transaction.
pub trait Reads: Sync {
    /// The connection, as SeaORM knows it.
    type Connection: ConnectionTrait;

    /// The connection to read from.
    fn connection(&self) -> &Self::Connection;
}

impl Reads for Store {
    type Connection = DatabaseConnection;

    fn connection(&self) -> &DatabaseConnection {
        &self.readers
    }
}

impl Reads for Tx {
    type Connection = DatabaseTransaction;

    fn connection(&self) -> &DatabaseTransaction {
        &self.transaction
    }
}

impl Store {
    /// Runs `work` in one transaction and commits it. Work that lost against others is run again from its start, so
    /// that it sees what they did and its rules name the right refusal.
    ///
    /// # Errors
    /// What `work` answers; [`Error::Conflict`] when every attempt lost; [`Error::Late`] when the call's deadline passed
    /// before the commit, and then nothing is stored; [`Error::Unavailable`] when the connection broke, also while
    /// committing: whether that was stored is unknown, and it is not tried again.
    pub async fn write<T, F, R>(&self, work: F) -> Result<T>
    where
        F: Fn(Tx) -> R,
        R: Future<Output = Result<T>>,
    {
        self.run(Ending::Commit, work).await
    }

    /// The same, with the end that is wished for.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn run<T, F, R>(&self, ending: Ending, work: F) -> Result<T>
    where
        F: Fn(Tx) -> R,
        R: Future<Output = Result<T>>,
    {
        let begun = Instant::now();
        let mut attempt = 1;
        loop {
            match self.attempt(ending, begun, &work).await {
                Err(Error::Conflict) if attempt < ATTEMPTS => {
                    tracing::debug!(
                        attempt,
                        "a transaction lost against others and is run again"
                    );
                    tokio::time::sleep(Duration::from_millis(u64::from(attempt * attempt))).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn attempt<T, F, R>(&self, ending: Ending, begun: Instant, work: &F) -> Result<T>
    where
        F: Fn(Tx) -> R,
        R: Future<Output = Result<T>>,
    {
        let options = TransactionOptions {
            // A deferred one that reads first fails at its first write whenever another wrote meanwhile.
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let _turn = self.turn().await?;
        let transaction = self.writers.begin_with_options(options).await;
        let transaction = Arc::new(transaction.map_err(|error| self.failed(error.into()))?);
        let batch = Arc::new(Batch::default());
        let outcome = match self.tell(&transaction).await {
            // By value, since a future that borrows from this frame could not be proved to be Send.
            Ok(()) => {
                let work = work(Tx {
                    transaction: Arc::clone(&transaction),
                    batch: Arc::clone(&batch),
                });
                work.await
            }
            Err(error) => Err(error),
        };
        let Some(transaction) = Arc::into_inner(transaction) else {
            return Err(Error::internal("a transaction outlived its work"));
        };
        let outcome = outcome.map_err(|error| self.failed(error));
        let outcome = outcome.and_then(|answer| {
            self.in_time()?;
            if begun.elapsed() < LONGEST {
                Ok(answer)
            } else {
                Err(Error::Unavailable("writing took too long".to_owned()))
            }
        });
        match (outcome, ending) {
            (Ok(answer), Ending::Commit) => {
                transaction
                    .commit()
                    .await
                    .map_err(failure::while_committing)?;
                if batch.written.load(Ordering::Relaxed) > 0 {
                    self.appended.notify_one();
                }
                Ok(answer)
            }
            (outcome, _) => {
                // The first error tells what happened; a rollback can fail only with the connection, which is closed then.
                if let Err(rollback) = transaction.rollback().await {
                    tracing::warn!(error = %rollback, "a transaction could not be rolled back");
                }
                outcome
            }
        }
    }

    /// How many statements were sent so far, for tests that count them.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.count()
    }

    /// Keeps every statement from now on, for tests that ask how the database runs them.
    pub fn record(&self) {
        self.statements.record();
    }

    /// What was kept since [`Self::record`], which ends with this.
    #[must_use]
    pub fn recorded(&self) -> Vec<Statement> {
        self.statements.take()
    }

    /// What the database's own clock says, if it may be another machine's. The only statement that asks for it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database does not answer.
    pub async fn clock(&self) -> Result<Option<Time>> {
        if !self.is_shared() {
            return Ok(None);
        }
        let ask = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now";
        let answer = self
            .readers
            .query_one_raw(Statement::from_string(DbBackend::Postgres, ask))
            .await?;
        let answer = answer.ok_or_else(|| Error::internal("a clock without an answer"))?;
        Ok(Some(rows::time(answer.try_get("", "now")?)?))
    }

    /// Closes every connection.
    ///
    /// # Errors
    /// What the driver says.
    pub async fn close(self) -> Result<()> {
        self.writers.close_by_ref().await?;
        Ok(self.readers.close_by_ref().await?)
    }
}
