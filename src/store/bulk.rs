//! Writing sets: a bounded number of rows a statement, whatever their number.

use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, sea_query::OnConflict};

use super::{Reads, Tx};
use crate::error::{Error, Result};

/// Rows of one INSERT: at most 32 columns stay below SQLite's 32,766 binds.
const CHUNK: usize = 1_000;

/// Values of one IN: more than a call may name, and few enough for SQLite.
pub(super) const IDS: usize = 8_000;

/// Inserts every row. Every column must be set in all of them.
pub(super) async fn insert<M, A>(tx: &Tx, rows: Vec<M>) -> Result<()>
where
    M: IntoActiveModel<A>,
    A: ActiveModelTrait,
{
    for chunk in chunks(rows) {
        A::Entity::insert_many(chunk)
            .exec_without_returning(tx.connection())
            .await?;
    }
    Ok(())
}

/// Inserts every row, unless `conflict` meets one that another made meanwhile: then the transaction lost.
pub(super) async fn insert_new<M, A>(tx: &Tx, rows: Vec<M>, conflict: OnConflict) -> Result<()>
where
    M: IntoActiveModel<A>,
    A: ActiveModelTrait,
{
    for chunk in chunks(rows) {
        let wanted = chunk.len() as u64;
        let made = A::Entity::insert_many(chunk)
            .on_conflict(conflict.clone())
            .exec_without_returning(tx.connection())
            .await?;
        expect(wanted, made)?;
    }
    Ok(())
}

/// The precondition of a conditional write: as many rows as were meant, or the transaction lost.
pub(super) fn expect(wanted: u64, written: u64) -> Result<()> {
    if wanted == written {
        Ok(())
    } else {
        Err(Error::Conflict)
    }
}

fn chunks<M, A>(rows: Vec<M>) -> Vec<Vec<A>>
where
    M: IntoActiveModel<A>,
    A: ActiveModelTrait,
{
    let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model);
    let mut chunks = Vec::new();
    loop {
        let chunk: Vec<A> = rows.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            return chunks;
        }
        chunks.push(chunk);
    }
}
