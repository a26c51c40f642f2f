//! Teams and their settings.

use chrono::TimeDelta;
use uuid::Uuid;

use super::{
    domain_rules::DomainRules, etags::Etag, languages::Language, names::DisplayName,
    texts::ExternalId, words::words,
};
use crate::{
    clock::Time,
    error::{FieldViolation, Rule},
};

words! {
    /// What inviting somebody with a verified account does.
    pub enum VerifiedAccountPolicy {
        /// He is a member at once.
        AddAtOnce = "ADD_AT_ONCE",
        /// He is invited like anybody.
        AskFirst = "ASK_FIRST",
    }
}

words! {
    /// Who may bring back people whom an admin removed.
    pub enum RejoinPolicy {
        /// Whoever invites or imports, and the directory.
        AdminsOnly = "ADMINS_ONLY",
        /// Also SSO and projects.
        AnySource = "ANY_SOURCE",
    }
}

words! {
    /// What a team's plan includes beyond the usual.
    pub enum Entitlement {
        /// A directory may bring and manage its people.
        DirectorySync = "DIRECTORY_SYNC",
    }
}

/// A team.
#[derive(Clone)]
pub struct Team {
    /// Its id.
    pub id: Uuid,
    /// The one primary admin.
    pub primary_admin_user_id: Uuid,
    /// All that can be changed about it.
    pub settings: TeamSettings,
    /// When it was made.
    pub create_time: Time,
    /// When it last changed.
    pub update_time: Time,
    /// When it was deleted.
    pub delete_time: Option<Time>,
}

impl Team {
    /// Changes whenever the team does.
    #[must_use]
    pub fn etag(&self) -> String {
        let settings = &self.settings;
        let mut etag = Etag::new()
            .text(&self.id.to_string())
            .text(&self.primary_admin_user_id.to_string())
            .text(settings.display_name.as_str())
            .optional(settings.external_id.as_ref().map(ExternalId::as_str))
            .number(settings.seat_limit.map_or(0, i64::from))
            .number(settings.invitation_ttl.micros())
            .text(settings.verified_account_policy.word())
            .text(settings.default_language.as_str());
        for rule in settings.domain_rules.as_slice() {
            etag = etag.text(rule.as_str()).text(rule.effect().word());
        }
        for entitlement in &settings.entitlements {
            etag = etag.text(entitlement.word());
        }
        etag.text(settings.rejoin_policy.word())
            .time(Some(self.create_time))
            .time(Some(self.update_time))
            .time(self.delete_time)
            .finish()
    }
}

/// What an admin may change about a team.
#[derive(Clone)]
pub struct TeamSettings {
    /// Its name.
    pub display_name: DisplayName,
    /// The id in another system.
    pub external_id: Option<ExternalId>,
    /// How many seats there are; unlimited if unset.
    pub seat_limit: Option<i32>,
    /// How long its invitations are good.
    pub invitation_ttl: InvitationTtl,
    /// What inviting a verified account does.
    pub verified_account_policy: VerifiedAccountPolicy,
    /// The language of letters to people who have none.
    pub default_language: Language,
    /// Which addresses may come in.
    pub domain_rules: DomainRules,
    /// What its plan includes, each once and in the order of their declaration.
    pub entitlements: Vec<Entitlement>,
    /// Who may bring back people whom an admin removed.
    pub rejoin_policy: RejoinPolicy,
}

impl TeamSettings {
    /// The names of the settings that have another value than before.
    #[must_use]
    pub fn changed_since(&self, before: &Self) -> Vec<&'static str> {
        let fields = [
            ("display_name", self.display_name != before.display_name),
            ("external_id", self.external_id != before.external_id),
            ("seat_limit", self.seat_limit != before.seat_limit),
            (
                "invitation_ttl",
                self.invitation_ttl != before.invitation_ttl,
            ),
            (
                "verified_account_policy",
                self.verified_account_policy != before.verified_account_policy,
            ),
            (
                "default_language",
                self.default_language != before.default_language,
            ),
            ("domain_rules", self.domain_rules != before.domain_rules),
            ("entitlements", self.entitlements != before.entitlements),
            ("rejoin_policy", self.rejoin_policy != before.rejoin_policy),
        ];
        fields
            .into_iter()
            .filter_map(|(name, differs)| differs.then_some(name))
            .collect()
    }
}

