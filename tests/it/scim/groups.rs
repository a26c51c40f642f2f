//! The life of a group that a directory has by SCIM.

use http::Method;
use muster::proto::{AccessPath, AccessState, ProductAccessFilter};
use serde_json::{Value, json};

use crate::{
    fixtures::team_of,
    harness::{Harness, tests},
    scim::users::{ada, called},
    web::{Answer, Scim, id},
};

tests![
    a_group_is_brought_read_changed_and_taken_away,
    a_mapped_group_gives_access_to_whoever_is_in_it,
    a_members_end_takes_him_out_of_groups,
    only_people_of_the_directory_are_in_groups,
    ids_of_groups_are_unique_and_names_are_not,
    what_a_group_is_already_is_no_change,
    etags_of_groups_say_what_was_read,
    filters_find_which_groups_they_mean,
    as_much_of_a_group_is_shown_as_is_wanted,
];

impl Scim {
    /// `POST` of a group of this name with these people.
    pub(crate) async fn group(&self, name: &str, members: &[&str]) -> Answer {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": name, "externalId": format!("of {name}"), "members": members,
        });
        self.call((Method::POST, "/Groups"), &[], &body).await
    }

    /// `PATCH` of a group with these operations.
    pub(crate) async fn change_group(&self, id: &str, operations: Value) -> Answer {
        let body = json!({"Operations": operations});
        let path = format!("/Groups/{id}");
        self.call((Method::PATCH, &path), &[], &body).await
    }
}

/// Who is in a group, by their ids, in order.
fn members(group: &Value) -> Vec<&str> {
    let members = group["members"].as_array().expect("members");
    let ids = members.iter().map(|one| one["value"].as_str());
    ids.map(|id| id.expect("an id")).collect()
}

/// Two people of a directory, in the order of their ids.
async fn two(scim: &Scim) -> [String; 2] {
    let ann = id(&scim.post(called("ann")).await.ok(201));
    let bob = id(&scim.post(called("bob")).await.ok(201));
    [ann, bob]
}

async fn a_group_is_brought_read_changed_and_taken_away(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    let [ann, bob] = two(&scim).await;
    let made = scim.group("Staff", &[&ann]).await;
    let group = id(&made.body);
    let path = format!("/Groups/{group}");
    assert_eq!(made.headers["location"], &*format!("/scim/v2{path}"));
    let version = made.body["meta"]["version"].as_str();
    assert_eq!(made.headers["etag"], version.expect("a version"));
    assert_eq!(made.body["displayName"], "Staff");
    assert_eq!(made.body["externalId"], "of Staff");
    let member = json!({
        "value": ann, "type": "User", "$ref": format!("/scim/v2/Users/{ann}"),
    });
    assert_eq!(made.body["members"], json!([member]));
    let made = made.ok(201);
    assert_eq!(scim.get(&path).await.ok(200), made);
    assert_eq!(
        scim.get("/Groups").await.ok(200)["Resources"],
        json!([made])
    );

    h.advance(chrono::TimeDelta::seconds(1));
    let both = json!([
        {"op": "Add", "path": "members", "value": [{"value": bob}, {"value": ann}]},
        {"op": "Replace", "path": "displayName", "value": "Crew"},
    ]);
    let changed = scim.change_group(&group, both).await.ok(200);
    assert_eq!(members(&changed), [&ann, &bob]);
    assert_eq!(changed["displayName"], "Crew");
    assert_ne!(
        changed["meta"]["lastModified"],
        made["meta"]["lastModified"]
    );
    let gone = json!([{"op": "Remove", "path": format!("members[value eq \"{ann}\"]")}]);
    let changed = scim.change_group(&group, gone).await.ok(200);
    assert_eq!(members(&changed), [&bob]);
    let whole = json!({"displayName": "Crew", "members": [{"value": ann}]});
    let replaced = scim.call((Method::PUT, &path), &[], &whole).await.ok(200);
    assert_eq!(members(&replaced), [&ann]);
    assert_eq!(replaced.get("externalId"), None);

    let taken = scim.call((Method::DELETE, &path), &[], &Value::Null).await;
    assert_eq!(taken.status, 204);
    scim.get(&path).await.refused(404, None);
    scim.call((Method::PUT, &path), &[], &whole)
        .await
        .refused(404, None);
    assert_eq!(scim.get("/Groups").await.ok(200)["totalResults"], 0);
    // His people stay.
    assert_eq!(scim.count("id pr").await, 2);
}

