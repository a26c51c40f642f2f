//! What a failed statement means: lost against others, the database is away, or a bug.

use sea_orm::{DbErr, RuntimeErr, SqlErr, SqlxError};

use crate::error::Error;

/// PostgreSQL: serialization failure, deadlock. SQLite: busy and locked, with their extended codes.
const LOST: [&str; 9] = [
    "40001", "40P01", "5", "6", "261", "262", "517", "518", "773",
];

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if lost(&error) {
            return Self::Conflict;
        }
        if away(&error) {
            return Self::Unavailable(error.to_string());
        }
        Self::Internal(Box::new(error))
    }
}

/// A failed COMMIT: if the connection broke, nobody knows whether it was stored, and it must not run again.
pub(super) fn while_committing(error: DbErr) -> Error {
    if away(&error) {
        return Error::Unavailable(format!("the outcome of the commit is unknown: {error}"));
    }
    Error::from(error)
}

/// Whether others were faster: the same transaction may do better when it sees what they did. A unique index that
/// refuses a row is among it, since every rule looks before it writes.
fn lost(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
        || driver_error(error).is_some_and(|error| match error {
            SqlxError::Database(error) => error
                .code()
                .is_some_and(|code| LOST.contains(&code.as_ref())),
            _ => false,
        })
}

/// PostgreSQL: a transaction that lay idle, or lasted, longer than it may; its connection is closed.
const GIVEN_UP: [&str; 2] = ["25P03", "25P04"];

/// Whether the database cannot serve now. PostgreSQL's classes 53 (no resources), 55 (a lock that took too long) and 57
/// (shutdown, timeout) count.
fn away(error: &DbErr) -> bool {
    if matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) {
        return true;
    }
    driver_error(error).is_some_and(|error| match error {
        SqlxError::Database(error) => error.code().is_some_and(|code| {
            GIVEN_UP.contains(&code.as_ref())
                || code.len() == 5
                    && ["53", "55", "57"]
                        .iter()
                        .any(|class| code.starts_with(class))
        }),
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        | SqlxError::Protocol(_)
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed => true,
        _ => false,
    })
}

fn driver_error(error: &DbErr) -> Option<&SqlxError> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}
