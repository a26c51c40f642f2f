//! Whatever sequence of calls there is, both databases answer as the model does, show what it shows, and stay sound.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use libtest_mimic::Trial;
use muster::ids;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use proptest_state_machine::ReferenceStateMachine;
use tokio::{runtime::Handle, task::block_in_place};

use crate::{
    backends::Backend,
    harness::Harness,
    keyring::service,
    model::{Model, Said},
    model_stage::{Deployment, Place},
    model_steps::{Reference, Step, beginning},
    model_view::View,
};

/// How many sequences, unless `PROPTEST_CASES` says it.
const CASES: u32 = 300;
/// How many steps a sequence has at most.
const STEPS: usize = 20;

/// How few steps one has that is not shrunk.
const FEW: usize = 6;

/// One test for all databases together, and one without any.
pub(crate) fn trials(backends: &[Arc<Backend>]) -> [Trial; 2] {
    let drawn = Trial::test("model::what_is_drawn_meets_every_answer", || {
        what_is_drawn_meets_every_answer();
        Ok(())
    });
    [drawn, side_by_side(backends.to_vec())]
}

/// What the sequences of one run must meet, lest they miss what they are for.
const ANSWERS: &[(&str, &[&str])] = &[
    ("Invite", &ADMISSIONS),
    ("Invite", &["PERMISSION_MISSING", "TEAM_NOT_FOUND"]),
    ("Import", &ADMISSIONS),
    (
        "Import",
        &["INVALID", "DUPLICATE_ROW", "PERMISSION_MISSING"],
    ),
    (
        "CorrectEmail",
        &[
            "INVITED",
            "ALREADY_MEMBER",
            "NOT_A_MEMBER",
            "USER_VERIFIED",
            "PERMISSION_MISSING",
        ],
    ),
    (
        "Accept",
        &[
            "DONE",
            "AGAIN",
            "INVITATION_SUPERSEDED",
            "INVITATION_EXPIRED",
            "INVITATION_REVOKED",
            "INVITATION_DECLINED",
            "INVITER_LOST_AUTHORITY",
        ],
    ),
    (
        "Decline",
        &["DONE", "PRIMARY_ADMIN_PROTECTED", "INVITATION_ACCEPTED"],
    ),
    (
        "Resend",
        &["DONE", "NO_SEAT", "RESEND_TOO_SOON", "PERMISSION_MISSING"],
    ),
    (
        "Revoke",
        &["DONE", "PRIMARY_ADMIN_PROTECTED", "PERMISSION_MISSING"],
    ),
    ("SetRole", &PROTECTIONS),
    ("Disable", &PROTECTIONS),
    ("Enable", &["DONE", "NOT_A_MEMBER", "PERMISSION_MISSING"]),
    ("Remove", &PROTECTIONS),
    (
        "RemoveMany",
        &["", "PRIMARY_ADMIN_PROTECTED", "PERMISSION_MISSING"],
    ),
    (
        "Leave",
        &["DONE", "PRIMARY_ADMIN_PROTECTED", "TEAM_NOT_FOUND"],
    ),
    (
        "Transfer",
        &["DONE", "NOT_A_SECONDARY_ADMIN", "PERMISSION_MISSING"],
    ),
    ("Delete", &["DONE", "TEAM_NOT_EMPTY", "PERMISSION_MISSING"]),
];

const ADMISSIONS: [&str; 7] = [
    "ALREADY_MEMBER",
    "ALREADY_INVITED",
    "DOMAIN_REFUSED",
    "NO_SEAT",
    "REVIVED",
    "VERIFIED",
    "INVITED",
];

const PROTECTIONS: [&str; 5] = [
    "DONE",
    "PRIMARY_ADMIN_PROTECTED",
    "NOT_A_MEMBER",
    "MEMBER_NOT_FOUND",
    "PERMISSION_MISSING",
];

