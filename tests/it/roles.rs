//! Roles that a team makes for itself: who makes them, what they hold, and what they let their holders do.

use muster::proto::{
    CustomRole, DeleteRoleRequest, DeleteRoleResponse, EventFilter, EventType, ListEventsRequest,
    ListRolesRequest, Role, Team, UpdateRoleRequest, UpdateTeamRequest, event::Payload,
};
use prost_types::FieldMask;
use tonic::{Code, Response, Status};

use crate::{
    events::list,
    fixtures::{MICROSECOND, invitation_of, role_called, time, with_custom_roles},
    harness::{Harness, tests},
    refusals::{Outcome, resource_name},
    request_ids::mask,
};

tests![
    a_role_is_made_listed_changed_and_deleted,
    a_role_lets_its_holder_do_what_it_names_and_no_more,
    what_a_role_loses_its_holder_loses,
    a_roles_name_is_its_own_in_its_team_whatever_its_case,
    nobody_makes_or_changes_a_role_that_holds_more_than_he_does,
    roles_are_made_by_those_who_may_and_read_by_those_who_may,
    another_teams_role_is_not_found,
    a_role_that_somebody_holds_cannot_be_deleted,
    a_team_has_a_hundred_roles_at_most,
];

pub(crate) async fn listed(h: &Harness, team: &str) -> Vec<CustomRole> {
    let request = ListRolesRequest {
        team_id: team.to_owned(),
        ..ListRolesRequest::default()
    };
    h.roles().list_roles(request).await.answered().roles
}

/// What gives a role all that `role` says.
pub(crate) fn update(role: &CustomRole) -> UpdateRoleRequest {
    UpdateRoleRequest {
        role: Some(role.clone()),
        update_mask: Some(FieldMask {
            paths: vec!["display_name".to_owned(), "permissions".to_owned()],
        }),
        ..UpdateRoleRequest::default()
    }
}

pub(crate) fn holding(role: &CustomRole, permissions: &[&str]) -> CustomRole {
    CustomRole {
        permissions: permissions.iter().map(|&one| one.to_owned()).collect(),
        etag: String::new(),
        ..role.clone()
    }
}

pub(crate) fn named(role: &CustomRole, name: &str) -> CustomRole {
    CustomRole {
        display_name: name.to_owned(),
        etag: String::new(),
        ..role.clone()
    }
}

pub(crate) fn deletion(team: &str, role: &str) -> DeleteRoleRequest {
    DeleteRoleRequest {
        team_id: team.to_owned(),
        role_id: role.to_owned(),
        ..DeleteRoleRequest::default()
    }
}

async fn delete(
    h: &Harness,
    team: &str,
    role: &str,
) -> Result<Response<DeleteRoleResponse>, Status> {
    h.roles().delete_role(deletion(team, role)).await
}

pub(crate) async fn change(h: &Harness, role: &CustomRole) -> CustomRole {
    let answer = h.roles().update_role(update(role)).await.answered();
    answer.role.expect("the role")
}

async fn a_role_is_made_listed_changed_and_deleted(h: &Harness) {
    let team = h.team("acme").await.id;
    let made = h
        .role(&team, " Inviters ", &["team.read", "members.invite"])
        .await;
    assert_eq!(made.team_id, team);
    assert_eq!(made.display_name, "Inviters");
    assert_eq!(made.permissions, ["team.read", "members.invite"]);
    assert_eq!(time(made.create_time), h.now());
    assert_eq!(made.update_time, made.create_time);
    h.advance(MICROSECOND);
    let other = h.role(&team, "Readers", &["team.read"]).await;
    assert_eq!(listed(h, &team).await, [made.clone(), other.clone()]);

    h.advance(MICROSECOND);
    let wanted = holding(&named(&made, "Hosts"), &["members.invite"]);
    let changed = change(h, &wanted).await;
    assert_eq!(time(changed.update_time), h.now());
    assert_ne!(changed.etag, made.etag);
    let expected = CustomRole {
        update_time: changed.update_time,
        etag: changed.etag.clone(),
        ..wanted
    };
    assert_eq!(changed, expected);

    delete(h, &team, &changed.id).await.answered();
    assert_eq!(listed(h, &team).await, [other]);
    delete(h, &team, &changed.id)
        .await
        .missing("ROLE_NOT_FOUND", &changed.id);

    let request = ListEventsRequest {
        filter: Some(EventFilter {
            team_id: team,
            types: vec![
                EventType::RoleCreated.into(),
                EventType::RoleUpdated.into(),
                EventType::RoleDeleted.into(),
            ],
            ..EventFilter::default()
        }),
        ..ListEventsRequest::default()
    };
    let events = list(h, request).await;
    let said: Vec<_> = events
        .into_iter()
        .map(|event| match (event.r#type(), event.payload) {
            (kind, Some(Payload::Role(role))) if event.user_id.is_empty() => {
                (kind, role.role_id == changed.id, role.changed_fields)
            }
            (kind, other) => panic!("{kind:?} {other:?}"),
        })
        .collect();
    let fields = ["display_name".to_owned(), "permissions".to_owned()];
    assert_eq!(
        said,
        [
            (EventType::RoleCreated, true, vec![]),
            (EventType::RoleCreated, false, vec![]),
            (EventType::RoleUpdated, true, fields.into()),
            (EventType::RoleDeleted, true, vec![]),
        ]
    );
}

