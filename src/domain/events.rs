//! Events: what happened, where in the one order of all, and which of them somebody wants.

use uuid::Uuid;

use super::{
    letters::{DeliveryState, LetterKind},
    members::{MemberState, Removal, Source},
    product_events::{AccessPlace, GroupPlace, ProjectPlace},
    products::ProductId,
    roles::Role,
    words::words,
};
use crate::clock::Time;

mod filters;
mod positions;

pub use filters::{EventFilter, Period};
pub use positions::EventPosition;

words! {
    /// What happened.
    pub enum EventType {
        /// A team was made.
        TeamCreated = "TEAM_CREATED",
        /// A team's settings were changed.
        TeamUpdated = "TEAM_UPDATED",
        /// A team was deleted.
        TeamDeleted = "TEAM_DELETED",
        /// A team has another primary admin.
        TeamPrimaryAdminChanged = "TEAM_PRIMARY_ADMIN_CHANGED",
        /// Somebody was invited.
        MemberInvited = "MEMBER_INVITED",
        /// Somebody was made an active member at once.
        MemberAdded = "MEMBER_ADDED",
        /// Somebody who was a member before is one again at once.
        MemberRevived = "MEMBER_REVIVED",
        /// An admin disabled a member.
        MemberDisabled = "MEMBER_DISABLED",
        /// An admin enabled a member.
        MemberEnabled = "MEMBER_ENABLED",
        /// Somebody accepted.
        MemberJoined = "MEMBER_JOINED",
        /// A membership ended.
        MemberRemoved = "MEMBER_REMOVED",
        /// A member has another role or other custom roles.
        MemberUpdated = "MEMBER_UPDATED",
        /// A custom role was made.
        RoleCreated = "ROLE_CREATED",
        /// A custom role was changed.
        RoleUpdated = "ROLE_UPDATED",
        /// A custom role was deleted.
        RoleDeleted = "ROLE_DELETED",
        /// A product was made or changed.
        ProductUpdated = "PRODUCT_UPDATED",
        /// A product has a removal rule from some moment on.
        RemovalRuleSet = "REMOVAL_RULE_SET",
        /// A hub was made.
        HubCreated = "HUB_CREATED",
        /// A hub was changed.
        HubUpdated = "HUB_UPDATED",
        /// A hub was deleted.
        HubDeleted = "HUB_DELETED",
        /// A hub has another admin.
        HubAdminAdded = "HUB_ADMIN_ADDED",
        /// Somebody is no admin of a hub any more.
        HubAdminRemoved = "HUB_ADMIN_REMOVED",
        /// A project was made.
        ProjectCreated = "PROJECT_CREATED",
        /// A project was changed.
        ProjectUpdated = "PROJECT_UPDATED",
        /// A project was deleted.
        ProjectDeleted = "PROJECT_DELETED",
        /// Somebody is in a project.
        ProjectMemberAdded = "PROJECT_MEMBER_ADDED",
        /// Somebody has another role in a project.
        ProjectMemberUpdated = "PROJECT_MEMBER_UPDATED",
        /// Somebody is in a project no more.
        ProjectMemberRemoved = "PROJECT_MEMBER_REMOVED",
        /// Somebody has access to a hub.
        AccessGranted = "ACCESS_GRANTED",
        /// Somebody's access has ended, or what remained of it.
        AccessEnded = "ACCESS_ENDED",
        /// Somebody left, and his access remains.
        AccessRemains = "ACCESS_REMAINS",
        /// Access that had ended was reported as still open.
        AccessReported = "ACCESS_REPORTED",
        /// An SSO connection was made.
        SsoConnectionCreated = "SSO_CONNECTION_CREATED",
        /// An SSO connection was changed.
        SsoConnectionUpdated = "SSO_CONNECTION_UPDATED",
        /// An SSO connection was deleted.
        SsoConnectionDeleted = "SSO_CONNECTION_DELETED",
        /// An account was linked with an identity of a connection.
        SsoIdentityLinked = "SSO_IDENTITY_LINKED",
        /// A team claimed a domain.
        DomainClaimed = "DOMAIN_CLAIMED",
        /// A domain was verified for a team.
        DomainVerified = "DOMAIN_VERIFIED",
        /// A team's claim of a domain ended.
        DomainReleased = "DOMAIN_RELEASED",
        /// A team has a directory.
        DirectoryCreated = "DIRECTORY_CREATED",
        /// A directory's name was changed.
        DirectoryUpdated = "DIRECTORY_UPDATED",
        /// A directory has another token.
        DirectoryTokenRotated = "DIRECTORY_TOKEN_ROTATED",
        /// A directory was given up, and its members are the team's own.
        DirectoryReleased = "DIRECTORY_RELEASED",
        /// A directory was given up, and the memberships of its members ended.
        DirectoryTerminated = "DIRECTORY_TERMINATED",
        /// A directory has another group.
        GroupCreated = "GROUP_CREATED",
        /// A group's name or external id was changed.
        GroupUpdated = "GROUP_UPDATED",
        /// A group is gone.
        GroupDeleted = "GROUP_DELETED",
        /// A group gives access to a hub.
        GroupMappingCreated = "GROUP_MAPPING_CREATED",
        /// A group gives access to a hub no more.
        GroupMappingDeleted = "GROUP_MAPPING_DELETED",
        /// Somebody is in a group.
        GroupMemberAdded = "GROUP_MEMBER_ADDED",
        /// Somebody is in a group no more.
        GroupMemberRemoved = "GROUP_MEMBER_REMOVED",
        /// An invitation has a new link.
        InvitationResent = "INVITATION_RESENT",
        /// An invitation's held letter was released.
        InvitationReleased = "INVITATION_RELEASED",
        /// A profile or an address was changed.
        UserUpdated = "USER_UPDATED",
        /// An operator disabled an account.
        UserDisabled = "USER_DISABLED",
        /// An operator enabled an account again.
        UserEnabled = "USER_ENABLED",
        /// A person was erased.
        UserDeleted = "USER_DELETED",
        /// Another address was asked for, or that was taken back.
        EmailChangeRequested = "EMAIL_CHANGE_REQUESTED",
        /// An import was made.
        ImportCreated = "IMPORT_CREATED",
        /// The mail server took a letter.
        LetterSent = "LETTER_SENT",
        /// A letter could not be delivered.
        LetterFailed = "LETTER_FAILED",
        /// A letter that was held is never released.
        LetterCancelled = "LETTER_CANCELLED",
        /// An API key was made.
        KeyCreated = "KEY_CREATED",
        /// An API key was revoked.
        KeyRevoked = "KEY_REVOKED",
        /// Something that a later version wrote, while this one still answers.
        Unknown = "UNKNOWN",
    }
}

