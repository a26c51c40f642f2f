//! How far the log reaches: from what was deleted to what is complete.

use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
    sea_query::{Expr, ExprTrait},
};

use super::read::place;
use crate::{
    clock::Time,
    domain::events::EventPosition,
    error::{Error, Result},
    store::{
        Reads, Store, Tx, bulk,
        entities::{
            event_log,
            events::{Column, Entity},
        },
        rows::micros,
    },
};

/// The transactions of the moment, by their numbers.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    /// Every one below this has ended.
    pub ended: i64,
    /// Every one below this has begun.
    pub begun: i64,
}

/// The transactions of this moment; on SQLite whatever can be seen has ended.
pub async fn reach(db: &impl Reads) -> Result<Reach> {
    let db = db.connection();
    let backend = db.get_database_backend();
    if backend == DbBackend::Sqlite {
        return Ok(Reach {
            ended: i64::MAX,
            begun: i64::MAX,
        });
    }
    let ask = "SELECT base + pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS ended, \
               base + pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS begun FROM event_log";
    let row = db
        .query_one_raw(Statement::from_string(backend, ask))
        .await?
        .ok_or_else(lost)?;
    Ok(Reach {
        ended: row.try_get("", "ended")?,
        begun: row.try_get("", "begun")?,
    })
}

/// The position up to which nothing is missing and nothing can come in: of the newest event below every transaction that
/// still runs, or, if all were deleted, of the last one deleted.
pub async fn head(db: &impl Reads) -> Result<EventPosition> {
    head_at(db, reach(db).await?).await
}

/// The same for the transactions of a moment.
pub async fn head_at(db: &impl Reads, reach: Reach) -> Result<EventPosition> {
    let newest = Entity::find()
        .select_only()
        .columns([Column::Batch, Column::Ordinal])
        .filter(Expr::col(Column::Batch).lt(reach.ended))
        .order_by_desc(Column::Batch)
        .order_by_desc(Column::Ordinal)
        .limit(1)
        .into_tuple()
        .one(db.connection())
        .await?;
    match newest {
        Some((batch, ordinal)) => Ok(EventPosition { batch, ordinal }),
        None => gone(db).await,
    }
}

/// The last event that was deleted.
pub async fn gone(db: &impl Reads) -> Result<EventPosition> {
    let log = event_log::Entity::find()
        .one(db.connection())
        .await?
        .ok_or_else(lost)?;
    Ok(EventPosition {
        batch: log.gone_batch,
        ordinal: log.gone_ordinal,
    })
}

/// Deletes some of the oldest events, up to the first that is of this time or later; how many. What is not complete yet
/// stays.
pub async fn delete_before(tx: &Tx, before: Time) -> Result<u64> {
    let head = head(tx).await?;
    let oldest: Vec<(i64, i32, i64)> = Entity::find()
        .select_only()
        .columns([Column::Batch, Column::Ordinal, Column::CreateTime])
        .order_by_asc(Column::Batch)
        .order_by_asc(Column::Ordinal)
        .limit(bulk::IDS as u64)
        .into_tuple()
        .all(tx.connection())
        .await?;
    let positions = oldest.into_iter().map_while(|(batch, ordinal, made)| {
        let position = EventPosition { batch, ordinal };
        (made < micros(before) && position <= head).then_some(position)
    });
    let Some(last) = positions.last() else {
        return Ok(0);
    };
    let older = Expr::tuple([
        Expr::col(event_log::Column::GoneBatch),
        Expr::col(event_log::Column::GoneOrdinal),
    ]);
    event_log::Entity::update_many()
        .col_expr(event_log::Column::GoneBatch, Expr::value(last.batch))
        .col_expr(event_log::Column::GoneOrdinal, Expr::value(last.ordinal))
        .filter(older.lt(place(last)))
        .exec(tx.connection())
        .await?;
    let up_to = Expr::tuple([Expr::col(Column::Batch), Expr::col(Column::Ordinal)]);
    let done = Entity::delete_many()
        .filter(up_to.lte(place(last)))
        .exec(tx.connection())
        .await?;
    Ok(done.rows_affected)
}

/// Goes on numbering above everything that is in the log, if a restored database counts its transactions anew. Called
/// under the migration lock.
pub async fn continue_numbering(store: &Store) -> Result<()> {
    if !store.is_shared() {
        return Ok(());
    }
    store
        .write(|tx| async move {
            let heal = "WITH newest AS (SELECT greatest(gone_batch, coalesce((SELECT max(batch) FROM events), 0)) \
                        AS batch FROM event_log) \
                        UPDATE event_log SET base = newest.batch + 1 FROM newest \
                        WHERE newest.batch >= base + pg_current_xact_id()::text::bigint";
            tx.connection().execute_unprepared(heal).await?;
            Ok(())
        })
        .await
}

pub(super) fn lost() -> Error {
    Error::internal("the event log has lost its row")
}
