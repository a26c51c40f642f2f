//! Teams, memberships and custom roles.

use super::Invariant;

pub(super) const ALL: &[Invariant] = &[
    Invariant {
        name: "primary-admin-is-in-the-team",
        sentence: "every team that was not deleted has its primary admin in it, invited or active",
        sql: "
            SELECT t.id AS team_id, t.primary_admin_user_id AS user_id
            FROM teams t
            LEFT JOIN members m ON m.team_id = t.id AND m.user_id = t.primary_admin_user_id
            WHERE {team t.id} AND t.delete_time IS NULL
                AND (m.user_id IS NULL OR m.remove_time IS NOT NULL OR m.disabled_by_admin
                    OR m.disabled_by_directory)",
    },
    Invariant {
        name: "deleted-team-is-empty",
        sentence: "nobody is in a team that was deleted, or invited to it",
        sql: "
            SELECT m.team_id, m.user_id
            FROM teams t
            JOIN members m ON m.team_id = t.id
            WHERE {team t.id} AND t.delete_time IS NOT NULL AND m.remove_time IS NULL",
    },
    Invariant {
        name: "only-the-team-names-its-primary-admin",
        sentence: "no membership has the role PRIMARY_ADMIN of its own, which would make two",
        sql: "
            SELECT m.team_id, m.user_id
            FROM members m
            WHERE {team m.team_id} AND m.role = 'PRIMARY_ADMIN'",
    },
    Invariant {
        name: "one-membership",
        sentence: "nobody has two memberships in one team",
        sql: "
            SELECT m.team_id, m.user_id
            FROM members m
            WHERE {team m.team_id}
            GROUP BY m.team_id, m.user_id
            HAVING count(*) > 1",
    },
    Invariant {
        name: "membership-is-of-somebody",
        sentence: "every membership has its account and its team",
        sql: "
            SELECT m.team_id, m.user_id
            FROM members m
            LEFT JOIN users u ON u.id = m.user_id
            LEFT JOIN teams t ON t.id = m.team_id
            WHERE {team m.team_id} AND (u.id IS NULL OR t.id IS NULL)",
    },
    Invariant {
        name: "end-has-its-reason",
        sentence: "a membership that ended says why, and no other does",
        sql: "
            SELECT m.team_id, m.user_id
            FROM members m
            WHERE {team m.team_id} AND (m.remove_time IS NULL) <> (m.removal IS NULL)",
    },
    Invariant {
        name: "role-stays-in-its-team",
        sentence: "custom roles are held by people of the team that has the role",
        sql: "
            SELECT h.team_id, h.user_id, h.role_id
            FROM member_roles h
            LEFT JOIN members m ON m.team_id = h.team_id AND m.user_id = h.user_id
            LEFT JOIN roles r ON r.team_id = h.team_id AND r.id = h.role_id
            WHERE {team h.team_id} AND (m.user_id IS NULL OR r.id IS NULL)",
    },
    Invariant {
        name: "removed-hold-no-role",
        sentence: "nobody holds a custom role once the membership has ended",
        sql: "
            SELECT h.team_id, h.user_id, h.role_id
            FROM member_roles h
            JOIN members m ON m.team_id = h.team_id AND m.user_id = h.user_id
            WHERE {team h.team_id} AND m.remove_time IS NOT NULL",
    },
];
