//! Members, roles, accounts and invitations for the wire, as several services show them.

use super::values::timestamp;
use crate::{
    app::invitations::Entered,
    clock::Time,
    domain::{
        imports::Outcome,
        invitations::{Invitation, InvitationState, ShownInvitation},
        letters::DeliveryState,
        members::{Member, MemberDisabledReason, MemberState, SeenMember, Source},
        roles::Role,
        users::{User, UserDisabledReason},
    },
    proto,
};

pub(super) const fn role(role: Role) -> proto::Role {
    match role {
        Role::PrimaryAdmin => proto::Role::PrimaryAdmin,
        Role::SecondaryAdmin => proto::Role::SecondaryAdmin,
        Role::SsoAdmin => proto::Role::SsoAdmin,
        Role::Member => proto::Role::Member,
        Role::Guest => proto::Role::Guest,
    }
}

pub(super) const fn read_role(role: proto::Role) -> Option<Role> {
    match role {
        proto::Role::Unspecified => None,
        proto::Role::PrimaryAdmin => Some(Role::PrimaryAdmin),
        proto::Role::SecondaryAdmin => Some(Role::SecondaryAdmin),
        proto::Role::SsoAdmin => Some(Role::SsoAdmin),
        proto::Role::Member => Some(Role::Member),
        proto::Role::Guest => Some(Role::Guest),
    }
}

/// Every role but the primary admin's, which no invitation gives.
pub(super) const fn read_inviting_role(role: proto::Role) -> Option<Role> {
    match read_role(role) {
        Some(Role::PrimaryAdmin) | None => None,
        role @ Some(Role::SecondaryAdmin | Role::SsoAdmin | Role::Member | Role::Guest) => role,
    }
}

pub(super) const fn read_state(state: proto::MemberState) -> Option<MemberState> {
    match state {
        proto::MemberState::Unspecified => None,
        proto::MemberState::Invited => Some(MemberState::Invited),
        proto::MemberState::Active => Some(MemberState::Active),
        proto::MemberState::Disabled => Some(MemberState::Disabled),
        proto::MemberState::Removed => Some(MemberState::Removed),
    }
}

pub(super) const fn read_source(source: proto::MemberSource) -> Option<Source> {
    match source {
        proto::MemberSource::Unspecified => None,
        proto::MemberSource::Manual => Some(Source::Manual),
        proto::MemberSource::Import => Some(Source::Import),
        proto::MemberSource::SsoJit => Some(Source::SsoJit),
        proto::MemberSource::Directory => Some(Source::Directory),
        proto::MemberSource::Project => Some(Source::Project),
    }
}

pub(super) const fn state(state: MemberState) -> proto::MemberState {
    match state {
        MemberState::Invited => proto::MemberState::Invited,
        MemberState::Active => proto::MemberState::Active,
        MemberState::Disabled => proto::MemberState::Disabled,
        MemberState::Removed => proto::MemberState::Removed,
    }
}

pub(super) const fn source(source: Source) -> proto::MemberSource {
    match source {
        Source::Manual => proto::MemberSource::Manual,
        Source::Import => proto::MemberSource::Import,
        Source::SsoJit => proto::MemberSource::SsoJit,
        Source::Directory => proto::MemberSource::Directory,
        Source::Project => proto::MemberSource::Project,
    }
}

pub(super) const fn outcome(outcome: Outcome) -> proto::ImportOutcome {
    match outcome {
        Outcome::Invalid => proto::ImportOutcome::Invalid,
        Outcome::DuplicateRow => proto::ImportOutcome::DuplicateRow,
        Outcome::AlreadyMember => proto::ImportOutcome::AlreadyMember,
        Outcome::AlreadyInvited => proto::ImportOutcome::AlreadyInvited,
        Outcome::DomainRefused => proto::ImportOutcome::DomainRefused,
        Outcome::NoSeat => proto::ImportOutcome::NoSeat,
        Outcome::RejoinRefused => proto::ImportOutcome::RejoinRefused,
        Outcome::Revived => proto::ImportOutcome::Revived,
        Outcome::Verified => proto::ImportOutcome::Verified,
        Outcome::Invited => proto::ImportOutcome::Invited,
    }
}

const fn disabled_reason(reason: UserDisabledReason) -> proto::UserDisabledReason {
    match reason {
        UserDisabledReason::PendingAcceptance => proto::UserDisabledReason::PendingAcceptance,
        UserDisabledReason::Admin => proto::UserDisabledReason::Admin,
    }
}

const fn member_disabled_reason(reason: MemberDisabledReason) -> proto::MemberDisabledReason {
    match reason {
        MemberDisabledReason::Admin => proto::MemberDisabledReason::Admin,
        MemberDisabledReason::Directory => proto::MemberDisabledReason::Directory,
    }
}

pub(super) const fn read_invitation_state(
    state: proto::InvitationState,
) -> Option<InvitationState> {
    match state {
        proto::InvitationState::Unspecified => None,
        proto::InvitationState::Pending => Some(InvitationState::Pending),
        proto::InvitationState::Expired => Some(InvitationState::Expired),
        proto::InvitationState::Accepted => Some(InvitationState::Accepted),
        proto::InvitationState::Declined => Some(InvitationState::Declined),
        proto::InvitationState::Revoked => Some(InvitationState::Revoked),
    }
}

const fn invitation_state(state: InvitationState) -> proto::InvitationState {
    match state {
        InvitationState::Pending => proto::InvitationState::Pending,
        InvitationState::Expired => proto::InvitationState::Expired,
        InvitationState::Accepted => proto::InvitationState::Accepted,
        InvitationState::Declined => proto::InvitationState::Declined,
        InvitationState::Revoked => proto::InvitationState::Revoked,
    }
}

