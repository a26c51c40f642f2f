//! Accounts, and what memberships copy from them. A replica of an older version changes accounts and leaves the copies to
//! housekeeping: what it has not come to yet is not wrong.

use super::Invariant;

pub(super) const ALL: &[Invariant] = &[
    Invariant {
        name: "one-account",
        sentence: "no two accounts have one address",
        sql: "
            SELECT m.team_id, u.id AS user_id, o.id AS other_user_id
            FROM members m
            JOIN users u ON u.id = m.user_id
            JOIN users o ON o.email_normal = u.email_normal AND o.id <> u.id
            WHERE {team m.team_id}",
    },
    Invariant {
        name: "copies-agree",
        sentence: "by what a member is found is what his account says",
        sql: "
            SELECT m.team_id, m.user_id
            FROM members m
            JOIN users u ON u.id = m.user_id
            WHERE {team m.team_id} AND u.copy_time = u.update_time AND m.name_key IS NOT NULL
                AND (m.name_key <> u.name_key OR m.family_key <> u.family_key
                    OR m.email_key IS NULL OR m.email_key <> u.email_normal)",
    },
    Invariant {
        name: "verified-agrees",
        sentence: "a member is listed as verified if his account is",
        sql: "
            SELECT m.team_id, m.user_id
            FROM members m
            JOIN users u ON u.id = m.user_id
            WHERE {team m.team_id} AND u.copy_time = u.update_time AND m.name_key IS NOT NULL
                AND m.verified <> (u.verify_time IS NOT NULL)",
    },
];
