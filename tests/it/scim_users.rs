//! The life of a user whom a directory manages by SCIM.

use http::Method;
use muster::proto::{MemberDisabledReason, MemberSource, MemberState, Role};
use serde_json::{Value, json};

use crate::{
    fixtures::team_of,
    harness::{Harness, tests},
    web::id,
};

tests![
    a_user_is_brought_read_changed_and_taken_out,
    a_user_is_disabled_by_the_directory_and_by_it_alone,
    what_a_change_does_not_change_is_no_change,
    whoever_was_taken_out_comes_back,
    names_and_ids_of_a_directory_are_unique,
    a_member_is_taken_over_only_within_the_teams_domains,
    an_account_of_others_is_not_adopted,
    an_address_moves_only_where_it_may,
    the_primary_admin_is_taken_over_and_never_disabled_or_taken_out,
    etags_say_what_was_read,
    filters_find_whom_they_mean,
    a_list_has_pages_and_as_much_of_each_as_is_wanted,
    a_search_asks_as_a_list_does,
    another_directorys_users_are_not_found,
];

/// A user as Entra sends one.
pub(crate) fn ada() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "externalId": "00u1",
        "userName": "Ada@acme.example",
        "active": true,
        "displayName": "Ada Lovelace",
        "name": {"formatted": "Ada Lovelace", "givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"primary": true, "type": "work", "value": "ada@acme.example"}]
    })
}

fn called(name: &str) -> Value {
    json!({"userName": format!("{name}@acme.example"), "name": {"givenName": name, "familyName": "X"}})
}

async fn a_user_is_brought_read_changed_and_taken_out(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    let made = scim.post(ada()).await;
    let user = id(&made.body);
    let location = format!("/scim/v2/Users/{user}");
    assert_eq!(made.headers["location"], &*location);
    assert_eq!(made.body["meta"]["location"], location);
    assert_eq!(
        made.headers["etag"],
        made.body["meta"]["version"].as_str().unwrap()
    );
    assert_eq!(made.body["userName"], "Ada@acme.example");
    assert_eq!(made.body["externalId"], "00u1");
    assert_eq!(
        made.body["emails"],
        json!([{"value": "ada@acme.example", "type": "work"}])
    );
    assert_eq!(made.body.get("displayName"), None);
    let made = made.ok(201);
    assert_eq!(scim.get(&format!("/Users/{user}")).await.ok(200), made);
    let member = h.member(&team.id, &user).await;
    assert_eq!(
        (member.state(), member.role(), member.source()),
        (MemberState::Active, Role::Member, MemberSource::Directory)
    );
    // Nobody is told: whoever signs in knows.
    assert!(h.deliver().await.is_empty());

    let mut changed = ada();
    changed["name"]["familyName"] = "King".into();
    changed["userName"] = "countess@acme.example".into();
    let changed = scim.put(&user, changed).await.ok(200);
    assert_eq!(changed["name"]["familyName"], "King");
    assert_eq!(h.user(&user).await.family_name, "King");
    let operations = json!([{"op": "Replace", "path": "name.givenName", "value": "Augusta"}]);
    let changed = scim.patch(&user, operations).await.ok(200);
    assert_eq!(
        changed["name"],
        json!({"givenName": "Augusta", "familyName": "King"})
    );
    assert_eq!(changed["userName"], "countess@acme.example");

    assert_eq!(scim.delete(&user).await.status, 204);
    scim.delete(&user).await.refused(404, None);
    scim.get(&format!("/Users/{user}")).await.refused(404, None);
    scim.put(&user, ada()).await.refused(404, None);
    assert_eq!(
        h.member(&team.id, &user).await.state(),
        MemberState::Removed
    );
}

async fn a_user_is_disabled_by_the_directory_and_by_it_alone(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    let user = id(&scim.post(ada()).await.ok(201));
    let off = json!([{"op": "Replace", "path": "active", "value": "False"}]);
    assert_eq!(scim.patch(&user, off).await.ok(200)["active"], false);
    let member = h.member(&team.id, &user).await;
    assert_eq!(member.state(), MemberState::Disabled);
    assert_eq!(
        member.disabled_reasons,
        [i32::from(MemberDisabledReason::Directory)]
    );
    assert_eq!(scim.count("active eq false").await, 1);
    let on = json!([{"op": "replace", "value": {"active": true}}]);
    assert_eq!(scim.patch(&user, on).await.ok(200)["active"], true);
    assert_eq!(h.member(&team.id, &user).await.state(), MemberState::Active);
    let mut inactive = called("bob");
    inactive["active"] = false.into();
    let bob = id(&scim.post(inactive).await.ok(201));
    assert_eq!(
        h.member(&team.id, &bob).await.state(),
        MemberState::Disabled
    );
}

