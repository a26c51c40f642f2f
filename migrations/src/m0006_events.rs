//! The log of events.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// `batch` numbers the transaction that wrote the event, `ordinal` the event within it, from 1: together its place in the
/// one order of all events. The types have no CHECK: they grow with every release, and SQLite would have to copy the
/// whole log for each. That an index of types holds only rows that have one, which all have, keeps SQLite from running through
/// it type by type for a list that asks for none. `events_time` finds a transaction by its time, so one event of each is enough.
///
/// `event_log` is one row. On SQLite `last_batch` counts; on PostgreSQL a batch is the transaction's own number added
/// to `base`, which grows only when a restored database begins to count anew. Events up to (`gone_batch`,
/// `gone_ordinal`) were deleted.
const UP: &str = "
CREATE TABLE events (
    batch bigint NOT NULL,
    ordinal integer NOT NULL,
    create_time bigint NOT NULL,
    type text NOT NULL,
    team_id {uuid},
    user_id {uuid},
    caller_key_id text,
    call_id {uuid},
    role text,
    state text,
    source text,
    removal text,
    invitation_id {uuid},
    send_count integer,
    import_id text,
    row_count integer,
    letter text,
    key_id text,
    changed_fields text,
    PRIMARY KEY (batch, ordinal)
) {by_key};
CREATE INDEX events_team ON events (team_id, batch, ordinal) WHERE team_id IS NOT NULL;
CREATE INDEX events_user ON events (user_id, batch, ordinal) WHERE user_id IS NOT NULL;
CREATE INDEX events_type ON events (type, batch, ordinal) WHERE type IS NOT NULL;
CREATE INDEX events_team_type ON events (team_id, type, batch, ordinal)
    WHERE team_id IS NOT NULL AND type IS NOT NULL;
CREATE INDEX events_time ON events (create_time, batch) WHERE ordinal = 1;

CREATE TABLE event_log (
    id integer NOT NULL PRIMARY KEY CHECK (id = 1),
    base bigint NOT NULL,
    last_batch bigint NOT NULL,
    gone_batch bigint NOT NULL,
    gone_ordinal integer NOT NULL
);
INSERT INTO event_log VALUES (1, 0, 0, 0, 0);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, "DROP TABLE event_log; DROP TABLE events;").await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
