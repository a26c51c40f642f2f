//! Roles that teams make for themselves, and who holds them.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The keys begin with the team and both foreign keys hold it, so that nobody can hold another team's role, or one in a team
/// that he has never been in; and a role that somebody holds cannot go. `name_key` is the name without its case. A custom
/// role's permissions are few and read together, so they are one document and have no table. Whoever deletes a role asks who
/// holds it, and a list of one person's teams for his roles in all of them: an index each. A replica of the version before ends memberships without taking roles away: what it leaves
/// behind counts for nothing.
const UP: &str = "
CREATE TABLE roles (
    team_id {uuid} NOT NULL REFERENCES teams (id),
    id {uuid} NOT NULL,
    display_name text NOT NULL,
    name_key {key} NOT NULL,
    permissions {json} NOT NULL,
    create_time bigint NOT NULL,
    update_time bigint NOT NULL,
    PRIMARY KEY (team_id, id)
) {by_key};
CREATE UNIQUE INDEX roles_name_key ON roles (team_id, name_key);

CREATE TABLE member_roles (
    team_id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    role_id {uuid} NOT NULL,
    PRIMARY KEY (team_id, user_id, role_id),
    FOREIGN KEY (team_id, user_id) REFERENCES members (team_id, user_id),
    FOREIGN KEY (team_id, role_id) REFERENCES roles (team_id, id)
) {by_key};
CREATE INDEX member_roles_role ON member_roles (team_id, role_id);
CREATE INDEX member_roles_user ON member_roles (user_id, team_id, role_id);

ALTER TABLE events ADD COLUMN role_id {uuid};
";

const DOWN: &str = "
ALTER TABLE events DROP COLUMN role_id;
DROP TABLE member_roles;
DROP TABLE roles;
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
