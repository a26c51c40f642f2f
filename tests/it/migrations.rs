//! The schema: there and back again, newer than the program, and each of its unique indexes.

use std::sync::Arc;

use libtest_mimic::Trial;
use muster::store::{
    Reads, Store, StoreOptions,
    migrate::{self, MigrationLock},
};
use sea_orm::{ConnectionTrait, DatabaseConnection, SqlErr};

use crate::{
    backends::{Backend, block_on},
    binary::{Folder, Server, code},
    directory_rows, product_rows, sso_rows,
};

type Case = fn(&str);

/// Each works on a migrated, empty database of its own.
pub(crate) fn on_backend(backend: &Arc<Backend>) -> Vec<Trial> {
    let tests: [(&str, Case); 3] = [
        ("down_takes_everything_back_and_up_works_again", |url| {
            block_on(down_takes_everything_back_and_up_works_again(url));
        }),
        (
            "a_database_that_is_newer_is_served_and_left_alone",
            a_database_that_is_newer_is_served_and_left_alone,
        ),
        ("every_unique_index_refuses_its_duplicate", |url| {
            block_on(every_unique_index_refuses_its_duplicate(url));
        }),
    ];
    let trial = |(name, test): (&str, Case)| {
        let backend = Arc::clone(backend);
        let name = format!("{}::migrations::{name}", backend.name());
        Trial::test(name, move || {
            let database = backend.database();
            test(&database.url);
            Ok(())
        })
    };
    tests.into_iter().map(trial).collect()
}

fn options(url: &str) -> StoreOptions {
    StoreOptions {
        url: url.to_owned(),
        pool_size: 2,
    }
}

async fn connect(url: &str) -> Store {
    Store::connect(&options(url)).await.expect("a store")
}

/// What the schema consists of, by name, without what the migrations keep for themselves.
async fn objects(store: &Store) -> Vec<String> {
    let connection = store.connection();
    let sql = match connection.get_database_backend() {
        sea_orm::DbBackend::Sqlite => {
            "SELECT type || ' ' || name AS name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'
             AND name NOT LIKE 'seaql_%' ORDER BY 1"
        }
        _ => {
            "SELECT relkind::text || ' ' || relname AS name FROM pg_class
             WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'seaql_%' ORDER BY 1"
        }
    };
    texts(connection, sql).await
}

async fn texts(connection: &DatabaseConnection, sql: &str) -> Vec<String> {
    let backend = connection.get_database_backend();
    let statement = sea_orm::Statement::from_string(backend, sql);
    let rows = connection.query_all_raw(statement).await.expect("rows");
    rows.iter()
        .map(|row| row.try_get("", "name").expect("a name"))
        .collect()
}

async fn down_takes_everything_back_and_up_works_again(url: &str) {
    let store = connect(url).await;
    let lock = MigrationLock::acquire(&options(url))
        .await
        .expect("the lock");
    let before = objects(&store).await;
    assert!(before.len() > 20);

    migrate::down(&store, &lock).await.expect("down");
    assert_eq!(objects(&store).await, Vec::<String>::new());
    let missing = migrate::pending(&store).await.expect("a status");
    let all = migrate::status(&store).await.expect("a status");
    assert_eq!(missing.len(), all.len());

    migrate::up(&store, &lock).await.expect("up");
    assert_eq!(objects(&store).await, before);
    assert!(migrate::pending(&store).await.expect("a status").is_empty());
    migrate::up(&store, &lock).await.expect("up again");
    store.close().await.expect("closed");
}

