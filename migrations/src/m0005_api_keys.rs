//! The keys with which services call.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const UP: &str = "
CREATE TABLE api_keys (
    id text NOT NULL PRIMARY KEY,
    display_name text NOT NULL,
    scope text NOT NULL CHECK (scope IN ('operator')),
    hash {bytes} NOT NULL,
    create_time bigint NOT NULL,
    revoke_time bigint
);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, "DROP TABLE api_keys;").await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
