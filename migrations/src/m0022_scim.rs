//! What directories say of people by SCIM.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// A user name is looked for whatever its case, before each person who is brought, so that it has an index. Capitals are those of ASCII,
/// on both databases.
const UP: &str = "
ALTER TABLE directory_users ADD COLUMN display_name text;
CREATE INDEX directory_users_name ON directory_users (team_id, directory_id, lower(user_name COLLATE {bytewise}));
";

const DOWN: &str = "
DROP INDEX directory_users_name;
ALTER TABLE directory_users DROP COLUMN display_name;
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
