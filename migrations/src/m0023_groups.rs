//! Groups of directories, who is in them, and what they give: access to hubs, and roles.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// A group is its directory's by one of its own ids. Whoever is in one is kept by the directory, and in the team: who leaves it leaves
/// his groups. An access by a group is a row of `product_access` by the path GROUP, which goes through the group; its text is no key, since
/// the row outlives the group. A mapping is to a hub or to a role. Whose role is higher by his groups than his own has a row that remembers his own.
///
/// A replica of the version before ends memberships and leaves the rows here behind; they go when the membership begins again. It cannot give up a
/// directory that has groups, nor delete its team, nor a hub that a group is mapped to.
const UP: &str = "
CREATE TABLE directory_groups (
    team_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    directory_id {uuid} NOT NULL,
    external_id {key} NOT NULL,
    display_name text NOT NULL,
    create_time bigint NOT NULL,
    update_time bigint NOT NULL,
    PRIMARY KEY (team_id, id),
    FOREIGN KEY (team_id, directory_id) REFERENCES directories (team_id, id)
) {by_key};
CREATE UNIQUE INDEX directory_groups_external ON directory_groups (team_id, directory_id, external_id);

CREATE TABLE directory_group_members (
    team_id {uuid} NOT NULL,
    group_id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    PRIMARY KEY (team_id, group_id, user_id),
    FOREIGN KEY (team_id, group_id) REFERENCES directory_groups (team_id, id),
    FOREIGN KEY (team_id, user_id) REFERENCES members (team_id, user_id)
) {by_key};
CREATE INDEX directory_group_members_user ON directory_group_members (team_id, user_id);

CREATE TABLE group_mappings (
    team_id {uuid} NOT NULL,
    group_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    hub_id {uuid},
    role text CHECK (role IN ('SECONDARY_ADMIN', 'SSO_ADMIN', 'MEMBER')),
    creator_user_id {uuid},
    create_time bigint NOT NULL,
    CHECK ((hub_id IS NULL) <> (role IS NULL)),
    PRIMARY KEY (team_id, group_id, id),
    FOREIGN KEY (team_id, group_id) REFERENCES directory_groups (team_id, id),
    FOREIGN KEY (team_id, hub_id) REFERENCES hubs (team_id, id)
) {by_key};
CREATE UNIQUE INDEX group_mappings_hub ON group_mappings (team_id, hub_id, group_id);
CREATE UNIQUE INDEX group_mappings_role ON group_mappings (team_id, group_id, role);

CREATE TABLE group_roles (
    team_id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    own_role text NOT NULL CHECK (own_role IN ('SECONDARY_ADMIN', 'MEMBER', 'GUEST')),
    PRIMARY KEY (team_id, user_id),
    FOREIGN KEY (team_id, user_id) REFERENCES members (team_id, user_id)
) {by_key};

CREATE INDEX product_access_group ON product_access (team_id, through_id) WHERE path = 'GROUP';

ALTER TABLE events ADD COLUMN group_id {uuid};
";

const DOWN: &str = "
ALTER TABLE events DROP COLUMN group_id;
DROP INDEX product_access_group;
DROP TABLE group_roles;
DROP TABLE group_mappings;
DROP TABLE directory_group_members;
DROP TABLE directory_groups;
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
