//! What a team's plan includes.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Words, parted by commas; a team of a replica that does not know the column has none.
const UP: &str = "ALTER TABLE teams ADD COLUMN entitlements text NOT NULL DEFAULT '';";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, "ALTER TABLE teams DROP COLUMN entitlements;").await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
