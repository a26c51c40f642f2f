//! One team of 100,000 people among many others, made by a few statements: through the wire it would take minutes.

use muster::store::Reads;
use sea_orm::{ConnectionTrait, DbBackend};
use uuid::Uuid;

use crate::{
    harness::Harness,
    product_multitude::{self, ACCESS, ACCESSES, HUB, OWN_ACCESS, PROJECT, RULES},
};

/// How many people the team has beside its admin.
pub(crate) const PEOPLE: i64 = 100_000;
/// How many other teams the admin has, how many imports the team has beside one of 5,000 rows, and how many strangers
/// there are a tenth of; and how many keys it has.
pub(crate) const OTHERS: i64 = 2_000;
/// How many custom roles the team has; the others have one each.
pub(crate) const ROLES: i64 = 100;

/// The number of the first transaction among the events of the people, of whom there are seven in each: above what the
/// test itself has written, and, times ten, above all of them.
pub(crate) const FIRST_BATCH: i64 = 1_000_000;
/// How many microseconds lie between two such transactions.
pub(crate) const EVENT_EVERY: i64 = 60_000_000;

/// What is made of each number `i`, in one transaction. A tenth of the people left, two were invited too long ago, three
/// wait, four joined, of whom a seventh is disabled; a name is shared by some.
const ROWS: &str = "
BEGIN;
CREATE TEMPORARY TABLE many AS WITH RECURSIVE numbers(i) AS
    (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < {people} - 1)
    SELECT i,
        {chr}(97 + i * 7 % 26) || {chr}(97 + i * 11 % 26) || 'na' AS given,
        {chr}(97 + i * 17 % 26) || {chr}(97 + i / 26 % 26) || {chr}(97 + i / 676 % 26) || 'son' AS family,
        CASE WHEN i % 10 < 1 THEN 'left' WHEN i % 10 < 3 THEN 'late' WHEN i % 10 < 6 THEN 'waits' ELSE 'joined' END AS fate
    FROM numbers;
INSERT INTO users (id, email_normal, email_typed, given_name, family_name, verify_time, create_time, update_time,
    name_key, family_key, copy_time)
    SELECT {person}, given || '.' || family || i || '@acme.example', 'typed', given, family,
        CASE WHEN fate = 'joined' OR i % 20 = 1 THEN {now} END, {born} + i / 2 * 1000, {now},
        given || ' ' || family, family || ' ' || given, {now}
    FROM many;
INSERT INTO users (id, email_normal, email_typed, given_name, family_name, create_time, update_time,
    name_key, family_key, copy_time)
    SELECT {stranger}, given || '.' || family || i || '@other.example', 'typed', given, family, {now}, {now},
        given || ' ' || family, family || ' ' || given, {now}
    FROM many WHERE i < 10 * {others};
INSERT INTO members (team_id, user_id, role, source, create_time, join_time, remove_time, removal, verified,
    disabled_by_admin, name_key, family_key, email_key)
    SELECT {team}, {person},
        CASE WHEN i % 100 = 4 THEN 'SECONDARY_ADMIN' WHEN i % 100 = 8 THEN 'SSO_ADMIN' WHEN i % 5 = 0 THEN 'GUEST'
            ELSE 'MEMBER' END,
        CASE WHEN i % 50 = 7 THEN 'PROJECT' WHEN i % 50 = 9 THEN 'DIRECTORY' WHEN i % 3 = 0 THEN 'MANUAL'
            ELSE 'IMPORT' END,
        {now} + i / 7 * CAST(1000000 AS bigint),
        CASE WHEN fate = 'joined' THEN {now} END,
        CASE WHEN fate = 'left' THEN {now} END,
        CASE WHEN fate = 'left' THEN 'DECLINED' END,
        fate = 'joined' OR i % 20 = 1,
        fate = 'joined' AND i % 7 = 0,
        given || ' ' || family, family || ' ' || given, given || '.' || family || i || '@acme.example'
    FROM many;