async fn a_mapped_group_gives_access_to_whoever_is_in_it(h: &Harness) {
    let team = h.led_team("acme").await;
    let (directory, token) = h.directory(&team.id).await;
    let scim = h.scim_with(&token).await;
    let [ann, bob] = two(&scim).await;
    let group = id(&scim.group("Staff", &[&ann]).await.ok(201));
    let hub = h.hub(&team.id, "acc").await;
    h.map(&h.only_group(&directory).await, &hub).await;
    let by_group = async || {
        let all = h.accesses(&team.id, ProductAccessFilter::default()).await;
        let of = |user: &str| {
            let one = all.iter().find(|one| one.user_id == user)?;
            assert_eq!((one.path(), &one.group_id), (AccessPath::Group, &group));
            Some(one.state())
        };
        [of(&ann), of(&bob)]
    };
    assert_eq!(by_group().await, [Some(AccessState::Active), None]);
    let swap = json!([
        {"op": "add", "path": "members", "value": [{"value": bob}]},
        {"op": "remove", "path": "members", "value": [{"value": ann}]},
    ]);
    scim.change_group(&group, swap).await.ok(200);
    assert_eq!(
        by_group().await,
        [Some(AccessState::Ended), Some(AccessState::Active)]
    );
    let path = format!("/Groups/{group}");
    scim.call((Method::DELETE, &path), &[], &Value::Null).await;
    assert_eq!(by_group().await, [Some(AccessState::Ended); 2]);
}

async fn a_members_end_takes_him_out_of_groups(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    let [ann, bob] = two(&scim).await;
    let made = scim.group("Staff", &[&ann, &bob]).await;
    let group = id(&made.body);
    let tag = made.headers["etag"].to_str().expect("text").to_owned();
    assert_eq!(scim.delete(&ann).await.status, 204);
    let path = format!("/Groups/{group}");
    let none = [("if-none-match", &*tag)];
    let left = scim.call((Method::GET, &path), &none, &Value::Null).await;
    assert_eq!(members(&left.ok(200)), [&bob]);
    let seen = h.groups(&h.directory_now(&team.id).await).await;
    assert_eq!(seen[0].member_count, 1);
    h.is_sound(None).await;
    // Whoever is disabled stays in his groups, as with the directory.
    let off = json!([{"op": "replace", "path": "active", "value": false}]);
    scim.patch(&bob, off).await.ok(200);
    assert_eq!(members(&scim.get(&path).await.ok(200)), [&bob]);
}

async fn only_people_of_the_directory_are_in_groups(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    let [ann, _] = two(&scim).await;
    let group = id(&scim.group("Staff", &[&ann]).await.ok(201));
    let other = h.team_from(team_of("other", "boss@other.example")).await;
    let theirs = id(&h.scim(&other.id).await.post(ada()).await.ok(201));
    let local = h.join(&team.id, "local@acme.example").await.user;
    for stranger in [&theirs, &local, &group, &h.unknown_id(), &"x".to_owned()] {
        let crew = scim.group("Crew", &[&ann, stranger]).await.ok(201);
        assert_eq!(members(&crew), [&ann]);
        let path = format!("/Groups/{}", id(&crew));
        scim.call((Method::DELETE, &path), &[], &Value::Null).await;
        let more = json!([{"op": "add", "path": "members", "value": [{"value": stranger}]}]);
        let same = scim.change_group(&group, more).await.ok(200);
        assert_eq!(members(&same), [&ann]);
    }
    h.is_sound(None).await;
    let nobody = json!({"displayName": "Crew", "members": [{"display": "Ann"}]});
    scim.call((Method::POST, "/Groups"), &[], &nobody)
        .await
        .refused(400, Some("invalidValue"));
    let nameless = json!({"members": []});
    scim.call((Method::POST, "/Groups"), &[], &nameless)
        .await
        .refused(400, Some("invalidValue"));
}

async fn ids_of_groups_are_unique_and_names_are_not(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    scim.group("Staff", &[]).await.ok(201);
    scim.group("Staff", &[])
        .await
        .refused(409, Some("uniqueness"));
    let plain = json!({"displayName": "Staff"});
    let first = scim.call((Method::POST, "/Groups"), &[], &plain).await;
    let first = id(&first.ok(201));
    let second = scim.call((Method::POST, "/Groups"), &[], &plain).await;
    assert_ne!(id(&second.ok(201)), first);
    let same = json!([{"op": "add", "path": "externalId", "value": "of Staff"}]);
    scim.change_group(&first, same)
        .await
        .refused(409, Some("uniqueness"));
}

async fn what_a_group_is_already_is_no_change(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    let [ann, bob] = two(&scim).await;
    let made = scim.group("Staff", &[&ann]).await.ok(201);
    h.advance(chrono::TimeDelta::hours(1));
    let path = format!("/Groups/{}", id(&made));
    let same = scim.call((Method::PUT, &path), &[], &made).await;
    assert_eq!(same.ok(200), made);
    let operations = json!([
        {"op": "add", "path": "members", "value": [{"value": ann}]},
        {"op": "remove", "path": "members", "value": [{"value": bob}]},
        {"op": "replace", "path": "displayName", "value": "Staff"},
    ]);
    let same = scim.change_group(&id(&made), operations).await;
    assert_eq!(same.ok(200), made);
}

