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
        sentence: "a mapping is of a group to a hub, both of its team",
        sql: "
            SELECT p.team_id, p.group_id, p.id AS mapping_id, p.hub_id
            FROM group_mappings p
            LEFT JOIN directory_groups g ON g.team_id = p.team_id AND g.id = p.group_id
            LEFT JOIN hubs h ON h.team_id = p.team_id AND h.id = p.hub_id
            WHERE {team p.team_id} AND (g.id IS NULL OR h.id IS NULL)",
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
            WHERE {team p.team_id} AND NOT EXISTS (
                SELECT 1 FROM product_access a
                WHERE a.team_id = p.team_id AND a.user_id = l.user_id AND a.hub_id = p.hub_id
                    AND a.path = 'GROUP' AND a.through_id = p.group_id AND a.state = 'ACTIVE')",
    },
];
