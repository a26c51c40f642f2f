//! One way, or more, to break each invariant.

/// Each with what it breaks, first what it is about. What is said in brackets shows in the whole database only.
pub(crate) const CASES: &[(&[&str], &str)] = &[
    (
        &["primary-admin-is-in-the-team"],
        "UPDATE teams SET primary_admin_user_id = {stranger} WHERE id = {team}",
    ),
    (
        &["primary-admin-is-in-the-team"],
        "UPDATE teams SET primary_admin_user_id = {dan} WHERE id = {team}",
    ),
    (
        &["primary-admin-is-in-the-team"],
        "UPDATE members SET disabled_by_admin = true WHERE team_id = {team} AND user_id = {boss}",
    ),
    (
        &[
            "deleted-team-is-empty",
            "directory-is-of-a-team",
            "domain-is-of-a-team",
            "sso-connection-is-of-a-team",
        ],
        "UPDATE teams SET delete_time = 1 WHERE id = {team}",
    ),
    (
        &["only-the-team-names-its-primary-admin"],
        "UPDATE members SET role = 'PRIMARY_ADMIN' WHERE team_id = {team} AND user_id = {joe}",
    ),
    (
        &["one-membership"],
        "INSERT INTO members SELECT * FROM members WHERE team_id = {team} AND user_id = {dan}",
    ),
    (
        &["membership-is-of-somebody"],
        "DELETE FROM users WHERE id = {dan}",
    ),
    (
        &["end-has-its-reason"],
        "UPDATE members SET removal = NULL WHERE team_id = {team} AND user_id = {dan}",
    ),
    (
        &["role-stays-in-its-team"],
        "UPDATE member_roles SET role_id = {other_role} WHERE team_id = {team}",
    ),
    (
        &["role-stays-in-its-team"],
        "UPDATE member_roles SET user_id = {other_joe} WHERE team_id = {team}",
    ),
    (
        &["removed-hold-no-role"],
        "INSERT INTO member_roles VALUES ({team}, {dan}, {role})",
    ),
    (
        &["one-open-invitation"],
        "INSERT INTO invitations SELECT * FROM invitations WHERE id = {offer}",
    ),
    (
        &["invited-has-an-open-invitation"],
        "UPDATE invitations SET settlement = 'REVOKED', settle_time = 1 WHERE id = {offer};
         UPDATE invitation_tokens SET settle_time = 1 WHERE invitation_id = {offer}",
    ),
    (
        &["open-invitation-is-of-an-invited"],
        "UPDATE members SET join_time = 1 WHERE team_id = {team} AND user_id = {ann}",
    ),
    (
        &["open-invitation-is-of-an-invited"],
        "UPDATE members SET remove_time = 1, removal = 'REVOKED' WHERE team_id = {team} AND user_id = {ann}",
    ),
    (
        &["invitation-stays-in-its-team"],
        "UPDATE invitations SET inviter_user_id = {other_joe} WHERE id = {offer}",
    ),
    (
        &["invitation-stays-in-its-team", "(letter-stays-in-its-team)"],
        "UPDATE invitations SET user_id = {other_joe} WHERE id = {declined}",
    ),
    (
        &["accepted-has-joined"],
        "UPDATE members SET join_time = 1 WHERE team_id = {team} AND user_id = {joe}",
    ),
    (
        &["accepted-has-joined", "invited-has-an-open-invitation"],
        "UPDATE members SET join_time = NULL WHERE team_id = {team} AND user_id = {joe}",
    ),
    (
        &["accepted-is-verified", "who-signs-in-is-verified"],
        "UPDATE users SET verify_time = NULL WHERE id = {joe};
         UPDATE members SET verified = false WHERE user_id = {joe}",
    ),
    (
        &["settled-has-its-time"],
        "UPDATE invitations SET settle_time = NULL WHERE id = {declined}",
    ),
    (
        &["open-invitation-has-its-link"],
        "DELETE FROM invitation_tokens WHERE invitation_id = {offer}",
    ),
    (
        &["open-invitation-has-its-link"],
        "UPDATE invitation_tokens SET number = 2 WHERE invitation_id = {offer}",
    ),
    (
        &["links-end-with-their-invitation"],
        "UPDATE invitation_tokens SET settle_time = 1 WHERE invitation_id = {offer}",
    ),
    (
        &["links-end-with-their-invitation"],
        "UPDATE invitation_tokens SET settle_time = NULL WHERE invitation_id = {declined}",
    ),
    (
        &["(link-is-of-an-invitation)"],
        "UPDATE invitation_tokens SET invitation_id = {stranger} WHERE invitation_id = {declined}",
    ),
    (
        &["open-invitation-is-delivered"],
        "UPDATE invitations SET delivery_state = 'CANCELLED' WHERE id = {offer}",
    ),
    (
        &["open-invitation-is-delivered"],
        "UPDATE invitations SET delivery_state = 'CANCELLED' WHERE team_id = {team} AND import_id = 'march';
         UPDATE outbox SET state = 'CANCELLED', settle_time = 1, sealed_token = NULL
         WHERE team_id = {team} AND import_id = 'march'",
    ),
    (
        &["waiting-invitation-has-its-letter"],
        "DELETE FROM outbox WHERE invitation_id = {waiting}",
    ),
    (
        &["waiting-invitation-has-its-letter"],
        "UPDATE outbox SET sealed_token = NULL WHERE invitation_id = {waiting}",
    ),
    (
        &["waiting-invitation-has-its-letter"],
        "UPDATE outbox SET state = 'HELD' WHERE invitation_id = {waiting}",
    ),
    (
        &["waiting-letter-has-its-invitation"],
        "UPDATE invitations SET delivery_state = 'SENT' WHERE id = {waiting}",
    ),
    (
        &["settled-invitation-waits-for-nothing"],
        "UPDATE invitations SET delivery_state = 'QUEUED' WHERE id = {declined}",
    ),
    (
        &["one-waiting-letter"],
        "INSERT INTO outbox SELECT * FROM outbox WHERE invitation_id = {waiting}",
    ),
    (
        &["letter-stays-in-its-team"],
        "UPDATE outbox SET user_id = {boss} WHERE invitation_id = {waiting}",
    ),
    (
        &["letter-is-to-a-member"],
        "UPDATE outbox SET invitation_id = NULL, user_id = {other_joe} WHERE invitation_id = {offer}",
    ),
    (
        &["letter-is-to-a-member"],
        "UPDATE outbox SET invitation_id = {stranger} WHERE invitation_id = {offer}",
    ),
    (
        &["no-letter-waits-for-who-is-gone"],
        "UPDATE outbox SET invitation_id = NULL, settle_time = NULL, state = 'QUEUED' WHERE invitation_id = {declined}",
    ),
    (
        &["letter-ends-once"],
        "UPDATE outbox SET invitation_id = NULL, settle_time = NULL WHERE invitation_id = {offer}",
    ),
    (
        &["no-token-is-kept"],
        "UPDATE outbox SET sealed_token = {seal} WHERE invitation_id = {offer}",
    ),
    (
        &["seals-are-seals"],
        "UPDATE outbox SET sealed_token = {token} WHERE invitation_id = {waiting}",
    ),
    (
        &["links-are-hashes"],
        "UPDATE invitation_tokens SET hash = {token} WHERE invitation_id = {offer}",
    ),
    (
        &["keys-are-hashes"],
        "UPDATE api_keys SET hash = {token}, team_id = {team}",
    ),
    (
        &["import-has-its-results"],
        "DELETE FROM import_results WHERE team_id = {team} AND row_number = 2",
    ),
    (
        &["import-has-its-results"],
        "UPDATE import_results SET row_number = 5 WHERE team_id = {team} AND row_number = 1",
    ),
    (
        &["import-has-its-results"],
        "UPDATE import_results SET row_number = 1 WHERE team_id = {team} AND row_number = 2",
    ),
    (
        &["import-has-its-results"],
        "DELETE FROM import_results WHERE team_id = {team}",
    ),
    (
        &["result-is-of-an-import"],
        "DELETE FROM imports WHERE team_id = {team}",
    ),
    (
        &["result-is-of-an-import"],
        "UPDATE import_results SET first_row = 3 WHERE team_id = {team} AND first_row = 1",
    ),
    (
        &["result-stays-in-its-team"],
        "UPDATE import_results SET invitation_id = NULL, user_id = {other_joe}
         WHERE team_id = {team} AND row_number = 1",
    ),
    (
        &["result-stays-in-its-team"],
        "UPDATE import_results SET invitation_id = {offer} WHERE team_id = {team} AND row_number = 1",
    ),
    (
        &["one-account"],
        "UPDATE users SET email_normal = (SELECT email_normal FROM users WHERE id = {joe}) WHERE id = {ann};
         UPDATE members SET email_key = (SELECT email_normal FROM users WHERE id = {joe}) WHERE user_id = {ann}",
    ),
    (
        &["copies-agree"],
        "UPDATE members SET name_key = 'x' WHERE team_id = {team} AND user_id = {joe}",
    ),
    (
        &["copies-agree"],
        "UPDATE members SET email_key = 'x' WHERE team_id = {team} AND user_id = {dan}",
    ),
    (
        &["verified-agrees"],
        "UPDATE members SET verified = false WHERE team_id = {team} AND user_id = {joe}",
    ),
    (
        &["verified-agrees"],
        "UPDATE members SET verified = true WHERE team_id = {team} AND user_id = {ann}",
    ),
    (
        &["primary-admin-may-sign-in"],
        "UPDATE users SET disable_time = 1 WHERE id = {boss}",
    ),
    (
        &["erased-is-nowhere"],
        "UPDATE users SET delete_time = 1, disable_time = 1 WHERE id = {joe}",
    ),
    (
        &["erased-is-nowhere"],
        "UPDATE users SET delete_time = 1 WHERE id = {dan}",
    ),
    (
        &["one-change-of-address"],
        "INSERT INTO email_changes SELECT * FROM email_changes WHERE user_id = {joe}",
    ),
    (
        &["change-of-address-ends-once"],
        "UPDATE email_changes SET settle_time = 1 WHERE user_id = {joe}",
    ),
    (
        &["change-of-address-ends-once"],
        "UPDATE email_changes SET email = NULL WHERE user_id = {joe}",
    ),
    (
        &["changes-of-address-are-hashes"],
        "UPDATE email_changes SET hash = {token} WHERE user_id = {joe}",
    ),
    (
        &["(confirming-letter-has-its-change)"],
        "UPDATE email_changes SET settlement = 'SUPERSEDED', settle_time = 1, email = NULL WHERE user_id = {joe}",
    ),
    (
        &["(confirming-letter-has-its-change)"],
        "UPDATE outbox SET sealed_token = {token} WHERE user_id = {joe} AND sealed_token IS NOT NULL",
    ),
];
