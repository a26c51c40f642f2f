//! The domains of addresses that teams claim, and their verification by an operator.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Caller, Context,
    authority::{self, Place},
    calls::once,
};
use crate::{
    clock::Time,
    domain::{
        email::Email,
        events::{EventType, Happening, Payload},
        pages::Page,
        team_domains::{self, DomainName, TeamDomain},
        teams::Team,
    },
    error::{Error, Reason, Result},
    store::{self, Reads, Tx},
};

/// Notes that a team says a domain is its own.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `DOMAIN_TAKEN`, `DOMAINS_USED_UP`.
pub async fn claim<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (team, domain): (Uuid, &DomainName),
    show: impl Fn(TeamDomain, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, Place::Team(team), now), show, |tx| async move {
        let tx = &tx;
        let (team, _) = authority::enter(tx, call.caller(), team).await?;
        if let Some(claim) = store::team_domains::find(tx, team.id, domain).await? {
            return Ok(claim);
        }
        not_of_others(tx, (team.id, domain)).await?;
        team_domains::another(store::team_domains::count(tx, team.id).await?)?;

        let claim = TeamDomain {
            team_id: team.id,
            domain: domain.clone(),
            claim_time: now,
            verify_time: None,
        };
        store::team_domains::insert(tx, &claim).await?;
        let event = happened(&claim, EventType::DomainClaimed);
        store::events::append(tx, &[event], call.made(now)).await?;
        Ok(claim)
    })
    .await
}

/// Notes that a domain is a team's indeed.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `DOMAIN_NOT_FOUND`, `DOMAIN_TAKEN`.
pub async fn verify<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (team, domain): (Uuid, &DomainName),
    show: impl Fn(TeamDomain, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, Place::Team(team), now), show, |tx| async move {
        let tx = &tx;
        let (team, _) = authority::enter(tx, call.caller(), team).await?;
        let claim = find(tx, team.id, domain).await?;
        if claim.verify_time.is_some() {
            return Ok(claim);
        }
        not_of_others(tx, (team.id, domain)).await?;

        store::team_domains::verify(tx, (team.id, domain), now).await?;
        let event = happened(&claim, EventType::DomainVerified);
        store::events::append(tx, &[event], call.made(now)).await?;
        Ok(TeamDomain {
            verify_time: Some(now),
            ..claim
        })
    })
    .await
}

/// Ends a claim.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `DOMAIN_NOT_FOUND`.
pub async fn release<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (team, domain): (Uuid, &DomainName),
    show: impl Fn((), Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, Place::Team(team), now), show, |tx| async move {
        let tx = &tx;
        let (team, _) = authority::enter(tx, call.caller(), team).await?;
        let claim = find(tx, team.id, domain).await?;

        store::team_domains::delete(tx, team.id, domain).await?;
        let event = happened(&claim, EventType::DomainReleased);
        store::events::append(tx, &[event], call.made(now)).await
    })
    .await
}

/// A page of the domains that a team claims.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`.
pub async fn list(
    ctx: &Context,
    caller: &Caller,
    team: Uuid,
    cut: (Option<DomainName>, u64),
) -> Result<Page<TeamDomain>> {
    let team = authority::look(ctx, caller, (team, None)).await?;
    store::team_domains::page(&ctx.store, team.id, cut).await
}

async fn find(tx: &Tx, team: Uuid, domain: &DomainName) -> Result<TeamDomain> {
    store::team_domains::find(tx, team, domain)
        .await?
        .ok_or_else(|| team_domains::missing(domain))
}

async fn not_of_others(tx: &Tx, (team, domain): (Uuid, &DomainName)) -> Result<()> {
    match store::team_domains::owner(tx, domain).await? {
        Some(owner) if owner != team => Err(Error::Refused(Reason::DomainTaken)),
        _ => Ok(()),
    }
}

fn happened(claim: &TeamDomain, event_type: EventType) -> Happening {
    Happening {
        event_type,
        team_id: Some(claim.team_id),
        user_id: None,
        payload: Payload::Domain(claim.domain.as_str().to_owned()),
    }
}

/// Whether an address is in a domain that the team has verified.
pub(super) async fn is_own(db: &impl Reads, team: &Team, email: &Email) -> Result<bool> {
    let Ok(domain) = DomainName::parse("email", email.domain()) else {
        return Ok(false);
    };
    let claim = store::team_domains::find(db, team.id, &domain).await?;
    Ok(claim.is_some_and(|claim| claim.verify_time.is_some()))
}
