//! What every refusal carries: missing things, bad ids, bad keys, messages that cannot be read.

use muster::{
    app::keys,
    proto::{
        BatchResendInvitationsRequest, BatchRevokeInvitationsRequest, GetImportRequest,
        GetInvitationRequest, GetMemberRequest, GetTeamRequest, GetUserRequest,
        ListImportResultsRequest, ListImportsRequest, ListInvitationsRequest, ListMembersRequest,
        ListTeamsRequest, ListUserTeamsRequest, ListUsersRequest, PeekInvitationRequest,
        ReleaseLettersRequest, ResendInvitationRequest, RevokeInvitationRequest, Team,
        UpdateTeamRequest, UpdateUserRequest, User, get_user_request::Key,
        invitation_service_client::InvitationServiceClient, team_service_client::TeamServiceClient,
        user_service_client::UserServiceClient,
    },
};
use prost_types::FieldMask;
use tonic::{Code, Request};

use crate::{
    fixtures::{invitation_of, team_called},
    harness::{Harness, tests},
    keyring::halves,
    refusals::{Outcome, reason},
};

tests![
    a_team_that_does_not_exist_is_not_found_by_any_call,
    invitations_of_a_team_that_does_not_exist_are_not_found_by_any_call,
    a_person_that_does_not_exist_is_not_found_by_any_call,
    an_invitation_or_import_that_does_not_exist_is_not_found_by_any_call,
    an_id_of_another_form_is_a_broken_field,
    a_call_without_a_key_is_refused_by_every_service,
    a_key_that_is_malformed_unknown_or_revoked_is_refused,
];

fn mask(path: &str) -> FieldMask {
    FieldMask {
        paths: vec![path.to_owned()],
    }
}

/// Makes every call that names a team, with one that does not exist.
async fn a_team_that_does_not_exist_is_not_found_by_any_call(h: &Harness) {
    let id = h.unknown_id();
    let team_id = || id.clone();
    let other = || h.unknown_id();
    let (mut teams, mut users, mut invitations) = (h.teams(), h.users(), h.invitations());
    let why = "TEAM_NOT_FOUND";

    let request = GetTeamRequest { team_id: team_id() };
    teams.get_team(request).await.missing(why, &id);
    let request = UpdateTeamRequest {
        team: Some(Team {
            id: team_id(),
            display_name: "x".to_owned(),
            ..Team::default()
        }),
        update_mask: Some(mask("display_name")),
        ..UpdateTeamRequest::default()
    };
    teams.update_team(request).await.missing(why, &id);
    let request = ListMembersRequest {
        team_id: team_id(),
        ..ListMembersRequest::default()
    };
    teams.list_members(request).await.missing(why, &id);
    let request = GetMemberRequest {
        team_id: team_id(),
        user_id: other(),
    };
    teams.get_member(request).await.missing(why, &id);

    let request = GetImportRequest {
        team_id: team_id(),
        import_id: "march".to_owned(),
    };
    users.get_import(request).await.missing(why, &id);
    let request = ListImportsRequest {
        team_id: team_id(),
        ..ListImportsRequest::default()
    };
    users.list_imports(request).await.missing(why, &id);
    let request = ListImportResultsRequest {
        team_id: team_id(),
        import_id: "march".to_owned(),
        ..ListImportResultsRequest::default()
    };
    users.list_import_results(request).await.missing(why, &id);

    invitations
        .create_invitation(invitation_of(&id, "ann@acme.example"))
        .await
        .missing(why, &id);
}

