//! One way, or more, to break each invariant of directories.

/// As those of people: each with what it breaks, first what it is about.
pub(crate) const CASES: &[(&[&str], &str)] = &[
    (
        &[
            "(directory-is-of-a-team)",
            "directory-user-stays-in-its-team",
            "group-is-of-a-directory",
        ],
        "UPDATE directories SET team_id = {stranger} WHERE team_id = {team}",
    ),
    (
        &["team-has-one-directory"],
        "INSERT INTO directories (team_id, id, display_name, provider, token_id, token_hash, create_time, update_time)
         SELECT team_id, {stranger}, display_name, provider, token_id, token_hash, create_time, update_time
         FROM directories WHERE team_id = {team}",
    ),
    (
        &[
            "directory-user-stays-in-its-team",
            "directory-has-its-members",
            "group-has-its-directorys-people",
        ],
        "UPDATE directory_users SET user_id = {other_joe} WHERE team_id = {team}",
    ),
    (
        &["directory-has-its-members"],
        "UPDATE members SET source = 'MANUAL' WHERE team_id = {team} AND source = 'DIRECTORY'",
    ),
    (
        &["directory-has-its-members"],
        "UPDATE members SET source = 'DIRECTORY' WHERE team_id = {team} AND user_id = {joe}",
    ),
];