async fn a_role_lets_its_holder_do_what_it_names_and_no_more(h: &Harness) {
    let team = h.led_team("acme").await.id;
    let host = h
        .join_with(&team, "host@acme.example", &["members.invite"])
        .await;
    let mut client = h.invitations_as(&host);
    let request = invitation_of(&team, "ann@acme.example");
    let invited = client.create_invitation(request).await.answered();
    let invitation = invited.invitation.expect("the invitation");
    assert_eq!(invitation.inviter_user_id, host);
    h.only_letter().await;

    let mut admin = invitation_of(&team, "bob@acme.example");
    admin.set_role(Role::SecondaryAdmin);
    client.create_invitation(admin).await.denied("admins.grant");
    let rename = UpdateTeamRequest {
        team: Some(Team {
            id: team.clone(),
            display_name: "Mine".to_owned(),
            ..Team::default()
        }),
        update_mask: Some(mask("display_name")),
        ..UpdateTeamRequest::default()
    };
    let refused = h.teams_as(&host).update_team(rename).await;
    refused.denied("team.update");
}

async fn what_a_role_loses_its_holder_loses(h: &Harness) {
    let team = h.led_team("acme").await.id;
    let host = h.join(&team, "host@acme.example").await.user;
    let role = h.role(&team, "Hosts", &["members.invite"]).await;
    let request = invitation_of(&team, "ann@acme.example");
    let mut client = h.invitations_as(&host);
    let refused = client.create_invitation(request.clone()).await;
    refused.denied("members.invite");

    h.change(with_custom_roles(&team, &host, &[&role.id])).await;
    change(h, &holding(&role, &["team.read"])).await;
    let refused = client.create_invitation(request.clone()).await;
    refused.denied("members.invite");
    change(h, &holding(&role, &["members.invite"])).await;
    client.create_invitation(request.clone()).await.answered();
    h.only_letter().await;
    h.change(with_custom_roles(&team, &host, &[])).await;
    let refused = client.create_invitation(request).await;
    refused.denied("members.invite");
}

async fn a_roles_name_is_its_own_in_its_team_whatever_its_case(h: &Harness) {
    let team = h.team("acme").await.id;
    let other = h.team("other").await.id;
    let first = h.role(&team, "Stra\u{df}e", &["team.read"]).await;
    h.role(&other, "Stra\u{df}e", &["team.read"]).await;

    let again = role_called(&team, "STRASSE", &["team.read"]);
    let taken = h.roles().create_role(again).await;
    let taken = taken.refused(Code::AlreadyExists, "ROLE_NAME_TAKEN");
    assert_eq!(resource_name(&taken), first.id);
    let second = h.role(&team, "Gasse", &["team.read"]).await;
    let renamed = update(&named(&second, "strasse"));
    let taken = h.roles().update_role(renamed).await;
    let taken = taken.refused(Code::AlreadyExists, "ROLE_NAME_TAKEN");
    assert_eq!(resource_name(&taken), first.id);
    // Its own name in another case is another name.
    let changed = change(h, &named(&first, "STRASSE")).await;
    assert_eq!(changed.display_name, "STRASSE");
    delete(h, &team, &first.id).await.answered();
    change(h, &named(&second, "strasse")).await;
}

async fn nobody_makes_or_changes_a_role_that_holds_more_than_he_does(h: &Harness) {
    let team = h.led_team("acme").await.id;
    let held = ["roles.update", "members.invite"];
    let maker = h.join_with(&team, "maker@acme.example", &held).await;
    let mut client = h.roles_as(&maker);

    let own = role_called(&team, "Hosts", &held);
    let made = client.create_role(own).await.answered().role;
    let made = made.expect("the role");
    let more = role_called(&team, "More", &["members.invite", "members.remove"]);
    client.create_role(more).await.denied("members.remove");
    let more = holding(&made, &["members.invite", "members.remove"]);
    client
        .update_role(update(&more))
        .await
        .denied("members.remove");
    // What it holds already counts as well as what it gets.
    let foreign = h.role(&team, "Readers", &["team.read"]).await;
    let renamed = UpdateRoleRequest {
        update_mask: Some(mask("display_name")),
        ..update(&named(&foreign, "Mine"))
    };
    client.update_role(renamed).await.denied("team.read");
    let other = holding(&foreign, &["members.invite"]);
    client.update_role(update(&other)).await.denied("team.read");
}