/// Makes every call about invitations that names a team, with one that does not exist.
async fn invitations_of_a_team_that_does_not_exist_are_not_found_by_any_call(h: &Harness) {
    let id = h.unknown_id();
    let team_id = || id.clone();
    let other = || h.unknown_id();
    let mut invitations = h.invitations();
    let why = "TEAM_NOT_FOUND";

    let request = GetInvitationRequest {
        team_id: team_id(),
        invitation_id: other(),
    };
    invitations.get_invitation(request).await.missing(why, &id);
    let request = ListInvitationsRequest {
        team_id: team_id(),
        ..ListInvitationsRequest::default()
    };
    invitations
        .list_invitations(request)
        .await
        .missing(why, &id);
    let request = ResendInvitationRequest {
        team_id: team_id(),
        invitation_id: other(),
        ..ResendInvitationRequest::default()
    };
    invitations
        .resend_invitation(request)
        .await
        .missing(why, &id);
    let request = BatchResendInvitationsRequest {
        team_id: team_id(),
        invitation_ids: vec![other()],
        ..BatchResendInvitationsRequest::default()
    };
    invitations
        .batch_resend_invitations(request)
        .await
        .missing(why, &id);
    let request = RevokeInvitationRequest {
        team_id: team_id(),
        invitation_id: other(),
        ..RevokeInvitationRequest::default()
    };
    invitations
        .revoke_invitation(request)
        .await
        .missing(why, &id);
    let request = BatchRevokeInvitationsRequest {
        team_id: team_id(),
        invitation_ids: vec![other()],
        import_id: String::new(),
        ..BatchRevokeInvitationsRequest::default()
    };
    invitations
        .batch_revoke_invitations(request)
        .await
        .missing(why, &id);
    let request = ReleaseLettersRequest {
        team_id: team_id(),
        import_id: "march".to_owned(),
        ..ReleaseLettersRequest::default()
    };
    invitations.release_letters(request).await.missing(why, &id);
}

async fn a_person_that_does_not_exist_is_not_found_by_any_call(h: &Harness) {
    let id = h.unknown_id();
    let request = GetUserRequest {
        key: Some(Key::UserId(id.clone())),
        ..GetUserRequest::default()
    };
    h.users()
        .get_user(request)
        .await
        .missing("USER_NOT_FOUND", &id);
    let request = UpdateUserRequest {
        user: Some(User {
            id: id.clone(),
            given_name: "x".to_owned(),
            ..User::default()
        }),
        update_mask: Some(mask("given_name")),
        ..UpdateUserRequest::default()
    };
    h.users()
        .update_user(request)
        .await
        .missing("USER_NOT_FOUND", &id);
    let request = ListUserTeamsRequest {
        user_id: id.clone(),
        ..ListUserTeamsRequest::default()
    };
    h.users()
        .list_user_teams(request)
        .await
        .missing("USER_NOT_FOUND", &id);
}

async fn an_invitation_or_import_that_does_not_exist_is_not_found_by_any_call(h: &Harness) {
    let team = h.team("acme").await;
    let id = h.unknown_id();
    let (team_id, invitation_id) = (|| team.id.clone(), || id.clone());
    let (mut users, mut invitations) = (h.users(), h.invitations());

    let why = "INVITATION_NOT_FOUND";
    let request = GetInvitationRequest {
        team_id: team_id(),
        invitation_id: invitation_id(),
    };
    invitations.get_invitation(request).await.missing(why, &id);
    let request = ResendInvitationRequest {
        team_id: team_id(),
        invitation_id: invitation_id(),
        ..ResendInvitationRequest::default()
    };
    invitations
        .resend_invitation(request)
        .await
        .missing(why, &id);
    let request = RevokeInvitationRequest {
        team_id: team_id(),
        invitation_id: invitation_id(),
        ..RevokeInvitationRequest::default()
    };
    invitations
        .revoke_invitation(request)
        .await
        .missing(why, &id);

    let import_id = || "march".to_owned();
    let why = (Code::NotFound, "IMPORT_NOT_FOUND");
    let request = GetImportRequest {
        team_id: team_id(),
        import_id: import_id(),
    };
    users.get_import(request).await.refused(why.0, why.1);
    let request = ListImportResultsRequest {
        team_id: team_id(),
        import_id: import_id(),
        ..ListImportResultsRequest::default()
    };
    users
        .list_import_results(request)
        .await
        .refused(why.0, why.1);
    let request = ReleaseLettersRequest {
        team_id: team_id(),
        import_id: import_id(),
        ..ReleaseLettersRequest::default()
    };
    invitations
        .release_letters(request)
        .await
        .refused(why.0, why.1);
}

