//! Changes of addresses. Whoever writes here holds the account's lock, but for the wiping of what has served.

use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::email_changes::{ActiveModel, Column, Entity, Model},
    rows::{micros, time, word},
};
use crate::{
    clock::Time,
    domain::email_changes::{ChangeEnd, EmailChange},
    error::{Error, Result},
};

/// A change that was asked for. It has no Debug: its addresses and the link's hash are nobody's to print.
pub struct NewEmailChange<'a> {
    /// Its id.
    pub id: Uuid,
    /// The account.
    pub user_id: Uuid,
    /// The keyed hash of its link's token.
    pub hash: Vec<u8>,
    /// The new address as it was typed.
    pub email: &'a str,
    /// The address that the account has.
    pub old_email: &'a str,
    /// The first moment at which it can no longer be confirmed.
    pub expire_time: Time,
}

impl TryFrom<Model> for EmailChange {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        Ok(Self {
            id: row.id,
            user_id: row.user_id,
            email: row.email,
            old_email: row.old_email,
            end: row
                .settlement
                .map(|text| word(ChangeEnd::of, &text))
                .transpose()?,
            expire_time: time(row.expire_time)?,
        })
    }
}

/// Makes a change; the index refuses a second open one of a person.
pub async fn insert(tx: &Tx, change: NewEmailChange<'_>, now: Time) -> Result<()> {
    let row = Model {
        id: change.id,
        user_id: change.user_id,
        hash: change.hash,
        email: Some(change.email.to_owned()),
        old_email: Some(change.old_email.to_owned()),
        settlement: None,
        create_time: micros(now),
        expire_time: micros(change.expire_time),
        settle_time: None,
    };
    bulk::insert::<Model, ActiveModel>(tx, vec![row]).await
}

/// The change of a link.
pub async fn by_hashes(db: &impl Reads, hashes: &[Vec<u8>]) -> Result<Option<EmailChange>> {
    let row = Entity::find()
        .filter(Column::Hash.is_in(hashes.iter().cloned()))
        .one(db.connection())
        .await?;
    row.map(EmailChange::try_from).transpose()
}

/// Changes by id, for the relay.
pub async fn by_ids(db: &impl Reads, ids: &[Uuid]) -> Result<Vec<EmailChange>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .all(db.connection())
        .await?;
    rows.into_iter().map(EmailChange::try_from).collect()
}

/// The open change of a person.
pub async fn open_of(db: &impl Reads, user: Uuid) -> Result<Option<EmailChange>> {
    let row = Entity::find()
        .filter(Column::UserId.eq(user))
        .filter(Column::Settlement.is_null())
        .one(db.connection())
        .await?;
    row.map(EmailChange::try_from).transpose()
}

/// When a person's changes were asked for since then, newest first.
pub async fn made_since(tx: &Tx, user: Uuid, since: Time) -> Result<Vec<Time>> {
    let times: Vec<i64> = Entity::find()
        .select_only()
        .column(Column::CreateTime)
        .filter(Column::UserId.eq(user))
        .filter(Column::CreateTime.gt(micros(since)))
        .order_by_desc(Column::CreateTime)
        .into_tuple()
        .all(tx.connection())
        .await?;
    times.into_iter().map(time).collect()
}

/// Confirms a change, if it still can be: the statement decides, not the clock before it. Links that were confirmed before
/// open nothing any more.
pub async fn confirm(tx: &Tx, change: &EmailChange, now: Time) -> Result<()> {
    Entity::update_many()
        .col_expr(
            Column::Settlement,
            Expr::value(ChangeEnd::Superseded.word()),
        )
        .filter(Column::UserId.eq(change.user_id))
        .filter(Column::Settlement.eq(ChangeEnd::Confirmed.word()))
        .exec(tx.connection())
        .await?;
    let done = Entity::update_many()
        .col_expr(Column::Settlement, Expr::value(ChangeEnd::Confirmed.word()))
        .col_expr(Column::SettleTime, Expr::value(micros(now)))
        .col_expr(Column::Email, Expr::value(None::<String>))
        .filter(Column::Id.eq(change.id))
        .filter(Column::Settlement.is_null())
        .filter(Column::ExpireTime.gt(micros(now)))
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

/// Ends an open change that another replaces, or that is taken back, and wipes its addresses.
pub async fn supersede(tx: &Tx, id: Uuid, now: Time) -> Result<()> {
    let done = Entity::update_many()
        .col_expr(
            Column::Settlement,
            Expr::value(ChangeEnd::Superseded.word()),
        )
        .col_expr(Column::SettleTime, Expr::value(micros(now)))
        .col_expr(Column::Email, Expr::value(None::<String>))
        .col_expr(Column::OldEmail, Expr::value(None::<String>))
        .filter(Column::Id.eq(id))
        .filter(Column::Settlement.is_null())
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

/// Ends every change of a person who is erased, and wipes the addresses: none of the links opens anything any more.
pub async fn forget(tx: &Tx, user: Uuid, now: Time) -> Result<()> {
    Entity::update_many()
        .col_expr(
            Column::Settlement,
            Expr::value(ChangeEnd::Superseded.word()),
        )
        .col_expr(
            Column::SettleTime,
            Expr::col(Column::SettleTime).if_null(micros(now)),
        )
        .col_expr(Column::Email, Expr::value(None::<String>))
        .col_expr(Column::OldEmail, Expr::value(None::<String>))
        .filter(Column::UserId.eq(user))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Wipes the old addresses of changes whose notes need them no longer.
pub async fn wipe_old(tx: &Tx, ids: &[Uuid]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::OldEmail, Expr::value(None::<String>))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Wipes the new addresses of some changes whose time has passed; how many.
pub async fn expire(tx: &Tx, now: Time) -> Result<u64> {
    let some = Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(Column::Settlement.is_null())
        .and_where(Column::ExpireTime.lte(micros(now)))
        .limit(bulk::IDS as u64)
        .to_owned();
    let done = Entity::update_many()
        .col_expr(Column::Settlement, Expr::value(ChangeEnd::Expired.word()))
        .col_expr(Column::SettleTime, Expr::col(Column::ExpireTime))
        .col_expr(Column::Email, Expr::value(None::<String>))
        .filter(Column::Id.in_subquery(some))
        .filter(Column::Settlement.is_null())
        .exec(tx.connection())
        .await?;
    Ok(done.rows_affected)
}

/// Deletes some changes that ended before then; how many.
pub async fn delete_settled_before(tx: &Tx, before: Time) -> Result<u64> {
    let some = Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(Column::SettleTime.lt(micros(before)))
        .limit(bulk::IDS as u64)
        .to_owned();
    let done = Entity::delete_many()
        .filter(Column::Id.in_subquery(some))
        .exec(tx.connection())
        .await?;
    Ok(done.rows_affected)
}
