//! Messages as such: too large, unreadable, and the call id that every answer carries.

use std::collections::BTreeSet;

use http::uri::PathAndQuery;
use muster::proto::{
    BatchGetUsersRequest, CreateTeamRequest, GetTeamRequest, ListMembersRequest, ListTeamsRequest,
    MemberFilter, ResendInvitationRequest, RevokeInvitationRequest, Role, TeamFilter,
    team_service_client::TeamServiceClient,
};
use tonic::{Code, Request, Response, Status, client::Grpc, metadata::MetadataMap};

use crate::{
    fixtures::team_called,
    harness::{BearerKey, Harness, tests},
    raw_calls::Bytes,
    refusals::{Outcome, details, violations},
};

tests![
    a_message_of_five_mebibytes_is_too_large,
    a_message_that_cannot_be_read_is_malformed,
    every_refusal_carries_its_call_id_and_our_domain,
    every_answer_carries_a_call_id_of_its_own,
    lists_that_are_too_long_and_text_that_no_database_takes_are_refused,
];

async fn a_message_of_five_mebibytes_is_too_large(h: &Harness) {
    let request = CreateTeamRequest {
        display_name: "x".repeat(5 * 1024 * 1024),
        ..team_called("acme")
    };
    let answer = h.teams().create_team(request).await;
    answer.refused(Code::InvalidArgument, "MESSAGE_TOO_LARGE");
    let made = h
        .teams()
        .list_teams(ListTeamsRequest::default())
        .await
        .answered();
    assert_eq!(made.teams.len(), 0);
}

async fn a_message_that_cannot_be_read_is_malformed(h: &Harness) {
    // GetTeamRequest.team_id: a string that is not UTF-8, one that is cut off, and a field of another kind.
    for bytes in [
        &[0x0a, 0x02, 0xc3, 0x28][..],
        &[0x0a, 0x05, b'a'],
        &[0x08, 0x01],
    ] {
        let answer = raw(h, "/muster.v1.TeamService/GetTeam", bytes).await;
        let status = answer.refused(Code::InvalidArgument, "MALFORMED_MESSAGE");
        assert_call_id(&status);
    }
}

/// Sends bytes as one message.
async fn raw(h: &Harness, path: &'static str, bytes: &[u8]) -> Result<Response<Vec<u8>>, Status> {
    let mut client = Grpc::new(h.keyed_channel());
    client.ready().await.expect("a connection");
    let request = Request::new(bytes.to_vec());
    client
        .unary(request, PathAndQuery::from_static(path), Bytes)
        .await
}

fn call_id(metadata: &MetadataMap) -> String {
    let id = metadata.get("muster-call-id").expect("muster-call-id");
    let id = id.to_str().expect("plain ASCII").to_owned();
    assert!(!id.is_empty());
    id
}

/// The refusal's header and its `ErrorInfo` name one call.
fn assert_call_id(status: &Status) {
    let details = details(status);
    let info = details.error_info().expect("ErrorInfo");
    assert_eq!(info.domain, "muster");
    assert_eq!(
        info.metadata.get("call_id"),
        Some(&call_id(status.metadata()))
    );
}

async fn every_refusal_carries_its_call_id_and_our_domain(h: &Harness) {
    let (mut teams, mut invitations) = (h.teams(), h.invitations());
    let garbage = BearerKey::new("garbage");
    let mut stranger = TeamServiceClient::with_interceptor(h.anonymous_channel(), garbage);
    let team_id = h.unknown_id();
    let taken = CreateTeamRequest {
        external_id: "crm-17".to_owned(),
        ..team_called("acme")
    };
    let team = h.team_from(taken.clone()).await;
    let protected = RevokeInvitationRequest {
        team_id: team.id.clone(),
        invitation_id: team.invitation.clone(),
        ..RevokeInvitationRequest::default()
    };
    let resend = ResendInvitationRequest {
        team_id: team.id.clone(),
        invitation_id: team.invitation.clone(),
        ..ResendInvitationRequest::default()
    };
    h.resend(&team.id, &team.invitation).await;
    let large = team_called(&"x".repeat(5 * 1024 * 1024));

    let unauthenticated = stranger
        .list_teams(ListTeamsRequest::default())
        .await
        .expect_err("UNAUTHENTICATED");
    let not_found = teams
        .get_team(GetTeamRequest { team_id })
        .await
        .expect_err("NOT_FOUND");
    let invalid = teams
        .get_team(GetTeamRequest::default())
        .await
        .expect_err("INVALID");
    let exists = teams.create_team(taken).await.expect_err("ALREADY_EXISTS");
    let refused = invitations
        .revoke_invitation(protected)
        .await
        .expect_err("FAILED_PRECONDITION");
    let exhausted = invitations
        .resend_invitation(resend)
        .await
        .expect_err("RESOURCE_EXHAUSTED");
    let too_large = teams
        .create_team(large)
        .await
        .expect_err("MESSAGE_TOO_LARGE");

    assert_eq!(violations(&invalid).len(), 1);
    assert!(details(&not_found).resource_info().is_some());
    assert!(details(&exists).resource_info().is_some());
    assert!(details(&refused).precondition_failure().is_some());
    assert!(details(&exhausted).quota_failure().is_some());
    let all = [
        unauthenticated,
        not_found,
        invalid,
        exists,
        refused,
        exhausted,
        too_large,
    ];
    for status in &all {
        assert_call_id(status);
    }
    let ids: BTreeSet<_> = all
        .iter()
        .map(|status| call_id(status.metadata()))
        .collect();
    assert_eq!(ids.len(), all.len(), "every call has its own");
}

async fn every_answer_carries_a_call_id_of_its_own(h: &Harness) {
    let list = async || {
        let answer = h.teams().list_teams(ListTeamsRequest::default()).await;
        call_id(answer.expect("an answer").metadata())
    };
    assert_ne!(list().await, list().await);
}

async fn lists_that_are_too_long_and_text_that_no_database_takes_are_refused(h: &Harness) {
    let team = h.team("acme").await;
    let many = ListMembersRequest {
        team_id: team.id.clone(),
        filter: Some(MemberFilter {
            roles: vec![Role::Member.into(); 40_000],
            ..MemberFilter::default()
        }),
        ..ListMembersRequest::default()
    };
    let answer = h.teams().list_members(many).await;
    answer.invalid(&[("filter.roles", "TOO_MANY")]);

    let ids = BatchGetUsersRequest {
        user_ids: vec!["no id".to_owned(); 1_000],
        ..BatchGetUsersRequest::default()
    };
    let status = h.users().batch_get_users(ids).await;
    let status = status.refused(Code::InvalidArgument, "INVALID");
    assert!(!violations(&status).is_empty());

    let nul = ListTeamsRequest {
        filter: Some(TeamFilter {
            external_id: "\0".to_owned(),
            ..TeamFilter::default()
        }),
        ..ListTeamsRequest::default()
    };
    let answer = h.teams().list_teams(nul).await;
    answer.invalid(&[("filter.external_id", "CONTROL_CHARACTER")]);
}