fn what_is_drawn_meets_every_answer() {
    let sequences = Reference::sequential_strategy(FEW..=STEPS);
    let mut runner = TestRunner::deterministic();
    let mut met: BTreeMap<(String, String), u32> = BTreeMap::new();
    for _ in 0..CASES {
        let drawn = sequences.new_tree(&mut runner).expect("a sequence");
        let (mut model, steps, _) = drawn.current();
        for step in steps {
            model.take(&step);
            for answer in answers(&model.said) {
                *met.entry((name(&step), answer)).or_default() += 1;
            }
        }
    }
    let missing = ANSWERS.iter().flat_map(|(step, answers)| {
        let met = &met;
        let lacks = move |answer: &&&str| {
            let key = ((*step).to_owned(), (**answer).to_owned());
            !met.contains_key(&key)
        };
        answers
            .iter()
            .filter(lacks)
            .map(move |answer| format!("{step} {answer}"))
    });
    let missing: Vec<_> = missing.collect();
    assert!(missing.is_empty(), "{missing:?} of {met:#?}");
}

/// What a step is called.
fn name(step: &Step) -> String {
    let text = match step {
        Step::Answer(_, _, reply) => format!("{reply:?}"),
        step => format!("{step:?}"),
    };
    let end = text.find('(').unwrap_or(text.len());
    text[..end].to_owned()
}

/// What was answered, in words.
fn answers(said: &Said) -> Vec<String> {
    match said {
        Said::Done => vec!["DONE".to_owned()],
        Said::Refused(_, reason) => vec![reason.clone()],
        Said::Joined(already) => vec![if *already { "AGAIN" } else { "DONE" }.to_owned()],
        Said::Admitted(rows) => {
            let outcomes = rows.iter().map(|row| row.outcome.as_str_name());
            outcomes
                .map(|name| name.trim_start_matches("IMPORT_OUTCOME_").to_owned())
                .collect()
        }
        Said::Removed(all) => all.iter().map(|(_, reason)| reason.clone()).collect(),
    }
}

fn side_by_side(backends: Vec<Arc<Backend>>) -> Trial {
    let name = "model::any_sequence_of_calls_does_what_the_rules_say_side_by_side";
    Trial::test(name, move || {
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
            compare(&deployments);
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

fn compare(deployments: &[Deployment<'_>]) {
    let mut config = Config {
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    // Its own number, which is there when nobody says another.
    if config.cases == 256 {
        config.cases = CASES;
    }
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => ids::nonce().as_u64_pair().1,
    };
    config.rng_seed = RngSeed::Fixed(seed);
    let mut runner = TestRunner::new(config);
    let sequences = Reference::sequential_strategy(FEW..=STEPS);
    let outcome = block_in_place(|| {
        runner.run(&sequences, |(model, steps, seen)| {
            let play = play(deployments, model, &steps, || {
                // What was not seen is not needed to make it fail.
                if let Some(seen) = &seen {
                    seen.fetch_add(1, Ordering::SeqCst);
                }
            });
            Handle::current().block_on(play);
            Ok::<_, TestCaseError>(())
        })
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
    look(&places, &model).await;
    for step in steps {
        seen();
        model.take(step);
        take(&mut places, step, &model).await;
        look(&places, &model).await;
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

async fn look(places: &[Place<'_>], model: &Model) {
    match places {
        [one, other] => {
            tokio::join!(look_into(one, model), look_into(other, model));
        }
        places => {
            for place in places {
                look_into(place, model).await;
            }
        }
    }
}

/// Every place looks like the model and is sound.
async fn look_into(place: &Place<'_>, model: &Model) {
    place.h.is_sound(Some(&place.team)).await;
    if model.deleted {
        return;
    }
    let expected = View::of(model, place);
    assert_eq!(View::answered(place).await, expected);
    // One after the other, as time goes.
    let who = model.invitations.len() % model.accounts.len();
    expected.has(place, who).await;
}
