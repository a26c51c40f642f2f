//! Invitations and their links.

use super::Invariant;

pub(super) const ALL: &[Invariant] = &[
    Invariant {
        name: "one-open-invitation",
        sentence: "nobody has two open invitations to one team",
        sql: "
            SELECT i.team_id, i.user_id
            FROM invitations i
            WHERE {team i.team_id} AND i.settlement IS NULL
            GROUP BY i.team_id, i.user_id
            HAVING count(*) > 1",
    },
    Invariant {
        name: "invited-has-an-open-invitation",
        sentence: "who is invited has an open invitation",
        sql: "
            SELECT m.team_id, m.user_id
            FROM members m
            WHERE {team m.team_id} AND m.join_time IS NULL AND m.remove_time IS NULL
                AND NOT EXISTS (
                    SELECT 1 FROM invitations i
                    WHERE i.team_id = m.team_id AND i.user_id = m.user_id AND i.settlement IS NULL)",
    },
    Invariant {
        name: "open-invitation-is-of-an-invited",
        sentence: "who has an open invitation is invited, and neither in the team nor gone from it",
        sql: "
            SELECT i.team_id, i.user_id, i.id AS invitation_id
            FROM invitations i
            JOIN members m ON m.team_id = i.team_id AND m.user_id = i.user_id
            WHERE {team i.team_id} AND i.settlement IS NULL
                AND (m.join_time IS NOT NULL OR m.remove_time IS NOT NULL)",
    },
    Invariant {
        name: "invitation-stays-in-its-team",
        sentence: "every invitation is of a membership, and whoever offers an open one has one too",
        sql: "
            SELECT i.team_id, i.user_id, i.id AS invitation_id, i.inviter_user_id
            FROM invitations i
            LEFT JOIN members m ON m.team_id = i.team_id AND m.user_id = i.user_id
            LEFT JOIN members o ON o.team_id = i.team_id AND o.user_id = i.inviter_user_id
            WHERE {team i.team_id} AND (m.user_id IS NULL
                OR (i.settlement IS NULL AND i.inviter_user_id IS NOT NULL AND o.user_id IS NULL))",
    },
    Invariant {
        name: "accepted-has-joined",
        sentence: "who accepted has joined since, or did before he was invited once more",
        sql: "
            SELECT i.team_id, i.user_id, i.id AS invitation_id
            FROM invitations i
            JOIN members m ON m.team_id = i.team_id AND m.user_id = i.user_id
            WHERE {team i.team_id} AND i.settlement = 'ACCEPTED'
                AND (m.join_time IS NULL OR m.join_time < i.settle_time) AND NOT m.joined_before",
    },
    Invariant {
        name: "accepted-is-verified",
        sentence: "who accepted has a verified account",
        sql: "
            SELECT i.team_id, i.user_id, i.id AS invitation_id
            FROM invitations i
            JOIN users u ON u.id = i.user_id
            WHERE {team i.team_id} AND i.settlement = 'ACCEPTED' AND u.verify_time IS NULL",
    },
    Invariant {
        name: "settled-has-its-time",
        sentence: "an invitation that was settled says when, and no other does",
        sql: "
            SELECT i.team_id, i.id AS invitation_id
            FROM invitations i
            WHERE {team i.team_id} AND (i.settlement IS NULL) <> (i.settle_time IS NULL)",
    },
    Invariant {
        name: "open-invitation-has-its-link",
        sentence: "the newest link of an open invitation is known, and there is none after it",
        sql: "
            SELECT i.team_id, i.id AS invitation_id
            FROM invitations i
            WHERE {team i.team_id} AND i.settlement IS NULL
                AND i.send_count <> coalesce(
                    (SELECT max(k.number) FROM invitation_tokens k WHERE k.invitation_id = i.id), 0)",
    },
    Invariant {
        name: "links-end-with-their-invitation",
        sentence: "links are kept for ever while their invitation is open, and not after it",
        sql: "
            SELECT i.team_id, i.id AS invitation_id
            FROM invitations i
            {join} invitation_tokens k
            WHERE k.invitation_id = i.id AND {team i.team_id} AND (k.settle_time IS NULL) <> (i.settlement IS NULL)",
    },
    Invariant {
        name: "link-is-of-an-invitation",
        sentence: "every link is of an invitation",
        sql: "
            SELECT k.invitation_id
            FROM invitation_tokens k
            LEFT JOIN invitations i ON i.id = k.invitation_id
            WHERE i.id IS NULL",
    },
];
