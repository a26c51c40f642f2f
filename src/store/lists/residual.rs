//! What is still to be ended in the products themselves, those first that wait longest.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{Reads, after, time_position};
use crate::{
    domain::{
        access::Access,
        pages::{Page, Position, TimePosition},
        products::ProductId,
    },
    error::Result,
    store::{
        entities::product_access::{Column, Entity},
        rows::micros,
    },
};

/// A page of it, in a hub, in those of a product, or in all.
pub async fn page(
    db: &impl Reads,
    (team, hub, product): (Uuid, Option<Uuid>, Option<ProductId>),
    (at, size): (Option<Position>, u64),
) -> Result<Page<Access>> {
    let mut query = Entity::find()
        .filter(Column::TeamId.eq(team))
        .filter(Column::ResidualTime.is_not_null())
        .order_by_asc(Column::ResidualTime)
        .order_by_asc(Column::Id)
        .limit(size + 1);
    if let Some(hub) = hub {
        query = query.filter(Column::HubId.eq(hub));
    }
    if let Some(product) = product {
        query = query.filter(Column::ProductId.eq(product.as_str()));
    }
    if let Some(at) = time_position(at)? {
        let order = [Column::ResidualTime, Column::Id].map(|column| (Entity, column));
        query = query.filter(after(order, (at.micros, at.id)));
    }
    let rows = query.all(db.connection()).await?;
    let accesses = rows
        .into_iter()
        .map(Access::try_from)
        .collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(accesses, size, |access| {
        let at = TimePosition {
            micros: access.residual_time.map(micros).unwrap_or_default(),
            id: access.id,
        };
        at.position()
    }))
}
