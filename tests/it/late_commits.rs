//! A transaction that commits late: whoever reads events waits before it, for else its events would come in behind him.

use std::sync::Arc;

use libtest_mimic::Trial;
use muster::{
    ids,
    proto::{
        BatchRevokeInvitationsRequest, Event, EventFilter, EventType, ImportUsersRequest,
        ListEventsRequest, WatchEventsResponse, event_service_client::EventServiceClient,
        invitation_service_client::InvitationServiceClient, team_service_client::TeamServiceClient,
        user_service_client::UserServiceClient,
    },
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, TransactionTrait};
use tonic::Streaming;

use crate::{
    backends::{Backend, block_on},
    binary::Server,
    deployments::{Deployment, Look},
    fixtures::{invitation_of, team_called},
    harness::Keyed,
    refusals::Outcome,
    uploads::{by_rows, crowd, held},
    waiting::{PATIENCE, until},
    watching::{listed, next, position, watch},
};

/// A test's name, and what it does with a database.
type Claim = (&'static str, fn(&str));

/// These hold transactions open, which only PostgreSQL lets others overtake, on a cluster where they disturb nobody.
pub(crate) fn on_backend(backend: &Arc<Backend>) -> Vec<Trial> {
    let Backend::Postgres(_) = &**backend else {
        return Vec::new();
    };
    let tests: [Claim; 3] = [
        (
            "no_reader_passes_an_event_whose_transaction_is_still_open",
            |url| block_on(an_event_is_late(url)),
        ),
        (
            "no_reader_passes_a_call_that_has_its_number_and_waits_for_a_lock",
            |url| block_on(a_call_is_late(url)),
        ),
        (
            "calls_of_one_team_have_their_events_in_the_order_in_which_they_ran",
            |url| block_on(a_queue_keeps_its_order(url)),
        ),
    ];
    let trial = |(name, test): Claim| {
        let backend = Arc::clone(backend);
        let name = format!("{}::late_commits::{name}", backend.name());
        Trial::test(name, move || {
            let Backend::Postgres(cluster) = &*backend else {
                return Err("another database".into());
            };
            let (_alone, database) = cluster.database_apart();
            test(&database.url);
            Ok(())
        })
    };
    tests.into_iter().map(trial).collect()
}

/// Two servers: one is written to, at both is read.
struct Pair {
    deployment: Deployment,
    look: Look,
    servers: [Server; 2],
}

impl Pair {
    async fn on(url: &str) -> Self {
        let deployment = Deployment::on(url);
        let servers = [deployment.serve(), deployment.serve()];
        Self {
            deployment,
            look: Look::at(url).await,
            servers,
        }
    }

    fn keyed(&self, server: usize) -> Keyed {
        self.servers[server].keyed(&self.deployment.key())
    }

    fn events(&self, server: usize) -> EventServiceClient<Keyed> {
        EventServiceClient::new(self.keyed(server))
    }

    async fn team(&self, name: &str) -> String {
        let mut teams = TeamServiceClient::new(self.keyed(0));
        let made = teams.create_team(team_called(name)).await.answered();
        self.look.letters_are_sent().await;
        made.team.expect("the team").id
    }

    /// Somebody invited through a server; whether he was is known when this returns.
    async fn invite(&self, team: &str, name: &str) {
        let request = invitation_of(team, &format!("{name}@acme.example"));
        let mut client = InvitationServiceClient::new(self.keyed(0));
        client.create_invitation(request).await.answered();
    }

    async fn rows(&self) -> i64 {
        self.look.number("SELECT count(*) AS it FROM events").await
    }

    /// A reader at each server, who has everything so far: a watcher, and somebody who has read a page and goes on.
    async fn readers(&self) -> [Reader; 2] {
        [self.reader(0).await, self.reader(1).await]
    }

    async fn reader(&self, server: usize) -> Reader {
        let mut events = self.events(server);
        let known = listed(&mut events, EventFilter::default()).await;
        let size = i32::try_from(known.len() - 1).expect("a few");
        let request = ListEventsRequest {
            page_size: size,
            ..ListEventsRequest::default()
        };
        let page = events.list_events(request).await.answered();
        assert_ne!(page.next_page_token, "");
        let begin = position(&mut events).await;
        let stream = watch(&mut events, &begin, EventFilter::default()).await;
        Reader {
            events,
            known,
            rest: ListEventsRequest {
                page_size: size,
                page_token: page.next_page_token,
                ..ListEventsRequest::default()
            },
            begin,
            stream,
        }
    }
}

struct Reader {
    events: EventServiceClient<Keyed>,
    known: Vec<Event>,
    rest: ListEventsRequest,
    begin: String,
    stream: Streaming<WatchEventsResponse>,
}

impl Reader {
    /// Whatever he does, he is shown nothing new.
    async fn waits(&mut self) {
        let page = self.events.list_events(self.rest.clone()).await.answered();
        assert_eq!(page.events, self.known[self.known.len() - 1..]);
        assert_eq!(page.next_page_token, "");
        for _ in 0..4 {
            let heard = tokio::time::timeout(PATIENCE, next(&mut self.stream)).await;
            let heard = heard.expect("a heartbeat");
            assert_eq!(
                (heard.events, heard.position),
                (Vec::new(), self.begin.clone())
            );
        }
        let whole = listed(&mut self.events, EventFilter::default()).await;
        assert_eq!(whole, self.known);
    }

    /// What he is brought now, until it is as much as this; the list has it in the same order.
    async fn goes_on(&mut self, count: usize) -> Vec<Event> {
        let mut news = Vec::new();
        while news.len() < count {
            let heard = tokio::time::timeout(PATIENCE, next(&mut self.stream)).await;
            news.extend(heard.expect("events").events);
        }
        let whole = listed(&mut self.events, EventFilter::default()).await;
        let expected = [&self.known[..], &news[..]].concat();
        assert_eq!(whole, expected);
        news
    }
}

/// Writes an event as the service does, and leaves its transaction open.
async fn begin_event(look: &Look, team: &str) -> DatabaseTransaction {
    let transaction = look.0.begin().await.expect("a transaction");
    let write = format!(
        "INSERT INTO events (batch, ordinal, create_time, type, team_id, changed_fields) \
         SELECT base + pg_current_xact_id()::text::bigint, 1, 0, 'TEAM_UPDATED', '{team}', 'display_name' FROM event_log"
    );
    transaction
        .execute_unprepared(&write)
        .await
        .expect("an event");
    transaction
}

async fn an_event_is_late(url: &str) {
    let pair = Pair::on(url).await;
    let team = pair.team("acme").await;
    for (round, commits) in [true, false].into_iter().enumerate() {
        let mut readers = pair.readers().await;
        let late = begin_event(&pair.look, &team).await;
        let before = pair.rows().await;
        for number in 0..3 {
            pair.invite(&team, &format!("p{round}{number}")).await;
        }
        assert!(pair.rows().await >= before + 3, "others have committed");
        let [one, two] = &mut readers;
        tokio::join!(one.waits(), two.waits());

        if commits {
            late.commit().await.expect("a late commit");
        } else {
            late.rollback().await.expect("a late end");
        }
        pair.look.letters_are_sent().await;
        // Three were invited and got their letters.
        let count = 6 + usize::from(commits);
        let mut seen = Vec::new();
        for reader in &mut readers {
            seen.push(reader.goes_on(count).await);
        }
        assert_eq!(seen[0], seen[1]);
        let first = seen[0][0].r#type();
        assert_eq!(first == EventType::TeamUpdated, commits, "by its number");
    }
}

/// Waits until so many calls wait for a lock.
async fn waiting(look: &Look, count: i64) {
    let waiting = "SELECT count(*) AS it FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    until("the calls wait for the lock", async || {
        (look.number(waiting).await == count).then_some(())
    })
    .await;
}

