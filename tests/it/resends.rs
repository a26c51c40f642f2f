//! New links: what a resend changes, how often it may happen, and what the invitee himself may ask for.

use chrono::TimeDelta;
use muster::{
    config::Settings,
    proto::{
        BatchInvitationResult, BatchResendInvitationsRequest, InvitationState, Reason,
        RequestNewInvitationRequest, ResendInvitationRequest, ResendInvitationResponse, Team,
        UpdateTeamRequest,
    },
};
use prost_types::FieldMask;
use tonic::{Code, Response, Status};

use crate::{
    fixtures::{MICROSECOND, WEEK, invitation_of, team_called, time, token},
    harness::{Harness, tests},
    refusals::{Outcome, retry_delay},
};

tests![
    a_resend_makes_a_new_link_and_kills_the_old_one,
    a_resend_cancels_the_letter_that_was_not_sent_yet,
    the_first_resend_is_free_and_the_next_waits_a_minute,
    five_resends_a_day_are_all,
    resends_of_one_invitation_do_not_count_for_another,
    an_expired_invitation_is_not_resent_without_a_seat,
    a_team_invites_no_more_people_singly_than_an_hour_allows with two_an_hour,
    an_invitee_with_an_expired_or_superseded_link_gets_a_new_one,
    asking_for_a_new_link_answers_the_same_whatever_is_true,
    asking_for_a_new_link_counts_as_a_resend,
    a_batch_resends_what_it_can_and_names_the_rest_in_order,
    a_batch_of_resends_holds_one_to_a_thousand_ids,
];

async fn try_resend(
    h: &Harness,
    team: &str,
    id: &str,
) -> Result<Response<ResendInvitationResponse>, Status> {
    let request = ResendInvitationRequest {
        team_id: team.to_owned(),
        invitation_id: id.to_owned(),
        ..ResendInvitationRequest::default()
    };
    h.invitations().resend_invitation(request).await
}

async fn a_resend_makes_a_new_link_and_kills_the_old_one(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    h.advance(TimeDelta::days(2));
    let before = h.invitation(&team.id, &ann.id).await;
    let answer = try_resend(h, &team.id, &ann.id).await.answered();
    let after = answer.invitation.expect("the invitation");
    assert_eq!((&after.id, &after.user_id), (&before.id, &before.user_id));
    assert_eq!(after.create_time, before.create_time);
    assert_eq!(after.send_count, 2);
    assert_eq!(time(after.expire_time), h.now() + WEEK);

    let letter = h.only_letter().await;
    assert_eq!(letter.to, "ann@acme.example");
    assert_ne!(token(&letter), ann.token);
    h.accept(&ann.token)
        .await
        .refused(Code::FailedPrecondition, "INVITATION_SUPERSEDED");
    h.accept(&token(&letter)).await.answered();
}

async fn a_resend_cancels_the_letter_that_was_not_sent_yet(h: &Harness) {
    let team = h.team("acme").await;
    let request = invitation_of(&team.id, "ann@acme.example");
    let answer = h.invitations().create_invitation(request).await.answered();
    let id = answer.invitation.expect("the invitation").id;
    // One letter only, and its link is the one that works.
    let token = h.resend(&team.id, &id).await;
    h.accept(&token).await.answered();
}

async fn the_first_resend_is_free_and_the_next_waits_a_minute(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    h.resend(&team.id, &ann.id).await;
    let minute = TimeDelta::minutes(1);

    let status = try_resend(h, &team.id, &ann.id)
        .await
        .refused(Code::ResourceExhausted, "RESEND_TOO_SOON");
    assert_eq!(retry_delay(&status), minute.to_std().expect("a minute"));
    h.advance(minute - MICROSECOND);
    try_resend(h, &team.id, &ann.id)
        .await
        .refused(Code::ResourceExhausted, "RESEND_TOO_SOON");
    let invitation = h.invitation(&team.id, &ann.id).await;
    assert_eq!(invitation.send_count, 2, "a refused resend changes nothing");

    h.advance(MICROSECOND);
    h.resend(&team.id, &ann.id).await;
}

