//! Hubs, their admins and projects, and who has access to which hub by which path.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Every key begins with the team, so that nothing of one team can point at another's, and nobody can be named who has
/// never been in the team.
///
/// An access is one path by which a person gets into a hub; `through_id` says what the path goes through: the hub itself,
/// or a project. Paths have no CHECK, since more are to come. Access through a project outlives the project, as what has
/// ended, so `through_id` is no foreign key. `residual_time` is set while the access is on the list of what remains, and says since when.
///
/// Whoever asks how somebody came into the team is told of his newest invitation, of whatever state: `invitations_member`.
///
/// Lists are in the order of ids, which is that of the first grants; the indexes hold it behind whatever a list is narrowed
/// to. The list of what remains has its own order, and only few rows are in it.
const UP: &str = "
CREATE TABLE hubs (
    team_id {uuid} NOT NULL REFERENCES teams (id),
    id {uuid} NOT NULL,
    product_id {key} NOT NULL REFERENCES products (id),
    display_name text NOT NULL,
    contact text NOT NULL,
    create_time bigint NOT NULL,
    update_time bigint NOT NULL,
    PRIMARY KEY (team_id, id)
) {by_key};
CREATE INDEX hubs_product ON hubs (team_id, product_id, id);

CREATE TABLE hub_admins (
    team_id {uuid} NOT NULL,
    hub_id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    create_time bigint NOT NULL,
    PRIMARY KEY (team_id, hub_id, user_id),
    FOREIGN KEY (team_id, hub_id) REFERENCES hubs (team_id, id),
    FOREIGN KEY (team_id, user_id) REFERENCES members (team_id, user_id)
) {by_key};
CREATE INDEX hub_admins_user ON hub_admins (team_id, user_id, hub_id);

CREATE TABLE projects (
    team_id {uuid} NOT NULL,
    hub_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    display_name text NOT NULL,
    create_time bigint NOT NULL,
    update_time bigint NOT NULL,
    PRIMARY KEY (team_id, hub_id, id),
    FOREIGN KEY (team_id, hub_id) REFERENCES hubs (team_id, id)
) {by_key};

CREATE TABLE project_members (
    team_id {uuid} NOT NULL,
    hub_id {uuid} NOT NULL,
    project_id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    role text NOT NULL CHECK (role IN ('ADMIN', 'MEMBER', 'VIEWER')),
    create_time bigint NOT NULL,
    PRIMARY KEY (team_id, hub_id, project_id, user_id),
    FOREIGN KEY (team_id, hub_id, project_id) REFERENCES projects (team_id, hub_id, id),
    FOREIGN KEY (team_id, user_id) REFERENCES members (team_id, user_id)
) {by_key};
CREATE INDEX project_members_user ON project_members (team_id, user_id, hub_id, project_id);

CREATE TABLE product_access (
    id {uuid} NOT NULL PRIMARY KEY,
    team_id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    hub_id {uuid} NOT NULL,
    product_id {key} NOT NULL,
    path text NOT NULL,
    through_id {uuid} NOT NULL,
    state text NOT NULL CHECK (state IN ('ACTIVE', 'ENDED', 'REMAINS', 'REPORTED')),
    grant_time bigint NOT NULL,
    granter_user_id {uuid},
    end_time bigint,
    rule_valid_from bigint,
    report_time bigint,
    residual_time bigint,
    FOREIGN KEY (team_id, hub_id) REFERENCES hubs (team_id, id),
    FOREIGN KEY (team_id, user_id) REFERENCES members (team_id, user_id),
    CHECK ((end_time IS NULL) = (state = 'ACTIVE')),
    CHECK ((residual_time IS NULL) = (state IN ('ACTIVE', 'ENDED')))
);
CREATE UNIQUE INDEX product_access_path ON product_access (team_id, user_id, hub_id, path, through_id);
CREATE INDEX product_access_user ON product_access (team_id, user_id, id);
CREATE INDEX product_access_state ON product_access (team_id, state, id);
CREATE INDEX product_access_hub ON product_access (team_id, hub_id, state, id);
CREATE INDEX product_access_product ON product_access (team_id, product_id, state, id);
CREATE INDEX product_access_residual ON product_access (team_id, residual_time, id)
    WHERE residual_time IS NOT NULL;
CREATE INDEX product_access_residual_hub ON product_access (team_id, hub_id, residual_time, id)
    WHERE residual_time IS NOT NULL;
CREATE INDEX product_access_residual_product ON product_access (team_id, product_id, residual_time, id)
    WHERE residual_time IS NOT NULL;

CREATE INDEX invitations_member ON invitations (team_id, user_id, id);
";

const DOWN: &str = "
DROP INDEX invitations_member;
DROP TABLE product_access;
DROP TABLE project_members;
DROP TABLE projects;
DROP TABLE hub_admins;
DROP TABLE hubs;
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
