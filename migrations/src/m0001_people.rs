//! Users, teams and members, with exactly one primary admin a team.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// An account, one per normal form of an address.
const USERS: &str = "
CREATE TABLE users (
    id {uuid} NOT NULL PRIMARY KEY,
    email_normal {key} NOT NULL,
    email_typed text NOT NULL,
    given_name text NOT NULL,
    family_name text NOT NULL,
    language text,
    phone text,
    time_zone text,
    job_title text,
    external_id text,
    verify_time bigint,
    create_time bigint NOT NULL,
    update_time bigint NOT NULL
);
CREATE UNIQUE INDEX users_email_normal ON users (email_normal);
CREATE INDEX users_not_verified ON users (id) WHERE verify_time IS NULL;
";

/// The team's row names its primary admin, so that none and two cannot be. `{primary_admin}` is the foreign key
/// on SQLite, which can add none later; it is deferred, since the two tables point at each other.
const TEAMS: &str = "
CREATE TABLE teams (
    id {uuid} NOT NULL PRIMARY KEY,
    display_name text NOT NULL,
    external_id {key},
    primary_admin_user_id {uuid} NOT NULL,
    seat_limit integer CHECK (seat_limit >= 1),
    invitation_ttl bigint NOT NULL,
    verified_account_policy text NOT NULL CHECK (verified_account_policy IN ('ADD_AT_ONCE', 'ASK_FIRST')),
    default_language text NOT NULL,
    domain_rules {json} NOT NULL,
    create_time bigint NOT NULL,
    update_time bigint NOT NULL
    {primary_admin}
);
CREATE UNIQUE INDEX teams_external_id ON teams (external_id);
";

/// The role column never holds PRIMARY_ADMIN: only the team's row says who that is.
const MEMBERS: &str = "
CREATE TABLE members (
    team_id {uuid} NOT NULL REFERENCES teams (id),
    user_id {uuid} NOT NULL REFERENCES users (id),
    role text NOT NULL CHECK (role IN ('SECONDARY_ADMIN', 'SSO_ADMIN', 'MEMBER', 'GUEST')),
    source text NOT NULL CHECK (source IN ('MANUAL', 'IMPORT', 'SSO_JIT', 'DIRECTORY', 'PROJECT')),
    create_time bigint NOT NULL,
    join_time bigint,
    remove_time bigint,
    decline_time bigint,
    removal text CHECK (removal IN ('DECLINED', 'REVOKED', 'CORRECTED')),
    PRIMARY KEY (team_id, user_id),
    CHECK ((remove_time IS NULL) = (removal IS NULL))
) {by_key};
CREATE INDEX members_user ON members (user_id, team_id);
CREATE INDEX members_role ON members (team_id, role, user_id);
CREATE INDEX members_source ON members (team_id, source, user_id);
CREATE INDEX members_invited ON members (team_id, user_id) WHERE join_time IS NULL AND remove_time IS NULL;
CREATE INDEX members_removed ON members (team_id, user_id) WHERE remove_time IS NOT NULL;
";

const PRIMARY_ADMIN: &str = "FOREIGN KEY (id, primary_admin_user_id) REFERENCES members (team_id, user_id) \
                             DEFERRABLE INITIALLY DEFERRED";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let can_add_later = manager.get_database_backend() == sea_orm::DbBackend::Postgres;
        let inline = if can_add_later {
            String::new()
        } else {
            format!(", CONSTRAINT teams_primary_admin {PRIMARY_ADMIN}")
        };
        run(manager, USERS).await?;
        run(manager, &TEAMS.replace("{primary_admin}", &inline)).await?;
        run(manager, MEMBERS).await?;
        if can_add_later {
            let add =
                format!("ALTER TABLE teams ADD CONSTRAINT teams_primary_admin {PRIMARY_ADMIN}");
            run(manager, &add).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == sea_orm::DbBackend::Postgres {
            run(
                manager,
                "ALTER TABLE teams DROP CONSTRAINT teams_primary_admin",
            )
            .await?;
        }
        run(
            manager,
            "DROP TABLE members; DROP TABLE teams; DROP TABLE users;",
        )
        .await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
