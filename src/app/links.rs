//! What the person does who holds a mailed link. The token is the authority.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Caller, Context, admission,
    authority::Place,
    calls::once,
    no_invitation, no_team, resends,
    revocations::{self, Ending},
};
use crate::{
    clock::Time,
    domain::{
        events::EventType,
        invitations::{Invitation, Step},
        letters::LetterKind,
        members::{Member, SeenMember},
        roles::Role,
        teams::Team,
        tokens::LinkToken,
        users::User,
    },
    error::{Error, Reason, Result},
    store::{self, Reads, Tx, tokens::Presented},
};

/// What a link offers.
pub struct Offer {
    /// The team's name.
    pub team_display_name: String,
    /// The name of the person who invites, if a person does.
    pub inviter: Option<String>,
    /// The role that waits.
    pub role: Role,
    /// Until when it is good.
    pub expire_time: Time,
}

/// Tells what a link offers; consumes nothing.
///
/// # Errors
/// `INVITATION_NOT_FOUND`, `INVITATION_SUPERSEDED`, `_ACCEPTED`, `_REVOKED`, `_DECLINED`, `_EXPIRED`.
pub async fn peek(ctx: &Context, caller: &Caller, token: &LinkToken) -> Result<Offer> {
    let now = ctx.clock.now();
    let presented = present((ctx, caller), &ctx.store, token).await?;
    presented.invitation.peek(presented.number, now)?;
    let team = super::team(ctx, presented.invitation.team_id).await?;
    let member = store::members::find(&ctx.store, &team, presented.invitation.user_id)
        .await?
        .ok_or_else(|| Error::internal("an invitation without a member"))?;
    let inviter = match presented.invitation.inviter_user_id {
        None => None,
        Some(inviter) => store::users::by_id(&ctx.store, inviter).await?,
    };
    Ok(Offer {
        inviter: inviter
            .filter(|inviter| inviter.delete_time.is_none())
            .as_ref()
            .map(User::full_name),
        team_display_name: team.settings.display_name.as_str().to_owned(),
        role: member.role,
        expire_time: presented.invitation.expire_time,
    })
}

/// Joins the team and enables the account; whether that was done before.
///
/// # Errors
/// `INVITATION_NOT_FOUND`, `INVITATION_SUPERSEDED`, `_REVOKED`, `_DECLINED`, `_EXPIRED`, `INVITER_LOST_AUTHORITY`.
pub async fn accept<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    token: &LinkToken,
    show: impl Fn((SeenMember, Step), Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let Presented { invitation, number } = present((ctx, call.caller()), &ctx.store, token).await?;
    // A dead link is refused like one that never was: after the same statements.
    invitation.accept(number, now)?;
    let team_id = invitation.team_id;
    once(ctx, (call, Place::Link, now), show, |tx| async move {
        let tx = &tx;
        let team = team_of_link(tx, team_id).await?;
        let Presented { invitation, number } = present((ctx, call.caller()), tx, token).await?;

        let step = invitation.accept(number, now)?;
        if step == Step::Take {
            let offer = (invitation.user_id, invitation.inviter_user_id);
            if !admission::not_granted(tx, &team, &[offer])
                .await?
                .is_empty()
            {
                return Err(Error::Refused(Reason::InviterLostAuthority));
            }
        }

        if step == Step::Take {
            let user = invitation.user_id;
            store::outbox::cancel(tx, &[invitation.id], now).await?;
            store::invitations::accept(tx, invitation.id, number, now).await?;
            store::tokens::settle(tx, &[invitation.id], now).await?;
            store::invitations::cancel_delivery(tx, &[invitation.id]).await?;
            // The account before its memberships: the order in which everybody locks them.
            store::users::verify(tx, &[user], now).await?;
            store::standing_changes::activate(tx, team.id, &[user], now).await?;
            let joined = (&team, &[invitation.id][..]);
            let made = call.made(now);
            store::events::append_of_invitations(tx, EventType::MemberJoined, joined, made).await?;
        }
        let member = store::members::find(tx, &team, invitation.user_id)
            .await?
            .ok_or_else(|| Error::internal("an invitation without a member"))?;
        Ok((shown(member, &invitation), step))
    })
    .await
}

