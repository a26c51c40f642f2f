//! What to do about each reason, in words for people.

use crate::error::Reason;

/// What a person should know or do next. Programs read the reason instead.
#[expect(clippy::too_many_lines, reason = "a line for each reason")]
pub(super) fn advice(reason: Reason) -> String {
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
        | Reason::DirectoryNotFound
        | Reason::GroupNotFound
        | Reason::GroupMappingNotFound => "not found",
        Reason::GroupMappingsUsedUp => "the group has as many mappings as it may; delete one",
        Reason::GroupsUsedUp => "the directory would have more groups than it may; send fewer",
        Reason::GroupMembersUsedUp => {
            "the directory's groups would have more members than they may; send fewer"
        }
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
        Reason::HubNotEmpty => {
            "the hub has projects, mapped groups, or access that has not ended; end that first"
        }
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
