//! Names and addresses of many accounts at once, each its own, with the copies of them. Whoever writes here holds the accounts' locks.

use sea_orm::{ConnectionTrait, Statement, Value};
use uuid::Uuid;

use super::{Reads, Tx, bulk, rows::micros};
use crate::{clock::Time, domain::search::NameKeys, error::Result};

/// Accounts of one statement: ten values each are far below what SQLite takes.
const CHUNK: usize = 1_000;

/// What an account is from now on.
pub struct Profile<'a> {
    /// The account.
    pub user_id: Uuid,
    /// The normal form of its address.
    pub email_normal: &'a str,
    /// The address as it was typed.
    pub email_typed: &'a str,
    /// Given name.
    pub given_name: &'a str,
    /// Family name.
    pub family_name: &'a str,
    /// When the person proved to own the address.
    pub verify_time: Option<Time>,
}

/// The columns of [`said`].
const SAID: &str = "said (id, email_normal, email_typed, given_name, family_name, name_key, family_key, verify_time)";

/// Gives accounts other names and addresses; the index refuses an address that somebody has.
pub async fn write(tx: &Tx, profiles: &[Profile<'_>], now: Time) -> Result<()> {
    for chunk in profiles.chunks(CHUNK) {
        let (rows, values) = said(chunk);
        let place = values.len() + 1;
        let accounts = format!(
            "WITH {SAID} AS (VALUES {rows})
            UPDATE users SET email_normal = said.email_normal, email_typed = said.email_typed,
                given_name = said.given_name, family_name = said.family_name,
                name_key = said.name_key, family_key = said.family_key,
                verify_time = CAST(said.verify_time AS bigint),
                copy_time = CASE WHEN users.copy_time = users.update_time THEN ${place} END,
                update_time = ${place}
            FROM said WHERE users.id = said.id AND users.delete_time IS NULL"
        );
        let mut with_time = values.clone();
        with_time.push(micros(now).into());
        let done = run(tx, accounts, with_time).await?;
        bulk::expect(chunk.len() as u64, done)?;
        let copies = format!(
            "WITH {SAID} AS (VALUES {rows})
            UPDATE members SET email_key = said.email_normal, name_key = said.name_key,
                family_key = said.family_key, verified = said.verify_time IS NOT NULL
            FROM said WHERE members.user_id = said.id"
        );
        run(tx, copies, values).await?;
    }
    Ok(())
}

/// One row an account, and its values.
fn said(profiles: &[Profile<'_>]) -> (String, Vec<Value>) {
    let mut rows = Vec::with_capacity(profiles.len());
    let mut values: Vec<Value> = Vec::with_capacity(profiles.len() * 8);
    for one in profiles {
        let first = values.len() + 1;
        let places = (first..first + 8).map(|place| format!("${place}"));
        rows.push(format!("({})", places.collect::<Vec<_>>().join(", ")));
        let keys = NameKeys::of(one.given_name, one.family_name);
        values.extend([
            one.user_id.into(),
            one.email_normal.into(),
            one.email_typed.into(),
            one.given_name.into(),
            one.family_name.into(),
            keys.name.into(),
            keys.family.into(),
            one.verify_time.map(micros).into(),
        ]);
    }
    (rows.join(", "), values)
}

async fn run(tx: &Tx, sql: String, values: Vec<Value>) -> Result<u64> {
    let connection = tx.connection();
    let backend = connection.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, values);
    Ok(connection.execute_raw(statement).await?.rows_affected())
}
