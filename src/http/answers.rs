//! Answers as SCIM writes them.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use http_body_util::BodyExt;
use serde_json::{Value, json};

/// What SCIM's JSON is called.
const CONTENT: &str = "application/scim+json";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// JSON with a status.
pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let content = HeaderValue::from_static(CONTENT);
    response.headers_mut().insert(header::CONTENT_TYPE, content);
    response
}

/// A status alone.
pub(super) fn nothing(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A part of a list: how many there are in all, and those from `start` on.
pub(super) fn list(total: u64, start: u64, resources: Vec<Value>) -> Response {
    let mut body = json!({
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": resources.len(),
    });
    body["Resources"] = resources.into();
    answer(StatusCode::OK, &body)
}

/// A response that holds something until all of it has been sent, or nobody takes it any more.
pub(super) fn holding<T: Send + 'static>(response: Response, held: T) -> Response {
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _ = &held;
            frame
        }))
    })
}

/// A response with one header more; a value that is none is left out.
pub(super) fn with(mut response: Response, name: header::HeaderName, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}
