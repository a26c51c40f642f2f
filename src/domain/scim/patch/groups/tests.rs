//! Changes of groups as Entra and Okta send them.

use serde_json::json;

use super::*;

const ANN: &str = "0198c4d2-0000-7000-8000-00000000000a";
const BOB: &str = "0198c4d2-0000-7000-8000-00000000000b";

fn ids(ids: &[&str]) -> BTreeSet<Uuid> {
    ids.iter().map(|id| id.parse().unwrap()).collect()
}

fn kept() -> GroupDraft {
    GroupDraft {
        display_name: Some("Staff".to_owned()),
        external_id: Some("g1".to_owned()),
        members: MemberEdits::default(),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "each is written where it is used"
)]
fn patched(operations: Value) -> Result<GroupDraft, ScimFault> {
    let patch = Patch::read(&json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations
    }))?;
    let mut group = kept();
    patch.apply_to_group(&mut group)?;
    Ok(group)
}

fn edits(operations: Value) -> (bool, BTreeSet<Uuid>, BTreeSet<Uuid>) {
    let members = patched(operations).unwrap().members;
    (members.replaced, members.added, members.removed)
}

#[test]
fn members_come_and_go_in_every_shape() {
    for (operations, expected) in [
        (
            json!([{"op": "Add", "path": "members", "value": [{"value": ANN}, {"value": BOB}]}]),
            (false, ids(&[ANN, BOB]), ids(&[])),
        ),
        (
            json!([{"op": "add", "value": {"members": [{"value": ANN, "display": "Ann"}]}}]),
            (false, ids(&[ANN]), ids(&[])),
        ),
        (
            json!([{"op": "Remove", "path": "members", "value": [{"value": ANN}]}]),
            (false, ids(&[]), ids(&[ANN])),
        ),
        (
            json!([{"op": "remove", "path": format!("members[value eq \"{ANN}\"]")}]),
            (false, ids(&[]), ids(&[ANN])),
        ),
        (
            json!([{"op": "remove", "path": format!("members[value eq \"{ANN}\" or value eq \"{BOB}\"]")}]),
            (false, ids(&[]), ids(&[ANN, BOB])),
        ),
        (
            json!([{"op": "remove", "path": "members[value eq \"nobody\"]"}]),
            (false, ids(&[]), ids(&[])),
        ),
        (
            json!([{"op": "replace", "path": "members", "value": [{"value": BOB}]}]),
            (true, ids(&[BOB]), ids(&[])),
        ),
        (
            json!([{"op": "replace", "path": "members", "value": []}]),
            (true, ids(&[]), ids(&[])),
        ),
        (
            json!([{"op": "remove", "path": "members"}]),
            (true, ids(&[]), ids(&[])),
        ),
        // Who is none of ours is nobody.
        (
            json!([{"op": "add", "path": "members", "value": [{"value": "x"}, {"value": ANN}]}]),
            (false, ids(&[ANN]), ids(&[])),
        ),
        // In order: the last word counts.
        (
            json!([
                {"op": "add", "path": "members", "value": [{"value": ANN}]},
                {"op": "remove", "path": "members", "value": {"value": ANN}},
                {"op": "remove", "path": "members", "value": BOB},
                {"op": "add", "path": "members", "value": {"value": BOB}},
            ]),
            (false, ids(&[BOB]), ids(&[ANN])),
        ),
    ] {
        assert_eq!(edits(operations.clone()), expected, "{operations}");
    }
}

#[test]
fn names_change_and_what_is_ours_does_not() {
    let group = patched(json!([
        {"op": "replace", "value": {"id": "x", "displayName": "Crew", "schemas": [], "whatever": 1, "not a path": 2}},
        {"op": "Remove", "path": "externalId"},
        {"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:Group:displayName", "value": "The crew"}
    ]))
    .unwrap();
    assert_eq!(group.display_name.as_deref(), Some("The crew"));
    assert_eq!(group.external_id, None);
    assert_eq!(group.members, MemberEdits::default());
}

#[test]
fn what_cannot_be_done_says_why() {
    for (operation, kind) in [
        (
            json!({"op": "remove", "path": "displayName"}),
            ScimKind::Mutability,
        ),
        (
            json!({"op": "replace", "path": "id", "value": "x"}),
            ScimKind::Mutability,
        ),
        (
            json!({"op": "replace", "path": "members.value", "value": ANN}),
            ScimKind::Mutability,
        ),
        (
            json!({"op": "replace", "path": format!("members[value eq \"{ANN}\"].value"), "value": BOB}),
            ScimKind::Mutability,
        ),
        (
            json!({"op": "remove", "path": "members[display eq \"Ann\"]"}),
            ScimKind::InvalidPath,
        ),
        (
            json!({"op": "remove", "path": "members[not (value eq \"x\")]"}),
            ScimKind::InvalidPath,
        ),
        (
            json!({"op": "replace", "path": "displayName[value eq \"x\"]", "value": "x"}),
            ScimKind::InvalidPath,
        ),
        (
            json!({"op": "add", "path": "userName", "value": "x"}),
            ScimKind::InvalidPath,
        ),
        (
            json!({"op": "add", "path": "members", "value": [{"value": 1}]}),
            ScimKind::InvalidValue,
        ),
        (
            json!({"op": "add", "path": "members", "value": [{"display": "x"}]}),
            ScimKind::InvalidValue,
        ),
        (
            json!({"op": "add", "path": "displayName", "value": 1}),
            ScimKind::InvalidValue,
        ),
    ] {
        let refused = patched(json!([operation])).map(drop).unwrap_err();
        assert_eq!(refused.kind, kind, "{operation}");
    }
}
