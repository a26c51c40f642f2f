//! Looking at accounts and changing their profiles.

use std::collections::HashMap;

use uuid::Uuid;

use super::{Context, no_user};
use crate::{
    domain::{
        email::Email,
        members::Member,
        pages::{Page, Position},
        teams::Team,
        users::{ProfileChanges, User, UserFilter},
    },
    error::Result,
    store,
};

/// How an account is named.
pub enum Key {
    /// By its id.
    Id(Uuid),
    /// By its address.
    Email(Email),
}

/// One account.
///
/// # Errors
/// `USER_NOT_FOUND`.
pub async fn get(ctx: &Context, key: &Key) -> Result<User> {
    match key {
        Key::Id(id) => store::users::by_id(&ctx.store, *id)
            .await?
            .ok_or_else(|| no_user(id)),
        Key::Email(email) => store::users::by_email(&ctx.store, email)
            .await?
            .ok_or_else(|| no_user("the address's")),
    }
}

/// Many accounts in the order asked, and the ids that are nobody's.
///
/// # Errors
/// Only the database's.
pub async fn batch_get(ctx: &Context, ids: &[Uuid]) -> Result<(Vec<User>, Vec<Uuid>)> {
    let found: HashMap<Uuid, User> = store::users::by_ids(&ctx.store, ids)
        .await?
        .into_iter()
        .map(|user| (user.id, user))
        .collect();
    let missing = ids
        .iter()
        .filter(|id| !found.contains_key(id))
        .copied()
        .collect();
    let users = ids.iter().filter_map(|id| found.get(id).cloned()).collect();
    Ok((users, missing))
}

/// A page of accounts.
///
/// # Errors
/// Only the database's.
pub async fn list(
    ctx: &Context,
    filter: &UserFilter,
    cut: (Option<Position>, u64),
) -> Result<Page<User>> {
    store::lists::users(&ctx.store, filter, cut).await
}

/// Changes a profile.
///
/// # Errors
/// `USER_NOT_FOUND`.
pub async fn update(ctx: &Context, id: Uuid, changes: &ProfileChanges) -> Result<User> {
    let now = ctx.clock.now();
    ctx.store
        .write(|tx| async move {
            let tx = &tx;
            if !store::users::update(tx, id, changes, now).await? {
                return Err(no_user(id));
            }
            store::users::by_id(tx, id)
                .await?
                .ok_or_else(|| no_user(id))
        })
        .await
}

/// A page of a person's teams.
///
/// # Errors
/// `USER_NOT_FOUND`.
pub async fn teams(
    ctx: &Context,
    user: Uuid,
    include_removed: bool,
    cut: (Option<Uuid>, u64),
) -> Result<Page<(Team, Member)>> {
    let account = get(ctx, &Key::Id(user)).await?;
    store::members::page_of_user(&ctx.store, account.id, include_removed, cut).await
}