async fn what_a_change_does_not_change_is_no_change(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    let made = scim.post(ada()).await.ok(201);
    h.advance(chrono::TimeDelta::hours(1));
    let same = scim.put(&id(&made), ada()).await.ok(200);
    assert_eq!(same, made);
    let operations = json!([{"op": "add", "path": "active", "value": true}]);
    assert_eq!(scim.patch(&id(&made), operations).await.ok(200), made);
}

async fn whoever_was_taken_out_comes_back(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    let user = id(&scim.post(ada()).await.ok(201));
    scim.delete(&user).await;
    let again = scim.post(ada()).await.ok(201);
    assert_eq!(id(&again), user);
    assert_eq!(h.member(&team.id, &user).await.state(), MemberState::Active);
}

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

async fn etags_say_what_was_read(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    let made = scim.post(ada()).await;
    let path = format!("/Users/{}", id(&made.body));
    let tag = made.headers["etag"].to_str().unwrap().to_owned();
    let none = [("if-none-match", &*tag)];
    let read = scim.call((Method::GET, &path), &none, &Value::Null).await;
    assert_eq!((read.status, &read.body), (304, &Value::Null));
    let is = [("if-match", &*tag)];
    let mut king = ada();
    king["name"]["familyName"] = "King".into();
    let first = scim.call((Method::PUT, &path), &is, &king).await;
    assert_ne!(first.headers["etag"], &*tag);
    first.ok(200);
    for method in [Method::PUT, Method::DELETE] {
        scim.call((method, &path), &is, &ada())
            .await
            .refused(412, None);
    }
    let off = json!({"Operations": [{"op": "replace", "path": "active", "value": false}]});
    scim.call((Method::PATCH, &path), &is, &off)
        .await
        .refused(412, None);
    let read = scim.call((Method::GET, &path), &none, &Value::Null).await;
    read.ok(200);
    let any = scim.call((Method::DELETE, &path), &[("if-match", "*")], &Value::Null);
    assert_eq!(any.await.status, 204);
}

async fn filters_find_whom_they_mean(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    let first = scim.post(ada()).await.ok(201);
    let mut odd = called("bo_b%");
    odd["externalId"] = "1'; --".into();
    odd["userName"] = "bo_b%".into();
    odd["emails"] = json!([{"value": "bob@acme.example"}]);
    h.advance(chrono::TimeDelta::hours(1));
    scim.post(odd).await.ok(201);
    scim.post(called("carol")).await.ok(201);
    let own = format!("id eq \"{}\"", id(&first));
    let made = first["meta"]["created"].as_str().unwrap();
    let (since, after) = (
        format!("meta.created ge \"{made}\""),
        format!("meta.lastModified gt \"{made}\""),
    );
    for (filter, found) in [
        (&*own, 1),
        ("not (id eq \"x\")", 3),
        ("userName eq \"ada@ACME.example\"", 1),
        ("userName ne \"ada@acme.example\"", 2),
        ("userName co \"_\"", 1),
        ("userName co \"%\"", 1),
        ("userName sw \"BO\"", 1),
        ("userName ew \"b%\"", 1),
        (
            "userName ew \"a very much longer text than any of them has\"",
            0,
        ),
        ("userName gt \"b\"", 2),
        ("userName le \"ada@acme.example\"", 1),
        (
            "name.givenName eq \"ADA\" and name.familyName sw \"love\"",
            1,
        ),
        ("externalId eq \"00u1\"", 1),
        ("externalId eq \"00U1\"", 0),
        ("externalId eq \"1'; --\"", 1),
        ("externalId sw \"00\"", 1),
        ("externalId ne \"00u1\"", 2),
        ("not (externalId ne \"00u1\")", 1),
        ("externalId eq null", 1),
        ("externalId pr", 2),
        ("emails.value eq \"BOB@acme.example\"", 1),
        ("emails[type eq \"work\" and value co \"@acme\"]", 3),
        ("emails[type eq \"home\"]", 0),
        ("emails[type eq \"work\"].value eq \"bob@acme.example\"", 1),
        (
            "active eq true and (userName sw \"a\" or userName sw \"c\")",
            2,
        ),
        ("title pr", 0),
        (
            "schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\"",
            3,
        ),
        (&since, 3),
        (&after, 2),
    ] {
        assert_eq!(scim.count(filter).await, found, "{filter}");
    }
    for bad in ["userName", "whatever eq 1", "active gt true"] {
        let query: String = form_urlencoded::byte_serialize(bad.as_bytes()).collect();
        let answer = scim.get(&format!("/Users?filter={query}")).await;
        answer.refused(400, Some("invalidFilter"));
    }
}

