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
    Invariant {
        name: "primary-admin-may-sign-in",
        sentence: "the account of a team's primary admin is neither disabled nor erased",
        sql: "
            SELECT t.id AS team_id, u.id AS user_id
            FROM teams t
            JOIN users u ON u.id = t.primary_admin_user_id
            WHERE {team t.id} AND t.delete_time IS NULL
                AND (u.disable_time IS NOT NULL OR u.delete_time IS NOT NULL)",
    },
    Invariant {
        name: "erased-is-nowhere",
        sentence: "who was erased is in no team, and disabled",
        sql: "
            SELECT m.team_id, m.user_id
            FROM members m
            JOIN users u ON u.id = m.user_id
            WHERE {team m.team_id} AND u.delete_time IS NOT NULL
                AND (m.remove_time IS NULL OR u.disable_time IS NULL)",
    },
    Invariant {
        name: "one-change-of-address",
        sentence: "nobody has two open changes of his address",
        sql: "
            SELECT m.team_id, m.user_id
            FROM members m
            WHERE {team m.team_id} AND (
                SELECT count(*) FROM email_changes c WHERE c.user_id = m.user_id AND c.settlement IS NULL) > 1",
    },
    Invariant {
        name: "change-of-address-ends-once",
        sentence: "a change of an address that was settled says when and keeps no new address, and an open one has it",
        sql: "
            SELECT m.team_id, m.user_id, c.id AS email_change_id
            FROM members m
            {join} email_changes c
            WHERE c.user_id = m.user_id AND {team m.team_id}
                AND ((c.settlement IS NULL) <> (c.settle_time IS NULL)
                    OR (c.settlement IS NULL) <> (c.email IS NOT NULL))",
    },
    Invariant {
        name: "changes-of-address-are-hashes",
        sentence: "of the link that confirms an address only its hash is kept, of 32 bytes",
        sql: "
            SELECT m.team_id, m.user_id, c.id AS email_change_id
            FROM members m
            {join} email_changes c
            WHERE c.user_id = m.user_id AND {team m.team_id} AND length(c.hash) <> 32",
    },
    // Its time may pass meanwhile: then the letter is given up when it is due.
    Invariant {
        name: "confirming-letter-has-its-change",
        sentence: "a letter that is to confirm an address waits only while it can, and has its token sealed",
        sql: "
            SELECT o.user_id, o.id AS letter_id, o.email_change_id
            FROM outbox o
            LEFT JOIN email_changes c ON c.id = o.email_change_id AND c.user_id = o.user_id
            WHERE o.email_change_id IS NOT NULL AND o.settle_time IS NULL AND o.sealed_token IS NOT NULL
                AND (c.id IS NULL OR c.settlement IN ('CONFIRMED', 'SUPERSEDED') OR length(o.sealed_token) < 62)",
    },
];
