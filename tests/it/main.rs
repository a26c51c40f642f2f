//! The integration suite: the real server on a free port, driven through the wire, once on every database that is there.

mod addresses;
mod backends;
mod batch_revocations;
mod correct_email;
mod corrections_refused;
mod domain_rules;
mod errors;
mod fixtures;
mod harness;
mod import_csv;
mod import_letters;
mod import_limits;
mod import_repeats;
mod import_revocations;
mod import_stream;
mod imports;
mod invitation_life;
mod invitations;
mod layers;
mod members;
mod messages;
mod outcomes;
mod pages;
mod postgres;
mod races;
mod refusals;
mod resends;
mod seats;
mod settled_invitations;
mod sqlite;
mod statements;
mod team_settings;
mod teams;
mod uploads;
mod users;
mod ways;

use std::{process::ExitCode, sync::Arc};

use libtest_mimic::Arguments;

use harness::Test;

/// What runs on every database: one line a module.
const MODULES: &[fn() -> Vec<Test>] = &[
    addresses::tests,
    batch_revocations::tests,
    correct_email::tests,
    corrections_refused::tests,
    domain_rules::tests,
    errors::tests,
    import_csv::tests,
    import_letters::tests,
    import_limits::tests,
    import_repeats::tests,
    import_revocations::tests,
    import_stream::tests,
    imports::tests,
    invitation_life::tests,
    invitations::tests,
    members::tests,
    messages::tests,
    outcomes::tests,
    pages::tests,
    races::tests,
    resends::tests,
    seats::tests,
    settled_invitations::tests,
    statements::tests,
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
