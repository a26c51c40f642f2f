//! A team's settings: kept, defaulted, updated by mask.

use muster::proto::{GetTeamRequest, Team, UpdateTeamRequest, VerifiedAccountPolicy};
use prost_types::FieldMask;
use tonic::Code;

use crate::{
    fixtures::{MICROSECOND, time},
    harness::{Harness, tests},
    refusals::{Outcome, resource_name, violations},
    teams::{days, with_every_setting},
};

tests![
    a_team_keeps_every_setting_that_it_was_made_with,
    a_team_made_without_settings_has_the_documented_defaults,
    an_update_changes_the_fields_of_its_mask_and_no_other,
    a_field_named_in_the_mask_and_unset_goes_back_to_its_default,
    an_update_of_unknown_or_output_only_fields_is_refused,
    every_broken_field_of_an_update_is_named_at_once,
    an_update_cannot_take_another_teams_external_id,
];

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

fn update(team: Team, paths: &[&str]) -> UpdateTeamRequest {
    UpdateTeamRequest {
        team: Some(team),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }),
        ..UpdateTeamRequest::default()
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

fn copy(path: &str, from: &Team, to: &mut Team) {
    match path {
        "display_name" => to.display_name.clone_from(&from.display_name),
        "external_id" => to.external_id.clone_from(&from.external_id),
        "seat_limit" => to.seat_limit = from.seat_limit,
        "invitation_ttl" => to.invitation_ttl = from.invitation_ttl,
        "verified_account_policy" => to.verified_account_policy = from.verified_account_policy,
        "default_language" => to.default_language.clone_from(&from.default_language),
        "domain_rules" => to.domain_rules.clone_from(&from.domain_rules),
        unknown => panic!("{unknown}"),
    }
}

async fn an_update_changes_the_fields_of_its_mask_and_no_other(h: &Harness) {
    let made = h.team("acme").await;
    let new = other_settings(&made.id);
    let mut expected = get(h, &made.id).await;

    let paths = [
        "display_name",
        "external_id",
        "seat_limit",
        "invitation_ttl",
        "verified_account_policy",
        "default_language",
        "domain_rules",
    ];
    for path in paths {
        h.advance(MICROSECOND);
        let answer = h
            .teams()
            .update_team(update(new.clone(), &[path]))
            .await
            .answered();
        copy(path, &new, &mut expected);
        let team = answer.team.expect("the team");
        assert_eq!(time(team.update_time), h.now(), "{path}");
        expected.update_time = team.update_time;
        assert_ne!(team.etag, expected.etag, "{path}");
        expected.etag.clone_from(&team.etag);
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
        ..UpdateTeamRequest::default()
    };
    h.teams()
        .update_team(without_mask)
        .await
        .invalid(&[("update_mask", "REQUIRED")]);
    let without_team = UpdateTeamRequest {
        team: None,
        ..update(broken, &["seat_limit"])
    };
    let answer = h.teams().update_team(without_team).await;
    answer.invalid(&[("team.id", "REQUIRED")]);
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
