//! Which addresses a team's domain rules let in.

use muster::proto::{DomainRuleEffect, ImportOutcome, Role};

use crate::{
    fixtures::team_of,
    harness::{Harness, tests},
    uploads::{held, outcomes, row},
    ways::{WAYS, Way, refuse, rules, want, want_named},
};

tests![
    the_most_specific_domain_rule_decides,
    without_a_rule_that_allows_what_no_rule_names_comes_in,
];

async fn the_most_specific_domain_rule_decides(h: &Harness) {
    use DomainRuleEffect::{Allow, Deny, GuestOnly};

    let mut request = team_of("acme", "boss@boss.acme.example");
    request.domain_rules = rules(&[
        ("*.example", Deny),
        ("boss.acme.example", Allow),
        ("*.acme.example", Allow),
        ("eu.acme.example", GuestOnly),
        ("*.eu.acme.example", Deny),
        ("bücher.example", Allow),
    ]);
    let team = h.team_from(request).await;
    let table = [
        // (domain, a MEMBER comes in, a GUEST comes in)
        ("other.example", false, false),
        ("acme.example", false, false),
        ("notacme.example", false, false),
        ("us.acme.example", true, true),
        ("a.us.acme.example", true, true),
        ("EU.acme.example", false, true),
        ("de.eu.acme.example", false, false),
        ("a.de.eu.acme.example", false, false),
        ("xn--bcher-kva.example", true, true),
        ("BÜCHER.example", true, true),
        ("www.bücher.example", false, false),
        // No rule matches, and one allows.
        ("acme.test", false, false),
    ];
    let (came, refused) = (ImportOutcome::Invited, ImportOutcome::DomainRefused);
    let expected = |comes: bool| if comes { came } else { refused };
    // Two spellings of one domain must not be two spellings of one address.
    let rows: Vec<_> = (0..)
        .zip(table)
        .map(|(number, (domain, ..))| row(&format!("row{number}@{domain}")))
        .collect();
    let results = h.import_rows(held(&team.id, "march"), &rows).await;
    let members = table.map(|(_, member, _)| expected(member));
    assert_eq!(
        outcomes(&results),
        members,
        "an import's rows become members"
    );
    for (number, (domain, member, guest)) in table.into_iter().enumerate() {
        for way in [Way::Invitation, Way::User] {
            for (role, comes) in [
                (Role::Member, member),
                (Role::Guest, guest),
                // GUEST_ONLY lets no higher role in either.
                (Role::SecondaryAdmin, member),
                (Role::SsoAdmin, member),
            ] {
                let email = format!("{way:?}-{role:?}-{number}@{domain}");
                let answer = want_named(h, way, &team.id, (&email, "Ann", role)).await;
                assert_eq!(answer.outcome, expected(comes), "{email}");
                if comes {
                    assert_eq!(h.member(&team.id, &answer.user).await.role(), role);
                }
            }
        }
    }
    h.deliver().await;
}

async fn without_a_rule_that_allows_what_no_rule_names_comes_in(h: &Harness) {
    for way in WAYS {
        let mut request = way.team();
        request.domain_rules = rules(&[
            ("denied.example", DomainRuleEffect::Deny),
            ("guests.example", DomainRuleEffect::GuestOnly),
        ]);
        let team = h.team_from(request).await;
        let answer = want(h, way, &team.id, &way.email("ann")).await;
        assert_eq!(answer.outcome, ImportOutcome::Invited, "{way:?}");
        h.only_token().await;
        for email in ["ann@denied.example", "ann@guests.example"] {
            refuse(h, way, &team.id, email, ImportOutcome::DomainRefused).await;
        }
        // Subdomains are named by `*.` alone.
        let answer = want(h, way, &team.id, &format!("{way:?}@a.denied.example")).await;
        assert_eq!(answer.outcome, ImportOutcome::Invited, "{way:?}");
        h.only_token().await;
    }
}
