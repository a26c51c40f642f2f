//! Correcting the address of somebody who has not accepted yet.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Context,
    admission::{self, Candidate, Terms},
    authority::{self, Place},
    calls::once,
    invitations::{Entered, entered},
    limits::{self, Resends},
    no_member, resends,
    revocations::{self, Ending},
    same_account, teams, users,
};
use crate::{
    clock::Time,
    domain::{
        email::Email,
        events::EventType,
        imports::Outcome,
        invitations::Invitation,
        languages::Language,
        letters::LetterKind,
        members::{Member, MemberState},
        names::PersonName,
        permissions::Power,
        teams::Team,
        users::Profile,
    },
    error::{Error, Reason, Result},
    ids,
    store::{self, Tx, users::Hold},
};

/// Give an invited person another address.
pub struct CorrectEmail {
    /// The team.
    pub team_id: Uuid,
    /// The person.
    pub user_id: Uuid,
    /// The right address.
    pub email: Email,
}

/// Corrects an address: of the account, if nobody else has anything to do with it; else by ending the membership and
/// admitting the right address with the same role.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `MEMBER_NOT_FOUND`, `USER_VERIFIED`, `NOT_A_MEMBER`, `DOMAIN_REFUSED`, `NO_SEAT`,
/// `RESEND_TOO_SOON`, `RESENDS_USED_UP`, `INVITATIONS_USED_UP`, `USER_DISABLED`, `ETAG_MISMATCH`.
pub async fn run<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    command: &CorrectEmail,
    show: impl Fn(Entered, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let place = Place::Team(command.team_id);
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let (team, power) = authority::enter(tx, call.caller(), command.team_id).await?;
        let read = find(tx, &team, command.user_id).await?;
        // First: what became of the account of somebody who left is not the team's to learn.
        if read.state() == MemberState::Removed {
            return Err(Error::Refused(Reason::NotAMember));
        }
        let current =
            Email::parse("email", &read.user.email).map_err(|broken| Error::kept(&broken))?;
        let mut normals = [current.normal(), command.email.normal()];
        normals.sort_unstable();
        let holders = store::users::lock_by_emails(tx, &normals, Hold::Change).await?;
        // The account was read before it was locked; whoever changed it meanwhile makes this one start again.
        let still = holders
            .iter()
            .any(|(normal, user)| normal == current.normal() && user.id == read.user.id);
        if !still {
            return Err(Error::Conflict);
        }
        let member = find(tx, &team, command.user_id).await?;
        call.expect(&member.etag())?;
        power.grant(member.role, team.id)?;

        let verified = holders
            .iter()
            .any(|(_, user)| user.id == member.user.id && user.verify_time.is_some());
        if verified {
            return Err(Error::Refused(Reason::UserVerified));
        }
        let invitation = open(&member)?;
        let resends = Resends::load(tx, &[invitation.id], now).await?;
        resends.allow(ctx, invitation, now)?;

        let taken = holders
            .iter()
            .find(|(normal, user)| normal == command.email.normal() && user.id != member.user.id)
            .map(|(_, user)| user);
        if let Some(successor) = taken
            && team.primary_admin_user_id == member.user.id
        {
            successor.undisabled()?;
            let there = store::members::find(tx, &team, successor.id).await?;
            if there.is_some_and(|there| !there.disabled_reasons.is_empty()) {
                return Err(Error::Refused(Reason::UserDisabled));
            }
        }
        let taken = taken.map(|user| user.id);
        let elsewhere = store::members::is_elsewhere(tx, team.id, member.user.id).await?;
        let same = command.email.normal() == current.normal();
        if same || (taken.is_none() && !elsewhere) {
            // Another spelling of one address is the account's to choose only while nobody else has to do with it.
            let spelling = if elsewhere { &current } else { &command.email };
            in_place(ctx, (tx, call), (&team, &power), (&member, spelling, now)).await
        } else {
            let successor = taken.unwrap_or_else(|| ids::new(now));
            replace(
                ctx,
                (tx, call),
                (team, &power),
                (&member, &command.email, successor, now),
            )
            .await
        }
    })
    .await
}