async fn etags_of_groups_say_what_was_read(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    let [ann, _] = two(&scim).await;
    let made = scim.group("Staff", &[]).await;
    let path = format!("/Groups/{}", id(&made.body));
    let tag = made.headers["etag"].to_str().expect("text").to_owned();
    let none = [("if-none-match", &*tag)];
    let read = scim.call((Method::GET, &path), &none, &Value::Null).await;
    assert_eq!((read.status, &read.body), (304, &Value::Null));
    // The clock stands; who is in it makes another one of it all the same.
    let more = json!({"Operations": [{"op": "add", "path": "members", "value": [{"value": ann}]}]});
    let is = [("if-match", &*tag)];
    let first = scim.call((Method::PATCH, &path), &is, &more).await;
    assert_ne!(first.headers["etag"], &*tag);
    for (method, body) in [
        (Method::PATCH, more),
        (Method::PUT, json!({"displayName": "Crew"})),
        (Method::DELETE, Value::Null),
    ] {
        scim.call((method, &path), &is, &body)
            .await
            .refused(412, None);
    }
    scim.call((Method::GET, &path), &none, &Value::Null)
        .await
        .ok(200);
}

async fn filters_find_which_groups_they_mean(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    let [ann, bob] = two(&scim).await;
    let staff = id(&scim.group("Staff", &[&ann, &bob]).await.ok(201));
    scim.group("Crew", &[&bob]).await.ok(201);
    let plain = json!({"displayName": "100% '; --"});
    scim.call((Method::POST, "/Groups"), &[], &plain)
        .await
        .ok(201);
    for (filter, found) in [
        (format!("id eq \"{staff}\""), 1),
        ("displayName eq \"STAFF\"".to_owned(), 1),
        ("displayName co \"'; --\"".to_owned(), 1),
        ("displayName sw \"c\" or displayName sw \"s\"".to_owned(), 2),
        ("externalId eq \"of Staff\"".to_owned(), 1),
        ("externalId pr".to_owned(), 2),
        (format!("members.value eq \"{ann}\""), 1),
        (format!("members eq \"{bob}\""), 2),
        (format!("members[value eq \"{bob}\"]"), 2),
        (
            format!("members[value eq \"{ann}\" or value eq \"{bob}\"] and displayName co \"e\""),
            1,
        ),
        (format!("not (members[value eq \"{bob}\"])"), 1),
        ("members pr".to_owned(), 2),
        ("members eq null".to_owned(), 1),
        ("members.type eq \"User\"".to_owned(), 2),
        (
            "urn:ietf:params:scim:schemas:core:2.0:Group:displayName pr".to_owned(),
            3,
        ),
        ("meta.resourceType eq \"Group\"".to_owned(), 3),
        ("meta.created le \"2999-01-01T00:00:00Z\"".to_owned(), 3),
    ] {
        assert_eq!(scim.count_of("/Groups", &filter).await, found, "{filter}");
    }
    for bad in [
        "userName eq \"x\"",
        "members.value sw \"x\"",
        "members[display eq \"x\"]",
        "displayName[value eq \"x\"]",
        "meta eq \"x\"",
    ] {
        let query: String = form_urlencoded::byte_serialize(bad.as_bytes()).collect();
        let answer = scim.get(&format!("/Groups?filter={query}")).await;
        answer.refused(400, Some("invalidFilter"));
    }
    let search = json!({"filter": "displayName eq \"crew\""});
    let path = (Method::POST, "/Groups/.search");
    let found = scim.call(path, &[], &search).await.ok(200);
    assert_eq!(found["totalResults"], 1);
}

async fn as_much_of_a_group_is_shown_as_is_wanted(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    let [ann, bob] = two(&scim).await;
    let group = id(&scim.group("Staff", &[&ann, &bob]).await.ok(201));
    let path = format!("/Groups/{group}");
    let without = scim
        .get(&format!("{path}?excludedAttributes=members"))
        .await;
    let without = without.ok(200);
    assert_eq!(without.get("members"), None);
    assert_eq!(without["displayName"], "Staff");
    let only = scim.get(&format!("{path}?attributes=members.value")).await;
    assert_eq!(
        only.ok(200)["members"],
        json!([{"value": ann}, {"value": bob}])
    );
    let all = scim.get("/Groups?attributes=displayName").await.ok(200);
    let first = all["Resources"][0].as_object().expect("a group");
    assert!(first.contains_key("displayName") && !first.contains_key("members"));
}
