//! Pages of events: a bounded number of rows by index, wherever the page is.

use chrono::TimeDelta;
use sea_orm::{
    ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    clock::Time,
    domain::events::{Event, EventFilter, EventPosition, EventType, Period},
    error::Result,
    store::{
        LONGEST, Reads,
        entities::events::{Column, Entity, Model},
        lists::united,
        rows::micros,
    },
};

/// A stretch of the log, and how many of its events to read from which end.
#[derive(Debug, Clone, Copy)]
pub struct Cut {
    /// Only events after this one.
    pub after: EventPosition,
    /// Only events up to this one.
    pub up_to: EventPosition,
    /// How many.
    pub most: u64,
    /// From the newest on instead of from the oldest.
    pub newest_first: bool,
}

/// The next events of a stretch that somebody wants. Several types are read as one ordered, limited range each, so that no
/// index is run through in search of the next one.
pub async fn page(
    db: &impl Reads,
    filter: &EventFilter,
    period: Period,
    cut: Cut,
) -> Result<Vec<Event>> {
    let whole = range(filter, period, cut);
    let words = filter.types.iter().map(|one| one.word());
    let ranges = if filter.types.is_empty() {
        vec![whole.into_query()]
    } else if filter.user_id.is_some() {
        // One person has few events, of whatever types.
        vec![whole.filter(Column::EventType.is_in(words)).into_query()]
    } else {
        let of = |one: &EventType| whole.clone().filter(Column::EventType.eq(one.word()));
        filter
            .types
            .iter()
            .map(|one| of(one).into_query())
            .collect()
    };
    let mut rows: Vec<Model> = united(db, ranges).await?;
    rows.sort_by_key(|row| (row.batch, row.ordinal));
    if cut.newest_first {
        rows.reverse();
    }
    rows.truncate(usize::try_from(cut.most).unwrap_or(usize::MAX));
    rows.into_iter().map(Event::try_from).collect()
}

fn range(filter: &EventFilter, period: Period, cut: Cut) -> Select<Entity> {
    let order = if cut.newest_first {
        Order::Desc
    } else {
        Order::Asc
    };
    let mut query = Entity::find()
        .filter(own_place().gt(place(cut.after)))
        .filter(own_place().lte(place(cut.up_to)))
        .order_by(Column::Batch, order.clone())
        .order_by(Column::Ordinal, order)
        .limit(cut.most);
    if let Some(team) = filter.team_id {
        query = query.filter(Column::TeamId.eq(team));
    }
    if let Some(user) = filter.user_id {
        query = query.filter(Column::UserId.eq(user));
    }
    if let Some(from) = period.from {
        query = query.filter(Column::CreateTime.gte(micros(from)));
    }
    if let Some(before) = period.before {
        query = query.filter(Column::CreateTime.lt(micros(before)));
    }
    query
}

fn own_place() -> Expr {
    Expr::tuple([Expr::col(Column::Batch), Expr::col(Column::Ordinal)])
}

/// A position as SQL compares it.
pub(super) fn place(position: EventPosition) -> Expr {
    Expr::tuple([Expr::value(position.batch), Expr::value(position.ordinal)])
}

/// The part of a stretch that can hold events of a period. Positions and times run almost alike: of two events, the later
/// one in the order is earlier in time by no more than a transaction may take, since its time is that of its call's
/// beginning. Twice that, for clocks that differ and a commit that waits, keeps this on the safe side.
pub async fn bounds(db: &impl Reads, period: Period, mut cut: Cut) -> Result<Cut> {
    let slack = TimeDelta::from_std(LONGEST * 2).unwrap_or(TimeDelta::MAX);
    if let Some(from) = period.from {
        let long_before = micros(from.checked_sub_signed(slack).unwrap_or(Time::MIN_UTC));
        let last = first_events()
            .filter(Column::CreateTime.lt(long_before))
            .order_by_desc(Column::CreateTime)
            .order_by_desc(Column::Batch);
        if let Some(batch) = last.into_tuple().one(db.connection()).await? {
            cut.after = cut.after.max(EventPosition { batch, ordinal: 0 });
        }
    }
    if let Some(before) = period.before {
        let long_after = micros(before.checked_add_signed(slack).unwrap_or(Time::MAX_UTC));
        let first = first_events()
            .filter(Column::CreateTime.gte(long_after))
            .order_by_asc(Column::CreateTime)
            .order_by_asc(Column::Batch);
        if let Some(batch) = first.into_tuple().one(db.connection()).await? {
            cut.up_to = cut.up_to.min(EventPosition { batch, ordinal: 0 });
        }
    }
    Ok(cut)
}

/// The number of a transaction, found by the time that all of its events share.
fn first_events() -> Select<Entity> {
    Entity::find()
        .select_only()
        .column(Column::Batch)
        .filter(Column::Ordinal.eq(1))
        .limit(1)
}
