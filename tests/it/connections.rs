//! What connections are granted: how long they may say nothing, how many there are, and when they end.

use std::time::Duration;

use muster::{
    config::Settings,
    proto::{
        CreateTeamRequest, ListTeamsRequest, PrimaryAdmin, WatchEventsRequest, WatchEventsResponse,
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Response, Streaming};
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;

use crate::{
    harness::{Harness, tests},
    refusals::Outcome,
    server::{health_of, serves},
    tls::answers,
    waiting::{PATIENCE, until},
};

tests![
    a_connection_that_says_nothing_or_the_wrong_thing_is_closed with hasty,
    a_connection_that_shakes_hands_too_long_makes_room_for_others with narrow,
    a_connection_beyond_the_most_is_closed_until_another_ends with single,
    an_old_connection_is_asked_to_end_and_its_calls_go_on with short_lived,
    a_connection_that_outlives_its_grace_is_cut with cut_short,
    a_message_to_an_open_service_may_have_4_kib,
    metadata_beyond_the_limit_reaches_no_call,
    strangers_have_16_streams_of_reflection_at_once,
    there_are_as_many_watches_of_health_as_connections_may_be with few,
];

/// What a client of HTTP/2 says first: the preface, and empty settings.
pub(crate) const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// The type of the frame that asks a client to go.
const GOAWAY: u8 = 7;

fn hasty(settings: &mut Settings) {
    settings.connections.handshake_timeout = Duration::from_millis(50);
}

fn narrow(settings: &mut Settings) {
    settings.connections.max_handshakes = 4;
    settings.connections.handshake_timeout = Duration::from_hours(1);
}

fn single(settings: &mut Settings) {
    settings.connections.max_connections = 1;
}

fn few(settings: &mut Settings) {
    settings.connections.max_connections = 2;
}

fn short_lived(settings: &mut Settings) {
    settings.connections.connection_age = Duration::from_millis(100);
    settings.connections.connection_grace = Duration::from_hours(1);
}

fn cut_short(settings: &mut Settings) {
    settings.connections.connection_age = Duration::from_millis(50);
    settings.connections.connection_grace = Duration::from_millis(450);
}

async fn connect(h: &Harness, says: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(h.address).await.expect("a connection");
    stream.write_all(says).await.expect("heard");
    stream
}

/// Reads until the server closes; what it said.
async fn until_closed(stream: &mut TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    let reading = timeout(PATIENCE, stream.read_to_end(&mut said)).await;
    // A reset is an end too.
    drop(reading.expect("closed in time"));
    said
}

async fn a_connection_that_says_nothing_or_the_wrong_thing_is_closed(h: &Harness) {
    for says in [&b""[..], &HELLO[..10], b"GET / HTTP/1.1\r\n\r\n"] {
        let said = until_closed(&mut connect(h, says).await).await;
        assert!(said.is_empty(), "{said:?}");
    }
    assert!(answers(&h.anonymous_channel()).await);
}

async fn a_connection_that_shakes_hands_too_long_makes_room_for_others(h: &Harness) {
    let mut first = connect(h, b"").await;
    let mut silent = Vec::new();
    for _ in 0..4 {
        silent.push(connect(h, b"PRI").await);
    }
    until_closed(&mut first).await;
    // An honest one comes in though every place is taken.
    assert!(answers(&h.anonymous_channel()).await);
    until_closed(&mut silent[0]).await;
}

async fn a_connection_beyond_the_most_is_closed_until_another_ends(h: &Harness) {
    let (one, another) = (h.anonymous_channel(), h.anonymous_channel());
    assert!(answers(&one).await);
    assert!(!answers(&another).await);
    assert!(answers(&one).await);
    drop(one);
    serves(&HealthClient::new(another), "").await;
}

/// The types of the frames in what a server said.
fn frames(said: &[u8]) -> Vec<u8> {
    let mut types = Vec::new();
    let mut rest = said;
    while let [a, b, c, kind, ..] = *rest {
        types.push(kind);
        let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        rest = rest.get(9 + length..).unwrap_or_default();
    }
    types
}

/// A watch of events. On a busy machine a connection may be over before it has taken the call.
async fn watch(h: &Harness) -> Streaming<WatchEventsResponse> {
    until("a connection takes the call", async || {
        let request = WatchEventsRequest::default();
        let answer = h.events().watch_events(request).await;
        answer.ok().map(Response::into_inner)
    })
    .await
}

async fn an_old_connection_is_asked_to_end_and_its_calls_go_on(h: &Harness) {
    let mut watch = watch(h).await;
    // This one is younger: when it is told to go, the watcher's has been told.
    let mut younger = connect(h, HELLO).await;
    let mut said = Vec::new();
    until("it is told to go", async || {
        younger.read_buf(&mut said).await.expect("no end yet");
        frames(&said).contains(&GOAWAY).then_some(())
    })
    .await;

    let team = CreateTeamRequest {
        display_name: "Acme".to_owned(),
        primary_admin: Some(PrimaryAdmin {
            email: "ada@acme.example".to_owned(),
            given_name: "Ada".to_owned(),
            family_name: "Lovelace".to_owned(),
            language: "en".to_owned(),
        }),
        ..CreateTeamRequest::default()
    };
    until("a connection takes the call", async || {
        h.teams().create_team(team.clone()).await.ok()
    })
    .await;
    loop {
        let message = watch.message().await.expect("it goes on").expect("no end");
        if !message.events.is_empty() {
            break;
        }
    }
    h.deliver().await;
}

async fn a_connection_that_outlives_its_grace_is_cut(h: &Harness) {
    let mut watch = watch(h).await;
    let cut = timeout(PATIENCE, async {
        while let Ok(Some(_)) = watch.message().await {}
    });
    cut.await.expect("cut in time");
}

async fn a_message_to_an_open_service_may_have_4_kib(h: &Harness) {
    let ask = async |length: usize| {
        let mut health = HealthClient::new(h.anonymous_channel());
        health.check(health_of(&"x".repeat(length))).await
    };
    let unknown = ask(4_000).await.err().map(|status| status.code());
    assert_eq!(unknown, Some(Code::NotFound));
    ask(4_200)
        .await
        .refused(Code::InvalidArgument, "MESSAGE_TOO_LARGE");
}

async fn metadata_beyond_the_limit_reaches_no_call(h: &Harness) {
    let mut request = tonic::Request::new(ListTeamsRequest::default());
    let much = "x".repeat(20_000).parse().expect("plain ASCII");
    request.metadata_mut().insert("much", much);
    let status = h.teams().list_teams(request).await.err();
    let status = status.expect("a refusal");
    assert!(status.metadata().get("muster-call-id").is_none());
    h.teams()
        .list_teams(ListTeamsRequest::default())
        .await
        .answered();
}

async fn strangers_have_16_streams_of_reflection_at_once(h: &Harness) {
    let client = ServerReflectionClient::new(h.anonymous_channel());
    let ask = async || {
        let (questions, queue) = mpsc::channel(1);
        let asking = ReceiverStream::new(queue);
        let answers = client.clone().server_reflection_info(asking).await;
        // The stream is open for as long as questions may come.
        answers.map(|answers| (questions, answers))
    };
    let mut streams = Vec::new();
    for _ in 0..16 {
        streams.push(ask().await.expect("a stream"));
    }
    let another = ask().await.map(|(_, answers)| answers);
    another.refused(Code::ResourceExhausted, "OVERLOADED");
    streams.pop();
    until("one comes free", async || ask().await.ok()).await;
}

async fn there_are_as_many_watches_of_health_as_connections_may_be(h: &Harness) {
    let health = HealthClient::new(h.anonymous_channel());
    let watch = async || {
        let answer = health.clone().watch(health_of("")).await;
        answer.map(Response::into_inner)
    };
    let mut watches = Vec::new();
    for _ in 0..2 {
        watches.push(watch().await.expect("a watch"));
    }
    let another = watch().await.map(Response::new);
    another.refused(Code::ResourceExhausted, "OVERLOADED");
    // Who only checks needs no seat.
    serves(&health, "").await;
    watches.pop();
    until("one comes free", async || watch().await.ok()).await;
}
