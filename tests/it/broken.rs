//! A database that lost its keys, and one way to break each invariant in it.

use muster::store::Reads;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend};

use crate::{
    fixtures::{Invited, NewTeam, WEEK},
    harness::Harness,
};

/// A team with somebody in every state, and one letter that waits.
pub(crate) struct Life {
    /// The team; its admin has joined.
    pub(crate) team: NewTeam,
    role: String,
    joined: String,
    invited: Invited,
    declined: Invited,
    waiting: String,
}

impl Life {
    /// A team of this name.
    pub(crate) async fn of(h: &Harness, name: &str) -> Self {
        let team = h.led_team(name).await;
        let email = |who: &str| format!("{who}@{name}.example");
        h.invite(&team.id, &email("late")).await;
        h.advance(WEEK);
        let joined = h
            .join_with(&team.id, &email("joe"), &["members.read"])
            .await;
        let role = h.member(&team.id, &joined).await.custom_role_ids.remove(0);
        let invited = h.invite(&team.id, &email("ann")).await;
        let declined = h.invite(&team.id, &email("dan")).await;
        h.decline(&declined.token).await;
        let [a, b] = ["a", "b"].map(email);
        h.import_held(&team.id, "march", &[&a, &b, &a, "nobody"])
            .await;
        let waiting = h.invite_unread(&team.id, &email("quinn")).await;
        Self {
            team,
            role,
            joined,
            invited,
            declined,
            waiting,
        }
    }

    /// A statement about this team; `{other..}` are another's.
    pub(crate) fn said(&self, other: &Self, backend: DbBackend, sql: &str) -> String {
        let stranger = "00000000-0000-7000-8000-000000000000";
        let words = [
            ("{team}", &self.team.id),
            ("{boss}", &self.team.admin),
            ("{role}", &self.role),
            ("{joe}", &self.joined),
            ("{ann}", &self.invited.user),
            ("{offer}", &self.invited.id),
            ("{dan}", &self.declined.user),
            ("{declined}", &self.declined.id),
            ("{waiting}", &self.waiting),
            ("{other_role}", &other.role),
            ("{other_joe}", &other.joined),
            ("{stranger}", &stranger.to_owned()),
        ];
        let said = words.iter().fold(sql.to_owned(), |sql, (word, id)| {
            let literal = match backend {
                DbBackend::Sqlite => format!("x'{}'", id.replace('-', "")),
                _ => format!("'{id}'::uuid"),
            };
            sql.replace(word, &literal)
        });
        let bytes = |count: usize| match backend {
            DbBackend::Sqlite => format!("x'{}'", "41".repeat(count)),
            _ => format!("'\\x{}'::bytea", "41".repeat(count)),
        };
        said.replace("{token}", &bytes(43))
            .replace("{seal}", &bytes(62))
    }
}