fn a_database_that_is_newer_is_served_and_left_alone(url: &str) {
    block_on(async {
        let database = sea_orm::Database::connect(url).await.expect("a database");
        let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 1)";
        database.execute_unprepared(newer).await.expect("a row");
        database.close().await.expect("closed");
    });

    let folder = Folder::new();
    folder.write("secret", "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let key_file = ["--listen", "127.0.0.1:0", "--operator-key-file", "key"];
    for mode in ["auto", "check"] {
        let mut command = folder.muster(&key_file);
        command
            .env("MUSTER_DATABASE_URL", url)
            .env("MUSTER_SECRET_KEY_FILE", "secret")
            .env("MUSTER_MIGRATE", mode);
        let server = Server::start(command);
        block_on(server.becomes_healthy());
        assert_eq!(code(server.stop().status), 0);
    }

    let names = block_on(async {
        let store = connect(url).await;
        let names = texts(
            store.connection(),
            "SELECT version AS name FROM seaql_migrations ORDER BY 1",
        )
        .await;
        store.close().await.expect("closed");
        names
    });
    assert_eq!(names.last().map(String::as_str), Some("m9999_later"));
}

/// Rows that every index accepts, one a table.
const ROWS: &[&str] = &[
    "INSERT INTO users (id, email_normal, email_typed, given_name, family_name, create_time, update_time)
     VALUES ({1}, 'a@a.example', 'a@a.example', 'A', 'A', 1, 1)",
    "INSERT INTO users (id, email_normal, email_typed, given_name, family_name, create_time, update_time)
     VALUES ({2}, 'b@a.example', 'b@a.example', 'B', 'B', 1, 1)",
    "INSERT INTO teams (id, display_name, external_id, primary_admin_user_id, invitation_ttl,
     verified_account_policy, default_language, domain_rules, create_time, update_time)
     VALUES ({3}, 'T', 'x', {1}, 1, 'ADD_AT_ONCE', 'en', '[]', 1, 1)",
    "INSERT INTO members (team_id, user_id, role, source, create_time) VALUES ({3}, {1}, 'MEMBER', 'MANUAL', 1)",
    "INSERT INTO roles (team_id, id, display_name, name_key, permissions, create_time, update_time)
     VALUES ({3}, {5}, 'R', 'r', '[]', 1, 1)",
    "INSERT INTO member_roles (team_id, user_id, role_id) VALUES ({3}, {1}, {5})",
    "INSERT INTO invitations (id, team_id, user_id, delivery_state, send_count, create_time, expire_time)
     VALUES ({4}, {3}, {1}, 'SENT', 1, 1, 2)",
    "INSERT INTO invitation_tokens (hash, invitation_id, number, create_time) VALUES ({1}, {4}, 1, 1)",
    "INSERT INTO outbox (id, kind, team_id, user_id, language, state, attempts, due_time, create_time)
     VALUES ({5}, 'invitation', {3}, {1}, 'en', 'QUEUED', 0, 1, 1)",
    "INSERT INTO imports (team_id, import_id, fingerprint, row_count, outcome_counts, hold_letters,
     ignored_columns, create_time) VALUES ({3}, 'i', {1}, 1, '{}', false, '[]', 1)",
    "INSERT INTO import_results (team_id, import_id, row_number, line, outcome)
     VALUES ({3}, 'i', 1, 0, 'INVITED')",
    "INSERT INTO api_keys (id, display_name, scope, hash, create_time, slot, certificate_name)
     VALUES ('k', 'K', 'operator', {1}, 1, 1, 'c')",
    "INSERT INTO events (batch, ordinal, create_time, type) VALUES (1, 1, 1, 'TEAM_CREATED')",
    "INSERT INTO replays (key_id, method, request_id, fingerprint, answer, create_time) VALUES ('k', 'm', {1}, {1}, {1}, 1)",
    "INSERT INTO email_changes (id, user_id, hash, email, create_time, expire_time) VALUES ({4}, {1}, {5}, 'n', 1, 2)",
];