async fn five_resends_a_day_are_all(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let first = h.now();
    for _ in 0..5 {
        h.resend(&team.id, &ann.id).await;
        h.advance(TimeDelta::minutes(1));
    }
    let status = try_resend(h, &team.id, &ann.id)
        .await
        .refused(Code::ResourceExhausted, "RESENDS_USED_UP");
    let delay = TimeDelta::from_std(retry_delay(&status)).expect("a delay");
    assert!(
        delay > TimeDelta::zero()
            && h.now() + delay <= first + TimeDelta::days(1) + TimeDelta::minutes(5)
    );

    h.advance(delay - MICROSECOND);
    try_resend(h, &team.id, &ann.id)
        .await
        .refused(Code::ResourceExhausted, "RESENDS_USED_UP");
    h.advance(MICROSECOND);
    h.resend(&team.id, &ann.id).await;
}

async fn resends_of_one_invitation_do_not_count_for_another(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let bob = h.invite(&team.id, "bob@acme.example").await;
    h.resend(&team.id, &ann.id).await;
    h.resend(&team.id, &bob.id).await;
}

async fn an_expired_invitation_is_not_resent_without_a_seat(h: &Harness) {
    let mut request = team_called("acme");
    request.seat_limit = Some(2);
    let team = h.team_from(request).await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    h.advance(WEEK);
    let bob = h.invite(&team.id, "bob@acme.example").await;

    try_resend(h, &team.id, &ann.id)
        .await
        .refused(Code::FailedPrecondition, "NO_SEAT");
    let invitation = h.invitation(&team.id, &ann.id).await;
    assert_eq!(
        (invitation.state(), invitation.send_count),
        (InvitationState::Expired, 1)
    );
    h.resend(&team.id, &bob.id).await;
}

fn two_an_hour(settings: &mut Settings) {
    settings.single_invitations_per_hour = 2;
}

async fn a_team_invites_no_more_people_singly_than_an_hour_allows(h: &Harness) {
    let team = h.team("acme").await;
    let other = h.team("other").await;
    // The primary admin was invited singly, too.
    h.advance(TimeDelta::hours(1));
    h.invite(&team.id, "ann@acme.example").await;
    h.advance(TimeDelta::minutes(20));
    h.invite(&team.id, "bob@acme.example").await;

    let third = invitation_of(&team.id, "cyd@acme.example");
    let answer = h.invitations().create_invitation(third.clone()).await;
    let status = answer.refused(Code::ResourceExhausted, "INVITATIONS_USED_UP");
    let delay = TimeDelta::from_std(retry_delay(&status)).expect("a delay");
    assert!(delay > TimeDelta::zero() && delay <= TimeDelta::hours(1));
    h.invite(&other.id, "cyd@acme.example").await;
    h.import_held(&team.id, "march", &["dan@acme.example", "eve@acme.example"])
        .await;

    h.advance(delay);
    h.invite_from(third).await;
}

async fn ask(h: &Harness, token: &str) {
    let token = token.to_owned();
    h.invitations()
        .request_new_invitation(RequestNewInvitationRequest {
            token,
            ..RequestNewInvitationRequest::default()
        })
        .await
        .answered();
}

async fn an_invitee_with_an_expired_or_superseded_link_gets_a_new_one(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    h.advance(WEEK);
    ask(h, &ann.token).await;
    let letter = h.only_letter().await;
    assert_eq!(letter.to, "ann@acme.example");
    let invitation = h.invitation(&team.id, &ann.id).await;
    assert_eq!(
        (invitation.state(), invitation.send_count),
        (InvitationState::Pending, 2)
    );
    assert_eq!(time(invitation.expire_time), h.now() + WEEK);

    h.advance(TimeDelta::minutes(1));
    ask(h, &ann.token).await;
    let newest = h.only_token().await;
    h.accept(&token(&letter))
        .await
        .refused(Code::FailedPrecondition, "INVITATION_SUPERSEDED");
    h.accept(&newest).await.answered();
}

