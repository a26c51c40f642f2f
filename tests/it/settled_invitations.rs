//! Invitations that came to an end: accepted twice, declined, revoked, and what can no longer be done to them.

use chrono::TimeDelta;
use muster::proto::{DeliveryState, InvitationState, MemberState, ResendInvitationRequest};
use tonic::Code;

use crate::{
    fixtures::{MICROSECOND, WEEK, invitation_of, time},
    harness::{Harness, tests},
    invitation_life::{decline, revocation, revoke},
    refusals::Outcome,
};

tests![
    accepting_twice_is_success_and_changes_nothing,
    declining_ends_the_membership_and_twice_is_success,
    revoking_ends_the_membership_and_twice_is_success,
    an_expired_invitation_can_be_revoked,
    a_settled_invitation_can_be_neither_resent_nor_ended_otherwise,
    an_end_cancels_the_letter_that_was_not_sent_yet,
    a_decline_is_remembered_until_the_person_joins,
];

async fn accepting_twice_is_success_and_changes_nothing(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.join(&team.id, "ann@acme.example").await;
    let member = h.member(&team.id, &ann.user).await;
    let invitation = h.invitation(&team.id, &ann.id).await;

    // Long after its time, too: it was accepted in time.
    for wait in [TimeDelta::zero(), MICROSECOND, WEEK] {
        h.advance(wait);
        let answer = h.accept(&ann.token).await.answered();
        assert!(answer.already_accepted);
        assert_eq!(answer.member.expect("the member").user_id, ann.user);
    }
    assert_eq!(h.member(&team.id, &ann.user).await, member);
    assert_eq!(h.invitation(&team.id, &ann.id).await, invitation);
}

async fn declining_ends_the_membership_and_twice_is_success(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    decline(h, &ann.token).await;
    let member = h.member(&team.id, &ann.user).await;
    assert_eq!(member.state(), MemberState::Removed);
    assert_eq!(member.invitation, None);
    let invitation = h.invitation(&team.id, &ann.id).await;
    assert_eq!(invitation.state(), InvitationState::Declined);
    assert_eq!(time(invitation.settle_time), h.now());

    h.advance(WEEK);
    decline(h, &ann.token).await;
    assert_eq!(h.member(&team.id, &ann.user).await, member);
    assert_eq!(h.invitation(&team.id, &ann.id).await, invitation);
    assert!(!h.user(&ann.user).await.enabled, "saying no enables nobody");
}

async fn revoking_ends_the_membership_and_twice_is_success(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    revoke(h, &team.id, &ann.id).await;
    let member = h.member(&team.id, &ann.user).await;
    assert_eq!(member.state(), MemberState::Removed);
    let invitation = h.invitation(&team.id, &ann.id).await;
    assert_eq!(time(invitation.settle_time), h.now());
    assert_eq!(h.counts(&team.id).await.seats, 1, "his seat is free");

    h.advance(WEEK);
    revoke(h, &team.id, &ann.id).await;
    assert_eq!(h.member(&team.id, &ann.user).await, member);
    assert_eq!(h.invitation(&team.id, &ann.id).await, invitation);
}

async fn an_expired_invitation_can_be_revoked(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    h.advance(WEEK);
    revoke(h, &team.id, &ann.id).await;
    h.accept(&ann.token)
        .await
        .refused(Code::FailedPrecondition, "INVITATION_REVOKED");
}

async fn a_settled_invitation_can_be_neither_resent_nor_ended_otherwise(h: &Harness) {
    let team = h.team("acme").await;
    let accepted = h.join(&team.id, "accepted@acme.example").await;
    let declined = h.invite(&team.id, "declined@acme.example").await;
    decline(h, &declined.token).await;
    let revoked = h.invite(&team.id, "revoked@acme.example").await;
    revoke(h, &team.id, &revoked.id).await;

    let settled = [
        (&accepted.id, "INVITATION_ACCEPTED"),
        (&declined.id, "INVITATION_DECLINED"),
        (&revoked.id, "INVITATION_REVOKED"),
    ];
    for (id, reason) in settled {
        let request = ResendInvitationRequest {
            team_id: team.id.clone(),
            invitation_id: id.clone(),
            ..ResendInvitationRequest::default()
        };
        let answer = h.invitations().resend_invitation(request).await;
        answer.refused(Code::FailedPrecondition, reason);
    }
    for (id, reason) in &settled[..2] {
        let answer = h
            .invitations()
            .revoke_invitation(revocation(&team.id, id))
            .await;
        answer.refused(Code::FailedPrecondition, reason);
    }
}

async fn an_end_cancels_the_letter_that_was_not_sent_yet(h: &Harness) {
    let team = h.team("acme").await;
    let request = invitation_of(&team.id, "ann@acme.example");
    let answer = h.invitations().create_invitation(request).await.answered();
    let queued = answer.invitation.expect("the invitation");
    assert_eq!(queued.delivery_state(), DeliveryState::Queued);

    revoke(h, &team.id, &queued.id).await;
    assert!(h.deliver().await.is_empty());
    let revoked = h.invitation(&team.id, &queued.id).await;
    assert_eq!(revoked.delivery_state(), DeliveryState::Cancelled);
}

async fn a_decline_is_remembered_until_the_person_joins(h: &Harness) {
    let team = h.team("acme").await;
    let first = h.invite(&team.id, "pat@acme.example").await;
    decline(h, &first.token).await;
    h.verified("pat@acme.example").await;

    // Asked again, and that was taken back: his own last word is still the decline.
    let second = h.invite(&team.id, "pat@acme.example").await;
    revoke(h, &team.id, &second.id).await;
    let third = h.invite(&team.id, "pat@acme.example").await;
    let waiting = h.member(&team.id, &third.user).await;
    assert_eq!(waiting.state(), MemberState::Invited);
    h.accept(&third.token).await.answered();
}
