//! In a directory of 20,000, one person is found, brought, changed and taken out by indexes, by whatever directories look for him.
//! What the database says of the very statements that the calls send.

use http::Method;
use muster::store::Reads;
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::{Value, json};

use crate::{
    directory_fixtures::staff,
    fsck_plans::{by_indexes, reads_few},
    groups::fixtures::{group, with_groups},
    harness::{Harness, Test},
    scim::users::called,
    web::{Scim, id},
};

/// What this module claims.
pub(crate) fn tests() -> Vec<Test> {
    let claim = Test::new(
        module_path!(),
        "of_twenty_thousand_one_is_dealt_with_by_indexes",
        |h| Box::pin(of_twenty_thousand_one_is_dealt_with_by_indexes(h)),
    );
    // To make them takes a transaction of seconds.
    vec![claim.apart()]
}

/// People of the directory.
const PEOPLE: usize = 20_000;
/// How many rows one statement may read of them.
const FEW: f64 = 20.0;

async fn of_twenty_thousand_one_is_dealt_with_by_indexes(h: &Harness) {
    let team = h.led_team("acme").await;
    let (directory, token) = h.directory(&team.id).await;
    let people = staff(PEOPLE);
    let ids: Vec<&str> = people.iter().map(|one| &*one.external_id).collect();
    let groups = [group("crowd", "Crowd", &ids)];
    h.sync_groups(with_groups(&directory), &people, &groups)
        .await;
    let scim = h.scim_with(&token).await;
    let connection = h.ctx.store.connection();
    connection
        .execute_unprepared("ANALYZE")
        .await
        .expect("counts");

    let some = scim.get("/Users?startIndex=777&count=1").await.ok(200);
    let some = &some["Resources"][0];
    for attribute in ["id", "externalId", "userName", "emails.value"] {
        let value = match attribute {
            "emails.value" => &some["emails"][0]["value"],
            other => &some[other],
        };
        for filter in [
            format!("{attribute} eq {value}"),
            format!("{attribute} eq {value} and active eq true"),
        ] {
            h.ctx.store.record();
            assert_eq!(scim.count(&filter).await, 1, "{filter}");
            few_are_read(h).await;
        }
    }

    h.ctx.store.record();
    let mut user = called("zoe");
    user["externalId"] = "z".into();
    let user = id(&scim.post(user).await.ok(201));
    few_are_read(h).await;
    change(h, &scim, (&user, json!("zoe"))).await;
    let crowd = h.groups(&directory).await;
    let crowd = format!("/Groups/{}?excludedAttributes=members", crowd[0].id);
    for word in ["add", "remove"] {
        let one = json!([{"op": word, "path": "members", "value": [{"value": user}]}]);
        let body = json!({"Operations": one});
        h.ctx.store.record();
        let call = (Method::PATCH, &*crowd);
        scim.call(call, &[], &body).await.ok(200);
        // Whoever comes is counted with those who are there.
        if word == "remove" {
            few_are_read(h).await;
        }
    }
    for filter in [
        "displayName eq \"Crowd\"",
        &*format!("members.value eq \"{user}\""),
    ] {
        let query: String = form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        h.ctx.store.record();
        let path = format!("/Groups?filter={query}&excludedAttributes=members");
        scim.get(&path).await.ok(200);
        few_are_read(h).await;
    }
    h.ctx.store.record();
    assert_eq!(scim.delete(&user).await.status, 204);
    few_are_read(h).await;
}

async fn change(h: &Harness, scim: &Scim, (user, name): (&str, Value)) {
    h.ctx.store.record();
    let operations = json!([{"op": "replace", "path": "userName", "value": name}]);
    scim.patch(user, operations).await.ok(200);
    few_are_read(h).await;
}

/// What was asked since it was recorded is answered from a few rows.
async fn few_are_read(h: &Harness) {
    let sent = h.ctx.store.recorded();
    let asked = sent.into_iter().filter(|it| it.sql.starts_with("SELECT"));
    let mut count = 0;
    for statement in asked {
        count += 1;
        match statement.db_backend {
            DbBackend::Sqlite => by_indexes(h, statement).await,
            _ => reads_few(h, statement, FEW).await,
        }
    }
    assert!(count > 0, "nothing was asked");
}
