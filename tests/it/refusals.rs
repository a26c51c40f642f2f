//! What a call answered: its message, or the code and reason of its refusal. Never its text.

use std::fmt::Debug;

use tonic::{Code, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// What tests ask of a call's result.
pub(crate) trait Outcome<T> {
    /// The message; panics if the call was refused.
    fn answered(self) -> T;
    /// The refusal, which must have this code and this reason.
    fn refused(self, code: Code, reason: &str) -> Status;
    /// An `INVALID_ARGUMENT` `INVALID` that names exactly these (field, rule), in any order.
    fn invalid(self, violations: &[(&str, &str)]);
    /// A `PERMISSION_DENIED` that names this permission as the one that is missing.
    fn denied(self, permission: &str);
    /// A `NOT_FOUND` with this reason, whose `ResourceInfo` names the resource.
    fn missing(self, reason: &str, resource: &str);
}

impl<T: Debug> Outcome<T> for Result<Response<T>, Status> {
    #[track_caller]
    fn answered(self) -> T {
        match self {
            Ok(response) => response.into_inner(),
            Err(status) => panic!("refused: {:?} {}", status.code(), reason(&status)),
        }
    }

    #[track_caller]
    fn refused(self, code: Code, expected: &str) -> Status {
        match self {
            Ok(response) => panic!("not refused: {:?}", response.into_inner()),
            Err(status) => {
                assert_eq!((status.code(), reason(&status).as_str()), (code, expected));
                status
            }
        }
    }

    #[track_caller]
    fn invalid(self, expected: &[(&str, &str)]) {
        let status = self.refused(Code::InvalidArgument, "INVALID");
        let mut found = violations(&status);
        found.sort();
        let mut expected: Vec<_> = expected
            .iter()
            .map(|(field, rule)| ((*field).to_owned(), (*rule).to_owned()))
            .collect();
        expected.sort();
        assert_eq!(found, expected);
    }

    #[track_caller]
    fn denied(self, permission: &str) {
        let status = self.refused(Code::PermissionDenied, "PERMISSION_MISSING");
        let info = status.get_details_error_info().expect("ErrorInfo");
        assert_eq!(
            info.metadata.get("permission").map(String::as_str),
            Some(permission)
        );
    }

    #[track_caller]
    fn missing(self, reason: &str, resource: &str) {
        let status = self.refused(Code::NotFound, reason);
        assert_eq!(resource_name(&status), resource);
    }
}

/// Every detail of a refusal.
pub(crate) fn details(status: &Status) -> ErrorDetails {
    status.get_error_details()
}

/// `ErrorInfo.reason`; empty if there is none.
pub(crate) fn reason(status: &Status) -> String {
    status
        .get_details_error_info()
        .map(|info| info.reason)
        .unwrap_or_default()
}

/// `BadRequest`'s (field, reason), in its order.
pub(crate) fn violations(status: &Status) -> Vec<(String, String)> {
    let request = status.get_details_bad_request();
    let violations = request
        .into_iter()
        .flat_map(|request| request.field_violations);
    violations
        .map(|violation| (violation.field, violation.reason))
        .collect()
}

/// `ResourceInfo.resource_name`; empty if there is none.
pub(crate) fn resource_name(status: &Status) -> String {
    status
        .get_details_resource_info()
        .map(|info| info.resource_name)
        .unwrap_or_default()
}

/// `RetryInfo.retry_delay`; the call must have one.
#[track_caller]
pub(crate) fn retry_delay(status: &Status) -> std::time::Duration {
    let retry = status
        .get_details_retry_info()
        .and_then(|info| info.retry_delay);
    retry.expect("RetryInfo with a delay")
}