/// Which call made an event; nothing for what muster does by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The API key that called.
    pub key_id: Option<String>,
    /// The person for whom it acted.
    pub actor_user_id: Option<Uuid>,
    /// The call.
    pub call_id: Option<Uuid>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Where it stands.
    pub position: EventPosition,
    /// The moment of the call that made it.
    pub create_time: Time,
    /// Which call that was.
    pub origin: Origin,
    /// What happened.
    pub happening: Happening,
}

/// What happened to one person or thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// What.
    pub event_type: EventType,
    /// In which team.
    pub team_id: Option<Uuid>,
    /// To whom.
    pub user_id: Option<Uuid>,
    /// What else is to be said.
    pub payload: Payload,
}

/// What else is to be said of a happening. Which type has which payload is told by [`EventType::family`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// Of a team: the settings that have another value.
    Team(Vec<String>),
    /// Of a membership.
    Member(Membership),
    /// Of an invitation: which, and how many links it has had.
    Invitation(Uuid, i32),
    /// Of an account: the fields that have another value.
    User(Vec<String>),
    /// Of an import: which, and its number of rows.
    Import(String, u32),
    /// Of a letter: what it says, how it ended, and the invitation whose link it brings.
    Letter(LetterKind, DeliveryState, Option<Uuid>),
    /// Of an API key: which.
    Key(String),
    /// Of a custom role: which, and the fields that have another value.
    Role(Uuid, Vec<String>),
    /// Of a product: which, the fields that have another value, and from when on its new rule holds.
    Product(ProductId, Vec<String>, Option<Time>),
    /// Of a hub: which, its product, and the fields that have another value.
    Hub(Uuid, ProductId, Vec<String>),
    /// Of a project or of somebody's place in it.
    Project(ProjectPlace),
    /// Of somebody's access.
    Access(AccessPlace),
    /// Of an SSO connection: which, and the fields that have another value.
    Sso(Uuid, Vec<String>),
    /// Of a domain: which.
    Domain(String),
    /// Of a directory: which, and the fields that have another value.
    Directory(Uuid, Vec<String>),
    /// Of a group of a directory.
    Group(GroupPlace),
    /// Of what is not known here.
    Unknown,
}

