//! A watcher hears of a commit at once, in whatever process it was made, by one word a commit; and should no word come, it
//! looks by itself.

use std::{pin::Pin, sync::Arc, time::Duration};

use libtest_mimic::Trial;
use muster::{
    app::{Context, keys},
    clock::Clock,
    config::Settings,
    proto::{
        CreateTeamRequest, EventType, ImportUsersRequest, WatchEventsRequest,
        event_service_client::EventServiceClient, team_service_client::TeamServiceClient,
        user_service_client::UserServiceClient,
    },
    secrets::Secrets,
    server,
    store::{Store, StoreOptions},
};
use sea_orm::{ConnectionTrait, sqlx::postgres::PgListener};
use tokio::net::TcpListener;
use tonic::{service::interceptor::InterceptedService, transport::Endpoint};

use crate::{
    backends::Backend,
    fixtures::team_called,
    harness::{BearerKey, Keyed},
    refusals::Outcome,
    uploads::{by_rows, crowd, held},
    waiting::PATIENCE,
};

/// A test's name, and what it does with a database.
type Claim = (
    &'static str,
    for<'a> fn(&'a str) -> Pin<Box<dyn Future<Output = ()> + 'a>>,
);

const ALONE: Claim = ("a_commit_wakes_the_watchers_of_its_process", |url| {
    Box::pin(a_commit_wakes_the_watchers(url, 1))
});
/// SQLite is one process's.
const SHARED: [Claim; 3] = [
    ("a_commit_wakes_the_watchers_of_every_process", |url| {
        Box::pin(a_commit_wakes_the_watchers(url, 2))
    }),
    (
        "processes_are_told_once_of_a_commit_whatever_it_holds",
        |url| Box::pin(processes_are_told_once_of_a_commit(url)),
    ),
    ("an_event_of_which_no_word_comes_is_found", |url| {
        Box::pin(an_event_of_which_no_word_comes_is_found(url))
    }),
];

/// Tests of one kind of database.
pub(crate) fn on_backend(backend: &Arc<Backend>) -> Vec<Trial> {
    let shared: &[Claim] = if backend.name() == "postgres" {
        &SHARED
    } else {
        &[]
    };
    let trial = |(name, test): &Claim| {
        let name = format!("{}::wakes::{name}", backend.name());
        let (backend, test) = (Arc::clone(backend), *test);
        Trial::test(name, move || {
            let database = backend.database();
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()?;
            runtime.block_on(test(&database.url));
            Ok(())
        })
    };
    [ALONE].iter().chain(shared).map(trial).collect()
}

/// Servers of one database, each of which looks for events this often by itself; a channel to each, with a key.
async fn processes(url: &str, count: usize, watch_poll: Duration) -> Vec<Keyed> {
    let secrets = Secrets::generate().expect("randomness");
    let settings = Settings {
        watch_poll,
        ..Settings::default()
    };
    let mut channels: Vec<Keyed> = Vec::new();
    let mut key = None;
    for _ in 0..count {
        let options = StoreOptions {
            url: url.to_owned(),
            pool_size: 4,
        };
        let ctx = Context::new(
            Store::connect(&options).await.expect("a store"),
            Clock::System,
            Secrets::parse(&secrets).expect("secrets"),
            settings.clone(),
        );
        let key = match &key {
            Some(key) => key,
            None => key.insert(keys::create(&ctx, "tests").await.expect("a key")),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(server::serve(ctx, listener, std::future::pending()));
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address");
        let bearer = BearerKey::new(key.text());
        channels.push(InterceptedService::new(endpoint.connect_lazy(), bearer));
    }
    channels
}

/// Longer than any test.
const NEVER: Duration = Duration::from_hours(1);

async fn processes_are_told_once_of_a_commit(url: &str) {
    let channel = processes(url, 1, NEVER).await.remove(0);
    let request = team_called("acme");
    let mut client = TeamServiceClient::new(channel.clone());
    let team = client.create_team(request).await.answered().team;
    let team = team.expect("the team").id;

    let mut listener = PgListener::connect(url).await.expect("a connection");
    listener.listen("muster_events").await.expect("heard");
    let mut words = 0;
    let mut hear = async |listener: &mut PgListener| {
        let word = tokio::time::timeout(PATIENCE, listener.recv()).await;
        word.expect("a word in time").expect("a connection");
        words += 1;
    };
    // The team's may still come.
    let rows = crowd("p", 300);
    let parts = by_rows(held(&team, "march"), &rows);
    let stream = parts
        .into_iter()
        .map(|part| ImportUsersRequest { part: Some(part) });
    let mut client = UserServiceClient::new(channel.clone());
    let answer = client
        .import_users(tokio_stream::iter(stream))
        .await
        .answered();
    assert_eq!(answer.results.len(), 300);
    hear(&mut listener).await;
    // One more word ends it. Were one said of every event, they would be under way by now.
    let over = sea_orm::Database::connect(url).await.expect("a database");
    over.execute_unprepared("SELECT pg_notify('muster_events', 'over')")
        .await
        .expect("the end");
    loop {
        let word = tokio::time::timeout(PATIENCE, listener.recv()).await;
        if word
            .expect("a word in time")
            .expect("a connection")
            .payload()
            == "over"
        {
            break;
        }
        words += 1;
    }
    assert!(words <= 2, "{words} words of two commits with 303 events");
}

async fn an_event_of_which_no_word_comes_is_found(url: &str) {
    let channel = processes(url, 1, Duration::from_millis(50)).await.remove(0);
    let mut client = EventServiceClient::new(channel);
    let request = WatchEventsRequest::default();
    let mut stream = client.watch_events(request).await.answered();
    let silent = sea_orm::Database::connect(url).await.expect("a database");
    silent
        .execute_unprepared(
            "INSERT INTO events (batch, ordinal, create_time, type)
             SELECT base + pg_current_xact_id()::text::bigint, 1, 1, 'TEAM_UPDATED' FROM event_log",
        )
        .await
        .expect("an event");
    let mut found = false;
    while !found {
        let message = tokio::time::timeout(PATIENCE, stream.message()).await;
        let message = message.expect("found in time").expect("a message");
        let events = message.expect("no end").events;
        found = events
            .iter()
            .any(|event| event.r#type() == EventType::TeamUpdated);
    }
}

async fn a_commit_wakes_the_watchers(url: &str, count: usize) {
    let channels = processes(url, count, NEVER).await;
    let mut streams = Vec::new();
    for channel in &channels {
        let mut client = EventServiceClient::new(channel.clone());
        let answer = client.watch_events(WatchEventsRequest::default()).await;
        streams.push(answer.answered());
    }
    let (mut made, mut seen) = (0, vec![0; count]);
    for round in 0..5 {
        for (number, channel) in channels.iter().enumerate() {
            let request: CreateTeamRequest = team_called(&format!("team{round}-{number}"));
            let mut client = TeamServiceClient::new(channel.clone());
            client.create_team(request).await.answered();
            made += 2;
            for (stream, seen) in streams.iter_mut().zip(&mut seen) {
                // The key's event came first.
                while *seen < made + 1 {
                    let message = tokio::time::timeout(PATIENCE, stream.message()).await;
                    let message = message.expect("heard in time").expect("a message");
                    *seen += message.expect("no end").events.len();
                }
            }
        }
    }
}