async fn an_id_of_another_form_is_a_broken_field(h: &Harness) {
    for (id, rule) in [
        ("", "REQUIRED"),
        ("acme", "MALFORMED"),
        ("0197-", "MALFORMED"),
        ("\u{456}", "MALFORMED"),
    ] {
        let (team_id, invitation_id) = (id.to_owned(), id.to_owned());
        let request = GetInvitationRequest {
            team_id,
            invitation_id,
        };
        let answer = h.invitations().get_invitation(request).await;
        answer.invalid(&[("team_id", rule), ("invitation_id", rule)]);
    }
}

async fn a_call_without_a_key_is_refused_by_every_service(h: &Harness) {
    let channel = h.anonymous_channel();
    let (code, why) = (Code::Unauthenticated, "CREDENTIAL_MISSING");
    let mut teams = TeamServiceClient::new(channel.clone());
    teams
        .list_teams(ListTeamsRequest::default())
        .await
        .refused(code, why);
    teams
        .create_team(team_called("acme"))
        .await
        .refused(code, why);
    let mut users = UserServiceClient::new(channel.clone());
    users
        .list_users(ListUsersRequest::default())
        .await
        .refused(code, why);
    users
        .import_users(tokio_stream::empty())
        .await
        .refused(code, why);
    // The invitee's calls, too: the page that makes them is a service of ours with a key.
    let mut invitations = InvitationServiceClient::new(channel);
    invitations
        .peek_invitation(PeekInvitationRequest::default())
        .await
        .refused(code, why);

    let made = h
        .teams()
        .list_teams(ListTeamsRequest::default())
        .await
        .answered();
    assert_eq!(made.teams.len(), 0);
}

async fn list_with(h: &Harness, authorization: &str) -> Result<(), (Code, String)> {
    let mut request = Request::new(ListTeamsRequest::default());
    let value = authorization.parse().expect("a header's value");
    request.metadata_mut().insert("authorization", value);
    let answer = TeamServiceClient::new(h.anonymous_channel())
        .list_teams(request)
        .await;
    answer
        .map(drop)
        .map_err(|status| (status.code(), reason(&status)))
}

async fn a_key_that_is_malformed_unknown_or_revoked_is_refused(h: &Harness) {
    let key = keys::create(&h.ctx, "second").await.expect("a key");
    let text = key.text();
    assert_eq!(list_with(h, &format!("Bearer {text}")).await, Ok(()));

    let invalid = Err((Code::Unauthenticated, "CREDENTIAL_INVALID".to_owned()));
    let (id, secret) = halves(text);
    let other = keys::create(&h.ctx, "third").await.expect("a key");
    let (other_id, _) = halves(other.text());
    let first = if secret.starts_with('A') { "B" } else { "A" };
    let wrong = [
        "Bearer".to_owned(),
        "Bearer nonsense".to_owned(),
        "Bearer mst__".to_owned(),
        format!("Basic {text}"),
        format!("Bearer mst_{id}_"),
        format!("Bearer {text}A"),
        format!("Bearer {}", &text[..text.len() - 1]),
        format!("Bearer mst_{id}_{first}{}", &secret[1..]),
        format!("Bearer mst_{other_id}_{secret}"),
        format!("Bearer mst_000000000000_{secret}"),
    ];
    for (number, authorization) in wrong.iter().enumerate() {
        assert_eq!(
            list_with(h, authorization).await,
            invalid,
            "number {number}"
        );
    }

    h.revoke_key(key.id()).await;
    assert_eq!(list_with(h, &format!("Bearer {text}")).await, invalid);
}
