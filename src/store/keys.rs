//! API keys, by keyed hash.

use std::collections::BTreeMap;

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::api_keys::{ActiveModel, Column, Entity, Model},
    rows::{micros, opt_time, time, word},
};
use crate::{
    clock::Time,
    domain::{
        keys::{ApiKey, ApiKeyPosition, Scope},
        pages::Page,
    },
    error::{Error, Result},
};

impl TryFrom<Model> for ApiKey {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        // What an older version made has one scope, in its own column.
        let scopes = row.scopes.unwrap_or(row.scope);
        Ok(Self {
            id: row.id,
            display_name: row.display_name,
            scopes: scopes
                .split(' ')
                .map(|scope| word(Scope::of, scope))
                .collect::<Result<_>>()?,
            team_id: row.team_id,
            hash: row.limited_hash.unwrap_or(row.hash),
            create_time: time(row.create_time)?,
            revoke_time: opt_time(row.revoke_time)?,
            expire_time: opt_time(row.expire_time)?,
            last_use_time: opt_time(row.last_use_time)?,
            certificate_name: row.certificate_name,
        })
    }
}

/// Stores a key. Of two at once that want one slot or one certificate, the later transaction loses.
pub async fn insert(tx: &Tx, key: &ApiKey, slot: i32) -> Result<()> {
    let words: Vec<_> = key.scopes.iter().map(|scope| scope.word()).collect();
    // A version that knows no scopes must not take a limited key for an operator's: for it such a key has no hash.
    let (hash, limited_hash) = if key.is_plain() {
        (key.hash.clone(), None)
    } else {
        (Vec::new(), Some(key.hash.clone()))
    };
    let row = Model {
        id: key.id.clone(),
        display_name: key.display_name.clone(),
        scope: Scope::Operator.word().to_owned(),
        hash,
        create_time: micros(key.create_time),
        revoke_time: key.revoke_time.map(micros),
        scopes: Some(words.join(" ")),
        limited_hash,
        team_id: key.team_id,
        expire_time: key.expire_time.map(micros),
        last_use_time: key.last_use_time.map(micros),
        certificate_name: key.certificate_name.clone(),
        slot: Some(slot),
    };
    bulk::insert::<Model, ActiveModel>(tx, vec![row]).await
}

fn live(now: Time) -> Condition {
    Condition::all().add(Column::RevokeTime.is_null()).add(
        Condition::any()
            .add(Column::ExpireTime.is_null())
            .add(Column::ExpireTime.gt(micros(now))),
    )
}

/// Takes the slots of expired keys that have this name or this certificate's, so that others can have them.
pub async fn free_expired(
    tx: &Tx,
    (display_name, certificate_name): (&str, Option<&str>),
    now: Time,
) -> Result<()> {
    let mut named = Condition::any().add(Column::DisplayName.eq(display_name));
    if let Some(certificate) = certificate_name {
        named = named.add(Column::CertificateName.eq(certificate));
    }
    Entity::update_many()
        .col_expr(Column::Slot, Expr::value(None::<i32>))
        .filter(named)
        .filter(Column::Slot.is_not_null())
        .filter(Column::RevokeTime.is_null())
        .filter(Column::ExpireTime.lte(micros(now)))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// The slots of the live keys of a name.
pub async fn slots(db: &impl Reads, display_name: &str, now: Time) -> Result<Vec<Option<i32>>> {
    Ok(Entity::find()
        .select_only()
        .column(Column::Slot)
        .filter(Column::DisplayName.eq(display_name))
        .filter(live(now))
        .into_tuple()
        .all(db.connection())
        .await?)
}

/// One key.
pub async fn by_id(db: &impl Reads, id: &str) -> Result<Option<ApiKey>> {
    let row = Entity::find_by_id(id.to_owned())
        .one(db.connection())
        .await?;
    row.map(ApiKey::try_from).transpose()
}

/// The live keys that have one of these certificate names.
pub async fn by_certificate_names(
    db: &impl Reads,
    names: &[String],
    now: Time,
) -> Result<Vec<ApiKey>> {
    let rows = Entity::find()
        .filter(Column::CertificateName.is_in(names))
        .filter(live(now))
        .all(db.connection())
        .await?;
    rows.into_iter().map(ApiKey::try_from).collect()
}

/// Whether there is any key at all.
pub async fn exists(db: &impl Reads) -> Result<bool> {
    let found: Option<String> = Entity::find()
        .select_only()
        .column(Column::Id)
        .limit(1)
        .into_tuple()
        .one(db.connection())
        .await?;
    Ok(found.is_some())
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

/// A page of keys, oldest first; of one team only, if one is given.
pub async fn page(
    db: &impl Reads,
    team: Option<Uuid>,
    (after, size): (Option<ApiKeyPosition>, u64),
) -> Result<Page<ApiKey>> {
    let mut query = Entity::find()
        .order_by_asc(Column::CreateTime)
        .order_by_asc(Column::Id)
        .limit(size + 1);
    if let Some(team) = team {
        query = query.filter(Column::TeamId.eq(team));
    }
    if let Some(after) = after {
        let place = Expr::tuple([Expr::value(after.micros), Expr::value(after.id)]);
        let columns = [Column::CreateTime, Column::Id].map(Expr::col);
        query = query.filter(Expr::tuple(columns).gt(place));
    }
    let rows = query.all(db.connection()).await?;
    let keys = rows
        .into_iter()
        .map(ApiKey::try_from)
        .collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(keys, size, ApiKeyPosition::of))
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

/// Notes when keys were last used, unless a later use is known. The order of the map is the order of their locks.
pub async fn used(tx: &Tx, uses: &BTreeMap<String, Time>) -> Result<()> {
    for (id, used) in uses {
        Entity::update_many()
            .col_expr(Column::LastUseTime, Expr::value(micros(*used)))
            .filter(Column::Id.eq(id))
            .filter(
                Condition::any()
                    .add(Column::LastUseTime.is_null())
                    .add(Column::LastUseTime.lt(micros(*used))),
            )
            .exec(tx.connection())
            .await?;
    }
    Ok(())
}
