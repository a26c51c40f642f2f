//! Rows of products, hubs, projects and access that every index accepts, and what repeats or strays from them.

/// One a table, besides those of `migrations`.
pub(crate) const ROWS: &[&str] = &[
    "INSERT INTO products (id, display_name, create_time, update_time) VALUES ('p', 'P', 1, 1)",
    "INSERT INTO product_aliases (alias, product_id) VALUES ('p', 'p')",
    "INSERT INTO removal_rules (product_id, valid_from, user_removed, data_access, contact_hint, create_time)
     VALUES ('p', 1, true, 'INACTIVE', 'h', 1)",
    "INSERT INTO hubs (team_id, id, product_id, display_name, contact, create_time, update_time)
     VALUES ({3}, {4}, 'p', 'H', '', 1, 1)",
    "INSERT INTO hub_admins (team_id, hub_id, user_id, create_time) VALUES ({3}, {4}, {1}, 1)",
    "INSERT INTO projects (team_id, hub_id, id, display_name, create_time, update_time)
     VALUES ({3}, {4}, {5}, 'P', 1, 1)",
    "INSERT INTO project_members (team_id, hub_id, project_id, user_id, role, create_time)
     VALUES ({3}, {4}, {5}, {1}, 'MEMBER', 1)",
    "INSERT INTO product_access (id, team_id, user_id, hub_id, product_id, path, through_id, state, grant_time)
     VALUES ({1}, {3}, {1}, {4}, 'p', 'DIRECT', {4}, 'ACTIVE', 1)",
];

/// What repeats nothing but the columns of one unique index, and by which name each database knows the index.
pub(crate) const DUPLICATES: &[(&str, &str)] = &[
    (
        "products_pkey|products.id",
        "INSERT INTO products (id, display_name, create_time, update_time) VALUES ('p', 'Q', 2, 2)",
    ),
    (
        "product_aliases_pkey|product_aliases.alias",
        "INSERT INTO product_aliases (alias, product_id) VALUES ('p', 'acc')",
    ),
    (
        "removal_rules_pkey|removal_rules.product_id, removal_rules.valid_from",
        "INSERT INTO removal_rules (product_id, valid_from, user_removed, data_access, contact_hint, create_time)
         VALUES ('p', 1, false, 'ACTIVE', 'i', 2)",
    ),
    (
        "hubs_pkey|hubs.team_id, hubs.id",
        "INSERT INTO hubs (team_id, id, product_id, display_name, contact, create_time, update_time)
         VALUES ({3}, {4}, 'acc', 'I', '', 2, 2)",
    ),
    (
        "hub_admins_pkey|hub_admins.team_id, hub_admins.hub_id, hub_admins.user_id",
        "INSERT INTO hub_admins (team_id, hub_id, user_id, create_time) VALUES ({3}, {4}, {1}, 2)",
    ),
    (
        "projects_pkey|projects.team_id, projects.hub_id, projects.id",
        "INSERT INTO projects (team_id, hub_id, id, display_name, create_time, update_time)
         VALUES ({3}, {4}, {5}, 'Q', 2, 2)",
    ),
    (
        "project_members_pkey|project_members.team_id, project_members.hub_id, project_members.project_id, \
         project_members.user_id",
        "INSERT INTO project_members (team_id, hub_id, project_id, user_id, role, create_time)
         VALUES ({3}, {4}, {5}, {1}, 'ADMIN', 2)",
    ),
    (
        "product_access_path|product_access.team_id, product_access.user_id, product_access.hub_id, \
         product_access.path, product_access.through_id",
        "INSERT INTO product_access (id, team_id, user_id, hub_id, product_id, path, through_id, state, grant_time)
         VALUES ({6}, {3}, {1}, {4}, 'p', 'DIRECT', {4}, 'ACTIVE', 2)",
    ),
];

/// What cannot be: of a team that is another's or none, of somebody who was never in the team, of a hub or a project that the
/// team does not have, and what would leave something behind without its hub.
pub(crate) const STRAYS: &[&str] = &[
    "INSERT INTO hubs (team_id, id, product_id, display_name, contact, create_time, update_time)
     VALUES ({3}, {6}, 'q', 'H', '', 1, 1)",
    "INSERT INTO hub_admins (team_id, hub_id, user_id, create_time) VALUES ({3}, {4}, {2}, 1)",
    "INSERT INTO hub_admins (team_id, hub_id, user_id, create_time) VALUES ({3}, {6}, {1}, 1)",
    "INSERT INTO projects (team_id, hub_id, id, display_name, create_time, update_time)
     VALUES ({3}, {6}, {5}, 'P', 1, 1)",
    "INSERT INTO project_members (team_id, hub_id, project_id, user_id, role, create_time)
     VALUES ({3}, {4}, {6}, {1}, 'MEMBER', 1)",
    "INSERT INTO project_members (team_id, hub_id, project_id, user_id, role, create_time)
     VALUES ({3}, {4}, {5}, {2}, 'MEMBER', 1)",
    "INSERT INTO product_access (id, team_id, user_id, hub_id, product_id, path, through_id, state, grant_time)
     VALUES ({6}, {3}, {2}, {4}, 'p', 'DIRECT', {4}, 'ACTIVE', 1)",
    "INSERT INTO product_access (id, team_id, user_id, hub_id, product_id, path, through_id, state, grant_time)
     VALUES ({6}, {3}, {1}, {6}, 'p', 'DIRECT', {6}, 'ACTIVE', 1)",
    "DELETE FROM hubs",
    "DELETE FROM projects",
];
