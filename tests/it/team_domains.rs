//! Domains that teams claim, and their verification by an operator.

use muster::proto::{
    ClaimDomainRequest, EventType, ListDomainsRequest, ReleaseDomainRequest, Role, TeamDomain,
    VerifyDomainRequest,
};
use tonic::{Code, Response, Status};

use crate::{
    fixtures::time,
    harness::{Harness, tests},
    hubs::event_types,
    races::at_once,
    refusals::Outcome,
};

tests![
    a_domain_is_claimed_verified_listed_and_released,
    a_verified_domain_is_one_teams,
    of_two_verifications_at_once_one_wins,
    what_is_no_domain_is_refused,
    a_team_claims_a_hundred_domains_at_most,
    admins_claim_and_operators_verify,
];

fn claim_of(team: &str, domain: &str) -> ClaimDomainRequest {
    ClaimDomainRequest {
        team_id: team.to_owned(),
        domain: domain.to_owned(),
        ..ClaimDomainRequest::default()
    }
}

fn verification_of(team: &str, domain: &str) -> VerifyDomainRequest {
    VerifyDomainRequest {
        team_id: team.to_owned(),
        domain: domain.to_owned(),
        ..VerifyDomainRequest::default()
    }
}

fn release_of(team: &str, domain: &str) -> ReleaseDomainRequest {
    ReleaseDomainRequest {
        team_id: team.to_owned(),
        domain: domain.to_owned(),
        ..ReleaseDomainRequest::default()
    }
}

async fn claim(h: &Harness, team: &str, domain: &str) -> TeamDomain {
    let answer = h.sso().claim_domain(claim_of(team, domain)).await;
    answer.answered().domain.expect("the domain")
}

async fn verify(
    h: &Harness,
    team: &str,
    domain: &str,
) -> Result<Response<muster::proto::VerifyDomainResponse>, Status> {
    h.sso().verify_domain(verification_of(team, domain)).await
}

async fn listed(h: &Harness, team: &str, size: i32) -> Vec<String> {
    let mut request = ListDomainsRequest {
        team_id: team.to_owned(),
        page_size: size,
        ..ListDomainsRequest::default()
    };
    let mut all = Vec::new();
    loop {
        let page = h.sso().list_domains(request.clone()).await.answered();
        all.extend(page.domains.into_iter().map(|one| one.domain));
        if page.next_page_token.is_empty() {
            return all;
        }
        request.page_token = page.next_page_token;
    }
}

async fn a_domain_is_claimed_verified_listed_and_released(h: &Harness) {
    let team = h.led_team("acme").await;
    let claimed = claim(h, &team.id, " Bücher.Example ").await;
    assert_eq!(claimed.domain, "xn--bcher-kva.example");
    assert_eq!(time(claimed.claim_time), h.now());
    assert_eq!(claimed.verify_time, None);
    assert_eq!(claim(h, &team.id, "bücher.example").await, claimed);
    let verified = verify(h, &team.id, "bücher.example").await.answered();
    let verified = verified.domain.expect("the domain");
    assert_eq!(time(verified.verify_time), h.now());
    let again = verify(h, &team.id, "bücher.example").await.answered();
    assert_eq!(again.domain, Some(verified));
    for domain in ["b.example", "z.example", "a.b.example"] {
        claim(h, &team.id, domain).await;
    }
    let all = [
        "a.b.example",
        "b.example",
        "xn--bcher-kva.example",
        "z.example",
    ];
    for size in [1, 3, 50] {
        assert_eq!(listed(h, &team.id, size).await, all);
    }
    let release = release_of(&team.id, "bücher.example");
    h.sso().release_domain(release.clone()).await.answered();
    let gone = h.sso().release_domain(release).await;
    gone.missing("DOMAIN_NOT_FOUND", "xn--bcher-kva.example");
    let gone = verify(h, &team.id, "bücher.example").await;
    gone.missing("DOMAIN_NOT_FOUND", "xn--bcher-kva.example");
    let (claimed, verified) = (EventType::DomainClaimed, EventType::DomainVerified);
    let released = EventType::DomainReleased;
    assert_eq!(
        event_types(h, &team.id, &[claimed, verified, released]).await,
        [claimed, verified, claimed, claimed, claimed, released]
    );
}

