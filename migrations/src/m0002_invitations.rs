//! Invitations and the hashes of their links.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// At most one invitation a team and user is open, by index. EXPIRED is no word here: it is `expire_time`.
/// `send_count` is the number of the newest link; a link with a smaller one is superseded. A link's `settle_time` is its
/// invitation's, for deleting what nobody asks for any more.
const UP: &str = "
CREATE TABLE invitations (
    id {uuid} NOT NULL PRIMARY KEY,
    team_id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    settlement text CHECK (settlement IN ('ACCEPTED', 'DECLINED', 'REVOKED')),
    delivery_state text NOT NULL CHECK (delivery_state IN ('HELD', 'QUEUED', 'SENT', 'FAILED', 'CANCELLED')),
    delivery_error text,
    send_count integer NOT NULL,
    import_id {key},
    create_time bigint NOT NULL,
    expire_time bigint NOT NULL,
    settle_time bigint,
    FOREIGN KEY (team_id, user_id) REFERENCES members (team_id, user_id),
    CHECK ((settlement IS NULL) = (settle_time IS NULL))
);
CREATE UNIQUE INDEX invitations_one_open ON invitations (team_id, user_id) WHERE settlement IS NULL;
CREATE INDEX invitations_team ON invitations (team_id, id);
CREATE INDEX invitations_import ON invitations (team_id, import_id, id) WHERE import_id IS NOT NULL;
CREATE INDEX invitations_expiry ON invitations (team_id, expire_time) WHERE settlement IS NULL;
CREATE INDEX invitations_failed ON invitations (team_id, id)
    WHERE settlement IS NULL AND delivery_state = 'FAILED';

CREATE TABLE invitation_tokens (
    hash {bytes} NOT NULL PRIMARY KEY,
    invitation_id {uuid} NOT NULL REFERENCES invitations (id),
    number integer NOT NULL,
    create_time bigint NOT NULL,
    settle_time bigint
) {by_key};
CREATE UNIQUE INDEX invitation_tokens_number ON invitation_tokens (invitation_id, number);
CREATE INDEX invitation_tokens_settled ON invitation_tokens (settle_time) WHERE settle_time IS NOT NULL;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            "DROP TABLE invitation_tokens; DROP TABLE invitations;",
        )
        .await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
