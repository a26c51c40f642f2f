//! The accounts of the deployment.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{
    Reads, key_position, read,
    search::{Keyed, Search},
};
use crate::{
    clock::Time,
    domain::{
        pages::{Page, Position},
        users::{User, UserFilter},
    },
    error::Result,
    store::{
        entities::users::{Column, Entity, Model},
        rows::micros,
    },
};

impl Keyed for Model {
    fn keys(&self) -> [Option<&str>; 3] {
        [
            self.name_key.as_deref(),
            self.family_key.as_deref(),
            Some(&self.email_normal),
        ]
    }

    fn id(&self) -> Uuid {
        self.id
    }
}

/// A page of accounts: oldest first, or by the key that matched.
pub async fn page(
    db: &impl Reads,
    filter: &UserFilter,
    (after, size): (Option<Position>, u64),
) -> Result<Page<User>> {
    let page = if let Some(prefix) = &filter.query {
        let search = Search::<Entity> {
            prefix,
            keys: [Column::NameKey, Column::FamilyKey, Column::EmailNormal],
            id: Column::Id,
            within: Condition::all(),
            wanted: wanted(filter),
        };
        search.page(db, (key_position(after)?, size)).await?
    } else {
        let after = read(after, |position| Uuid::from_slice(&position.0).ok())?;
        oldest_first(db, filter, (after, size)).await?
    };
    Ok(Page {
        items: page
            .items
            .into_iter()
            .map(User::try_from)
            .collect::<Result<_>>()?,
        next: page.next,
    })
}

async fn oldest_first(
    db: &impl Reads,
    filter: &UserFilter,
    (after, size): (Option<Uuid>, u64),
) -> Result<Page<Model>> {
    let mut query = Entity::find()
        .filter(wanted(filter))
        .order_by_asc(Column::Id)
        .limit(size + 1);
    query = query.filter(match after {
        Some(after) => Column::Id.gt(after),
        None => Column::Id.gte(filter.create_time_from.map_or(Uuid::nil(), first_id)),
    });
    let rows = query.all(db.connection()).await?;
    Ok(Page::cut(rows, size, |row| {
        Position(row.id.as_bytes().to_vec())
    }))
}

/// No account that was made then or later has a smaller id: `ids` never gives one an earlier millisecond.
fn first_id(time: Time) -> Uuid {
    let millis = u128::try_from(time.timestamp_millis()).unwrap_or_default();
    // An id has 48 bits for them.
    Uuid::from_u128(millis.min((1 << 48) - 1) << 80)
}

fn wanted(filter: &UserFilter) -> Condition {
    let mut all = Condition::all();
    if !filter.show_deleted {
        all = all.add(Column::DeleteTime.is_null());
    }
    if let Some(verified) = filter.verified {
        all = all.add(if verified {
            Column::VerifyTime.is_not_null()
        } else {
            Column::VerifyTime.is_null()
        });
    }
    if let Some(from) = filter.create_time_from {
        all = all.add(Column::CreateTime.gte(micros(from)));
    }
    all
}
