//! The one place that turns an error into a status: its code, its `google.rpc` details, and how loudly it is logged.

use std::{collections::HashMap, error::Error as _, fmt::Write, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use super::CallId;
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
        Error::Refused(reason) => {
            let name = reason_name(*reason);
            details.add_precondition_failure_violation(name, DOMAIN, advice(*reason));
            (Code::FailedPrecondition, *reason, advice(*reason))
        }
        Error::PrimaryOf(teams) => {
            let reason = Reason::PrimaryAdminProtected;
            let teams: Vec<String> = teams.iter().map(ToString::to_string).collect();
            metadata.insert("team_ids".to_owned(), teams.join(","));
            details.add_precondition_failure_violation(reason_name(reason), DOMAIN, advice(reason));
            (Code::FailedPrecondition, reason, advice(reason))
        }
        Error::Guarded(removals, members) => {
            let reason = Reason::RemovalGuard;
            metadata.insert("removals".to_owned(), removals.to_string());
            metadata.insert("members".to_owned(), members.to_string());
            details.add_precondition_failure_violation(reason_name(reason), DOMAIN, advice(reason));
            (Code::FailedPrecondition, reason, advice(reason))
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
            let reason = Reason::EventsGone;
            metadata.insert("oldest_position".to_owned(), oldest.clone());
            details.add_precondition_failure_violation(reason_name(reason), DOMAIN, advice(reason));
            (Code::FailedPrecondition, reason, advice(reason))
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
            tracing::error!(call.id = %call, error = chain(error), "a bug");
            let reason = Reason::Internal;
            (Code::Internal, reason, advice(reason))
        }
    };
    details.set_error_info(reason_name(reason), DOMAIN, metadata);
    Status::with_error_details(code, message, details)
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

fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        // Writing into a string cannot fail.
        let _ = write!(text, ": {next}");
        cause = next.source();
    }
    text
}