/// What repeats nothing but the columns of one unique index, and by which name each database knows the index.
const DUPLICATES: &[(&str, &str)] = &[
    (
        "users_email_normal|users.email_normal",
        "INSERT INTO users (id, email_normal, email_typed, given_name, family_name, create_time, update_time)
         VALUES ({6}, 'a@a.example', 'A@a.example', 'A', 'A', 1, 1)",
    ),
    (
        "teams_external_id|teams.external_id",
        "INSERT INTO teams (id, display_name, external_id, primary_admin_user_id, invitation_ttl,
         verified_account_policy, default_language, domain_rules, create_time, update_time)
         VALUES ({6}, 'T', 'x', {1}, 1, 'ADD_AT_ONCE', 'en', '[]', 1, 1)",
    ),
    (
        "members_pkey|members.team_id, members.user_id",
        "INSERT INTO members (team_id, user_id, role, source, create_time) VALUES ({3}, {1}, 'GUEST', 'IMPORT', 2)",
    ),
    (
        "invitations_one_open|invitations.team_id, invitations.user_id",
        "INSERT INTO invitations (id, team_id, user_id, delivery_state, send_count, create_time, expire_time)
         VALUES ({6}, {3}, {1}, 'QUEUED', 1, 2, 3)",
    ),
    (
        "invitation_tokens_pkey|invitation_tokens.hash",
        "INSERT INTO invitation_tokens (hash, invitation_id, number, create_time) VALUES ({1}, {4}, 2, 1)",
    ),
    (
        "invitation_tokens_number|invitation_tokens.invitation_id, invitation_tokens.number",
        "INSERT INTO invitation_tokens (hash, invitation_id, number, create_time) VALUES ({6}, {4}, 1, 1)",
    ),
    (
        "imports_pkey|imports.team_id, imports.import_id",
        "INSERT INTO imports (team_id, import_id, fingerprint, row_count, outcome_counts, hold_letters,
         ignored_columns, create_time) VALUES ({3}, 'i', {6}, 2, '{}', true, '[]', 2)",
    ),
    (
        "import_results_pkey|import_results.team_id, import_results.import_id, import_results.row_number",
        "INSERT INTO import_results (team_id, import_id, row_number, line, outcome)
         VALUES ({3}, 'i', 1, 7, 'INVALID')",
    ),
    (
        "api_keys_pkey|api_keys.id",
        "INSERT INTO api_keys (id, display_name, scope, hash, create_time) VALUES ('k', 'L', 'operator', {6}, 1)",
    ),
    (
        "api_keys_two_live|api_keys.display_name, api_keys.slot",
        "INSERT INTO api_keys (id, display_name, scope, hash, create_time, slot) VALUES ('l', 'K', 'operator', {6}, 1, 1)",
    ),
    (
        "api_keys_certificate|api_keys.certificate_name",
        "INSERT INTO api_keys (id, display_name, scope, hash, create_time, slot, certificate_name)
         VALUES ('l', 'L', 'operator', {6}, 1, 1, 'c')",
    ),
    (
        "events_pkey|events.batch",
        "INSERT INTO events (batch, ordinal, create_time, type) VALUES (1, 1, 2, 'TEAM_UPDATED')",
    ),
    (
        "event_log_pkey|event_log.id",
        "INSERT INTO event_log VALUES (1, 0, 0, 0, 0)",
    ),
    (
        "replays_pkey|replays.key_id",
        "INSERT INTO replays (key_id, method, request_id, fingerprint, answer, create_time) VALUES ('k', 'm', {1}, {2}, {2}, 1)",
    ),
    (
        "roles_pkey|roles.team_id, roles.id",
        "INSERT INTO roles (team_id, id, display_name, name_key, permissions, create_time, update_time)
         VALUES ({3}, {5}, 'S', 's', '[]', 1, 1)",
    ),
    (
        "roles_name_key|roles.team_id, roles.name_key",
        "INSERT INTO roles (team_id, id, display_name, name_key, permissions, create_time, update_time)
         VALUES ({3}, {6}, 'R', 'r', '[]', 1, 1)",
    ),
    (
        "member_roles_pkey|member_roles.team_id, member_roles.user_id, member_roles.role_id",
        "INSERT INTO member_roles (team_id, user_id, role_id) VALUES ({3}, {1}, {5})",
    ),
    (
        "email_changes_hash|email_changes.hash",
        "INSERT INTO email_changes (id, user_id, hash, settlement, create_time, expire_time, settle_time)
         VALUES ({6}, {1}, {5}, 'EXPIRED', 1, 2, 2)",
    ),
    (
        "email_changes_one_open|email_changes.user_id",
        "INSERT INTO email_changes (id, user_id, hash, email, create_time, expire_time) VALUES ({6}, {1}, {6}, 'm', 1, 2)",
    ),
];

