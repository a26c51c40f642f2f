//! New links for open invitations: one, many, or for the invitee who asks.

use std::collections::{HashMap, HashSet};

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Context, admission,
    authority::{self, Place},
    calls::once,
    invitations,
    letters::{self, Link, Posting},
    limits::Resends,
    no_invitation,
};
use crate::{
    clock::Time,
    domain::{
        admission::Seats,
        events::{EventType, Happening, Payload},
        invitations::{Invitation, ShownInvitation},
        letters::{DeliveryState, LetterKind},
        permissions::Power,
        teams::Team,
        users::User,
    },
    error::{Error, Reason, Result},
    store::{self, Tx, events::Made, invitations::Renewal},
};

/// Resends one invitation.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `INVITATION_NOT_FOUND`, `INVITATION_ACCEPTED`, `INVITATION_DECLINED`, `INVITATION_REVOKED`,
/// `NO_SEAT`, `RESEND_TOO_SOON`, `RESENDS_USED_UP`, `ETAG_MISMATCH`.
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
            let work = (&[invitation][..], LetterKind::NewLink, call.made(now));
            let mut answers = resend(ctx, tx, (&team, Some(&power)), work).await?;
            answers.remove(&id).unwrap_or(Ok(()))?;
            invitations::show(tx, &team, id).await
        },
    )
    .await
}

/// Resends many invitations; why each one was not, in the order asked.
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
            let mut found = store::invitations::by_ids(tx, team.id, ids).await?;
            let mut seen = HashSet::new();
            // Asked order decides who gets the last seats.
            let wanted: Vec<Invitation> = ids
                .iter()
                .filter(|id| seen.insert(**id))
                .filter_map(|id| found.remove(id))
                .collect();
            let work = (&wanted[..], LetterKind::NewLink, call.made(now));
            let answers = resend(ctx, tx, (&team, Some(&power)), work).await?;
            ids.iter()
                .map(|id| match answers.get(id) {
                    None => Ok(Some(Reason::InvitationNotFound)),
                    Some(Ok(())) => Ok(None),
                    Some(Err(error)) => refusal(error).map(Some),
                })
                .collect()
        },
    )
    .await
}

/// The reason of a refusal that stops one invitation of many, not the others.
fn refusal(error: &Error) -> Result<Reason> {
    match error {
        Error::Refused(reason) | Error::Exhausted(reason, _) => Ok(*reason),
        Error::Denied(_) => Ok(Reason::PermissionMissing),
        other => Err(Error::internal(format!("a resend answered {other}"))),
    }
}