/// What a person should know or do next. Programs read the reason instead.
fn advice(reason: Reason) -> String {
    let text = match reason {
        Reason::Unspecified => "unknown",
        Reason::Invalid => "some fields break a rule",
        Reason::MalformedMessage => {
            "the message, or the order of a stream's parts, cannot be understood"
        }
        Reason::MessageTooLarge => "a message may have at most 4 MiB; send more and smaller ones",
        Reason::ImportTooLarge => "an import may have at most 5,000 rows and 16 MiB; split it",
        Reason::CsvMalformed => "the CSV cannot be read; nothing was imported",
        Reason::PageTokenInvalid => {
            "the page token is not of this very list; begin again without one"
        }
        Reason::CredentialMissing => "send an API key as `authorization: Bearer mst_<id>_<secret>`",
        Reason::CredentialInvalid => "the API key is malformed, unknown, expired or revoked",
        Reason::PermissionMissing => "a permission is missing",
        Reason::ActorInvalid => {
            "send the id of a user as `muster-actor`, or an ID token as `muster-actor-id-token`, or neither"
        }
        Reason::InviterLostAuthority => {
            "whoever offered this role may no longer offer it; another admin must resend the invitation"
        }
        Reason::TeamNotFound
        | Reason::UserNotFound
        | Reason::MemberNotFound
        | Reason::InvitationNotFound
        | Reason::ImportNotFound
        | Reason::KeyNotFound
        | Reason::RoleNotFound
        | Reason::EmailChangeNotFound
        | Reason::ProductNotFound
        | Reason::HubNotFound
        | Reason::ProjectNotFound
        | Reason::ProjectMemberNotFound
        | Reason::AccessNotFound
        | Reason::SsoConnectionNotFound
        | Reason::DomainNotFound
        | Reason::DirectoryNotFound => "not found",
        Reason::SyncTooLarge => "the sync has more entries or bytes than may be; nothing was done",
        Reason::SyncsBusy => "as many syncs run as may; wait",
        Reason::CursorMismatch => {
            "the delta does not come after the last sync; send a full snapshot"
        }
        Reason::RemovalGuard => {
            "the sync would remove more than a fifth of the directory's members; if that is meant, say `removal_guard_override`"
        }
        Reason::DirectoryExists => "the team has a directory; release or terminate it first",
        Reason::DirectoryEntitlementMissing => {
            "the team's plan has no directory; an operator sets the entitlement DIRECTORY_SYNC"
        }
        Reason::IdTokenInvalid => {
            "the ID token does not count; `fault` says why, and the person must sign in again"
        }
        Reason::SsoKeysUnavailable => {
            "the OpenID provider does not show its keys; try again, or look at the connection's jwks_uri"
        }
        Reason::SsoIssuerTaken => "another connection has this issuer; an operator can tell which",
        Reason::SsoConnectionsUsedUp => {
            "the team has as many SSO connections as it may; delete one"
        }
        Reason::DomainTaken => "the domain is verified for another team",
        Reason::DomainsUsedUp => "the team claims as many domains as it may; release one",
        Reason::JitDisabled => {
            "the person is not in the team, and its SSO brings nobody; invite him, or set `jit_enabled`"
        }
        Reason::EmailMismatch => {
            "the address is not in a domain that the team has verified, or belongs to another identity"
        }
        Reason::MemberDisabled => "an admin or the directory disabled the person in the team",
        Reason::ProductAliasTaken => "another product is known by this id, name or alias",
        Reason::HubNotEmpty => "the hub has projects, or access that has not ended; end that first",
        Reason::ProjectNotEmpty => "somebody is in the project; take everybody out of it first",
        Reason::HubsUsedUp => "the team has as many hubs as it may; delete one",
        Reason::HubAdminsUsedUp => "the hub has as many admins as it may; remove one",
        Reason::ProjectsUsedUp => "the hub has as many projects as it may; delete one",
        Reason::AccessPathsUsedUp => {
            "the person has as many paths into the hub as anybody may; end one"
        }
        Reason::AccessActive => "the person has active access to the hub; end that first",
        Reason::RemovalRuleInForce => {
            "another rule holds from this very moment on; set it for a later one"
        }
        Reason::RoleInUse => "members hold this role; give them others first",
        Reason::RoleNameTaken => "another custom role of the team has this name",
        Reason::RolesUsedUp => "the team has as many custom roles as it may; delete one",
        Reason::TeamExternalIdTaken => "another team has this external id",
        Reason::InvitationSuperseded => "a newer link replaced this one; use the newest letter",
        Reason::InvitationAccepted => "the invitation was accepted",
        Reason::InvitationRevoked => "the invitation was revoked",
        Reason::InvitationDeclined => "the invitation was declined",
        Reason::InvitationExpired => "the invitation has expired; ask for a new link",
        Reason::NotAMember => "this person is not in the team, or has no open invitation there",
        Reason::DirectoryManaged => "the directory keeps this person; change him there",
        Reason::NotASecondaryAdmin => {
            "make the person a secondary admin first, active and with an enabled account"
        }
        Reason::TeamNotEmpty => "others are in the team; remove them first",
        Reason::RejoinRefused => "an admin removed this person; an admin must invite him again",
        Reason::BatchTooLarge => "a call removes at most 5,000 people; narrow the filter",
        Reason::PrimaryAdminProtected => "this cannot be done to the primary admin",
        Reason::DomainRefused => "the team's domain rules refuse this address",
        Reason::NoSeat => "every seat of the team is taken",
        Reason::ImportIdReused => "this import id was used with other rows or options",
        Reason::UserVerified => "the person is verified and changes the address himself",
        Reason::UserNotVerified => {
            "the person is not verified; a team's admin corrects the address"
        }
        Reason::UserDisabled => "an operator disabled the account",
        Reason::EmailChangeExpired => "the link has expired; ask for the address again",
        Reason::EmailTaken => "another account has this address",
        Reason::ResendTooSoon => "sent less than a minute ago; wait",
        Reason::ResendsUsedUp => "sent as often as a day allows; wait",
        Reason::InvitationsUsedUp => "as many single invitations as an hour allows; wait or import",
        Reason::ImportsBusy => "as many imports run as may; wait",
        Reason::Conflict => "others kept changing the same rows; try again",
        Reason::Unavailable => "the database is away or the server drains; try again",
        Reason::Internal => "a bug; report the call id",
        Reason::EtagMismatch => "it was changed since it was read; read it again",
        Reason::RequestIdReused => "this request id was used for another request; take a new one",
        Reason::EventsGone => {
            "events after this position are deleted; read anew, then watch from `oldest_position`"
        }
        Reason::KeysUsedUp => "two live keys have this name; revoke one of them first",
        Reason::CertificateNameTaken => "another live key has this certificate's name",
        Reason::WatchesBusy => "as many watchers as may be; wait",
        Reason::DeadlineExceeded => {
            "the call took too long; with the same `request_id` it can be tried again"
        }
        Reason::Overloaded => "as many calls run as may; wait",
        Reason::RateLimited => "more calls than a second allows; wait",
    };
    text.to_owned()
}
