//! Directories, and whom they keep.

use super::Invariant;

pub(super) const ALL: &[Invariant] = &[
    Invariant {
        name: "directory-is-of-a-team",
        sentence: "every directory is of a team that is not deleted",
        sql: "
            SELECT d.team_id, d.id AS directory_id
            FROM directories d
            LEFT JOIN teams t ON t.id = d.team_id AND t.delete_time IS NULL
            WHERE {team d.team_id} AND t.id IS NULL",
    },
    Invariant {
        name: "team-has-one-directory",
        sentence: "no team has two directories",
        sql: "
            SELECT d.team_id, d.id AS directory_id
            FROM directories d
            WHERE {team d.team_id} AND EXISTS (
                SELECT 1 FROM directories o WHERE o.team_id = d.team_id AND o.id <> d.id)",
    },
    Invariant {
        name: "directory-user-stays-in-its-team",
        sentence: "whoever is a directory's by an id of its is or was in its team",
        sql: "
            SELECT l.team_id, l.directory_id, l.user_id
            FROM directory_users l
            LEFT JOIN directories d ON d.team_id = l.team_id AND d.id = l.directory_id
            LEFT JOIN members m ON m.team_id = l.team_id AND m.user_id = l.user_id
            WHERE {team l.team_id} AND (d.id IS NULL OR m.user_id IS NULL)",
    },
    Invariant {
        name: "directory-has-its-members",
        sentence: "a member whose source is the directory is one of its people, and whoever is one and in the team has that source",
        sql: "
            SELECT m.team_id, m.user_id
            FROM members m
            LEFT JOIN directory_users l ON l.team_id = m.team_id AND l.user_id = m.user_id
            WHERE {team m.team_id} AND m.remove_time IS NULL AND (m.source = 'DIRECTORY') <> (l.user_id IS NOT NULL)",
    },
];
