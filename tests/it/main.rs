//! The integration suite: the real server on a free port, driven through the wire, once on every database that is there.

mod access;
mod account_races;
mod accounts;
mod acts;
mod addresses;
mod answers;
mod authorities;
mod authority;
mod backends;
mod batch_equality;
mod batch_removals;
mod batch_revocations;
mod binary;
mod bound_plans;
mod bounds;
mod breaches;
mod broken;
mod call_log;
mod cancelled_calls;
mod certificates;
mod cli;
mod cli_config;
mod cli_fsck;
mod cli_import;
mod compression;
mod connections;
mod correct_email;
mod corrections_refused;
mod crashes;
mod crawler;
mod dead_links;
mod deadlines;
mod departures;
mod deployments;
mod directories;
mod directory_breaches;
mod directory_ends;
mod directory_fixtures;
mod directory_kept;
mod directory_rows;
mod disabling;
mod domain_rules;
mod drain;
mod dumps;
mod email_change_links;
mod email_changes;
mod erased_accounts;
mod erasures;
mod errors;
mod etags;
mod event_numbers;
mod event_plan_cases;
mod events;
mod explanations;
mod first_start;
mod fixtures;
mod followed_invitations;
mod following_races;
mod fsck;
mod fsck_plans;
mod groups;
mod harness;
mod holding;
mod housekeeping;
mod hub_breaches;
mod hub_keepers;
mod hub_limits;
mod hub_tokens;
mod hubs;
mod id_token_actors;
mod id_tokens;
mod idle_transactions;
mod import_csv;
mod import_letters;
mod import_limits;
mod import_repeats;
mod import_revocations;
mod import_rows;
mod import_stream;
mod import_time;
mod imports;
mod invitation_filters;
mod invitation_life;
mod invitation_plan_cases;
mod invitations;
mod inviters;
mod key_lives;
mod key_memory;
mod key_plan_cases;
mod keyring;
mod keys;
mod late_commits;
mod later_events;
mod layers;
mod leaving;
mod leaving_many;
mod letters;
mod link_lives;
mod list_changes;
mod list_filters;
mod list_plans;
mod lists;
mod log_entries;
mod matrix;
mod members;
mod memberships;
mod messages;
mod migrations;
mod model;
mod model_admission;
mod model_draws;
mod model_hub_letters;
mod model_hub_stage;
mod model_hub_steps;
mod model_hubs;
mod model_powers;
mod model_rules;
mod model_stage;
mod model_steps;
mod model_test;
mod model_view;
mod model_ways_out;
mod motley;
mod multitude;
mod needles;
mod outbox;
mod outcomes;
mod overload;
mod page_tokens;
mod pages;
mod patient;
mod permission_table;
mod plan_cases;
mod postgres;
mod product_fixtures;
mod product_multitude;
mod product_plan_cases;
mod product_rows;
mod products;
mod project_places;
mod projection;
mod projector;
mod projects;
mod providers;
mod proxies;
mod races;
mod rates;
mod raw_calls;
mod refusals;
mod rehearsals;
mod relays;
mod removal_races;
mod removal_rules;
mod removals;
mod repeated_calls;
mod request_ids;
mod resends;
mod residual;
mod residual_letters;
mod residual_people;
mod residual_readers;
mod returning;
mod revivals;
mod rival_admins;
mod role_change_manners;
mod role_changes;
mod role_losses;
mod role_manners;
mod role_offers;
mod role_races;
mod roles;
mod rotation;
mod samples;
mod scim;
mod search;
mod search_keys;
mod seats;
mod secrets;
mod server;
mod settled_invitations;
mod sign_ins;
mod sign_ins_refused;
mod signers;
mod smtp;
mod smtp_peer;
mod smtp_tls;
mod sqlite;
mod sso;
mod sso_breaches;
mod sso_lists;
mod sso_refused;
mod sso_rows;
mod stage;
mod statements;
mod steps;
mod sync_races;
mod sync_rows;
mod sync_streams;
mod syncs;
mod team_deletions;
mod team_domains;
mod team_settings;
mod teams;
mod tls;
mod tls_files;
mod tombstones;
mod transfers;
mod untaken;
mod upgrades;
mod uploads;
mod user_lists;
mod users;
mod waiting;
mod wakes;
mod watchers;
mod watches;
mod watching;
mod ways;
mod web;
mod writers;

use std::{process::ExitCode, sync::Arc};

use libtest_mimic::Arguments;

use harness::Test;

