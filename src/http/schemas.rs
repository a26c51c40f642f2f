//! Of what resources consist (RFC 7643, 7).

use serde_json::{Value, json};

use crate::domain::scim::{attributes::USER, groups::GROUP};

const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// Everybody has an address and names; whoever comes without gets them from what there is.
pub(super) fn user() -> Value {
    json!({
        "schemas": [SCHEMA],
        "id": USER,
        "name": "User",
        "description": "A person whom the directory manages",
        "attributes": [
            attribute("userName", "The directory's name of the account; unique, whatever its case", json!({
                "required": true, "uniqueness": "server"
            })),
            attribute("displayName", "How the directory shows the person", json!({})),
            attribute("name", "The person's names", json!({
                "type": "complex",
                "required": true,
                "subAttributes": [
                    attribute("givenName", "The given name", json!({"required": true})),
                    attribute("familyName", "The family name", json!({"required": true})),
                ]
            })),
            attribute("emails", "The address; of many, the primary one is kept, else that of work, else the first", json!({
                "type": "complex",
                "multiValued": true,
                "required": true,
                "subAttributes": [
                    attribute("value", "The address", json!({"required": true})),
                    attribute("type", "Its kind", json!({"canonicalValues": ["work"]})),
                ]
            })),
            attribute("active", "Whether the directory lets the person in", json!({
                "type": "boolean", "required": true
            })),
        ],
    })
}

/// Who is in a group is there already.
pub(super) fn group() -> Value {
    json!({
        "schemas": [SCHEMA],
        "id": GROUP,
        "name": "Group",
        "description": "People whom the directory has in one place; a mapping gives them access",
        "attributes": [
            attribute("displayName", "The group's name", json!({"required": true})),
            attribute("members", "Who is in it: users of this directory; others are left out", json!({
                "type": "complex",
                "multiValued": true,
                "subAttributes": [
                    attribute("value", "The id of the user", json!({"mutability": "immutable", "caseExact": true})),
                    attribute("$ref", "Where the user is", json!({
                        "type": "reference", "referenceTypes": ["User"], "mutability": "immutable", "caseExact": true
                    })),
                    attribute("type", "What is in it", json!({"canonicalValues": ["User"], "mutability": "immutable"})),
                ]
            })),
        ],
    })
}

/// An attribute: a single text that may be changed and need not be there, but for what is said otherwise.
fn attribute(name: &str, description: &str, otherwise: Value) -> Value {
    let mut attribute = json!({
        "name": name,
        "description": description,
        "type": "string",
        "multiValued": false,
        "required": false,
        "caseExact": false,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
    });
    if let (Some(attribute), Value::Object(otherwise)) = (attribute.as_object_mut(), otherwise) {
        attribute.extend(otherwise);
    }
    attribute
}
