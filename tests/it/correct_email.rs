//! Correcting the address of somebody who has not accepted: whose account it becomes, and what a refusal undoes.

use chrono::TimeDelta;
use muster::proto::{
    CorrectEmailRequest, CorrectEmailResponse, DeliveryState, DomainRule, DomainRuleEffect,
    GetTeamRequest, ImportOutcome, InvitationState, MemberState, Role, Team, UpdateTeamRequest,
};
use prost_types::FieldMask;
use tonic::{Code, Response, Status};

use crate::{
    fixtures::{
        Invited, MICROSECOND, NewTeam, WEEK, invitation_of, team_called, team_of, time, token,
    },
    harness::{Harness, tests},
    refusals::Outcome,
};

tests![
    an_address_that_is_nobodys_changes_the_account_and_keeps_every_id,
    the_old_address_is_free_again,
    a_correction_kills_the_letter_that_was_not_sent_yet,
    another_spelling_of_the_same_address_is_kept_for_display,
    an_expired_invitation_is_open_again_after_a_correction,
    somebody_in_another_team_keeps_his_account_there,
    an_address_of_an_account_that_waits_elsewhere_moves_the_invitation_to_it,
    an_address_of_a_verified_account_makes_it_a_member_at_once,
    an_address_of_a_member_only_ends_the_wrong_membership,
    an_address_of_somebody_who_waits_here_only_ends_the_wrong_membership,
    the_freed_seat_is_the_corrected_persons,
    the_primary_admins_team_follows_him_to_another_account,
    an_expired_primary_admin_is_corrected_without_a_free_seat,
    a_member_in_the_team_is_found_whatever_the_domain_rules_say_now,
    an_address_corrected_to_itself_is_a_resend_also_for_somebody_in_another_team,
];

pub(crate) async fn correct(
    h: &Harness,
    team: &str,
    user: &str,
    email: &str,
) -> Result<Response<CorrectEmailResponse>, Status> {
    let request = CorrectEmailRequest {
        team_id: team.to_owned(),
        user_id: user.to_owned(),
        email: email.to_owned(),
        ..CorrectEmailRequest::default()
    };
    h.users().correct_email(request).await
}

/// A team and somebody in it whose address was mistyped.
pub(crate) async fn mistyped(h: &Harness) -> (NewTeam, Invited) {
    let team = h.team("acme").await;
    let invited = h.invite_guest(&team.id, "an@acme.example").await;
    (team, invited)
}

/// The wrong person has left the team, and his link is dead.
async fn assert_gone(h: &Harness, team: &NewTeam, wrong: &Invited) {
    let member = h.member(&team.id, &wrong.user).await;
    assert_eq!(member.state(), MemberState::Removed);
    let invitation = h.invitation(&team.id, &wrong.id).await;
    assert_eq!(invitation.state(), InvitationState::Revoked);
    h.accept(&wrong.token)
        .await
        .refused(Code::FailedPrecondition, "INVITATION_REVOKED");
}

async fn an_address_that_is_nobodys_changes_the_account_and_keeps_every_id(h: &Harness) {
    let (team, an) = mistyped(h).await;
    h.advance(TimeDelta::days(3));
    let answer = correct(h, &team.id, &an.user, "Ann@acme.example")
        .await
        .answered();
    assert_eq!(answer.outcome(), ImportOutcome::Invited);

    let member = answer.member.expect("the member");
    assert_eq!(member.user_id, an.user);
    assert_eq!(member.role(), Role::Guest);
    assert_eq!(member.state(), MemberState::Invited);
    assert_eq!(member.user.expect("the account").email, "Ann@acme.example");
    let invitation = answer.invitation.expect("the invitation");
    assert_eq!(invitation.id, an.id);
    assert_eq!(invitation.email, "Ann@acme.example");
    assert_eq!(invitation.send_count, 2);
    assert_eq!(time(invitation.expire_time), h.now() + WEEK);

    let letter = h.only_letter().await;
    assert_eq!(letter.to, "Ann@acme.example");
    h.accept(&an.token)
        .await
        .refused(Code::FailedPrecondition, "INVITATION_SUPERSEDED");
    h.accept(&token(&letter)).await.answered();
    assert!(h.user(&an.user).await.enabled);
}

async fn the_old_address_is_free_again(h: &Harness) {
    let (team, an) = mistyped(h).await;
    correct(h, &team.id, &an.user, "ann@acme.example")
        .await
        .answered();
    h.only_letter().await;
    let other = h.invite(&team.id, "an@acme.example").await;
    assert_ne!(other.user, an.user);
}

async fn a_correction_kills_the_letter_that_was_not_sent_yet(h: &Harness) {
    let team = h.team("acme").await;
    let request = invitation_of(&team.id, "an@acme.example");
    let answer = h.invitations().create_invitation(request).await.answered();
    let user = answer.member.expect("the member").user_id;
    let answer = correct(h, &team.id, &user, "ann@acme.example")
        .await
        .answered();
    assert_eq!(
        answer.invitation.expect("the invitation").delivery_state(),
        DeliveryState::Queued
    );
    assert_eq!(
        h.only_letter().await.to,
        "ann@acme.example",
        "and nothing to the wrong address"
    );
}

