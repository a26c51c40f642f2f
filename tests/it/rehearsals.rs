//! `validate_only`: the same checks and answers, and nothing is written, mailed or reserved.

use muster::proto::{
    CreateInvitationRequest, CreateTeamRequest, CreateUserRequest, GetUserRequest, ImportOutcome,
    ListEventsRequest, ListTeamsRequest, Role, Team, UpdateTeamRequest, UpdateUserRequest, User,
    get_user_request::Key,
};
use prost_types::FieldMask;
use tonic::Code;

use crate::{
    events::list,
    fixtures::{invitation_of, team_called},
    harness::{Harness, tests},
    refusals::Outcome,
};

tests![
    a_team_can_be_rehearsed,
    an_invitation_can_be_rehearsed,
    changes_can_be_rehearsed,
    a_rehearsal_reserves_no_request_id,
    rehearsed_invitations_do_not_use_up_the_limit with two_an_hour,
];

fn two_an_hour(settings: &mut muster::config::Settings) {
    settings.single_invitations_per_hour = 2;
}

async fn a_team_can_be_rehearsed(h: &Harness) {
    let rehearsal = CreateTeamRequest {
        external_id: "crm-1".to_owned(),
        validate_only: true,
        ..team_called("acme")
    };
    let answer = h.teams().create_team(rehearsal.clone()).await.answered();
    assert_eq!(answer.outcome(), ImportOutcome::Invited);
    assert_eq!((answer.member, answer.invitation), (None, None));
    let team = answer.team.expect("the team");
    assert_eq!(team.display_name, "acme");
    assert_eq!((team.id.as_str(), team.etag.as_str()), ("", ""));
    assert_eq!((team.create_time, team.update_time), (None, None));

    let teams = h.teams().list_teams(ListTeamsRequest::default()).await;
    assert_eq!(teams.answered().teams, []);
    let key = Some(Key::Email("boss@acme.example".to_owned()));
    h.users()
        .get_user(GetUserRequest {
            key,
            ..GetUserRequest::default()
        })
        .await
        .refused(Code::NotFound, "USER_NOT_FOUND");

    let real = CreateTeamRequest {
        validate_only: false,
        ..rehearsal.clone()
    };
    h.team_from(real).await;
    h.teams()
        .create_team(rehearsal)
        .await
        .refused(Code::AlreadyExists, "TEAM_EXTERNAL_ID_TAKEN");
}

async fn an_invitation_can_be_rehearsed(h: &Harness) {
    let mut small = team_called("acme");
    small.seat_limit = Some(2);
    let team = h.team_from(small).await;
    let events = list(h, ListEventsRequest::default()).await;
    let rehearsal = CreateInvitationRequest {
        validate_only: true,
        ..invitation_of(&team.id, "ann@acme.example")
    };
    let answer = h.invitations().create_invitation(rehearsal.clone()).await;
    let answer = answer.answered();
    assert_eq!(answer.outcome(), ImportOutcome::Invited);
    assert_eq!((answer.member, answer.invitation), (None, None));
    let long = CreateUserRequest {
        team_id: team.id.clone(),
        email: "bob@acme.example".to_owned(),
        given_name: "Bob".to_owned(),
        family_name: "Ray".to_owned(),
        role: Role::Guest.into(),
        language: "en".to_owned(),
        validate_only: true,
        ..CreateUserRequest::default()
    };
    let answer = h.users().create_user(long.clone()).await.answered();
    assert_eq!(answer.outcome(), ImportOutcome::Invited);
    assert_eq!((answer.member, answer.invitation), (None, None));
    assert_eq!(list(h, ListEventsRequest::default()).await, events);

    // Who is there already is shown, and the last seat is still free until somebody takes it.
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let again = h
        .invitations()
        .create_invitation(rehearsal)
        .await
        .answered();
    assert_eq!(again.outcome(), ImportOutcome::AlreadyInvited);
    assert_eq!(again.invitation.map(|one| one.id), Some(ann.id));
    assert_eq!(again.member.map(|one| one.user_id), Some(ann.user));
    h.users()
        .create_user(long)
        .await
        .refused(Code::FailedPrecondition, "NO_SEAT");
}

async fn changes_can_be_rehearsed(h: &Harness) {
    let made = h.team("acme").await;
    let events = list(h, ListEventsRequest::default()).await;
    let mask = |path: &str| {
        Some(FieldMask {
            paths: vec![path.to_owned()],
        })
    };
    let update = UpdateTeamRequest {
        team: Some(Team {
            id: made.id.clone(),
            display_name: "Renamed".to_owned(),
            ..Team::default()
        }),
        update_mask: mask("display_name"),
        validate_only: true,
        ..UpdateTeamRequest::default()
    };
    let answer = h.teams().update_team(update).await.answered();
    let team = answer.team.expect("the team");
    assert_eq!(
        (team.display_name.as_str(), team.etag.as_str()),
        ("Renamed", "")
    );

    let before = h.user(&made.admin).await;
    let update = UpdateUserRequest {
        user: Some(User {
            id: made.admin.clone(),
            job_title: "Turner".to_owned(),
            ..User::default()
        }),
        update_mask: mask("job_title"),
        validate_only: true,
        ..UpdateUserRequest::default()
    };
    let answer = h.users().update_user(update.clone()).await.answered();
    let user = answer.user.expect("the account");
    assert_eq!(
        (user.job_title.as_str(), user.etag.as_str()),
        ("Turner", "")
    );
    assert_eq!(h.user(&made.admin).await, before);
    assert_eq!(list(h, ListEventsRequest::default()).await, events);

    let stale = UpdateUserRequest {
        user: update.user.clone().map(|user| User {
            etag: "old".to_owned(),
            ..user
        }),
        ..update
    };
    h.users()
        .update_user(stale)
        .await
        .refused(Code::Aborted, "ETAG_MISMATCH");
}

async fn a_rehearsal_reserves_no_request_id(h: &Harness) {
    let team = h.team("acme").await;
    let rehearsal = CreateInvitationRequest {
        validate_only: true,
        request_id: "00000000-0000-4000-8000-000000000001".to_owned(),
        ..invitation_of(&team.id, "ann@acme.example")
    };
    h.invitations()
        .create_invitation(rehearsal.clone())
        .await
        .answered();
    let real = CreateInvitationRequest {
        validate_only: false,
        ..rehearsal
    };
    h.invite_from(real).await;
}

async fn rehearsed_invitations_do_not_use_up_the_limit(h: &Harness) {
    let team = h.team("acme").await;
    for _ in 0..5 {
        let rehearsal = CreateInvitationRequest {
            validate_only: true,
            ..invitation_of(&team.id, "ann@acme.example")
        };
        h.invitations()
            .create_invitation(rehearsal)
            .await
            .answered();
    }
    h.invite(&team.id, "ann@acme.example").await;
    let over = CreateInvitationRequest {
        validate_only: true,
        ..invitation_of(&team.id, "bob@acme.example")
    };
    h.invitations()
        .create_invitation(over)
        .await
        .refused(Code::ResourceExhausted, "INVITATIONS_USED_UP");
}
