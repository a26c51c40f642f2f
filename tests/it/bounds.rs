//! Where authority ends: at the edge of the team, at the primary admin, and with the key.

use muster::{
    domain::{
        keys::Scope,
        new_keys::{NewKey, Scopes},
    },
    proto::{
        AcceptInvitationRequest, ImportOutcome, ListUserTeamsRequest, PeekInvitationRequest,
        ResendInvitationRequest, Role, Team, UpdateTeamRequest,
        invitation_service_client::InvitationServiceClient, user_service_client::UserServiceClient,
    },
};
use tonic::Code;

use crate::{
    authority::{admin, by_id, renamed},
    fixtures::{WEEK, invitation_of, team_called},
    harness::{BearerKey, Harness, tests},
    keyring::service,
    refusals::Outcome,
    request_ids::mask,
    uploads::{by_rows, header, in_place, message, one_at_once, row, row_end, rows_part},
};

tests![
    the_primary_admins_invitation_is_the_operators_to_send_again,
    a_key_of_one_team_sees_nothing_beyond_it,
    a_rehearsal_does_not_tell_of_accounts_elsewhere,
    a_team_is_known_to_other_systems_as_the_operator_says,
    an_import_whose_key_is_revoked_while_it_is_sent_is_refused with one_at_once,
];

async fn the_primary_admins_invitation_is_the_operators_to_send_again(h: &Harness) {
    let team = h.team("acme").await;
    let second = admin(h, &team, Role::SecondaryAdmin, "second@acme.example").await;
    h.accept(&second.token).await.answered();
    h.advance(WEEK);

    let again = invitation_of(&team.id, "boss@acme.example");
    let mut theirs = h.invitations_as(&second.user);
    let invited = theirs.create_invitation(again.clone());
    assert_eq!(
        invited.await.answered().outcome(),
        ImportOutcome::AlreadyInvited
    );
    let rows = [row("boss@acme.example")];
    let parts = by_rows(header(&team.id, "march"), &rows)
        .into_iter()
        .map(message);
    let parts: Vec<_> = parts.collect();
    let mut users = h.users_as(&second.user);
    let imported = users.import_users(tokio_stream::iter(parts)).await;
    let results = imported.answered().results;
    assert_eq!(results[0].outcome(), ImportOutcome::AlreadyInvited);
    let resend = ResendInvitationRequest {
        team_id: team.id.clone(),
        invitation_id: team.invitation.clone(),
        ..ResendInvitationRequest::default()
    };
    let refused = theirs.resend_invitation(resend).await;
    refused.denied("primary.transfer");

    let answer = h.invitations().create_invitation(again).await.answered();
    assert_eq!(answer.outcome(), ImportOutcome::Invited);
    h.accept(&h.only_token().await).await.answered();
}

async fn a_key_of_one_team_sees_nothing_beyond_it(h: &Harness) {
    let (team, other) = (h.led_team("acme").await, h.led_team("other").await);
    let link = h.invite(&other.id, "ann@other.example").await.token;
    let new = NewKey {
        scopes: Scopes::parse("scopes", Scope::ALL[1..].to_vec()).expect("scopes"),
        ..service("acme", Some(&team.id), &[])
    };
    let key = h.made(&new).await;
    let own = |person: &str| BearerKey::new(key.text()).acting_as(person);

    // For a person of another team, and for its own admin, beyond the team.
    for person in [&other.admin, &team.admin] {
        let mut users = UserServiceClient::with_interceptor(h.channel(), own(person));
        let teams = ListUserTeamsRequest {
            user_id: person.clone(),
            ..ListUserTeamsRequest::default()
        };
        users.list_user_teams(teams).await.denied("users.read");
        users
            .get_user(by_id(None, person))
            .await
            .denied("users.read");
        users
            .update_user(renamed(None, person))
            .await
            .denied("users.update");
    }
    let mut invitations =
        InvitationServiceClient::with_interceptor(h.channel(), BearerKey::new(key.text()));
    let peek = PeekInvitationRequest {
        token: link.clone(),
    };
    let answer = invitations.peek_invitation(peek).await;
    answer.refused(Code::NotFound, "INVITATION_NOT_FOUND");
    let accept = AcceptInvitationRequest {
        token: link.clone(),
        ..AcceptInvitationRequest::default()
    };
    let answer = invitations.accept_invitation(accept).await;
    answer.refused(Code::NotFound, "INVITATION_NOT_FOUND");
    h.accept(&link).await.answered();
}

async fn a_rehearsal_does_not_tell_of_accounts_elsewhere(h: &Harness) {
    let team = h.led_team("acme").await;
    h.led_team("other").await;
    let mut header = header(&team.id, "march");
    header.validate_only = true;
    let rows = [row("boss@other.example"), row("boss@acme.example")];
    let parts: Vec<_> = by_rows(header, &rows).into_iter().map(message).collect();
    let results = h
        .users()
        .import_users(tokio_stream::iter(parts))
        .await
        .answered()
        .results;
    assert_eq!(results[0].user_id, "");
    assert_eq!(
        results[1].user_id, team.admin,
        "who is in the team is known there"
    );
}

async fn a_team_is_known_to_other_systems_as_the_operator_says(h: &Harness) {
    let mut taken = team_called("other");
    "crm-1".clone_into(&mut taken.external_id);
    h.team_from(taken).await;
    let team = h.led_team("acme").await;
    for external_id in ["crm-1", "crm-2"] {
        let request = UpdateTeamRequest {
            team: Some(Team {
                id: team.id.clone(),
                external_id: external_id.to_owned(),
                ..Team::default()
            }),
            update_mask: Some(mask("external_id")),
            ..UpdateTeamRequest::default()
        };
        // The same for one that another team has: nothing is told of it.
        let answer = h.teams_as(&team.admin).update_team(request).await;
        answer.denied("external_ids.update");
    }
}

async fn an_import_whose_key_is_revoked_while_it_is_sent_is_refused(h: &Harness) {
    let team = h.led_team("acme").await;
    let (upload, _) = in_place(h, header(&team.id, "march")).await;
    let rows = [row("ann@acme.example")];
    upload.send(rows_part(&rows)).await;
    let id = h.key().split('_').nth(1).expect("an id");
    h.revoke_key(id).await;
    upload.send(row_end(1)).await;
    let answer = upload.close().await;
    answer.refused(Code::Unauthenticated, "CREDENTIAL_INVALID");
}