/// How long an invitation is good: 1 to 30 days in whole seconds, 7 days by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvitationTtl(TimeDelta);

impl InvitationTtl {
    /// A time to live of so many seconds and nanoseconds.
    ///
    /// # Errors
    /// `OUT_OF_RANGE` outside 1 to 30 days, `MALFORMED` for parts of a second.
    pub fn parse(field: &str, seconds: i64, nanos: i32) -> Result<Self, FieldViolation> {
        const DAY: i64 = 86_400;
        if nanos != 0 {
            return Err(FieldViolation::new(field, Rule::Malformed));
        }
        if !(DAY..=30 * DAY).contains(&seconds) {
            return Err(FieldViolation::new(field, Rule::OutOfRange));
        }
        Ok(Self(TimeDelta::seconds(seconds)))
    }

    /// One that was stored.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(TimeDelta::microseconds(micros))
    }

    /// For storing.
    #[must_use]
    pub fn micros(self) -> i64 {
        self.0.num_microseconds().unwrap_or(i64::MAX)
    }

    /// The time to live.
    #[must_use]
    pub const fn delta(self) -> TimeDelta {
        self.0
    }
}

impl Default for InvitationTtl {
    fn default() -> Self {
        Self(TimeDelta::days(7))
    }
}

/// Checks a seat limit.
///
/// # Errors
/// `OUT_OF_RANGE` below 1: the primary admin holds a seat always.
pub fn seat_limit(field: &str, limit: Option<i32>) -> Result<Option<i32>, FieldViolation> {
    match limit {
        Some(number) if number < 1 => Err(FieldViolation::new(field, Rule::OutOfRange)),
        limit => Ok(limit),
    }
}

/// How many people and invitations a team has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TeamCounts {
    /// Seats in use.
    pub seats: i64,
    /// Members who have not joined.
    pub invited_members: i64,
    /// Members who have joined and are not disabled.
    pub active_members: i64,
    /// Members who have joined and are disabled.
    pub disabled_members: i64,
    /// Memberships that ended.
    pub removed_members: i64,
    /// Invitations not settled, expired ones included.
    pub open_invitations: i64,
    /// Open invitations past their time.
    pub expired_invitations: i64,
    /// Open invitations whose letter could not be delivered.
    pub undelivered_invitations: i64,
}

/// Which teams a list holds.
#[derive(Clone, Default)]
pub struct TeamFilter {
    /// Only the team with this external id.
    pub external_id: Option<ExternalId>,
    /// Deleted teams too.
    pub show_deleted: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_good_for_one_to_thirty_days_in_whole_seconds() {
        const DAY: i64 = 86_400;
        assert_eq!(InvitationTtl::default().delta(), TimeDelta::days(7));
        for seconds in [DAY, 7 * DAY + 1, 30 * DAY] {
            let ttl = InvitationTtl::parse("ttl", seconds, 0).unwrap();
            assert_eq!(ttl.delta(), TimeDelta::seconds(seconds));
            assert_eq!(InvitationTtl::from_micros(ttl.micros()), ttl);
        }
        for seconds in [-1, 0, DAY - 1, 30 * DAY + 1] {
            let refused = InvitationTtl::parse("ttl", seconds, 0).unwrap_err();
            assert_eq!(refused.rule, Rule::OutOfRange);
        }
        let refused = InvitationTtl::parse("ttl", DAY, 1).unwrap_err();
        assert_eq!(refused.rule, Rule::Malformed);
    }

    #[test]
    fn a_seat_limit_leaves_one_for_the_primary_admin() {
        assert_eq!(seat_limit("limit", None), Ok(None));
        assert_eq!(seat_limit("limit", Some(1)), Ok(Some(1)));
        assert!(seat_limit("limit", Some(0)).is_err());
    }
}
