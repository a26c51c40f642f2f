//! The integration suite: the real server on a free port, driven through the wire, once on every database that is there.

mod backends;
mod batch_revocations;
mod correct_email;
mod corrections_refused;
mod errors;
mod fixtures;
mod harness;
mod invitation_life;
mod invitations;
mod layers;
mod members;
mod messages;
mod pages;
mod postgres;
mod races;
mod refusals;
mod resends;
mod settled_invitations;
mod sqlite;
mod team_settings;
mod teams;
mod users;

use std::{process::ExitCode, sync::Arc};

use libtest_mimic::Arguments;

use harness::Test;

/// What runs on every database: one line a module.
const MODULES: &[fn() -> Vec<Test>] = &[
    batch_revocations::tests,
    correct_email::tests,
    corrections_refused::tests,
    errors::tests,
    invitation_life::tests,
    invitations::tests,
    members::tests,
    messages::tests,
    pages::tests,
    races::tests,
    resends::tests,
    settled_invitations::tests,
    team_settings::tests,
    teams::tests,
    users::tests,
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let Some(backends) = backends::find_and_say() else {
        return ExitCode::FAILURE;
    };

    let mut trials = layers::trials();
    for backend in backends.iter() {
        let tests = MODULES.iter().flat_map(|tests| tests());
        trials.extend(tests.map(|test| test.trial(Arc::clone(backend))));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
