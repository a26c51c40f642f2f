//! Who has access to which hub. Paths that a later version knows are its own matter.

use super::Invariant;

pub(super) const ALL: &[Invariant] = &[
    Invariant {
        name: "access-stays-in-its-team",
        sentence: "an access is to a hub of its team, of somebody with a membership there, and given by one",
        sql: "
            SELECT a.team_id, a.user_id, a.hub_id, a.id AS access_id, a.granter_user_id
            FROM product_access a
            LEFT JOIN hubs h ON h.team_id = a.team_id AND h.id = a.hub_id
            LEFT JOIN members m ON m.team_id = a.team_id AND m.user_id = a.user_id
            LEFT JOIN members g ON g.team_id = a.team_id AND g.user_id = a.granter_user_id
            WHERE {team a.team_id} AND (h.id IS NULL OR m.user_id IS NULL
                OR (a.granter_user_id IS NOT NULL AND g.user_id IS NULL))",
    },
    Invariant {
        name: "one-access-a-path",
        sentence: "nobody has two accesses by one path",
        sql: "
            SELECT a.team_id, a.user_id, a.hub_id, a.through_id
            FROM product_access a
            WHERE {team a.team_id}
            GROUP BY a.team_id, a.user_id, a.hub_id, a.path, a.through_id
            HAVING count(*) > 1",
    },
    Invariant {
        name: "access-is-to-its-hubs-product",
        sentence: "an access is to the product of its hub, and one of somebody's own goes through the hub itself",
        sql: "
            SELECT a.team_id, a.user_id, a.hub_id, a.id AS access_id
            FROM product_access a
            JOIN hubs h ON h.team_id = a.team_id AND h.id = a.hub_id
            WHERE {team a.team_id} AND (a.product_id <> h.product_id
                OR (a.path = 'DIRECT' AND a.through_id <> a.hub_id))",
    },
    Invariant {
        name: "access-is-of-who-is-in-the-team",
        sentence: "nobody has access that is active once the membership has ended",
        sql: "
            SELECT a.team_id, a.user_id, a.hub_id, a.id AS access_id
            FROM product_access a
            JOIN members m ON m.team_id = a.team_id AND m.user_id = a.user_id
            WHERE {team a.team_id} AND a.state = 'ACTIVE' AND m.remove_time IS NOT NULL",
    },
    Invariant {
        name: "access-ends-with-its-place",
        sentence: "access through a project is active only while the person is in it",
        sql: "
            SELECT a.team_id, a.user_id, a.hub_id, a.through_id, a.id AS access_id
            FROM product_access a
            WHERE {team a.team_id} AND a.state = 'ACTIVE' AND a.path = 'PROJECT' AND NOT EXISTS (
                SELECT 1 FROM project_members l
                WHERE l.team_id = a.team_id AND l.hub_id = a.hub_id AND l.project_id = a.through_id
                    AND l.user_id = a.user_id)",
    },
    Invariant {
        name: "access-has-its-times",
        sentence: "an access that is not active says since when, one that is residual says since when, and one that was reported when",
        sql: "
            SELECT a.team_id, a.user_id, a.hub_id, a.id AS access_id
            FROM product_access a
            WHERE {team a.team_id} AND ((a.end_time IS NULL) <> (a.state = 'ACTIVE')
                OR (a.residual_time IS NULL) <> (a.state IN ('ACTIVE', 'ENDED'))
                OR (a.state = 'REPORTED' AND a.report_time IS NULL)
                OR (a.state = 'ACTIVE' AND (a.report_time IS NOT NULL OR a.rule_valid_from IS NOT NULL)))",
    },
    Invariant {
        name: "rule-is-of-the-product",
        sentence: "the rule that decided about an access is one of its product",
        sql: "
            SELECT a.team_id, a.user_id, a.hub_id, a.id AS access_id
            FROM product_access a
            LEFT JOIN removal_rules r ON r.product_id = a.product_id AND r.valid_from = a.rule_valid_from
            WHERE {team a.team_id} AND a.rule_valid_from IS NOT NULL AND r.product_id IS NULL",
    },
];
