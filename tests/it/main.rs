//! The integration suite: the real server on a free port, driven through the wire, once on every database that is there.

mod backends;
mod correct_email;
mod errors;
mod fixtures;
mod harness;
mod invitation_life;
mod invitations;
mod layers;
mod members;
mod pages;
mod postgres;
mod races;
mod refusals;
mod resends;
mod sqlite;
mod teams;
mod users;

use std::{process::ExitCode, sync::Arc};

use libtest_mimic::Arguments;

use harness::Test;

/// What runs on every database: one line a module.
const MODULES: &[fn() -> Vec<Test>] = &[
    correct_email::tests,
    errors::tests,
    invitation_life::tests,
    invitations::tests,
    members::tests,
    pages::tests,
    races::tests,
    resends::tests,
    teams::tests,
    users::tests,
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let Some(backends) = backends::find_and_say() else {
        return ExitCode::FAILURE;
    };
    backends::stop_on_interrupt(&backends);

    let mut trials = layers::trials();
    for backend in &backends {
        let tests = MODULES.iter().flat_map(|tests| tests());
        trials.extend(tests.map(|test| test.trial(Arc::clone(backend))));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);

    backends::stop(&backends);
    conclusion.exit_code()
}
