//! What a server's refusal means, told to a person.

use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::{CliError, print::plain};
use crate::error::{Reason, reason_name};

/// The header and metadata key of a call's id.
const CALL_ID: &str = "muster-call-id";

/// What to do about a deadline that passed.
const LATE: &str = "It took too long; give it more time with --timeout.";

impl From<Status> for CliError {
    /// Code, reason, every broken field and the call's id; and what to do, where the reason tells.
    fn from(status: Status) -> Self {
        let info = status.get_details_error_info();
        let reason = info
            .as_ref()
            .and_then(|info| Reason::from_str_name(&format!("REASON_{}", info.reason)));

        let name = match (reason, &info) {
            (Some(reason), _) => reason_name(reason).to_owned(),
            // A newer server may know reasons that this program does not.
            (None, Some(info)) => plain(&info.reason),
            (None, None) => format!("{:?}", status.code()),
        };
        let mut lines = vec![format!("{name}: {}", plain(status.message()))];
        let bad_request = status.get_details_bad_request();
        for violation in bad_request.iter().flat_map(|all| &all.field_violations) {
            lines.push(format!(
                "  {}: {}: {}",
                plain(&violation.field),
                plain(&violation.reason),
                plain(&violation.description)
            ));
        }
        let in_details = info
            .as_ref()
            .and_then(|info| info.metadata.get("call_id"))
            .map(String::as_str);
        let in_header = status
            .metadata()
            .get(CALL_ID)
            .and_then(|id| id.to_str().ok());
        if let Some(id) = in_details.or(in_header) {
            lines.push(format!("  call id: {}", plain(id)));
        }

        let error = Self::new(lines.join("\n"));
        let waits = status
            .get_details_retry_info()
            .and_then(|info| info.retry_delay);
        match (
            reason.map_or_else(|| unexplained(status.code()), advice),
            waits,
        ) {
            (Some(advice), _) => error.advise(advice),
            (None, Some(wait)) => {
                error.advise(format!("Try again in {} s.", wait.as_secs().max(1)))
            }
            (None, None) => error,
        }
    }
}

/// What to do about a status without a reason: not the service's own, but one of something on the way to it.
const fn unexplained(code: Code) -> Option<&'static str> {
    match code {
        Code::Cancelled | Code::DeadlineExceeded => Some(LATE),
        Code::Unimplemented => Some("Something else than muster, or an older one, answers there."),
        Code::Unavailable | Code::Unknown => {
            Some("The connection broke, or a proxy did. Try again.")
        }
        Code::Ok
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Internal
        | Code::DataLoss
        | Code::Unauthenticated => None,
    }
}

/// What to do about a refusal, where the reason alone tells.
#[expect(clippy::too_many_lines, reason = "a line for each reason")]
const fn advice(reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::CredentialMissing | Reason::CredentialInvalid => Some(
            "The server does not take this key. Is it the one of this deployment, and not revoked? \
             `muster keys create` makes another, beside the database.",
        ),
        Reason::TeamNotFound => {
            Some("Check the team's id; TeamService.ListTeams lists the teams of this deployment.")
        }
        Reason::ImportTooLarge => Some("Split the file: at most 5,000 rows and 16 MiB an import."),
        Reason::CsvMalformed => Some(
            "Nothing was imported. The file must be UTF-8 with one header line that names given name, family name \
             and email, each once.",
        ),
        Reason::ImportIdReused => Some(
            "This import id stands for other rows or options. Leave --import-id out, or give a new one.",
        ),
        Reason::DeadlineExceeded => Some(LATE),
        Reason::Internal => {
            Some("This is a bug of the server; its log has more under the call id.")
        }
        Reason::Unspecified
        | Reason::Invalid
        | Reason::MalformedMessage
        | Reason::MessageTooLarge
        | Reason::PageTokenInvalid
        | Reason::PermissionMissing
        | Reason::UserNotFound
        | Reason::MemberNotFound
        | Reason::InvitationNotFound
        | Reason::ImportNotFound
        | Reason::TeamExternalIdTaken
        | Reason::InvitationSuperseded
        | Reason::InvitationAccepted
        | Reason::InvitationRevoked
        | Reason::InvitationDeclined
        | Reason::InvitationExpired
        | Reason::NotAMember
        | Reason::PrimaryAdminProtected
        | Reason::DomainRefused
        | Reason::NoSeat
        | Reason::UserVerified
        | Reason::UserNotVerified
        | Reason::UserDisabled
        | Reason::EmailChangeNotFound
        | Reason::EmailChangeExpired
        | Reason::EmailTaken
        | Reason::ResendTooSoon
        | Reason::ResendsUsedUp
        | Reason::InvitationsUsedUp
        | Reason::ImportsBusy
        | Reason::Overloaded
        | Reason::RateLimited
        | Reason::Conflict
        | Reason::Unavailable
        | Reason::EtagMismatch
        | Reason::RequestIdReused
        | Reason::EventsGone
        | Reason::WatchesBusy
        | Reason::KeysUsedUp
        | Reason::KeyNotFound
        | Reason::CertificateNameTaken
        | Reason::ActorInvalid
        | Reason::InviterLostAuthority
        | Reason::RoleNotFound
        | Reason::RoleInUse
        | Reason::RoleNameTaken
        | Reason::RolesUsedUp
        | Reason::DirectoryManaged
        | Reason::NotASecondaryAdmin
        | Reason::TeamNotEmpty
        | Reason::RejoinRefused
        | Reason::BatchTooLarge
        | Reason::ProductNotFound
        | Reason::HubNotFound
        | Reason::ProjectNotFound
        | Reason::ProjectMemberNotFound
        | Reason::AccessNotFound
        | Reason::ProductAliasTaken
        | Reason::HubNotEmpty
        | Reason::ProjectNotEmpty
        | Reason::HubsUsedUp
        | Reason::HubAdminsUsedUp
        | Reason::ProjectsUsedUp
        | Reason::AccessPathsUsedUp
        | Reason::RemovalRuleInForce
        | Reason::AccessActive
        | Reason::SsoConnectionNotFound
        | Reason::SsoIssuerTaken
        | Reason::SsoConnectionsUsedUp
        | Reason::DomainNotFound
        | Reason::DomainTaken
        | Reason::DomainsUsedUp
        | Reason::IdTokenInvalid
        | Reason::SsoKeysUnavailable
        | Reason::JitDisabled
        | Reason::EmailMismatch
        | Reason::MemberDisabled
        | Reason::DirectoryNotFound
        | Reason::DirectoryExists
        | Reason::DirectoryEntitlementMissing
        | Reason::SyncTooLarge
        | Reason::SyncsBusy
        | Reason::CursorMismatch
        | Reason::RemovalGuard
        | Reason::GroupNotFound
        | Reason::GroupMappingNotFound
        | Reason::GroupMappingsUsedUp
        | Reason::GroupsUsedUp
        | Reason::GroupMembersUsedUp => None,
    }
}
