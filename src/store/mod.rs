//! SQL: the connections, the one way to write, and named statements that answer in the words of the domain.

#![expect(
    clippy::missing_errors_doc,
    reason = "every statement fails as failure.rs tells, and in no other way"
)]

use std::{sync::Arc, time::Duration};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
};

use crate::{
    clock::Time,
    error::{Error, Result},
};

mod bulk;
mod connect;
pub mod copies;
mod entities;
pub mod failure;
pub mod import_results;
pub mod imports;
pub mod invitations;
pub mod keys;
pub mod lists;
pub mod members;
pub mod migrate;
pub mod outbox;
mod rows;
pub mod standings;
mod statements;
pub mod teams;
pub mod tokens;
pub mod users;

pub use connect::StoreOptions;
pub use migrate::Migration;
use statements::Statements;

/// How often a transaction is tried that lost against others.
const ATTEMPTS: u32 = 8;

/// One database, with connections that read and others that write. SQLite has one that writes, so that writers queue in
/// order instead of polling a lock.
#[derive(Clone)]
pub struct Store {
    readers: DatabaseConnection,
    writers: DatabaseConnection,
    statements: Arc<Statements>,
}

/// A transaction; only [`Store::write`] makes one, so that writing outside of one does not compile. It belongs to one
/// task: the work that got it, which gives it back by ending.
pub struct Tx(Arc<DatabaseTransaction>);

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
        &self.0
    }
}

impl Store {
    /// Runs `work` in one transaction and commits it. Work that lost against others is run again from its start, so
    /// that it sees what they did and its rules name the right refusal.
    ///
    /// # Errors
    /// What `work` answers; [`Error::Conflict`] when every attempt lost; [`Error::Unavailable`] when the connection
    /// broke, also while committing: whether that was stored is unknown, and it is not tried again.
    pub async fn write<T, F, R>(&self, work: F) -> Result<T>
    where
        F: Fn(Tx) -> R,
        R: Future<Output = Result<T>>,
    {
        let mut attempt = 1;
        loop {
            match self.attempt(&work).await {
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

    async fn attempt<T, F, R>(&self, work: &F) -> Result<T>
    where
        F: Fn(Tx) -> R,
        R: Future<Output = Result<T>>,
    {
        let options = TransactionOptions {
            // A deferred one that reads first fails at its first write whenever another wrote meanwhile.
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let tx = Arc::new(self.writers.begin_with_options(options).await?);
        // By value, since a future that borrows from this frame could not be proved to be Send.
        let outcome = work(Tx(Arc::clone(&tx))).await;
        let Some(tx) = Arc::into_inner(tx) else {
            return Err(Error::internal("a transaction outlived its work"));
        };
        match outcome {
            Ok(answer) => {
                tx.commit().await.map_err(failure::while_committing)?;
                Ok(answer)
            }
            Err(error) => {
                // The first error tells what happened; a rollback can fail only with the connection, which is closed then.
                if let Err(rollback) = tx.rollback().await {
                    tracing::warn!(error = %rollback, "a transaction could not be rolled back");
                }
                Err(error)
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
