//! Inviting one person, and looking at invitations.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Caller, Context,
    admission::{self, Admitted, Candidate, Terms},
    authority::{self, Place},
    calls::once,
    limits, no_invitation,
};
use crate::{
    clock::Time,
    domain::{
        email::Email,
        imports::Outcome,
        invitations::{InvitationFilter, Settlement, ShownInvitation},
        members::{Member, Source},
        pages::{Page, Position},
        roles::Role,
        teams::Team,
        users::Profile,
    },
    error::{Error, Reason, Result},
    ids,
    store::{self, Reads, Tx},
};

/// Invite somebody by hand.
pub struct Create {
    /// The team.
    pub team_id: Uuid,
    /// The address.
    pub email: Email,
    /// The account, if the address has none.
    pub profile: Profile,
    /// The role.
    pub role: Role,
}

/// Somebody who was admitted, or was in already.
pub struct Entered {
    /// What was done.
    pub outcome: Outcome,
    /// The person in the team; nobody if a rehearsal would have to make or change him.
    pub member: Option<Member>,
}

/// Invites one person: a set of one.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `DOMAIN_REFUSED`, `NO_SEAT`, `INVITATIONS_USED_UP`.
pub async fn create<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    command: &Create,
    show: impl Fn(Entered, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let place = Place::Team(command.team_id);
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let (team, power) = authority::enter(tx, call.caller(), command.team_id).await?;
        power.grant(command.role, team.id)?;
        let terms = &Terms {
            role: command.role,
            source: Source::Manual,
            inviter_user_id: power.person(),
            reaches_primary: power.reaches_primary(),
            import_id: None,
            language: None,
            hold_letters: false,
        };
        let candidates = [Candidate {
            email: command.email.clone(),
            profile: command.profile.clone(),
            id_if_new: ids::new(now),
            is_proven: false,
        }];
        let plan = admission::plan(tx, &team, terms, (&candidates, now)).await?;

        if plan.decisions().any(admission::writes) {
            limits::single_invitation(ctx, tx, team.id, now).await?;
        }

        let work = (&candidates[..], &plan, call.made(now));
        let admitted = admission::carry_out(ctx, tx, (&team, terms), work).await?;
        entered(tx, call, &team, &admitted).await
    })
    .await
}

/// The answer about a set of one: a refusal is an error here, and undoes everything.
pub(super) async fn entered(
    tx: &Tx,
    call: &Call,
    team: &Team,
    admitted: &[Admitted],
) -> Result<Entered> {
    let [one] = admitted else {
        return Err(Error::internal("a set of one had not one answer"));
    };
    let user = match (one.outcome, one.user_id) {
        (Outcome::DomainRefused, _) => return Err(Error::Refused(Reason::DomainRefused)),
        (Outcome::NoSeat, _) => return Err(Error::Refused(Reason::NoSeat)),
        (Outcome::RejoinRefused, _) => return Err(Error::Refused(Reason::RejoinRefused)),
        (_, Some(user)) => user,
        (_, None) => return Err(Error::internal("an admitted person without an account")),
    };
    let member = store::members::find(tx, team, user)
        .await?
        .ok_or_else(|| Error::internal("an admitted person without a membership"))?;
    let stays = matches!(
        one.outcome,
        Outcome::AlreadyMember | Outcome::AlreadyInvited
    );
    Ok(Entered {
        outcome: one.outcome,
        member: (stays || !call.is_rehearsal()).then_some(member),
    })
}

/// One invitation.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `INVITATION_NOT_FOUND`.
pub async fn get(
    ctx: &Context,
    caller: &Caller,
    (team_id, id): (Uuid, Uuid),
) -> Result<ShownInvitation> {
    let team = authority::look(ctx, caller, (team_id, None)).await?;
    Ok(seen(caller, show(&ctx.store, &team, id).await?))
}

/// An invitation as the caller sees it. Of somebody who said no, or whose invitation was taken back, the address may have become
/// another one since, which is the operator's to see.
pub(super) fn seen(caller: &Caller, shown: ShownInvitation) -> ShownInvitation {
    match shown.invitation.settlement {
        Some(Settlement::Declined | Settlement::Revoked) if !caller.is_operator() => {
            ShownInvitation {
                email: String::new(),
                ..shown
            }
        }
        Some(Settlement::Accepted | Settlement::Declined | Settlement::Revoked) | None => shown,
    }
}

/// One invitation as it stands now.
pub(super) async fn show(db: &impl Reads, team: &Team, id: Uuid) -> Result<ShownInvitation> {
    let found = store::invitations::by_id(db, team.id, id).await?;
    let shown = store::invitations::show(db, team, found.into_iter().collect()).await?;
    shown.into_iter().next().ok_or_else(|| no_invitation(id))
}

/// Whether an invitation is what the caller read.
///
/// # Errors
/// `ETAG_MISMATCH`.
pub(super) async fn unchanged(tx: &Tx, call: &Call, team: &Team, id: Uuid) -> Result<()> {
    if call.is_conditional() {
        call.expect(&show(tx, team, id).await?.etag())?;
    }
    Ok(())
}

/// A page of a team's invitations.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`.
pub async fn list(
    ctx: &Context,
    caller: &Caller,
    (team_id, filter): (Uuid, &InvitationFilter),
    (after, size): (Option<Position>, u64),
) -> Result<Page<ShownInvitation>> {
    let now = ctx.clock.now();
    let team = authority::look(ctx, caller, (team_id, None)).await?;
    let page = store::lists::invitations(&ctx.store, &team, filter, (after, size, now)).await?;
    Ok(page.map(|shown| seen(caller, shown)))
}