async fn roles_are_made_by_those_who_may_and_read_by_those_who_may(h: &Harness) {
    let team = h.led_team("acme").await;
    let member = h.join(&team.id, "ann@acme.example").await.user;
    let role = h.role(&team.id, "Readers", &["team.read"]).await;
    let made = role_called(&team.id, "Other", &["team.read"]);
    let all = ListRolesRequest {
        team_id: team.id.clone(),
        ..ListRolesRequest::default()
    };

    let mut client = h.roles_as(&member);
    client.list_roles(all.clone()).await.denied("team.read");
    client
        .create_role(made.clone())
        .await
        .denied("roles.update");
    client
        .update_role(update(&role))
        .await
        .denied("roles.update");
    let gone = deletion(&team.id, &role.id);
    client
        .delete_role(gone.clone())
        .await
        .denied("roles.update");
    let stranger = h.unknown_id();
    let refused = h.roles_as(&stranger).create_role(made.clone()).await;
    refused.missing("TEAM_NOT_FOUND", &team.id);

    h.change(with_custom_roles(&team.id, &member, &[&role.id]))
        .await;
    let roles = client.list_roles(all).await.answered().roles;
    assert_eq!(roles, listed(h, &team.id).await);
    client
        .create_role(made.clone())
        .await
        .denied("roles.update");

    for admin in [
        team.admin.clone(),
        h.join_as(&team.id, "s@acme.example", Role::SecondaryAdmin)
            .await,
        h.join_as(&team.id, "o@acme.example", Role::SsoAdmin).await,
    ] {
        let mut client = h.roles_as(&admin);
        let made = client.create_role(made.clone()).await.answered().role;
        let made = made.expect("the role").id;
        client
            .delete_role(deletion(&team.id, &made))
            .await
            .answered();
    }
}

async fn another_teams_role_is_not_found(h: &Harness) {
    let team = h.team("acme").await.id;
    let other = h.team("other").await.id;
    let role = h.role(&other, "Readers", &["team.read"]).await;
    let there = CustomRole {
        team_id: team.clone(),
        ..holding(&role, &["team.read"])
    };
    let refused = h.roles().update_role(update(&there)).await;
    refused.missing("ROLE_NOT_FOUND", &role.id);
    let refused = delete(h, &team, &role.id).await;
    refused.missing("ROLE_NOT_FOUND", &role.id);
    let ann = h.join(&team, "ann@acme.example").await.user;
    let given = with_custom_roles(&team, &ann, &[&role.id]);
    let refused = h.teams().update_member(given).await;
    refused.missing("ROLE_NOT_FOUND", &role.id);

    let nowhere = h.unknown_id();
    let made = role_called(&nowhere, "Readers", &["team.read"]);
    let refused = h.roles().create_role(made).await;
    refused.missing("TEAM_NOT_FOUND", &nowhere);
    assert_eq!(listed(h, &other).await, [role]);
}

async fn a_role_that_somebody_holds_cannot_be_deleted(h: &Harness) {
    let team = h.team("acme").await.id;
    let role = h.role(&team, "Readers", &["team.read"]).await;
    let ann = h.invite(&team, "ann@acme.example").await;
    let given = with_custom_roles(&team, &ann.user, &[&role.id]);
    h.change(given.clone()).await;
    let refused = delete(h, &team, &role.id).await;
    refused.refused(Code::FailedPrecondition, "ROLE_IN_USE");
    h.accept(&ann.token).await.answered();
    let refused = delete(h, &team, &role.id).await;
    refused.refused(Code::FailedPrecondition, "ROLE_IN_USE");
    assert_eq!(
        h.member(&team, &ann.user).await.custom_role_ids,
        [&*role.id]
    );

    h.change(with_custom_roles(&team, &ann.user, &[])).await;
    delete(h, &team, &role.id).await.answered();
    let refused = h.teams().update_member(given).await;
    refused.missing("ROLE_NOT_FOUND", &role.id);
}

async fn a_team_has_a_hundred_roles_at_most(h: &Harness) {
    let team = h.team("acme").await.id;
    let role = |number: usize| role_called(&team, &format!("Role {number}"), &["team.read"]);
    let mut first = String::new();
    for number in 0..100 {
        let made = h.roles().create_role(role(number)).await.answered();
        first = made.role.expect("the role").id;
    }
    let refused = h.roles().create_role(role(100)).await;
    refused.refused(Code::FailedPrecondition, "ROLES_USED_UP");
    let other = h.team("other").await.id;
    h.role(&other, "Readers", &["team.read"]).await;
    delete(h, &team, &first).await.answered();
    h.roles().create_role(role(100)).await.answered();
}
