//! What a directory changes of people whom it manages: names, addresses, whether it lets them in.

use uuid::Uuid;

use super::unless_primary;
use crate::{
    app::{members, no_member, team_domains::is_own, users},
    domain::{
        email::Email,
        events::EventType,
        scim::{KeptUser, ScimUser},
        teams::Team,
        users::{ProfileChanges, User},
    },
    error::{Error, Reason, Result},
    store::{self, Tx, events::Made, users::Hold},
};

/// Gives the account of a managed person the names and the address of the directory. An address moves only to one that is
/// nobody's: within the domains that the team has verified, or, while nobody has ever proved to be the person and no other
/// team has him, anywhere.
///
/// # Errors
/// `EMAIL_MISMATCH`, `EMAIL_TAKEN`, `USER_DISABLED`.
pub(super) async fn account(
    tx: &Tx,
    team: &Team,
    (kept, user): (&KeptUser, &ScimUser),
    made: Made<'_>,
) -> Result<()> {
    let current = Email::parse("email", &kept.email).map_err(|broken| Error::kept(&broken))?;
    let mut normals = vec![current.normal()];
    if user.email.normal() != current.normal() {
        normals.push(user.email.normal());
    }
    normals.sort_unstable();
    let holders = store::users::lock_by_emails(tx, &normals, Hold::Change).await?;
    // It was read before it was locked.
    let is_his = |(normal, one): &&(String, User)| normal == current.normal() && one.id == kept.id;
    let (_, account) = holders.iter().find(is_his).ok_or(Error::Conflict)?;
    let is_proven = is_own(tx, team, &user.email).await?;
    names(tx, team, (account, user, is_proven), made).await?;
    if user.email.normal() == current.normal() {
        return Ok(());
    }

    account.undisabled()?;
    let is_free = account.verify_time.is_none()
        && !store::members::is_elsewhere(tx, team.id, account.id).await?;
    if !is_proven && !is_free {
        return Err(Error::Refused(Reason::EmailMismatch));
    }
    if holders.len() > 1 {
        return Err(Error::Refused(Reason::EmailTaken));
    }
    if account.verify_time.is_some() {
        store::users::switch_email(tx, account.id, &user.email, made.at).await?;
    } else {
        store::users::set_email(tx, account.id, &user.email, made.at).await?;
        if is_proven {
            store::users::verify(tx, &[account.id], made.at).await?;
        }
    }
    let event = users::updated(account.id, Some(team.id), &["email"]);
    store::events::append(tx, &[event], made).await
}

/// Gives an account the names of the directory, unless other teams have the person and the directory cannot know him.
pub(super) async fn names(
    tx: &Tx,
    team: &Team,
    (account, user, is_proven): (&User, &ScimUser, bool),
    made: Made<'_>,
) -> Result<()> {
    let changes = ProfileChanges {
        given_name: Some(user.given_name.clone()),
        family_name: Some(user.family_name.clone()),
        ..ProfileChanges::default()
    };
    let fields = changes.of(account);
    if fields.is_empty() {
        return Ok(());
    }
    if !is_proven && store::members::is_elsewhere(tx, team.id, account.id).await? {
        return Ok(());
    }
    if store::users::update(tx, account.id, &changes, made.at).await? {
        let event = users::updated(account.id, Some(team.id), &fields);
        store::events::append(tx, &[event], made).await?;
    }
    Ok(())
}

/// Lets a person in, or keeps him out; whether an admin keeps him out besides is the admin's. What is so already is no change.
///
/// # Errors
/// `PRIMARY_ADMIN_PROTECTED`.
pub(super) async fn activate(
    tx: &Tx,
    team: &Team,
    (user, active): (Uuid, bool),
    made: Made<'_>,
) -> Result<()> {
    if !active {
        unless_primary(team, user)?;
    }
    if !store::scim_users::set_active(tx, team, (user, active)).await? {
        return Ok(());
    }
    let member = store::members::find(tx, team, user).await?;
    let member = member.ok_or_else(|| no_member(user))?;
    let event_type = if active {
        EventType::MemberEnabled
    } else {
        EventType::MemberDisabled
    };
    let event = members::happened(&member, event_type, &[]);
    store::events::append(tx, &[event], made).await
}
