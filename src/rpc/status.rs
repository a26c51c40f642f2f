//! The one place that turns an error into a status: its code, its `google.rpc` details, and how loudly it is logged.

use std::{collections::HashMap, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use super::{CallId, advice::advice};
use crate::error::{self, Error, Missing, Reason, Resource, reason_name};

/// The domain of every `ErrorInfo` of ours.
const DOMAIN: &str = "muster";

/// How long a client should wait when the database is away or the server drains.
const RETRY: Duration = Duration::from_secs(1);

/// The status of an error. An internal one shows only its call id, and is logged here, once, with its chain.
#[must_use]
pub(super) fn of(error: &Error, call: CallId) -> Status {
    let mut details = ErrorDetails::new();
    let mut metadata = HashMap::from([("call_id".to_owned(), call.to_string())]);
    let (code, reason, message) = match error {
        Error::Invalid(violations) => {
            details.set_bad_request(fields(violations));
            let message = format!("{} field(s) break a rule", violations.len());
            (Code::InvalidArgument, Reason::Invalid, message)
        }
        Error::Malformed(reason, violations) => {
            details.set_bad_request(fields(violations));
            (Code::InvalidArgument, *reason, advice(*reason))
        }
        Error::Unauthenticated(reason) => (Code::Unauthenticated, *reason, advice(*reason)),
        Error::BadToken(fault) => {
            let reason = Reason::IdTokenInvalid;
            metadata.insert("fault".to_owned(), (*fault).to_owned());
            (Code::Unauthenticated, reason, advice(reason))
        }
        Error::KeysUnavailable => {
            details.set_retry_info(Some(RETRY));
            let reason = Reason::SsoKeysUnavailable;
            (Code::Unavailable, reason, advice(reason))
        }
        // Only the other door knows SCIM; here it would be one that took the wrong turning.
        Error::Scim(fault) => {
            let reason = Reason::MalformedMessage;
            (Code::InvalidArgument, reason, fault.detail.to_owned())
        }
        Error::Denied(missing) => {
            let reason = Reason::PermissionMissing;
            let parts = [
                ("permission", missing.permission.map(str::to_owned)),
                ("scope", missing.scope.map(str::to_owned)),
                ("team_id", missing.team_id.map(|it| it.to_string())),
            ];
            metadata.extend(
                parts
                    .into_iter()
                    .filter_map(|(name, part)| Some((name.to_owned(), part?))),
            );
            (Code::PermissionDenied, reason, denial(missing))
        }
        Error::NotFound(resource) => {
            set_resource(&mut details, resource);
            let message = format!("{} not found", resource.kind);
            (Code::NotFound, resource.reason, message)
        }
        Error::AlreadyExists(reason, resource) => {
            set_resource(&mut details, resource);
            (Code::AlreadyExists, *reason, advice(*reason))
        }
        Error::Refused(reason) => precondition(&mut details, *reason),
        Error::PrimaryOf(teams) => {
            let teams: Vec<String> = teams.iter().map(ToString::to_string).collect();
            metadata.insert("team_ids".to_owned(), teams.join(","));
            precondition(&mut details, Reason::PrimaryAdminProtected)
        }
        Error::Guarded(removals, members) => {
            metadata.insert("removals".to_owned(), removals.to_string());
            metadata.insert("members".to_owned(), members.to_string());
            precondition(&mut details, Reason::RemovalGuard)
        }
        Error::Exhausted(reason, wait) => {
            details.add_quota_failure_violation(reason_name(*reason), advice(*reason));
            details.set_retry_info(Some(*wait));
            (Code::ResourceExhausted, *reason, advice(*reason))
        }
        Error::Conflict => (Code::Aborted, Reason::Conflict, advice(Reason::Conflict)),
        Error::Stale => {
            let reason = Reason::EtagMismatch;
            (Code::Aborted, reason, advice(reason))
        }
        Error::EventsGone(oldest) => {
            metadata.insert("oldest_position".to_owned(), oldest.clone());
            precondition(&mut details, Reason::EventsGone)
        }
        Error::Late => {
            let reason = Reason::DeadlineExceeded;
            (Code::DeadlineExceeded, reason, advice(reason))
        }
        Error::Left => {
            // As often as callers like, and nothing that anybody here could mend.
            tracing::debug!(call.id = %call, "the caller went away");
            let reason = Reason::Unavailable;
            (Code::Unavailable, reason, advice(reason))
        }
        Error::Unavailable(why) => {
            tracing::warn!(call.id = %call, why, "unavailable");
            details.set_retry_info(Some(RETRY));
            let reason = Reason::Unavailable;
            (Code::Unavailable, reason, advice(reason))
        }
        Error::Internal(_) => {
            tracing::error!(call.id = %call, error = error.chain(), "a bug");
            let reason = Reason::Internal;
            (Code::Internal, reason, advice(reason))
        }
    };
    details.set_error_info(reason_name(reason), DOMAIN, metadata);
    Status::with_error_details(code, message, details)
}

/// A rule says no.
fn precondition(details: &mut ErrorDetails, reason: Reason) -> (Code, Reason, String) {
    details.add_precondition_failure_violation(reason_name(reason), DOMAIN, advice(reason));
    (Code::FailedPrecondition, reason, advice(reason))
}

/// The error of a message that could not be read; tonic tells it only by its code.
pub(super) fn unreadable(code: Code) -> Option<Error> {
    match code {
        // The latter of a compressed one, which is inflated up to the limit and no further.
        Code::OutOfRange | Code::ResourceExhausted => {
            Some(Error::Malformed(Reason::MessageTooLarge, Vec::new()))
        }
        Code::Internal => Some(Error::Malformed(Reason::MalformedMessage, Vec::new())),
        Code::Cancelled | Code::Unknown => Some(Error::Left),
        _ => None,
    }
}

fn denial(missing: &Missing) -> String {
    match (missing.scope, missing.permission) {
        (Some(scope), _) => format!("the API key needs the scope {scope}"),
        (None, Some(permission)) => format!("this needs the permission {permission}"),
        (None, None) => advice(Reason::PermissionMissing),
    }
}

fn fields(violations: &[error::FieldViolation]) -> Vec<FieldViolation> {
    violations
        .iter()
        .take(error::MAX_VIOLATIONS)
        .map(|violation| {
            let mut field = FieldViolation::new(&violation.field, violation.rule.advice());
            field.reason.push_str(violation.rule.name());
            field
        })
        .collect()
}

fn set_resource(details: &mut ErrorDetails, resource: &Resource) {
    details.set_resource_info(resource.kind, &resource.name, "", "");
}
