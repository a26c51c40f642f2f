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
    schemas,
};
use crate::{
    domain::scim::{attributes::USER, groups::GROUP},
    error::{Error, Missing, Reason, Result},
};

const CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";

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
    whole(&visit, query.as_deref(), &types(&visit))
}

/// One kind of resource.
pub(super) async fn resource_type(visit: Visit, Path(id): Path<String>) -> Response {
    one(&visit, &id, &types(&visit))
}

/// Of what resources consist.
pub(super) async fn schemas(visit: Visit, RawQuery(query): RawQuery) -> Response {
    whole(&visit, query.as_deref(), &all_schemas(&visit))
}

/// Of what one kind of resource consists.
pub(super) async fn schema(visit: Visit, Path(id): Path<String>) -> Response {
    one(&visit, &id, &all_schemas(&visit))
}

/// All of them: RFC 7644, 4 forbids to filter these.
fn whole(visit: &Visit, query: Option<&str>, all: &[Value]) -> Response {
    let mut fields = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    if fields.any(|(name, _)| name.eq_ignore_ascii_case("filter")) {
        return visit.refused(&Error::Denied(Missing::default()));
    }
    list(all.len() as u64, 1, all.to_vec())
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

fn types(visit: &Visit) -> [Value; 2] {
    let kind = |name: &str, endpoint: &str, (description, schema): (&str, &str)| {
        json!({
            "schemas": [RESOURCE_TYPE],
            "id": name,
            "name": name,
            "endpoint": endpoint,
            "description": description,
            "schema": schema,
            "schemaExtensions": [],
            "meta": meta(visit, "ResourceType", &format!("/ResourceTypes/{name}")),
        })
    };
    let person = ("A person whom the directory manages", USER);
    let people = ("People whom the directory has in one place", GROUP);
    [
        kind("User", "/Users", person),
        kind("Group", "/Groups", people),
    ]
}

fn all_schemas(visit: &Visit) -> [Value; 2] {
    [schemas::user(), schemas::group()].map(|mut schema| {
        let id = schema["id"].as_str().unwrap_or_default().to_owned();
        schema["meta"] = meta(visit, "Schema", &format!("/Schemas/{id}"));
        schema
    })
}
