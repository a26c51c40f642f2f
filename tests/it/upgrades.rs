//! A database with people of version 0.1.0, brought up to date: what later versions keep beside them is made from them.

use std::sync::Arc;

use ::migrations::{Migrator, MigratorTrait};
use libtest_mimic::Trial;
use muster::{
    app::{Context, housekeeping},
    clock::Clock,
    config::Settings,
    secrets::Secrets,
    store::{
        Reads, Store, StoreOptions,
        migrate::{self, MigrationLock},
    },
};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::{
    backends::{Backend, block_on},
    migrations::spelled,
};

/// Tests of one kind of database.
pub(crate) fn on_backend(backend: &Arc<Backend>) -> Vec<Trial> {
    let name = format!(
        "{}::upgrades::people_of_version_0_1_0_can_be_listed_and_found",
        backend.name()
    );
    let backend = Arc::clone(backend);
    vec![Trial::test(name, move || {
        let database = backend.database();
        block_on(people_of_version_0_1_0_can_be_listed_and_found(
            &database.url,
        ));
        Ok(())
    })]
}

/// How many migrations 0.1.0 had.
const OLD: usize = 5;

/// Two people in a team, one of them verified. `{n}` is an id of n.
const PEOPLE: [&str; 5] = [
    "INSERT INTO users (id, email_normal, email_typed, given_name, family_name, verify_time, create_time, update_time)
     VALUES ({1}, 'a@a.example', 'A@a.example', 'Zoë', 'Straße', 5, 1, 5)",
    "INSERT INTO users (id, email_normal, email_typed, given_name, family_name, create_time, update_time)
     VALUES ({2}, 'b@a.example', 'b@a.example', 'Bob', 'Łuk', 1, 1)",
    "INSERT INTO teams (id, display_name, primary_admin_user_id, invitation_ttl, verified_account_policy,
        default_language, domain_rules, create_time, update_time)
     VALUES ({3}, 'T', {1}, 1, 'ADD_AT_ONCE', 'en', '[]', 1, 1)",
    "INSERT INTO members (team_id, user_id, role, source, create_time, join_time)
     VALUES ({3}, {1}, 'SECONDARY_ADMIN', 'MANUAL', 1, 5)",
    "INSERT INTO members (team_id, user_id, role, source, create_time) VALUES ({3}, {2}, 'MEMBER', 'IMPORT', 2)",
];

async fn copies(connection: &DatabaseConnection) -> Vec<(bool, Option<String>, Option<String>)> {
    let backend = connection.get_database_backend();
    let all = "SELECT verified, name_key, email_key FROM members ORDER BY create_time";
    let statement = Statement::from_string(backend, all);
    let rows = connection.query_all_raw(statement).await.expect("rows");
    let row = |row: &sea_orm::QueryResult| {
        Some((
            row.try_get("", "verified").ok()?,
            row.try_get("", "name_key").ok()?,
            row.try_get("", "email_key").ok()?,
        ))
    };
    rows.iter()
        .map(|found| row(found).expect("a row"))
        .collect()
}

async fn people_of_version_0_1_0_can_be_listed_and_found(url: &str) {
    let options = StoreOptions {
        url: url.to_owned(),
        pool_size: 2,
    };
    let old = sea_orm::Database::connect(url).await.expect("a database");
    let newer = u32::try_from(Migrator::migrations().len() - OLD).expect("a few");
    Migrator::down(&old, Some(newer)).await.expect("0.1.0");
    let people = PEOPLE.map(|sql| spelled(&old, sql));
    let people = format!("BEGIN;\n{};\nCOMMIT", people.join(";\n"));
    old.execute_unprepared(&people).await.expect("people");
    old.close().await.expect("closed");

    let store = Store::connect(&options).await.expect("a store");
    let lock = MigrationLock::acquire(&options).await.expect("the lock");
    migrate::up(&store, &lock).await.expect("up to date");
    let connection = store.connection();
    let verified: Vec<bool> = copies(connection).await.iter().map(|one| one.0).collect();
    assert_eq!(verified, [true, false], "at once");

    let ctx = Context {
        store: store.clone(),
        clock: Clock::System,
        secrets: Secrets::parse(&Secrets::generate().expect("randomness")).expect("secrets"),
        settings: Settings::default(),
    };
    let swept = housekeeping::sweep(&ctx).await.expect("a sweep");
    assert!(swept.keys >= 2);
    let text = |text: &str| Some(text.to_owned());
    let expected = [
        (true, text("zoe strasse"), text("a@a.example")),
        (false, text("bob luk"), text("b@a.example")),
    ];
    assert_eq!(copies(connection).await, expected);
    let swept = housekeeping::sweep(&ctx).await.expect("a sweep");
    assert_eq!(swept.keys, 0, "once is enough");
}
