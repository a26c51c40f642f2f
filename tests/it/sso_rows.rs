//! Rows of single sign-on that every index accepts, and what repeats or strays from them.

/// One a table, besides those of `migrations`.
pub(crate) const ROWS: &[&str] = &[
    "INSERT INTO sso_connections (team_id, id, display_name, issuer, audience, jwks, algorithms, email_claim,
     email_verified_claim, given_name_claim, family_name_claim, jit_enabled, profile_refresh_enabled, create_time, update_time)
     VALUES ({3}, {4}, 'C', 'i', 'a', '{}', 'RS256', 'e', 'v', 'g', 'f', true, true, 1, 1)",
    "INSERT INTO sso_identities (team_id, connection_id, subject, user_id, create_time) VALUES ({3}, {4}, 's', {1}, 1)",
    "INSERT INTO team_domains (team_id, domain, claim_time, verify_time) VALUES ({3}, 'd', 1, 1)",
    "INSERT INTO team_domains (team_id, domain, claim_time) VALUES ({3}, 'e', 1)",
];

/// What repeats nothing but the columns of one unique index, and by which name each database knows the index.
pub(crate) const DUPLICATES: &[(&str, &str)] = &[
    (
        "sso_connections_pkey|sso_connections.team_id, sso_connections.id",
        "INSERT INTO sso_connections (team_id, id, display_name, issuer, audience, jwks, algorithms, email_claim,
         email_verified_claim, given_name_claim, family_name_claim, jit_enabled, profile_refresh_enabled, create_time,
         update_time)
         VALUES ({3}, {4}, 'D', 'j', 'b', '{}', 'RS256', 'e', 'v', 'g', 'f', true, true, 2, 2)",
    ),
    (
        "sso_connections_issuer|sso_connections.issuer",
        "INSERT INTO sso_connections (team_id, id, display_name, issuer, audience, jwks, algorithms, email_claim,
         email_verified_claim, given_name_claim, family_name_claim, jit_enabled, profile_refresh_enabled, create_time,
         update_time)
         VALUES ({3}, {5}, 'D', 'i', 'b', '{}', 'RS256', 'e', 'v', 'g', 'f', true, true, 2, 2)",
    ),
    (
        "sso_identities_pkey|sso_identities.team_id, sso_identities.connection_id, sso_identities.subject",
        "INSERT INTO sso_identities (team_id, connection_id, subject, user_id, create_time) VALUES ({3}, {4}, 's', {2}, 2)",
    ),
    (
        "sso_identities_user|sso_identities.user_id, sso_identities.team_id, sso_identities.connection_id",
        "INSERT INTO sso_identities (team_id, connection_id, subject, user_id, create_time) VALUES ({3}, {4}, 't', {1}, 2)",
    ),
    (
        "team_domains_pkey|team_domains.team_id, team_domains.domain",
        "INSERT INTO team_domains (team_id, domain, claim_time) VALUES ({3}, 'e', 2)",
    ),
    (
        "team_domains_verified|team_domains.domain",
        "INSERT INTO team_domains (team_id, domain, claim_time, verify_time) VALUES ({4}, 'd', 2, 2)",
    ),
];

/// Identities of nobody: of a connection that the team does not have, and of somebody who was never in the team.
pub(crate) const STRAYS: &[&str] = &[
    "INSERT INTO sso_identities (team_id, connection_id, subject, user_id, create_time) VALUES ({3}, {5}, 't', {1}, 1)",
    "INSERT INTO sso_identities (team_id, connection_id, subject, user_id, create_time) VALUES ({3}, {4}, 't', {2}, 1)",
    "DELETE FROM sso_connections",
];
