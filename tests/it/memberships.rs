//! What other services ask: who is a member, and what he may do.

use muster::{
    proto::{
        BatchCheckMembershipsRequest, CheckMembershipRequest, CheckMembershipResponse, Role,
        TestPermissionsRequest,
    },
    store::Reads,
};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use tonic::Code;

use crate::{
    fixtures::{NewTeam, invitation_of},
    harness::{Harness, tests},
    refusals::Outcome,
};

tests![
    only_who_joined_is_a_member_and_his_role_is_told,
    a_team_or_person_that_does_not_exist_has_no_membership,
    many_are_answered_in_the_order_asked_by_one_statement,
    a_thousand_may_be_asked_about_and_no_more,
    a_check_reads_its_index,
    a_person_asks_about_himself_and_admins_about_their_team,
    what_somebody_may_do_is_told_before_he_tries,
    permissions_that_do_not_exist_are_named,
];

fn pair(team: &str, user: &str) -> CheckMembershipRequest {
    CheckMembershipRequest {
        team_id: team.to_owned(),
        user_id: user.to_owned(),
    }
}

fn answer(role: Option<Role>) -> CheckMembershipResponse {
    CheckMembershipResponse {
        active: role.is_some(),
        role: role.unwrap_or_default().into(),
    }
}

async fn check(h: &Harness, team: &str, user: &str) -> CheckMembershipResponse {
    let asked = h.teams().check_membership(pair(team, user)).await;
    asked.answered()
}

/// Everybody that there is in a team: an active one of each role, somebody invited and somebody gone.
async fn crew(h: &Harness, team: &NewTeam) -> Vec<(String, Option<Role>)> {
    h.accept(&team.token).await.answered();
    let mut crew = vec![(team.admin.clone(), Some(Role::PrimaryAdmin))];
    for role in [
        Role::SecondaryAdmin,
        Role::SsoAdmin,
        Role::Member,
        Role::Guest,
    ] {
        let email = format!("{}@acme.example", role.as_str_name().to_lowercase());
        let mut request = invitation_of(&team.id, &email);
        request.set_role(role);
        let invited = h.invite_from(request).await;
        h.accept(&invited.token).await.answered();
        crew.push((invited.user, Some(role)));
    }
    let invited = h.invite(&team.id, "invited@acme.example").await;
    let gone = h.invite(&team.id, "gone@acme.example").await;
    h.decline(&gone.token).await;
    crew.extend([(invited.user, None), (gone.user, None)]);
    crew
}

async fn only_who_joined_is_a_member_and_his_role_is_told(h: &Harness) {
    let team = h.team("acme").await;
    assert_eq!(check(h, &team.id, &team.admin).await, answer(None));
    for (user, role) in crew(h, &team).await {
        assert_eq!(check(h, &team.id, &user).await, answer(role), "{role:?}");
    }
}

async fn a_team_or_person_that_does_not_exist_has_no_membership(h: &Harness) {
    let team = h.team("acme").await;
    h.accept(&team.token).await.answered();
    let other = h.team("other").await;
    let nobody = h.unknown_id();
    for (team, user) in [
        (&nobody, &team.admin),
        (&team.id, &nobody),
        (&other.id, &team.admin),
    ] {
        assert_eq!(check(h, team, user).await, answer(None));
    }
}

async fn many_are_answered_in_the_order_asked_by_one_statement(h: &Harness) {
    let team = h.team("acme").await;
    let crew = crew(h, &team).await;
    // Twice each, and once more from behind: who is asked about twice is answered twice.
    let order = crew.iter().chain(crew.iter().rev());
    let checks: Vec<_> = order
        .clone()
        .map(|(user, _)| pair(&team.id, user))
        .collect();
    let expected: Vec<_> = order.map(|(_, role)| answer(*role)).collect();
    let ask = async |checks: &[CheckMembershipRequest]| {
        let checks = checks.to_vec();
        let request = BatchCheckMembershipsRequest { checks };
        h.teams()
            .batch_check_memberships(request)
            .await
            .answered()
            .results
    };
    let cost = async |checks: &[CheckMembershipRequest]| {
        h.ctx.store.record();
        ask(checks).await;
        let sent = h.ctx.store.recorded();
        let members = sent.iter().filter(|one| one.sql.contains("members"));
        members.count()
    };
    assert_eq!(ask(&checks).await, expected);
    assert_eq!((cost(&checks[..1]).await, cost(&checks).await), (1, 1));
}

async fn a_thousand_may_be_asked_about_and_no_more(h: &Harness) {
    let team = h.team("acme").await;
    h.accept(&team.token).await.answered();
    let ask = async |count: usize| {
        let mut checks = vec![pair(&team.id, &h.unknown_id()); count];
        if let Some(last) = checks.last_mut() {
            last.user_id.clone_from(&team.admin);
        }
        let request = BatchCheckMembershipsRequest { checks };
        h.teams().batch_check_memberships(request).await
    };
    let results = ask(1_000).await.answered().results;
    assert_eq!(results.len(), 1_000);
    assert_eq!(results.last(), Some(&answer(Some(Role::PrimaryAdmin))));
    assert_eq!(results.iter().filter(|one| one.active).count(), 1);
    ask(1_001).await.invalid(&[("checks", "TOO_MANY")]);
    ask(0).await.invalid(&[("checks", "REQUIRED")]);
    let request = BatchCheckMembershipsRequest {
        checks: vec![pair(&team.id, &team.admin), pair("x", "")],
    };
    let answer = h.teams().batch_check_memberships(request).await;
    answer.invalid(&[
        ("checks[1].team_id", "MALFORMED"),
        ("checks[1].user_id", "REQUIRED"),
    ]);
}

