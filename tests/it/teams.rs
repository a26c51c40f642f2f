//! Teams: creation with a primary admin, settings, counts, lists.

use muster::proto::{
    CreateTeamRequest, DeclineInvitationRequest, DomainRule, DomainRuleEffect, ImportOutcome,
    InvitationState, ListTeamsRequest, ListUsersRequest, MemberSource, MemberState, PrimaryAdmin,
    RevokeInvitationRequest, Role, TeamCounts, TeamFilter, VerifiedAccountPolicy,
};
use prost_types::Duration;
use tonic::Code;

use crate::{
    fixtures::{MICROSECOND, WEEK, invitation_of, team_called, team_of, time},
    harness::{Harness, tests},
    refusals::{Outcome, resource_name},
};

tests![
    a_new_team_invites_its_primary_admin_with_one_letter,
    an_external_id_names_one_team_only,
    a_verified_primary_admin_is_active_at_once,
    the_primary_admins_seat_always_counts,
    a_primary_admin_whom_the_teams_own_rules_refuse_makes_no_team,
    every_broken_field_of_a_new_team_is_named_at_once,
    a_team_without_a_primary_admin_is_refused,
    counts_follow_what_happens_to_members_and_invitations,
    a_list_can_be_narrowed_to_one_external_id,
    the_primary_admins_invitation_can_be_resent_but_not_ended,
    inviting_an_expired_primary_admin_again_needs_no_seat_and_keeps_his_role,
];

async fn a_new_team_invites_its_primary_admin_with_one_letter(h: &Harness) {
    let answer = h.teams().create_team(team_called("acme")).await.answered();
    assert_eq!(answer.outcome(), ImportOutcome::Invited);

    let team = answer.team.expect("the team");
    let member = answer.member.expect("the primary admin");
    assert_eq!(team.primary_admin_user_id, member.user_id);
    assert_eq!(time(team.create_time), h.now());
    assert_eq!(member.team_id, team.id);
    assert_eq!(member.role(), Role::PrimaryAdmin);
    assert_eq!(member.state(), MemberState::Invited);
    assert_eq!(member.source(), MemberSource::Manual);
    assert_eq!(member.join_time, None);

    let user = member.user.expect("the account");
    assert_eq!(user.id, member.user_id);
    assert_eq!(user.email, "boss@acme.example");
    assert!(!user.enabled);

    let invitation = answer.invitation.expect("the invitation");
    assert_eq!(invitation.role(), Role::PrimaryAdmin);
    assert_eq!(invitation.state(), InvitationState::Pending);
    assert_eq!(invitation.send_count, 1);
    assert_eq!(time(invitation.expire_time), h.now() + WEEK);

    assert_eq!(h.only_letter().await.to, "boss@acme.example");
}

pub(crate) fn with_every_setting() -> CreateTeamRequest {
    let rule = |domain: &str, effect: DomainRuleEffect| DomainRule {
        domain: domain.to_owned(),
        effect: effect.into(),
    };
    CreateTeamRequest {
        external_id: "crm-17".to_owned(),
        seat_limit: Some(12),
        invitation_ttl: Some(days(3)),
        verified_account_policy: VerifiedAccountPolicy::AskFirst.into(),
        default_language: "uk".to_owned(),
        domain_rules: vec![
            rule("acme.example", DomainRuleEffect::Allow),
            rule("*.acme.example", DomainRuleEffect::GuestOnly),
            rule("evil.example", DomainRuleEffect::Deny),
        ],
        ..team_called("acme")
    }
}

pub(crate) fn days(days: i64) -> Duration {
    Duration {
        seconds: days * 24 * 60 * 60,
        nanos: 0,
    }
}

async fn an_external_id_names_one_team_only(h: &Harness) {
    let first = h.team_from(with_every_setting()).await;

    let second = CreateTeamRequest {
        external_id: "crm-17".to_owned(),
        ..team_called("other")
    };
    let status = h
        .teams()
        .create_team(second)
        .await
        .refused(Code::AlreadyExists, "TEAM_EXTERNAL_ID_TAKEN");
    assert_eq!(resource_name(&status), first.id);

    assert!(h.deliver().await.is_empty(), "a refused team mails nobody");
    let all = h
        .teams()
        .list_teams(ListTeamsRequest::default())
        .await
        .answered();
    assert_eq!(all.teams.len(), 1);
}

