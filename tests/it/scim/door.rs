//! Who gets in where directories come in, what everybody is told there, and how bad requests end.

use http::Method;
use muster::{config::Settings, proto::RotateDirectoryTokenRequest};
use serde_json::{Value, json};

use crate::{
    harness::{Harness, tests},
    races::at_once,
    refusals::Outcome,
    scim::users::ada,
    web::id,
};

tests![
    without_a_directorys_token_nobody_gets_in,
    a_rotated_token_gets_nobody_in,
    a_team_without_the_plan_changes_nothing,
    a_directory_that_calls_too_often_is_told_when_it_may with forty,
    bad_tokens_are_looked_up_at_a_rate with few_new,
    what_we_can_do_is_told,
    what_cannot_be_read_is_refused_as_scim_says,
    of_users_brought_at_once_one_is_there,
];

fn forty(settings: &mut Settings) {
    settings.calls.calls_per_second = 1;
    settings.calls.calls_burst = 40;
}

fn few_new(settings: &mut Settings) {
    settings.calls.new_credentials_per_second = 1;
    settings.calls.new_credentials_burst = 4;
}

async fn without_a_directorys_token_nobody_gets_in(h: &Harness) {
    let team = h.led_team("acme").await;
    let (_, token) = h.directory(&team.id).await;
    let mut scim = h.scim_with(&token).await;
    scim.get("/Users").await.ok(200);
    let mut other = token.clone();
    other.pop();
    other.push(if token.ends_with('A') { 'E' } else { 'A' });
    for bad in [
        Some("mdt_".to_owned()),
        Some(h.key().to_owned()),
        Some(other),
        None,
    ] {
        let is_given = bad.is_some();
        scim.token = bad;
        for path in ["/Users", "/ServiceProviderConfig", "/whatever"] {
            let answer = scim.get(path).await;
            let asked = answer.headers["www-authenticate"].to_str().expect("text");
            assert!(asked.starts_with("Bearer"), "{asked}");
            assert_eq!(asked.contains("invalid_token"), is_given);
            answer.refused(401, None);
        }
    }
}

async fn a_rotated_token_gets_nobody_in(h: &Harness) {
    let team = h.led_team("acme").await;
    let (directory, token) = h.directory(&team.id).await;
    let scim = h.scim_with(&token).await;
    scim.get("/Users").await.ok(200);
    let rotate = RotateDirectoryTokenRequest {
        team_id: team.id.clone(),
        directory_id: directory.id,
        ..RotateDirectoryTokenRequest::default()
    };
    let rotated = h
        .directories()
        .rotate_directory_token(rotate)
        .await
        .answered();
    scim.get("/Users").await.refused(401, None);
    h.scim_with(&rotated.token)
        .await
        .get("/Users")
        .await
        .ok(200);
}

async fn a_team_without_the_plan_changes_nothing(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    let user = id(&scim.post(ada()).await.ok(201));
    h.set_team(&team.id, "entitlements", |wanted| {
        wanted.entitlements.clear();
    })
    .await;
    scim.post(ada()).await.refused(403, None);
    scim.delete(&user).await.refused(403, None);
}

async fn a_directory_that_calls_too_often_is_told_when_it_may(h: &Harness) {
    let team = h.led_team("acme").await;
    let (_, token) = h.directory(&team.id).await;
    let scim = h.scim_with(&token).await;
    // Keys and directories have rates of their own.
    for _ in 0..40 {
        scim.get("/Users").await.ok(200);
    }
    let refused = scim.get("/Users").await;
    assert_eq!(refused.headers["retry-after"], "1");
    refused.refused(429, None);
    h.advance(chrono::TimeDelta::seconds(1));
    scim.get("/Users").await.ok(200);
}

