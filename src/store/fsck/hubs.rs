//! Hubs with their admins, their projects and whoever is in them.

use super::Invariant;

pub(super) const ALL: &[Invariant] = &[
    Invariant {
        name: "hub-is-of-a-product",
        sentence: "every hub is of a team and of a product",
        sql: "
            SELECT h.team_id, h.id AS hub_id
            FROM hubs h
            LEFT JOIN teams t ON t.id = h.team_id
            LEFT JOIN products p ON p.id = h.product_id
            WHERE {team h.team_id} AND (t.id IS NULL OR p.id IS NULL)",
    },
    Invariant {
        name: "hub-admin-stays-in-its-team",
        sentence: "a hub's admins have memberships in its team",
        sql: "
            SELECT a.team_id, a.hub_id, a.user_id
            FROM hub_admins a
            LEFT JOIN hubs h ON h.team_id = a.team_id AND h.id = a.hub_id
            LEFT JOIN members m ON m.team_id = a.team_id AND m.user_id = a.user_id
            WHERE {team a.team_id} AND (h.id IS NULL OR m.user_id IS NULL)",
    },
    Invariant {
        name: "hub-admin-is-in-the-team",
        sentence: "nobody is a hub's admin once the membership has ended",
        sql: "
            SELECT a.team_id, a.hub_id, a.user_id
            FROM hub_admins a
            JOIN members m ON m.team_id = a.team_id AND m.user_id = a.user_id
            WHERE {team a.team_id} AND m.remove_time IS NOT NULL",
    },
    Invariant {
        name: "project-stays-in-its-team",
        sentence: "every project is in a hub of its team",
        sql: "
            SELECT p.team_id, p.hub_id, p.id AS project_id
            FROM projects p
            LEFT JOIN hubs h ON h.team_id = p.team_id AND h.id = p.hub_id
            WHERE {team p.team_id} AND h.id IS NULL",
    },
    Invariant {
        name: "project-member-stays-in-its-team",
        sentence: "whoever is in a project has a membership in its team",
        sql: "
            SELECT l.team_id, l.hub_id, l.project_id, l.user_id
            FROM project_members l
            LEFT JOIN projects p ON p.team_id = l.team_id AND p.hub_id = l.hub_id AND p.id = l.project_id
            LEFT JOIN members m ON m.team_id = l.team_id AND m.user_id = l.user_id
            WHERE {team l.team_id} AND (p.id IS NULL OR m.user_id IS NULL)",
    },
    Invariant {
        name: "project-member-is-in-the-team",
        sentence: "nobody is in a project once the membership has ended",
        sql: "
            SELECT l.team_id, l.hub_id, l.project_id, l.user_id
            FROM project_members l
            JOIN members m ON m.team_id = l.team_id AND m.user_id = l.user_id
            WHERE {team l.team_id} AND m.remove_time IS NOT NULL",
    },
    Invariant {
        name: "place-gives-access",
        sentence: "whoever is in a project has access through it",
        sql: "
            SELECT l.team_id, l.hub_id, l.project_id, l.user_id
            FROM project_members l
            WHERE {team l.team_id} AND NOT EXISTS (
                SELECT 1 FROM product_access a
                WHERE a.team_id = l.team_id AND a.user_id = l.user_id AND a.hub_id = l.hub_id
                    AND a.path = 'PROJECT' AND a.through_id = l.project_id AND a.state = 'ACTIVE')",
    },
];
