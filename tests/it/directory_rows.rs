//! Rows of directories and their groups that every index accepts, and what repeats or strays from them.

/// One a table.
pub(crate) const ROWS: &[&str] = &[
    "INSERT INTO directories (team_id, id, display_name, provider, token_id, token_hash, create_time, update_time)
     VALUES ({3}, {4}, 'D', 'OTHER', 't', {5}, 1, 1)",
    "INSERT INTO directory_users (team_id, directory_id, external_id, user_id, user_name, create_time, update_time)
     VALUES ({3}, {4}, 'e', {1}, 'u', 1, 1)",
    "INSERT INTO directory_groups (team_id, id, directory_id, external_id, display_name, create_time, update_time)
     VALUES ({3}, {4}, {4}, 'g', 'G', 1, 1)",
    "INSERT INTO directory_group_members (team_id, group_id, user_id) VALUES ({3}, {4}, {1})",
    "INSERT INTO group_mappings (team_id, group_id, id, hub_id, create_time) VALUES ({3}, {4}, {4}, {4}, 1)",
    "INSERT INTO group_mappings (team_id, group_id, id, role, create_time) VALUES ({3}, {4}, {6}, 'MEMBER', 1)",
    "INSERT INTO group_roles (team_id, user_id, own_role) VALUES ({3}, {1}, 'GUEST')",
];

/// What repeats nothing but the columns of one unique index, and by which name each database knows the index. A second directory
/// with the id of the first is a second one of the team too.
pub(crate) const DUPLICATES: &[(&str, &str)] = &[
    (
        "directories_pkey|directories.team_id",
        "INSERT INTO directories (team_id, id, display_name, provider, token_id, token_hash, create_time, update_time)
         VALUES ({3}, {4}, 'D', 'OTHER', 'u', {5}, 1, 1)",
    ),
    (
        "directories_team|directories.team_id",
        "INSERT INTO directories (team_id, id, display_name, provider, token_id, token_hash, create_time, update_time)
         VALUES ({3}, {5}, 'D', 'OTHER', 'u', {5}, 1, 1)",
    ),
    (
        "directories_token|directories.token_id",
        "INSERT INTO directories (team_id, id, display_name, provider, token_id, token_hash, create_time, update_time)
         VALUES ({4}, {5}, 'D', 'OTHER', 't', {5}, 1, 1)",
    ),
    (
        "directory_users_pkey|directory_users.team_id, directory_users.directory_id, directory_users.external_id",
        "INSERT INTO directory_users (team_id, directory_id, external_id, user_id, user_name, create_time, update_time)
         VALUES ({3}, {4}, 'e', {2}, 'u', 1, 1)",
    ),
    (
        "directory_users_user|directory_users.user_id, directory_users.team_id",
        "INSERT INTO directory_users (team_id, directory_id, external_id, user_id, user_name, create_time, update_time)
         VALUES ({3}, {4}, 'f', {1}, 'u', 1, 1)",
    ),
    (
        "directory_groups_pkey|directory_groups.team_id, directory_groups.id",
        "INSERT INTO directory_groups (team_id, id, directory_id, external_id, display_name, create_time, update_time)
         VALUES ({3}, {4}, {4}, 'h', 'G', 1, 1)",
    ),
    (
        "directory_groups_external|directory_groups.team_id, directory_groups.directory_id, directory_groups.external_id",
        "INSERT INTO directory_groups (team_id, id, directory_id, external_id, display_name, create_time, update_time)
         VALUES ({3}, {5}, {4}, 'g', 'G', 1, 1)",
    ),
    (
        "directory_group_members_pkey|directory_group_members.team_id, directory_group_members.group_id, directory_group_members.user_id",
        "INSERT INTO directory_group_members (team_id, group_id, user_id) VALUES ({3}, {4}, {1})",
    ),
    (
        "group_mappings_pkey|group_mappings.team_id, group_mappings.group_id, group_mappings.id",
        "INSERT INTO group_mappings (team_id, group_id, id, hub_id, create_time) VALUES ({3}, {4}, {4}, {5}, 1)",
    ),
    (
        "group_mappings_role|group_mappings.team_id, group_mappings.group_id, group_mappings.role",
        "INSERT INTO group_mappings (team_id, group_id, id, role, create_time) VALUES ({3}, {4}, {5}, 'MEMBER', 1)",
    ),
    (
        "group_roles_pkey|group_roles.team_id, group_roles.user_id",
        "INSERT INTO group_roles (team_id, user_id, own_role) VALUES ({3}, {1}, 'MEMBER')",
    ),
    (
        "group_mappings_hub|group_mappings.team_id, group_mappings.hub_id, group_mappings.group_id",
        "INSERT INTO group_mappings (team_id, group_id, id, hub_id, create_time) VALUES ({3}, {4}, {5}, {4}, 1)",
    ),
];

/// What cannot be: of a team that is none, of somebody who was never in the team, and what would leave people behind without their directory.
pub(crate) const STRAYS: &[&str] = &[
    "INSERT INTO directories (team_id, id, display_name, provider, token_id, token_hash, create_time, update_time)
     VALUES ({6}, {5}, 'D', 'OTHER', 'u', {5}, 1, 1)",
    "INSERT INTO directory_users (team_id, directory_id, external_id, user_id, user_name, create_time, update_time)
     VALUES ({3}, {4}, 'f', {2}, 'u', 1, 1)",
    "INSERT INTO directory_groups (team_id, id, directory_id, external_id, display_name, create_time, update_time)
     VALUES ({3}, {5}, {6}, 'h', 'G', 1, 1)",
    "INSERT INTO directory_group_members (team_id, group_id, user_id) VALUES ({3}, {6}, {1})",
    "INSERT INTO directory_group_members (team_id, group_id, user_id) VALUES ({3}, {4}, {2})",
    "INSERT INTO group_mappings (team_id, group_id, id, hub_id, create_time) VALUES ({3}, {6}, {5}, {4}, 1)",
    "INSERT INTO group_mappings (team_id, group_id, id, hub_id, create_time) VALUES ({3}, {4}, {5}, {6}, 1)",
    "INSERT INTO group_roles (team_id, user_id, own_role) VALUES ({3}, {2}, 'GUEST')",
    "DELETE FROM directory_groups",
    "DELETE FROM directories",
];
