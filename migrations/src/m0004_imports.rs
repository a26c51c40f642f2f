//! Imports and what became of each of their rows.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The fingerprint is a hash of the normalised rows and options: the same id with another is refused.
const UP: &str = "
CREATE TABLE imports (
    team_id {uuid} NOT NULL REFERENCES teams (id),
    import_id {key} NOT NULL,
    fingerprint {bytes} NOT NULL,
    row_count integer NOT NULL,
    outcome_counts {json} NOT NULL,
    hold_letters boolean NOT NULL,
    ignored_columns {json} NOT NULL,
    create_time bigint NOT NULL,
    PRIMARY KEY (team_id, import_id)
) {by_key};
CREATE INDEX imports_newest ON imports (team_id, create_time, import_id);
CREATE INDEX imports_age ON imports (create_time);

CREATE TABLE import_results (
    team_id {uuid} NOT NULL,
    import_id {key} NOT NULL,
    row_number integer NOT NULL,
    line integer NOT NULL,
    outcome text NOT NULL,
    user_id {uuid},
    invitation_id {uuid},
    first_row integer,
    violations {json},
    PRIMARY KEY (team_id, import_id, row_number),
    FOREIGN KEY (team_id, import_id) REFERENCES imports (team_id, import_id) ON DELETE CASCADE
) {by_key};
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, "DROP TABLE import_results; DROP TABLE imports;").await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
