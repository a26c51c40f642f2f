//! The answers of calls that may be repeated, by key, method and request id.

use ring::digest;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, Statement, Value,
    sea_query::{Expr, ExprTrait, OnConflict, Query},
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::replays::{ActiveModel, Column, Entity, Model},
    rows::micros,
};
use crate::{clock::Time, error::Result};

/// One call that may be repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The API key that calls.
    pub key_id: String,
    /// The path of the method.
    pub method: String,
    /// The caller's id.
    pub id: Uuid,
    /// A hash of all the rest.
    pub fingerprint: Vec<u8>,
}

/// What was kept of a request that was carried out before.
pub struct Kept {
    /// Its fingerprint.
    pub fingerprint: Vec<u8>,
    /// Its answer.
    pub answer: Vec<u8>,
}

/// Finds a request that was carried out after `expired`. A twin under way is waited for, and others wait for this
/// transaction. It writes nothing: a transaction that has written has its number, and this one's events must be numbered
/// after those of whoever gets the team's lock before it.
pub async fn claim(tx: &Tx, request: &Request, expired: Time) -> Result<Option<Kept>> {
    let db = tx.connection();
    if db.get_database_backend() != DbBackend::Sqlite {
        let lock = Statement::from_sql_and_values(
            db.get_database_backend(),
            "SELECT pg_advisory_xact_lock($1, $2)",
            lock(request).map(Value::from),
        );
        db.execute_raw(lock).await?;
    }
    let row = Entity::find_by_id((request.key_id.clone(), request.method.clone(), request.id))
        .filter(Column::CreateTime.gt(micros(expired)))
        .one(db)
        .await?;
    Ok(row.map(|row| Kept {
        fingerprint: row.fingerprint,
        answer: row.answer,
    }))
}

/// What twins lock on PostgreSQL, where others may meet by chance and only wait. Two numbers, since one is what the
/// migration locks.
fn lock(request: &Request) -> [i32; 2] {
    let mut hash = digest::Context::new(&digest::SHA256);
    for part in [&request.key_id, &request.method] {
        hash.update(part.as_bytes());
        hash.update(&[0]);
    }
    hash.update(request.id.as_bytes());
    let hash = hash.finish();
    let mut bytes = [[0; 4]; 2];
    bytes[0].copy_from_slice(&hash.as_ref()[..4]);
    bytes[1].copy_from_slice(&hash.as_ref()[4..8]);
    bytes.map(i32::from_be_bytes)
}

/// Keeps the answer of a claimed request, over one that has expired.
pub async fn remember(
    tx: &Tx,
    request: &Request,
    answer: Vec<u8>,
    (now, expired): (Time, Time),
) -> Result<()> {
    let row = Model {
        key_id: request.key_id.clone(),
        method: request.method.clone(),
        request_id: request.id,
        fingerprint: request.fingerprint.clone(),
        answer,
        create_time: micros(now),
    };
    let over_expired = OnConflict::columns([Column::KeyId, Column::Method, Column::RequestId])
        .update_columns([Column::Fingerprint, Column::Answer, Column::CreateTime])
        .action_and_where(Expr::col((Entity, Column::CreateTime)).lte(micros(expired)))
        .to_owned();
    let kept = Entity::insert(ActiveModel::from(row))
        .on_conflict(over_expired)
        .exec_without_returning(tx.connection())
        .await?;
    bulk::expect(1, kept)
}

/// Deletes some answers that were made before then; how many.
pub async fn delete_before(tx: &Tx, before: Time) -> Result<u64> {
    let key = || [Column::KeyId, Column::Method, Column::RequestId];
    let some = Query::select()
        .columns(key())
        .from(Entity)
        .and_where(Expr::col(Column::CreateTime).lt(micros(before)))
        .limit(bulk::IDS as u64)
        .to_owned();
    let whole = Expr::tuple(key().map(Expr::col));
    let done = Entity::delete_many()
        .filter(whole.in_subquery(some))
        .exec(tx.connection())
        .await?;
    Ok(done.rows_affected)
}
