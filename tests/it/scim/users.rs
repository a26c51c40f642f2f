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
    etags_say_what_was_read,
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

pub(crate) fn called(name: &str) -> Value {
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
        made.body["meta"]["version"].as_str().expect("a version")
    );
    assert_eq!(made.body["userName"], "Ada@acme.example");
    assert_eq!(made.body["externalId"], "00u1");
    assert_eq!(
        made.body["emails"],
        json!([{"value": "ada@acme.example", "type": "work"}])
    );
    assert_eq!(made.body["displayName"], "Ada Lovelace");
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
    let operations = json!([
        {"op": "Replace", "path": "name.givenName", "value": "Augusta"},
        {"op": "Replace", "path": "displayName", "value": "Augusta King"},
    ]);
    let changed = scim.patch(&user, operations).await.ok(200);
    assert_eq!(
        changed["name"],
        json!({"givenName": "Augusta", "familyName": "King"})
    );
    assert_eq!(changed["userName"], "countess@acme.example");
    assert_eq!(changed["displayName"], "Augusta King");
    let shorter = json!([{"op": "remove", "path": "displayName"}]);
    let shorter = scim.patch(&user, shorter).await.ok(200);
    assert_eq!(shorter.get("displayName"), None);

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

async fn etags_say_what_was_read(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    let made = scim.post(ada()).await;
    let path = format!("/Users/{}", id(&made.body));
    let tag = made.headers["etag"].to_str().expect("text").to_owned();
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