/// What the database says of the very statement that the call sends: every table by its key.
async fn a_check_reads_its_index(h: &Harness) {
    let team = h.team("acme").await;
    h.ctx.store.record();
    check(h, &team.id, &team.admin).await;
    let sent = h.ctx.store.recorded();
    let asked = sent.into_iter().find(|one| one.sql.contains("wanted"));
    let mut asked = asked.expect("the statement");
    let db = h.ctx.store.connection();
    let plan = if asked.db_backend == DbBackend::Sqlite {
        asked.sql = format!("EXPLAIN QUERY PLAN {}", asked.sql);
        let rows = db.query_all_raw(asked).await.expect("a plan");
        let rows = rows.iter().map(|row| row.try_get("", "detail"));
        rows.collect::<Result<Vec<String>, _>>()
    } else {
        // A table of a few rows is read whole by whoever is not told better.
        let off = "SET enable_seqscan = off";
        db.execute_raw(Statement::from_string(DbBackend::Postgres, off))
            .await
            .expect("a setting");
        asked.sql = format!("EXPLAIN {}", asked.sql);
        let rows = db.query_all_raw(asked).await.expect("a plan");
        let rows = rows.iter().map(|row| row.try_get("", "QUERY PLAN"));
        rows.collect()
    };
    let plan = plan.expect("lines").join("\n");
    for table in ["members", "teams", "users"] {
        let scans = [format!("SCAN {table}\n"), format!("Seq Scan on {table}")];
        let whole = scans.iter().any(|scan| format!("{plan}\n").contains(scan));
        assert!(!whole && plan.contains(table), "{table}: {plan}");
    }
}

async fn a_person_asks_about_himself_and_admins_about_their_team(h: &Harness) {
    let team = h.team("acme").await;
    h.accept(&team.token).await.answered();
    let other = h.team("other").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let bob = h.join(&team.id, "bob@acme.example").await.user;

    let own = h
        .teams_as(&ann)
        .check_membership(pair(&team.id, &ann))
        .await;
    assert_eq!(own.answered(), answer(Some(Role::Member)));
    let others = h
        .teams_as(&ann)
        .check_membership(pair(&team.id, &bob))
        .await;
    others.denied("members.check");
    let theirs = h
        .teams_as(&team.admin)
        .check_membership(pair(&team.id, &bob))
        .await;
    assert_eq!(theirs.answered(), answer(Some(Role::Member)));
    h.teams_as(&team.admin)
        .check_membership(pair(&other.id, &other.admin))
        .await
        .refused(Code::NotFound, "TEAM_NOT_FOUND");

    let mixed = BatchCheckMembershipsRequest {
        checks: vec![pair(&team.id, &bob), pair(&other.id, &bob)],
    };
    let answer = h.teams_as(&team.admin).batch_check_memberships(mixed).await;
    answer.invalid(&[("checks[1].team_id", "EXCLUSIVE")]);
}

async fn what_somebody_may_do_is_told_before_he_tries(h: &Harness) {
    let team = h.team("acme").await;
    let asked = [
        "members.invite",
        "admins.grant",
        "sso_admins.grant",
        "primary.transfer",
        "seats.update",
    ];
    for (user, role) in crew(h, &team).await {
        let request = TestPermissionsRequest {
            team_id: team.id.clone(),
            actor_user_id: user,
            permissions: asked.map(str::to_owned).to_vec(),
        };
        let held = h.teams().test_permissions(request).await.answered();
        let expected = match role {
            Some(Role::PrimaryAdmin) => &asked[..4],
            Some(Role::SsoAdmin) => &asked[..3],
            Some(Role::SecondaryAdmin) => &asked[..2],
            _ => &[],
        };
        assert_eq!(held.permissions, expected, "{role:?}");
    }
}

async fn permissions_that_do_not_exist_are_named(h: &Harness) {
    let team = h.team("acme").await;
    let ask = async |permissions: &[&str]| {
        let request = TestPermissionsRequest {
            team_id: team.id.clone(),
            actor_user_id: team.admin.clone(),
            permissions: permissions.iter().map(|&one| one.to_owned()).collect(),
        };
        h.teams().test_permissions(request).await
    };
    let unknown = ask(&["members.invite", "members.fly"]).await;
    unknown.invalid(&[("permissions[1]", "UNKNOWN_VALUE")]);
    ask(&[]).await.invalid(&[("permissions", "REQUIRED")]);
    ask(&["team.read"; 101])
        .await
        .invalid(&[("permissions", "TOO_MANY")]);
}
