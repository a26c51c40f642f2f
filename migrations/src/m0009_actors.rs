//! On whose behalf things are done.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The person for whom a service acted: of an event, and, as the one who invites, of an invitation and its letter. Nobody where
/// a service or the operator acted for itself, in rows that are older, and in those of a replica that is. None of them is a
/// foreign key: they tell who it was, also when the account is gone.
const UP: &str = "
ALTER TABLE events ADD COLUMN actor_user_id {uuid};
ALTER TABLE invitations ADD COLUMN inviter_user_id {uuid};
ALTER TABLE outbox ADD COLUMN inviter_user_id {uuid};
";

const DOWN: &str = "
ALTER TABLE outbox DROP COLUMN inviter_user_id;
ALTER TABLE invitations DROP COLUMN inviter_user_id;
ALTER TABLE events DROP COLUMN actor_user_id;
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