async fn a_list_has_pages_and_as_much_of_each_as_is_wanted(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    for name in ["ada", "bob", "carol"] {
        scim.post(called(name)).await.ok(201);
    }
    let all = scim.get("/Users").await.ok(200);
    assert_eq!(
        (
            &all["totalResults"],
            &all["itemsPerPage"],
            &all["startIndex"]
        ),
        (&json!(3), &json!(3), &json!(1))
    );
    let names = async |query: &str| {
        let list = scim.get(&format!("/Users?{query}")).await.ok(200);
        assert_eq!(list["totalResults"], 3, "{query}");
        let users = list["Resources"].as_array().unwrap().clone();
        let names = users
            .iter()
            .map(|user| user["userName"].as_str().unwrap()[..1].to_owned());
        names.collect::<String>()
    };
    assert_eq!(names("startIndex=2&count=1").await, "b");
    assert_eq!(names("startIndex=-4&count=2").await, "ab");
    assert_eq!(names("startIndex=3").await, "c");
    assert_eq!(names("startIndex=4").await, "");
    assert_eq!(names("count=0").await, "");
    assert_eq!(names("count=-1").await, "");
    assert_eq!(
        names("count=9223372036854775807&startIndex=9223372036854775807").await,
        ""
    );
    scim.get("/Users?count=many")
        .await
        .refused(400, Some("invalidValue"));

    let few = scim
        .get("/Users?attributes=userName,name.givenName&count=1")
        .await
        .ok(200);
    let user = few["Resources"][0].as_object().unwrap();
    assert_eq!(user.len(), 4);
    assert_eq!(user["name"], json!({"givenName": "ada"}));
    let less = scim
        .get("/Users?excludedAttributes=id,emails,NAME.familyName&count=1")
        .await
        .ok(200);
    let user = less["Resources"][0].as_object().unwrap();
    assert!(user.contains_key("id") && !user.contains_key("emails"));
    assert_eq!(user["name"], json!({"givenName": "ada"}));
}

async fn a_search_asks_as_a_list_does(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    scim.post(ada()).await.ok(201);
    scim.post(called("bob")).await.ok(201);
    let search = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": "userName sw \"ada\"", "startIndex": 1, "count": 5, "attributes": ["userName"]
    });
    for path in ["/Users/.search", "/.search"] {
        let found = scim.call((Method::POST, path), &[], &search).await.ok(200);
        assert_eq!(found["totalResults"], 1);
        assert_eq!(found["Resources"][0].as_object().unwrap().len(), 3);
    }
    let bad = json!({"filter": "userName"});
    let answer = scim.call((Method::POST, "/.search"), &[], &bad).await;
    answer.refused(400, Some("invalidFilter"));
}

async fn another_directorys_users_are_not_found(h: &Harness) {
    let (one, two) = (
        h.led_team("acme").await,
        h.team_from(team_of("other", "boss@other.example")).await,
    );
    let (mine, theirs) = (h.scim(&one.id).await, h.scim(&two.id).await);
    let user = id(&mine.post(ada()).await.ok(201));
    theirs
        .get(&format!("/Users/{user}"))
        .await
        .refused(404, None);
    theirs.put(&user, ada()).await.refused(404, None);
    theirs
        .patch(
            &user,
            json!([{"op": "replace", "path": "active", "value": false}]),
        )
        .await
        .refused(404, None);
    theirs.delete(&user).await.refused(404, None);
    assert_eq!(theirs.count("id pr").await, 0);
    assert_eq!(theirs.count("userName eq \"ada@acme.example\"").await, 0);
    // Nor whom the own team has by another way.
    mine.get(&format!("/Users/{}", one.admin))
        .await
        .refused(404, None);
    mine.delete(&one.admin).await.refused(404, None);
    for id in ["", "x", &user.to_uppercase()] {
        let path = format!("/Users/{id}");
        if !id.is_empty() {
            mine.get(&path).await.refused(404, None);
        }
    }
    assert_eq!(
        mine.get(&format!("/Users/{user}")).await.ok(200)["active"],
        true
    );
}
