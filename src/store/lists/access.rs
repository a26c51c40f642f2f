//! Who has, or had, access to a team's hubs, in the order of the first grants.

use std::collections::BTreeSet;

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use super::{Reads, united};
use crate::{
    domain::{
        access::{Access, AccessFilter, AccessState},
        pages::{Page, Position},
    },
    error::Result,
    store::entities::product_access::{Column, Entity, Model},
};

/// A page of it.
pub async fn page(
    db: &impl Reads,
    (team, filter): (Uuid, &AccessFilter),
    (after, size): (Option<Uuid>, u64),
) -> Result<Page<Access>> {
    let ranges = ranges(filter).into_iter().map(|range| {
        let mut query = Entity::find()
            .filter(Column::TeamId.eq(team))
            .filter(range)
            .order_by_asc(Column::Id)
            .limit(size + 1);
        if let Some(after) = after {
            query = query.filter(Column::Id.gt(after));
        }
        query.into_query()
    });
    let mut rows: Vec<Model> = united(db, ranges.collect()).await?;
    rows.sort_by_key(|row| row.id);
    let accesses = rows
        .into_iter()
        .map(Access::try_from)
        .collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(accesses, size, |access| {
        Position(access.id.as_bytes().to_vec())
    }))
}

/// What each range holds: one person's, who has a few, or one for every state. None is in two.
fn ranges(filter: &AccessFilter) -> Vec<Condition> {
    let mut narrowed = Condition::all();
    if let Some(hub) = filter.hub_id {
        narrowed = narrowed.add(Column::HubId.eq(hub));
    }
    if let Some(product) = &filter.product_id {
        narrowed = narrowed.add(Column::ProductId.eq(product.as_str()));
    }
    let states: BTreeSet<AccessState> = if filter.states.is_empty() {
        AccessState::ALL.iter().copied().collect()
    } else {
        filter.states.iter().copied().collect()
    };
    if let Some(user) = filter.user_id {
        let words = states.iter().map(|state| state.word());
        let own = narrowed.add(Column::UserId.eq(user));
        return vec![own.add(Column::State.is_in(words))];
    }
    states
        .into_iter()
        .map(|state| narrowed.clone().add(Column::State.eq(state.word())))
        .collect()
}
