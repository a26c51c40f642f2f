//! One way, or more, to break each invariant of groups.

/// As those of people: each with what it breaks, first what it is about.
pub(crate) const CASES: &[(&[&str], &str)] = &[
    (
        &["group-is-of-a-directory", "group-has-its-directorys-people"],
        "UPDATE directory_groups SET directory_id = {stranger} WHERE team_id = {team}",
    ),
    (
        &[
            "group-has-its-directorys-people",
            "access-ends-with-its-group",
            "mapping-gives-access",
            "mapping-gives-its-role",
            "own-role-is-lower",
        ],
        "UPDATE directory_group_members SET user_id = {joe} WHERE team_id = {team}",
    ),
    (
        &[
            "group-has-its-directorys-people",
            "access-is-of-who-is-in-the-team",
            "own-role-is-lower",
        ],
        "UPDATE members SET remove_time = 1, removal = 'DIRECTORY'
         WHERE team_id = {team} AND source = 'DIRECTORY'",
    ),
    (
        &[
            "mapping-stays-in-its-team",
            "access-ends-with-its-group",
            "mapping-gives-access",
        ],
        "UPDATE group_mappings SET hub_id = {other_hub} WHERE team_id = {team} AND role IS NULL",
    ),
    (
        &[
            "mapping-stays-in-its-team",
            "group-has-its-directorys-people",
        ],
        "DELETE FROM directory_groups WHERE team_id = {team}",
    ),
    (
        &["access-ends-with-its-group"],
        "DELETE FROM group_mappings WHERE team_id = {team} AND role IS NULL",
    ),
    (
        &["access-ends-with-its-group", "own-role-is-lower"],
        "DELETE FROM directory_group_members WHERE team_id = {team}",
    ),
    (
        &["mapping-gives-access"],
        "UPDATE product_access SET state = 'ENDED', end_time = 1 WHERE team_id = {team} AND path = 'GROUP'",
    ),
    (
        &["mapping-gives-its-role", "own-role-is-lower"],
        "UPDATE members SET role = 'MEMBER' WHERE team_id = {team} AND source = 'DIRECTORY'",
    ),
    (
        &["own-role-is-lower"],
        "UPDATE group_roles SET own_role = 'SSO_ADMIN' WHERE team_id = {team}",
    ),
    (
        &["own-role-is-lower"],
        "DELETE FROM group_mappings WHERE team_id = {team} AND role IS NOT NULL",
    ),
];
