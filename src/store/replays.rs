//! The answers of calls that may be repeated, by key, method and request id.

use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, OnConflict, Query},
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::replays::{ActiveModel, Column, Entity, Model},
    rows::micros,
};
use crate::{
    clock::Time,
    error::{Error, Result},
};

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

/// What a claim found.
pub enum Claim {
    /// Nothing: the call is this transaction's to carry out.
    New,
    /// The call was carried out before: its fingerprint and its answer.
    Done(Vec<u8>, Vec<u8>),
}

/// Claims a request for this transaction. A twin under way is waited for; what was made at `expired` or earlier counts for
/// nothing.
pub async fn claim(tx: &Tx, request: &Request, (now, expired): (Time, Time)) -> Result<Claim> {
    let row = Model {
        key_id: request.key_id.clone(),
        method: request.method.clone(),
        request_id: request.id,
        fingerprint: request.fingerprint.clone(),
        answer: None,
        create_time: micros(now),
    };
    let over_expired = OnConflict::columns([Column::KeyId, Column::Method, Column::RequestId])
        .update_columns([Column::Fingerprint, Column::Answer, Column::CreateTime])
        .action_and_where(Expr::col((Entity, Column::CreateTime)).lte(micros(expired)))
        .to_owned();
    let claimed = Entity::insert(ActiveModel::from(row))
        .on_conflict(over_expired)
        .exec_without_returning(tx.connection())
        .await?;
    if claimed > 0 {
        return Ok(Claim::New);
    }
    let done = Entity::find_by_id(id(request))
        .one(tx.connection())
        .await?
        // Swept since it stood in the way.
        .ok_or(Error::Conflict)?;
    let answer = done
        .answer
        .ok_or_else(|| Error::internal("a request that ended without an answer"))?;
    Ok(Claim::Done(done.fingerprint, answer))
}

/// Keeps the answer of a claimed request.
pub async fn remember(tx: &Tx, request: &Request, answer: Vec<u8>) -> Result<()> {
    let (key, method, id) = id(request);
    let done = Entity::update_many()
        .col_expr(Column::Answer, Expr::value(answer))
        .filter(Column::KeyId.eq(key))
        .filter(Column::Method.eq(method))
        .filter(Column::RequestId.eq(id))
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

fn id(request: &Request) -> (String, String, Uuid) {
    (request.key_id.clone(), request.method.clone(), request.id)
}

/// Deletes some answers that were made before then; how many.
pub async fn delete_before(tx: &Tx, before: Time) -> Result<u64> {
    let key = || [Column::KeyId, Column::Method, Column::RequestId];
    let some = Query::select()
        .columns(key())
        .from(Entity)
        .and_where(Expr::col(Column::CreateTime).lt(micros(before)))
        .limit(bulk::CHUNK as u64)
        .to_owned();
    let whole = Expr::tuple(key().map(Expr::col));
    let done = Entity::delete_many()
        .filter(whole.in_subquery(some))
        .exec(tx.connection())
        .await?;
    Ok(done.rows_affected)
}
