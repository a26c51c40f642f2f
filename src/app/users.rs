//! Looking at accounts and changing their profiles.

use std::collections::HashMap;

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Caller, Context, accounts,
    authority::{self, Place},
    calls::once,
    directories::keeping,
    no_user,
};
use crate::{
    clock::Time,
    domain::{
        email::Email,
        events::{EventType, Happening, Payload},
        members::Member,
        pages::{Page, Position},
        permissions::{Permission, Power, denied},
        roles::Role,
        teams::Team,
        users::{ProfileChanges, User, UserFilter},
    },
    error::Result,
    store::{self, Reads},
};

/// How an account is named.
pub enum Key {
    /// By its id.
    Id(Uuid),
    /// By its address.
    Email(Email),
    /// By an issuer, and who he is to it.
    Identity(String, String),
}

/// One account: of a team's people, if a team is named, else the caller's own or, for the operator, anybody's.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `USER_NOT_FOUND`.
pub async fn get(
    ctx: &Context,
    caller: &Caller,
    (team, key): (Option<Uuid>, &Key),
) -> Result<User> {
    let db = &ctx.store;
    match (team, key) {
        (Some(team), Key::Id(user)) => {
            authority::look(ctx, caller, (team, Some(*user))).await?;
        }
        (Some(team), Key::Email(_) | Key::Identity(..)) => {
            authority::look(ctx, caller, (team, None)).await?;
        }
        (None, Key::Id(user)) => {
            authority::account(db, caller, (*user, Permission::UsersRead)).await?;
        }
        (None, Key::Email(_) | Key::Identity(..)) => {
            authority::operator(caller, Permission::UsersRead)?;
        }
    }
    let (user, name) = match key {
        Key::Id(id) => (store::users::by_id(db, *id).await?, id.to_string()),
        Key::Email(email) => {
            let user = store::users::by_email(db, email).await?;
            (user, "the address's".to_owned())
        }
        Key::Identity(issuer, subject) => {
            let user = match store::identities::by_issuer(db, issuer, subject).await? {
                Some(id) => store::users::by_id(db, id).await?,
                None => None,
            };
            (user, "the identity's".to_owned())
        }
    };
    // Asked whether there is an account or not, so that nothing tells one elsewhere from none.
    let id = user.as_ref().map_or(Uuid::nil(), |user| user.id);
    let visible = match team {
        Some(team) => is_in(db, team, id).await?,
        None => true,
    };
    user.filter(|_| visible).ok_or_else(|| no_user(name))
}

async fn is_in(db: &impl Reads, team: Uuid, user: Uuid) -> Result<bool> {
    Ok(!store::members::present(db, team, &[user]).await?.is_empty())
}

/// Many accounts in the order asked, and the ids that are nobody's, or nobody's in the team that is named.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`.
pub async fn batch_get(
    ctx: &Context,
    caller: &Caller,
    (team, ids): (Option<Uuid>, &[Uuid]),
) -> Result<(Vec<User>, Vec<Uuid>)> {
    let mut found: HashMap<Uuid, User> = HashMap::with_capacity(ids.len());
    let visible = match team {
        None => {
            authority::operator(caller, Permission::UsersRead)?;
            None
        }
        Some(team) => {
            authority::look(ctx, caller, (team, None)).await?;
            Some(store::members::present(&ctx.store, team, ids).await?)
        }
    };
    for user in store::users::by_ids(&ctx.store, ids).await? {
        if visible.as_ref().is_none_or(|team| team.contains(&user.id)) {
            found.insert(user.id, user);
        }
    }
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
/// `PERMISSION_MISSING`.
pub async fn list(
    ctx: &Context,
    caller: &Caller,
    filter: &UserFilter,
    cut: (Option<Position>, u64),
) -> Result<Page<User>> {
    authority::operator(caller, Permission::UsersRead)?;
    store::lists::users(&ctx.store, filter, cut).await
}

/// What a directory says of its people; the rest of a profile is their own.
const NAMES: [&str; 2] = ["given_name", "family_name"];

/// Change a profile.
pub struct Update {
    /// The team whose admin changes it; the person himself or the operator if none.
    pub team_id: Option<Uuid>,
    /// The account.
    pub user_id: Uuid,
    /// What becomes of it.
    pub changes: ProfileChanges,
}

/// Changes a profile. What has its value already is no change. A team's admins may while nobody else has to do with the
/// account: while it is not verified, and in no other team.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `USER_NOT_FOUND`, `DIRECTORY_MANAGED`, `ETAG_MISMATCH`.
pub async fn update<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    command: &Update,
    show: impl Fn(User, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let (id, changes) = (command.user_id, &command.changes);
    let place = command.team_id.map_or(Place::Account(id), Place::Team);
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let permission = Permission::UsersUpdate;
        let admin = if let Some(team) = command.team_id {
            Some(authority::enter(tx, call.caller(), team).await?)
        } else {
            authority::account(tx, call.caller(), (id, permission)).await?;
            None
        };
        let user = accounts::lock(tx, id).await?;
        if let Some((team, power)) = &admin {
            if !is_in(tx, team.id, id).await? {
                return Err(no_user(id));
            }
            let theirs =
                user.verify_time.is_some() || store::members::is_elsewhere(tx, team.id, id).await?;
            if theirs && *power != Power::Operator {
                return Err(denied(permission, None));
            }
            let roles = store::members::roles(tx, team, &[id]).await?;
            power.grant(roles.get(&id).copied().unwrap_or(Role::Member), team.id)?;
        }
        call.expect(&user.etag())?;

        let fields = changes.of(&user);
        if fields.is_empty() {
            return Ok(user);
        }
        if fields.iter().any(|field| NAMES.contains(field)) {
            keeping::is_nobodys(tx, &user).await?;
        }
        store::users::update(tx, id, changes, now).await?;
        let event = updated(id, command.team_id, &fields);
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
/// `PERMISSION_MISSING`, `USER_NOT_FOUND`.
pub async fn teams(
    ctx: &Context,
    caller: &Caller,
    (user, include_removed): (Uuid, bool),
    cut: (Option<Uuid>, u64),
) -> Result<Page<(Team, Member)>> {
    let account = get(ctx, caller, (None, &Key::Id(user))).await?;
    store::members::page_of_user(&ctx.store, account.id, include_removed, cut).await
}
