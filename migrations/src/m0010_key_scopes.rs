//! What a key may be used for, where, how long, and by whom.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// `scopes` are words with spaces between them; a row without is older, or of a replica that is, and an operator's. Such a
/// replica looks at `hash` alone and takes every key for an operator's: a key that is less has an empty one, which no key
/// has, and its own in `limited_hash`.
///
/// `slot` is 1 or 2 for a key that counts among the two live ones of its name; none for older rows, which the program
/// counts, and for expired ones, which no index could tell, since that would need the time. A certificate's name belongs to
/// one live key in the same way. `team_id` is no foreign key: a key of a team that is gone sees nothing.
const UP: &str = "
ALTER TABLE api_keys ADD COLUMN scopes text;
ALTER TABLE api_keys ADD COLUMN limited_hash {bytes};
ALTER TABLE api_keys ADD COLUMN team_id {uuid};
ALTER TABLE api_keys ADD COLUMN expire_time bigint;
ALTER TABLE api_keys ADD COLUMN last_use_time bigint;
ALTER TABLE api_keys ADD COLUMN certificate_name text;
ALTER TABLE api_keys ADD COLUMN slot integer CHECK (slot IN (1, 2));
CREATE UNIQUE INDEX api_keys_two_live ON api_keys (display_name, slot) WHERE revoke_time IS NULL;
CREATE UNIQUE INDEX api_keys_certificate ON api_keys (certificate_name) WHERE revoke_time IS NULL AND slot IS NOT NULL;
CREATE INDEX api_keys_by_time ON api_keys (create_time, id);
CREATE INDEX api_keys_of_team ON api_keys (team_id, create_time, id);
";

const DOWN: &str = "
DROP INDEX api_keys_of_team;
DROP INDEX api_keys_by_time;
DROP INDEX api_keys_certificate;
DROP INDEX api_keys_two_live;
ALTER TABLE api_keys DROP COLUMN slot;
ALTER TABLE api_keys DROP COLUMN certificate_name;
ALTER TABLE api_keys DROP COLUMN last_use_time;
ALTER TABLE api_keys DROP COLUMN expire_time;
ALTER TABLE api_keys DROP COLUMN team_id;
ALTER TABLE api_keys DROP COLUMN limited_hash;
ALTER TABLE api_keys DROP COLUMN scopes;
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