INSERT INTO invitations (id, team_id, user_id, settlement, delivery_state, send_count, import_id, create_time,
    expire_time, settle_time)
    SELECT {invitation}, {team}, {person},
        CASE WHEN fate = 'joined' THEN 'ACCEPTED' WHEN fate = 'left' AND i % 20 = 0 THEN 'DECLINED'
            WHEN fate = 'left' THEN 'REVOKED' END,
        CASE i % 40 WHEN 1 THEN 'FAILED' WHEN 2 THEN 'HELD' WHEN 3 THEN 'QUEUED' WHEN 4 THEN 'CANCELLED'
            ELSE 'SENT' END,
        1,
        CASE WHEN i % 3 <> 0 THEN 'import-' || (i / 5000) END,
        {now},
        CASE WHEN fate = 'late' THEN {now} - (i * 37 % {people}) * 1000 ELSE {now} + 1 + (i * 37 % {people}) * 1000 END,
        CASE WHEN fate IN ('joined', 'left') THEN {now} END
    FROM many;
INSERT INTO teams (id, display_name, external_id, primary_admin_user_id, invitation_ttl, verified_account_policy,
    default_language, domain_rules, create_time, update_time)
    SELECT {other_team}, 'other', 'other-' || i, {admin}, 1, 'ADD_AT_ONCE', 'en', '[]', {now}, {now}
    FROM many WHERE i < {others};
INSERT INTO members (team_id, user_id, role, source, create_time, verified, name_key, family_key, email_key)
    SELECT {other_team}, {admin}, 'SECONDARY_ADMIN', 'MANUAL', {now}, false, 'bea boss', 'boss bea', 'boss@acme.example'
    FROM many WHERE i < {others};
INSERT INTO roles (team_id, id, display_name, name_key, permissions, create_time, update_time)
    SELECT {team}, {role}, 'Role ' || i, 'role ' || i, '[]', {now}, {now}
    FROM many WHERE i < {roles};
INSERT INTO roles (team_id, id, display_name, name_key, permissions, create_time, update_time)
    SELECT {other_team}, {role}, 'Role', 'role', '[]', {now}, {now}
    FROM many WHERE i < {others};
INSERT INTO member_roles (team_id, user_id, role_id)
    SELECT {team}, {person}, {one_role} FROM many WHERE fate <> 'left' AND i % 3 = 0;
INSERT INTO imports (team_id, import_id, fingerprint, row_count, outcome_counts, hold_letters, ignored_columns,
    create_time)
    SELECT {team}, 'import-' || i, {bytes}, 5000, '{}', false, '[]', {now} + i
    FROM many WHERE i < {others};
INSERT INTO import_results (team_id, import_id, row_number, line, outcome)
    SELECT {team}, 'import-' || (i / 5000), i % 5000 + 1, 0, CASE WHEN i % 9 = 0 THEN 'INVALID' ELSE 'INVITED' END
    FROM many WHERE i < 20000;
INSERT INTO events (batch, ordinal, create_time, type, team_id, user_id, role, state, source, invitation_id)
    SELECT {first_batch} + i / 7, i % 7 + 1, {now} + i / 7 * CAST({event_every} AS bigint),
        CASE WHEN i % 10 = 9 THEN 'MEMBER_REMOVED' WHEN i % 3 = 0 THEN 'MEMBER_JOINED' ELSE 'MEMBER_INVITED' END,
        {team}, CASE WHEN i % 20 = 3 THEN {admin} ELSE {person} END, 'MEMBER', 'INVITED', 'IMPORT', {invitation}
    FROM many;
INSERT INTO events (batch, ordinal, create_time, type, team_id, user_id)
    SELECT {first_batch} + i * 7, 8, {now} + i * 7 * CAST({event_every} AS bigint), 'TEAM_CREATED',
        {other_team}, {admin}
    FROM many WHERE i < {others};
INSERT INTO api_keys (id, display_name, scope, hash, create_time, scopes, limited_hash, team_id)
    SELECT 'key' || i, 'key ' || i, 'operator', {bytes}, {now} + i, 'teams:read', {bytes}, {team}
    FROM many WHERE i < {others};
{product_rows}UPDATE event_log SET base = base + 10 * {first_batch}, last_batch = 10 * {first_batch};
DROP TABLE many;
COMMIT;
ANALYZE;
";

