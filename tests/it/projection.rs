//! Events tell all: whatever sequence of calls there was, teams, members, roles, states and invitations can be rebuilt
//! from them exactly.

use std::time::Duration;

use muster::{
    config::Settings,
    proto::{EventType, ListEventsRequest},
};
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use tokio::{runtime::Handle, task::block_in_place};

use crate::{
    events,
    harness::{Harness, tests},
    projector::World,
    stage::Stage,
    steps::{Step, seldom, sequence},
    watching::{self, position, watched},
};

tests![
    what_chance_brings_seldom_can_be_rebuilt_from_events,
    any_sequence_of_calls_leaves_events_from_which_the_world_can_be_rebuilt with keep_all,
];

/// The clock passes years.
fn keep_all(settings: &mut Settings) {
    settings.events_kept = Duration::from_hours(24 * 365 * 1_000);
}

/// How many sequences, unless `PROPTEST_CASES` says it.
const CASES: u32 = 24;
/// How many steps a sequence has at most.
const STEPS: usize = 25;

async fn what_chance_brings_seldom_can_be_rebuilt_from_events(h: &Harness) {
    for steps in seldom() {
        play(h, &steps).await;
    }
    watching::settled(h).await;
    let events = events::list(h, ListEventsRequest::default()).await;
    for kind in [
        EventType::TeamPrimaryAdminChanged,
        EventType::MemberAdded,
        EventType::MemberJoined,
        EventType::MemberUpdated,
        EventType::MemberRevived,
        EventType::MemberDisabled,
        EventType::MemberEnabled,
        EventType::InvitationResent,
        EventType::InvitationReleased,
        EventType::UserUpdated,
        EventType::UserDisabled,
        EventType::UserEnabled,
        EventType::UserDeleted,
    ] {
        assert!(events.iter().any(|one| one.r#type() == kind), "{kind:?}");
    }
}

async fn any_sequence_of_calls_leaves_events_from_which_the_world_can_be_rebuilt(h: &Harness) {
    let mut config = Config {
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    };
    // Its own number, which is there when nobody says another.
    if config.cases == 256 {
        config.cases = CASES;
    }
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => muster::ids::nonce().as_u64_pair().1,
    };
    config.rng_seed = RngSeed::Fixed(seed);
    let mut runner = TestRunner::new(config);
    let outcome = block_in_place(|| {
        runner.run(&sequence(STEPS), |steps| {
            Handle::current().block_on(play(h, &steps));
            Ok::<_, TestCaseError>(())
        })
    });
    if let Err(failure) = outcome {
        panic!("PROPTEST_RNG_SEED={seed} runs it again: {failure}");
    }

    let whole = ListEventsRequest {
        page_size: 1_000,
        ..ListEventsRequest::default()
    };
    watching::settled(h).await;
    let listed = events::list(h, whole).await;
    assert_eq!(watched(&mut h.events(), String::new()).await, listed);
    let ever = prost_types::Timestamp::default();
    assert_eq!(World::rebuilt(&listed), World::answered(h, ever).await);
}

/// Plays a sequence; after every step events must tell what the calls answer.
async fn play(h: &Harness, steps: &[Step]) {
    watching::settled(h).await;
    let begin = position(&mut h.events()).await;
    let mut stage = Stage::new(h).await;
    for step in steps {
        stage.take(step).await;
        let rebuilt = World::rebuilt(&stage.events().await);
        let answered = World::answered(h, stage.since()).await;
        assert_eq!(rebuilt, answered, "after {step:?}");
    }
    h.is_sound(None).await;
    let listed = stage.events().await;
    for (user, verified) in World::rebuilt(&listed).people {
        assert_eq!(h.user(&user).await.verify_time.is_some(), verified);
    }
    assert_eq!(watched(&mut h.events(), begin).await, listed);
}
