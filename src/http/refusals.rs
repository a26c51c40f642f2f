//! The one place that turns an error into an answer of SCIM's (RFC 7644, 3.12), and says how loudly it is logged.

use std::time::Duration;

use axum::{
    http::{StatusCode, header},
    response::Response,
};
use serde_json::json;
use uuid::Uuid;

use super::answers::{answer, with};
use crate::error::{Error, Reason, ScimKind, reason_name};

const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
/// How long a directory should wait when the database is away, the server drains, or others kept changing the same.
const RETRY: Duration = Duration::from_secs(1);

/// The answer to an error. An internal one shows only its call id, and is logged here, once, with its chain.
pub(super) fn of(error: &Error, call: Uuid) -> Response {
    let (status, kind, detail) = told(error, call);
    let response = written(status, kind, &detail);
    match error {
        Error::Unauthenticated(Reason::CredentialMissing) => with(
            response,
            header::WWW_AUTHENTICATE,
            r#"Bearer realm="muster""#,
        ),
        Error::Unauthenticated(_) | Error::BadToken(_) => with(
            response,
            header::WWW_AUTHENTICATE,
            r#"Bearer realm="muster", error="invalid_token""#,
        ),
        Error::Exhausted(_, wait) => retry(response, *wait),
        Error::Conflict | Error::Unavailable(_) | Error::KeysUnavailable | Error::Late => {
            retry(response, RETRY)
        }
        Error::Invalid(_)
        | Error::Malformed(..)
        | Error::Scim(_)
        | Error::Denied(_)
        | Error::NotFound(_)
        | Error::AlreadyExists(..)
        | Error::Refused(_)
        | Error::PrimaryOf(_)
        | Error::Guarded(..)
        | Error::Stale
        | Error::EventsGone(_)
        | Error::Left
        | Error::Internal(_) => response,
    }
}

/// What there is no method for.
pub(super) fn no_method() -> Response {
    let status = StatusCode::METHOD_NOT_ALLOWED;
    written(status, None, "this cannot be done to that")
}

/// What the standard has and we have not.
pub(super) fn unsupported() -> Response {
    let status = StatusCode::NOT_IMPLEMENTED;
    written(status, None, "this is not supported")
}

/// A body beyond the limit.
pub(super) fn too_large() -> Response {
    let status = StatusCode::PAYLOAD_TOO_LARGE;
    written(status, None, "a request has at most 1 MiB")
}

fn written(status: StatusCode, kind: Option<ScimKind>, detail: &str) -> Response {
    let mut body = json!({
        "schemas": [SCHEMA],
        "status": status.as_str(),
        "detail": detail,
    });
    if let Some(kind) = kind {
        body["scimType"] = kind.word().into();
    }
    answer(status, &body)
}

fn retry(response: Response, wait: Duration) -> Response {
    // Whole seconds, never sooner than asked.
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    with(response, header::RETRY_AFTER, &seconds.max(1).to_string())
}

fn told(error: &Error, call: Uuid) -> (StatusCode, Option<ScimKind>, String) {
    match error {
        Error::Invalid(violations) => {
            let told = violations.iter();
            let told = told.map(|one| format!("{}: {}", one.field, one.rule.advice()));
            let detail = told.collect::<Vec<_>>().join("; ");
            (
                StatusCode::BAD_REQUEST,
                Some(ScimKind::InvalidValue),
                detail,
            )
        }
        Error::Malformed(reason, _) => (
            StatusCode::BAD_REQUEST,
            Some(ScimKind::InvalidSyntax),
            reason_name(*reason).to_owned(),
        ),
        Error::Scim(fault) => {
            let status = match fault.kind {
                ScimKind::Uniqueness => StatusCode::CONFLICT,
                ScimKind::InvalidFilter
                | ScimKind::InvalidPath
                | ScimKind::InvalidSyntax
                | ScimKind::InvalidValue
                | ScimKind::NoTarget
                | ScimKind::Mutability
                | ScimKind::TooMany => StatusCode::BAD_REQUEST,
            };
            (status, Some(fault.kind), fault.detail.to_owned())
        }
        Error::Unauthenticated(reason) => plain(StatusCode::UNAUTHORIZED, reason_name(*reason)),
        Error::BadToken(_) => plain(StatusCode::UNAUTHORIZED, "the token does not count"),
        Error::Denied(_) => plain(StatusCode::FORBIDDEN, "not permitted"),
        Error::NotFound(_) => plain(StatusCode::NOT_FOUND, "there is no such thing"),
        Error::AlreadyExists(reason, _) => (
            StatusCode::CONFLICT,
            Some(ScimKind::Uniqueness),
            reason_name(*reason).to_owned(),
        ),
        Error::Refused(reason) => refused(*reason),
        Error::PrimaryOf(_) => refused(Reason::PrimaryAdminProtected),
        Error::Guarded(..) => refused(Reason::RemovalGuard),
        Error::Exhausted(reason, _) => plain(StatusCode::TOO_MANY_REQUESTS, reason_name(*reason)),
        Error::Stale => plain(StatusCode::PRECONDITION_FAILED, "it was changed since"),
        Error::Conflict => plain(StatusCode::SERVICE_UNAVAILABLE, "others change the same"),
        Error::Late => plain(StatusCode::SERVICE_UNAVAILABLE, "it took too long"),
        Error::KeysUnavailable => plain(StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        Error::Left => plain(StatusCode::BAD_REQUEST, "the request broke off"),
        Error::Unavailable(why) => {
            tracing::warn!(call.id = %call, why, "unavailable");
            plain(StatusCode::SERVICE_UNAVAILABLE, "unavailable")
        }
        Error::EventsGone(_) | Error::Internal(_) => {
            tracing::error!(call.id = %call, error = error.chain(), "a bug");
            let detail = format!("a bug; report the call {call}");
            (StatusCode::INTERNAL_SERVER_ERROR, None, detail)
        }
    }
}

fn plain(status: StatusCode, detail: &str) -> (StatusCode, Option<ScimKind>, String) {
    (status, None, detail.to_owned())
}

/// A rule says no. Whose address it is meant for may be somebody whom the directory cannot have: that is told as if the
/// name were taken, and no more of him.
fn refused(reason: Reason) -> (StatusCode, Option<ScimKind>, String) {
    let detail = reason_name(reason).to_owned();
    if matches!(reason, Reason::EmailTaken | Reason::EmailMismatch) {
        (StatusCode::CONFLICT, Some(ScimKind::Uniqueness), detail)
    } else {
        (StatusCode::FORBIDDEN, None, detail)
    }
}
