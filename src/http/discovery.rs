//! What a directory may ask before anything else: what we can do, which resources there are, of what they consist.

use axum::{
    extract::{Path, RawQuery},
    http::StatusCode,
    response::Response,
};
use serde_json::{Value, json};

use super::{
    Visit,
    answers::{answer, list},
    query::MAX_COUNT,
};
use crate::{
    domain::scim::attributes::USER,
    error::{Error, Missing, Reason, Result},
};

const CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// What we can do.
pub(super) async fn config(visit: Visit) -> Response {
    let body = json!({
        "schemas": [CONFIG],
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": MAX_COUNT},
        "changePassword": {"supported": false},
        "sort": {"supported": false},
        "etag": {"supported": true},
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "The directory's token",
            "description": "Authorization: Bearer mdt_<id>_<secret>",
            "primary": true
        }],
        "meta": meta(&visit, "ServiceProviderConfig", "/ServiceProviderConfig"),
    });
    answer(StatusCode::OK, &body)
}

/// Which resources there are.
pub(super) async fn resource_types(visit: Visit, RawQuery(query): RawQuery) -> Response {
    whole(&visit, query.as_deref(), &[user_type(&visit)])
}

/// One kind of resource.
pub(super) async fn resource_type(visit: Visit, Path(id): Path<String>) -> Response {
    one(&visit, &id, &[user_type(&visit)])
}

/// Of what resources consist.
pub(super) async fn schemas(visit: Visit, RawQuery(query): RawQuery) -> Response {
    whole(&visit, query.as_deref(), &[user_schema(&visit)])
}

/// Of what one kind of resource consists.
pub(super) async fn schema(visit: Visit, Path(id): Path<String>) -> Response {
    one(&visit, &id, &[user_schema(&visit)])
}

/// All of them: RFC 7644, 4 forbids to filter these.
fn whole(visit: &Visit, query: Option<&str>, all: &[Value]) -> Response {
    let mut fields = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    if fields.any(|(name, _)| name.eq_ignore_ascii_case("filter")) {
        return visit.refused(&Error::Denied(Missing::default()));
    }
    list(all.len() as u64, 1, all)
}

fn one(visit: &Visit, id: &str, all: &[Value]) -> Response {
    let found = all.iter().find(|one| one["id"] == id);
    let found: Result<&Value> =
        found.ok_or_else(|| Error::not_found(Reason::Unspecified, "schema", ""));
    match found {
        Ok(found) => answer(StatusCode::OK, found),
        Err(error) => visit.refused(&error),
    }
}

fn meta(visit: &Visit, kind: &str, path: &str) -> Value {
    json!({"resourceType": kind, "location": visit.location(path)})
}

fn user_type(visit: &Visit) -> Value {
    json!({
        "schemas": [RESOURCE_TYPE],
        "id": "User",
        "name": "User",
        "endpoint": "/Users",
        "description": "A person whom the directory manages",
        "schema": USER,
        "schemaExtensions": [],
        "meta": meta(visit, "ResourceType", "/ResourceTypes/User"),
    })
}

/// Everybody has an address and names; whoever comes without gets them from what there is.
fn user_schema(visit: &Visit) -> Value {
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
        "meta": meta(visit, "Schema", &format!("/Schemas/{USER}")),
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
