//! What a directory says of one of its users by SCIM: each call is a sync of one person.

use uuid::Uuid;

use super::{
    super::{
        Context,
        directories::syncs::{Manner, apply},
        no_user,
    },
    Visitor, enter, made,
};
use crate::{
    domain::{
        directories::Directory,
        scim::{Condition, KeptUser, ScimUser},
        syncs::{Entry, Said, SyncMode, SyncOutcome, SyncResult, Wanted},
        teams::Team,
        texts::ExternalId,
    },
    error::{Error, Reason, Result, ScimKind},
    ids,
    store::{self, Reads, Tx, events::Made},
};

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
    store::scim::users::page(&ctx.store, place, condition, range).await
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

        let key = user.external_id.clone();
        let key = &key.unwrap_or_else(|| ExternalId::none(ids::new(now)));
        let parties = (&team, &visitor.directory);
        let said = (said(key, user), key.clone());
        let result = sync(ctx, tx, parties, said, made(origin, now)).await?;
        let id = result
            .user_id
            .ok_or_else(|| Error::internal("nobody came"))?;
        if user.display_name.is_some() {
            store::scim::users::rename(tx, place, (id, key.as_str(), user), now).await?;
        }
        found(tx, place, id).await
    };
    ctx.store.write(work).await
}

/// Changes a user into what `change` makes of him. What he is already is no change.
///
/// # Errors
/// `USER_NOT_FOUND`, those of `change`, `uniqueness`, `EMAIL_MISMATCH`, `EMAIL_TAKEN`, `PRIMARY_ADMIN_PROTECTED`,
/// `DIRECTORY_ENTITLEMENT_MISSING`, `CREDENTIAL_INVALID`.
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

        let key = key(&kept, user)?;
        let is_same = kept.key == key.as_str()
            && kept.user_name == user.user_name
            && kept.display_name == user.display_name
            && kept.active == user.active;
        if !is_same {
            store::scim::users::rename(tx, place, (id, key.as_str(), user), now).await?;
        }
        let parties = (&team, &visitor.directory);
        sync(ctx, tx, parties, (said(&key, user), key), made(origin, now)).await?;
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

        let key = ExternalId::kept(&kept.key)?;
        let parties = (&team, &visitor.directory);
        sync(ctx, tx, parties, (Said::Gone, key), made(origin, now)).await?;
        Ok(())
    };
    ctx.store.write(work).await
}

/// A delta of one entry: the same as a sync that came over the other door.
async fn sync(
    ctx: &Context,
    tx: &Tx,
    parties: (&Team, &Directory),
    (said, key): (Said, ExternalId),
    made: Made<'_>,
) -> Result<SyncResult> {
    let entries = [Entry {
        external_id: Some(key),
        said,
    }];
    let manner = Manner {
        mode: SyncMode::Delta,
        removal_guard_override: false,
    };
    let applied = apply(ctx, tx, parties, (&entries, manner), made).await?;
    let mut results = applied.results;
    let result = results.pop();
    let result = result.ok_or_else(|| Error::internal("an entry had no result"))?;
    done(result.outcome)?;
    result.refused.map_or(Ok(()), done)?;
    Ok(result)
}

/// The refusals of a sync, which undo everything.
fn done(outcome: SyncOutcome) -> Result<()> {
    let reason = match outcome {
        SyncOutcome::Unchanged
        | SyncOutcome::Added
        | SyncOutcome::Joined
        | SyncOutcome::Revived
        | SyncOutcome::TakenOver
        | SyncOutcome::Updated
        | SyncOutcome::Disabled
        | SyncOutcome::Enabled
        | SyncOutcome::Removed => return Ok(()),
        SyncOutcome::EmailMismatch => Reason::EmailMismatch,
        SyncOutcome::EmailTaken => Reason::EmailTaken,
        SyncOutcome::DomainRefused => Reason::DomainRefused,
        SyncOutcome::NoSeat => Reason::NoSeat,
        SyncOutcome::UserDisabled => Reason::UserDisabled,
        SyncOutcome::PrimaryAdminProtected => Reason::PrimaryAdminProtected,
        SyncOutcome::Invalid | SyncOutcome::Duplicate => {
            return Err(Error::internal("a checked entry was judged again"));
        }
    };
    Err(Error::Refused(reason))
}

fn said(key: &ExternalId, user: &ScimUser) -> Said {
    Said::Person(Box::new(Wanted {
        external_id: key.clone(),
        user_name: user.user_name.clone(),
        email: user.email.clone(),
        given_name: user.given_name.clone(),
        family_name: user.family_name.clone(),
        is_active: user.active,
    }))
}

/// By which id the directory has a user from now on: the one that it gives, or what stands for none.
fn key(kept: &KeptUser, user: &ScimUser) -> Result<ExternalId> {
    match &user.external_id {
        Some(id) => Ok(id.clone()),
        None if kept.external_id.is_none() => ExternalId::kept(&kept.key),
        None => Ok(ExternalId::none(kept.id)),
    }
}

/// That nobody else of the directory has the id or the name.
async fn free(tx: &Tx, place: (Uuid, Uuid), (user, but): (&ScimUser, Option<Uuid>)) -> Result<()> {
    if store::scim::users::is_taken(tx, place, (user, but)).await? {
        let taken = ScimKind::Uniqueness.because("another user has the userName or externalId");
        return Err(taken.into());
    }
    Ok(())
}

async fn found(db: &impl Reads, place: (Uuid, Uuid), user: Uuid) -> Result<KeptUser> {
    let found = store::scim::users::find(db, place, user).await?;
    found.ok_or_else(|| no_user(user))
}
