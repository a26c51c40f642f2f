//! Indexes for what somebody has, or had, in a hub, and for accounts that were not erased.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// What somebody has in a hub is counted, and shown before what ended last; without the state in the index, whoever has gone
/// through many projects would have all that ended read each time.
///
/// Lists of accounts leave erased ones out, by whose rows a page would have to walk otherwise. Their order is that of the
/// ids.
const UP: &str = "
CREATE INDEX product_access_person ON product_access (team_id, user_id, hub_id, state, end_time);
CREATE INDEX users_present ON users (id) WHERE delete_time IS NULL;
CREATE INDEX users_present_verified ON users (id) WHERE verify_time IS NOT NULL AND delete_time IS NULL;
CREATE INDEX users_present_not_verified ON users (id) WHERE verify_time IS NULL AND delete_time IS NULL;
";

const DOWN: &str = "
DROP INDEX users_present_not_verified;
DROP INDEX users_present_verified;
DROP INDEX users_present;
DROP INDEX product_access_person;
";

/// Replicas of the version before are at work. Whoever changes people, or what they have, begins at the team's row: who has
/// begun ends first, and nobody begins before this has ended.
const LOCK: &str = "
LOCK TABLE teams IN EXCLUSIVE MODE;
LOCK TABLE users, product_access IN ACCESS EXCLUSIVE MODE;
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