/// The first millisecond of the ids of a kind, of which there are nine.
pub(crate) const fn born(kind: i64) -> i64 {
    0x019c_a940_0000 + kind * 0x1_0000
}

/// The id of the row of a number, with two in a millisecond, as SQL.
pub(crate) fn id(backend: DbBackend, kind: i64, i: &str) -> String {
    let first = born(kind) / 0x1_0000;
    match backend {
        DbBackend::Sqlite => {
            format!("unhex(printf('%08x%04x70008000%012x', {first}, {i} / 2, {i}))")
        }
        _ => format!(
            "('{first:08x}-' || lpad(to_hex({i} / 2), 4, '0') || '-7000-8000-' || lpad(to_hex({i}), 12, '0'))::uuid"
        ),
    }
}

/// The same for the tests.
pub(crate) fn id_of(kind: i64, number: i64) -> Uuid {
    let millis = u128::try_from(born(kind) + number / 2).expect("a time");
    let rest = 0x7000_8000_0000_0000_0000 + u128::try_from(number).expect("a number");
    Uuid::from_u128(millis << 80 | rest)
}

/// A stored id as a literal.
pub(crate) fn literal(backend: DbBackend, id: &str) -> String {
    match backend {
        DbBackend::Sqlite => format!("x'{}'", id.replace('-', "")),
        _ => format!("'{id}'::uuid"),
    }
}

/// Fills a team whose admin has this id.
pub(crate) async fn fill(h: &Harness, team: &str, admin: &str) {
    let connection = h.ctx.store.connection();
    let backend = connection.get_database_backend();
    let (chr, bytes) = match backend {
        DbBackend::Sqlite => ("char", "x'00'"),
        _ => ("chr", "'\\x00'::bytea"),
    };
    let words = [
        ("{product_rows}", product_multitude::ROWS.to_owned()),
        ("{rules}", RULES.to_string()),
        ("{accesses}", ACCESSES.to_string()),
        ("{hub}", id(backend, HUB, "i")),
        ("{first_hub}", id(backend, HUB, "0")),
        ("{any_hub}", id(backend, HUB, "(i % 2000)")),
        ("{some_hub}", id(backend, HUB, "(i % 10)")),
        ("{project}", id(backend, PROJECT, "i")),
        ("{first_project}", id(backend, PROJECT, "0")),
        ("{any_project}", id(backend, PROJECT, "(i % 2000)")),
        ("{tenth_hub}", id(backend, HUB, "(i / 2000)")),
        ("{middle_project}", id(backend, PROJECT, "1000")),
        ("{access}", id(backend, ACCESS, "i")),
        ("{own_access}", id(backend, OWN_ACCESS, "i")),
        ("{people}", PEOPLE.to_string()),
        ("{others}", OTHERS.to_string()),
        ("{roles}", ROLES.to_string()),
        ("{now}", h.now().timestamp_micros().to_string()),
        ("{first_batch}", FIRST_BATCH.to_string()),
        ("{event_every}", EVENT_EVERY.to_string()),
        ("{born}", (born(7) * 1_000).to_string()),
        ("{chr}", chr.to_owned()),
        ("{bytes}", bytes.to_owned()),
        ("{team}", literal(backend, team)),
        ("{admin}", literal(backend, admin)),
        ("{person}", id(backend, 7, "i")),
        ("{stranger}", id(backend, 6, "i")),
        ("{invitation}", id(backend, 8, "i")),
        ("{role}", id(backend, 5, "i")),
        ("{one_role}", id(backend, 5, "(i % 100)")),
        ("{other_team}", id(backend, 9, "i")),
    ];
    let sql = words.iter().fold(ROWS.to_owned(), |sql, (word, value)| {
        sql.replace(word, value)
    });
    connection
        .execute_unprepared(&sql)
        .await
        .expect("a multitude");
}
