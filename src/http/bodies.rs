//! What every resource has: JSON, ids in paths, times, and etags (RFC 7644, 3.14).

use axum::{
    body::Bytes,
    http::{HeaderMap, header},
    response::Response,
};
use serde_json::Value;
use uuid::Uuid;

use super::Visit;
use crate::{
    clock::Time,
    error::{Error, Reason, Result, ScimKind},
};

/// The answer, or the refusal.
pub(super) fn told(visit: &Visit, answered: Result<Response>) -> Response {
    answered.unwrap_or_else(|error| visit.refused(&error))
}

/// The body.
pub(super) fn json(body: &Bytes) -> Result<Value> {
    let read = serde_json::from_slice(body);
    Ok(read.map_err(|_| ScimKind::InvalidSyntax.because("the body is not JSON"))?)
}

/// Our id in a path; what is none names nothing.
pub(super) fn our_id(text: &str, (reason, kind): (Reason, &'static str)) -> Result<Uuid> {
    let id = Uuid::try_parse(text)
        .ok()
        .filter(|id| id.to_string() == text);
    id.ok_or_else(|| Error::not_found(reason, kind, ""))
}

/// A time as SCIM writes it.
pub(super) fn stamp(time: Time) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// An etag as it is written.
pub(super) fn tag(etag: &str) -> String {
    format!("W/\"{etag}\"")
}

/// Whether a header of etags, if there is one, lists this one or all of them.
pub(super) fn lists(headers: &HeaderMap, name: &header::HeaderName, etag: &str) -> Option<bool> {
    let mut given = headers.get_all(name).iter().peekable();
    given.peek()?;
    let is_it = |one: &str| {
        let one = one.trim();
        one == "*" || one.trim_start_matches("W/").trim_matches('"') == etag
    };
    let mut listed = given.filter_map(|value| value.to_str().ok());
    Some(listed.any(|value| value.split(',').any(is_it)))
}

/// Whether something is still what the directory read, if it says what that was.
pub(super) fn stands(headers: &HeaderMap, etag: &str) -> Result<()> {
    if lists(headers, &header::IF_MATCH, etag) == Some(false)
        || lists(headers, &header::IF_NONE_MATCH, etag) == Some(true)
    {
        return Err(Error::Stale);
    }
    Ok(())
}