/// What runs on every database: one line a module.
const MODULES: &[fn() -> Vec<Test>] = &[
    access::tests,
    account_races::tests,
    accounts::tests,
    addresses::tests,
    authority::tests,
    batch_equality::tests,
    batch_removals::tests,
    batch_revocations::tests,
    bound_plans::tests,
    bounds::tests,
    cancelled_calls::tests,
    certificates::tests,
    compression::tests,
    connections::tests,
    correct_email::tests,
    corrections_refused::tests,
    crawler::tests,
    dead_links::tests,
    deadlines::tests,
    directories::tests,
    directory_ends::tests,
    directory_kept::tests,
    disabling::tests,
    domain_rules::tests,
    drain::tests,
    email_change_links::tests,
    email_changes::tests,
    erased_accounts::tests,
    erasures::tests,
    errors::tests,
    etags::tests,
    events::tests,
    explanations::tests,
    followed_invitations::tests,
    following_races::tests,
    fsck::tests,
    fsck_plans::tests,
    housekeeping::tests,
    groups::tests,
    hub_keepers::tests,
    hub_limits::tests,
    hubs::tests,
    team_domains::tests,
    sso::tests,
    sign_ins::tests,
    sign_ins_refused::tests,
    sso_refused::tests,
    id_tokens::tests,
    id_token_actors::tests,
    idle_transactions::tests,
    import_csv::tests,
    import_letters::tests,
    import_limits::tests,
    import_repeats::tests,
    import_revocations::tests,
    import_rows::tests,
    import_stream::tests,
    import_time::tests,
    imports::tests,
    invitation_filters::tests,
    invitation_life::tests,
    invitations::tests,
    inviters::tests,
    key_memory::tests,
    keys::tests,
    later_events::tests,
    leaving::tests,
    leaving_many::tests,
    letters::tests,
    list_changes::tests,
    list_filters::tests,
    list_plans::tests,
    log_entries::tests,
    matrix::tests,
    members::tests,
    memberships::tests,
    messages::tests,
    outbox::tests,
    outcomes::tests,
    overload::tests,
    page_tokens::tests,
    pages::tests,
    products::tests,
    projection::tests,
    project_places::tests,
    projects::tests,
    races::tests,
    rates::tests,
    rehearsals::tests,
    removal_races::tests,
    removals::tests,
    repeated_calls::tests,
    request_ids::tests,
    removal_rules::tests,
    resends::tests,
    residual::tests,
    residual_letters::tests,
    residual_people::tests,
    residual_readers::tests,
    revivals::tests,
    returning::tests,
    role_change_manners::tests,
    role_changes::tests,
    role_losses::tests,
    role_manners::tests,
    role_offers::tests,
    role_races::tests,
    roles::tests,
    scim::tests,
    search::tests,
    search_keys::tests,
    seats::tests,
    server::tests,
    settled_invitations::tests,
    smtp::tests,
    smtp_tls::tests,
    statements::tests,
    sync_races::tests,
    sync_rows::tests,
    sync_streams::tests,
    syncs::tests,
    team_deletions::tests,
    team_settings::tests,
    teams::tests,
    tls::tests,
    tombstones::tests,
    transfers::tests,
    untaken::tests,
    user_lists::tests,
    users::tests,
    watches::tests,
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let Some(backends) = backends::find_and_say() else {
        return ExitCode::FAILURE;
    };

    let mut trials = layers::trials();
    trials.extend(call_log::trials());
    trials.extend(cli::trials());
    trials.extend(cli_config::trials());
    trials.extend(cli_fsck::trials());
    trials.extend(cli_import::trials());
    trials.extend(first_start::trials());
    trials.extend(needles::trials());
    trials.extend(rotation::trials());
    trials.extend(tls_files::trials());
    let all: Vec<_> = backends.iter().cloned().collect();
    trials.extend(model_test::trials(&all));
    for backend in backends.iter() {
        let tests = MODULES.iter().flat_map(|tests| tests());
        trials.extend(tests.map(|test| test.trial(Arc::clone(backend))));
        trials.extend(crashes::on_backend(backend));
        trials.extend(rival_admins::on_backend(backend));
        trials.extend(first_start::on_backend(backend));
        trials.extend(late_commits::on_backend(backend));
        trials.extend(migrations::on_backend(backend));
        trials.extend(secrets::on_backend(backend));
        trials.extend(event_numbers::on_backend(backend));
        trials.extend(upgrades::on_backend(backend));
        trials.extend(wakes::on_backend(backend));
        trials.extend(watchers::on_backend(backend));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
