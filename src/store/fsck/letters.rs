//! Letters, and the secrets that they and others leave behind. No index leads from a team to all of its letters, only to those that
//! no import caused, by their time: that it was later than 1970 tells SQLite to take it.

use super::Invariant;

pub(super) const ALL: &[Invariant] = &[
    Invariant {
        name: "open-invitation-is-delivered",
        sentence: "the letter of an open invitation is held, queued, sent or failed; with an import whose letters were never released it went",
        sql: "
            SELECT i.team_id, i.id AS invitation_id
            FROM invitations i
            WHERE {team i.team_id} AND i.settlement IS NULL AND i.delivery_state = 'CANCELLED'
                AND (i.import_id IS NULL OR EXISTS (
                    SELECT 1 FROM import_results r
                    WHERE r.team_id = i.team_id AND r.import_id = i.import_id AND r.invitation_id = i.id))",
    },
    Invariant {
        name: "waiting-invitation-has-its-letter",
        sentence: "an open invitation whose letter is held or queued has that letter, with its link",
        sql: "
            SELECT i.team_id, i.id AS invitation_id
            FROM invitations i
            WHERE {team i.team_id} AND i.settlement IS NULL AND i.delivery_state IN ('HELD', 'QUEUED')
                AND NOT EXISTS (
                    SELECT 1 FROM outbox o
                    WHERE o.invitation_id = i.id AND o.settle_time IS NULL AND o.state = i.delivery_state
                        AND o.sealed_token IS NOT NULL)",
    },
    Invariant {
        name: "waiting-letter-has-its-invitation",
        sentence: "a letter waits only for an invitation that waits for it",
        sql: "
            SELECT i.team_id, i.id AS invitation_id, o.id AS letter_id
            FROM invitations i
            {join} outbox o
            WHERE o.invitation_id = i.id AND {team i.team_id} AND o.settle_time IS NULL
                AND (i.settlement IS NOT NULL OR i.delivery_state NOT IN ('HELD', 'QUEUED'))",
    },
    Invariant {
        name: "settled-invitation-waits-for-nothing",
        sentence: "no letter is to come to an invitation that was settled",
        sql: "
            SELECT i.team_id, i.id AS invitation_id
            FROM invitations i
            WHERE {team i.team_id} AND i.settlement IS NOT NULL AND i.delivery_state IN ('HELD', 'QUEUED')",
    },
    Invariant {
        name: "one-waiting-letter",
        sentence: "no two letters wait for one invitation",
        sql: "
            SELECT i.team_id, i.id AS invitation_id
            FROM invitations i
            WHERE {team i.team_id} AND (
                SELECT count(*) FROM outbox o WHERE o.invitation_id = i.id AND o.settle_time IS NULL) > 1",
    },
    Invariant {
        name: "letter-stays-in-its-team",
        sentence: "a letter about an invitation goes to whom it invites, in the team that does",
        sql: "
            SELECT i.team_id, i.id AS invitation_id, o.id AS letter_id, o.team_id AS letter_team_id
            FROM invitations i
            {join} outbox o
            WHERE o.invitation_id = i.id AND {team i.team_id} AND {narrow o.settle_time IS NULL}
                AND (o.team_id IS NULL OR o.team_id <> i.team_id OR o.user_id <> i.user_id)",
    },
    Invariant {
        name: "letter-is-to-a-member",
        sentence: "a team writes only to whom it knows, about what there is",
        sql: "
            SELECT o.team_id, o.user_id, o.invitation_id, o.id AS letter_id
            FROM outbox o
            LEFT JOIN members m ON m.team_id = o.team_id AND m.user_id = o.user_id
            LEFT JOIN invitations i ON i.id = o.invitation_id
            WHERE {team o.team_id} AND {narrow o.import_id IS NULL AND o.create_time > 0}
                AND ((o.team_id IS NOT NULL AND m.user_id IS NULL)
                    OR (o.invitation_id IS NOT NULL AND i.id IS NULL))",
    },
    Invariant {
        name: "no-letter-waits-for-who-is-gone",
        sentence: "no letter of a team waits for somebody who is not in it any more",
        sql: "
            SELECT o.team_id, o.user_id, o.id AS letter_id
            FROM outbox o
            JOIN members m ON m.team_id = o.team_id AND m.user_id = o.user_id
            WHERE {team o.team_id} AND {narrow o.import_id IS NULL AND o.create_time > 0}
                AND o.settle_time IS NULL AND m.remove_time IS NOT NULL",
    },
    Invariant {
        name: "letter-ends-once",
        sentence: "a letter that was sent, failed or was cancelled says when, and no other does",
        sql: "
            SELECT o.team_id, o.id AS letter_id
            FROM outbox o
            WHERE {team o.team_id} AND {narrow o.import_id IS NULL AND o.create_time > 0}
                AND (o.settle_time IS NULL) <> (o.state IN ('HELD', 'QUEUED'))",
    },
    Invariant {
        name: "no-token-is-kept",
        sentence: "only a letter that is held or queued has a token, sealed",
        sql: "
            SELECT o.team_id, o.id AS letter_id
            FROM outbox o
            WHERE {team o.team_id} AND {narrow o.import_id IS NULL AND o.create_time > 0}
                AND NOT (o.sealed_token IS NULL OR o.state IN ('HELD', 'QUEUED'))",
    },
    // The shortest seal: a byte, a key's name of one letter, a nonce of 12 bytes, the token's 32, a tag of 16. A token is
    // shorter in either of its forms.
    Invariant {
        name: "seals-are-seals",
        sentence: "no letter has its token in clear",
        sql: "
            SELECT o.team_id, o.id AS letter_id
            FROM invitations i
            {join} outbox o
            WHERE o.invitation_id = i.id AND {team i.team_id} AND o.settle_time IS NULL AND length(o.sealed_token) < 62",
    },
    Invariant {
        name: "links-are-hashes",
        sentence: "of a link only its hash is kept, of 32 bytes",
        sql: "
            SELECT i.team_id, i.id AS invitation_id
            FROM invitations i
            {join} invitation_tokens k
            WHERE k.invitation_id = i.id AND {team i.team_id} AND length(k.hash) <> 32",
    },
    Invariant {
        name: "keys-are-hashes",
        sentence: "of an API key only its hash is kept, of 32 bytes",
        sql: "
            SELECT k.team_id, k.id AS key_id
            FROM api_keys k
            WHERE {team k.team_id}
                AND NOT (length(k.hash) = 32 OR (length(k.hash) = 0 AND length(k.limited_hash) = 32))",
    },
];
