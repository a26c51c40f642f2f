//! Taking people out of a team: one, many, or oneself.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Context,
    authority::{self, Place},
    calls::once,
    members, no_import,
};
use crate::{
    clock::Time,
    domain::{
        events::EventType,
        imports::ImportId,
        invitations::Settlement,
        members::{MemberFilter, Removal, SeenMember, Source},
        permissions::{Permission, denied},
        removals::{Leaver, MAX_LEAVERS},
        teams::Team,
    },
    error::{Error, Reason, Result},
    store::{self, Tx, events::Made},
};

/// Removes one member.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `MEMBER_NOT_FOUND`, `NOT_A_MEMBER`, `PRIMARY_ADMIN_PROTECTED`, `DIRECTORY_MANAGED`,
/// `ETAG_MISMATCH`.
pub async fn one<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (team_id, user_id): (Uuid, Uuid),
    show: impl Fn(SeenMember, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let place = Place::Team(team_id);
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let (team, power) = authority::enter(tx, call.caller(), team_id).await?;
        let member = members::find(tx, &team, user_id).await?;

        Leaver::from(&member).remove(&power, team.id)?;
        call.expect(&member.etag())?;

        end(tx, &team, &[user_id], (Removal::Removed, call.made(now))).await?;
        let member = members::find(tx, &team, user_id).await?;
        Ok(members::seen(call.caller(), member))
    })
    .await
}

/// Whom a call is to remove.
pub enum Selection {
    /// These people.
    People(Vec<Uuid>),
    /// Whom this finds.
    Filter(Box<MemberFilter>),
    /// Whom this import brought in.
    Import(ImportId),
}

/// What became of people, each with why he was not removed.
pub type Removed = Vec<(Uuid, Option<Reason>)>;

/// Removes many members; a refusal does not stop the others.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `IMPORT_NOT_FOUND`, `BATCH_TOO_LARGE`.
pub async fn many<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (team_id, selection): (Uuid, &Selection),
    show: impl Fn(Removed, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let place = Place::Team(team_id);
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let (team, power) = authority::enter(tx, call.caller(), team_id).await?;
        let selected = select(tx, &team, (selection, now)).await?;

        let mut leaving = Vec::with_capacity(selected.len());
        let mut removed = Vec::with_capacity(selected.len());
        for (user, leaver) in selected {
            let answer = match leaver {
                None => Some(Reason::MemberNotFound),
                Some(leaver) => refusal(leaver.remove(&power, team.id))?,
            };
            if answer.is_none() {
                leaving.push(user);
            }
            removed.push((user, answer));
        }

        end(tx, &team, &leaving, (Removal::Removed, call.made(now))).await?;
        Ok(removed)
    })
    .await
}

/// Everybody who is meant, in order, with what is known of him; nothing of who never was in the team.
async fn select(
    tx: &Tx,
    team: &Team,
    (selection, now): (&Selection, Time),
) -> Result<Vec<(Uuid, Option<Leaver>)>> {
    let selected = match selection {
        Selection::People(users) => {
            let known = store::removals::leavers(tx, team, users).await?;
            let known = users.iter().map(|user| (*user, known.get(user).copied()));
            return Ok(known.collect());
        }
        Selection::Filter(filter) => {
            let size = MAX_LEAVERS as u64 + 1;
            store::lists::leavers(tx, team, filter, (size, now)).await?
        }
        Selection::Import(import) => {
            let import = import.as_str();
            if store::imports::find(tx, team.id, import).await?.is_none() {
                return Err(no_import(import));
            }
            let users = store::import_results::brought_in(tx, team.id, import).await?;
            let known = store::removals::leavers(tx, team, &users).await?;
            // Who came back another way since is not the import's any more.
            let still = |one: &Leaver| one.is_present && one.source == Source::Import;
            let known = users.iter().filter_map(|user| known.get(user).copied());
            known.filter(still).collect()
        }
    };
    if selected.len() > MAX_LEAVERS {
        return Err(Error::Malformed(Reason::BatchTooLarge, Vec::new()));
    }
    let selected = selected.into_iter().map(|one| (one.user_id, Some(one)));
    Ok(selected.collect())
}

/// The reason of a refusal that stops one person of many, not the others.
fn refusal(answer: Result<()>) -> Result<Option<Reason>> {
    match answer {
        Ok(()) => Ok(None),
        Err(Error::Refused(reason)) => Ok(Some(reason)),
        Err(Error::Denied(_)) => Ok(Some(Reason::PermissionMissing)),
        Err(other) => Err(Error::internal(format!("a removal answered {other}"))),
    }
}

/// The person for whom the call is made leaves.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `PRIMARY_ADMIN_PROTECTED`, `DIRECTORY_MANAGED`.
pub async fn leave<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    team_id: Uuid,
    show: impl Fn(SeenMember, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let place = Place::Left(team_id);
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let (team, power) = authority::enter(tx, call.caller(), team_id).await?;
        let user = power
            .person()
            .ok_or_else(|| denied(Permission::TeamLeave, Some(team_id)))?;
        let member = members::find(tx, &team, user).await?;

        Leaver::from(&member).leave()?;

        end(tx, &team, &[user], (Removal::Left, call.made(now))).await?;
        let member = members::find(tx, &team, user).await?;
        Ok(members::seen(call.caller(), member))
    })
    .await
}

/// Ends memberships with all that hangs on them: open invitations and their links, unsent letters, custom roles. The number of
/// statements does not depend on that of people. The caller holds the team's lock.
///
/// # Errors
/// Only the database's.
pub(super) async fn end(
    tx: &Tx,
    team: &Team,
    users: &[Uuid],
    (removal, made): (Removal, Made<'_>),
) -> Result<()> {
    if users.is_empty() {
        return Ok(());
    }
    store::removals::end(tx, team, users, removal, made.at).await?;
    close(tx, team, users, made).await
}

/// What hangs on memberships that have just ended, and their events.
pub(super) async fn close(tx: &Tx, team: &Team, users: &[Uuid], made: Made<'_>) -> Result<()> {
    let now = made.at;
    let open = store::invitations::open_of(tx, team.id, users).await?;
    let ids: Vec<Uuid> = open.values().map(|one| one.id).collect();
    // Before they are settled, so that each event names the invitation that ends with the membership.
    let removed = (team, users, None);
    store::events::append_of_members(tx, EventType::MemberRemoved, removed, made).await?;
    // Letters before invitations: the order in which the relay locks them too. Also those that bring no link: nobody is told
    // that he was added who is gone.
    store::outbox::cancel_of_members(tx, team.id, users, now).await?;
    store::invitations::settle(tx, &ids, Settlement::Revoked, now).await?;
    store::tokens::settle(tx, &ids, now).await?;
    store::invitations::cancel_delivery(tx, &ids).await
}
