//! What every refusal carries: missing things, bad ids, bad keys, messages that cannot be read.

use muster::{
    app::keys,
    proto::{
        BatchResendInvitationsRequest, BatchRevokeInvitationsRequest, CreateTeamRequest, GetImportRequest,
        GetInvitationRequest, GetMemberRequest, GetTeamRequest, GetUserRequest, ListImportResultsRequest,
        ListImportsRequest, ListInvitationsRequest, ListMembersRequest, ListTeamsRequest, ListUserTeamsRequest,
        PeekInvitationRequest, ReleaseLettersRequest, ResendInvitationRequest, RevokeInvitationRequest, Team,
        UpdateTeamRequest, UpdateUserRequest, User, get_user_request::Key,
        team_service_client::TeamServiceClient,
    },
};
use prost::bytes::{Buf, BufMut};
use prost_types::FieldMask;
use tonic::{
    Code, Request, Response, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
    metadata::MetadataMap,
};
use uuid::Uuid;

use crate::{
    fixtures::{invitation_of, team_called},
    harness::{BearerKey, Harness, tests},
    refusals::{Outcome, details},
};

tests![
    a_team_that_does_not_exist_is_not_found_by_any_call,
    a_person_that_does_not_exist_is_not_found_by_any_call,
    an_invitation_or_import_that_does_not_exist_is_not_found_by_any_call,
    an_id_of_another_form_is_a_broken_field,
    a_call_without_a_key_is_refused_by_every_service,
    a_key_that_is_malformed_unknown_or_revoked_is_refused,
    a_message_of_five_mebibytes_is_too_large,
    a_message_that_cannot_be_read_is_malformed,
    every_refusal_carries_its_call_id_and_our_domain,
    every_answer_carries_a_call_id_of_its_own,
];

async fn a_team_that_does_not_exist_is_not_found_by_any_call(h: &Harness) {
    let team_id = Uuid::now_v7().to_string();
    let some_id = Uuid::now_v7().to_string();
    let team = &team_id;
    let [mut teams, mut users, mut invitations] = [0; 3].map(|_| ()).map(|()| ()).map(|()| ()).map(|()| ());
}
