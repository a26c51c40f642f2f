//! The directory of a team: made, changed and given tokens. What a sync does is told by `syncs`.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Caller, Context,
    authority::{self, Place},
    calls::once,
};
use crate::{
    clock::Time,
    domain::{
        directories::{self, Directory, DirectoryToken, Provider},
        events::{EventType, Happening, Payload},
        names::DisplayName,
    },
    error::{Error, Reason, Result},
    ids, secrets,
    store::{self, Reads},
};

mod applying;
pub mod ends;
mod granting;
pub(super) mod group_roles;
mod group_syncs;
pub mod groups;
pub mod keeping;
mod knowing;
pub mod mappings;
mod planning;
pub mod syncs;

/// Make a directory.
pub struct Create {
    /// The team.
    pub team_id: Uuid,
    /// What people call it.
    pub display_name: DisplayName,
    /// Whose it is.
    pub provider: Provider,
}

/// A token that is stored nowhere yet.
///
/// # Errors
/// Fails if the operating system has no randomness.
pub fn fresh() -> Result<DirectoryToken> {
    Ok(DirectoryToken::new(secrets::random()?, secrets::random()?))
}

/// Makes a team's directory with this token. The token is no part of the answer, which is stored when the call has a request id:
/// whoever calls adds it to the answer that names this token, and so not to one that was given before.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `DIRECTORY_ENTITLEMENT_MISSING`, `DIRECTORY_EXISTS`.
pub async fn create<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (token, command): (&DirectoryToken, &Create),
    show: impl Fn(Directory, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let place = Place::Team(command.team_id);
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let (team, _) = authority::enter(tx, call.caller(), command.team_id).await?;
        let held = store::directories::of_team(tx, team.id).await?;

        team.may_sync()?;
        directories::another(held.as_ref())?;

        let directory = Directory {
            id: ids::new(now),
            team_id: team.id,
            display_name: command.display_name.clone(),
            provider: command.provider,
            token_id: token.id().to_owned(),
            cursor: None,
            create_time: now,
            update_time: now,
            last_sync_time: None,
        };
        let hash = ctx.secrets.directory_token_hash(token.text().as_bytes());
        store::directories::insert(tx, &directory, hash).await?;
        let event = happened(&directory, EventType::DirectoryCreated, &[]);
        store::events::append(tx, &[event], call.made(now)).await?;
        Ok(directory)
    })
    .await
}

/// The directory of a team.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `DIRECTORY_NOT_FOUND`.
pub async fn get(ctx: &Context, caller: &Caller, team: Uuid) -> Result<Directory> {
    let team = authority::look(ctx, caller, (team, None)).await?;
    let held = store::directories::of_team(&ctx.store, team.id).await?;
    held.ok_or_else(|| directories::missing(team.id))
}

/// Gives a directory another name. The name that it has already is no change.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `DIRECTORY_NOT_FOUND`, `ETAG_MISMATCH`.
pub async fn update<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    ((team, id), name): ((Uuid, Uuid), Option<&DisplayName>),
    show: impl Fn(Directory, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, Place::Team(team), now), show, |tx| async move {
        let tx = &tx;
        let (team, _) = authority::enter(tx, call.caller(), team).await?;
        let mut directory = find(tx, (team.id, id)).await?;

        call.expect(&directory.etag())?;
        let Some(name) = name.filter(|name| **name != directory.display_name) else {
            return Ok(directory);
        };
        directory.display_name = name.clone();
        directory.update_time = now;

        store::directories::rename(tx, &directory).await?;
        let event = happened(&directory, EventType::DirectoryUpdated, &["display_name"]);
        store::events::append(tx, &[event], call.made(now)).await?;
        Ok(directory)
    })
    .await
}

/// Gives a directory this token; the one before is dead when the call has ended. What is said of [`create`] and its token holds here.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `DIRECTORY_NOT_FOUND`, `ETAG_MISMATCH`.
pub async fn rotate<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (token, (team, id)): (&DirectoryToken, (Uuid, Uuid)),
    show: impl Fn(Directory, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, Place::Team(team), now), show, |tx| async move {
        let tx = &tx;
        let (team, _) = authority::enter(tx, call.caller(), team).await?;
        let mut directory = find(tx, (team.id, id)).await?;

        call.expect(&directory.etag())?;
        token.id().clone_into(&mut directory.token_id);
        directory.update_time = now;

        let hash = ctx.secrets.directory_token_hash(token.text().as_bytes());
        store::directories::rotate(tx, &directory, hash).await?;
        let event = happened(&directory, EventType::DirectoryTokenRotated, &[]);
        store::events::append(tx, &[event], call.made(now)).await?;
        Ok(directory)
    })
    .await
}

/// The directory whose token somebody came with. It is asked of the database each time, so that a token is dead at once; unknown
/// and forged ones take the same statement and answer.
///
/// # Errors
/// `CREDENTIAL_INVALID`.
pub async fn by_token(ctx: &Context, text: &str) -> Result<Directory> {
    let invalid = Error::Unauthenticated(Reason::CredentialInvalid);
    let Some(token) = DirectoryToken::parse(text) else {
        return Err(invalid);
    };
    let found = store::directories::by_token(&ctx.store, token.id()).await?;
    let hash = found.as_ref().map_or(&[0; 32][..], |(_, hash)| &hash[..]);
    let is_own = ctx
        .secrets
        .is_directory_token(token.text().as_bytes(), hash);
    match found {
        Some((directory, _)) if is_own => Ok(directory),
        _ => Err(invalid),
    }
}

/// A directory by its id, which the team must have.
async fn find(db: &impl Reads, (team, id): (Uuid, Uuid)) -> Result<Directory> {
    store::directories::of_team(db, team)
        .await?
        .filter(|directory| directory.id == id)
        .ok_or_else(|| directories::missing(id))
}

fn happened(directory: &Directory, event_type: EventType, changed: &[&str]) -> Happening {
    let changed = changed.iter().map(|name| (*name).to_owned()).collect();
    Happening {
        event_type,
        team_id: Some(directory.team_id),
        user_id: None,
        payload: Payload::Directory(directory.id, changed),
    }
}