async fn a_verified_primary_admin_is_active_at_once(h: &Harness) {
    let admin = h.verified("pat@acme.example").await;

    let request = team_of("second", "PAT@acme.example");
    let answer = h.teams().create_team(request).await.answered();

    assert_eq!(answer.outcome(), ImportOutcome::Verified);
    assert_eq!(answer.invitation, None);
    let member = answer.member.expect("the primary admin");
    assert_eq!(member.user_id, admin.id);
    assert_eq!(member.state(), MemberState::Active);
    assert_eq!(member.role(), Role::PrimaryAdmin);
    assert_eq!(time(member.join_time), h.now());
    let letter = h.only_letter().await;
    assert!(
        !letter.text.contains("/invitations/"),
        "nothing is left to accept"
    );
}

async fn a_primary_admin_whom_the_teams_own_rules_refuse_makes_no_team(h: &Harness) {
    let request = CreateTeamRequest {
        primary_admin: team_of("acme", "boss@evil.example").primary_admin,
        ..with_every_setting()
    };
    let made = h.teams().create_team(request).await;
    made.refused(Code::FailedPrecondition, "DOMAIN_REFUSED");

    let teams = h.teams().list_teams(ListTeamsRequest::default()).await;
    assert_eq!(teams.answered().teams, []);
    let users = h.users().list_users(ListUsersRequest::default()).await;
    assert_eq!(users.answered().users, []);
}

async fn the_primary_admins_seat_always_counts(h: &Harness) {
    let request = CreateTeamRequest {
        seat_limit: Some(1),
        ..with_every_setting()
    };
    let made = h.team_from(request).await;
    assert_eq!(h.counts(&made.id).await.seats, 1);

    h.advance(WEEK);
    assert_eq!(
        h.counts(&made.id).await.seats,
        1,
        "his seat counts though the invitation expired"
    );
    h.resend(&made.id, &made.invitation).await;
}

async fn every_broken_field_of_a_new_team_is_named_at_once(h: &Harness) {
    let rule = |domain: &str, effect: i32| DomainRule {
        domain: domain.to_owned(),
        effect,
    };
    let request = CreateTeamRequest {
        display_name: " ".to_owned(),
        primary_admin: Some(PrimaryAdmin {
            email: "nobody".to_owned(),
            given_name: String::new(),
            family_name: "www.buy.example".to_owned(),
            language: "not a language".to_owned(),
        }),
        external_id: "x".repeat(129),
        seat_limit: Some(0),
        invitation_ttl: Some(Duration {
            seconds: 59,
            nanos: 0,
        }),
        verified_account_policy: 99,
        default_language: "!".to_owned(),
        domain_rules: vec![
            rule("fine.example", 1),
            rule("no dot", 1),
            rule("*.fine.example", 0),
            rule("good.example", 7),
        ],
        ..CreateTeamRequest::default()
    };

    h.teams().create_team(request).await.invalid(&[
        ("display_name", "REQUIRED"),
        ("primary_admin.email", "MALFORMED"),
        ("primary_admin.given_name", "REQUIRED"),
        ("primary_admin.family_name", "LOOKS_LIKE_LINK"),
        ("primary_admin.language", "MALFORMED"),
        ("external_id", "TOO_LONG"),
        ("seat_limit", "OUT_OF_RANGE"),
        ("invitation_ttl", "OUT_OF_RANGE"),
        ("verified_account_policy", "UNKNOWN_VALUE"),
        ("default_language", "MALFORMED"),
        ("domain_rules[1].domain", "MALFORMED"),
        ("domain_rules[2].effect", "REQUIRED"),
        ("domain_rules[3].effect", "UNKNOWN_VALUE"),
    ]);
}

