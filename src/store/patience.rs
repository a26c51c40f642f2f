//! How long statements, locks and connections are waited for, and what a call's deadline makes of that.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseTransaction};
use tokio::{
    sync::SemaphorePermit,
    time::{Instant, timeout_at},
};

use super::Store;
use crate::error::{Error, Result};

/// The least that PostgreSQL can be told.
const LEAST: Duration = Duration::from_millis(1);

/// What bounds each single step, whoever waits for it.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How long a transaction waits for a connection, and SQLite for another process's lock.
    pub connection: Duration,
    /// PostgreSQL: how long a statement waits for a lock.
    pub lock: Duration,
    /// PostgreSQL: how long a statement runs.
    pub statement: Duration,
    /// PostgreSQL: how long a transaction lies idle before it is given up with its connection.
    pub idle_transaction: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connection: Duration::from_secs(10),
            lock: Duration::from_secs(10),
            statement: Duration::from_mins(1),
            idle_transaction: Duration::from_mins(1),
        }
    }
}

/// By when a call's work must be done: what is not committed by then never is.
#[derive(Debug, Clone, Copy)]
pub struct Until {
    /// The moment.
    pub at: Instant,
    /// Whether PostgreSQL is told, for one round trip a transaction. It need not be told of a moment that is so far off
    /// that its own limits come first.
    pub is_told: bool,
}

impl Store {
    /// The same store for one call. Its transactions wait for nothing beyond `until`, and none is committed after it.
    /// Only a COMMIT that was sent before is waited for, however long it takes.
    #[must_use]
    pub fn until(&self, until: Until) -> Self {
        Self {
            until: Some(until),
            ..self.clone()
        }
    }

    /// Nothing is begun or committed late.
    pub(super) fn in_time(&self) -> Result<()> {
        match self.until {
            Some(until) if until.at <= Instant::now() => Err(Error::Late),
            _ => Ok(()),
        }
    }

    /// A connection's turn. Whoever has one finds a free connection, so that giving up waiting never drops a BEGIN that
    /// is under way, which would leave a transaction open on a connection that others get.
    pub(super) async fn turn(&self) -> Result<SemaphorePermit<'_>> {
        self.in_time()?;
        let patience = Instant::now() + self.patience.connection;
        let at = self.until.map_or(patience, |until| until.at.min(patience));
        if let Ok(turn) = timeout_at(at, self.turns.acquire()).await {
            return turn.map_err(|closed| Error::Internal(Box::new(closed)));
        }
        self.in_time()?;
        Err(Error::Unavailable("every connection is taken".to_owned()))
    }

    /// Lets PostgreSQL end what waits beyond the deadline. Each statement gets what is left at the beginning, so that the
    /// last one may end that much late.
    pub(super) async fn tell(&self, transaction: &DatabaseTransaction) -> Result<()> {
        self.in_time()?;
        let Some(until) = self.until.filter(|until| until.is_told && self.is_shared()) else {
            return Ok(());
        };
        let rest = until.at.saturating_duration_since(Instant::now());
        let milliseconds = |limit: Duration| milliseconds(rest.min(limit) + LEAST);
        let (statement, lock) = (
            milliseconds(self.patience.statement),
            milliseconds(self.patience.lock),
        );
        transaction
            .execute_unprepared(&format!(
                "SET LOCAL statement_timeout = {statement}; SET LOCAL lock_timeout = {lock}"
            ))
            .await?;
        Ok(())
    }

    /// What a failure before COMMIT means: a database that gave up waiting did so because it was told to, and who lost
    /// against others has no time to try again.
    pub(super) fn failed(&self, error: Error) -> Error {
        match error {
            Error::Unavailable(_) | Error::Conflict if self.in_time().is_err() => Error::Late,
            error => error,
        }
    }
}

/// A span as PostgreSQL takes it: at most some three weeks. None at all would be no limit.
pub(super) fn milliseconds(span: Duration) -> u128 {
    span.as_millis().min(i32::MAX.unsigned_abs().into())
}
