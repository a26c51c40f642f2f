//! Imports and their results.

use super::Invariant;

pub(super) const ALL: &[Invariant] = &[
    Invariant {
        name: "import-has-its-results",
        sentence: "an import of n rows has n results, numbered from 1 to n",
        sql: "
            SELECT i.team_id, i.import_id
            FROM imports i
            LEFT JOIN import_results r ON r.team_id = i.team_id AND r.import_id = i.import_id
            WHERE {team i.team_id}
            GROUP BY i.team_id, i.import_id, i.row_count
            HAVING count(r.row_number) <> i.row_count
                OR (i.row_count > 0 AND (count(DISTINCT r.row_number) <> i.row_count
                    OR min(r.row_number) <> 1 OR max(r.row_number) <> i.row_count))",
    },
    Invariant {
        name: "result-is-of-an-import",
        sentence: "every result is of an import, and a doubled row names an earlier one",
        sql: "
            SELECT r.team_id, r.import_id
            FROM import_results r
            LEFT JOIN imports i ON i.team_id = r.team_id AND i.import_id = r.import_id
            WHERE {team r.team_id} AND (i.import_id IS NULL OR r.first_row < 1 OR r.first_row >= r.row_number)",
    },
    Invariant {
        name: "result-stays-in-its-team",
        sentence: "whom and what a result names is of its team",
        sql: "
            SELECT r.team_id, r.import_id, r.user_id, r.invitation_id
            FROM import_results r
            LEFT JOIN members m ON m.team_id = r.team_id AND m.user_id = r.user_id
            LEFT JOIN invitations i ON i.id = r.invitation_id
            WHERE {team r.team_id} AND ((r.user_id IS NOT NULL AND m.user_id IS NULL)
                OR (r.invitation_id IS NOT NULL
                    AND (i.id IS NULL OR i.team_id <> r.team_id OR i.user_id <> r.user_id)))",
    },
];