/// What a membership is from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The role as people see it.
    pub role: Role,
    /// Where it stands.
    pub state: MemberState,
    /// How the person came in.
    pub source: Source,
    /// The invitation that was opened or ended.
    pub invitation_id: Option<Uuid>,
    /// The import that did it.
    pub import_id: Option<String>,
    /// Why it ended.
    pub removal: Option<Removal>,
    /// Which parts have another value, of a membership that only changed.
    pub changed_fields: Vec<String>,
}

/// The payloads that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// [`Payload::Team`].
    Team,
    /// [`Payload::Member`].
    Member,
    /// [`Payload::Invitation`].
    Invitation,
    /// [`Payload::User`].
    User,
    /// [`Payload::Import`].
    Import,
    /// [`Payload::Letter`].
    Letter,
    /// [`Payload::Key`].
    Key,
    /// [`Payload::Role`].
    Role,
    /// [`Payload::Product`].
    Product,
    /// [`Payload::Hub`].
    Hub,
    /// [`Payload::Project`].
    Project,
    /// [`Payload::Access`].
    Access,
    /// [`Payload::Sso`].
    Sso,
    /// [`Payload::Domain`].
    Domain,
    /// [`Payload::Directory`].
    Directory,
    /// [`Payload::Group`].
    Group,
    /// [`Payload::Unknown`].
    Unknown,
}

impl EventType {
    /// Which payload events of this type have.
    #[must_use]
    pub const fn family(self) -> Family {
        match self {
            Self::TeamCreated
            | Self::TeamUpdated
            | Self::TeamDeleted
            | Self::TeamPrimaryAdminChanged => Family::Team,
            Self::MemberInvited
            | Self::MemberAdded
            | Self::MemberRevived
            | Self::MemberDisabled
            | Self::MemberEnabled
            | Self::MemberJoined
            | Self::MemberRemoved
            | Self::MemberUpdated => Family::Member,
            Self::RoleCreated | Self::RoleUpdated | Self::RoleDeleted => Family::Role,
            Self::ProductUpdated | Self::RemovalRuleSet => Family::Product,
            Self::HubCreated
            | Self::HubUpdated
            | Self::HubDeleted
            | Self::HubAdminAdded
            | Self::HubAdminRemoved => Family::Hub,
            Self::ProjectCreated
            | Self::ProjectUpdated
            | Self::ProjectDeleted
            | Self::ProjectMemberAdded
            | Self::ProjectMemberUpdated
            | Self::ProjectMemberRemoved => Family::Project,
            Self::AccessGranted
            | Self::AccessEnded
            | Self::AccessRemains
            | Self::AccessReported => Family::Access,
            Self::SsoConnectionCreated
            | Self::SsoConnectionUpdated
            | Self::SsoConnectionDeleted
            | Self::SsoIdentityLinked => Family::Sso,
            Self::DomainClaimed | Self::DomainVerified | Self::DomainReleased => Family::Domain,
            Self::DirectoryCreated
            | Self::DirectoryUpdated
            | Self::DirectoryTokenRotated
            | Self::DirectoryReleased
            | Self::DirectoryTerminated => Family::Directory,
            Self::GroupCreated
            | Self::GroupUpdated
            | Self::GroupDeleted
            | Self::GroupMappingCreated
            | Self::GroupMappingDeleted
            | Self::GroupMemberAdded
            | Self::GroupMemberRemoved => Family::Group,
            Self::InvitationResent | Self::InvitationReleased => Family::Invitation,
            Self::UserUpdated
            | Self::UserDisabled
            | Self::UserEnabled
            | Self::UserDeleted
            | Self::EmailChangeRequested => Family::User,
            Self::ImportCreated => Family::Import,
            Self::LetterSent | Self::LetterFailed | Self::LetterCancelled => Family::Letter,
            Self::KeyCreated | Self::KeyRevoked => Family::Key,
            Self::Unknown => Family::Unknown,
        }
    }
}

#[cfg(test)]
mod tests;
