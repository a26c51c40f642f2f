//! What memberships copy from their accounts, so that the lists of one team are read from that team's indexes.
//!
//! Copies are written under the account's lock, which makes them agree with it; no team's lock is needed. Only that an account
//! is verified, which never ends, is noted without it.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{CaseStatement, Expr, ExprTrait, LockBehavior, LockType, Order, Query},
};
use uuid::Uuid;

use super::{
    Reads, Tx,
    entities::{
        members::{Column, Entity},
        users,
    },
};
use crate::{domain::search::NameKeys, error::Result};

/// Copies a name to all memberships of a person.
pub(super) async fn set_names(tx: &Tx, user: Uuid, keys: &NameKeys) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::NameKey, Expr::value(keys.name.as_str()))
        .col_expr(Column::FamilyKey, Expr::value(keys.family.as_str()))
        .filter(Column::UserId.eq(user))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Copies an address to all memberships of a person.
pub(super) async fn set_email(tx: &Tx, user: Uuid, normal: &str) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::EmailKey, Expr::value(normal))
        .filter(Column::UserId.eq(user))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Notes in all memberships of people that their accounts are verified.
pub(super) async fn set_verified(tx: &Tx, users: &[Uuid]) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Verified, Expr::value(true))
        .filter(Column::UserId.is_in(users.iter().copied()))
        .filter(Column::Verified.eq(false))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// The columns of copies, each with what it copies.
pub(super) fn columns() -> [(Column, Expr); 4] {
    let of = |column: users::Column| Expr::col((users::Entity, column));
    [
        (
            Column::Verified,
            of(users::Column::VerifyTime).is_not_null(),
        ),
        (Column::NameKey, of(users::Column::NameKey)),
        (Column::FamilyKey, of(users::Column::FamilyKey)),
        (Column::EmailKey, of(users::Column::EmailNormal)),
    ]
}

/// Writes the search keys and copies of some accounts that lack them or changed without them; how many rows it found.
/// Accounts that somebody holds are left for another time: to wait for them could be a deadlock.
pub async fn fill(tx: &Tx, most: u64) -> Result<u64> {
    let accounts = fill_keys(tx, most).await?;
    copy_all(tx, &accounts).await?;
    let lacking = Query::select()
        .column((Entity, Column::UserId))
        .from(Entity)
        .cond_where(Column::NameKey.is_null())
        .order_by((Entity, Column::UserId), Order::Asc)
        .limit(most)
        .take();
    let lacking: Vec<Uuid> = users::Entity::find()
        .select_only()
        .column(users::Column::Id)
        .filter(users::Column::Id.in_subquery(lacking))
        .filter(users::Column::NameKey.is_not_null())
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_tuple()
        .all(tx.connection())
        .await?;
    copy_all(tx, &lacking).await?;
    Ok((accounts.len() + lacking.len()) as u64)
}

async fn fill_keys(tx: &Tx, most: u64) -> Result<Vec<Uuid>> {
    use users::Column as Users;

    let is_copied = Expr::col((users::Entity, Users::CopyTime));
    let accounts: HashMap<Uuid, NameKeys> = users::Entity::find()
        .filter(
            Users::CopyTime
                .is_null()
                .or(is_copied.ne(Expr::col((users::Entity, Users::UpdateTime)))),
        )
        .limit(most)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx.connection())
        .await?
        .into_iter()
        .map(|row| (row.id, NameKeys::of(&row.given_name, &row.family_name)))
        .collect();
    let ids: Vec<Uuid> = accounts.keys().copied().collect();
    if ids.is_empty() {
        return Ok(ids);
    }
    let key_of = |key: fn(&NameKeys) -> &str| {
        let cases = accounts.iter();
        cases.fold(CaseStatement::new(), |cases, (id, keys)| {
            cases.case(Users::Id.eq(*id), key(keys))
        })
    };
    users::Entity::update_many()
        .col_expr(Users::NameKey, key_of(|keys| &keys.name).into())
        .col_expr(Users::FamilyKey, key_of(|keys| &keys.family).into())
        .col_expr(Users::CopyTime, Expr::col(Users::UpdateTime))
        .filter(Users::Id.is_in(ids.iter().copied()))
        .exec(tx.connection())
        .await?;
    Ok(ids)
}

async fn copy_all(tx: &Tx, people: &[Uuid]) -> Result<()> {
    if people.is_empty() {
        return Ok(());
    }
    let mut update = Entity::update_many().filter(Column::UserId.is_in(people.iter().copied()));
    for (column, source) in columns() {
        let account = Query::select()
            .expr(source)
            .from(users::Entity)
            .cond_where(
                Expr::col((users::Entity, users::Column::Id)).equals((Entity, Column::UserId)),
            )
            .take();
        update = update.col_expr(column, Expr::SubQuery(None, Box::new(account.into())));
    }
    update.exec(tx.connection()).await?;
    Ok(())
}