async fn find(tx: &Tx, team: &Team, user: Uuid) -> Result<Member> {
    store::members::find(tx, team, user)
        .await?
        .ok_or_else(|| no_member(user))
}

fn open(member: &Member) -> Result<&Invitation> {
    match (member.state(), &member.invitation) {
        (MemberState::Invited, Some(invitation)) => Ok(invitation),
        _ => Err(Error::Refused(Reason::NotAMember)),
    }
}

/// The account keeps its id and gets the address; the invitation gets a new link.
async fn in_place(
    ctx: &Context,
    (tx, call): (&Tx, &Call),
    (team, power): (&Team, &Power),
    (member, email, now): (&Member, &Email, Time),
) -> Result<Entered> {
    if !team
        .settings
        .domain_rules
        .admits(email.domain(), member.role)
    {
        return Err(Error::Refused(Reason::DomainRefused));
    }
    let invitation = open(member)?.clone();
    let id = invitation.id;
    let made = call.made(now);
    store::users::set_email(tx, member.user.id, email, now).await?;
    if email.typed() != member.user.email {
        let event = users::updated(member.user.id, Some(team.id), &["email"]);
        store::events::append(tx, &[event], made).await?;
    }
    let work = (&[invitation][..], LetterKind::Invitation, made);
    let mut answers = resends::resend(ctx, tx, (team, Some(power)), work).await?;
    answers.remove(&id).unwrap_or(Ok(()))?;
    let member = store::members::find(tx, team, member.user.id)
        .await?
        .ok_or_else(|| no_member(member.user.id))?;
    Ok(Entered {
        outcome: Outcome::Invited,
        member: Some(member),
    })
}

/// The membership ends, which frees its seat, and the address comes in with the same role.
async fn replace(
    ctx: &Context,
    (tx, call): (&Tx, &Call),
    (mut team, power): (Team, &Power),
    (member, email, successor, now): (&Member, &Email, Uuid, Time),
) -> Result<Entered> {
    let made = call.made(now);
    if team.primary_admin_user_id == member.user.id {
        store::teams::set_primary_admin(tx, &team, successor, made.at).await?;
        team.primary_admin_user_id = successor;
        team.update_time = made.at;
        let event = teams::happened(&team, EventType::TeamPrimaryAdminChanged, &[]);
        store::events::append(tx, &[event], made).await?;
    }
    revocations::end(tx, &team, &[open(member)?], (Ending::Corrected, made)).await?;

    let terms = Terms {
        role: member.role,
        source: member.source,
        inviter_user_id: power.person(),
        reaches_primary: power.reaches_primary(),
        import_id: None,
        language: None,
        hold_letters: false,
    };
    let candidates = [Candidate {
        email: email.clone(),
        profile: profile(member)?,
        id_if_new: successor,
        is_proven: false,
    }];
    let plan = admission::plan(tx, &team, &terms, (&candidates, now)).await?;
    limits::single_invitation(ctx, tx, team.id, now).await?;
    let work = (&candidates[..], &plan, made);
    let admitted = admission::carry_out(ctx, tx, (&team, &terms), work).await?;
    same_account(admitted[0].user_id, successor)?;
    entered(tx, call, &team, &admitted).await
}

fn profile(member: &Member) -> Result<Profile> {
    let user = &member.user;
    Ok(Profile::named(
        PersonName::parse("given_name", &user.given_name).map_err(|broken| Error::kept(&broken))?,
        PersonName::parse("family_name", &user.family_name)
            .map_err(|broken| Error::kept(&broken))?,
        user.language
            .as_deref()
            .map(|text| Language::parse("language", text))
            .transpose()
            .map_err(|broken| Error::kept(&broken))?,
    ))
}