async fn a_team_without_a_primary_admin_is_refused(h: &Harness) {
    let request = CreateTeamRequest {
        primary_admin: None,
        ..team_called("acme")
    };
    h.teams()
        .create_team(request)
        .await
        .invalid(&[("primary_admin", "REQUIRED")]);
}

async fn counts_follow_what_happens_to_members_and_invitations(h: &Harness) {
    let team = h.team("acme").await;
    h.accept(&team.token).await.answered();
    let waits = h.invite(&team.id, "waits@acme.example").await;
    let declines = h.invite(&team.id, "declines@acme.example").await;
    let request = DeclineInvitationRequest {
        token: declines.token,
        ..DeclineInvitationRequest::default()
    };
    h.invitations().decline_invitation(request).await.answered();
    let before = TeamCounts {
        seats: 2,
        invited_members: 1,
        active_members: 1,
        disabled_members: 0,
        removed_members: 1,
        open_invitations: 1,
        expired_invitations: 0,
        undelivered_invitations: 0,
    };
    assert_eq!(h.counts(&team.id).await, before);

    h.advance(WEEK - MICROSECOND);
    assert_eq!(h.counts(&team.id).await, before);

    h.advance(MICROSECOND);
    let expired = TeamCounts {
        seats: 1,
        expired_invitations: 1,
        ..before
    };
    assert_eq!(h.counts(&team.id).await, expired);

    h.resend(&team.id, &waits.id).await;
    assert_eq!(h.counts(&team.id).await, before);
}

async fn a_list_can_be_narrowed_to_one_external_id(h: &Harness) {
    let found = h.team_from(with_every_setting()).await;
    h.team("other").await;

    let list = async |external_id: &str| {
        let filter = Some(TeamFilter {
            external_id: external_id.to_owned(),
            ..TeamFilter::default()
        });
        let request = ListTeamsRequest {
            filter,
            ..ListTeamsRequest::default()
        };
        let answer = h.teams().list_teams(request).await.answered();
        answer
            .teams
            .into_iter()
            .map(|team| team.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(list("crm-17").await, [found.id]);
    assert_eq!(list("crm-18").await, [""; 0]);
    assert_eq!(list("").await.len(), 2);
}

async fn the_primary_admins_invitation_can_be_resent_but_not_ended(h: &Harness) {
    let team = h.team("acme").await;

    let decline = DeclineInvitationRequest {
        token: team.token.clone(),
        ..DeclineInvitationRequest::default()
    };
    let refused = h.invitations().decline_invitation(decline).await;
    refused.refused(Code::FailedPrecondition, "PRIMARY_ADMIN_PROTECTED");
    let revoke = RevokeInvitationRequest {
        team_id: team.id.clone(),
        invitation_id: team.invitation.clone(),
        ..RevokeInvitationRequest::default()
    };
    let refused = h.invitations().revoke_invitation(revoke).await;
    refused.refused(Code::FailedPrecondition, "PRIMARY_ADMIN_PROTECTED");

    let token = h.resend(&team.id, &team.invitation).await;
    h.accept(&token).await.answered();
    assert_eq!(
        h.member(&team.id, &team.admin).await.state(),
        MemberState::Active
    );
}

async fn inviting_an_expired_primary_admin_again_needs_no_seat_and_keeps_his_role(h: &Harness) {
    let request = CreateTeamRequest {
        seat_limit: Some(1),
        ..team_called("acme")
    };
    let team = h.team_from(request).await;
    h.advance(WEEK);

    let mut again = invitation_of(&team.id, "boss@acme.example");
    again.set_role(Role::Guest);
    let answer = h.invitations().create_invitation(again).await.answered();
    assert_eq!(answer.outcome(), ImportOutcome::Invited);
    assert_eq!(
        answer.invitation.expect("the invitation").id,
        team.invitation
    );
    assert_eq!(
        answer.member.expect("the member").role(),
        Role::PrimaryAdmin
    );
    let token = h.only_token().await;
    h.accept(&token).await.answered();
    assert_eq!(
        h.member(&team.id, &team.admin).await.role(),
        Role::PrimaryAdmin
    );
}