pub(super) const fn read_delivery(state: proto::DeliveryState) -> Option<DeliveryState> {
    match state {
        proto::DeliveryState::Unspecified => None,
        proto::DeliveryState::Held => Some(DeliveryState::Held),
        proto::DeliveryState::Queued => Some(DeliveryState::Queued),
        proto::DeliveryState::Sent => Some(DeliveryState::Sent),
        proto::DeliveryState::Failed => Some(DeliveryState::Failed),
        proto::DeliveryState::Cancelled => Some(DeliveryState::Cancelled),
    }
}

pub(super) const fn delivery(state: DeliveryState) -> proto::DeliveryState {
    match state {
        DeliveryState::Held => proto::DeliveryState::Held,
        DeliveryState::Queued => proto::DeliveryState::Queued,
        DeliveryState::Sent => proto::DeliveryState::Sent,
        DeliveryState::Failed => proto::DeliveryState::Failed,
        DeliveryState::Cancelled => proto::DeliveryState::Cancelled,
    }
}

pub(super) fn user(user: User) -> proto::User {
    let reasons = user.disabled_reasons();
    let etag = user.etag();
    proto::User {
        id: user.id.to_string(),
        email: user.email,
        given_name: user.given_name,
        family_name: user.family_name,
        language: user.language.unwrap_or_default(),
        phone: user.phone.unwrap_or_default(),
        time_zone: user.time_zone.unwrap_or_default(),
        job_title: user.job_title.unwrap_or_default(),
        external_id: user.external_id.unwrap_or_default(),
        enabled: reasons.is_empty(),
        disabled_reasons: reasons
            .into_iter()
            .map(|reason| disabled_reason(reason).into())
            .collect(),
        verify_time: user.verify_time.map(timestamp),
        create_time: Some(timestamp(user.create_time)),
        update_time: Some(timestamp(user.update_time)),
        etag,
        delete_time: user.delete_time.map(timestamp),
    }
}

/// Nothing is known of such an account but whose it is.
fn name_only(user: &User) -> proto::User {
    proto::User {
        id: user.id.to_string(),
        given_name: user.given_name.clone(),
        family_name: user.family_name.clone(),
        ..proto::User::default()
    }
}

/// A member as the caller may see him.
pub(super) fn seen(seen: SeenMember, now: Time) -> proto::Member {
    match seen {
        SeenMember::Whole(whole) => member(whole, now).0,
        SeenMember::Trace(trace) => proto::Member {
            user: Some(name_only(&trace.user)),
            ..member(trace, now).0
        },
    }
}

/// His account as the caller may see it.
pub(super) fn seen_user(seen: SeenMember) -> proto::User {
    match seen {
        SeenMember::Whole(whole) => user(whole.user),
        SeenMember::Trace(trace) => name_only(&trace.user),
    }
}

/// What became of a person: the outcome, the member and the open invitation.
pub(super) fn entered(
    entered: Entered,
    now: Time,
) -> (i32, Option<proto::Member>, Option<proto::Invitation>) {
    let (member, invitation) = entered
        .member
        .map(|one| member(one, now))
        .map_or((None, None), |(member, open)| (Some(member), open));
    (outcome(entered.outcome).into(), member, invitation)
}

/// A member with the invitation that the same answer shows beside it.
pub(super) fn member(member: Member, now: Time) -> (proto::Member, Option<proto::Invitation>) {
    let stands = member.state();
    let etag = member.etag();
    let open = member.shown_invitation().map(|open| invitation(open, now));
    let shown = proto::Member {
        team_id: member.team_id.to_string(),
        user_id: member.user.id.to_string(),
        role: role(member.role).into(),
        state: state(stands).into(),
        source: source(member.source).into(),
        disabled_reasons: member
            .disabled_reasons
            .iter()
            .map(|reason| member_disabled_reason(*reason).into())
            .collect(),
        create_time: Some(timestamp(member.create_time)),
        join_time: member.join_time.map(timestamp),
        remove_time: member.remove_time.map(timestamp),
        user: Some(user(member.user)),
        invitation: open.clone(),
        etag,
        custom_role_ids: member
            .custom_role_ids
            .iter()
            .map(ToString::to_string)
            .collect(),
    };
    (shown, open)
}

pub(super) fn invitation(shown: ShownInvitation, now: Time) -> proto::Invitation {
    let etag = shown.etag();
    let ShownInvitation {
        invitation,
        email,
        role: waiting,
    } = shown;
    let state = invitation.state(now);
    let Invitation {
        id,
        team_id,
        user_id,
        settlement: _,
        delivery_state,
        delivery_error,
        send_count,
        inviter_user_id,
        import_id,
        create_time,
        expire_time,
        settle_time,
    } = invitation;
    proto::Invitation {
        id: id.to_string(),
        team_id: team_id.to_string(),
        user_id: user_id.to_string(),
        email,
        role: role(waiting).into(),
        state: invitation_state(state).into(),
        delivery_state: delivery(delivery_state).into(),
        delivery_error: delivery_error.unwrap_or_default(),
        send_count,
        import_id: import_id.unwrap_or_default(),
        create_time: Some(timestamp(create_time)),
        expire_time: Some(timestamp(expire_time)),
        settle_time: settle_time.map(timestamp),
        etag,
        inviter_user_id: inviter_user_id.map(|id| id.to_string()).unwrap_or_default(),
    }
}
