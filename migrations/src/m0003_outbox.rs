//! Letters that wait to be sent, or were.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// A letter is its kind and ids, rendered when it is sent. A sealed token can exist only while it is needed. While a
/// relay holds a letter, `due_time` is the end of its lease.
const UP: &str = "
CREATE TABLE outbox (
    id {uuid} NOT NULL PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('invitation', 'added_to_team', 'new_link')),
    team_id {uuid} NOT NULL REFERENCES teams (id),
    user_id {uuid} NOT NULL REFERENCES users (id),
    invitation_id {uuid} REFERENCES invitations (id),
    import_id {key},
    language text NOT NULL,
    sealed_token {bytes},
    state text NOT NULL CHECK (state IN ('HELD', 'QUEUED', 'SENT', 'FAILED', 'CANCELLED')),
    attempts integer NOT NULL,
    due_time bigint NOT NULL,
    lease_id {uuid},
    error text,
    create_time bigint NOT NULL,
    settle_time bigint,
    CHECK (sealed_token IS NULL OR state IN ('HELD', 'QUEUED')),
    CHECK ((settle_time IS NULL) = (state IN ('HELD', 'QUEUED')))
);
CREATE INDEX outbox_due ON outbox (due_time, id) WHERE state = 'QUEUED';
CREATE INDEX outbox_unsent ON outbox (invitation_id) WHERE settle_time IS NULL;
CREATE INDEX outbox_held ON outbox (team_id, import_id) WHERE state = 'HELD';
CREATE INDEX outbox_single ON outbox (team_id, create_time) WHERE import_id IS NULL;
CREATE INDEX outbox_settled ON outbox (settle_time) WHERE settle_time IS NOT NULL;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, "DROP TABLE outbox;").await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
