//! Events for the wire.

use uuid::Uuid;

use super::{
    access, members, projects,
    values::{id, timestamp, words},
};
use crate::{
    domain::{
        events::{Event, EventFilter, EventType, Membership, Payload},
        groups::Target,
        letters::LetterKind,
        members::Removal,
    },
    error::{FieldViolation, Violations},
    proto::{self, event::Payload as Wire},
};

/// Reads which events are wanted.
pub(super) fn filter(
    given: Option<&proto::EventFilter>,
    violations: &mut Violations,
) -> Option<EventFilter> {
    let Some(given) = given else {
        return Some(EventFilter::default());
    };
    let team_id = violations.take(optional_id("filter.team_id", &given.team_id));
    let user_id = violations.take(optional_id("filter.user_id", &given.user_id));
    let mut types = words("filter.types", &given.types, violations, read_type);
    types.sort_unstable();
    types.dedup();
    Some(EventFilter {
        team_id: team_id?,
        user_id: user_id?,
        types,
    })
}

fn optional_id(field: &str, text: &str) -> Result<Option<Uuid>, FieldViolation> {
    if text.is_empty() {
        Ok(None)
    } else {
        id(field, text).map(Some)
    }
}

/// An event for the wire.
pub(super) fn event(event: Event) -> proto::Event {
    let happening = event.happening;
    proto::Event {
        position: event.position.text(),
        create_time: Some(timestamp(event.create_time)),
        r#type: event_type(happening.event_type).into(),
        team_id: text(happening.team_id),
        user_id: text(happening.user_id),
        caller_key_id: event.origin.key_id.unwrap_or_default(),
        call_id: text(event.origin.call_id),
        actor_user_id: text(event.origin.actor_user_id),
        payload: payload(happening.payload),
    }
}

fn payload(payload: Payload) -> Option<Wire> {
    Some(match payload {
        Payload::Unknown => return None,
        Payload::Team(changed_fields) => Wire::Team(proto::TeamEvent { changed_fields }),
        Payload::User(changed_fields) => Wire::User(proto::UserEvent { changed_fields }),
        Payload::Member(member) => Wire::Member(membership(member)),
        Payload::Invitation(invitation, send_count) => Wire::Invitation(proto::InvitationEvent {
            invitation_id: invitation.to_string(),
            send_count,
        }),
        Payload::Import(import_id, rows) => Wire::Import(proto::ImportEvent {
            import_id,
            row_count: i32::try_from(rows).unwrap_or(i32::MAX),
        }),
        Payload::Letter(kind, state, invitation) => Wire::Letter(proto::LetterEvent {
            kind: letter_kind(kind).into(),
            state: members::delivery(state).into(),
            invitation_id: text(invitation),
        }),
        Payload::Role(role, changed_fields) => Wire::Role(proto::RoleEvent {
            role_id: role.to_string(),
            changed_fields,
        }),
        Payload::Product(product, changed_fields, valid_from) => {
            Wire::Product(proto::ProductEvent {
                product_id: product.into_string(),
                changed_fields,
                rule_valid_from: valid_from.map(timestamp),
            })
        }
        Payload::Hub(hub, product, changed_fields) => Wire::Hub(proto::HubEvent {
            hub_id: hub.to_string(),
            product_id: product.into_string(),
            changed_fields,
        }),
        Payload::Project(place) => Wire::Project(proto::ProjectEvent {
            project_id: place.project_id.to_string(),
            hub_id: place.hub_id.to_string(),
            role: place
                .role
                .map_or(proto::ProjectRole::Unspecified, projects::role)
                .into(),
            changed_fields: place.changed_fields,
        }),
        Payload::Access(place) => Wire::Access(proto::AccessEvent {
            hub_id: place.hub_id.to_string(),
            product_id: place.product_id.into_string(),
            path: access::path(place.path).into(),
            project_id: text(place.path.project()),
            state: access::state(place.state).into(),
            rule_valid_from: place.rule_valid_from.map(timestamp),
            group_id: text(place.path.group()),
        }),
        Payload::Group(place) => Wire::Group(proto::GroupEvent {
            group_id: place.group_id.to_string(),
            directory_id: place.directory_id.to_string(),
            changed_fields: place.changed_fields,
            hub_id: text(place.target.and_then(Target::hub)),
            role: place
                .target
                .and_then(Target::role)
                .map_or(proto::Role::Unspecified, members::role)
                .into(),
        }),
        Payload::Sso(connection, changed_fields) => Wire::Sso(proto::SsoEvent {
            connection_id: connection.to_string(),
            changed_fields,
        }),
        Payload::Domain(domain) => Wire::Domain(proto::DomainEvent { domain }),
        Payload::Directory(directory, changed_fields) => Wire::Directory(proto::DirectoryEvent {
            directory_id: directory.to_string(),
            changed_fields,
        }),
        Payload::Key(key_id) => Wire::Key(proto::KeyEvent { key_id }),
    })
}