async fn bad_tokens_are_looked_up_at_a_rate(h: &Harness) {
    let team = h.led_team("acme").await;
    let (_, token) = h.directory(&team.id).await;
    let good = h.scim_with(&token).await;
    good.get("/Users").await.ok(200);
    let mut statuses = Vec::new();
    for number in 0..6 {
        let bad = h.scim_with(&format!("mdt_{number}")).await;
        let answer = bad.get("/Users").await;
        if answer.status == 429 {
            assert!(answer.headers.contains_key("retry-after"));
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses, [401, 401, 401, 429, 429, 429]);
    // Whoever was in stays in.
    good.get("/Users").await.ok(200);
}

async fn what_we_can_do_is_told(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    let config = scim.get("/ServiceProviderConfig").await.ok(200);
    for (feature, is_there) in [
        ("patch", true),
        ("filter", true),
        ("etag", true),
        ("bulk", false),
        ("sort", false),
    ] {
        assert_eq!(config[feature]["supported"], is_there, "{feature}");
    }
    let types = scim.get("/ResourceTypes").await.ok(200);
    assert_eq!(
        types["Resources"][0],
        scim.get("/ResourceTypes/User").await.ok(200)
    );
    let schemas = scim.get("/Schemas").await.ok(200);
    let user = "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User";
    assert_eq!(schemas["Resources"][0], scim.get(user).await.ok(200));
    scim.get("/Schemas/other").await.refused(404, None);
    assert_eq!(
        types["Resources"][1],
        scim.get("/ResourceTypes/Group").await.ok(200)
    );
    let group = "/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group";
    assert_eq!(schemas["Resources"][1], scim.get(group).await.ok(200));
    scim.get("/ResourceTypes/Device").await.refused(404, None);
    for path in ["/Me", "/Bulk"] {
        let answer = scim.call((Method::POST, path), &[], &Value::Null).await;
        answer.refused(501, None);
    }
    scim.get("/Schemas?filter=id%20pr").await.refused(403, None);
    scim.call((Method::POST, "/Schemas"), &[], &Value::Null)
        .await
        .refused(405, None);
}

async fn what_cannot_be_read_is_refused_as_scim_says(h: &Harness) {
    let team = h.led_team("acme").await;
    let scim = h.scim(&team.id).await;
    scim.get("/whatever").await.refused(404, None);
    scim.post(json!("{"))
        .await
        .refused(400, Some("invalidSyntax"));
    scim.post(json!([]))
        .await
        .refused(400, Some("invalidSyntax"));
    scim.post(json!({"userName": "ada"}))
        .await
        .refused(400, Some("invalidValue"));
    scim.post(json!({"userName": 1}))
        .await
        .refused(400, Some("invalidValue"));
    let nested = "[".repeat(200_000);
    scim.post(json!(nested))
        .await
        .refused(400, Some("invalidSyntax"));
    let large = json!({"userName": "a".repeat(1024 * 1024)});
    scim.post(large).await.refused(413, None);
    let user = id(&scim.post(ada()).await.ok(201));
    for (operations, kind) in [
        (json!([{"op": "remove"}]), "noTarget"),
        (
            json!([{"op": "replace", "path": "x y", "value": 1}]),
            "invalidPath",
        ),
        (
            json!([{"op": "replace", "path": "id", "value": "x"}]),
            "mutability",
        ),
        (
            json!([{"op": "replace", "path": "active", "value": "x"}]),
            "invalidValue",
        ),
        (
            json!([{"op": "replace", "path": "userName", "value": "a\u{0}b"}]),
            "invalidValue",
        ),
        (json!([{"op": "x"}]), "invalidSyntax"),
    ] {
        scim.patch(&user, operations).await.refused(400, Some(kind));
    }
    // All or nothing.
    let half = json!([
        {"op": "replace", "path": "name.familyName", "value": "King"},
        {"op": "replace", "path": "active", "value": "x"}
    ]);
    scim.patch(&user, half)
        .await
        .refused(400, Some("invalidValue"));
    assert_eq!(h.user(&user).await.family_name, "Lovelace");
}

async fn of_users_brought_at_once_one_is_there(h: &Harness) {
    let team = h.led_team("acme").await;
    let (_, token) = h.directory(&team.id).await;
    let scim = h.scim_with(&token).await;
    let mut callers = Vec::new();
    for _ in 0..8 {
        callers.push(std::sync::Arc::new(h.scim_with(&token).await));
    }
    let answers = at_once(8, |number| {
        let caller = std::sync::Arc::clone(&callers[number]);
        async move { caller.post(ada()).await.status }
    });
    let mut statuses = answers.await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    assert_eq!(scim.count("id pr").await, 1);
}
