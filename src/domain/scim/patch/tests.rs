//! Changes: the requests that Entra and Okta send, and why others are refused.

use serde_json::json;

use super::*;
use crate::domain::scim::users::{DraftEmail, MAX_EMAILS};

fn ada() -> Draft {
    Draft {
        user_name: Some("ada@example.org".to_owned()),
        external_id: Some("00u1".to_owned()),
        display_name: Some("Ada Lovelace".to_owned()),
        given_name: Some("Ada".to_owned()),
        family_name: Some("Lovelace".to_owned()),
        emails: vec![DraftEmail {
            value: Some("ada@example.org".to_owned()),
            kind: Some("work".to_owned()),
            primary: true,
        }],
        active: true,
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "each is written where it is used"
)]
fn patched(operations: Value) -> Result<Draft, ScimFault> {
    let mut user = ada();
    let body = json!({ "schemas": [SCHEMA], "Operations": operations });
    Patch::read(&body)?.apply(&mut user)?;
    Ok(user)
}

fn address(user: &Draft) -> String {
    user.check()
        .map(|user| user.email.normal().to_owned())
        .unwrap()
}

fn fault(operations: Value) -> ScimKind {
    patched(operations).expect_err("a fault").kind
}

#[test]
fn entra_disables_and_enables_by_words() {
    for off in [
        json!([{"op": "Replace", "path": "active", "value": "False"}]),
        json!([{"op": "replace", "path": "active", "value": false}]),
        json!([{"op": "replace", "value": {"active": false}}]),
        json!([{"op": "Add", "path": "active", "value": "false"}]),
        json!([{"op": "Replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": "FALSE"}]),
    ] {
        assert!(!patched(off.clone()).unwrap().active, "{off}");
    }
    let on = json!([
        {"op": "replace", "path": "active", "value": "False"},
        {"op": "replace", "path": "active", "value": "True"}
    ]);
    assert!(patched(on).unwrap().active);
}

#[test]
fn entra_changes_many_attributes_at_once() {
    let user = patched(json!([
        {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "countess@example.org"},
        {"op": "Replace", "path": "name.familyName", "value": "King"},
        {"op": "Add", "path": "displayName", "value": "Ada King"},
        {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "1"},
        {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "x"},
        {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "value": "x"}
    ]))
    .unwrap();
    assert_eq!(address(&user), "countess@example.org");
    assert_eq!(user.family_name.as_deref(), Some("King"));
    assert_eq!(user.display_name.as_deref(), Some("Ada King"));

    let flat = patched(json!([{"op": "Add", "value": {
        "userName": "countess",
        "name.givenName": "Augusta",
        "emails[type eq \"work\"].value": "countess@example.org",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "x",
        "id": "another", "meta": {}, "groups": [], "whatever": 1, "not a path": 2
    }}]))
    .unwrap();
    assert_eq!(flat.user_name.as_deref(), Some("countess"));
    assert_eq!(flat.given_name.as_deref(), Some("Augusta"));
    assert_eq!(flat.family_name.as_deref(), Some("Lovelace"));
    assert_eq!(address(&flat), "countess@example.org");
}

#[test]
fn okta_replaces_what_an_object_holds() {
    let user = patched(json!([{"op": "replace", "value": {
        "name": {"familyName": "King"},
        "emails": [{"value": "home@example.org", "type": "home"}, {"value": "w@example.org", "type": "work"}]
    }}]))
    .unwrap();
    assert_eq!(user.given_name.as_deref(), Some("Ada"));
    assert_eq!(user.family_name.as_deref(), Some("King"));
    assert_eq!(address(&user), "w@example.org");
}

#[test]
fn an_address_that_is_named_by_kind_is_made_if_there_is_none() {
    let replaced = patched(json!([
        {"op": "remove", "path": "emails"},
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "new@example.org"}
    ]));
    assert_eq!(address(&replaced.unwrap()), "new@example.org");
    let beside = patched(json!([
        {"op": "add", "path": "emails[type eq \"home\"].value", "value": "home@example.org"}
    ]))
    .unwrap();
    assert_eq!(beside.emails.len(), 2);
    assert_eq!(address(&beside), "ada@example.org");
    assert_eq!(
        fault(
            json!([{"op": "replace", "path": "emails[value eq \"x@y.example\"].type", "value": "x"}])
        ),
        ScimKind::NoTarget
    );
    assert_eq!(
        fault(json!([{"op": "remove", "path": "emails[type eq \"home\"]"}])),
        ScimKind::NoTarget
    );
}

#[test]
fn a_new_main_address_takes_the_place_of_the_old_one() {
    let user = patched(json!([
        {"op": "add", "path": "emails", "value": [{"value": "b@example.org", "primary": true}]}
    ]))
    .unwrap();
    assert_eq!(user.emails.len(), 2);
    assert_eq!(address(&user), "b@example.org");
    let again = patched(json!([
        {"op": "add", "path": "emails", "value": {"value": "ada@example.org", "type": "work", "primary": true}}
    ]));
    assert_eq!(again, Ok(ada()));
    for by_kind in [
        json!([{"op": "add", "path": "emails[type eq \"home\"]", "value": {"value": "b@example.org", "primary": true}}]),
        json!([
            {"op": "add", "path": "emails[type eq \"home\"].value", "value": "b@example.org"},
            {"op": "add", "path": "emails[type eq \"home\"].primary", "value": "True"}
        ]),
    ] {
        let user = patched(by_kind.clone()).unwrap();
        assert_eq!(address(&user), "b@example.org", "{by_kind}");
        let main = user.emails.iter().filter(|email| email.primary);
        assert_eq!(main.count(), 1, "{by_kind}");
    }
    assert_eq!(
        fault(json!([
            {"op": "replace", "path": "emails", "value": [{"value": "a@example.org"}, {"value": "b@example.org"}]},
            {"op": "replace", "path": "emails.primary", "value": true}
        ])),
        ScimKind::InvalidValue
    );
    assert_eq!(
        fault(json!([{"op": "replace", "path": "emails", "value": [
            {"value": "a@example.org", "primary": true}, {"value": "b@example.org", "primary": true}
        ]}])),
        ScimKind::InvalidValue
    );
}

