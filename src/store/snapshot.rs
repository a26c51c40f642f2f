//! One state of the whole database, read as often as one likes while others write.

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseTransaction, IsolationLevel, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};

use super::{Reads, Store};
use crate::error::Result;

/// A transaction that only reads, and sees what was committed before its first statement and nothing later.
pub struct Snapshot {
    transaction: DatabaseTransaction,
}

impl Reads for Snapshot {
    type Connection = DatabaseTransaction;

    fn connection(&self) -> &DatabaseTransaction {
        &self.transaction
    }
}

/// The limits of PostgreSQL's connections are for calls, and whoever reads everything takes longer.
const UNLIMITED: &str =
    "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";

impl Store {
    /// Begins to read one state. It blocks nobody.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let options = if self.is_shared() {
            TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                access_mode: Some(AccessMode::ReadOnly),
                ..TransactionOptions::default()
            }
        } else {
            TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
                ..TransactionOptions::default()
            }
        };
        let transaction = self.readers.begin_with_options(options).await?;
        if self.is_shared() {
            transaction.execute_unprepared(UNLIMITED).await?;
        }
        Ok(Snapshot { transaction })
    }
}

impl Snapshot {
    /// Ends it.
    pub async fn end(self) -> Result<()> {
        Ok(self.transaction.rollback().await?)
    }
}
