//! Taking invitations back: one, many, or all of an import.

use std::collections::HashMap;

use prost::Message;
use uuid::Uuid;

use super::{Call, Context, calls::once, invitations, lock_team, no_import, no_invitation};
use crate::{
    clock::Time,
    domain::{
        events::EventType,
        invitations::{Invitation, Settlement, ShownInvitation, Step},
        members::Removal,
        teams::Team,
    },
    error::{Error, Reason, Result},
    store::{self, Tx, events::Made},
};

/// Revokes one invitation.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `INVITATION_NOT_FOUND`, `INVITATION_ACCEPTED`, `INVITATION_DECLINED`, `PRIMARY_ADMIN_PROTECTED`,
/// `ETAG_MISMATCH`.
pub async fn one<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (team_id, id): (Uuid, Uuid),
    show: impl Fn(ShownInvitation, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, now), show, |tx| async move {
        let tx = &tx;
        let team = lock_team(tx, team_id).await?;
        let invitation = store::invitations::by_id(tx, team.id, id)
            .await?
            .ok_or_else(|| no_invitation(id))?;
        invitations::unchanged(tx, call, &team, id).await?;
        let step = invitation.revoke(is_primary(&team, &invitation), now)?;
        if step == Step::Take {
            let how = (Ending::Revoked, call.made(now));
            end(tx, &team, &[&invitation], how).await?;
        }
        invitations::show(tx, &team, id).await
    })
    .await
}

/// Revokes many invitations; why each one was not, in the order asked.
///
/// # Errors
/// `TEAM_NOT_FOUND`.
pub async fn many<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (team_id, ids): (Uuid, &[Uuid]),
    show: impl Fn(Vec<Option<Reason>>, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, now), show, |tx| async move {
        let tx = &tx;
        let team = lock_team(tx, team_id).await?;
        let found = store::invitations::by_ids(tx, team.id, ids).await?;
        let answers = revoke_all(tx, &team, found.values(), call.made(now)).await?;
        Ok(ids
            .iter()
            .map(|id| {
                answers
                    .get(id)
                    .copied()
                    .unwrap_or(Some(Reason::InvitationNotFound))
            })
            .collect())
    })
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
/// `TEAM_NOT_FOUND`, `IMPORT_NOT_FOUND`.
pub async fn of_import<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (team_id, import): (Uuid, &str),
    show: impl Fn(TakenBack, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, now), show, |tx| async move {
        let tx = &tx;
        let team = lock_team(tx, team_id).await?;
        if store::imports::find(tx, team.id, import).await?.is_none() {
            return Err(no_import(import));
        }
        let open = store::invitations::open_of_import(tx, team.id, import).await?;
        let answers = revoke_all(tx, &team, open.iter(), call.made(now)).await?;
        let at_once = store::import_results::verified_users(tx, team.id, import).await?;
        Ok(TakenBack {
            invitations: open
                .iter()
                .map(|one| (one.id, answers.get(&one.id).copied().flatten()))
                .collect(),
            members: store::members::active_of(tx, team.id, &at_once).await?,
        })
    })
    .await
}

async fn revoke_all<'a>(
    tx: &Tx,
    team: &Team,
    invitations: impl Iterator<Item = &'a Invitation>,
    made: Made<'_>,
) -> Result<HashMap<Uuid, Option<Reason>>> {
    let mut ending = Vec::new();
    let mut answers = HashMap::new();
    for invitation in invitations {
        let reason = match invitation.revoke(is_primary(team, invitation), made.at) {
            Ok(Step::Take) => {
                ending.push(invitation);
                None
            }
            Ok(Step::Taken) => None,
            Err(Error::Refused(reason)) => Some(reason),
            Err(other) => return Err(other),
        };
        answers.insert(invitation.id, reason);
    }
    end(tx, team, &ending, (Ending::Revoked, made)).await?;
    Ok(answers)
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

fn is_primary(team: &Team, invitation: &Invitation) -> bool {
    invitation.user_id == team.primary_admin_user_id
}
