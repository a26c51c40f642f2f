//! Directories, and whom they manage.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// A team has one directory. A person is one directory's by one of its own ids, which say nothing beyond it; whether he is disabled is the
/// membership's to say, so that it is said once.
///
/// A replica of the version before ends memberships and leaves the rows here behind: such a row counts for nothing, and is
/// taken over when the directory sends its id again.
const UP: &str = "
CREATE TABLE directories (
    team_id {uuid} NOT NULL REFERENCES teams (id),
    id {uuid} NOT NULL,
    display_name text NOT NULL,
    provider text NOT NULL CHECK (provider IN ('ENTRA', 'OKTA', 'OTHER')),
    token_id {key} NOT NULL,
    token_hash {bytes} NOT NULL,
    cursor text,
    create_time bigint NOT NULL,
    update_time bigint NOT NULL,
    last_sync_time bigint,
    PRIMARY KEY (team_id, id)
) {by_key};
CREATE UNIQUE INDEX directories_team ON directories (team_id);
CREATE UNIQUE INDEX directories_token ON directories (token_id);

CREATE TABLE directory_users (
    team_id {uuid} NOT NULL,
    directory_id {uuid} NOT NULL,
    external_id {key} NOT NULL,
    user_id {uuid} NOT NULL,
    user_name text NOT NULL,
    create_time bigint NOT NULL,
    update_time bigint NOT NULL,
    PRIMARY KEY (team_id, directory_id, external_id),
    FOREIGN KEY (team_id, directory_id) REFERENCES directories (team_id, id),
    FOREIGN KEY (team_id, user_id) REFERENCES members (team_id, user_id)
) {by_key};
CREATE UNIQUE INDEX directory_users_user ON directory_users (user_id, team_id);

ALTER TABLE events ADD COLUMN directory_id {uuid};
";

const DOWN: &str = "
ALTER TABLE events DROP COLUMN directory_id;
DROP TABLE directory_users;
DROP TABLE directories;
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
