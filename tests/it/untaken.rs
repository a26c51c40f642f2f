//! Answers that nobody takes: they have their calls' places, and are kept no longer than a call may take.

use std::time::Duration;

use http::uri::PathAndQuery;
use muster::{
    config::Settings,
    proto::{
        EventFilter, GetTeamRequest, GetTeamResponse, WatchEventsRequest, WatchEventsResponse,
    },
};
use prost::Message;
use tonic::{Code, Request, Response, Status, Streaming, client::Grpc, transport::Endpoint};
use tonic_prost::ProstCodec;

use crate::{
    harness::{Harness, Keyed, tests},
    overload::{get, two_in_all},
    refusals::Outcome,
    waiting::until,
    watching::watch,
};

tests![
    a_call_counts_until_its_answer_is_taken with two_in_all,
    an_answer_that_is_not_taken_in_time_is_dropped with two_short_ones,
    a_watch_that_nobody_reads_has_no_place_among_the_calls with two_in_all,
];

fn two_short_ones(settings: &mut Settings) {
    two_in_all(settings);
    settings.calls.longest_call = Duration::from_millis(500);
}

/// A connection whose calls hear that they are answered, and take nothing of it.
fn taking_nothing(h: &Harness) -> Keyed {
    let endpoint = Endpoint::from_shared(format!("http://{}", h.address)).expect("an address");
    h.keyed_by(endpoint.initial_stream_window_size(0).connect_lazy())
}

/// The beginning of an answer: when it comes, the work has ended.
async fn begin<Q: Message + Default + 'static, A: Message + Default + 'static>(
    keyed: &Keyed,
    path: &'static str,
    message: Q,
) -> Result<Response<Streaming<A>>, Status> {
    let mut client = Grpc::new(keyed.clone());
    client.ready().await.expect("a connection");
    let path = PathAndQuery::from_static(path);
    let codec = ProstCodec::<Q, A>::default();
    let message = Request::new(tokio_stream::once(message));
    client.streaming(message, path, codec).await
}

/// Two answers that nobody takes.
async fn fill(h: &Harness, team: &str) -> Vec<Streaming<GetTeamResponse>> {
    let nothing = taking_nothing(h);
    let mut answers = Vec::new();
    for _ in 0..2 {
        let team_id = team.to_owned();
        let path = "/muster.v1.TeamService/GetTeam";
        let answer = begin(&nothing, path, GetTeamRequest { team_id }).await;
        answers.push(answer.answered());
    }
    answers
}

async fn a_call_counts_until_its_answer_is_taken(h: &Harness) {
    let team = h.team("acme").await.id;
    let free = h.keyed_by(h.anonymous_channel());
    let answers = fill(h, &team).await;
    for _ in 0..20 {
        let answer = get(&free, &team).await.map(Response::new);
        answer.refused(Code::ResourceExhausted, "OVERLOADED");
    }
    drop(answers);
    until("they are gone", async || get(&free, &team).await.ok()).await;
}

async fn an_answer_that_is_not_taken_in_time_is_dropped(h: &Harness) {
    let team = h.team("acme").await.id;
    let free = h.keyed_by(h.anonymous_channel());
    let answers = fill(h, &team).await;
    until("their time is over", async || get(&free, &team).await.ok()).await;
    drop(answers);
}

async fn a_watch_that_nobody_reads_has_no_place_among_the_calls(h: &Harness) {
    let team = h.team("acme").await.id;
    let nothing = taking_nothing(h);
    let mut watches = Vec::new();
    for _ in 0..4 {
        let path = "/muster.v1.EventService/WatchEvents";
        let watch = begin(&nothing, path, WatchEventsRequest::default()).await;
        let watch: Streaming<WatchEventsResponse> = watch.answered();
        watches.push(watch);
        get(&h.keyed_channel(), &team).await.expect("a place");
    }
    watch(&mut h.events(), "", EventFilter::default()).await;
}