/// Each with what it breaks, first what it is about. What is said in brackets shows in the whole database only.
pub(crate) const CASES: &[(&[&str], &str)] = &[
    (
        &["primary-admin-is-in-the-team"],
        "UPDATE teams SET primary_admin_user_id = {stranger} WHERE id = {team}",
    ),
    (
        &["primary-admin-is-in-the-team"],
        "UPDATE teams SET primary_admin_user_id = {dan} WHERE id = {team}",
    ),
    (
        &["primary-admin-is-in-the-team"],
        "UPDATE members SET disabled_by_admin = true WHERE team_id = {team} AND user_id = {boss}",
    ),
    (
        &["deleted-team-is-empty"],
        "UPDATE teams SET delete_time = 1 WHERE id = {team}",
    ),
    (
        &["only-the-team-names-its-primary-admin"],
        "UPDATE members SET role = 'PRIMARY_ADMIN' WHERE team_id = {team} AND user_id = {joe}",
    ),
    (
        &["one-membership"],
        "INSERT INTO members SELECT * FROM members WHERE team_id = {team} AND user_id = {dan}",
    ),
    (
        &["membership-is-of-somebody"],
        "DELETE FROM users WHERE id = {dan}",
    ),
    (
        &["end-has-its-reason"],
        "UPDATE members SET removal = NULL WHERE team_id = {team} AND user_id = {dan}",
    ),
    (
        &["role-stays-in-its-team"],
        "UPDATE member_roles SET role_id = {other_role} WHERE team_id = {team}",
    ),
    (
        &["role-stays-in-its-team"],
        "UPDATE member_roles SET user_id = {other_joe} WHERE team_id = {team}",
    ),
    (
        &["removed-hold-no-role"],
        "INSERT INTO member_roles VALUES ({team}, {dan}, {role})",
    ),
    (
        &["one-open-invitation"],
        "INSERT INTO invitations SELECT * FROM invitations WHERE id = {offer}",
    ),
    (
        &["invited-has-an-open-invitation"],
        "UPDATE invitations SET settlement = 'REVOKED', settle_time = 1 WHERE id = {offer};
         UPDATE invitation_tokens SET settle_time = 1 WHERE invitation_id = {offer}",
    ),
    (
        &["open-invitation-is-of-an-invited"],
        "UPDATE members SET join_time = 1 WHERE team_id = {team} AND user_id = {ann}",
    ),
    (
        &["open-invitation-is-of-an-invited"],
        "UPDATE members SET remove_time = 1, removal = 'REVOKED' WHERE team_id = {team} AND user_id = {ann}",
    ),
    (
        &["invitation-stays-in-its-team"],
        "UPDATE invitations SET inviter_user_id = {other_joe} WHERE id = {offer}",
    ),
    (
        &["invitation-stays-in-its-team", "(letter-stays-in-its-team)"],
        "UPDATE invitations SET user_id = {other_joe} WHERE id = {declined}",
    ),
    (
        &["accepted-has-joined"],
        "UPDATE members SET join_time = 1 WHERE team_id = {team} AND user_id = {joe}",
    ),
    (
        &["accepted-has-joined", "invited-has-an-open-invitation"],
        "UPDATE members SET join_time = NULL WHERE team_id = {team} AND user_id = {joe}",
    ),
    (
        &["accepted-is-verified"],
        "UPDATE users SET verify_time = NULL WHERE id = {joe};
         UPDATE members SET verified = false WHERE user_id = {joe}",
    ),
    (
        &["settled-has-its-time"],
        "UPDATE invitations SET settle_time = NULL WHERE id = {declined}",
    ),
    (
        &["open-invitation-has-its-link"],
        "DELETE FROM invitation_tokens WHERE invitation_id = {offer}",
    ),
    (
        &["open-invitation-has-its-link"],
        "UPDATE invitation_tokens SET number = 2 WHERE invitation_id = {offer}",
    ),
    (
        &["links-end-with-their-invitation"],
        "UPDATE invitation_tokens SET settle_time = 1 WHERE invitation_id = {offer}",
    ),
    (
        &["links-end-with-their-invitation"],
        "UPDATE invitation_tokens SET settle_time = NULL WHERE invitation_id = {declined}",
    ),
    (
        &["(link-is-of-an-invitation)"],
        "UPDATE invitation_tokens SET invitation_id = {stranger} WHERE invitation_id = {declined}",
    ),
    (
        &["open-invitation-is-delivered"],
        "UPDATE invitations SET delivery_state = 'CANCELLED' WHERE id = {offer}",
    ),
    (
        &["open-invitation-is-delivered"],
        "UPDATE invitations SET delivery_state = 'CANCELLED' WHERE team_id = {team} AND import_id = 'march';
         UPDATE outbox SET state = 'CANCELLED', settle_time = 1, sealed_token = NULL
         WHERE team_id = {team} AND import_id = 'march'",
    ),
    (
        &["waiting-invitation-has-its-letter"],
        "DELETE FROM outbox WHERE invitation_id = {waiting}",
    ),
    (
        &["waiting-invitation-has-its-letter"],
        "UPDATE outbox SET sealed_token = NULL WHERE invitation_id = {waiting}",
    ),
    (
        &["waiting-invitation-has-its-letter"],
        "UPDATE outbox SET state = 'HELD' WHERE invitation_id = {waiting}",
    ),
    (
        &["waiting-letter-has-its-invitation"],
        "UPDATE invitations SET delivery_state = 'SENT' WHERE id = {waiting}",
    ),
    (
        &["settled-invitation-waits-for-nothing"],
        "UPDATE invitations SET delivery_state = 'QUEUED' WHERE id = {declined}",
    ),
    (
        &["one-waiting-letter"],
        "INSERT INTO outbox SELECT * FROM outbox WHERE invitation_id = {waiting}",
    ),
    (
        &["letter-stays-in-its-team"],
        "UPDATE outbox SET user_id = {boss} WHERE invitation_id = {waiting}",
    ),
    (
        &["letter-is-to-a-member"],
        "UPDATE outbox SET invitation_id = NULL, user_id = {other_joe} WHERE invitation_id = {offer}",
    ),
    (
        &["letter-is-to-a-member"],
        "UPDATE outbox SET invitation_id = {stranger} WHERE invitation_id = {offer}",
    ),
    (
        &["no-letter-waits-for-who-is-gone"],
        "UPDATE outbox SET invitation_id = NULL, settle_time = NULL, state = 'QUEUED' WHERE invitation_id = {declined}",
    ),
    (
        &["letter-ends-once"],
        "UPDATE outbox SET invitation_id = NULL, settle_time = NULL WHERE invitation_id = {offer}",
    ),
    (
        &["no-token-is-kept"],
        "UPDATE outbox SET sealed_token = {seal} WHERE invitation_id = {offer}",
    ),
    (
        &["seals-are-seals"],
        "UPDATE outbox SET sealed_token = {token} WHERE invitation_id = {waiting}",
    ),
    (
        &["links-are-hashes"],
        "UPDATE invitation_tokens SET hash = {token} WHERE invitation_id = {offer}",
    ),
    (
        &["keys-are-hashes"],
        "UPDATE api_keys SET hash = {token}, team_id = {team}",
    ),
    (
        &["import-has-its-results"],
        "DELETE FROM import_results WHERE team_id = {team} AND row_number = 2",
    ),
    (
        &["import-has-its-results"],
        "UPDATE import_results SET row_number = 5 WHERE team_id = {team} AND row_number = 1",
    ),
    (
        &["import-has-its-results"],
        "UPDATE import_results SET row_number = 1 WHERE team_id = {team} AND row_number = 2",
    ),
    (
        &["import-has-its-results"],
        "DELETE FROM import_results WHERE team_id = {team}",
    ),
    (
        &["result-is-of-an-import"],
        "DELETE FROM imports WHERE team_id = {team}",
    ),
    (
        &["result-is-of-an-import"],
        "UPDATE import_results SET first_row = 3 WHERE team_id = {team} AND first_row = 1",
    ),
    (
        &["result-stays-in-its-team"],
        "UPDATE import_results SET invitation_id = NULL, user_id = {other_joe}
         WHERE team_id = {team} AND row_number = 1",
    ),
    (
        &["result-stays-in-its-team"],
        "UPDATE import_results SET invitation_id = {offer} WHERE team_id = {team} AND row_number = 1",
    ),
    (
        &["one-account"],
        "UPDATE users SET email_normal = (SELECT email_normal FROM users WHERE id = {joe}) WHERE id = {ann};
         UPDATE members SET email_key = (SELECT email_normal FROM users WHERE id = {joe}) WHERE user_id = {ann}",
    ),
    (
        &["copies-agree"],
        "UPDATE members SET name_key = 'x' WHERE team_id = {team} AND user_id = {joe}",
    ),
    (
        &["copies-agree"],
        "UPDATE members SET email_key = 'x' WHERE team_id = {team} AND user_id = {dan}",
    ),
    (
        &["verified-agrees"],
        "UPDATE members SET verified = false WHERE team_id = {team} AND user_id = {joe}",
    ),
    (
        &["verified-agrees"],
        "UPDATE members SET verified = true WHERE team_id = {team} AND user_id = {ann}",
    ),
];

