//! One way, or more, to break each invariant of single sign-on.

/// As those of people: each with what it breaks, first what it is about.
pub(crate) const CASES: &[(&[&str], &str)] = &[
    (
        &[
            "(sso-connection-is-of-a-team)",
            "sso-identity-stays-in-its-team",
        ],
        "UPDATE sso_connections SET team_id = {stranger} WHERE team_id = {team}",
    ),
    (
        &["sso-issuer-is-one-connections"],
        "INSERT INTO sso_connections (team_id, id, display_name, issuer, audience, jwks, algorithms, email_claim,
            email_verified_claim, given_name_claim, family_name_claim, jit_enabled, profile_refresh_enabled, create_time,
            update_time)
         SELECT team_id, {stranger}, display_name, issuer, audience, jwks, algorithms, email_claim, email_verified_claim,
            given_name_claim, family_name_claim, jit_enabled, profile_refresh_enabled, create_time, update_time
         FROM sso_connections WHERE team_id = {team}",
    ),
    (
        &["sso-identity-stays-in-its-team"],
        "UPDATE sso_identities SET user_id = {other_joe} WHERE team_id = {team}",
    ),
    (
        &["who-signs-in-is-verified"],
        "UPDATE sso_identities SET user_id = {dan} WHERE team_id = {team}",
    ),
    (
        &["(domain-is-of-a-team)"],
        "UPDATE team_domains SET team_id = {stranger} WHERE team_id = {team}",
    ),
    (
        &["verified-domain-is-one-teams", "(domain-is-of-a-team)"],
        "INSERT INTO team_domains (team_id, domain, claim_time, verify_time)
         SELECT {stranger}, domain, claim_time, verify_time FROM team_domains WHERE team_id = {team}",
    ),
];