/// Who accepted is shown whole; to whoever comes with an old link later, nothing of what became of the account since.
fn shown(member: Member, invitation: &Invitation) -> SeenMember {
    if invitation
        .settle_time
        .is_none_or(|then| member.user.update_time <= then)
    {
        SeenMember::by_team(member)
    } else {
        SeenMember::trace(member)
    }
}

/// Says no.
///
/// # Errors
/// `INVITATION_NOT_FOUND`, `INVITATION_SUPERSEDED`, `_ACCEPTED`, `_REVOKED`, `_EXPIRED`, `PRIMARY_ADMIN_PROTECTED`.
pub async fn decline<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    token: &LinkToken,
    show: impl Fn((), Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let Presented { invitation, number } = present((ctx, call.caller()), &ctx.store, token).await?;
    // Whether it is the primary admin's is asked where his team is locked.
    invitation.decline(number, false, now)?;
    let team_id = invitation.team_id;
    once(ctx, (call, Place::Link, now), show, |tx| async move {
        let tx = &tx;
        let team = team_of_link(tx, team_id).await?;
        let Presented { invitation, number } = present((ctx, call.caller()), tx, token).await?;
        let is_primary = invitation.user_id == team.primary_admin_user_id;
        if invitation.decline(number, is_primary, now)? == Step::Take {
            let how = (Ending::Declined, call.made(now));
            revocations::end(tx, &team, &[&invitation], how).await?;
        }
        Ok(())
    })
    .await
}

/// Mails a new link to the address on record, if the old one is expired or superseded and may be replaced. The caller
/// learns nothing of that.
///
/// # Errors
/// Only what has nothing to do with the link.
pub async fn request_new<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    token: &LinkToken,
    show: impl Fn((), Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let team_id = match present((ctx, call.caller()), &ctx.store, token).await {
        Ok(presented) => Some(presented.invitation.team_id),
        Err(Error::NotFound(_)) => None,
        Err(error) => return Err(error),
    };
    once(ctx, (call, Place::Link, now), show, |tx| async move {
        let tx = &tx;
        let Some(team_id) = team_id else {
            return Ok(());
        };
        let team = team_of_link(tx, team_id).await?;
        let Presented { invitation, number } = match present((ctx, call.caller()), tx, token).await
        {
            Ok(presented) => presented,
            // Its time to be told from one that never was has just ended.
            Err(Error::NotFound(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        let still_good = invitation.peek(number, now).is_ok();
        if !still_good {
            // Whether it was resent or refused is nobody's to know who holds a dead link.
            let work = (&[invitation][..], LetterKind::NewLink, call.made(now));
            let _ = resends::resend(ctx, tx, (&team, None), work).await?;
        }
        Ok(())
    })
    .await
}

/// Locked. A deleted team has no link that is good for anything, and each says of itself how it ended.
async fn team_of_link(tx: &Tx, id: Uuid) -> Result<Team> {
    let team = store::teams::lock_past_or_present(tx, id).await?;
    team.ok_or_else(|| no_team(id))
}

async fn present(
    (ctx, caller): (&Context, &Caller),
    db: &impl Reads,
    token: &LinkToken,
) -> Result<Presented> {
    let hashes = ctx.secrets.token_hashes(token.bytes());
    let found = store::tokens::find(db, &hashes).await?;
    // A key of one team sees no other's links.
    let seen = |found: &Presented| {
        let team = found.invitation.team_id;
        caller.team_id.is_none_or(|own| own == team)
    };
    found
        .filter(seen)
        .ok_or_else(|| no_invitation("the link's"))
}