async fn another_spelling_of_the_same_address_is_kept_for_display(h: &Harness) {
    let (team, an) = mistyped(h).await;
    let answer = correct(h, &team.id, &an.user, "AN@acme.example")
        .await
        .answered();
    assert_eq!(answer.member.expect("the member").user_id, an.user);
    assert_eq!(h.user(&an.user).await.email, "AN@acme.example");
    assert_eq!(h.only_letter().await.to, "AN@acme.example");
}

async fn an_expired_invitation_is_open_again_after_a_correction(h: &Harness) {
    let (team, an) = mistyped(h).await;
    h.advance(WEEK);
    let answer = correct(h, &team.id, &an.user, "ann@acme.example")
        .await
        .answered();
    let invitation = answer.invitation.expect("the invitation");
    assert_eq!(
        (invitation.id.as_str(), invitation.state()),
        (an.id.as_str(), InvitationState::Pending)
    );
    h.advance(WEEK - MICROSECOND);
    let token = h.only_token().await;
    h.accept(&token).await.answered();
}

async fn somebody_in_another_team_keeps_his_account_there(h: &Harness) {
    let (team, an) = mistyped(h).await;
    let other = h.team("other").await;
    let there = h.invite(&other.id, "an@acme.example").await;

    let answer = correct(h, &team.id, &an.user, "ann@acme.example")
        .await
        .answered();
    assert_eq!(answer.outcome(), ImportOutcome::Invited);
    let member = answer.member.expect("the member");
    assert_ne!(member.user_id, an.user);
    assert_eq!(member.role(), Role::Guest);
    let invitation = answer.invitation.expect("the invitation");
    assert_ne!(invitation.id, an.id);
    assert_gone(h, &team, &an).await;
    let letter = h.only_letter().await;
    assert_eq!(letter.to, "ann@acme.example");
    h.accept(&token(&letter)).await.answered();

    assert_eq!(h.user(&an.user).await.email, "an@acme.example");
    h.accept(&there.token).await.answered();
}

async fn an_address_of_an_account_that_waits_elsewhere_moves_the_invitation_to_it(h: &Harness) {
    let (team, an) = mistyped(h).await;
    let other = h.team("other").await;
    let ann = h.invite(&other.id, "ann@acme.example").await;
    let before = h.user(&ann.user).await;

    let answer = correct(h, &team.id, &an.user, "ANN@acme.example")
        .await
        .answered();
    assert_eq!(answer.outcome(), ImportOutcome::Invited);
    let member = answer.member.expect("the member");
    assert_eq!(member.user_id, ann.user);
    assert_eq!(member.role(), Role::Guest);
    assert_gone(h, &team, &an).await;
    assert_eq!(
        h.user(&ann.user).await,
        before,
        "his account is not ours to change"
    );
    let token = h.only_token().await;
    h.accept(&token).await.answered();
}

async fn an_address_of_a_verified_account_makes_it_a_member_at_once(h: &Harness) {
    let (team, an) = mistyped(h).await;
    let pat = h.verified("pat@acme.example").await;

    let answer = correct(h, &team.id, &an.user, "pat@acme.example")
        .await
        .answered();
    assert_eq!(answer.outcome(), ImportOutcome::Verified);
    assert_eq!(answer.invitation, None);
    let member = answer.member.expect("the member");
    assert_eq!(member.user_id, pat.id);
    assert_eq!(
        (member.state(), member.role()),
        (MemberState::Active, Role::Guest)
    );
    assert_gone(h, &team, &an).await;
    assert_eq!(h.only_letter().await.to, "pat@acme.example");
}

async fn an_address_of_a_member_only_ends_the_wrong_membership(h: &Harness) {
    let (team, an) = mistyped(h).await;
    let ann = h.join(&team.id, "ann@acme.example").await;
    let answer = correct(h, &team.id, &an.user, "ann@acme.example")
        .await
        .answered();
    assert_eq!(answer.outcome(), ImportOutcome::AlreadyMember);
    let member = answer.member.expect("the member");
    assert_eq!(
        (member.user_id.as_str(), member.role()),
        (ann.user.as_str(), Role::Member)
    );
    assert_gone(h, &team, &an).await;
}

async fn an_address_of_somebody_who_waits_here_only_ends_the_wrong_membership(h: &Harness) {
    let (team, an) = mistyped(h).await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let answer = correct(h, &team.id, &an.user, "ann@acme.example")
        .await
        .answered();
    assert_eq!(answer.outcome(), ImportOutcome::AlreadyInvited);
    assert_eq!(answer.invitation.expect("the invitation").id, ann.id);
    assert_gone(h, &team, &an).await;
    h.accept(&ann.token).await.answered();
}

