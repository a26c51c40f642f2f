//! Letters about what remains in a hub, found by whom they go to.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Whoever writes a letter about a hub looks for the one that waits already, and for the last that was sent.
const UP: &str = "
CREATE INDEX outbox_hub ON outbox (team_id, hub_id, user_id, settle_time) WHERE hub_id IS NOT NULL;
";

const DOWN: &str = "
DROP INDEX outbox_hub;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DOWN).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