/// Roles that cannot be held: by somebody who was never in the team, one that the team does not have, one without its holder.
const STRAYS: &[&str] = &[
    "INSERT INTO member_roles (team_id, user_id, role_id) VALUES ({3}, {2}, {5})",
    "INSERT INTO member_roles (team_id, user_id, role_id) VALUES ({3}, {1}, {6})",
    "DELETE FROM roles",
];

fn duplicates() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    DUPLICATES
        .iter()
        .chain(product_rows::DUPLICATES)
        .chain(sso_rows::DUPLICATES)
        .chain(directory_rows::DUPLICATES)
}

/// The same text for both databases: `{n}` is a byte string, or an id, of n.
pub(crate) fn spelled(connection: &DatabaseConnection, sql: &str) -> String {
    (1..=6).fold(sql.to_owned(), |sql, n| {
        let literal = match connection.get_database_backend() {
            sea_orm::DbBackend::Sqlite => format!("x'{n:032x}'"),
            _ => format!("'{n:032x}'"),
        };
        sql.replace(&format!("{{{n}}}"), &literal)
    })
}

async fn every_unique_index_refuses_its_duplicate(url: &str) {
    let database = sea_orm::Database::connect(url).await.expect("a database");
    // A team and its primary admin point at each other: one transaction.
    let rows = ROWS
        .iter()
        .chain(product_rows::ROWS)
        .chain(sso_rows::ROWS)
        .chain(directory_rows::ROWS);
    let rows = rows.map(|sql| spelled(&database, sql));
    let rows = rows.collect::<Vec<_>>().join(";\n");
    let rows = format!("BEGIN;\n{rows};\nCOMMIT");
    database.execute_unprepared(&rows).await.expect("rows");

    for (index, sql) in duplicates() {
        let sql = spelled(&database, sql);
        let refused = database.execute_unprepared(&sql).await;
        let error = refused.expect_err(index);
        let Some(SqlErr::UniqueConstraintViolation(text)) = error.sql_err() else {
            panic!("{index}: {error}");
        };
        assert!(
            index.split('|').any(|name| text.contains(name)),
            "{index}: {text}"
        );
    }

    for sql in STRAYS
        .iter()
        .chain(product_rows::STRAYS)
        .chain(sso_rows::STRAYS)
        .chain(directory_rows::STRAYS)
    {
        let refused = database.execute_unprepared(&spelled(&database, sql)).await;
        let error = refused.expect_err(sql).sql_err();
        let by_key = matches!(error, Some(SqlErr::ForeignKeyConstraintViolation(_)));
        assert!(by_key, "{sql}: {error:?}");
    }

    // A settled invitation makes room for a new one.
    let settle = "UPDATE invitations SET settlement = 'REVOKED', settle_time = 2";
    database.execute_unprepared(settle).await.expect("settled");
    let (_, again) = DUPLICATES[3];
    let again = spelled(&database, again);
    database.execute_unprepared(&again).await.expect("a second");
    every_index_is_listed(&database).await;
    database.close().await.expect("closed");
}

/// A unique index that nobody tried above would fail here. Ids are not tried: nothing but `ids` makes them.
async fn every_index_is_listed(database: &DatabaseConnection) {
    let names = match database.get_database_backend() {
        sea_orm::DbBackend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE 'CREATE UNIQUE%'"
        }
        _ => {
            "SELECT relname AS name FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
             WHERE indisunique AND relnamespace = 'public'::regnamespace
             AND relname NOT IN ('users_pkey', 'teams_pkey', 'invitations_pkey', 'outbox_pkey', 'email_changes_pkey',
             'product_access_pkey', 'seaql_migrations_pkey')"
        }
    };
    for name in texts(database, names).await {
        let tried = duplicates().any(|(index, _)| index.split('|').any(|known| known == name));
        assert!(tried, "{name} has no duplicate above");
    }
}
