//! How people and teams leave.

use sea_orm_migration::prelude::*;

use crate::dialect::{loosen, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// A member may be disabled for two reasons at once. Who was active here once comes back as who he was: `joined_before`
/// remembers it when a new invitation takes `join_time` away. A member's row is in exactly one of the four indexes by state,
/// of which `members_joined` becomes two.
///
/// A team that was deleted keeps its row, for its history. Whoever is removed gets no letter any more: an index finds them.
const UP: &str = "
CREATE INDEX outbox_unsent_of_member ON outbox (team_id, user_id) WHERE settle_time IS NULL;

ALTER TABLE teams ADD COLUMN delete_time bigint;
ALTER TABLE teams ADD COLUMN rejoin_policy text NOT NULL DEFAULT 'ADMINS_ONLY';
CREATE INDEX teams_present ON teams (id) WHERE delete_time IS NULL;

ALTER TABLE members ADD COLUMN disabled_by_admin boolean NOT NULL DEFAULT false;
ALTER TABLE members ADD COLUMN disabled_by_directory boolean NOT NULL DEFAULT false;
ALTER TABLE members ADD COLUMN joined_before boolean NOT NULL DEFAULT false;
DROP INDEX members_joined;
CREATE INDEX members_active ON members (team_id, verified, create_time, user_id)
    WHERE join_time IS NOT NULL AND remove_time IS NULL AND NOT disabled_by_admin AND NOT disabled_by_directory;
CREATE INDEX members_disabled ON members (team_id, verified, create_time, user_id)
    WHERE join_time IS NOT NULL AND remove_time IS NULL AND (disabled_by_admin OR disabled_by_directory);
";

/// Why a membership ended, and what a letter says, grow with every release: these lists of words go.
/// So does the rule that every letter is a team's: some are a person's own.
const LOOSER: [(&str, &str, &str); 3] = [
    (
        "members",
        "removal text CHECK (removal IN ('DECLINED', 'REVOKED', 'CORRECTED'))",
        "removal text",
    ),
    (
        "outbox",
        "kind text NOT NULL CHECK (kind IN ('invitation', 'added_to_team', 'new_link'))",
        "kind text NOT NULL",
    ),
    (
        "outbox",
        "team_id blob NOT NULL REFERENCES teams (id)",
        "team_id blob REFERENCES teams (id)",
    ),
];

const LOOSEN: &str = "
ALTER TABLE members DROP CONSTRAINT members_removal_check;
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ALTER COLUMN team_id DROP NOT NULL;
";

const TIGHTEN: &str = "
ALTER TABLE outbox ALTER COLUMN team_id SET NOT NULL;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check CHECK (kind IN ('invitation', 'added_to_team', 'new_link'));
ALTER TABLE members ADD CONSTRAINT members_removal_check CHECK (removal IN ('DECLINED', 'REVOKED', 'CORRECTED'));
";

const DOWN: &str = "
DROP INDEX outbox_unsent_of_member;
DROP INDEX members_active;
DROP INDEX members_disabled;
CREATE INDEX members_joined ON members (team_id, verified, create_time, user_id)
    WHERE join_time IS NOT NULL AND remove_time IS NULL;
ALTER TABLE members DROP COLUMN joined_before;
ALTER TABLE members DROP COLUMN disabled_by_directory;
ALTER TABLE members DROP COLUMN disabled_by_admin;
DROP INDEX teams_present;
ALTER TABLE teams DROP COLUMN rejoin_policy;
ALTER TABLE teams DROP COLUMN delete_time;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await?;
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => run(manager, LOOSEN).await,
            sea_orm::DbBackend::Sqlite | sea_orm::DbBackend::MySql | _ => {
                loosen(manager, &LOOSER).await
            }
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => run(manager, TIGHTEN).await?,
            sea_orm::DbBackend::Sqlite | sea_orm::DbBackend::MySql | _ => {
                loosen(manager, &LOOSER.map(|(table, from, to)| (table, to, from))).await?;
            }
        }
        run(manager, DOWN).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
