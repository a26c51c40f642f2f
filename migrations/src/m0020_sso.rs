//! Single sign-on: connections to OpenID providers, the identities of people there, and the domains that teams claim.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// An issuer is one connection's in the whole deployment, since its tokens name no team, and a verified domain one team's.
///
/// An identity is a connection's: what another connection signs is never taken for it, whatever issuer and keys that has.
/// A person has one identity of a connection: a second one would be somebody else who got the address.
const UP: &str = "
CREATE TABLE sso_connections (
    team_id {uuid} NOT NULL REFERENCES teams (id),
    id {uuid} NOT NULL,
    display_name text NOT NULL,
    issuer {key} NOT NULL,
    audience text NOT NULL,
    jwks_uri text,
    jwks text,
    algorithms text NOT NULL,
    email_claim text NOT NULL,
    email_verified_claim text NOT NULL,
    given_name_claim text NOT NULL,
    family_name_claim text NOT NULL,
    jit_enabled boolean NOT NULL,
    profile_refresh_enabled boolean NOT NULL,
    create_time bigint NOT NULL,
    update_time bigint NOT NULL,
    PRIMARY KEY (team_id, id),
    CHECK ((jwks_uri IS NULL) <> (jwks IS NULL))
) {by_key};
CREATE UNIQUE INDEX sso_connections_issuer ON sso_connections (issuer);

CREATE TABLE sso_identities (
    team_id {uuid} NOT NULL,
    connection_id {uuid} NOT NULL,
    subject {key} NOT NULL,
    user_id {uuid} NOT NULL,
    create_time bigint NOT NULL,
    PRIMARY KEY (team_id, connection_id, subject),
    FOREIGN KEY (team_id, connection_id) REFERENCES sso_connections (team_id, id),
    FOREIGN KEY (team_id, user_id) REFERENCES members (team_id, user_id)
) {by_key};
CREATE UNIQUE INDEX sso_identities_user ON sso_identities (user_id, team_id, connection_id);

CREATE TABLE team_domains (
    team_id {uuid} NOT NULL REFERENCES teams (id),
    domain {key} NOT NULL,
    claim_time bigint NOT NULL,
    verify_time bigint,
    PRIMARY KEY (team_id, domain)
) {by_key};
CREATE UNIQUE INDEX team_domains_verified ON team_domains (domain) WHERE verify_time IS NOT NULL;

ALTER TABLE events ADD COLUMN connection_id {uuid};
ALTER TABLE events ADD COLUMN domain text;
";

const DOWN: &str = "
ALTER TABLE events DROP COLUMN domain;
ALTER TABLE events DROP COLUMN connection_id;
DROP TABLE team_domains;
DROP TABLE sso_identities;
DROP TABLE sso_connections;
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
