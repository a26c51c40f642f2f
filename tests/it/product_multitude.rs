//! What the multitude has of products, hubs, projects, access, connections and groups.

/// The kinds of ids.
pub(crate) const HUB: i64 = 4;
pub(crate) const PROJECT: i64 = 3;
pub(crate) const ACCESS: i64 = 2;
pub(crate) const OWN_ACCESS: i64 = 1;
/// How many people have access to one of ten hubs, and are in a project.
pub(crate) const ACCESSES: i64 = 20_000;
/// How many rules one product has; the others have one.
pub(crate) const RULES: i64 = 200;

/// What is made of each number `i`. The admin has access to every hub.
pub(crate) const ROWS: &str = "
INSERT INTO products (id, display_name, create_time, update_time)
    SELECT 'product-' || i, 'Product ' || i, {now}, {now} FROM many WHERE i < {roles};
INSERT INTO product_aliases (alias, product_id, shown)
    SELECT 'product-' || i, 'product-' || i, 'product-' || i FROM many WHERE i < {roles};
INSERT INTO removal_rules (product_id, valid_from, user_removed, data_access, contact_hint, create_time)
    SELECT 'product-' || i, 0, true, 'INACTIVE', 'nobody', {now} FROM many WHERE i < {roles};
INSERT INTO removal_rules (product_id, valid_from, user_removed, data_access, contact_hint, create_time)
    SELECT 'product-7', i, true, 'INACTIVE', 'nobody', {now} FROM many WHERE i > 0 AND i < {rules};
INSERT INTO hubs (team_id, id, product_id, display_name, contact, create_time, update_time)
    SELECT {team}, {hub}, CASE WHEN i % 2 = 0 THEN 'acc' ELSE 'fusion' END, 'Hub ' || i, '', {now}, {now}
    FROM many WHERE i < {others};
INSERT INTO hub_admins (team_id, hub_id, user_id, create_time)
    SELECT {team}, {hub}, {admin}, {now} FROM many WHERE i < {others};
INSERT INTO hub_admins (team_id, hub_id, user_id, create_time)
    SELECT {team}, {any_hub}, {person}, {now} FROM many WHERE i < {accesses};
INSERT INTO projects (team_id, hub_id, id, display_name, create_time, update_time)
    SELECT {team}, {first_hub}, {project}, 'Project ' || i, {now}, {now} FROM many WHERE i < {others};
INSERT INTO project_members (team_id, hub_id, project_id, user_id, role, create_time)
    SELECT {team}, {first_hub}, {first_project}, {person}, 'MEMBER', {now} FROM many WHERE i < {accesses};
INSERT INTO product_access (id, team_id, user_id, hub_id, product_id, path, through_id, state, grant_time, end_time,
    residual_time)
    SELECT {access}, {team}, {person}, {some_hub}, CASE WHEN i % 2 = 0 THEN 'acc' ELSE 'fusion' END, 'DIRECT',
        {some_hub}, CASE i / 10 % 4 WHEN 0 THEN 'ENDED' WHEN 1 THEN 'REMAINS' WHEN 2 THEN 'REPORTED' ELSE 'ACTIVE' END,
        {now}, CASE WHEN i / 10 % 4 < 3 THEN {now} END, CASE WHEN i / 10 % 4 IN (1, 2) THEN {now} + i END
    FROM many WHERE i < {accesses};
INSERT INTO product_access (id, team_id, user_id, hub_id, product_id, path, through_id, state, grant_time)
    SELECT {own_access}, {team}, {admin}, {hub}, CASE WHEN i % 2 = 0 THEN 'acc' ELSE 'fusion' END, 'DIRECT', {hub},
        'ACTIVE', {now}
    FROM many WHERE i < {others};
INSERT INTO sso_connections (team_id, id, display_name, issuer, audience, jwks, algorithms, email_claim,
    email_verified_claim, given_name_claim, family_name_claim, jit_enabled, profile_refresh_enabled, create_time, update_time)
    SELECT {team}, {project}, 'Provider', 'https://i' || i || '.example', 'client', 'none', 'RS256', 'email',
        'email_verified', 'given_name', 'family_name', true, false, {now}, {now}
    FROM many WHERE i < {others};
INSERT INTO team_domains (team_id, domain, claim_time)
    SELECT {team}, 'd' || i || '.example', {now} FROM many WHERE i < {others};
INSERT INTO directories (team_id, id, display_name, provider, token_id, token_hash, create_time, update_time)
    SELECT {team}, {first_project}, 'Entra', 'ENTRA', 'none', {bytes}, {now}, {now} FROM many WHERE i = 0;
INSERT INTO directories (team_id, id, display_name, provider, token_id, token_hash, create_time, update_time)
    SELECT {other_team}, {project}, 'Okta', 'OKTA', 't' || i, {bytes}, {now}, {now} FROM many WHERE i < {others};
INSERT INTO directory_users (team_id, directory_id, external_id, user_id, user_name, create_time, update_time)
    SELECT {team}, {first_project}, 'e' || i, {person}, 'e' || i, {now}, {now} FROM many WHERE i < {accesses};
INSERT INTO directory_groups (team_id, id, directory_id, external_id, display_name, create_time, update_time)
    SELECT {team}, {project}, {first_project}, 'g' || i, 'Group ' || i, {now}, {now} FROM many WHERE i < {others};
INSERT INTO directory_group_members (team_id, group_id, user_id)
    SELECT {team}, {middle_project}, {person} FROM many WHERE i < {accesses};
INSERT INTO directory_group_members (team_id, group_id, user_id)
    SELECT {team}, {any_project}, {person} FROM many WHERE i < {accesses} AND i % 2000 <> 1000;
INSERT INTO group_mappings (team_id, group_id, id, hub_id, create_time)
    SELECT {team}, {any_project}, {project}, {tenth_hub}, {now} FROM many WHERE i < {accesses};
";
