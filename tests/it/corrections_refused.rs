//! Corrections of an address that are refused, and that a refusal undoes everything.

use chrono::TimeDelta;
use muster::proto::{DeclineInvitationRequest, DomainRule, DomainRuleEffect, Member};
use tonic::Code;

use crate::{
    correct_email::{correct, mistyped},
    fixtures::{Invited, NewTeam, WEEK, team_called},
    harness::{Harness, tests},
    refusals::{Outcome, retry_delay},
};

tests![
    a_verified_user_is_not_corrected,
    somebody_without_an_open_invitation_is_not_corrected,
    a_domain_rule_refuses_and_undoes_everything,
    a_correction_that_needs_a_seat_is_refused_without_one_and_undoes_everything,
    a_correction_counts_as_a_resend,
    every_broken_field_of_a_correction_is_named_at_once,
];

/// What a refused correction must leave as it was: the member with his account and his invitation.
async fn everything(h: &Harness, team: &NewTeam, invited: &Invited) -> Member {
    h.member(&team.id, &invited.user).await
}

async fn a_verified_user_is_not_corrected(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.join(&team.id, "ann@acme.example").await;
    let answer = correct(h, &team.id, &ann.user, "other@acme.example").await;
    answer.refused(Code::FailedPrecondition, "USER_VERIFIED");

    // Verified elsewhere is verified, whatever waits here.
    let bob = h.invite(&team.id, "bob@acme.example").await;
    let other = h.team("other").await;
    h.join(&other.id, "bob@acme.example").await;
    let answer = correct(h, &team.id, &bob.user, "other@acme.example").await;
    answer.refused(Code::FailedPrecondition, "USER_VERIFIED");
    assert_eq!(h.user(&bob.user).await.email, "bob@acme.example");
}

async fn somebody_without_an_open_invitation_is_not_corrected(h: &Harness) {
    let (team, an) = mistyped(h).await;
    let token = an.token;
    h.invitations()
        .decline_invitation(DeclineInvitationRequest {
            token,
            ..DeclineInvitationRequest::default()
        })
        .await
        .answered();
    let answer = correct(h, &team.id, &an.user, "ann@acme.example").await;
    answer.refused(Code::FailedPrecondition, "NOT_A_MEMBER");

    let other = h.team("other").await;
    let answer = correct(h, &team.id, &other.admin, "ann@acme.example").await;
    answer.refused(Code::NotFound, "MEMBER_NOT_FOUND");
}

async fn a_domain_rule_refuses_and_undoes_everything(h: &Harness) {
    let rule = |domain: &str, effect: DomainRuleEffect| DomainRule {
        domain: domain.to_owned(),
        effect: effect.into(),
    };
    let mut request = team_called("acme");
    request.domain_rules = vec![
        rule("guests.example", DomainRuleEffect::GuestOnly),
        rule("evil.example", DomainRuleEffect::Deny),
    ];
    let team = h.team_from(request).await;
    let an = h.invite(&team.id, "an@acme.example").await;
    let other = h.team("other").await;
    h.invite(&other.id, "known@evil.example").await;

    let before = everything(h, &team, &an).await;
    // An address of nobody, one of somebody, and one whose domain takes guests only.
    for email in [
        "new@evil.example",
        "known@evil.example",
        "new@guests.example",
    ] {
        let answer = correct(h, &team.id, &an.user, email).await;
        answer.refused(Code::FailedPrecondition, "DOMAIN_REFUSED");
        assert_eq!(everything(h, &team, &an).await, before, "{email}");
        assert!(h.deliver().await.is_empty(), "{email}");
    }
    h.accept(&an.token).await.answered();
}

async fn a_correction_that_needs_a_seat_is_refused_without_one_and_undoes_everything(h: &Harness) {
    let mut request = team_called("acme");
    request.seat_limit = Some(2);
    let team = h.team_from(request).await;
    let an = h.invite(&team.id, "an@acme.example").await;
    let other = h.team("other").await;
    h.invite(&other.id, "known@acme.example").await;
    h.advance(WEEK);
    h.join(&team.id, "bob@acme.example").await;

    let before = everything(h, &team, &an).await;
    for email in ["new@acme.example", "known@acme.example"] {
        let answer = correct(h, &team.id, &an.user, email).await;
        answer.refused(Code::FailedPrecondition, "NO_SEAT");
        assert_eq!(everything(h, &team, &an).await, before, "{email}");
        assert!(h.deliver().await.is_empty(), "{email}");
    }
}

async fn a_correction_counts_as_a_resend(h: &Harness) {
    let (team, an) = mistyped(h).await;
    h.resend(&team.id, &an.id).await;
    let answer = correct(h, &team.id, &an.user, "ann@acme.example").await;
    let status = answer.refused(Code::ResourceExhausted, "RESEND_TOO_SOON");
    assert_eq!(retry_delay(&status).as_secs(), 60);
    assert_eq!(h.user(&an.user).await.email, "an@acme.example");

    for number in 0..4 {
        h.advance(TimeDelta::minutes(1));
        correct(h, &team.id, &an.user, &format!("ann{number}@acme.example"))
            .await
            .answered();
        h.only_letter().await;
    }
    h.advance(TimeDelta::minutes(1));
    let answer = correct(h, &team.id, &an.user, "ann@acme.example").await;
    answer.refused(Code::ResourceExhausted, "RESENDS_USED_UP");
}

async fn every_broken_field_of_a_correction_is_named_at_once(h: &Harness) {
    let answer = correct(h, "x", "", "nobody").await;
    answer.invalid(&[
        ("team_id", "MALFORMED"),
        ("user_id", "REQUIRED"),
        ("email", "MALFORMED"),
    ]);
}
