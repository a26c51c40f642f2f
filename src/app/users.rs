//! Looking at accounts and changing their profiles.

use std::collections::HashMap;

use prost::Message;
use uuid::Uuid;

use super::{Call, Context, calls::once, no_user};
use crate::{
    clock::Time,
    domain::{
        email::Email,
        events::{EventType, Happening, Payload},
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

/// Changes a profile. What has its value already is no change.
///
/// # Errors
/// `USER_NOT_FOUND`, `ETAG_MISMATCH`.
pub async fn update<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (id, changes): (Uuid, &ProfileChanges),
    show: impl Fn(User, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, now), show, |tx| async move {
        let tx = &tx;
        let user = store::users::lock(tx, id)
            .await?
            .ok_or_else(|| no_user(id))?;
        call.expect(&user.etag())?;

        let fields = changes.of(&user);
        if fields.is_empty() {
            return Ok(user);
        }
        store::users::update(tx, id, changes, now).await?;
        let event = updated(id, None, &fields);
        store::events::append(tx, &[event], call.made(now)).await?;
        store::users::by_id(tx, id)
            .await?
            .ok_or_else(|| no_user(id))
    })
    .await
}

/// The event of an account that was changed, by a team if one did it.
pub(super) fn updated(user: Uuid, team: Option<Uuid>, changed: &[&str]) -> Happening {
    Happening {
        event_type: EventType::UserUpdated,
        team_id: team,
        user_id: Some(user),
        payload: Payload::User(changed.iter().map(|name| (*name).to_owned()).collect()),
    }
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