/// Gives invitations new links and letters, set by set; the answer for each. Whoever resends with a power of his own is
/// the inviter from then on. The caller holds the team's lock.
pub(super) async fn resend(
    ctx: &Context,
    tx: &Tx,
    (team, power): (&Team, Option<&Power>),
    (invitations, kind, made): (&[Invitation], LetterKind, Made<'_>),
) -> Result<HashMap<Uuid, Result<()>>> {
    let now = made.at;
    let ids: Vec<Uuid> = invitations.iter().map(|one| one.id).collect();
    let resends = Resends::load(tx, &ids, now).await?;
    let wants_seat = invitations.iter().any(|one| now >= one.expire_time);
    let mut seats = if wants_seat {
        admission::seats(tx, team, now).await?
    } else {
        Seats::unlimited()
    };
    let people: Vec<Uuid> = invitations.iter().map(|one| one.user_id).collect();
    let mut languages = languages(tx, &people).await?;
    let roles = store::members::roles(tx, team, &people).await?;
    let custom = store::member_roles::permissions_of(tx, team.id, &people).await?;

    let mut renewed = Vec::new();
    let mut postings = Vec::new();
    let mut answers = HashMap::with_capacity(invitations.len());
    for invitation in invitations {
        let decision = invitation.resend(now).and_then(|needs_seat| {
            if let (Some(power), Some(role)) = (power, roles.get(&invitation.user_id)) {
                power.grant(*role, team.id)?;
                // A correction gives somebody else what waits for the person.
                let held = custom.get(&invitation.user_id);
                power.require_all(held.map_or(&[], Vec::as_slice), team.id)?;
            }
            resends.allow(ctx, invitation, now)?;
            let is_primary = invitation.user_id == team.primary_admin_user_id;
            if needs_seat && !is_primary && !seats.take() {
                return Err(Error::Refused(Reason::NoSeat));
            }
            Ok(())
        });
        if decision.is_ok() {
            renewed.push(invitation.id);
            postings.push(Posting {
                kind,
                team_id: team.id,
                user_id: invitation.user_id,
                inviter_user_id: power.map_or(invitation.inviter_user_id, Power::person),
                link: Some(Link {
                    invitation_id: invitation.id,
                    number: invitation.send_count + 1,
                }),
                import_id: None,
                language: languages
                    .remove(&invitation.user_id)
                    .flatten()
                    .unwrap_or_else(|| team.settings.default_language.as_str().to_owned()),
                held: false,
            });
        }
        answers.insert(invitation.id, decision);
    }

    store::outbox::cancel(tx, &renewed, now).await?;
    let renewal = Renewal {
        expire_time: Some(now + team.settings.invitation_ttl.delta()),
        delivery_state: DeliveryState::Queued,
        import_id: None,
        inviter_user_id: power.map(Power::person),
    };
    store::invitations::renew(tx, &renewed, &renewal).await?;
    letters::post(ctx, tx, postings, now).await?;
    let resent = (team, &renewed[..]);
    store::events::append_of_invitations(tx, EventType::InvitationResent, resent, made).await?;
    Ok(answers)
}

/// Gives a person's open invitations in these teams new links, for the address that he has from now on, so that the old ones
/// are nobody's who reads the mailbox that he left. Neither their time nor who offers them changes, and no limit refuses it. What
/// is past its time has no link that opens anything, and what is held has none that was mailed.
/// The caller holds the locks of the teams and of the account.
pub(super) async fn follow(
    ctx: &Context,
    tx: &Tx,
    (user, teams): (&User, &[Team]),
    made: Made<'_>,
) -> Result<()> {
    let now = made.at;
    let team_ids: Vec<Uuid> = teams.iter().map(|team| team.id).collect();
    let mut open = store::erasures::open_invitations(tx, user.id, &team_ids).await?;
    open.retain(|one| now < one.expire_time && one.delivery_state != DeliveryState::Held);
    open.sort_by_key(|one| one.team_id);
    let team_languages: HashMap<Uuid, &str> = teams
        .iter()
        .map(|team| (team.id, team.settings.default_language.as_str()))
        .collect();

    let mut postings = Vec::with_capacity(open.len());
    let mut events = Vec::with_capacity(open.len());
    for invitation in &open {
        let number = invitation.send_count + 1;
        let own = user.language.as_deref();
        let language = own.or_else(|| team_languages.get(&invitation.team_id).copied());
        postings.push(Posting {
            kind: LetterKind::Invitation,
            team_id: invitation.team_id,
            user_id: user.id,
            inviter_user_id: invitation.inviter_user_id,
            link: Some(Link {
                invitation_id: invitation.id,
                number,
            }),
            import_id: None,
            language: language.unwrap_or_default().to_owned(),
            held: false,
        });
        events.push(Happening {
            event_type: EventType::InvitationResent,
            team_id: Some(invitation.team_id),
            user_id: Some(user.id),
            payload: Payload::Invitation(invitation.id, number),
        });
    }

    let ids: Vec<Uuid> = open.iter().map(|one| one.id).collect();
    store::outbox::cancel(tx, &ids, now).await?;
    let renewal = Renewal {
        expire_time: None,
        delivery_state: DeliveryState::Queued,
        import_id: None,
        inviter_user_id: None,
    };
    store::invitations::renew(tx, &ids, &renewal).await?;
    letters::post(ctx, tx, postings, now).await?;
    store::events::append(tx, &events, made).await
}

async fn languages(tx: &Tx, users: &[Uuid]) -> Result<HashMap<Uuid, Option<String>>> {
    Ok(store::users::by_ids(tx, users)
        .await?
        .into_iter()
        .map(|user| (user.id, user.language))
        .collect())
}
