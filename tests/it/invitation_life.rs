//! One invitation's life: the link, the exact end of its time, every dead link's answer, declining and revoking.

use chrono::TimeDelta;
use muster::proto::{
    AcceptInvitationRequest, DeclineInvitationRequest, DeliveryState, InvitationState, MemberState,
    PeekInvitationRequest, RevokeInvitationRequest, Role,
};
use prost_types::Duration;
use tonic::Code;

use crate::{
    fixtures::{MICROSECOND, WEEK, team_called, time},
    harness::{Harness, tests},
    refusals::{Outcome, reason, violations},
};

tests![
    whoever_is_invited_gets_a_letter_and_accepting_it_enables_the_account,
    peeking_shows_the_offer_and_consumes_nothing,
    an_invitation_is_good_for_seven_days_less_a_microsecond,
    an_expired_invitation_cannot_be_accepted,
    a_team_may_give_another_time,
    an_expired_invitation_that_is_resent_is_good_for_another_week,
    every_dead_link_says_why_it_is_dead,
    a_superseded_link_stays_superseded_whatever_becomes_of_the_invitation,
    a_text_that_cannot_be_a_token_is_a_broken_field,
    accepting_in_one_team_enables_the_account_and_leaves_the_other_invitation_open,
];

/// What can be done with a link.
#[derive(Debug, Clone, Copy)]
enum Act {
    Peek,
    Accept,
    Decline,
}

/// Nothing, or the code and reason of the refusal.
async fn act(h: &Harness, act: Act, token: &str) -> Result<(), (Code, String)> {
    let token = token.to_owned();
    let mut client = h.invitations();
    let result = match act {
        Act::Peek => client
            .peek_invitation(PeekInvitationRequest { token })
            .await
            .map(drop),
        Act::Accept => client
            .accept_invitation(AcceptInvitationRequest {
                token,
                ..AcceptInvitationRequest::default()
            })
            .await
            .map(drop),
        Act::Decline => client
            .decline_invitation(DeclineInvitationRequest {
                token,
                ..DeclineInvitationRequest::default()
            })
            .await
            .map(drop),
    };
    result.map_err(|status| (status.code(), reason(&status)))
}

pub(crate) async fn decline(h: &Harness, token: &str) {
    act(h, Act::Decline, token)
        .await
        .expect("a declined invitation");
}

pub(crate) fn revocation(team: &str, invitation: &str) -> RevokeInvitationRequest {
    RevokeInvitationRequest {
        team_id: team.to_owned(),
        invitation_id: invitation.to_owned(),
        ..RevokeInvitationRequest::default()
    }
}

pub(crate) async fn revoke(h: &Harness, team: &str, invitation: &str) {
    let answer = h
        .invitations()
        .revoke_invitation(revocation(team, invitation))
        .await
        .answered();
    let invitation = answer.invitation.expect("the invitation");
    assert_eq!(invitation.state(), InvitationState::Revoked);
}

async fn whoever_is_invited_gets_a_letter_and_accepting_it_enables_the_account(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let invitation = h.invitation(&team.id, &ann.id).await;
    assert_eq!(invitation.delivery_state(), DeliveryState::Sent);
    assert_eq!(invitation.email, "ann@acme.example");
    assert!(
        !h.user(&ann.user).await.enabled,
        "not before the invitation is accepted"
    );

    h.advance(TimeDelta::days(1));
    let answer = h.accept(&ann.token).await.answered();
    assert!(!answer.already_accepted);
    let member = answer.member.expect("the member");
    assert_eq!(
        (member.team_id, member.user_id),
        (team.id.clone(), ann.user.clone())
    );

    let user = h.user(&ann.user).await;
    assert!(user.enabled);
    assert_eq!(user.disabled_reasons, [0; 0]);
    assert_eq!(time(user.verify_time), h.now());
    let member = h.member(&team.id, &ann.user).await;
    assert_eq!(member.state(), MemberState::Active);
    assert_eq!(time(member.join_time), h.now());
    let invitation = h.invitation(&team.id, &ann.id).await;
    assert_eq!(invitation.state(), InvitationState::Accepted);
    assert_eq!(time(invitation.settle_time), h.now());
}

async fn peeking_shows_the_offer_and_consumes_nothing(h: &Harness) {
    let team = h.team("acme").await;
    let gus = h.invite_guest(&team.id, "gus@acme.example").await;
    for _ in 0..3 {
        let token = gus.token.clone();
        let offer = h
            .invitations()
            .peek_invitation(PeekInvitationRequest { token })
            .await
            .answered();
        assert_eq!(offer.team_display_name, "acme");
        assert_eq!(offer.role(), Role::Guest);
        assert_eq!(time(offer.expire_time), h.now() + WEEK);
    }
    assert!(!h.accept(&gus.token).await.answered().already_accepted);
}

async fn an_invitation_is_good_for_seven_days_less_a_microsecond(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    h.advance(WEEK - MICROSECOND);
    assert_eq!(
        h.invitation(&team.id, &ann.id).await.state(),
        InvitationState::Pending
    );
    h.accept(&ann.token).await.answered();
    assert!(h.user(&ann.user).await.enabled);
}

async fn an_expired_invitation_cannot_be_accepted(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    h.advance(WEEK);
    assert_eq!(
        h.invitation(&team.id, &ann.id).await.state(),
        InvitationState::Expired
    );
    h.accept(&ann.token)
        .await
        .refused(Code::FailedPrecondition, "INVITATION_EXPIRED");
    assert!(!h.user(&ann.user).await.enabled);
    assert_eq!(
        h.member(&team.id, &ann.user).await.state(),
        MemberState::Invited
    );
}

