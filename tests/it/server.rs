//! The server around its services: health, reflection, and a key before every method.

use std::collections::BTreeSet;

use http::uri::PathAndQuery;
use muster::{
    app::keys,
    proto::{self, ListTeamsRequest, team_service_client::TeamServiceClient},
};
use prost::Message;
use prost_types::{FileDescriptorProto, FileDescriptorSet};
use tonic::{
    Code, Request, Response, Status, client::Grpc, service::interceptor::InterceptedService,
    transport::Channel,
};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_prost::ProstCodec;
use tonic_reflection::pb::{v1, v1alpha};

use crate::{
    harness::{BearerKey, Harness, tests},
    keyring::halves,
    refusals::{Outcome, details},
    waiting::until,
};

tests![
    every_service_is_serving_and_an_unknown_one_is_not_found,
    reflection_in_both_versions_lists_the_services_and_knows_the_error_details,
    no_method_answers_without_a_key_or_with_a_wrong_one,
    a_revoked_key_is_refused_at_once,
];

/// The services of the contract.
pub(crate) const SERVICES: [&str; 7] = [
    "muster.v1.EventService",
    "muster.v1.InvitationService",
    "muster.v1.KeyService",
    "muster.v1.ProductService",
    "muster.v1.RoleService",
    "muster.v1.TeamService",
    "muster.v1.UserService",
];

/// What asks about one service, or with an empty name about the whole.
pub(crate) fn health_of(service: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: service.to_owned(),
    }
}

async fn every_service_is_serving_and_an_unknown_one_is_not_found(h: &Harness) {
    let mut health = HealthClient::new(h.anonymous_channel());
    for service in [&SERVICES[..], &[""]].concat() {
        serves(&health, service).await;
    }
    let unknown = health.check(health_of("muster.v1.Nobody")).await;
    assert_eq!(
        unknown.err().map(|status| status.code()),
        Some(Code::NotFound)
    );
}

/// Waits until a service serves.
pub(crate) async fn serves(health: &HealthClient<Channel>, service: &str) {
    until("it serves", async || {
        let mut health = health.clone();
        let answer = health.check(health_of(service)).await.ok()?.into_inner();
        (answer.status() == ServingStatus::Serving).then_some(())
    })
    .await;
}

async fn reflection_in_both_versions_lists_the_services_and_knows_the_error_details(h: &Harness) {
    let symbols = [
        "google.rpc.BadRequest",
        "google.rpc.ErrorInfo",
        "muster.v1.TeamService",
        "grpc.health.v1.Health",
    ];
    // Both versions are the same messages under two names.
    macro_rules! ask {
        ($version:ident) => {{
            use $version::{
                ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
                server_reflection_request::MessageRequest,
                server_reflection_response::MessageResponse,
            };
            let mut client = ServerReflectionClient::new(h.anonymous_channel());
            let mut ask = async |what| {
                let request = ServerReflectionRequest {
                    host: String::new(),
                    message_request: Some(what),
                };
                let answer = client
                    .server_reflection_info(tokio_stream::once(request))
                    .await;
                let mut answers = answer.answered();
                let answer = answers.message().await.expect("an answer");
                answer.and_then(|answer| answer.message_response)
            };
            let Some(MessageResponse::ListServicesResponse(listed)) =
                ask(MessageRequest::ListServices(String::new())).await
            else {
                panic!("no list");
            };
            let names: BTreeSet<_> = listed
                .service
                .iter()
                .map(|service| &*service.name)
                .collect();
            for service in SERVICES {
                assert!(names.contains(service), "{service}");
            }
            for symbol in symbols {
                let asked = MessageRequest::FileContainingSymbol(symbol.to_owned());
                let Some(MessageResponse::FileDescriptorResponse(found)) = ask(asked).await else {
                    panic!("{symbol} is unknown");
                };
                let files = found.file_descriptor_proto.iter();
                let mut packages = files.map(|file| {
                    let file = FileDescriptorProto::decode(&file[..]).expect("a descriptor");
                    file.package().to_owned()
                });
                assert!(
                    packages.any(|package| symbol.starts_with(&package)),
                    "{symbol}"
                );
            }
        }};
    }
    ask!(v1);
    ask!(v1alpha);
}

/// The path of every method of the contract.
fn methods() -> Vec<PathAndQuery> {
    let contract = FileDescriptorSet::decode(proto::DESCRIPTORS).expect("the contract");
    let mut paths = Vec::new();
    for file in &contract.file {
        for service in &file.service {
            for method in &service.method {
                let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                paths.push(path.parse().expect("a path"));
            }
        }
    }
    paths
}

async fn no_method_answers_without_a_key_or_with_a_wrong_one(h: &Harness) {
    let methods = methods();
    assert!(methods.len() >= 29, "{} methods", methods.len());
    let right = new_key(h).await;
    let (known, secret) = halves(&right);
    let twisted: String = secret.chars().rev().collect();
    let wrong = [
        format!("Bearer mst_{known}_{twisted}"),
        "Bearer mst_0123456789ab_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        "Bearer ".to_owned(),
        format!("Basic {right}"),
        right,
    ];
    for path in methods {
        let status = call(h, &path, None)
            .await
            .refused(Code::Unauthenticated, "CREDENTIAL_MISSING");
        let info = details(&status).error_info().cloned();
        let id = info.and_then(|info| info.metadata.get("call_id").cloned());
        let header = status.metadata().get("muster-call-id");
        assert!(id.is_some());
        assert_eq!(header.and_then(|id| id.to_str().ok()), id.as_deref());
        for key in &wrong {
            call(h, &path, Some(key))
                .await
                .refused(Code::Unauthenticated, "CREDENTIAL_INVALID");
        }
    }
}

/// Calls with an empty message, which no check of the key needs to look at.
async fn call(
    h: &Harness,
    path: &PathAndQuery,
    authorization: Option<&str>,
) -> Result<Response<()>, Status> {
    let mut client = Grpc::new(h.anonymous_channel());
    client.ready().await.expect("a connection");
    let mut request = Request::new(());
    if let Some(value) = authorization {
        let value = value.parse().expect("plain ASCII");
        request.metadata_mut().insert("authorization", value);
    }
    client
        .unary(request, path.clone(), ProstCodec::default())
        .await
}

/// Another operator's key.
pub(crate) async fn new_key(h: &Harness) -> String {
    let key = keys::create(&h.ctx, "another").await;
    key.expect("a key").text().to_owned()
}

async fn a_revoked_key_is_refused_at_once(h: &Harness) {
    let key = new_key(h).await;
    let channel = InterceptedService::new(h.anonymous_channel(), BearerKey::new(&key));
    let mut teams = TeamServiceClient::new(channel);
    teams
        .list_teams(ListTeamsRequest::default())
        .await
        .answered();
    let id = key.split('_').nth(1).expect("an id");
    h.revoke_key(id).await;
    teams
        .list_teams(ListTeamsRequest::default())
        .await
        .refused(Code::Unauthenticated, "CREDENTIAL_INVALID");
}