async fn asking_for_a_new_link_answers_the_same_whatever_is_true(h: &Harness) {
    let team = h.team("acme").await;
    let accepted = h.join(&team.id, "accepted@acme.example").await;
    let full = h.team("full").await;
    let seatless = h.invite(&full.id, "seatless@acme.example").await;
    h.advance(WEEK);
    let limit = Team {
        id: full.id.clone(),
        seat_limit: Some(1),
        ..Team::default()
    };
    let mask = FieldMask {
        paths: vec!["seat_limit".to_owned()],
    };
    let update = UpdateTeamRequest {
        team: Some(limit),
        update_mask: Some(mask),
        ..UpdateTeamRequest::default()
    };
    h.teams().update_team(update).await.answered();

    let good = h.invite(&team.id, "good@acme.example").await;
    for token in [
        &accepted.token,
        &seatless.token,
        &good.token,
        &"A".repeat(43),
    ] {
        ask(h, token).await;
        assert!(h.deliver().await.is_empty());
    }
    assert_eq!(h.invitation(&full.id, &seatless.id).await.send_count, 1);
    let empty = h
        .invitations()
        .request_new_invitation(RequestNewInvitationRequest::default())
        .await;
    empty.invalid(&[("token", "REQUIRED")]);
}

async fn asking_for_a_new_link_counts_as_a_resend(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    h.advance(WEEK);
    ask(h, &ann.token).await;
    h.only_letter().await;

    ask(h, &ann.token).await;
    assert!(h.deliver().await.is_empty(), "a minute has not passed");
    try_resend(h, &team.id, &ann.id)
        .await
        .refused(Code::ResourceExhausted, "RESEND_TOO_SOON");
    for _ in 0..4 {
        h.advance(TimeDelta::minutes(1));
        ask(h, &ann.token).await;
        h.only_letter().await;
    }
    h.advance(TimeDelta::minutes(1));
    ask(h, &ann.token).await;
    assert!(h.deliver().await.is_empty(), "five a day are all");
    assert_eq!(h.invitation(&team.id, &ann.id).await.send_count, 6);
}

async fn a_batch_resends_what_it_can_and_names_the_rest_in_order(h: &Harness) {
    let team = h.team("acme").await;
    let other = h.team("other").await;
    let theirs = h.invite(&other.id, "theirs@acme.example").await;
    let accepted = h.join(&team.id, "accepted@acme.example").await;
    let recent = h.invite(&team.id, "recent@acme.example").await;
    h.resend(&team.id, &recent.id).await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let bob = h.invite(&team.id, "bob@acme.example").await;
    let nowhere = h.unknown_id();

    let asked = [
        (&bob.id, Reason::Unspecified),
        (&theirs.id, Reason::InvitationNotFound),
        (&accepted.id, Reason::InvitationAccepted),
        (&recent.id, Reason::ResendTooSoon),
        (&nowhere, Reason::InvitationNotFound),
        (&ann.id, Reason::Unspecified),
        (&team.invitation, Reason::Unspecified),
    ];
    let request = BatchResendInvitationsRequest {
        team_id: team.id.clone(),
        invitation_ids: asked.iter().map(|(id, _)| (*id).clone()).collect(),
        ..BatchResendInvitationsRequest::default()
    };
    let answer = h
        .invitations()
        .batch_resend_invitations(request)
        .await
        .answered();
    let expected = asked.map(|(id, reason)| BatchInvitationResult {
        invitation_id: id.clone(),
        reason: reason.into(),
    });
    assert_eq!(answer.results, expected);

    let mut recipients: Vec<_> = h
        .deliver()
        .await
        .into_iter()
        .map(|letter| letter.to)
        .collect();
    recipients.sort();
    assert_eq!(
        recipients,
        ["ann@acme.example", "bob@acme.example", "boss@acme.example"]
    );
    h.accept(&theirs.token).await.answered();
}

async fn a_batch_of_resends_holds_one_to_a_thousand_ids(h: &Harness) {
    let team = h.team("acme").await;
    let batch = async |invitation_ids: Vec<String>| {
        let request = BatchResendInvitationsRequest {
            team_id: team.id.clone(),
            invitation_ids,
            ..BatchResendInvitationsRequest::default()
        };
        h.invitations().batch_resend_invitations(request).await
    };
    batch(Vec::new())
        .await
        .invalid(&[("invitation_ids", "REQUIRED")]);
    let ids: Vec<_> = (0..1_001).map(|_| h.unknown_id()).collect();
    assert_eq!(
        batch(ids[..1_000].to_vec()).await.answered().results.len(),
        1_000
    );
    batch(ids).await.invalid(&[("invitation_ids", "TOO_MANY")]);
    batch(vec!["x".to_owned()])
        .await
        .invalid(&[("invitation_ids[0]", "MALFORMED")]);
}
