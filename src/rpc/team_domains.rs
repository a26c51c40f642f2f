//! Domains of teams, as `SsoService` reads and shows them.

use uuid::Uuid;

use super::{
    Rpc,
    pages::List,
    values::{id, timestamp},
};
use crate::{
    app::{self, Call, Caller},
    domain::{
        pages::{read, size},
        team_domains::{DomainName, TeamDomain},
    },
    error::{Result, Violations},
    proto,
};

fn place(team: &str, domain: &str) -> Result<(Uuid, DomainName)> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", team));
    let domain = violations.take(DomainName::parse("domain", domain));
    violations.finish(team.zip(domain))
}

pub(super) fn claim(message: &proto::ClaimDomainRequest) -> Result<(Uuid, DomainName)> {
    place(&message.team_id, &message.domain)
}

pub(super) async fn claimed(
    rpc: Rpc,
    call: Call,
    (team, domain): (Uuid, DomainName),
) -> Result<proto::ClaimDomainResponse> {
    app::team_domains::claim(&rpc.ctx, &call, (team, &domain), |claim, _| {
        proto::ClaimDomainResponse {
            domain: Some(show(&claim)),
        }
    })
    .await
}

pub(super) fn verify(message: &proto::VerifyDomainRequest) -> Result<(Uuid, DomainName)> {
    place(&message.team_id, &message.domain)
}

pub(super) async fn verified(
    rpc: Rpc,
    call: Call,
    (team, domain): (Uuid, DomainName),
) -> Result<proto::VerifyDomainResponse> {
    app::team_domains::verify(&rpc.ctx, &call, (team, &domain), |claim, _| {
        proto::VerifyDomainResponse {
            domain: Some(show(&claim)),
        }
    })
    .await
}

pub(super) fn release(message: &proto::ReleaseDomainRequest) -> Result<(Uuid, DomainName)> {
    place(&message.team_id, &message.domain)
}

pub(super) async fn released(
    rpc: Rpc,
    call: Call,
    (team, domain): (Uuid, DomainName),
) -> Result<proto::ReleaseDomainResponse> {
    let show = |(), _| proto::ReleaseDomainResponse {};
    app::team_domains::release(&rpc.ctx, &call, (team, &domain), show).await
}

pub(super) async fn list(
    rpc: Rpc,
    caller: Caller,
    mut message: proto::ListDomainsRequest,
) -> Result<proto::ListDomainsResponse> {
    let token = std::mem::take(&mut message.page_token);
    let size = size(std::mem::take(&mut message.page_size));
    let team = id("team_id", &message.team_id)?;
    let list = List::new("ListDomains", "domain", &message);
    let after = read(list.open(&rpc.ctx.secrets, &token)?, |position| {
        let text = std::str::from_utf8(&position.0).ok()?;
        DomainName::parse("page_token", text).ok()
    })?;
    let page = app::team_domains::list(&rpc.ctx, &caller, team, (after, size)).await?;
    Ok(proto::ListDomainsResponse {
        domains: page.items.iter().map(show).collect(),
        next_page_token: list.seal(&rpc.ctx.secrets, page.next.as_ref()),
    })
}

fn show(claim: &TeamDomain) -> proto::TeamDomain {
    proto::TeamDomain {
        team_id: claim.team_id.to_string(),
        domain: claim.domain.as_str().to_owned(),
        claim_time: Some(timestamp(claim.claim_time)),
        verify_time: claim.verify_time.map(timestamp),
    }
}
