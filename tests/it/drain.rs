//! How a server ends: what it finishes, what it refuses, and who is told first.

use std::time::Duration;

use muster::{
    app::Context,
    config::Settings,
    error::Result as Answer,
    proto::{
        ImportUsersEnd, ImportUsersHeader, ImportUsersRequest, ImportUsersResponse,
        ListTeamsRequest, WatchEventsRequest, event_service_client::EventServiceClient,
        import_users_end::Count, import_users_request::Part,
        team_service_client::TeamServiceClient, user_service_client::UserServiceClient,
    },
    server,
    store::{Store, StoreOptions},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Code, Response, Status,
    service::interceptor::InterceptedService,
    transport::{Channel, Endpoint},
};
use tonic_health::pb::{health_check_response::ServingStatus, health_client::HealthClient};
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;

use crate::{
    connections::HELLO,
    harness::{BearerKey, Harness, Keyed, tests},
    proxies::Proxy,
    refusals::Outcome,
    server::{SERVICES, health_of, new_key, serves},
    waiting::until,
};

tests![
    an_import_under_way_when_the_server_drains_is_finished_and_answered,
    while_it_drains_not_serving_is_seen_before_connections_are_refused with delayed,
    an_open_watch_does_not_hold_up_the_end,
    neither_a_silent_client_nor_open_reflection_holds_up_the_end,
    a_database_that_hangs_is_told_and_does_not_hold_up_the_end,
    watchers_of_events_are_told_that_the_server_drains,
    an_upload_that_never_ends_is_cut_off_after_the_drain_timeout with impatient,
];

fn delayed(settings: &mut Settings) {
    settings.drain_delay = Duration::from_millis(300);
}

fn impatient(settings: &mut Settings) {
    settings.drain_timeout = Duration::from_millis(200);
}

/// Another server on the same store, which the test ends.
struct Another {
    address: String,
    key: String,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Answer<()>>,
}

impl Another {
    async fn start(h: &Harness) -> Self {
        Self::with(h, h.ctx.clone()).await
    }

    async fn with(h: &Harness, ctx: Context) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(async {
            server::serve(ctx, listener, async { drop(stopped.await) }).await
        });
        let another = Self {
            address,
            key: new_key(h).await,
            stop,
            serving,
        };
        serves(&HealthClient::new(another.channel()), "").await;
        another
    }

    /// A new connection.
    fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(self.address.clone());
        endpoint.expect("an address").connect_lazy()
    }

    fn keyed(&self) -> Keyed {
        InterceptedService::new(self.channel(), BearerKey::new(&self.key))
    }

    /// Ends it; it ends well, and long before the drain timeout.
    async fn ends_soon(self) {
        drop(self.stop);
        let ended = timeout(Duration::from_secs(15), self.serving).await;
        ended
            .expect("in time")
            .expect("a server")
            .expect("a good end");
    }

    /// Waits until new connections are refused.
    async fn refuses_connections(address: &str) {
        let socket = address.trim_start_matches("http://");
        until("connections are refused", async || {
            TcpStream::connect(socket).await.err()
        })
        .await;
    }
}

async fn watchers_of_events_are_told_that_the_server_drains(h: &Harness) {
    let another = Another::start(h).await;
    let mut client = EventServiceClient::new(another.keyed());
    let request = WatchEventsRequest::default();
    let mut stream = client.watch_events(request).await.answered();
    while !stream
        .message()
        .await
        .expect("a message")
        .expect("no end")
        .caught_up
    {}
    drop(another.stop);
    let told = stream.message().await.map(tonic::Response::new);
    told.refused(Code::Unavailable, "UNAVAILABLE");
    another
        .serving
        .await
        .expect("no panic")
        .expect("a good end");
}

fn part(part: Part) -> ImportUsersRequest {
    ImportUsersRequest { part: Some(part) }
}

fn header(team: &str) -> Part {
    Part::Header(ImportUsersHeader {
        team_id: team.to_owned(),
        hold_letters: true,
        ..ImportUsersHeader::default()
    })
}

/// One person, and a column of 3 MiB that means nothing.
fn csv() -> Vec<u8> {
    let note = "x".repeat(3 * 1024 * 1024);
    format!("First Name,Last Name,Email,Note\nAnn,Lee,ann@a.example,{note}\n").into_bytes()
}

/// An import that the server is reading; `end` goes into the sender.
async fn begin_import(
    another: &Another,
    team: &str,
) -> (
    mpsc::Sender<ImportUsersRequest>,
    JoinHandle<Result<Response<ImportUsersResponse>, Status>>,
) {
    let (parts, queue) = mpsc::channel(1);
    let mut users = UserServiceClient::new(another.keyed());
    let call = tokio::spawn(async move { users.import_users(ReceiverStream::new(queue)).await });
    parts.send(part(header(team))).await.expect("under way");
    // More than a stream's window holds: once it has left, the server is reading.
    for chunk in csv().chunks(64 * 1024) {
        let chunk = part(Part::Csv(chunk.to_vec()));
        parts.send(chunk).await.expect("under way");
    }
    (parts, call)
}

