//! Indexes in the order of the lists, and the folded names that a search looks for.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// A member has copies of what the account says, since no index spans two tables and a team's search must not read the
/// deployment's people. Rows that are older, or come from a replica that is, lack keys and copies, and such a replica
/// changes accounts without them: `copy_time` is the `update_time` for which they were written. Housekeeping writes what
/// is missing, and finds it by the partial indexes.
///
/// A member's row is in exactly one of the three indexes by state, whose columns after the team are those of the order.
const UP: &str = "
ALTER TABLE users ADD COLUMN name_key {key};
ALTER TABLE users ADD COLUMN family_key {key};
ALTER TABLE users ADD COLUMN copy_time bigint;
CREATE INDEX users_name_key ON users (name_key, id);
CREATE INDEX users_family_key ON users (family_key, id);
CREATE INDEX users_not_copied ON users (id) WHERE copy_time IS NULL OR copy_time <> update_time;
CREATE INDEX users_verified ON users (id) WHERE verify_time IS NOT NULL;

ALTER TABLE members ADD COLUMN verified boolean NOT NULL DEFAULT false;
ALTER TABLE members ADD COLUMN name_key {key};
ALTER TABLE members ADD COLUMN family_key {key};
ALTER TABLE members ADD COLUMN email_key {key};
DROP INDEX members_role;
DROP INDEX members_source;
DROP INDEX members_invited;
DROP INDEX members_removed;
UPDATE members SET verified = true
    WHERE user_id IN (SELECT id FROM users WHERE verify_time IS NOT NULL);
CREATE INDEX members_invited ON members (team_id, verified, create_time, user_id)
    WHERE join_time IS NULL AND remove_time IS NULL;
CREATE INDEX members_joined ON members (team_id, verified, create_time, user_id)
    WHERE join_time IS NOT NULL AND remove_time IS NULL;
CREATE INDEX members_removed ON members (team_id, create_time, user_id) WHERE remove_time IS NOT NULL;
CREATE INDEX members_role ON members (team_id, role, create_time, user_id) WHERE remove_time IS NULL;
CREATE INDEX members_source ON members (team_id, source, create_time, user_id) WHERE remove_time IS NULL;
CREATE INDEX members_name_key ON members (team_id, name_key, user_id);
CREATE INDEX members_family_key ON members (team_id, family_key, user_id);
CREATE INDEX members_email_key ON members (team_id, email_key, user_id);
CREATE INDEX members_not_copied ON members (user_id) WHERE name_key IS NULL;

DROP INDEX invitations_team;
DROP INDEX invitations_import;
DROP INDEX invitations_expiry;
DROP INDEX invitations_failed;
CREATE INDEX invitations_open ON invitations (team_id, expire_time, id) WHERE settlement IS NULL;
CREATE INDEX invitations_settled ON invitations (team_id, settlement, expire_time, id)
    WHERE settlement IS NOT NULL;
CREATE INDEX invitations_delivery ON invitations (team_id, delivery_state, expire_time, id);
CREATE INDEX invitations_import ON invitations (team_id, import_id, expire_time, id) WHERE import_id IS NOT NULL;
";

/// Replicas of the version before are at work. Whoever changes people begins at the team's row: who has begun ends first, and
/// nobody begins before this has ended. Locks taken table by table, as the statements come to them, would meet theirs in
/// another order.
const LOCK: &str = "
LOCK TABLE teams IN EXCLUSIVE MODE;
LOCK TABLE invitations, members, users IN ACCESS EXCLUSIVE MODE;
";

const DOWN: &str = "
DROP INDEX invitations_open;
DROP INDEX invitations_settled;
DROP INDEX invitations_delivery;
DROP INDEX invitations_import;
CREATE INDEX invitations_team ON invitations (team_id, id);
CREATE INDEX invitations_import ON invitations (team_id, import_id, id) WHERE import_id IS NOT NULL;
CREATE INDEX invitations_expiry ON invitations (team_id, expire_time) WHERE settlement IS NULL;
CREATE INDEX invitations_failed ON invitations (team_id, id)
    WHERE settlement IS NULL AND delivery_state = 'FAILED';

DROP INDEX members_invited;
DROP INDEX members_joined;
DROP INDEX members_removed;
DROP INDEX members_role;
DROP INDEX members_source;
DROP INDEX members_name_key;
DROP INDEX members_family_key;
DROP INDEX members_email_key;
DROP INDEX members_not_copied;
CREATE INDEX members_role ON members (team_id, role, user_id);
CREATE INDEX members_source ON members (team_id, source, user_id);
CREATE INDEX members_invited ON members (team_id, user_id) WHERE join_time IS NULL AND remove_time IS NULL;
CREATE INDEX members_removed ON members (team_id, user_id) WHERE remove_time IS NOT NULL;
ALTER TABLE members DROP COLUMN email_key;
ALTER TABLE members DROP COLUMN family_key;
ALTER TABLE members DROP COLUMN name_key;
ALTER TABLE members DROP COLUMN verified;

DROP INDEX users_name_key;
DROP INDEX users_family_key;
DROP INDEX users_not_copied;
DROP INDEX users_verified;
ALTER TABLE users DROP COLUMN copy_time;
ALTER TABLE users DROP COLUMN family_key;
ALTER TABLE users DROP COLUMN name_key;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == sea_orm::DbBackend::Postgres {
            run(manager, LOCK).await?;
        }
        run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DOWN).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
