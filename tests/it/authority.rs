//! On whose behalf a call is made, and what follows from it.

use muster::proto::{
    BatchGetUsersRequest, BatchInvitationResult, BatchResendInvitationsRequest,
    BatchRevokeInvitationsRequest, Entitlement, EventFilter, EventType, GetTeamRequest,
    GetUserRequest, ListEventsRequest, ListTeamsRequest, ListUserTeamsRequest, ListUsersRequest,
    Reason, Role, Team, UpdateTeamRequest, UpdateUserRequest, User, UserFilter,
    get_user_request::Key, team_service_client::TeamServiceClient,
};
use tonic::Code;

use crate::{
    events::list,
    fixtures::{Invited, NewTeam, invitation_of, team_called},
    harness::{Harness, tests},
    raw_calls::Voice,
    refusals::Outcome,
    request_ids::{mask, request_id},
};

tests![
    who_acts_must_be_a_user,
    whoever_has_nothing_to_do_with_a_team_does_not_find_it,
    somebody_invited_has_no_power_until_he_joins,
    what_is_above_teams_is_the_operators,
    seats_and_entitlements_are_the_operators_to_give,
    a_teams_admins_see_its_people_and_nobody_else,
    a_profile_is_an_admins_while_nobody_else_has_it,
    a_person_changes_his_own_profile_and_sees_his_own_teams,
    events_name_the_key_and_the_person,
    a_person_reads_the_events_that_concern_him,
    a_batch_names_what_is_missing_for_each,
    a_request_id_belongs_to_the_person_too,
];

pub(crate) async fn admin(h: &Harness, team: &NewTeam, role: Role, email: &str) -> Invited {
    let mut request = invitation_of(&team.id, email);
    request.set_role(role);
    h.invite_from(request).await
}

fn of(team: &NewTeam) -> GetTeamRequest {
    GetTeamRequest {
        team_id: team.id.clone(),
    }
}

async fn who_acts_must_be_a_user(h: &Harness) {
    let team = h.led_team("acme").await;
    for text in ["", "me", "00000000-0000-0000-0000-00000000000g"] {
        let voice = Voice {
            key: h.key().to_owned(),
            actor: Some(text.to_owned()),
        };
        TeamServiceClient::with_interceptor(h.channel(), voice)
            .get_team(of(&team))
            .await
            .refused(Code::Unauthenticated, "ACTOR_INVALID");
    }
}

async fn whoever_has_nothing_to_do_with_a_team_does_not_find_it(h: &Harness) {
    let (team, other) = (h.led_team("acme").await, h.led_team("other").await);
    let gone = h.invite(&team.id, "gone@acme.example").await;
    h.decline(&gone.token).await;
    for person in [other.admin, gone.user, h.unknown_id()] {
        let answer = h.teams_as(&person).get_team(of(&team)).await;
        answer.missing("TEAM_NOT_FOUND", &team.id);
    }
}

async fn somebody_invited_has_no_power_until_he_joins(h: &Harness) {
    let team = h.led_team("acme").await;
    let second = admin(h, &team, Role::SecondaryAdmin, "second@acme.example").await;
    h.teams_as(&second.user)
        .get_team(of(&team))
        .await
        .denied("team.read");
    h.accept(&second.token).await.answered();
    h.teams_as(&second.user)
        .get_team(of(&team))
        .await
        .answered();
}

async fn what_is_above_teams_is_the_operators(h: &Harness) {
    let team = h.led_team("acme").await;
    let (mut teams, mut users) = (h.teams_as(&team.admin), h.users_as(&team.admin));
    teams
        .list_teams(ListTeamsRequest::default())
        .await
        .denied("teams.list");
    teams
        .create_team(team_called("more"))
        .await
        .denied("teams.create");
    users
        .list_users(ListUsersRequest::default())
        .await
        .denied("users.read");
}

async fn seats_and_entitlements_are_the_operators_to_give(h: &Harness) {
    let team = h.led_team("acme").await;
    let request = |paths: &[&str]| UpdateTeamRequest {
        team: Some(Team {
            id: team.id.clone(),
            display_name: "Acme".to_owned(),
            seat_limit: Some(1_000),
            entitlements: vec![Entitlement::DirectorySync.into(); 2],
            ..Team::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
        }),
        ..UpdateTeamRequest::default()
    };
    let own = h
        .teams_as(&team.admin)
        .update_team(request(&["display_name"]))
        .await;
    own.answered();
    let both = request(&["display_name", "seat_limit"]);
    h.teams_as(&team.admin)
        .update_team(both.clone())
        .await
        .denied("seats.update");
    h.teams_as(&team.admin)
        .update_team(request(&["entitlements"]))
        .await
        .denied("entitlements.update");
    h.teams().update_team(both).await.answered();
    let granted = h.teams().update_team(request(&["entitlements"])).await;
    let granted = granted.answered().team.expect("the team").entitlements;
    assert_eq!(granted, [i32::from(Entitlement::DirectorySync)]);
    let seen = h.teams_as(&team.admin).get_team(of(&team)).await.answered();
    assert_eq!(seen.team.expect("the team").entitlements, granted);
}

