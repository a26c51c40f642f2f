//! Whose account a directory may have by SCIM, and what it may make of it.

use muster::proto::{MemberSource, MemberState, Role};
use serde_json::json;

use crate::{
    fixtures::team_of,
    harness::{Harness, tests},
    scim::users::{ada, called},
    web::id,
};

tests![
    names_and_ids_of_a_directory_are_unique,
    a_member_is_taken_over_only_within_the_teams_domains,
    an_account_of_others_is_not_adopted,
    an_address_moves_only_where_it_may,
    what_is_refused_in_part_is_refused_as_a_whole,
    the_primary_admin_is_taken_over_and_never_disabled_or_taken_out,
];

async fn names_and_ids_of_a_directory_are_unique(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    let first = id(&scim.post(ada()).await.ok(201));
    scim.post(ada()).await.refused(409, Some("uniqueness"));
    let mut same_name = called("bob");
    same_name["userName"] = "ADA@ACME.EXAMPLE".into();
    same_name["emails"] = json!([{"value": "bob@acme.example"}]);
    scim.post(same_name.clone())
        .await
        .refused(409, Some("uniqueness"));
    let mut same_address = called("bob");
    same_address["emails"] = json!([{"value": "ADA@acme.example"}]);
    scim.post(same_address)
        .await
        .refused(409, Some("uniqueness"));
    let mut same_id = called("bob");
    same_id["externalId"] = "00u1".into();
    scim.post(same_id.clone())
        .await
        .refused(409, Some("uniqueness"));
    // Ids, unlike names, are what they are to the letter.
    same_id["externalId"] = "00U1".into();
    let second = id(&scim.post(same_id).await.ok(201));
    assert_ne!(first, second);
    let taken = json!([{"op": "replace", "path": "userName", "value": "ada@acme.example"}]);
    scim.patch(&second, taken)
        .await
        .refused(409, Some("uniqueness"));
    // Two without an id are two.
    scim.post(called("carol")).await.ok(201);
    scim.post(called("dora")).await.ok(201);
    assert_eq!(scim.count("externalId pr").await, 2);
}

async fn a_member_is_taken_over_only_within_the_teams_domains(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    let member = h.join(&team.id, "ada@acme.example").await;
    let refusal = scim.post(ada()).await.refused(409, Some("uniqueness"));
    assert!(!refusal.to_string().contains(&member.user));
    assert_eq!(scim.count("id pr").await, 0);
    h.own_domain(&team.id, "acme.example").await;
    let made = scim.post(ada()).await.ok(201);
    assert_eq!(id(&made), member.user);
    let taken = h.member(&team.id, &member.user).await;
    assert_eq!(taken.source(), MemberSource::Directory);
    assert_eq!(h.user(&member.user).await.given_name, "Ada");
}

async fn an_account_of_others_is_not_adopted(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    let other = h.team_from(team_of("other", "boss@other.example")).await;
    h.join(&other.id, "ada@acme.example").await;
    scim.post(ada()).await.refused(409, Some("uniqueness"));
    // Nor does a managed person become somebody else.
    let bob = id(&scim.post(called("bob")).await.ok(201));
    let moved = json!([{"op": "replace", "path": "emails", "value": "ada@acme.example"}]);
    scim.patch(&bob, moved)
        .await
        .refused(409, Some("uniqueness"));
    assert_eq!(h.user(&bob).await.email, "bob@acme.example");
}

async fn an_address_moves_only_where_it_may(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    // Nobody has proved to be him, and nobody else has him.
    let user = id(&scim.post(ada()).await.ok(201));
    let to = |address: &str| json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": address}]);
    scim.patch(&user, to("ada@else.example")).await.ok(200);
    assert_eq!(h.user(&user).await.email, "ada@else.example");
    h.own_domain(&team.id, "acme.example").await;
    scim.patch(&user, to("ada@acme.example")).await.ok(200);
    assert!(h.user(&user).await.verify_time.is_some());
    // Somebody has now.
    scim.patch(&user, to("ada@else.example"))
        .await
        .refused(409, Some("uniqueness"));
    scim.patch(&user, to("countess@acme.example")).await.ok(200);
    assert_eq!(h.user(&user).await.email, "countess@acme.example");
    assert_eq!(scim.count("emails eq \"COUNTESS@acme.example\"").await, 1);
}

async fn what_is_refused_in_part_is_refused_as_a_whole(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    h.own_domain(&team.id, "acme.example").await;
    let made = scim.post(ada()).await.ok(201);
    let user = id(&made);
    // Whether he may sign in is the directory's to say in any case; a sync says so, and a call is done as a whole or not at all.
    let both = json!([
        {"op": "replace", "path": "active", "value": false},
        {"op": "replace", "path": "emails", "value": "ada@else.example"},
    ]);
    scim.patch(&user, both)
        .await
        .refused(409, Some("uniqueness"));
    scim.post(called("bob")).await.ok(201);
    let mut taken = ada();
    taken["active"] = false.into();
    taken["userName"] = "countess".into();
    taken["emails"] = json!([{"value": "bob@acme.example"}]);
    scim.put(&user, taken)
        .await
        .refused(409, Some("uniqueness"));
    assert_eq!(scim.get(&format!("/Users/{user}")).await.ok(200), made);
}

async fn the_primary_admin_is_taken_over_and_never_disabled_or_taken_out(h: &Harness) {
    let team = h.team_from(team_of("acme", "boss@acme.example")).await;
    h.accept(&team.token).await.expect("the link");
    h.own_domain(&team.id, "acme.example").await;
    let scim = h.scim(&team.id).await;
    let mut boss = called("boss");
    boss["active"] = false.into();
    scim.post(boss.clone()).await.refused(403, None);
    boss["active"] = true.into();
    let made = scim.post(boss.clone()).await.ok(201);
    assert_eq!(id(&made), team.admin);
    boss["active"] = false.into();
    scim.put(&team.admin, boss).await.refused(403, None);
    let off = json!([{"op": "replace", "path": "active", "value": false}]);
    scim.patch(&team.admin, off).await.refused(403, None);
    scim.delete(&team.admin).await.refused(403, None);
    let member = h.member(&team.id, &team.admin).await;
    assert_eq!(
        (member.state(), member.role()),
        (MemberState::Active, Role::PrimaryAdmin)
    );
}
