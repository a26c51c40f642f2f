//! Teams and their counts for the wire.

use super::values::timestamp;
use crate::{
    domain::{
        domain_rules::{DomainRule, Effect},
        teams::{Entitlement, RejoinPolicy, Team, TeamCounts, VerifiedAccountPolicy},
    },
    proto,
};

pub(super) fn show(team: &Team) -> proto::Team {
    let settings = &team.settings;
    let policy = match settings.verified_account_policy {
        VerifiedAccountPolicy::AddAtOnce => proto::VerifiedAccountPolicy::AddAtOnce,
        VerifiedAccountPolicy::AskFirst => proto::VerifiedAccountPolicy::AskFirst,
    };
    let rejoin = match settings.rejoin_policy {
        RejoinPolicy::AdminsOnly => proto::RejoinPolicy::AdminsOnly,
        RejoinPolicy::AnySource => proto::RejoinPolicy::AnySource,
    };
    proto::Team {
        id: team.id.to_string(),
        display_name: settings.display_name.as_str().to_owned(),
        external_id: settings
            .external_id
            .as_ref()
            .map(|id| id.as_str().to_owned())
            .unwrap_or_default(),
        primary_admin_user_id: team.primary_admin_user_id.to_string(),
        seat_limit: settings.seat_limit,
        invitation_ttl: Some(prost_types::Duration {
            seconds: settings.invitation_ttl.delta().num_seconds(),
            nanos: 0,
        }),
        verified_account_policy: policy.into(),
        default_language: settings.default_language.as_str().to_owned(),
        domain_rules: settings
            .domain_rules
            .as_slice()
            .iter()
            .map(show_rule)
            .collect(),
        entitlements: settings
            .entitlements
            .iter()
            .map(|entitlement| match entitlement {
                Entitlement::DirectorySync => proto::Entitlement::DirectorySync.into(),
            })
            .collect(),
        create_time: Some(timestamp(team.create_time)),
        update_time: Some(timestamp(team.update_time)),
        etag: team.etag(),
        rejoin_policy: rejoin.into(),
        delete_time: team.delete_time.map(timestamp),
    }
}

fn show_rule(rule: &DomainRule) -> proto::DomainRule {
    let effect = match rule.effect() {
        Effect::Allow => proto::DomainRuleEffect::Allow,
        Effect::GuestOnly => proto::DomainRuleEffect::GuestOnly,
        Effect::Deny => proto::DomainRuleEffect::Deny,
    };
    proto::DomainRule {
        domain: rule.as_str().to_owned(),
        effect: effect.into(),
    }
}

pub(super) const fn show_counts(counts: TeamCounts) -> proto::TeamCounts {
    proto::TeamCounts {
        seats: counts.seats,
        invited_members: counts.invited_members,
        active_members: counts.active_members,
        disabled_members: counts.disabled_members,
        removed_members: counts.removed_members,
        open_invitations: counts.open_invitations,
        expired_invitations: counts.expired_invitations,
        undelivered_invitations: counts.undelivered_invitations,
    }
}
