//! A database that lost its keys, with a team in it in which there is something to break.

use muster::{
    proto::{Hub, RequestEmailChangeRequest},
    store::Reads,
};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend};

use crate::{
    directory_fixtures::{delta, entry},
    fixtures::{Invited, NewTeam, WEEK},
    groups::fixtures::group,
    harness::Harness,
    refusals::Outcome,
};

/// A team with somebody in every state, and letters that wait.
pub(crate) struct Life {
    /// The team; its admin has joined.
    pub(crate) team: NewTeam,
    role: String,
    joined: String,
    invited: Invited,
    declined: Invited,
    waiting: String,
    hub: Hub,
    project: String,
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
        let hub = h.hub(&team.id, "tandem").await;
        h.make_hub_admin(&hub, &team.admin).await;
        let project = h.project(&hub, "Tower").await;
        h.put_into(&project, &joined).await;
        h.grant(&hub, &joined).await;
        h.leave_something(&hub, &email("gone")).await;
        let role = h.member(&team.id, &joined).await.custom_role_ids.remove(0);
        let invited = h.invite(&team.id, &email("ann")).await;
        let declined = h.invite(&team.id, &email("dan")).await;
        h.decline(&declined.token).await;
        let [a, b] = ["a", "b"].map(email);
        h.import_held(&team.id, "march", &[&a, &b, &a, "nobody"])
            .await;
        let change = RequestEmailChangeRequest {
            user_id: joined.clone(),
            email: email("joseph"),
            ..RequestEmailChangeRequest::default()
        };
        h.users().request_email_change(change).await.answered();
        let things = h.sso_things_of(&team.id, (name, "joe")).await;
        let token = things.iter().find(|(thing, _)| *thing == "id_token");
        let (_, token) = token.expect("a token");
        assert!(h.sign_in(token).await.answered().linked);
        let (directory, _) = h.directory(&team.id).await;
        let kept = [entry("kept", &email("dora"))];
        let groups = [group("staff", "Staff", &["kept"])];
        h.sync_groups(delta(&directory), &kept, &groups).await;
        let group = h.only_group(&directory).await;
        h.map(&group, &hub).await;
        h.map_role(&group, muster::proto::Role::SsoAdmin).await;
        let waiting = h.invite_unread(&team.id, &email("quinn")).await;
        Self {
            team,
            role,
            joined,
            invited,
            declined,
            waiting,
            project: project.id,
            hub,
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
            ("{hub}", &self.hub.id),
            ("{project}", &self.project),
            ("{other_role}", &other.role),
            ("{other_joe}", &other.joined),
            ("{other_hub}", &other.hub.id),
            ("{other_project}", &other.project),
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

impl Harness {
    /// Somebody removed whose access remains.
    async fn leave_something(&self, hub: &Hub, email: &str) {
        let gone = self.join(&hub.team_id, email).await;
        self.grant(hub, &gone.user).await;
        self.remove(&hub.team_id, &gone.user).await;
        self.deliver().await;
    }
}

/// A database of which nothing but the rows is left, and which can be had again as it was.
pub(crate) struct Keyless(DatabaseConnection);

/// The tables of which invariants tell.
const TABLES: [&str; 28] = [
    "directory_groups",
    "group_roles",
    "directory_group_members",
    "group_mappings",
    "directories",
    "directory_users",
    "sso_connections",
    "sso_identities",
    "team_domains",
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
    "email_changes",
    "products",
    "removal_rules",
    "hubs",
    "hub_admins",
    "projects",
    "project_members",
    "product_access",
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