async fn a_verified_domain_is_one_teams(h: &Harness) {
    let (team, other) = (h.led_team("acme").await, h.led_team("other").await);
    claim(h, &team.id, "acme.example").await;
    claim(h, &other.id, "acme.example").await;
    verify(h, &team.id, "acme.example").await.answered();
    let refused = verify(h, &other.id, "acme.example").await;
    refused.refused(Code::FailedPrecondition, "DOMAIN_TAKEN");
    let third = h.led_team("third").await;
    let refused = h
        .sso()
        .claim_domain(claim_of(&third.id, "acme.example"))
        .await;
    refused.refused(Code::FailedPrecondition, "DOMAIN_TAKEN");
    // A claim alone keeps nobody away.
    let release = release_of(&team.id, "acme.example");
    h.sso().release_domain(release).await.answered();
    verify(h, &other.id, "acme.example").await.answered();
}

async fn of_two_verifications_at_once_one_wins(h: &Harness) {
    for round in 0..5 {
        let domain = format!("acme{round}.example");
        let mut teams = Vec::new();
        for name in ["one", "two"] {
            let team = h.team_from(crate::fixtures::team_called(&format!("{name}{round}")));
            let team = team.await.id;
            claim(h, &team, &domain).await;
            teams.push(team);
        }
        let answers = at_once(8, |number| {
            let mut client = h.sso();
            let request = verification_of(&teams[number % 2], &domain);
            async move { (number % 2, client.verify_domain(request).await) }
        })
        .await;
        let winners: std::collections::BTreeSet<_> = answers
            .iter()
            .filter(|(_, answer)| answer.is_ok())
            .map(|(team, _)| *team)
            .collect();
        assert_eq!(winners.len(), 1);
        for (team, answer) in answers {
            if !winners.contains(&team) {
                answer.refused(Code::FailedPrecondition, "DOMAIN_TAKEN");
            }
        }
    }
}

async fn what_is_no_domain_is_refused(h: &Harness) {
    let team = h.led_team("acme").await;
    for (domain, rule) in [
        ("", "REQUIRED"),
        ("localhost", "MALFORMED"),
        ("*.acme.example", "MALFORMED"),
        ("10.0.0.1", "MALFORMED"),
        ("a@acme.example", "MALFORMED"),
    ] {
        let refused = h.sso().claim_domain(claim_of(&team.id, domain)).await;
        refused.invalid(&[("domain", rule)]);
    }
    let neither = h.sso().claim_domain(ClaimDomainRequest::default()).await;
    neither.invalid(&[("team_id", "REQUIRED"), ("domain", "REQUIRED")]);
}

async fn a_team_claims_a_hundred_domains_at_most(h: &Harness) {
    let team = h.led_team("acme").await;
    for number in 0..100 {
        claim(h, &team.id, &format!("d{number}.example")).await;
    }
    let refused = h
        .sso()
        .claim_domain(claim_of(&team.id, "d100.example"))
        .await;
    refused.refused(Code::FailedPrecondition, "DOMAINS_USED_UP");
    claim(h, &team.id, "d99.example").await;
}

async fn admins_claim_and_operators_verify(h: &Harness) {
    let team = h.led_team("acme").await;
    let secondary = h
        .join_as(&team.id, "two@acme.example", Role::SecondaryAdmin)
        .await;
    let request = claim_of(&team.id, "acme.example");
    let refused = h.sso_as(&secondary).claim_domain(request.clone()).await;
    refused.denied("sso.update");
    h.sso_as(&team.admin).claim_domain(request).await.answered();
    let request = verification_of(&team.id, "acme.example");
    let refused = h.sso_as(&team.admin).verify_domain(request).await;
    refused.denied("domains.verify");
}
