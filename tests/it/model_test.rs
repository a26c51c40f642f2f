//! Whatever sequence of calls there is, both databases answer as the model does, show what it shows, and stay sound.

use std::sync::{Arc, atomic::Ordering};

use libtest_mimic::Trial;
use muster::{ids, store::fsck};
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use proptest_state_machine::ReferenceStateMachine;
use tokio::{runtime::Handle, task::block_in_place};

use crate::{
    backends::Backend,
    harness::Harness,
    keyring::service,
    model::Model,
    model_draws::what_is_drawn_meets_every_answer,
    model_stage::{Deployment, Place},
    model_steps::{Reference, Step, beginning},
    model_view::{Sight, View},
};

/// How many sequences, unless `PROPTEST_CASES` says it.
pub(crate) const CASES: u32 = 300;
/// How many steps a sequence has at most.
pub(crate) const STEPS: usize = 20;

/// How few steps one has that is not shrunk.
pub(crate) const FEW: usize = 6;

/// How many tests share the sequences, each with a server of its own at each database.
const SHARES: u32 = 2;

/// Tests for all databases together, and one without any.
pub(crate) fn trials(backends: &[Arc<Backend>]) -> Vec<Trial> {
    let drawn = Trial::test("model::what_is_drawn_meets_every_answer", || {
        what_is_drawn_meets_every_answer();
        Ok(())
    });
    let shares = (0..SHARES).map(|share| side_by_side(backends.to_vec(), share));
    shares.chain([drawn]).collect()
}

fn side_by_side(backends: Vec<Arc<Backend>>, share: u32) -> Trial {
    let name = "model::any_sequence_of_calls_does_what_the_rules_say_side_by_side";
    Trial::test(format!("{name}_{share}"), move || {
        let databases: Vec<_> = backends.iter().map(|backend| backend.database()).collect();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let mut harnesses = Vec::new();
            for database in &databases {
                harnesses.push(Harness::start(database, |_| ()).await);
            }
            let mut deployments = Vec::new();
            for h in &harnesses {
                deployments.push(deployment(h).await);
            }
            compare(&deployments, share);
            for h in &harnesses {
                h.is_sound(None).await;
            }
            drop(deployments);
            for h in harnesses {
                h.finish().await;
            }
        });
        Ok(())
    })
}

async fn deployment(h: &Harness) -> Deployment<'_> {
    let key = h.made(&service("service", None, &[])).await;
    Deployment {
        h,
        service: h.with_key(key.text()),
        elsewhere: h.led_team("elsewhere").await.id,
    }
}

fn compare(deployments: &[Deployment<'_>], share: u32) {
    let mut config = Config {
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    // Its own number, which is there when nobody says another.
    if config.cases == 256 {
        config.cases = CASES;
    }
    config.cases = config.cases.div_ceil(SHARES);
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => ids::nonce().as_u64_pair().1,
    };
    // Whose share it was does not matter when the seed is said.
    let seed = seed.wrapping_add(share.into());
    config.rng_seed = RngSeed::Fixed(seed);
    let mut runner = TestRunner::new(config);
    let sequences = Reference::sequential_strategy(FEW..=STEPS);
    let outcome = block_in_place(|| {
        let outcome = runner.run(&sequences, |(model, steps, seen)| {
            let play = play(deployments, model, &steps, || {
                // What was not seen is not needed to make it fail.
                if let Some(seen) = &seen {
                    seen.fetch_add(1, Ordering::SeqCst);
                }
            });
            Handle::current().block_on(play);
            Ok::<_, TestCaseError>(())
        });
        // With its sequence it is long.
        outcome.map_err(|failure| failure.to_string())
    });
    if let Err(failure) = outcome {
        panic!("PROPTEST_RNG_SEED={seed} runs it again: {failure}");
    }
}

/// Plays a sequence in a new team of each deployment.
async fn play(
    deployments: &[Deployment<'_>],
    begun: Model,
    steps: &[Step],
    mut seen: impl FnMut(),
) {
    let mut model = Model::new();
    let mut places = Vec::new();
    for deployment in deployments {
        places.push(Place::new(deployment, &model).await);
    }
    for step in beginning().iter().take(begun.begun) {
        model.take(step);
        take(&mut places, step, &model).await;
    }
    for (index, step) in steps.iter().enumerate() {
        seen();
        model.take(step);
        take(&mut places, step, &model).await;
        let is_last = index + 1 == steps.len();
        let sight = if is_last {
            Sight::all()
        } else {
            Sight::after(step, &model.said)
        };
        look(&places, &model, sight).await;
    }
}

/// Takes a step in all places at once; each must answer as the model does.
async fn take(places: &mut [Place<'_>], step: &Step, model: &Model) {
    match places {
        [one, other] => {
            tokio::join!(take_in(one, step, model), take_in(other, step, model));
        }
        places => {
            for place in places {
                take_in(place, step, model).await;
            }
        }
    }
}

async fn take_in(place: &mut Place<'_>, step: &Step, model: &Model) {
    let (said, letters) = place.take(step, model).await;
    assert_eq!(said, model.said, "{step:?}");
    assert_eq!(letters, model.letters, "letters of {step:?}");
}

async fn look(places: &[Place<'_>], model: &Model, sight: Sight) {
    match places {
        [one, other] => {
            tokio::join!(look_into(one, model, sight), look_into(other, model, sight));
        }
        places => {
            for place in places {
                look_into(place, model, sight).await;
            }
        }
    }
}

/// Every place is sound, and what is looked at is like the model.
async fn look_into(place: &Place<'_>, model: &Model, sight: Sight) {
    let team = place.team.parse().expect("an id");
    let broken = fsck::broken_in(&place.h.ctx.store, team).await;
    assert_eq!(broken.expect("an answer"), Vec::<&str>::new());
    if model.deleted {
        return;
    }
    let expected = View::of(model, place, sight);
    assert_eq!(View::answered(place, sight).await, expected);
    if sight.is_whole() {
        // One or another, as the sequence was.
        let who = model.invitations.len() % model.accounts.len();
        expected.has(place, who).await;
        assert!(!place.has_letters().await, "a call that was refused mailed");
    }
}
