//! Calls about custom roles: malformed, conditional, rehearsed and repeated ones, and those that change nothing.

use muster::proto::{CustomRole, DeleteRoleRequest, ListRolesRequest, UpdateRoleRequest};
use tonic::Code;

use crate::{
    fixtures::{MICROSECOND, role_called},
    harness::{Harness, tests},
    refusals::Outcome,
    repeated_calls::event_count,
    request_ids::{mask, request_id},
    roles::{change, deletion, holding, listed, named, update},
};

tests![
    every_bad_field_of_a_role_is_named,
    a_role_that_was_changed_since_it_was_read_stays_as_it_is,
    what_a_role_has_already_is_no_change,
    a_role_can_be_rehearsed,
    calls_about_roles_answer_the_same_again_and_do_nothing_more,
];

async fn every_bad_field_of_a_role_is_named(h: &Harness) {
    let mut client = h.roles();
    let bad = role_called(
        "x",
        "www.acme.example",
        &["team.read", "admins.grant", "team.read"],
    );
    client.create_role(bad).await.invalid(&[
        ("team_id", "MALFORMED"),
        ("display_name", "LOOKS_LIKE_LINK"),
        ("permissions[1]", "UNKNOWN_VALUE"),
        ("permissions[2]", "DUPLICATE"),
    ]);
    client
        .create_role(role_called("", &"a".repeat(101), &[]))
        .await
        .invalid(&[
            ("team_id", "REQUIRED"),
            ("display_name", "TOO_LONG"),
            ("permissions", "REQUIRED"),
        ]);
    let bad = CustomRole {
        id: "y".to_owned(),
        ..CustomRole::default()
    };
    let all = update(&bad);
    client.update_role(all).await.invalid(&[
        ("role.team_id", "REQUIRED"),
        ("role.id", "MALFORMED"),
        ("role.display_name", "REQUIRED"),
        ("role.permissions", "REQUIRED"),
    ]);
    let nothing = UpdateRoleRequest {
        update_mask: Some(mask("create_time")),
        ..UpdateRoleRequest::default()
    };
    client.update_role(nothing).await.invalid(&[
        ("role", "REQUIRED"),
        ("update_mask.paths[0]", "UNKNOWN_PATH"),
    ]);
    client
        .delete_role(DeleteRoleRequest::default())
        .await
        .invalid(&[("team_id", "REQUIRED"), ("role_id", "REQUIRED")]);
    client
        .list_roles(ListRolesRequest::default())
        .await
        .invalid(&[("team_id", "REQUIRED")]);
}

async fn a_role_that_was_changed_since_it_was_read_stays_as_it_is(h: &Harness) {
    let team = h.team("acme").await.id;
    let read = h.role(&team, "Readers", &["team.read"]).await;
    let wanted = CustomRole {
        etag: read.etag.clone(),
        ..named(&read, "Others")
    };
    let changed = change(h, &wanted).await;
    let etag = changed.etag.clone();
    let refused = h.roles().update_role(update(&wanted)).await;
    refused.refused(Code::Aborted, "ETAG_MISMATCH");
    let deletion = |etag: &str| DeleteRoleRequest {
        etag: etag.to_owned(),
        ..deletion(&team, &read.id)
    };
    let refused = h.roles().delete_role(deletion(&read.etag)).await;
    refused.refused(Code::Aborted, "ETAG_MISMATCH");
    assert_eq!(listed(h, &team).await, [changed]);
    let gone = h.roles().delete_role(deletion(&etag)).await;
    gone.answered();
}

async fn what_a_role_has_already_is_no_change(h: &Harness) {
    let team = h.team("acme").await.id;
    let role = h
        .role(&team, "Hosts", &["members.invite", "team.read"])
        .await;
    let events = event_count(h).await;
    h.advance(MICROSECOND);
    let other_order = holding(&role, &["members.invite", "team.read"]);
    assert_eq!(change(h, &other_order).await, role);
    assert_eq!(event_count(h).await, events);
}

async fn a_role_can_be_rehearsed(h: &Harness) {
    let team = h.team("acme").await.id;
    let role = h.role(&team, "Hosts", &["members.invite"]).await;
    let events = event_count(h).await;

    let mut request = role_called(&team, "Readers", &["team.read"]);
    request.validate_only = true;
    let answer = h.roles().create_role(request.clone()).await.answered();
    let shown = CustomRole {
        team_id: team.clone(),
        display_name: "Readers".to_owned(),
        permissions: vec!["team.read".to_owned()],
        ..CustomRole::default()
    };
    assert_eq!(answer.role, Some(shown));
    "HOSTS".clone_into(&mut request.display_name);
    let refused = h.roles().create_role(request).await;
    refused.refused(Code::AlreadyExists, "ROLE_NAME_TAKEN");

    let rehearsal = UpdateRoleRequest {
        validate_only: true,
        ..update(&named(&role, "Readers"))
    };
    let answer = h.roles().update_role(rehearsal).await.answered().role;
    let answer = answer.expect("the role");
    assert_eq!(
        (answer.display_name.as_str(), answer.etag.as_str()),
        ("Readers", "")
    );
    let rehearsal = DeleteRoleRequest {
        validate_only: true,
        ..deletion(&team, &role.id)
    };
    h.roles().delete_role(rehearsal).await.answered();
    assert_eq!(listed(h, &team).await, [role]);
    assert_eq!(event_count(h).await, events);
}

async fn calls_about_roles_answer_the_same_again_and_do_nothing_more(h: &Harness) {
    let team = h.team("acme").await.id;
    let mut request = role_called(&team, "Hosts", &["members.invite"]);
    request.request_id = request_id(1);
    let made = h.roles().create_role(request.clone()).await.answered();
    let role = made.role.clone().expect("the role");
    let update = UpdateRoleRequest {
        request_id: request_id(2),
        ..update(&named(&role, "Readers"))
    };
    let changed = h.roles().update_role(update.clone()).await.answered();
    let deletion = DeleteRoleRequest {
        request_id: request_id(3),
        ..deletion(&team, &role.id)
    };
    h.roles().delete_role(deletion.clone()).await.answered();
    let events = event_count(h).await;

    h.advance(MICROSECOND);
    assert_eq!(h.roles().create_role(request).await.answered(), made);
    assert_eq!(h.roles().update_role(update).await.answered(), changed);
    h.roles().delete_role(deletion).await.answered();
    assert_eq!(listed(h, &team).await, []);
    assert_eq!(event_count(h).await, events);
}
