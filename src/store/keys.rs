//! API keys, by keyed hash.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};

use super::{
    Reads, Tx, bulk,
    entities::api_keys::{ActiveModel, Column, Entity, Model},
    rows::{micros, opt_time, time, word},
};
use crate::{
    clock::Time,
    domain::keys::{ApiKey, Scope},
    error::{Error, Result},
};

impl TryFrom<Model> for ApiKey {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        Ok(Self {
            id: row.id,
            display_name: row.display_name,
            scopes: vec![word(Scope::of, &row.scope)?],
            team_id: None,
            hash: row.hash,
            create_time: time(row.create_time)?,
            revoke_time: opt_time(row.revoke_time)?,
        })
    }
}

/// Stores a key.
pub async fn insert(tx: &Tx, key: &ApiKey) -> Result<()> {
    let row = Model {
        id: key.id.clone(),
        display_name: key.display_name.clone(),
        scope: Scope::Operator.word().to_owned(),
        hash: key.hash.clone(),
        create_time: micros(key.create_time),
        revoke_time: key.revoke_time.map(micros),
    };
    bulk::insert::<Model, ActiveModel>(tx, vec![row]).await
}

/// One key.
pub async fn by_id(db: &impl Reads, id: &str) -> Result<Option<ApiKey>> {
    let row = Entity::find_by_id(id.to_owned())
        .one(db.connection())
        .await?;
    row.map(ApiKey::try_from).transpose()
}

/// Whether there is any key at all.
pub async fn exists(db: &impl Reads) -> Result<bool> {
    Ok(Entity::find()
        .limit(1)
        .one(db.connection())
        .await?
        .is_some())
}

/// Every key, oldest first; there are few.
pub async fn list(db: &impl Reads) -> Result<Vec<ApiKey>> {
    let rows = Entity::find()
        .order_by_asc(Column::CreateTime)
        .order_by_asc(Column::Id)
        .all(db.connection())
        .await?;
    rows.into_iter().map(ApiKey::try_from).collect()
}

/// Revokes a live key.
pub async fn revoke(tx: &Tx, id: &str, now: Time) -> Result<()> {
    let done = Entity::update_many()
        .col_expr(Column::RevokeTime, Expr::value(micros(now)))
        .filter(Column::Id.eq(id))
        .filter(Column::RevokeTime.is_null())
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}
