//! Teams: creation with a primary admin, settings, counts, lists.

use muster::proto::{
    CreateTeamRequest, DeclineInvitationRequest, DomainRule, DomainRuleEffect, GetTeamRequest,
    ImportOutcome, InvitationState, ListTeamsRequest, MemberSource, MemberState, PrimaryAdmin,
    RevokeInvitationRequest, Role, Team, TeamCounts, TeamFilter, UpdateTeamRequest,
    VerifiedAccountPolicy,
};
use prost_types::{Duration, FieldMask};
use tonic::Code;

use crate::{
    fixtures::{MICROSECOND, WEEK, team_called, time},
    harness::{Harness, tests},
    refusals::{Outcome, resource_name, violations},
};

tests![
    a_new_team_invites_its_primary_admin_with_one_letter,
    a_team_keeps_every_setting_that_it_was_made_with,
    a_team_made_without_settings_has_the_documented_defaults,
    an_external_id_names_one_team_only,
    a_verified_primary_admin_is_active_at_once,
    the_primary_admin_needs_no_seat_and_no_domain_rule,
    every_broken_field_of_a_new_team_is_named_at_once,
    a_team_without_a_primary_admin_is_refused,
    counts_follow_what_happens_to_members_and_invitations,
    an_update_changes_the_fields_of_its_mask_and_no_other,
    a_field_named_in_the_mask_and_unset_goes_back_to_its_default,
    an_update_of_unknown_or_output_only_fields_is_refused,
    every_broken_field_of_an_update_is_named_at_once,
    an_update_cannot_take_another_teams_external_id,
    a_list_can_be_narrowed_to_one_external_id,
    the_primary_admins_invitation_can_be_resent_but_not_ended,
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

fn with_every_setting() -> CreateTeamRequest {
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

fn days(days: i64) -> Duration {
    Duration {
        seconds: days * 24 * 60 * 60,
        nanos: 0,
    }
}

async fn get(h: &Harness, id: &str) -> Team {
    let request = GetTeamRequest {
        team_id: id.to_owned(),
    };
    h.teams()
        .get_team(request)
        .await
        .answered()
        .team
        .expect("the team")
}

async fn a_team_keeps_every_setting_that_it_was_made_with(h: &Harness) {
    let asked = with_every_setting();
    let made = h.team_from(asked.clone()).await;

    let team = get(h, &made.id).await;
    assert_eq!(team.display_name, asked.display_name);
    assert_eq!(team.external_id, asked.external_id);
    assert_eq!(team.seat_limit, asked.seat_limit);
    assert_eq!(team.invitation_ttl, asked.invitation_ttl);
    assert_eq!(team.verified_account_policy, asked.verified_account_policy);
    assert_eq!(team.default_language, asked.default_language);
    assert_eq!(team.domain_rules, asked.domain_rules);
}

fn assert_defaults(team: &Team) {
    assert_eq!(team.external_id, "");
    assert_eq!(team.seat_limit, None);
    assert_eq!(team.invitation_ttl, Some(days(7)));
    assert_eq!(
        team.verified_account_policy(),
        VerifiedAccountPolicy::AddAtOnce
    );
    assert_eq!(team.default_language, "en");
    assert_eq!(team.domain_rules, []);
}

async fn a_team_made_without_settings_has_the_documented_defaults(h: &Harness) {
    let made = h.team("acme").await;
    assert_defaults(&get(h, &made.id).await);
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

    let mut request = team_called("second");
    request.primary_admin.as_mut().expect("an admin").email = "PAT@acme.example".to_owned();
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

async fn the_primary_admin_needs_no_seat_and_no_domain_rule(h: &Harness) {
    let mut request = with_every_setting();
    request.primary_admin.as_mut().expect("an admin").email = "boss@evil.example".to_owned();
    request.seat_limit = Some(1);
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

fn update(team: Team, paths: &[&str]) -> UpdateTeamRequest {
    UpdateTeamRequest {
        team: Some(team),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }),
    }
}

/// The team as `with_every_setting` would have made it, under another name.
fn other_settings(id: &str) -> Team {
    let settings = with_every_setting();
    Team {
        id: id.to_owned(),
        display_name: "Renamed".to_owned(),
        external_id: settings.external_id,
        seat_limit: settings.seat_limit,
        invitation_ttl: settings.invitation_ttl,
        verified_account_policy: settings.verified_account_policy,
        default_language: settings.default_language,
        domain_rules: settings.domain_rules,
        ..Team::default()
    }
}

async fn an_update_changes_the_fields_of_its_mask_and_no_other(h: &Harness) {
    let made = h.team("acme").await;
    let new = other_settings(&made.id);
    let mut expected = get(h, &made.id).await;

    let setters: [(&str, fn(&mut Team, &Team)); 7] = [
        ("display_name", |team, new| {
            team.display_name.clone_from(&new.display_name)
        }),
        ("external_id", |team, new| {
            team.external_id.clone_from(&new.external_id)
        }),
        ("seat_limit", |team, new| team.seat_limit = new.seat_limit),
        ("invitation_ttl", |team, new| {
            team.invitation_ttl = new.invitation_ttl
        }),
        ("verified_account_policy", |team, new| {
            team.verified_account_policy = new.verified_account_policy
        }),
        ("default_language", |team, new| {
            team.default_language.clone_from(&new.default_language)
        }),
        ("domain_rules", |team, new| {
            team.domain_rules.clone_from(&new.domain_rules)
        }),
    ];
    for (path, set) in setters {
        h.advance(MICROSECOND);
        let answer = h
            .teams()
            .update_team(update(new.clone(), &[path]))
            .await
            .answered();
        set(&mut expected, &new);
        let team = answer.team.expect("the team");
        assert_eq!(time(team.update_time), h.now(), "{path}");
        expected.update_time = team.update_time;
        assert_eq!(team, expected, "{path}");
        assert_eq!(get(h, &made.id).await, expected, "{path}");
    }
}

async fn a_field_named_in_the_mask_and_unset_goes_back_to_its_default(h: &Harness) {
    let made = h.team_from(with_every_setting()).await;
    let empty = Team {
        id: made.id.clone(),
        ..Team::default()
    };
    let paths = [
        "external_id",
        "seat_limit",
        "invitation_ttl",
        "verified_account_policy",
        "default_language",
        "domain_rules",
    ];
    h.teams()
        .update_team(update(empty, &paths))
        .await
        .answered();
    assert_defaults(&get(h, &made.id).await);
}

async fn an_update_of_unknown_or_output_only_fields_is_refused(h: &Harness) {
    let made = h.team("acme").await;
    for path in [
        "id",
        "primary_admin_user_id",
        "create_time",
        "update_time",
        "nonsense",
        "*",
        "",
    ] {
        let request = update(other_settings(&made.id), &["display_name", path]);
        let status = h
            .teams()
            .update_team(request)
            .await
            .refused(Code::InvalidArgument, "INVALID");
        let violations = violations(&status);
        assert_eq!(violations.len(), 1, "{path}: {violations:?}");
        assert!(
            violations[0].0.starts_with("update_mask"),
            "{path}: {violations:?}"
        );
        assert_eq!(violations[0].1, "UNKNOWN_PATH", "{path}");
    }
    assert_eq!(
        get(h, &made.id).await.display_name,
        "acme",
        "nothing was changed"
    );
}

async fn every_broken_field_of_an_update_is_named_at_once(h: &Harness) {
    let made = h.team("acme").await;
    let broken = Team {
        id: made.id.clone(),
        display_name: String::new(),
        seat_limit: Some(-1),
        invitation_ttl: Some(days(31)),
        default_language: "?".to_owned(),
        ..Team::default()
    };
    let request = update(
        broken.clone(),
        &["display_name", "seat_limit", "invitation_ttl"],
    );
    h.teams().update_team(request).await.invalid(&[
        ("team.display_name", "REQUIRED"),
        ("team.seat_limit", "OUT_OF_RANGE"),
        ("team.invitation_ttl", "OUT_OF_RANGE"),
    ]);

    let without_mask = UpdateTeamRequest {
        team: Some(Team {
            id: made.id,
            ..Team::default()
        }),
        update_mask: None,
    };
    h.teams()
        .update_team(without_mask)
        .await
        .invalid(&[("update_mask", "REQUIRED")]);
    let without_team = UpdateTeamRequest {
        team: None,
        ..update(broken, &["display_name"])
    };
    h.teams()
        .update_team(without_team)
        .await
        .invalid(&[("team", "REQUIRED")]);
}

async fn an_update_cannot_take_another_teams_external_id(h: &Harness) {
    let first = h.team_from(with_every_setting()).await;
    let second = h.team("other").await;

    let request = update(other_settings(&second.id), &["external_id"]);
    let status = h
        .teams()
        .update_team(request)
        .await
        .refused(Code::AlreadyExists, "TEAM_EXTERNAL_ID_TAKEN");
    assert_eq!(resource_name(&status), first.id);
    assert_eq!(get(h, &second.id).await.external_id, "");

    let own = update(other_settings(&first.id), &["external_id"]);
    h.teams().update_team(own).await.answered();
}

async fn a_list_can_be_narrowed_to_one_external_id(h: &Harness) {
    let found = h.team_from(with_every_setting()).await;
    h.team("other").await;

    let list = async |external_id: &str| {
        let filter = Some(TeamFilter {
            external_id: external_id.to_owned(),
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
    };
    let refused = h.invitations().decline_invitation(decline).await;
    refused.refused(Code::FailedPrecondition, "PRIMARY_ADMIN_PROTECTED");
    let revoke = RevokeInvitationRequest {
        team_id: team.id.clone(),
        invitation_id: team.invitation.clone(),
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
