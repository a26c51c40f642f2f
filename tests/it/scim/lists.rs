//! How SCIM finds a directory's users: filters, pages, searches.

use http::Method;
use serde_json::{Value, json};

use crate::{
    harness::{Harness, tests},
    scim::users::{ada, called},
    web::id,
};

tests![
    filters_find_whom_they_mean,
    a_list_has_pages_and_as_much_of_each_as_is_wanted,
    a_search_asks_as_a_list_does,
    a_search_of_everything_finds_users_and_then_groups,
];

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
    let made = first["meta"]["created"].as_str().expect("a time");
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
        ("displayName pr", 1),
        ("displayName co \"LOVE\"", 1),
        ("displayName ne \"Ada Lovelace\"", 2),
        ("displayName eq null", 2),
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
        let users = list["Resources"].as_array().expect("users").clone();
        let names = users
            .iter()
            .map(|user| user["userName"].as_str().expect("a name")[..1].to_owned());
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
    let user = few["Resources"][0].as_object().expect("a user");
    assert_eq!(user.len(), 4);
    assert_eq!(user["name"], json!({"givenName": "ada"}));
    let less = scim
        .get("/Users?excludedAttributes=id,emails,NAME.familyName&count=1")
        .await
        .ok(200);
    let user = less["Resources"][0].as_object().expect("a user");
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
    let path = (Method::POST, "/Users/.search");
    let found = scim.call(path.clone(), &[], &search).await.ok(200);
    assert_eq!(found["totalResults"], 1);
    let user = found["Resources"][0].as_object();
    assert_eq!(user.expect("a user").len(), 3);
    let bad = json!({"filter": "userName"});
    let answer = scim.call(path, &[], &bad).await;
    answer.refused(400, Some("invalidFilter"));
}

async fn a_search_of_everything_finds_users_and_then_groups(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    for name in ["ada", "bob"] {
        scim.post(called(name)).await.ok(201);
    }
    for name in ["Crew", "Staff"] {
        scim.group(name, &[]).await.ok(201);
    }
    let named = async |search: Value| {
        let path = (Method::POST, "/.search");
        let found = scim.call(path, &[], &search).await.ok(200);
        let all = found["Resources"].as_array().expect("resources").clone();
        let names = all.iter().map(|one| {
            let name = one.get("userName").or_else(|| one.get("displayName"));
            name.and_then(Value::as_str).expect("a name")[..1].to_owned()
        });
        let names: String = names.collect();
        format!("{}{names}", found["totalResults"])
    };
    assert_eq!(named(json!({})).await, "4abCS");
    assert_eq!(named(json!({"count": 3})).await, "4abC");
    assert_eq!(named(json!({"startIndex": 2, "count": 2})).await, "4bC");
    assert_eq!(named(json!({"startIndex": 4})).await, "4S");
    assert_eq!(named(json!({"startIndex": 9})).await, "4");
    // What only one kind has finds only that kind.
    assert_eq!(named(json!({"filter": "userName sw \"a\""})).await, "1a");
    assert_eq!(named(json!({"filter": "members eq null"})).await, "2CS");
    assert_eq!(named(json!({"filter": "externalId pr"})).await, "2CS");
    let bad = json!({"filter": "whatever pr"});
    scim.call((Method::POST, "/.search"), &[], &bad)
        .await
        .refused(400, Some("invalidFilter"));
}