pub(crate) fn by_id(team: Option<&NewTeam>, user: &str) -> GetUserRequest {
    GetUserRequest {
        key: Some(Key::UserId(user.to_owned())),
        team_id: team.map(|team| team.id.clone()).unwrap_or_default(),
    }
}

async fn a_teams_admins_see_its_people_and_nobody_else(h: &Harness) {
    let (team, other) = (h.led_team("acme").await, h.led_team("other").await);
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let gone = h.invite(&team.id, "gone@acme.example").await;
    h.decline(&gone.token).await;
    let mut admin = h.users_as(&team.admin);

    let seen = admin.get_user(by_id(Some(&team), &ann)).await.answered();
    assert_eq!(seen.user.expect("a user").id, ann);
    for stranger in [&other.admin, &gone.user] {
        let answer = admin.get_user(by_id(Some(&team), stranger)).await;
        answer.missing("USER_NOT_FOUND", stranger);
    }
    let by_email = GetUserRequest {
        key: Some(Key::Email("boss@other.example".to_owned())),
        team_id: team.id.clone(),
    };
    let unknown = GetUserRequest {
        key: Some(Key::Email("nobody@other.example".to_owned())),
        team_id: team.id.clone(),
    };
    // Whether there is such an account elsewhere is not told.
    let refused = [
        admin.get_user(by_email).await,
        admin.get_user(unknown).await,
    ]
    .map(|answer| answer.refused(Code::NotFound, "USER_NOT_FOUND"));
    assert_eq!(refused[0].message(), refused[1].message());
    admin.get_user(by_id(None, &ann)).await.denied("users.read");
    let elsewhere = admin.get_user(by_id(Some(&other), &other.admin)).await;
    elsewhere.missing("TEAM_NOT_FOUND", &other.id);

    let batch = BatchGetUsersRequest {
        user_ids: vec![other.admin.clone(), ann.clone()],
        team_id: team.id.clone(),
    };
    let found = admin.batch_get_users(batch).await.answered();
    assert_eq!(found.users.len(), 1);
    assert_eq!(found.users[0].id, ann);
    assert_eq!(found.missing_user_ids, [other.admin]);

    let request = ListUsersRequest {
        filter: Some(UserFilter {
            team_id: team.id.clone(),
            ..UserFilter::default()
        }),
        ..ListUsersRequest::default()
    };
    let listed = admin.list_users(request).await.answered().users;
    let listed: Vec<&str> = listed.iter().map(|user| user.id.as_str()).collect();
    assert_eq!(listed, [team.admin.as_str(), ann.as_str()]);
}

pub(crate) fn renamed(team: Option<&NewTeam>, user: &str) -> UpdateUserRequest {
    UpdateUserRequest {
        user: Some(User {
            id: user.to_owned(),
            given_name: "Anna".to_owned(),
            ..User::default()
        }),
        update_mask: Some(mask("given_name")),
        team_id: team.map(|team| team.id.clone()).unwrap_or_default(),
        ..UpdateUserRequest::default()
    }
}

async fn a_profile_is_an_admins_while_nobody_else_has_it(h: &Harness) {
    let (team, other) = (h.led_team("acme").await, h.led_team("other").await);
    let mut admin = h.users_as(&team.admin);
    let new = h.invite(&team.id, "new@acme.example").await;
    admin
        .update_user(renamed(Some(&team), &new.user))
        .await
        .answered();

    // In another team too, and then verified.
    let shared = h.invite(&team.id, "shared@acme.example").await;
    h.invite(&other.id, "shared@acme.example").await;
    admin
        .update_user(renamed(Some(&team), &shared.user))
        .await
        .denied("users.update");
    h.accept(&new.token).await.answered();
    admin
        .update_user(renamed(Some(&team), &new.user))
        .await
        .denied("users.update");
    admin
        .update_user(renamed(None, &new.user))
        .await
        .denied("users.update");
    let stranger = renamed(Some(&team), &other.admin);
    let answer = admin.update_user(stranger).await;
    answer.missing("USER_NOT_FOUND", &other.admin);
    for operators in [
        renamed(None, &shared.user),
        renamed(Some(&team), &shared.user),
    ] {
        h.users().update_user(operators).await.answered();
    }
}

