//! Answers of calls that may be repeated.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// A row is written by the transaction of its call. Twins wait for each other before that.
const UP: &str = "
CREATE TABLE replays (
    key_id text NOT NULL,
    method text NOT NULL,
    request_id {uuid} NOT NULL,
    fingerprint {bytes} NOT NULL,
    answer {bytes} NOT NULL,
    create_time bigint NOT NULL,
    PRIMARY KEY (key_id, method, request_id)
) {by_key};
CREATE INDEX replays_age ON replays (create_time);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, "DROP TABLE replays;").await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
