//! What events and letters say of products, hubs, projects and access.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// None of an event's columns is a foreign key: events outlive what they tell of. A letter about a hub is written when it is
/// sent, so a hub that is gone by then has none any more.
const UP: &str = "
ALTER TABLE events ADD COLUMN product_id text;
ALTER TABLE events ADD COLUMN hub_id {uuid};
ALTER TABLE events ADD COLUMN project_id {uuid};
ALTER TABLE events ADD COLUMN access_path text;
ALTER TABLE events ADD COLUMN rule_valid_from bigint;
ALTER TABLE outbox ADD COLUMN hub_id {uuid};
ALTER TABLE outbox ADD COLUMN person_count integer;
";

const DOWN: &str = "
ALTER TABLE outbox DROP COLUMN person_count;
ALTER TABLE outbox DROP COLUMN hub_id;
ALTER TABLE events DROP COLUMN rule_valid_from;
ALTER TABLE events DROP COLUMN access_path;
ALTER TABLE events DROP COLUMN project_id;
ALTER TABLE events DROP COLUMN hub_id;
ALTER TABLE events DROP COLUMN product_id;
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
