//! Watchers who come and go while many write at several servers: each sees what was committed, in one order, once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use libtest_mimic::Trial;
use muster::proto::{
    Event, EventFilter, EventType, WatchEventsResponse, event_service_client::EventServiceClient,
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    backends::Backend,
    harness::Keyed,
    waiting::{PATIENCE, until},
    watching::{self, listed},
    writers::{Crowd, chance},
};

/// Many processes write to one database only where it is PostgreSQL.
pub(crate) fn on_backend(backend: &Arc<Backend>) -> Vec<Trial> {
    let Backend::Postgres(_) = &**backend else {
        return Vec::new();
    };
    let name = "each_watcher_of_three_servers_sees_what_eight_writers_committed_in_order_and_once";
    let backend = Arc::clone(backend);
    let name = format!("{}::watchers::{name}", backend.name());
    vec![Trial::test(name, move || {
        // The transactions of other tests would decide how much is seen while there is writing.
        let (_alone, database) = backend.database_apart();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        runtime.block_on(watchers_come_and_go(&database.url));
        Ok(())
    })]
}

const WRITERS: usize = 8;
/// How many calls each of them makes.
const CALLS: usize = 80;

async fn watchers_come_and_go(url: &str) {
    let crowd = Arc::new(Crowd::on(url, 3, 3).await);
    crowd.look.letters_are_sent().await;
    let filters = [
        EventFilter::default(),
        EventFilter::default(),
        EventFilter {
            team_id: crowd.teams[0].clone(),
            ..EventFilter::default()
        },
        EventFilter {
            types: [
                EventType::MemberInvited,
                EventType::MemberRemoved,
                EventType::TeamUpdated,
            ]
            .map(i32::from)
            .into(),
            ..EventFilter::default()
        },
    ];
    let (over, writing) = watch::channel(Writing::GoesOn);
    let mut watchers = Vec::new();
    for filter in filters.clone() {
        let watcher = Watcher::new(filter, writing.clone());
        watchers.push(tokio::spawn(watcher.run(Arc::clone(&crowd))));
    }
    let refused = write(&crowd).await;
    assert!(refused > 0, "nobody was in anybody's way");
    over.send(Writing::IsOver).expect("watchers");
    crowd.look.letters_are_sent().await;

    let mut lists = Vec::new();
    for mut events in crowd.everywhere() {
        lists.push(everything(&crowd, &mut events).await);
    }
    let all = &lists[0];
    assert!(lists.iter().all(|list| list == all));
    assert!(all.is_sorted_by(|one, next| one.position < next.position));
    let last = all.last().expect("an event").position.clone();
    over.send(Writing::EndsAt(last)).expect("watchers");
    let mut events = EventServiceClient::new(crowd.anywhere());
    for (filter, watcher) in filters.into_iter().zip(watchers) {
        let seen = timeout(PATIENCE, watcher).await;
        let watcher = seen.expect("he has caught up").expect("no panic");
        assert_eq!(watcher.seen, listed(&mut events, filter).await);
        let Watcher {
            early,
            streams,
            torn,
            ..
        } = watcher;
        assert!(early > 0, "he saw nothing while it happened");
        assert!(streams > 5 && torn > 0, "{streams} streams, {torn} torn");
    }
}

/// The list, once it has as many events as the database. Transactions of other tests may hold up the last ones.
async fn everything(crowd: &Crowd, events: &mut EventServiceClient<Keyed>) -> Vec<Event> {
    let committed = "SELECT count(*) AS it FROM events";
    let committed = crowd.look.number(committed).await;
    until("the list has all that was committed", async || {
        let all = listed(events, EventFilter::default()).await;
        (i64::try_from(all.len()) == Ok(committed)).then_some(all)
    })
    .await
}

/// All writers, with transactions beside them that commit late; how many calls were refused.
async fn write(crowd: &Arc<Crowd>) -> usize {
    let writing = Arc::new(AtomicBool::new(true));
    let holder = tokio::spawn({
        let (crowd, writing) = (Arc::clone(crowd), Arc::clone(&writing));
        async move {
            while writing.load(Ordering::Relaxed) {
                crowd.hold().await;
            }
        }
    });
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let crowd = Arc::clone(crowd);
        writers.spawn(async move { crowd.write(CALLS).await });
    }
    let refused = writers.join_all().await.into_iter().sum();
    writing.store(false, Ordering::Relaxed);
    holder.await.expect("no panic");
    refused
}

/// What watchers are told of the writers.
#[derive(Clone)]
enum Writing {
    GoesOn,
    IsOver,
    /// The last position that there is.
    EndsAt(String),
}

/// Somebody whose connections do not last. He remembers a position and has what he was brought up to there.
struct Watcher {
    filter: EventFilter,
    writing: watch::Receiver<Writing>,
    position: String,
    seen: Vec<Event>,
    /// How much he saw while there was writing.
    early: usize,
    streams: usize,
    /// How often he went away in the middle of a message.
    torn: usize,
}

impl Watcher {
    fn new(filter: EventFilter, writing: watch::Receiver<Writing>) -> Self {
        Self {
            filter,
            writing,
            position: String::new(),
            seen: Vec::new(),
            early: 0,
            streams: 0,
            torn: 0,
        }
    }

    async fn run(mut self, crowd: Arc<Crowd>) -> Self {
        loop {
            let mut events = EventServiceClient::new(crowd.anywhere());
            let after = self.position.clone();
            let mut stream = watching::watch(&mut events, &after, self.filter.clone()).await;
            self.streams += 1;
            let life = u64::try_from(chance(150)).expect("small");
            let death = Instant::now() + Duration::from_millis(life);
            while let Ok(message) = timeout_at(death, watching::next(&mut stream)).await {
                let caught_up = message.caught_up;
                if !self.take(message) {
                    break;
                }
                let writing = self.writing.borrow().clone();
                match writing {
                    Writing::GoesOn => self.early = self.seen.len(),
                    Writing::EndsAt(last) if caught_up && self.position >= last => return self,
                    Writing::IsOver | Writing::EndsAt(_) => {}
                }
            }
        }
    }

    /// Deals with a message; or with nothing of it, or a part, before he goes away.
    fn take(&mut self, message: WatchEventsResponse) -> bool {
        let count = message.events.len();
        if count > 1 && (self.torn == 0 || chance(4) == 0) {
            self.torn += 1;
            let part = message.events.into_iter().take(chance(count));
            for event in part {
                self.position.clone_from(&event.position);
                self.seen.push(event);
            }
            return false;
        }
        self.position = message.position;
        self.seen.extend(message.events);
        true
    }
}
