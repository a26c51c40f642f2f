//! Too many calls at once: what is refused, what is not, and what counts.

use muster::{
    config::Settings,
    proto::{GetTeamRequest, UpdateTeamResponse, team_service_client::TeamServiceClient},
};
use tokio::task::JoinHandle;
use tonic::{Code, Response, Status, service::interceptor::InterceptedService};
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest,
};

use crate::{
    deadlines::rename,
    harness::{BearerKey, Harness, Keyed, tests},
    holding::{Holder, waiting},
    refusals::{Outcome, details, reason, retry_delay},
    server::{health_of, new_key, serves},
    waiting::until,
};

tests![
    a_call_beyond_what_a_process_works_on_is_refused_and_what_says_how_it_is_answers with two_in_all,
    a_call_whose_client_went_away_counts_until_its_work_has_ended with two_in_all,
    a_connection_has_its_own_share with two_a_connection,
    a_key_has_its_own_share_over_all_its_connections with two_a_key,
    a_call_that_is_refused_gives_its_place_back with two_in_all,
];

/// Room for two calls only.
pub(crate) fn two_in_all(settings: &mut Settings) {
    settings.calls.concurrent_calls = 2;
}

fn two_a_connection(settings: &mut Settings) {
    settings.calls.concurrent_calls_per_connection = 2;
}

fn two_a_key(settings: &mut Settings) {
    settings.calls.concurrent_calls_per_key = 2;
}

/// A connection of its own.
fn connection(h: &Harness) -> Keyed {
    h.keyed_by(h.anonymous_channel())
}

type Call = JoinHandle<Result<Response<UpdateTeamResponse>, Status>>;

/// Two calls that wait for a team, and so take every place.
async fn fill(h: &Harness, connection: &Keyed, team: &str) -> [Call; 2] {
    let calls = ["one", "two"].map(|name| {
        let mut teams = TeamServiceClient::new(connection.clone());
        let request = rename(team, name);
        tokio::spawn(async move {
            loop {
                match teams.update_team(request.clone()).await {
                    // Whoever looks whether all places are taken needs one.
                    Err(status) if reason(&status) == "OVERLOADED" => {}
                    answer => return answer,
                }
            }
        })
    });
    // They have their places before their work begins; then it stays so.
    let mut looks = 0;
    until("every place is taken", async || {
        looks = get(connection, team).await.err().map_or(0, |_| looks + 1);
        let wait = !h.ctx.store.is_shared() || waiting(h).await == 2;
        (wait && looks > 50).then_some(())
    })
    .await;
    calls
}

/// A call that needs a place.
pub(crate) async fn get(connection: &Keyed, team: &str) -> Result<(), Status> {
    let request = GetTeamRequest {
        team_id: team.to_owned(),
    };
    let mut teams = TeamServiceClient::new(connection.clone());
    teams.get_team(request).await.map(drop)
}

async fn refused(connection: &Keyed, team: &str) {
    let answer = get(connection, team).await.map(Response::new);
    let status = answer.refused(Code::ResourceExhausted, "OVERLOADED");
    assert!(details(&status).quota_failure().is_some());
    assert!(!retry_delay(&status).is_zero());
}

async fn a_call_beyond_what_a_process_works_on_is_refused_and_what_says_how_it_is_answers(
    h: &Harness,
) {
    let team = h.team("acme").await.id;
    let holder = Holder::of(h, &team).await;
    let full = connection(h);
    let calls = fill(h, &full, &team).await;
    refused(&full, &team).await;
    refused(&connection(h), &team).await;

    serves(&HealthClient::new(h.anonymous_channel()), "").await;
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    ServerReflectionClient::new(h.anonymous_channel())
        .server_reflection_info(tokio_stream::once(request))
        .await
        .answered();

    holder.release().await;
    for call in calls {
        call.await.expect("no panic").answered();
    }
    get(&full, &team).await.expect("a place");
}

async fn a_call_whose_client_went_away_counts_until_its_work_has_ended(h: &Harness) {
    let team = h.team("acme").await.id;
    let holder = Holder::of(h, &team).await;
    let full = connection(h);
    for call in fill(h, &full, &team).await {
        call.abort();
        assert!(call.await.expect_err("no answer").is_cancelled());
    }
    // What comes later over a connection tells that the server has heard of what came before.
    let channel = h.anonymous_channel();
    for _ in 0..100 {
        let mut health = HealthClient::new(channel.clone());
        health.check(health_of("")).await.answered();
        refused(&full, &team).await;
    }
    holder.release().await;
    until("the work has ended", async || get(&full, &team).await.ok()).await;
}

async fn a_connection_has_its_own_share(h: &Harness) {
    let team = h.team("acme").await.id;
    let holder = Holder::of(h, &team).await;
    let (full, other) = (connection(h), connection(h));
    let calls = fill(h, &full, &team).await;
    refused(&full, &team).await;
    get(&other, &team).await.expect("a place");
    holder.release().await;
    for call in calls {
        call.await.expect("no panic").answered();
    }
    for _ in 0..10 {
        get(&full, &team).await.expect("a place");
    }
}

async fn a_key_has_its_own_share_over_all_its_connections(h: &Harness) {
    let team = h.team("acme").await.id;
    let other = BearerKey::new(&new_key(h).await);
    let holder = Holder::of(h, &team).await;
    let full = connection(h);
    let calls = fill(h, &full, &team).await;
    refused(&full, &team).await;
    refused(&connection(h), &team).await;
    let other = InterceptedService::new(h.anonymous_channel(), other);
    get(&other, &team).await.expect("a place");
    holder.release().await;
    for call in calls {
        call.await.expect("no panic").answered();
    }
    for _ in 0..10 {
        get(&full, &team).await.expect("a place");
    }
}

async fn a_call_that_is_refused_gives_its_place_back(h: &Harness) {
    for _ in 0..10 {
        let unknown = get(&connection(h), &h.unknown_id()).await;
        let unknown = unknown.map(Response::new);
        unknown.refused(Code::NotFound, "TEAM_NOT_FOUND");
        let mut stranger = TeamServiceClient::new(h.anonymous_channel());
        let answer = stranger.get_team(GetTeamRequest::default()).await;
        answer.refused(Code::Unauthenticated, "CREDENTIAL_MISSING");
    }
}