#[test]
fn what_is_taken_away_is_gone() {
    for by in [
        json!([{"op": "remove", "path": "emails"}]),
        json!([{"op": "Remove", "path": "emails[type eq \"work\"]"}]),
        json!([{"op": "remove", "path": "emails[primary eq true and value co \"@EXAMPLE\"]"}]),
        json!([{"op": "remove", "path": "emails", "value": [{"value": "Ada@example.org"}]}]),
        json!([{"op": "remove", "path": "emails", "value": [{"type": "work"}]}]),
        json!([{"op": "remove", "path": "emails", "value": {"primary": true, "type": "work"}}]),
        json!([{"op": "replace", "path": "emails", "value": []}]),
        json!([{"op": "replace", "path": "emails", "value": null}]),
    ] {
        assert!(patched(by.clone()).unwrap().emails.is_empty(), "{by}");
    }
    for of_others in [
        json!([{"value": "bob@example.org"}]),
        json!([{"value": "ada@example.org", "type": "home"}]),
        json!([{}]),
    ] {
        let removal = json!([{"op": "remove", "path": "emails", "value": of_others}]);
        assert_eq!(patched(removal), Ok(ada()), "{of_others}");
    }
    let user = patched(json!([
        {"op": "remove", "path": "externalId"},
        {"op": "remove", "path": "name.givenName"}
    ]))
    .unwrap();
    assert_eq!(user.external_id, None);
    let checked = user.check().unwrap();
    assert_eq!(checked.given_name.as_str(), "ada");
    assert_eq!(checked.family_name.as_str(), "Lovelace");
}

#[test]
fn what_cannot_be_changed_says_why() {
    let cases = [
        (
            json!([{"op": "move", "path": "active", "value": 1}]),
            ScimKind::InvalidSyntax,
        ),
        (json!([]), ScimKind::InvalidSyntax),
        (json!({}), ScimKind::InvalidSyntax),
        (json!(["add"]), ScimKind::InvalidSyntax),
        (json!([{"op": "remove"}]), ScimKind::NoTarget),
        (
            json!([{"op": "replace", "path": "active"}]),
            ScimKind::InvalidValue,
        ),
        (
            json!([{"op": "replace", "path": "active", "value": "yes"}]),
            ScimKind::InvalidValue,
        ),
        (
            json!([{"op": "replace", "path": "userName", "value": 1}]),
            ScimKind::InvalidValue,
        ),
        (
            json!([{"op": "replace", "value": "x"}]),
            ScimKind::InvalidValue,
        ),
        (
            json!([{"op": "replace", "path": 1, "value": "x"}]),
            ScimKind::InvalidPath,
        ),
        (
            json!([{"op": "replace", "path": "a b", "value": "x"}]),
            ScimKind::InvalidPath,
        ),
        (
            json!([{"op": "replace", "path": "whatever", "value": "x"}]),
            ScimKind::InvalidPath,
        ),
        (
            json!([{"op": "replace", "path": "emails[type eq", "value": "x"}]),
            ScimKind::InvalidPath,
        ),
        (
            json!([{"op": "replace", "path": "userName[type eq \"x\"]", "value": "x"}]),
            ScimKind::InvalidPath,
        ),
        (
            json!([{"op": "remove", "path": "emails[size eq 1]"}]),
            ScimKind::InvalidFilter,
        ),
        (
            json!([{"op": "replace", "path": "id", "value": "x"}]),
            ScimKind::Mutability,
        ),
        (
            json!([{"op": "remove", "path": "meta"}]),
            ScimKind::Mutability,
        ),
        (
            json!([{"op": "remove", "path": "userName"}]),
            ScimKind::Mutability,
        ),
        (
            json!([{"op": "replace", "path": "userName", "value": null}]),
            ScimKind::Mutability,
        ),
    ];
    for (operations, kind) in cases {
        assert_eq!(fault(operations.clone()), kind, "{operations}");
    }
    let many = vec![json!({"op": "add", "path": "title", "value": "x"}); MAX_OPERATIONS + 1];
    assert_eq!(fault(Value::from(many)), ScimKind::TooMany);
    let addresses = vec![json!({"value": "a@example.org"}); MAX_EMAILS + 1];
    let too_many = json!([{"op": "replace", "path": "emails", "value": addresses}]);
    assert_eq!(fault(too_many), ScimKind::TooMany);
    let other =
        json!({"schemas": ["urn:other"], "Operations": [{"op": "remove", "path": "emails"}]});
    assert!(Patch::read(&other).is_err_and(|fault| fault.kind == ScimKind::InvalidSyntax));
}

#[test]
fn a_user_name_that_is_an_address_is_the_address() {
    let only = json!({"userName": "Ada@Example.org"});
    let user = Draft::read(&only).unwrap().check().unwrap();
    assert_eq!(user.email.normal(), "ada@example.org");
    assert_eq!(user.given_name.as_str(), "Ada");
    assert_eq!(user.family_name.as_str(), "-");
    assert!(user.active);
    for body in [
        json!({}),
        json!({"userName": "ada"}),
        json!({"emails": ["ada@example.org"]}),
    ] {
        assert!(Draft::read(&body).unwrap().check().is_err(), "{body}");
    }
    assert!(Draft::read(&json!([])).is_err());
    assert!(Draft::read(&json!({"active": "maybe"})).is_err());
}
