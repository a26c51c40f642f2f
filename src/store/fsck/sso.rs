//! Connections to OpenID providers, who signs in by them, and the domains of teams.

use super::Invariant;

pub(super) const ALL: &[Invariant] = &[
    Invariant {
        name: "sso-connection-is-of-a-team",
        sentence: "every SSO connection is of a team that is not deleted",
        sql: "
            SELECT c.team_id, c.id AS connection_id
            FROM sso_connections c
            LEFT JOIN teams t ON t.id = c.team_id AND t.delete_time IS NULL
            WHERE {team c.team_id} AND t.id IS NULL",
    },
    Invariant {
        name: "sso-issuer-is-one-connections",
        sentence: "no two SSO connections take the tokens of one issuer",
        sql: "
            SELECT c.team_id, c.id AS connection_id
            FROM sso_connections c
            WHERE {team c.team_id} AND EXISTS (
                SELECT 1 FROM sso_connections o WHERE o.issuer = c.issuer AND o.id <> c.id)",
    },
    Invariant {
        name: "sso-identity-stays-in-its-team",
        sentence: "an identity is of a connection of its team, and of somebody who is or was in it",
        sql: "
            SELECT i.team_id, i.connection_id, i.user_id
            FROM sso_identities i
            LEFT JOIN sso_connections c ON c.team_id = i.team_id AND c.id = i.connection_id
            LEFT JOIN members m ON m.team_id = i.team_id AND m.user_id = i.user_id
            WHERE {team i.team_id} AND (c.id IS NULL OR m.user_id IS NULL)",
    },
    Invariant {
        name: "who-signs-in-is-verified",
        sentence: "whoever has an identity has a verified account",
        sql: "
            SELECT i.team_id, i.connection_id, i.user_id
            FROM sso_identities i
            JOIN users u ON u.id = i.user_id
            WHERE {team i.team_id} AND u.verify_time IS NULL",
    },
    Invariant {
        name: "domain-is-of-a-team",
        sentence: "every claim of a domain is of a team that is not deleted",
        sql: "
            SELECT d.team_id
            FROM team_domains d
            LEFT JOIN teams t ON t.id = d.team_id AND t.delete_time IS NULL
            WHERE {team d.team_id} AND t.id IS NULL",
    },
    Invariant {
        name: "verified-domain-is-one-teams",
        sentence: "no two teams have a domain that is verified for both",
        sql:
            "
            SELECT d.team_id
            FROM team_domains d
            WHERE {team d.team_id} AND d.verify_time IS NOT NULL AND EXISTS (
                SELECT 1 FROM team_domains o
                WHERE o.domain = d.domain AND o.verify_time IS NOT NULL AND o.team_id <> d.team_id)",
    },
];