async fn an_import_under_way_when_the_server_drains_is_finished_and_answered(h: &Harness) {
    let team = h.team("acme").await;
    let another = Another::start(h).await;
    let (parts, call) = begin_import(&another, &team.id).await;
    let late = another.keyed();

    drop(another.stop);
    Another::refuses_connections(&another.address).await;
    let refused = TeamServiceClient::new(late)
        .list_teams(ListTeamsRequest::default())
        .await;
    assert_eq!(
        refused.err().map(|status| status.code()),
        Some(Code::Unavailable)
    );

    let end = ImportUsersEnd {
        count: Some(Count::RowCount(1)),
    };
    parts.send(part(Part::End(end))).await.expect("under way");
    drop(parts);
    let answer = call.await.expect("the call").answered();
    assert_eq!(answer.results.len(), 1);
    another
        .serving
        .await
        .expect("a server")
        .expect("a good end");
    h.member(&team.id, &answer.results[0].user_id).await;
}

async fn while_it_drains_not_serving_is_seen_before_connections_are_refused(h: &Harness) {
    let another = Another::start(h).await;
    let mut watches = Vec::new();
    for service in [&SERVICES[..], &[""]].concat() {
        let mut health = HealthClient::new(another.channel());
        let mut watch = health.watch(health_of(service)).await.answered();
        let first = watch.message().await.expect("a status").expect("a status");
        assert_eq!(first.status(), ServingStatus::Serving);
        watches.push(watch);
    }
    drop(another.stop);
    for watch in &mut watches {
        let next = watch.message().await.expect("a status").expect("a status");
        assert_eq!(next.status(), ServingStatus::NotServing);
    }
    // Whoever balances load needs a moment; calls are answered meanwhile, on new connections too.
    let key = BearerKey::new(&another.key);
    let endpoint = Endpoint::from_shared(another.address.clone()).expect("an address");
    TeamServiceClient::new(InterceptedService::new(endpoint.connect_lazy(), key))
        .list_teams(ListTeamsRequest::default())
        .await
        .answered();
    Another::refuses_connections(&another.address).await;
    another
        .serving
        .await
        .expect("a server")
        .expect("a good end");
}

async fn an_open_watch_does_not_hold_up_the_end(h: &Harness) {
    let another = Another::start(h).await;
    let mut health = HealthClient::new(another.channel());
    let mut watch = health.watch(health_of("")).await.answered();
    another.ends_soon().await;
    // Whatever it still said, the stream is over.
    while let Ok(Some(_)) = watch.message().await {}
}

async fn neither_a_silent_client_nor_open_reflection_holds_up_the_end(h: &Harness) {
    let another = Another::start(h).await;
    let socket = another.address.trim_start_matches("http://");
    let mut silent = TcpStream::connect(socket).await.expect("a connection");
    silent.write_all(HELLO).await.expect("heard");
    // Its first word: the connection has been taken.
    silent.read_u8().await.expect("an answer");

    let (questions, queue) = mpsc::channel(1);
    let mut reflection = ServerReflectionClient::new(another.channel());
    let asking = reflection.server_reflection_info(ReceiverStream::new(queue));
    let mut answers = asking.await.answered();
    another.ends_soon().await;
    let told = answers.message().await.map(Response::new);
    told.refused(Code::Unavailable, "UNAVAILABLE");
    drop((questions, silent));
}

/// Only that of PostgreSQL can be somewhere else.
async fn a_database_that_hangs_is_told_and_does_not_hold_up_the_end(h: &Harness) {
    if !h.ctx.store.is_shared() {
        return;
    }
    let (_, server) = h.database_url.rsplit_once('@').expect("a server");
    let (server, _) = server.split_once('/').expect("a database");
    let proxy = Proxy::before(server).await;
    let options = StoreOptions {
        url: h.database_url.replace(server, proxy.address()),
        pool_size: 2,
    };
    let ctx = Context {
        store: Store::connect(&options).await.expect("a store"),
        ..h.ctx.clone()
    };
    let another = Another::with(h, ctx).await;
    proxy.silence();
    let health = HealthClient::new(another.channel());
    until("it says that it does not serve", async || {
        let answer = health.clone().check(health_of("")).await.ok()?.into_inner();
        (answer.status() == ServingStatus::NotServing).then_some(())
    })
    .await;
    another.ends_soon().await;
}

async fn an_upload_that_never_ends_is_cut_off_after_the_drain_timeout(h: &Harness) {
    let team = h.team("acme").await;
    let another = Another::start(h).await;
    let (parts, call) = begin_import(&another, &team.id).await;
    drop(another.stop);
    let ended = timeout(Duration::from_secs(10), another.serving).await;
    let ended = ended.expect("in time").expect("a server");
    assert!(ended.is_err(), "it was no good end");
    assert_eq!(h.counts(&team.id).await.invited_members, 1);
    drop((parts, call));
}
