//! A watcher hears of a commit at once, in whatever process it was made: here nothing is ever looked for by itself.

use std::{sync::Arc, time::Duration};

use libtest_mimic::Trial;
use muster::{
    app::{Context, keys},
    clock::Clock,
    config::Settings,
    proto::{
        CreateTeamRequest, WatchEventsRequest, event_service_client::EventServiceClient,
        team_service_client::TeamServiceClient,
    },
    secrets::Secrets,
    server,
    store::{Store, StoreOptions},
};
use tokio::net::TcpListener;
use tonic::{service::interceptor::InterceptedService, transport::Endpoint};

use crate::{
    backends::Backend,
    fixtures::team_called,
    harness::{BearerKey, Keyed},
    refusals::Outcome,
    waiting::PATIENCE,
};

/// Tests of one kind of database.
pub(crate) fn on_backend(backend: &Arc<Backend>) -> Vec<Trial> {
    let mut processes = vec![1];
    // SQLite is one process's.
    if backend.name() == "postgres" {
        processes.push(2);
    }
    let trial = |processes: usize| {
        let name = format!(
            "{}::wakes::a_commit_wakes_the_watchers_of_{processes}_processes",
            backend.name()
        );
        let backend = Arc::clone(backend);
        Trial::test(name, move || {
            let database = backend.database();
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()?;
            runtime.block_on(a_commit_wakes_the_watchers(&database.url, processes));
            Ok(())
        })
    };
    processes.into_iter().map(trial).collect()
}

async fn a_commit_wakes_the_watchers(url: &str, processes: usize) {
    let secrets = Secrets::generate().expect("randomness");
    let settings = Settings {
        watch_poll: Duration::from_hours(1),
        ..Settings::default()
    };
    let mut channels: Vec<Keyed> = Vec::new();
    let mut key = None;
    for _ in 0..processes {
        let options = StoreOptions {
            url: url.to_owned(),
            pool_size: 4,
        };
        let ctx = Context {
            store: Store::connect(&options).await.expect("a store"),
            clock: Clock::System,
            secrets: Secrets::parse(&secrets).expect("secrets"),
            settings: settings.clone(),
        };
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

    let mut streams = Vec::new();
    for channel in &channels {
        let mut client = EventServiceClient::new(channel.clone());
        let answer = client.watch_events(WatchEventsRequest::default()).await;
        streams.push(answer.answered());
    }
    let (mut made, mut seen) = (0, vec![0; processes]);
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