async fn a_team_may_give_another_time(h: &Harness) {
    let mut request = team_called("acme");
    request.invitation_ttl = Some(Duration {
        seconds: 30 * 24 * 60 * 60,
        nanos: 0,
    });
    let team = h.team_from(request).await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let bob = h.invite(&team.id, "bob@acme.example").await;
    h.advance(TimeDelta::days(30) - MICROSECOND);
    h.accept(&ann.token).await.answered();
    h.advance(MICROSECOND);
    h.accept(&bob.token)
        .await
        .refused(Code::FailedPrecondition, "INVITATION_EXPIRED");
}

async fn an_expired_invitation_that_is_resent_is_good_for_another_week(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    h.advance(WEEK + TimeDelta::days(3));
    let resent = h.now();
    let token = h.resend(&team.id, &ann.id).await;

    let invitation = h.invitation(&team.id, &ann.id).await;
    assert_eq!(invitation.id, ann.id);
    assert_eq!(invitation.state(), InvitationState::Pending);
    assert_eq!(invitation.send_count, 2);
    assert_eq!(time(invitation.expire_time), resent + WEEK);

    h.advance(WEEK - MICROSECOND);
    h.accept(&ann.token)
        .await
        .refused(Code::FailedPrecondition, "INVITATION_SUPERSEDED");
    h.accept(&token).await.answered();
}

async fn every_dead_link_says_why_it_is_dead(h: &Harness) {
    let team = h.team("acme").await;
    let expired = h.invite(&team.id, "expired@acme.example").await;
    h.advance(WEEK);
    let accepted = h.join(&team.id, "accepted@acme.example").await;
    let declined = h.invite(&team.id, "declined@acme.example").await;
    decline(h, &declined.token).await;
    let revoked = h.invite(&team.id, "revoked@acme.example").await;
    revoke(h, &team.id, &revoked.id).await;
    let superseded = h.invite(&team.id, "superseded@acme.example").await;
    h.resend(&team.id, &superseded.id).await;
    let unknown = "A".repeat(43);

    let dead = |reason: &str| Err((Code::FailedPrecondition, reason.to_owned()));
    let nowhere = Err((Code::NotFound, "INVITATION_NOT_FOUND".to_owned()));
    let table = [
        (&unknown, [nowhere.clone(), nowhere.clone(), nowhere]),
        (&superseded.token, ["INVITATION_SUPERSEDED"; 3].map(dead)),
        (
            &accepted.token,
            [
                dead("INVITATION_ACCEPTED"),
                Ok(()),
                dead("INVITATION_ACCEPTED"),
            ],
        ),
        (&revoked.token, ["INVITATION_REVOKED"; 3].map(dead)),
        (
            &declined.token,
            [
                dead("INVITATION_DECLINED"),
                dead("INVITATION_DECLINED"),
                Ok(()),
            ],
        ),
        (&expired.token, ["INVITATION_EXPIRED"; 3].map(dead)),
    ];
    // Twice: no answer may depend on what was asked before.
    for round in 0..2 {
        for (token, answers) in &table {
            for (what, expected) in [Act::Peek, Act::Accept, Act::Decline]
                .into_iter()
                .zip(answers)
            {
                let found = act(h, what, token).await;
                assert_eq!(&found, expected, "round {round}: {what:?}, {answers:?}");
            }
        }
    }
}

async fn a_superseded_link_stays_superseded_whatever_becomes_of_the_invitation(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let newest = h.resend(&team.id, &ann.id).await;
    h.accept(&newest).await.answered();
    let bob = h.invite(&team.id, "bob@acme.example").await;
    h.resend(&team.id, &bob.id).await;
    revoke(h, &team.id, &bob.id).await;
    let cyd = h.invite(&team.id, "cyd@acme.example").await;
    h.resend(&team.id, &cyd.id).await;
    h.advance(WEEK);

    for token in [ann.token, bob.token, cyd.token] {
        h.accept(&token)
            .await
            .refused(Code::FailedPrecondition, "INVITATION_SUPERSEDED");
    }
}

async fn a_text_that_cannot_be_a_token_is_a_broken_field(h: &Harness) {
    for (text, rule) in [("", "REQUIRED"), ("x", "MALFORMED"), ("A B", "MALFORMED")] {
        h.accept(text).await.invalid(&[("token", rule)]);
    }
    let answer = h
        .invitations()
        .peek_invitation(PeekInvitationRequest::default())
        .await;
    let status = answer.refused(Code::InvalidArgument, "INVALID");
    assert_eq!(
        violations(&status),
        [("token".to_owned(), "REQUIRED".to_owned())]
    );
}

async fn accepting_in_one_team_enables_the_account_and_leaves_the_other_invitation_open(
    h: &Harness,
) {
    let first = h.team("first").await;
    let second = h.team("second").await;
    let here = h.invite(&first.id, "ann@acme.example").await;
    let there = h.invite(&second.id, "ann@acme.example").await;
    assert_eq!(here.user, there.user, "one account");

    h.accept(&here.token).await.answered();
    assert!(h.user(&here.user).await.enabled);
    assert_eq!(
        h.member(&second.id, &there.user).await.state(),
        MemberState::Invited
    );
    assert_eq!(
        h.invitation(&second.id, &there.id).await.state(),
        InvitationState::Pending
    );

    assert!(!h.accept(&there.token).await.answered().already_accepted);
    assert_eq!(
        h.member(&second.id, &there.user).await.state(),
        MemberState::Active
    );
}