/// A database of which nothing but the rows is left, and which can be had again as it was.
pub(crate) struct Keyless(DatabaseConnection);

/// The tables of which invariants tell.
const TABLES: [&str; 11] = [
    "users",
    "teams",
    "members",
    "roles",
    "member_roles",
    "invitations",
    "invitation_tokens",
    "outbox",
    "imports",
    "import_results",
    "api_keys",
];

impl Keyless {
    /// Takes every key, index and check away.
    pub(crate) async fn made_of(h: &Harness) -> Self {
        let mut one = ConnectOptions::new(&h.database_url);
        one.max_connections(1)
            .map_sqlx_sqlite_opts(|sqlite| sqlite.foreign_keys(false));
        let database = Self(Database::connect(one).await.expect("a connection"));
        let cascade = match h.ctx.store.connection().get_database_backend() {
            DbBackend::Sqlite => "",
            _ => "CASCADE",
        };
        for table in TABLES {
            database
                .run(&format!(
                    "CREATE TABLE {table}_kept AS SELECT * FROM {table}"
                ))
                .await;
        }
        for table in TABLES {
            database.run(&format!("DROP TABLE {table} {cascade}")).await;
            database
                .run(&format!(
                    "CREATE TABLE {table} AS SELECT * FROM {table}_kept"
                ))
                .await;
        }
        database
    }

    /// Changes something.
    pub(crate) async fn run(&self, sql: &str) {
        let done = self.0.execute_unprepared(sql).await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Makes it what it was.
    pub(crate) async fn mend(&self) {
        for table in TABLES {
            self.run(&format!(
                "DELETE FROM {table}; INSERT INTO {table} SELECT * FROM {table}_kept"
            ))
            .await;
        }
    }
}