fn membership(member: Membership) -> proto::MemberEvent {
    proto::MemberEvent {
        role: members::role(member.role).into(),
        state: members::state(member.state).into(),
        source: members::source(member.source).into(),
        invitation_id: text(member.invitation_id),
        import_id: member.import_id.unwrap_or_default(),
        removal: member
            .removal
            .map_or(proto::MemberRemoval::Unspecified, removal)
            .into(),
        changed_fields: member.changed_fields,
    }
}

fn text(id: Option<Uuid>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

const fn removal(removal: Removal) -> proto::MemberRemoval {
    match removal {
        Removal::Declined => proto::MemberRemoval::Declined,
        Removal::Revoked => proto::MemberRemoval::Revoked,
        Removal::Corrected => proto::MemberRemoval::Corrected,
        Removal::Removed => proto::MemberRemoval::Removed,
        Removal::Left => proto::MemberRemoval::Left,
        Removal::TeamDeleted => proto::MemberRemoval::TeamDeleted,
        Removal::Erased => proto::MemberRemoval::Erased,
        Removal::Directory => proto::MemberRemoval::Directory,
    }
}

const fn letter_kind(kind: LetterKind) -> proto::LetterKind {
    match kind {
        LetterKind::Invitation => proto::LetterKind::Invitation,
        LetterKind::AddedToTeam => proto::LetterKind::AddedToTeam,
        LetterKind::NewLink => proto::LetterKind::NewLink,
        LetterKind::EmailChange => proto::LetterKind::EmailChange,
        LetterKind::EmailChangeNote => proto::LetterKind::EmailChangeNote,
        LetterKind::ResidualAccess => proto::LetterKind::ResidualAccess,
    }
}

const fn event_type(event_type: EventType) -> proto::EventType {
    match event_type {
        EventType::TeamCreated => proto::EventType::TeamCreated,
        EventType::TeamUpdated => proto::EventType::TeamUpdated,
        EventType::TeamPrimaryAdminChanged => proto::EventType::TeamPrimaryAdminChanged,
        EventType::MemberInvited => proto::EventType::MemberInvited,
        EventType::MemberAdded => proto::EventType::MemberAdded,
        EventType::MemberJoined => proto::EventType::MemberJoined,
        EventType::MemberRemoved => proto::EventType::MemberRemoved,
        EventType::InvitationResent => proto::EventType::InvitationResent,
        EventType::InvitationReleased => proto::EventType::InvitationReleased,
        EventType::UserUpdated => proto::EventType::UserUpdated,
        EventType::UserDisabled => proto::EventType::UserDisabled,
        EventType::UserEnabled => proto::EventType::UserEnabled,
        EventType::UserDeleted => proto::EventType::UserDeleted,
        EventType::EmailChangeRequested => proto::EventType::EmailChangeRequested,
        EventType::ImportCreated => proto::EventType::ImportCreated,
        EventType::LetterSent => proto::EventType::LetterSent,
        EventType::LetterFailed => proto::EventType::LetterFailed,
        EventType::LetterCancelled => proto::EventType::LetterCancelled,
        EventType::KeyCreated => proto::EventType::KeyCreated,
        EventType::KeyRevoked => proto::EventType::KeyRevoked,
        EventType::MemberUpdated => proto::EventType::MemberUpdated,
        EventType::RoleCreated => proto::EventType::RoleCreated,
        EventType::RoleUpdated => proto::EventType::RoleUpdated,
        EventType::RoleDeleted => proto::EventType::RoleDeleted,
        EventType::TeamDeleted => proto::EventType::TeamDeleted,
        EventType::MemberRevived => proto::EventType::MemberRevived,
        EventType::MemberDisabled => proto::EventType::MemberDisabled,
        EventType::MemberEnabled => proto::EventType::MemberEnabled,
        EventType::ProductUpdated => proto::EventType::ProductUpdated,
        EventType::RemovalRuleSet => proto::EventType::RemovalRuleSet,
        EventType::HubCreated => proto::EventType::HubCreated,
        EventType::HubUpdated => proto::EventType::HubUpdated,
        EventType::HubDeleted => proto::EventType::HubDeleted,
        EventType::HubAdminAdded => proto::EventType::HubAdminAdded,
        EventType::HubAdminRemoved => proto::EventType::HubAdminRemoved,
        EventType::ProjectCreated => proto::EventType::ProjectCreated,
        EventType::ProjectUpdated => proto::EventType::ProjectUpdated,
        EventType::ProjectDeleted => proto::EventType::ProjectDeleted,
        EventType::ProjectMemberAdded => proto::EventType::ProjectMemberAdded,
        EventType::ProjectMemberUpdated => proto::EventType::ProjectMemberUpdated,
        EventType::ProjectMemberRemoved => proto::EventType::ProjectMemberRemoved,
        EventType::AccessGranted => proto::EventType::AccessGranted,
        EventType::AccessEnded => proto::EventType::AccessEnded,
        EventType::AccessRemains => proto::EventType::AccessRemains,
        EventType::AccessReported => proto::EventType::AccessReported,
        EventType::SsoConnectionCreated => proto::EventType::SsoConnectionCreated,
        EventType::SsoConnectionUpdated => proto::EventType::SsoConnectionUpdated,
        EventType::SsoConnectionDeleted => proto::EventType::SsoConnectionDeleted,
        EventType::SsoIdentityLinked => proto::EventType::SsoIdentityLinked,
        EventType::DomainClaimed => proto::EventType::DomainClaimed,
        EventType::DomainVerified => proto::EventType::DomainVerified,
        EventType::DomainReleased => proto::EventType::DomainReleased,
        EventType::DirectoryCreated => proto::EventType::DirectoryCreated,
        EventType::DirectoryUpdated => proto::EventType::DirectoryUpdated,
        EventType::DirectoryTokenRotated => proto::EventType::DirectoryTokenRotated,
        EventType::DirectoryReleased => proto::EventType::DirectoryReleased,
        EventType::DirectoryTerminated => proto::EventType::DirectoryTerminated,
        EventType::GroupCreated => proto::EventType::GroupCreated,
        EventType::GroupUpdated => proto::EventType::GroupUpdated,
        EventType::GroupDeleted => proto::EventType::GroupDeleted,
        EventType::GroupMappingCreated => proto::EventType::GroupMappingCreated,
        EventType::GroupMappingDeleted => proto::EventType::GroupMappingDeleted,
        EventType::GroupMemberAdded => proto::EventType::GroupMemberAdded,
        EventType::GroupMemberRemoved => proto::EventType::GroupMemberRemoved,
        EventType::Unknown => proto::EventType::Unspecified,
    }
}

const fn read_type(event_type: proto::EventType) -> Option<EventType> {
    match event_type {
        proto::EventType::Unspecified => None,
        proto::EventType::TeamCreated => Some(EventType::TeamCreated),
        proto::EventType::TeamUpdated => Some(EventType::TeamUpdated),
        proto::EventType::TeamPrimaryAdminChanged => Some(EventType::TeamPrimaryAdminChanged),
        proto::EventType::MemberInvited => Some(EventType::MemberInvited),
        proto::EventType::MemberAdded => Some(EventType::MemberAdded),
        proto::EventType::MemberJoined => Some(EventType::MemberJoined),
        proto::EventType::MemberRemoved => Some(EventType::MemberRemoved),
        proto::EventType::InvitationResent => Some(EventType::InvitationResent),
        proto::EventType::InvitationReleased => Some(EventType::InvitationReleased),
        proto::EventType::UserUpdated => Some(EventType::UserUpdated),
        proto::EventType::UserDisabled => Some(EventType::UserDisabled),
        proto::EventType::UserEnabled => Some(EventType::UserEnabled),
        proto::EventType::UserDeleted => Some(EventType::UserDeleted),
        proto::EventType::EmailChangeRequested => Some(EventType::EmailChangeRequested),
        proto::EventType::ImportCreated => Some(EventType::ImportCreated),
        proto::EventType::LetterSent => Some(EventType::LetterSent),
        proto::EventType::LetterFailed => Some(EventType::LetterFailed),
        proto::EventType::LetterCancelled => Some(EventType::LetterCancelled),
        proto::EventType::KeyCreated => Some(EventType::KeyCreated),
        proto::EventType::KeyRevoked => Some(EventType::KeyRevoked),
        proto::EventType::MemberUpdated => Some(EventType::MemberUpdated),
        proto::EventType::RoleCreated => Some(EventType::RoleCreated),
        proto::EventType::RoleUpdated => Some(EventType::RoleUpdated),
        proto::EventType::TeamDeleted => Some(EventType::TeamDeleted),
        proto::EventType::MemberRevived => Some(EventType::MemberRevived),
        proto::EventType::MemberDisabled => Some(EventType::MemberDisabled),
        proto::EventType::MemberEnabled => Some(EventType::MemberEnabled),
        proto::EventType::RoleDeleted => Some(EventType::RoleDeleted),
        proto::EventType::ProductUpdated => Some(EventType::ProductUpdated),
        proto::EventType::RemovalRuleSet => Some(EventType::RemovalRuleSet),
        proto::EventType::HubCreated => Some(EventType::HubCreated),
        proto::EventType::HubUpdated => Some(EventType::HubUpdated),
        proto::EventType::HubDeleted => Some(EventType::HubDeleted),
        proto::EventType::HubAdminAdded => Some(EventType::HubAdminAdded),
        proto::EventType::HubAdminRemoved => Some(EventType::HubAdminRemoved),
        proto::EventType::ProjectCreated => Some(EventType::ProjectCreated),
        proto::EventType::ProjectUpdated => Some(EventType::ProjectUpdated),
        proto::EventType::ProjectDeleted => Some(EventType::ProjectDeleted),
        proto::EventType::ProjectMemberAdded => Some(EventType::ProjectMemberAdded),
        proto::EventType::ProjectMemberUpdated => Some(EventType::ProjectMemberUpdated),
        proto::EventType::ProjectMemberRemoved => Some(EventType::ProjectMemberRemoved),
        proto::EventType::AccessGranted => Some(EventType::AccessGranted),
        proto::EventType::AccessEnded => Some(EventType::AccessEnded),
        proto::EventType::AccessRemains => Some(EventType::AccessRemains),
        proto::EventType::AccessReported => Some(EventType::AccessReported),
        proto::EventType::SsoConnectionCreated => Some(EventType::SsoConnectionCreated),
        proto::EventType::SsoConnectionUpdated => Some(EventType::SsoConnectionUpdated),
        proto::EventType::SsoConnectionDeleted => Some(EventType::SsoConnectionDeleted),
        proto::EventType::SsoIdentityLinked => Some(EventType::SsoIdentityLinked),
        proto::EventType::DomainClaimed => Some(EventType::DomainClaimed),
        proto::EventType::DomainVerified => Some(EventType::DomainVerified),
        proto::EventType::DomainReleased => Some(EventType::DomainReleased),
        proto::EventType::DirectoryCreated => Some(EventType::DirectoryCreated),
        proto::EventType::DirectoryUpdated => Some(EventType::DirectoryUpdated),
        proto::EventType::DirectoryTokenRotated => Some(EventType::DirectoryTokenRotated),
        proto::EventType::DirectoryReleased => Some(EventType::DirectoryReleased),
        proto::EventType::DirectoryTerminated => Some(EventType::DirectoryTerminated),
        proto::EventType::GroupCreated => Some(EventType::GroupCreated),
        proto::EventType::GroupUpdated => Some(EventType::GroupUpdated),
        proto::EventType::GroupDeleted => Some(EventType::GroupDeleted),
        proto::EventType::GroupMappingCreated => Some(EventType::GroupMappingCreated),
        proto::EventType::GroupMappingDeleted => Some(EventType::GroupMappingDeleted),
        proto::EventType::GroupMemberAdded => Some(EventType::GroupMemberAdded),
        proto::EventType::GroupMemberRemoved => Some(EventType::GroupMemberRemoved),
    }
}
