//! A directory tries every call of SCIM with what another team's directory has: nothing is told, nothing is changed.

use http::Method;
use serde_json::{Value, json};

use crate::{
    dumps::dump,
    fixtures::team_of,
    harness::{Harness, tests},
    scim::users::called,
    web::{Scim, id},
};

tests![nobody_gets_at_another_directorys_people_by_scim];

/// A team with a directory, which has somebody, and somebody whom it has not.
struct Side {
    scim: Scim,
    /// Ids and names that are its own.
    named: Vec<String>,
    /// What its answers hold.
    secrets: Vec<String>,
}

async fn side(h: &Harness, name: &str) -> Side {
    let boss = format!("boss@{name}.example");
    let team = h.team_from(team_of(name, &boss)).await;
    let (directory, token) = h.directory(&team.id).await;
    let scim = Scim::at(&h.web().await.to_string(), &token);
    let email = format!("ada@{name}.example");
    let user = json!({
        "userName": format!("Ada {name}"), "externalId": format!("00u {name}"), "displayName": format!("Shown {name}"),
        "name": {"givenName": "Ada", "familyName": format!("Of {name}")}, "emails": [{"value": email}],
    });
    let user = id(&scim.post(user).await.ok(201));
    let group = format!("Group {name}");
    let made = scim.group(&group, &[&user]).await.ok(201);
    Side {
        scim,
        named: vec![
            user.clone(),
            team.admin,
            team.id,
            directory.id,
            format!("00u {name}"),
            format!("Ada {name}"),
            email,
            id(&made),
            format!("of {group}"),
        ],
        secrets: vec![
            user,
            id(&made),
            group,
            format!("Shown {name}"),
            format!("Of {name}"),
        ],
    }
}

/// Every call about one thing of this id.
fn calls(id: &str) -> Vec<(Method, String, Value)> {
    let id: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
    let id = id.replace('+', "%20");
    let operations = json!({"Operations": [{"op": "replace", "path": "active", "value": false}]});
    let operation = json!({"op": "replace", "path": "displayName", "value": "Eve"});
    let renaming = json!({"Operations": [operation]});
    let group = json!({"displayName": "Eve"});
    vec![
        (Method::GET, format!("/Groups/{id}"), Value::Null),
        (Method::PUT, format!("/Groups/{id}"), group),
        (Method::PATCH, format!("/Groups/{id}"), renaming),
        (Method::DELETE, format!("/Groups/{id}"), Value::Null),
        (Method::GET, format!("/Users/{id}"), Value::Null),
        (Method::PUT, format!("/Users/{id}"), called("eve")),
        (Method::PATCH, format!("/Users/{id}"), operations),
        (Method::DELETE, format!("/Users/{id}"), Value::Null),
    ]
}

async fn nobody_gets_at_another_directorys_people_by_scim(h: &Harness) {
    let (mine, theirs) = (side(h, "mine").await, side(h, "theirs").await);
    let before = dump(&h.database_url).await;
    let tells = |told: &str, answer: &Value| {
        let answer = answer.to_string();
        let found = theirs.secrets.iter().find(|it| answer.contains(&***it));
        assert!(found.is_none(), "{told} tells {found:?}");
    };
    for named in &theirs.named {
        for (method, path, body) in calls(named) {
            let answer = mine.scim.call((method, &path), &[], &body).await;
            tells(&path, &answer.refused(404, None));
        }
        for attribute in [
            "id",
            "externalId",
            "userName",
            "displayName",
            "emails.value",
        ] {
            let filter = format!("{attribute} eq {}", json!(named));
            assert_eq!(mine.scim.count(&filter).await, 0, "{filter}");
            let either = format!("{filter} or not ({filter})");
            assert_eq!(mine.scim.count(&either).await, 1, "{either}");
        }
    }
    for named in &theirs.named {
        for attribute in ["id", "externalId", "displayName", "members.value"] {
            let filter = format!("{attribute} eq {}", json!(named));
            assert_eq!(mine.scim.count_of("/Groups", &filter).await, 0, "{filter}");
        }
        let more = json!([{"op": "add", "path": "members", "value": [{"value": named}]}]);
        let same = mine.scim.change_group(&mine.named[7], more).await;
        tells("a member of theirs", &same.ok(200));
    }
    for path in [
        "/Groups",
        "/Groups?attributes=members",
        "/Users",
        "/Users?count=1&startIndex=1",
        "/Users?attributes=meta",
    ] {
        tells(path, &mine.scim.get(path).await.ok(200));
    }
    // Their person is nobody whom mine may have, by any of their names; who is taken is told of the own directory alone.
    let email = &theirs.named[6];
    let refused = mine.scim.post(json!({"userName": email})).await;
    tells(
        "a user of theirs",
        &refused.refused(409, Some("uniqueness")),
    );
    let own = &mine.named[0];
    let moved = json!([{"op": "replace", "path": "emails", "value": email}]);
    let refused = mine.scim.patch(own, moved).await;
    tells(
        "an address of theirs",
        &refused.refused(409, Some("uniqueness")),
    );
    assert!(
        before == dump(&h.database_url).await,
        "something was changed"
    );

    // The same words are free here.
    let same = json!([
        {"op": "replace", "path": "externalId", "value": theirs.named[4]},
        {"op": "replace", "path": "userName", "value": theirs.named[5]},
    ]);
    mine.scim.patch(own, same).await.ok(200);
}
