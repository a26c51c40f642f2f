//! Taking invitations back: one, many, or all of an import.

use std::collections::HashMap;

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Context,
    authority::{self, Place},
    calls::once,
    invitations, no_import, no_invitation,
};
use crate::{
    clock::Time,
    domain::{
        events::EventType,
        invitations::{Invitation, Settlement, ShownInvitation, Step},
        members::Removal,
        permissions::Power,
        teams::Team,
    },
    error::{Error, Reason, Result},
    store::{self, Tx, events::Made},
};

/// Revokes one invitation.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `INVITATION_NOT_FOUND`, `INVITATION_ACCEPTED`, `INVITATION_DECLINED`, `PRIMARY_ADMIN_PROTECTED`,
/// `ETAG_MISMATCH`.
pub async fn one<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (team_id, id): (Uuid, Uuid),
    show: impl Fn(ShownInvitation, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(
        ctx,
        (call, Place::Team(team_id), now),
        show,
        |tx| async move {
            let tx = &tx;
            let (team, power) = authority::enter(tx, call.caller(), team_id).await?;
            let invitation = store::invitations::by_id(tx, team.id, id)
                .await?
                .ok_or_else(|| no_invitation(id))?;
            invitations::unchanged(tx, call, &team, id).await?;
            let answers = revoke_all(tx, (&team, &power), &[&invitation], call.made(now)).await?;
            answers.into_values().collect::<Result<()>>()?;
            let shown = invitations::show(tx, &team, id).await?;
            Ok(invitations::seen(call.caller(), shown))
        },
    )
    .await
}

/// Revokes many invitations; why each one was not, in the order asked.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`.
pub async fn many<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (team_id, ids): (Uuid, &[Uuid]),
    show: impl Fn(Vec<Option<Reason>>, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(
        ctx,
        (call, Place::Team(team_id), now),
        show,
        |tx| async move {
            let tx = &tx;
            let (team, power) = authority::enter(tx, call.caller(), team_id).await?;
            let found = store::invitations::by_ids(tx, team.id, ids).await?;
            let found: Vec<&Invitation> = found.values().collect();
            let answers = revoke_all(tx, (&team, &power), &found, call.made(now)).await?;
            ids.iter()
                .map(|id| match answers.get(id) {
                    None => Ok(Some(Reason::InvitationNotFound)),
                    Some(answer) => reason(answer),
                })
                .collect()
        },
    )
    .await
}

/// What taking an import back did.
#[derive(Debug)]
pub struct TakenBack {
    /// Its open invitations, by id, and why each one was not revoked.
    pub invitations: Vec<(Uuid, Option<Reason>)>,
    /// People whom it made members at once, and who still are.
    pub members: Vec<Uuid>,
}

/// Revokes the open invitations that an import opened last.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `IMPORT_NOT_FOUND`.
pub async fn of_import<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (team_id, import): (Uuid, &str),
    show: impl Fn(TakenBack, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(
        ctx,
        (call, Place::Team(team_id), now),
        show,
        |tx| async move {
            let tx = &tx;
            let (team, power) = authority::enter(tx, call.caller(), team_id).await?;
            if store::imports::find(tx, team.id, import).await?.is_none() {
                return Err(no_import(import));
            }
            let open = store::invitations::open_of_import(tx, team.id, import).await?;
            let all: Vec<&Invitation> = open.iter().collect();
            let answers = revoke_all(tx, (&team, &power), &all, call.made(now)).await?;
            let at_once = store::import_results::added_users(tx, team.id, import).await?;
            Ok(TakenBack {
                invitations: open
                    .iter()
                    .map(|one| Ok((one.id, reason(answers.get(&one.id).unwrap_or(&Ok(())))?)))
                    .collect::<Result<_>>()?,
                members: store::members::active_of(tx, team.id, &at_once).await?,
            })
        },
    )
    .await
}

/// Revokes what may be, and answers for each.
async fn revoke_all(
    tx: &Tx,
    (team, power): (&Team, &Power),
    invitations: &[&Invitation],
    made: Made<'_>,
) -> Result<HashMap<Uuid, Result<()>>> {
    let people: Vec<Uuid> = invitations.iter().map(|one| one.user_id).collect();
    let roles = store::members::roles(tx, team, &people).await?;
    let mut ending = Vec::new();
    let mut answers = HashMap::new();
    for invitation in invitations.iter().copied() {
        let is_primary = invitation.user_id == team.primary_admin_user_id;
        let step = invitation.revoke(is_primary, made.at).and_then(|step| {
            if let Some(role) = roles.get(&invitation.user_id) {
                power.remove(*role, team.id)?;
            }
            Ok(step)
        });
        let answer = step.map(|step| {
            if step == Step::Take {
                ending.push(invitation);
            }
        });
        answers.insert(invitation.id, answer);
    }
    end(tx, team, &ending, (Ending::Revoked, made)).await?;
    Ok(answers)
}

/// The reason of a refusal that stops one invitation of many, not the others.
fn reason(answer: &Result<()>) -> Result<Option<Reason>> {
    match answer {
        Ok(()) => Ok(None),
        Err(Error::Refused(reason)) => Ok(Some(*reason)),
        Err(Error::Denied(_)) => Ok(Some(Reason::PermissionMissing)),
        Err(other) => Err(Error::internal(format!("a revocation answered {other}"))),
    }
}

/// How an invitation ends without a member.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    /// The person declined.
    Declined,
    /// It was taken back.
    Revoked,
    /// The address was somebody else's.
    Corrected,
}

/// Ends open invitations with their memberships, letters and tokens. The caller holds the team's lock.
pub(super) async fn end(
    tx: &Tx,
    team: &Team,
    invitations: &[&Invitation],
    (ending, made): (Ending, Made<'_>),
) -> Result<()> {
    let now = made.at;
    let (settlement, removal) = match ending {
        Ending::Declined => (Settlement::Declined, Removal::Declined),
        Ending::Revoked => (Settlement::Revoked, Removal::Revoked),
        Ending::Corrected => (Settlement::Revoked, Removal::Corrected),
    };
    let ids: Vec<Uuid> = invitations.iter().map(|one| one.id).collect();
    let users: Vec<Uuid> = invitations.iter().map(|one| one.user_id).collect();
    store::outbox::cancel(tx, &ids, now).await?;
    store::invitations::settle(tx, &ids, settlement, now).await?;
    store::tokens::settle(tx, &ids, now).await?;
    store::invitations::cancel_delivery(tx, &ids).await?;
    store::members::end_invited(tx, team, &users, removal, now).await?;
    store::events::append_of_invitations(tx, EventType::MemberRemoved, (team, &ids), made).await
}
