//! A database with people of version 0.1.0, brought up to date: what later versions keep beside them is made from them.

use std::sync::Arc;

use ::migrations::{Migrator, MigratorTrait};
use libtest_mimic::Trial;
use muster::{
    app::{
        Context, housekeeping,
        keys::{self, authenticate},
    },
    clock::Clock,
    config::Settings,
    domain::keys::Scope,
    error::{Error, Reason},
    secrets::Secrets,
    store::{
        Reads, Store, StoreOptions,
        migrate::{self, MigrationLock},
    },
};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::{
    backends::{Backend, block_on},
    keyring::{certified, named, of_team},
    migrations::spelled,
};

/// Tests of one kind of database.
pub(crate) fn on_backend(backend: &Arc<Backend>) -> Vec<Trial> {
    let people = {
        let backend = Arc::clone(backend);
        let name = format!(
            "{}::upgrades::people_of_version_0_1_0_can_be_listed_and_found",
            backend.name()
        );
        Trial::test(name, move || {
            let database = backend.database();
            block_on(people_of_version_0_1_0_can_be_listed_and_found(
                &database.url,
            ));
            Ok(())
        })
    };
    let keys = {
        let backend = Arc::clone(backend);
        let name = format!(
            "{}::upgrades::keys_without_scopes_are_operators_and_limited_ones_are_none_of_theirs",
            backend.name()
        );
        Trial::test(name, move || {
            let database = backend.database();
            block_on(
                keys_without_scopes_are_operators_and_limited_ones_are_none_of_theirs(
                    &database.url,
                ),
            );
            Ok(())
        })
    };
    vec![people, keys]
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

    let ctx = Context::new(
        store.clone(),
        Clock::System,
        Secrets::parse(&Secrets::generate().expect("randomness")).expect("secrets"),
        Settings::default(),
    );
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

/// What a replica of the version before reads and writes of a key.
async fn hashes(connection: &DatabaseConnection) -> Vec<(String, Vec<u8>)> {
    let backend = connection.get_database_backend();
    let all = "SELECT display_name, hash FROM api_keys WHERE scope = 'operator' ORDER BY display_name, id";
    let statement = Statement::from_string(backend, all);
    let rows = connection.query_all_raw(statement).await.expect("rows");
    let row = |row: &sea_orm::QueryResult| {
        let name = row.try_get("", "display_name").expect("a name");
        (name, row.try_get("", "hash").expect("a hash"))
    };
    rows.iter().map(row).collect()
}

async fn keys_without_scopes_are_operators_and_limited_ones_are_none_of_theirs(url: &str) {
    let options = StoreOptions {
        url: url.to_owned(),
        pool_size: 2,
    };
    let ctx = Context::new(
        Store::connect(&options).await.expect("a store"),
        Clock::System,
        Secrets::parse(&Secrets::generate().expect("randomness")).expect("secrets"),
        Settings::default(),
    );
    let connection = ctx.store.connection();
    let old = keys::fresh().expect("a key");
    let hash = ctx.secrets.api_key_hash(old.text().as_bytes());
    let insert = "INSERT INTO api_keys (id, display_name, scope, hash, create_time)
        VALUES ($1, 'old', 'operator', $2, 1)";
    let backend = connection.get_database_backend();
    let insert = Statement::from_sql_and_values(backend, insert, [old.id().into(), hash.into()]);
    connection.execute_raw(insert).await.expect("a key");
    let key = authenticate(&ctx, old.text()).await.expect("the old key");
    assert_eq!(
        (&key.scopes[..], key.team_id),
        (&[Scope::Operator][..], None)
    );
    assert_eq!((key.expire_time, key.last_use_time), (None, None));

    // It counts among the two of its name.
    keys::create(&ctx, "old").await.expect("a second");
    let third = keys::create(&ctx, "old").await.map(drop);
    assert!(matches!(third, Err(Error::Refused(Reason::KeysUsedUp))));

    keys::create(&ctx, "plain").await.expect("a key");
    let certified = certified("certified", "a.example");
    keys::create_with(&ctx, &certified).await.expect("a key");
    let mut ending = named("limited");
    ending.expire_time = Some(ctx.clock.now() + chrono::TimeDelta::hours(1));
    let mut reading = of_team("limited", "00000000-0000-7000-8000-000000000000");
    reading.team_id = None;
    for new in [ending, reading] {
        let limited = keys::create_with(&ctx, &new).await.expect("a key");
        let found = authenticate(&ctx, limited.text()).await;
        assert_eq!(found.expect("the key").id, limited.id());
    }
    for (name, hash) in hashes(connection).await {
        assert_eq!(hash.is_empty(), name == "limited", "{name}");
        assert!(
            !ctx.secrets.is_api_key(b"", &[]),
            "no key has an empty hash"
        );
    }
    ctx.store.close().await.expect("closed");
}
