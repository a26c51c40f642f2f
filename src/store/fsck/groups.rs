//! Groups of directories, and what they give access to.

use super::Invariant;

pub(super) const ALL: &[Invariant] = &[
    Invariant {
        name: "group-is-of-a-directory",
        sentence: "every group is of a directory of its team",
        sql: "
            SELECT g.team_id, g.directory_id, g.id AS group_id
            FROM directory_groups g
            LEFT JOIN directories d ON d.team_id = g.team_id AND d.id = g.directory_id
            WHERE {team g.team_id} AND d.id IS NULL",
    },
    Invariant {
        name: "group-has-its-directorys-people",
        sentence: "whoever is in a group is in the team, and one of the people of the group's directory",
        sql: "
            SELECT l.team_id, l.group_id, l.user_id
            FROM directory_group_members l
            LEFT JOIN directory_groups g ON g.team_id = l.team_id AND g.id = l.group_id
            LEFT JOIN directory_users u ON u.team_id = l.team_id AND u.user_id = l.user_id AND u.directory_id = g.directory_id
            LEFT JOIN members m ON m.team_id = l.team_id AND m.user_id = l.user_id AND m.remove_time IS NULL
            WHERE {team l.team_id} AND (g.id IS NULL OR u.user_id IS NULL OR m.user_id IS NULL)",
    },
    Invariant {
        name: "mapping-stays-in-its-team",
        sentence: "a mapping is of a group, and of a role or of a hub of its team",
        sql: "
            SELECT p.team_id, p.group_id, p.id AS mapping_id, p.hub_id
            FROM group_mappings p
            LEFT JOIN directory_groups g ON g.team_id = p.team_id AND g.id = p.group_id
            LEFT JOIN hubs h ON h.team_id = p.team_id AND h.id = p.hub_id
            WHERE {team p.team_id} AND (g.id IS NULL OR (h.id IS NULL AND p.role IS NULL))",
    },
    Invariant {
        name: "access-ends-with-its-group",
        sentence: "access through a group is active only while the person is in it and it is mapped to the hub",
        sql: "
            SELECT a.team_id, a.user_id, a.hub_id, a.through_id, a.id AS access_id
            FROM product_access a
            WHERE {team a.team_id} AND a.state = 'ACTIVE' AND a.path = 'GROUP' AND NOT EXISTS (
                SELECT 1 FROM group_mappings p
                JOIN directory_group_members l ON l.team_id = p.team_id AND l.group_id = p.group_id
                WHERE p.team_id = a.team_id AND p.group_id = a.through_id AND p.hub_id = a.hub_id
                    AND l.user_id = a.user_id)",
    },
    Invariant {
        name: "mapping-gives-access",
        sentence: "whoever is in a group has active access to every hub that it is mapped to",
        sql: "
            SELECT l.team_id, l.user_id, p.hub_id, l.group_id
            FROM group_mappings p
            JOIN directory_group_members l ON l.team_id = p.team_id AND l.group_id = p.group_id
            WHERE {team p.team_id} AND p.hub_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM product_access a
                WHERE a.team_id = p.team_id AND a.user_id = l.user_id AND a.hub_id = p.hub_id
                    AND a.path = 'GROUP' AND a.through_id = p.group_id AND a.state = 'ACTIVE')",
    },
    Invariant {
        name: "mapping-gives-its-role",
        sentence: "whoever is in a group is at least what it is mapped to",
        sql: "
            SELECT l.team_id, l.user_id, l.group_id
            FROM group_mappings p
            JOIN directory_group_members l ON l.team_id = p.team_id AND l.group_id = p.group_id
            JOIN members m ON m.team_id = l.team_id AND m.user_id = l.user_id
            JOIN teams t ON t.id = l.team_id
            WHERE {team p.team_id} AND p.role IS NOT NULL AND t.primary_admin_user_id <> l.user_id
                AND CASE m.role WHEN 'SSO_ADMIN' THEN 3 WHEN 'SECONDARY_ADMIN' THEN 2 WHEN 'MEMBER' THEN 1 ELSE 0 END
                    < CASE p.role WHEN 'SSO_ADMIN' THEN 3 WHEN 'SECONDARY_ADMIN' THEN 2 WHEN 'MEMBER' THEN 1 ELSE 0 END",
    },
    Invariant {
        name: "own-role-is-lower",
        sentence: "whose own role is remembered has a higher one, which a group of his gives",
        sql: "
            SELECT r.team_id, r.user_id
            FROM group_roles r
            LEFT JOIN members m ON m.team_id = r.team_id AND m.user_id = r.user_id AND m.remove_time IS NULL
            WHERE {team r.team_id} AND (
                m.user_id IS NULL
                OR CASE r.own_role WHEN 'SSO_ADMIN' THEN 3 WHEN 'SECONDARY_ADMIN' THEN 2 WHEN 'MEMBER' THEN 1 ELSE 0 END
                    >= CASE m.role WHEN 'SSO_ADMIN' THEN 3 WHEN 'SECONDARY_ADMIN' THEN 2 WHEN 'MEMBER' THEN 1 ELSE 0 END
                OR NOT EXISTS (
                    SELECT 1 FROM group_mappings p
                    JOIN directory_group_members l ON l.team_id = p.team_id AND l.group_id = p.group_id
                    WHERE p.team_id = r.team_id AND p.role = m.role AND l.user_id = r.user_id))",
    },
];
