//! Callers who go away at any moment: what was acknowledged to others stays.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use muster::{
    app::keys,
    proto::{
        CreateTeamRequest, EventFilter, EventType, ListEventsRequest,
        invitation_service_client::InvitationServiceClient, team_service_client::TeamServiceClient,
    },
    secrets,
};
use tonic::service::interceptor::InterceptedService;

use crate::{
    deadlines::rename,
    events::list,
    fixtures::{invitation_of, team_called},
    harness::{BearerKey, Harness, Keyed, tests},
    refusals::reason,
};

tests![ten_thousand_aborted_calls_lose_nothing_that_was_acknowledged];

/// How many calls are aborted; more where so many do not meet enough.
const ABORTED: usize = 10_000;
const MOST_ABORTED: usize = 10 * ABORTED;
/// So often others must have written meanwhile, and so many aborted calls have changed something.
const ENOUGH: (usize, usize) = (200, 20);
/// Calls are aborted after up to so many microseconds: around the beginning of their transactions.
const LONGEST: u64 = 3_000;
/// So many others write beside them.
const WRITERS: usize = 8;
/// Every so many of them change something if they get far enough; the others are refused, or only try, soon after their
/// transactions began.
const CHANGE_EVERY: usize = 32;

async fn ten_thousand_aborted_calls_lose_nothing_that_was_acknowledged(h: &Harness) {
    let seed = u64::from_le_bytes(secrets::random().expect("randomness"));
    let over = Arc::new(AtomicBool::new(false));
    let written = Arc::new(AtomicUsize::new(0));
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        let team = h.team(&format!("team{number}")).await.id;
        let writing = acknowledge(
            h.teams(),
            team.clone(),
            (Arc::clone(&over), Arc::clone(&written)),
        );
        writers.push((team, tokio::spawn(writing)));
    }
    abort_calls(h, Random(seed), &written).await;
    over.store(true, Ordering::Relaxed);

    // Read over connections that nobody writes with: what an open transaction holds is not there.
    for (team, writing) in writers {
        let acknowledged = writing.await.expect("no panic");
        let stored = updates(h, &team).await;
        assert_eq!(stored, acknowledged, "stored and acknowledged, seed {seed}");
    }
    let all = written.load(Ordering::Relaxed);
    assert!(all >= ENOUGH.0, "only {all} were acknowledged");
    // What aborted calls did nevertheless they did whole, and the store works on.
    let reached = h.deliver().await.len();
    assert!(
        reached >= ENOUGH.1,
        "only {reached} of the aborted calls got far"
    );
    assert!(h.outbox().await.iter().all(|row| row.state == "SENT"));
    let team = h.team("late").await.id;
    let joined = h.join(&team, "late@a.example").await;
    h.member(&team, &joined.user).await;
}

/// Changes a team, one row and one event a call, until told; how often that was acknowledged.
async fn acknowledge(
    mut teams: TeamServiceClient<Keyed>,
    team: String,
    (over, written): (Arc<AtomicBool>, Arc<AtomicUsize>),
) -> usize {
    let mut acknowledged = 0;
    while !over.load(Ordering::Relaxed) {
        let request = rename(&team, &format!("name {acknowledged}"));
        match teams.update_team(request).await {
            Ok(_) => {
                acknowledged += 1;
                written.fetch_add(1, Ordering::Relaxed);
            }
            Err(busy) => assert_eq!(reason(&busy), "OVERLOADED"),
        }
    }
    acknowledged
}

/// How many changes of a team are stored.
async fn updates(h: &Harness, team: &str) -> usize {
    let request = ListEventsRequest {
        filter: Some(EventFilter {
            team_id: team.to_owned(),
            types: vec![EventType::TeamUpdated.into()],
            ..EventFilter::default()
        }),
        page_size: 1_000,
        ..ListEventsRequest::default()
    };
    list(h, request).await.len()
}

/// Begins calls and drops each at a random microsecond, until enough was done beside them and by them.
async fn abort_calls(h: &Harness, mut random: Random, written: &AtomicUsize) {
    let nowhere = h.unknown_id();
    let key = keys::create(&h.ctx, "aborting").await.expect("a key");
    // Whoever resets many streams may be cut off; the others' connection is not his.
    let channel = InterceptedService::new(h.anonymous_channel(), BearerKey::new(key.text()));
    for number in 0..MOST_ABORTED {
        if number >= ABORTED
            && number.is_multiple_of(1_000)
            && written.load(Ordering::Relaxed) >= ENOUGH.0
            && queued(h).await >= ENOUGH.1
        {
            break;
        }
        let wait = Duration::from_micros(random.next() % LONGEST);
        let call = tokio::spawn(call(channel.clone(), nowhere.clone(), number));
        // A timer knows milliseconds only.
        let begun = Instant::now();
        while begun.elapsed() < wait {
            tokio::task::yield_now().await;
        }
        call.abort();
    }
}

/// How many letters wait, one for each call that got far.
async fn queued(h: &Harness) -> usize {
    let outbox = h.outbox().await;
    outbox.iter().filter(|row| row.state == "QUEUED").count()
}

async fn call(channel: Keyed, nowhere: String, number: usize) {
    if number.is_multiple_of(2) {
        let request = CreateTeamRequest {
            validate_only: !number.is_multiple_of(CHANGE_EVERY),
            ..team_called(&format!("aborted-{number}"))
        };
        drop(TeamServiceClient::new(channel).create_team(request).await);
    } else {
        let request = invitation_of(&nowhere, "ann@a.example");
        let mut invitations = InvitationServiceClient::new(channel);
        drop(invitations.create_invitation(request).await);
    }
}

/// splitmix64: the same numbers for the same seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