async fn a_person_changes_his_own_profile_and_sees_his_own_teams(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let bob = h.join(&team.id, "bob@acme.example").await.user;
    let mut own = h.users_as(&ann);
    let changed = own.update_user(renamed(None, &ann)).await.answered();
    assert_eq!(changed.user.expect("the user").given_name, "Anna");
    own.get_user(by_id(None, &ann)).await.answered();
    let of = |user: &str| ListUserTeamsRequest {
        user_id: user.to_owned(),
        ..ListUserTeamsRequest::default()
    };
    let teams = own.list_user_teams(of(&ann)).await.answered().user_teams;
    assert_eq!(teams.len(), 1);
    own.update_user(renamed(None, &bob))
        .await
        .denied("users.update");
    own.get_user(by_id(None, &bob)).await.denied("users.read");
    own.list_user_teams(of(&bob)).await.denied("users.read");
    // An account that nobody has proved to own is nobody's to act for.
    let cid = h.invite(&team.id, "cid@acme.example").await.user;
    h.users_as(&cid)
        .update_user(renamed(None, &cid))
        .await
        .denied("users.update");
}

async fn events_name_the_key_and_the_person(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h
        .invitations_as(&team.admin)
        .create_invitation(invitation_of(&team.id, "ann@acme.example"))
        .await
        .answered();
    let ann = ann.member.expect("a member").user_id;
    h.only_letter().await;
    let events = list(h, ListEventsRequest::default()).await;
    let of = |event_type: EventType, user: &str| {
        let mut found = events
            .iter()
            .filter(|event| event.r#type() == event_type && event.user_id == user);
        found.next().expect("the event")
    };
    let invited = of(EventType::MemberInvited, &ann);
    assert_eq!(invited.actor_user_id, team.admin);
    assert!(h.key().contains(&invited.caller_key_id) && !invited.caller_key_id.is_empty());
    assert_eq!(of(EventType::MemberInvited, &team.admin).actor_user_id, "");
    assert_eq!(of(EventType::LetterSent, &ann).actor_user_id, "");
}

async fn a_person_reads_the_events_that_concern_him(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let read = async |person: &str, team: &str, user: &str| {
        let request = ListEventsRequest {
            filter: Some(EventFilter {
                team_id: team.to_owned(),
                user_id: user.to_owned(),
                ..EventFilter::default()
            }),
            ..ListEventsRequest::default()
        };
        h.events_as(person).list_events(request).await
    };
    let own = read(&ann, &team.id, &ann).await.answered().events;
    assert!(!own.is_empty() && own.iter().all(|event| event.user_id == ann));
    read(&ann, &team.id, "").await.denied("events.read");
    read(&ann, "", &ann).await.denied("events.read");
    let all = read(&team.admin, &team.id, "").await.answered().events;
    assert!(all.len() > own.len());
    read(&team.admin, "", "").await.denied("events.read");
}

async fn a_batch_names_what_is_missing_for_each(h: &Harness) {
    let team = h.led_team("acme").await;
    let second = admin(h, &team, Role::SecondaryAdmin, "second@acme.example").await;
    h.accept(&second.token).await.answered();
    let sso = admin(h, &team, Role::SsoAdmin, "sso@acme.example").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let ids = vec![sso.id.clone(), ann.id.clone()];
    let many = BatchResendInvitationsRequest {
        team_id: team.id.clone(),
        invitation_ids: ids.clone(),
        ..BatchResendInvitationsRequest::default()
    };
    let answer = h
        .invitations_as(&second.user)
        .batch_resend_invitations(many)
        .await
        .answered();
    let reasons: Vec<Reason> = answer
        .results
        .iter()
        .map(BatchInvitationResult::reason)
        .collect();
    assert_eq!(reasons, [Reason::PermissionMissing, Reason::Unspecified]);
    h.only_letter().await;

    // A secondary admin may end any admin's invitation.
    let revoke = BatchRevokeInvitationsRequest {
        team_id: team.id.clone(),
        invitation_ids: ids,
        ..BatchRevokeInvitationsRequest::default()
    };
    let revoked = h
        .invitations_as(&second.user)
        .batch_revoke_invitations(revoke)
        .await
        .answered();
    assert!(
        revoked
            .results
            .iter()
            .all(|one| one.reason() == Reason::Unspecified)
    );
}

async fn a_request_id_belongs_to_the_person_too(h: &Harness) {
    let team = h.led_team("acme").await;
    let second = admin(h, &team, Role::SecondaryAdmin, "second@acme.example").await;
    h.accept(&second.token).await.answered();
    let mut request = invitation_of(&team.id, "ann@acme.example");
    request.request_id = request_id(1);
    let mut own = h.invitations_as(&team.admin);
    let first = own.create_invitation(request.clone()).await.answered();
    h.only_letter().await;
    let again = own.create_invitation(request.clone()).await.answered();
    assert_eq!(first, again);
    h.invitations_as(&second.user)
        .create_invitation(request)
        .await
        .refused(Code::FailedPrecondition, "REQUEST_ID_REUSED");
}
