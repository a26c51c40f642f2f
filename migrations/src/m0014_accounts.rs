//! Accounts that an operator disables or erases, and addresses that people change themselves.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// An erased account keeps its row, since events, memberships and imports name its id; it is disabled too, so that whoever
/// asks only for that refuses it. Erasing looks for what mail servers said of an address: the indexes of errors, which are
/// few.
///
/// At most one change of an address a person is open, by index. Addresses stay only while they have a use: the new one until the
/// change is settled, the old one until its note is sent. A letter's change is no foreign key, since the letter may
/// be kept longer.
const UP: &str = "
ALTER TABLE users ADD COLUMN disable_time bigint;
ALTER TABLE users ADD COLUMN delete_time bigint;

CREATE TABLE email_changes (
    id {uuid} NOT NULL PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES users (id),
    hash {bytes} NOT NULL,
    email text,
    old_email text,
    settlement text CHECK (settlement IN ('CONFIRMED', 'SUPERSEDED', 'EXPIRED')),
    create_time bigint NOT NULL,
    expire_time bigint NOT NULL,
    settle_time bigint,
    CHECK ((settlement IS NULL) = (settle_time IS NULL)),
    CHECK ((settlement IS NULL) = (email IS NOT NULL))
);
CREATE UNIQUE INDEX email_changes_hash ON email_changes (hash);
CREATE UNIQUE INDEX email_changes_one_open ON email_changes (user_id) WHERE settlement IS NULL;
CREATE INDEX email_changes_user ON email_changes (user_id, create_time);
CREATE INDEX email_changes_expiry ON email_changes (expire_time) WHERE settlement IS NULL;
CREATE INDEX email_changes_settled ON email_changes (settle_time) WHERE settle_time IS NOT NULL;

ALTER TABLE outbox ADD COLUMN email_change_id {uuid};
CREATE INDEX outbox_changes ON outbox (email_change_id) WHERE email_change_id IS NOT NULL AND settle_time IS NULL;
CREATE INDEX outbox_errors ON outbox (user_id) WHERE error IS NOT NULL;
CREATE INDEX invitations_errors ON invitations (user_id) WHERE delivery_error IS NOT NULL;
";

/// Replicas of the version before are at work. Whoever changes people begins at the team's row: who has begun ends first, and
/// nobody begins before this has ended. The relay has letters before invitations, as here.
const LOCK: &str = "
LOCK TABLE teams IN EXCLUSIVE MODE;
LOCK TABLE users, outbox, invitations IN ACCESS EXCLUSIVE MODE;
";

/// The version before knows neither these letters nor how these memberships ended. Accounts that were disabled are enabled again.
const DOWN: &str = "
DROP INDEX invitations_errors;
DROP INDEX outbox_errors;
DROP INDEX outbox_changes;
DELETE FROM outbox WHERE email_change_id IS NOT NULL;
ALTER TABLE outbox DROP COLUMN email_change_id;
DROP TABLE email_changes;
UPDATE members SET removal = 'REVOKED' WHERE removal = 'ERASED';
ALTER TABLE users DROP COLUMN delete_time;
ALTER TABLE users DROP COLUMN disable_time;
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
