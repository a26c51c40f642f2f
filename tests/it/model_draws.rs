//! That what is drawn for the model is worth playing: it meets what calls answer, refusals too.

use std::collections::BTreeMap;

use muster::proto::AccessState;
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use proptest_state_machine::ReferenceStateMachine;

use crate::{
    model::Said,
    model_steps::{Reference, Step},
    model_test::{CASES, FEW, STEPS},
};

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
        &["DONE", "RESEND_TOO_SOON", "NO_SEAT", "PERMISSION_MISSING"],
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
    ("Remove", &["ENDED", "REMAINS"]),
    ("Leave", &["ENDED", "REMAINS"]),
    ("Create", &["DONE", "PERMISSION_MISSING", "TEAM_NOT_FOUND"]),
    ("AddAdmin", &["DONE", "NOT_A_MEMBER", "PERMISSION_MISSING"]),
    ("CreateProject", &["DONE", "PERMISSION_MISSING"]),
    ("AddToProject", &["ALREADY_MEMBER", "ALREADY_INVITED"]),
    ("AddToProject", &["REVIVED", "VERIFIED", "INVITED"]),
    ("AddToProject", &["REJOIN_REFUSED", "NO_SEAT"]),
    ("AddToProject", &["PERMISSION_MISSING"]),
    ("TakeOut", &["DONE", "PROJECT_MEMBER_NOT_FOUND"]),
    ("Grant", &["ACTIVE", "NOT_A_MEMBER", "PERMISSION_MISSING"]),
    ("Revoke", &["ACTIVE", "ENDED", "ACCESS_NOT_FOUND"]),
    ("RemoveFrom", &["ENDED", "ACCESS_NOT_FOUND"]),
    (
        "Report",
        &["REPORTED", "REMAINS", "ACCESS_ACTIVE", "ACCESS_NOT_FOUND"],
    ),
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

/// As many as a run draws, without any database.
pub(crate) fn what_is_drawn_meets_every_answer() {
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
        Step::InHub(_, step) => format!("{step:?}"),
        step => format!("{step:?}"),
    };
    let end = text.find('(').unwrap_or(text.len());
    text[..end].to_owned()
}

/// A state as it is called.
fn word(state: AccessState) -> String {
    let name = state.as_str_name();
    name.trim_start_matches("ACCESS_STATE_").to_owned()
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
        Said::Removed(all) => all.iter().map(|(_, reason, _)| reason.clone()).collect(),
        Said::Left(left) => {
            let states = left.iter().map(|(_, _, state)| word(*state));
            states.chain(["DONE".to_owned()]).collect()
        }
        Said::Accesses(all) => all.iter().map(|(_, state)| word(*state)).collect(),
    }
}
