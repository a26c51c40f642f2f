//! Sign-ins that are refused, each by its reason.

use muster::proto::{
    DomainRule, DomainRuleEffect, GetUserRequest, ImportOutcome, RejoinPolicy, Team,
    get_user_request::Key,
};
use tonic::Code;

use crate::{
    accounts,
    fixtures::WEEK,
    harness::{Harness, tests},
    refusals::Outcome,
    sign_ins::{acme, acme_with, loopback},
};

tests![
    without_just_in_time_only_members_and_invited_people_sign_in with loopback,
    disabled_and_removed_people_are_refused_by_reason with loopback,
    domain_rules_and_seats_hold_for_sign_ins with loopback,
    an_address_outside_the_verified_domains_is_a_mismatch with loopback,
];

async fn without_just_in_time_only_members_and_invited_people_sign_in(h: &Harness) {
    let acme = acme_with(h, |connection| connection.jit_enabled = false).await;
    let stranger = h.sign_in(&acme.token(h, "1", "new@acme.example")).await;
    stranger.refused(Code::FailedPrecondition, "JIT_DISABLED");
    h.verified("known@acme.example").await;
    let stranger = h.sign_in(&acme.token(h, "2", "known@acme.example")).await;
    stranger.refused(Code::FailedPrecondition, "JIT_DISABLED");

    let member = h.join(&acme.team.id, "ann@acme.example").await;
    let answer = h.sign_in(&acme.token(h, "3", "ann@acme.example")).await;
    let answer = answer.answered();
    assert!(answer.linked);
    assert_eq!(answer.outcome(), ImportOutcome::AlreadyMember);
    assert_eq!(answer.member.expect("her").user_id, member.user);
    h.invite(&acme.team.id, "ben@acme.example").await;
    let answer = h.sign_in(&acme.token(h, "4", "ben@acme.example")).await;
    assert_eq!(answer.answered().outcome(), ImportOutcome::Verified);
    h.invite(&acme.team.id, "late@acme.example").await;
    h.advance(WEEK);
    let late = h.sign_in(&acme.token(h, "5", "late@acme.example")).await;
    late.refused(Code::FailedPrecondition, "JIT_DISABLED");
}

async fn disabled_and_removed_people_are_refused_by_reason(h: &Harness) {
    let acme = acme(h).await;
    let team = &acme.team.id;
    let token = acme.token(h, "1", "ann@acme.example");
    let ann = h.sign_in(&token).await.answered().member.expect("her");
    h.disable(team, &ann.user_id).await;
    let refused = h.sign_in(&token).await;
    refused.refused(Code::FailedPrecondition, "MEMBER_DISABLED");
    h.remove(team, &ann.user_id).await;
    let refused = h.sign_in(&token).await;
    refused.refused(Code::FailedPrecondition, "REJOIN_REFUSED");

    // A policy, or an admin, brings her back.
    h.set_team(team, "rejoin_policy", |team: &mut Team| {
        team.set_rejoin_policy(RejoinPolicy::AnySource);
    })
    .await;
    let back = h.sign_in(&token).await.answered();
    assert_eq!(back.outcome(), ImportOutcome::Revived);
    assert!(!back.linked);
    assert_eq!(back.member.expect("her").user_id, ann.user_id);

    // Whoever is invited and disabled meanwhile does not slip in.
    let ben = h.invite(team, "ben@acme.example").await;
    h.disable(team, &ben.user).await;
    let refused = h.sign_in(&acme.token(h, "2", "ben@acme.example")).await;
    refused.refused(Code::FailedPrecondition, "MEMBER_DISABLED");
    accounts::disable(h, &ann.user_id).await.answered();
    let refused = h.sign_in(&token).await;
    refused.refused(Code::FailedPrecondition, "USER_DISABLED");
}

async fn domain_rules_and_seats_hold_for_sign_ins(h: &Harness) {
    let acme = acme(h).await;
    let team = &acme.team.id;
    h.set_team(team, "seat_limit", |team: &mut Team| {
        team.seat_limit = Some(2);
    })
    .await;
    h.sign_in(&acme.token(h, "1", "ann@acme.example"))
        .await
        .answered();
    let full = h.sign_in(&acme.token(h, "2", "ben@acme.example")).await;
    full.refused(Code::FailedPrecondition, "NO_SEAT");
    h.set_team(team, "seat_limit,domain_rules", |team: &mut Team| {
        team.seat_limit = None;
        team.domain_rules = vec![DomainRule {
            domain: "acme.example".to_owned(),
            effect: DomainRuleEffect::GuestOnly.into(),
        }];
    })
    .await;
    let refused = h.sign_in(&acme.token(h, "2", "ben@acme.example")).await;
    refused.refused(Code::FailedPrecondition, "DOMAIN_REFUSED");
    // Whoever is in is in.
    h.sign_in(&acme.token(h, "1", "ann@acme.example"))
        .await
        .answered();
    // Nothing is left of the refused: no account.
    let request = GetUserRequest {
        key: Some(Key::Email("ben@acme.example".to_owned())),
        ..GetUserRequest::default()
    };
    let nobody = h.users().get_user(request).await;
    nobody.refused(Code::NotFound, "USER_NOT_FOUND");
}

async fn an_address_outside_the_verified_domains_is_a_mismatch(h: &Harness) {
    let acme = acme(h).await;
    let ann = h.verified("ann@elsewhere.example").await;
    let other = h.led_team("other").await;
    h.own_domain(&other.id, "other.example").await;
    for email in [
        &*ann.email,
        "new@elsewhere.example",
        "new@other.example",
        "new@sub.acme.example",
        &format!("boss@{}", "other.example"),
    ] {
        let answer = h.sign_in(&acme.token(h, email, email)).await;
        answer.refused(Code::FailedPrecondition, "EMAIL_MISMATCH");
    }
    assert_eq!(h.counts(&acme.team.id).await.active_members, 1);
}