async fn a_call_is_late(url: &str) {
    let pair = Pair::on(url).await;
    let (team, other) = (pair.team("acme").await, pair.team("other").await);
    pair.invite(&other, "late").await;
    pair.look.letters_are_sent().await;
    let mut readers = pair.readers().await;
    // Whoever invites him has the team's lock, and so a number, before he waits for this.
    let holder = pair.look.0.begin().await.expect("a transaction");
    let hold = "SELECT id FROM users WHERE email_normal = 'late@acme.example' FOR UPDATE";
    holder.execute_unprepared(hold).await.expect("a lock");
    let request = invitation_of(&team, "late@acme.example");
    let mut client = InvitationServiceClient::new(pair.keyed(1));
    let late = tokio::spawn(async move { client.create_invitation(request).await });
    waiting(&pair.look, 1).await;

    let before = pair.rows().await;
    pair.invite(&other, "early").await;
    assert!(pair.rows().await > before, "another has committed");
    let [one, two] = &mut readers;
    tokio::join!(one.waits(), two.waits());
    holder.commit().await.expect("the lock's end");
    let user = late.await.expect("no panic").answered();
    let user = user.member.expect("the member").user_id;
    pair.look.letters_are_sent().await;
    let mut seen = Vec::new();
    for reader in &mut readers {
        seen.push(reader.goes_on(4).await);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0][0].user_id, user, "the number was drawn first");
}

/// A call with a request id has something to do before it waits for the team. That must not number its events.
async fn a_queue_keeps_its_order(url: &str) {
    let pair = Pair::on(url).await;
    let team = pair.team("acme").await;
    let holder = pair.look.0.begin().await.expect("a transaction");
    let hold = format!("SELECT id FROM teams WHERE id = '{team}' FOR NO KEY UPDATE");
    holder.execute_unprepared(&hold).await.expect("a lock");

    let parts = by_rows(held(&team, "march"), &crowd("p", 3));
    let parts = parts
        .into_iter()
        .map(|part| ImportUsersRequest { part: Some(part) });
    let mut client = UserServiceClient::new(pair.keyed(0));
    let parts = tokio_stream::iter(parts.collect::<Vec<_>>());
    let import = tokio::spawn(async move { client.import_users(parts).await });
    waiting(&pair.look, 1).await;
    let request = BatchRevokeInvitationsRequest {
        team_id: team.clone(),
        import_id: "march".to_owned(),
        request_id: ids::nonce().to_string(),
        ..BatchRevokeInvitationsRequest::default()
    };
    let mut client = InvitationServiceClient::new(pair.keyed(1));
    let back = tokio::spawn(async move { client.batch_revoke_invitations(request).await });
    waiting(&pair.look, 2).await;
    holder.commit().await.expect("the lock's end");
    import.await.expect("no panic").answered();
    let back = back.await.expect("no panic").answered();
    assert_eq!(back.results.len(), 3, "it came second");

    let filter = EventFilter {
        types: vec![
            EventType::MemberInvited.into(),
            EventType::MemberRemoved.into(),
        ],
        team_id: team,
        ..EventFilter::default()
    };
    let events = listed(&mut pair.events(0), filter).await;
    let types: Vec<_> = events.iter().skip(1).map(Event::r#type).collect();
    let expected = [[EventType::MemberInvited; 3], [EventType::MemberRemoved; 3]];
    assert_eq!(types, expected.concat(), "its admin was invited first");
}