async fn the_freed_seat_is_the_corrected_persons(h: &Harness) {
    let mut request = team_called("acme");
    request.seat_limit = Some(2);
    let team = h.team_from(request).await;
    let an = h.invite(&team.id, "an@acme.example").await;
    let other = h.team("other").await;
    let ann = h.invite(&other.id, "ann@acme.example").await;

    let answer = correct(h, &team.id, &an.user, "ann@acme.example")
        .await
        .answered();
    assert_eq!(answer.member.expect("the member").user_id, ann.user);
    assert_eq!(h.counts(&team.id).await.seats, 2);
    h.only_letter().await;
}

async fn the_primary_admins_team_follows_him_to_another_account(h: &Harness) {
    let team = h.team("acme").await;
    let primary = async || {
        let request = GetTeamRequest {
            team_id: team.id.clone(),
        };
        h.teams()
            .get_team(request)
            .await
            .answered()
            .team
            .expect("the team")
            .primary_admin_user_id
    };

    correct(h, &team.id, &team.admin, "bossy@acme.example")
        .await
        .answered();
    h.only_letter().await;
    assert_eq!(
        primary().await,
        team.admin,
        "the same account under another address"
    );

    h.advance(TimeDelta::minutes(1));
    let pat = h.verified("pat@acme.example").await;
    let answer = correct(h, &team.id, &team.admin, "pat@acme.example")
        .await
        .answered();
    assert_eq!(answer.outcome(), ImportOutcome::Verified);
    let member = answer.member.expect("the member");
    assert_eq!(
        (member.user_id.as_str(), member.role()),
        (pat.id.as_str(), Role::PrimaryAdmin)
    );
    assert_eq!(primary().await, pat.id);
    let old = h.member(&team.id, &team.admin).await;
    assert_eq!(old.state(), MemberState::Removed);
    assert_ne!(old.role(), Role::PrimaryAdmin, "there is one only");
    h.only_letter().await;
}

async fn an_expired_primary_admin_is_corrected_without_a_free_seat(h: &Harness) {
    let mut request = team_called("acme");
    request.seat_limit = Some(1);
    let team = h.team_from(request).await;
    let other = h.team("other").await;
    let ann = h.invite(&other.id, "ann@acme.example").await;
    h.advance(WEEK);

    correct(h, &team.id, &team.admin, "bossy@acme.example")
        .await
        .answered();
    h.only_letter().await;
    h.advance(WEEK);
    let answer = correct(h, &team.id, &team.admin, "ann@acme.example")
        .await
        .answered();
    let member = answer.member.expect("the member");
    assert_eq!(
        (member.user_id.as_str(), member.role()),
        (ann.user.as_str(), Role::PrimaryAdmin)
    );
    assert_eq!(h.counts(&team.id).await.seats, 1);
    h.only_letter().await;
}

async fn a_member_in_the_team_is_found_whatever_the_domain_rules_say_now(h: &Harness) {
    let (team, an) = mistyped(h).await;
    let ann = h.join(&team.id, "ann@partner.example").await;
    let rules = Team {
        id: team.id.clone(),
        domain_rules: vec![DomainRule {
            domain: "partner.example".to_owned(),
            effect: DomainRuleEffect::Deny.into(),
        }],
        ..Team::default()
    };
    let request = UpdateTeamRequest {
        team: Some(rules),
        update_mask: Some(FieldMask {
            paths: vec!["domain_rules".to_owned()],
        }),
        ..UpdateTeamRequest::default()
    };
    h.teams().update_team(request).await.answered();

    let answer = correct(h, &team.id, &an.user, "ann@partner.example")
        .await
        .answered();
    assert_eq!(answer.outcome(), ImportOutcome::AlreadyMember);
    assert_eq!(answer.member.expect("the member").user_id, ann.user);
}

async fn an_address_corrected_to_itself_is_a_resend_also_for_somebody_in_another_team(h: &Harness) {
    let team = h.team_from(team_of("acme", "ann@acme.example")).await;
    let other = h.team("other").await;
    let there = h.invite(&other.id, "ann@acme.example").await;
    assert_eq!(there.user, team.admin, "one account in two teams");

    for (team, invitation) in [(&team.id, &team.invitation), (&other.id, &there.id)] {
        let answer = correct(h, team, &there.user, "ANN@acme.example").await;
        let answer = answer.answered();
        let renewed = answer.invitation.expect("the invitation");
        assert_eq!((&renewed.id, renewed.send_count), (invitation, 2));
        assert_eq!(answer.member.expect("the member").user_id, there.user);
        assert_eq!(h.only_letter().await.to, "ann@acme.example");
        let again = correct(h, team, &there.user, "ann@acme.example").await;
        again.refused(Code::ResourceExhausted, "RESEND_TOO_SOON");
    }
    assert_eq!(h.user(&there.user).await.email, "ann@acme.example");
}
