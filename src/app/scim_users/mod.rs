//! What a directory says of one of its users by SCIM: each call is a sync of one person.

use uuid::Uuid;

use super::{Context, removals};
use crate::{
    clock::Time,
    domain::{
        directories::Directory,
        events::Origin,
        members::Removal,
        scim::{Condition, KeptUser, ScimUser},
        teams::Team,
        texts::ExternalId,
    },
    error::{Error, Reason, Result, ScimKind},
    store::{self, Reads, Tx, events::Made},
};

mod changing;
mod entering;

/// A directory that calls.
#[derive(Clone)]
pub struct Visitor {
    /// The directory, as its token told.
    pub directory: Directory,
    /// The call, as logs and answers name it.
    pub call_id: Uuid,
}

impl Visitor {
    const fn place(&self) -> (Uuid, Uuid) {
        (self.directory.team_id, self.directory.id)
    }

    const fn origin(&self) -> Origin {
        Origin {
            key_id: None,
            actor_user_id: None,
            call_id: Some(self.call_id),
        }
    }
}

/// One user of a directory.
///
/// # Errors
/// `USER_NOT_FOUND`, also of people who are not this directory's.
pub async fn get(ctx: &Context, directory: &Directory, user: Uuid) -> Result<KeptUser> {
    found(&ctx.store, (directory.team_id, directory.id), user).await
}

/// How many users of a directory are so, and some of them: after so many, so many.
///
/// # Errors
/// Only the database's.
pub async fn list(
    ctx: &Context,
    directory: &Directory,
    (condition, range): (&Condition, (u64, u64)),
) -> Result<(u64, Vec<KeptUser>)> {
    let place = (directory.team_id, directory.id);
    store::scim_users::page(&ctx.store, place, condition, range).await
}

/// Brings somebody.
///
/// # Errors
/// `uniqueness`, `EMAIL_MISMATCH`, `USER_DISABLED`, `DOMAIN_REFUSED`, `NO_SEAT`, `PRIMARY_ADMIN_PROTECTED`,
/// `DIRECTORY_ENTITLEMENT_MISSING`, `CREDENTIAL_INVALID`.
pub async fn create(ctx: &Context, visitor: &Visitor, user: &ScimUser) -> Result<KeptUser> {
    let now = ctx.clock.now();
    let origin = &visitor.origin();
    let place = visitor.place();
    let work = |tx: Tx| async move {
        let tx = &tx;
        let team = enter(tx, visitor).await?;
        free(tx, place, (user, None)).await?;

        let made = made(origin, now);
        let id = entering::enter(ctx, (tx, &team), user, made).await?;
        store::scim_users::insert(tx, place, (id, user), now).await?;
        changing::activate(tx, &team, (id, user.active), made).await?;
        found(tx, place, id).await
    };
    ctx.store.write(work).await
}

/// Changes a user into what `change` makes of him. What he is already is no change.
///
/// # Errors
/// `USER_NOT_FOUND`, those of `change`, `uniqueness`, `EMAIL_MISMATCH`, `EMAIL_TAKEN`, `USER_DISABLED`,
/// `PRIMARY_ADMIN_PROTECTED`, `DIRECTORY_ENTITLEMENT_MISSING`, `CREDENTIAL_INVALID`.
pub async fn change(
    ctx: &Context,
    visitor: &Visitor,
    (id, change): (Uuid, &(impl Fn(&KeptUser) -> Result<ScimUser> + Sync)),
) -> Result<KeptUser> {
    let now = ctx.clock.now();
    let origin = &visitor.origin();
    let place = visitor.place();
    let work = |tx: Tx| async move {
        let tx = &tx;
        let team = enter(tx, visitor).await?;
        let kept = found(tx, place, id).await?;

        let user = &change(&kept)?;
        free(tx, place, (user, Some(id))).await?;

        let made = made(origin, now);
        changing::account(tx, &team, (&kept, user), made).await?;
        if kept.active != user.active {
            changing::activate(tx, &team, (id, user.active), made).await?;
        }
        let wanted = user.external_id.as_ref().map(ExternalId::as_str);
        let is_same = kept.user_name == user.user_name && kept.external_id.as_deref() == wanted;
        if !is_same || kept.active != user.active {
            store::scim_users::update(tx, place, (id, user), now).await?;
        }
        found(tx, place, id).await
    };
    ctx.store.write(work).await
}

/// Takes a user out of the team, if `check` lets it.
///
/// # Errors
/// `USER_NOT_FOUND`, those of `check`, `PRIMARY_ADMIN_PROTECTED`, `DIRECTORY_ENTITLEMENT_MISSING`, `CREDENTIAL_INVALID`.
pub async fn delete(
    ctx: &Context,
    visitor: &Visitor,
    (id, check): (Uuid, &(impl Fn(&KeptUser) -> Result<()> + Sync)),
) -> Result<()> {
    let now = ctx.clock.now();
    let origin = &visitor.origin();
    let place = visitor.place();
    let work = |tx: Tx| async move {
        let tx = &tx;
        let team = enter(tx, visitor).await?;
        let kept = found(tx, place, id).await?;

        check(&kept)?;
        unless_primary(&team, id)?;

        removals::end(tx, &team, &[id], (Removal::Removed, made(origin, now))).await?;
        store::scim_users::delete(tx, place, id).await
    };
    ctx.store.write(work).await
}

/// Locks the team of a directory that may still change it: since its token was looked at, it may have got another one.
async fn enter(tx: &Tx, visitor: &Visitor) -> Result<Team> {
    let invalid = || Error::Unauthenticated(Reason::CredentialInvalid);
    let team = store::teams::lock(tx, visitor.directory.team_id).await?;
    let team = team.ok_or_else(invalid)?;
    let stands = store::directories::of_team(tx, team.id).await?;
    let token = &visitor.directory.token_id;
    let stands = stands.filter(|it| it.id == visitor.directory.id && it.token_id == *token);
    stands.ok_or_else(invalid)?;
    team.may_sync()?;
    Ok(team)
}

/// That nobody else of the directory has the id or the name.
async fn free(tx: &Tx, place: (Uuid, Uuid), (user, but): (&ScimUser, Option<Uuid>)) -> Result<()> {
    if store::scim_users::is_taken(tx, place, (user, but)).await? {
        let taken = ScimKind::Uniqueness.because("another user has the userName or externalId");
        return Err(taken.into());
    }
    Ok(())
}

async fn found(db: &impl Reads, place: (Uuid, Uuid), user: Uuid) -> Result<KeptUser> {
    let found = store::scim_users::find(db, place, user).await?;
    found.ok_or_else(|| super::no_user(user))
}

/// The primary admin may be a directory's, but it takes nothing from him.
fn unless_primary(team: &Team, user: Uuid) -> Result<()> {
    if team.primary_admin_user_id == user {
        return Err(Error::Refused(Reason::PrimaryAdminProtected));
    }
    Ok(())
}

const fn made(origin: &Origin, now: Time) -> Made<'_> {
    Made {
        by: origin,
        at: now,
    }
}
