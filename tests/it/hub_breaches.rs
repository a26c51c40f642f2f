//! One way, or more, to break each invariant of hubs and of access.

/// As those of people: each with what it breaks, first what it is about.
pub(crate) const CASES: &[(&[&str], &str)] = &[
    (
        &["hub-is-of-a-product"],
        "UPDATE hubs SET product_id = 'x' WHERE id = {hub};
         UPDATE product_access SET product_id = 'x', rule_valid_from = NULL WHERE hub_id = {hub}",
    ),
    (
        &["hub-admin-stays-in-its-team"],
        "UPDATE hub_admins SET user_id = {other_joe} WHERE team_id = {team}",
    ),
    (
        &["hub-admin-stays-in-its-team"],
        "UPDATE hub_admins SET hub_id = {other_hub} WHERE team_id = {team}",
    ),
    (
        &["hub-admin-is-in-the-team"],
        "UPDATE hub_admins SET user_id = {dan} WHERE team_id = {team}",
    ),
    (
        &[
            "project-stays-in-its-team",
            "project-member-stays-in-its-team",
        ],
        "UPDATE projects SET hub_id = {other_hub} WHERE team_id = {team}",
    ),
    (
        &["project-member-stays-in-its-team"],
        "UPDATE project_members SET project_id = {other_project} WHERE team_id = {team};
         UPDATE product_access SET through_id = {other_project} WHERE team_id = {team} AND path = 'PROJECT'",
    ),
    (
        &[
            "project-member-stays-in-its-team",
            "access-stays-in-its-team",
        ],
        "UPDATE project_members SET user_id = {other_joe} WHERE team_id = {team};
         UPDATE product_access SET user_id = {other_joe} WHERE team_id = {team} AND path = 'PROJECT'",
    ),
    (
        &[
            "project-member-is-in-the-team",
            "access-is-of-who-is-in-the-team",
        ],
        "UPDATE project_members SET user_id = {dan} WHERE team_id = {team};
         UPDATE product_access SET user_id = {dan} WHERE team_id = {team} AND path = 'PROJECT'",
    ),
    (
        &["place-gives-access"],
        "UPDATE product_access SET state = 'ENDED', end_time = 1 WHERE team_id = {team} AND path = 'PROJECT'",
    ),
    (
        &["place-gives-access"],
        "DELETE FROM product_access WHERE team_id = {team} AND path = 'PROJECT'",
    ),
    (
        &["access-stays-in-its-team"],
        "UPDATE product_access SET hub_id = {other_hub}, through_id = {other_hub}
         WHERE team_id = {team} AND path = 'DIRECT'",
    ),
    (
        &["access-stays-in-its-team"],
        "UPDATE product_access SET user_id = {other_joe} WHERE team_id = {team} AND path = 'DIRECT' AND state = 'ACTIVE'",
    ),
    (
        &["access-stays-in-its-team"],
        "UPDATE product_access SET granter_user_id = {other_joe} WHERE team_id = {team}",
    ),
    (
        &["one-access-a-path"],
        "INSERT INTO product_access SELECT * FROM product_access WHERE team_id = {team} AND path = 'PROJECT'",
    ),
    (
        &["access-is-to-its-hubs-product"],
        "UPDATE product_access SET product_id = 'fusion' WHERE team_id = {team} AND state = 'ACTIVE'",
    ),
    (
        &["access-is-to-its-hubs-product"],
        "UPDATE product_access SET through_id = {project} WHERE team_id = {team} AND path = 'DIRECT'",
    ),
    (
        &["access-is-of-who-is-in-the-team"],
        "UPDATE product_access SET state = 'ACTIVE', end_time = NULL, residual_time = NULL, rule_valid_from = NULL
         WHERE team_id = {team}",
    ),
    (
        &["access-ends-with-its-place"],
        "DELETE FROM project_members WHERE team_id = {team}",
    ),
    (
        &["access-has-its-times"],
        "UPDATE product_access SET end_time = NULL WHERE team_id = {team} AND state = 'REMAINS'",
    ),
    (
        &["access-has-its-times"],
        "UPDATE product_access SET end_time = 1 WHERE team_id = {team} AND state = 'ACTIVE'",
    ),
    (
        &["access-has-its-times"],
        "UPDATE product_access SET state = 'ENDED' WHERE team_id = {team} AND state = 'REMAINS'",
    ),
    (
        &["access-has-its-times"],
        "UPDATE product_access SET residual_time = NULL WHERE team_id = {team} AND state = 'REMAINS'",
    ),
    (
        &["access-has-its-times"],
        "UPDATE product_access SET state = 'REPORTED' WHERE team_id = {team} AND state = 'REMAINS'",
    ),
    (
        &["access-has-its-times"],
        "UPDATE product_access SET rule_valid_from = 0 WHERE team_id = {team} AND state = 'ACTIVE'",
    ),
    (
        &["rule-is-of-the-product"],
        "UPDATE product_access SET rule_valid_from = 7 WHERE team_id = {team} AND state = 'REMAINS'",
    ),
];
