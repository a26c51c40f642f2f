//! A user in one team.

use uuid::Uuid;

use super::{
    etags::Etag,
    invitations::{Invitation, ShownInvitation},
    roles::Role,
    search::Prefix,
    users::User,
    words::words,
};
use crate::{
    clock::Time,
    error::{FieldViolation, Rule},
};

words! {
    /// How a person came into a team.
    pub enum Source {
        /// Invited by hand.
        Manual = "MANUAL",
        /// By an import.
        Import = "IMPORT",
        /// By signing in through the team's SSO.
        SsoJit = "SSO_JIT",
        /// By the team's directory.
        Directory = "DIRECTORY",
        /// By a project of one of the team's hubs.
        Project = "PROJECT",
    }
}

impl Source {
    /// Whether people come in without being asked: they ask themselves by signing in, or their directory answers for them.
    #[must_use]
    pub const fn joins_at_once(self) -> bool {
        match self {
            Self::SsoJit | Self::Directory => true,
            Self::Manual | Self::Import | Self::Project => false,
        }
    }
}

words! {
    /// Where a membership stands. It is derived, never stored.
    pub enum MemberState {
        /// Has not joined yet.
        Invited = "INVITED",
        /// Has joined.
        Active = "ACTIVE",
        /// Has joined and is disabled here.
        Disabled = "DISABLED",
        /// The membership ended.
        Removed = "REMOVED",
    }
}

words! {
    /// Why a membership ended.
    pub enum Removal {
        /// The person declined.
        Declined = "DECLINED",
        /// The invitation was revoked.
        Revoked = "REVOKED",
        /// The address was corrected to somebody else's.
        Corrected = "CORRECTED",
        /// An admin, a service or the operator removed him.
        Removed = "REMOVED",
        /// The person left.
        Left = "LEFT",
        /// The team was deleted.
        TeamDeleted = "TEAM_DELETED",
        /// The account was erased.
        Erased = "ERASED",
        /// The directory that had him has him no more.
        Directory = "DIRECTORY",
    }
}

impl Removal {
    /// Whether somebody took him out who may.
    #[must_use]
    pub const fn is_by_admin(self) -> bool {
        match self {
            // Whom the company took out of its directory does not come back by himself either.
            Self::Revoked | Self::Removed | Self::Directory => true,
            Self::Declined | Self::Corrected | Self::Left | Self::TeamDeleted | Self::Erased => {
                false
            }
        }
    }

    /// Whether the person himself said no.
    #[must_use]
    pub const fn is_by_himself(self) -> bool {
        match self {
            Self::Declined | Self::Left => true,
            Self::Revoked
            | Self::Corrected
            | Self::Removed
            | Self::TeamDeleted
            | Self::Erased
            | Self::Directory => false,
        }
    }
}

words! {
    /// Why a member is disabled in one team.
    pub enum MemberDisabledReason {
        /// An admin of the team did it.
        Admin = "ADMIN",
        /// The team's directory did it.
        Directory = "DIRECTORY",
    }
}

/// A member with the account and the open invitation.
#[derive(Clone)]
pub struct Member {
    /// The team.
    pub team_id: Uuid,
    /// The role as people see it, the primary admin's included.
    pub role: Role,
    /// The custom roles, in the order of their ids; none once the membership has ended.
    pub custom_role_ids: Vec<Uuid>,
    /// How the person came in.
    pub source: Source,
    /// Why he is disabled here.
    pub disabled_reasons: Vec<MemberDisabledReason>,
    /// When the membership was made.
    pub create_time: Time,
    /// When the person joined.
    pub join_time: Option<Time>,
    /// When the membership ended.
    pub remove_time: Option<Time>,
    /// The account.
    pub user: User,
    /// The open invitation.
    pub invitation: Option<Invitation>,
}

impl Member {
    /// Where the membership stands: the first that holds.
    #[must_use]
    pub const fn state(&self) -> MemberState {
        if self.remove_time.is_some() {
            MemberState::Removed
        } else if self.join_time.is_none() {
            MemberState::Invited
        } else if !self.disabled_reasons.is_empty() {
            MemberState::Disabled
        } else {
            MemberState::Active
        }
    }
}

impl Member {
    /// The open invitation as it is shown beside other ones.
    #[must_use]
    pub fn shown_invitation(&self) -> Option<ShownInvitation> {
        let invitation = self.invitation.clone()?;
        Some(ShownInvitation {
            invitation,
            email: self.user.email.clone(),
            role: self.role,
        })
    }

    /// Changes whenever the membership, its roles, the account or the open invitation does.
    #[must_use]
    pub fn etag(&self) -> String {
        let invitation = self.shown_invitation().map(|open| open.etag());
        let mut etag = Etag::new();
        for id in &self.custom_role_ids {
            etag = etag.text(&id.to_string());
        }
        for reason in &self.disabled_reasons {
            etag = etag.text(reason.word());
        }
        etag.text(&self.team_id.to_string())
            .text(self.role.word())
            .text(self.source.word())
            .time(Some(self.create_time))
            .time(self.join_time)
            .time(self.remove_time)
            .text(&self.user.etag())
            .optional(invitation.as_deref())
            .finish()
    }
}

/// A member as somebody may see him.
pub enum SeenMember {
    /// With the account as it is now.
    Whole(Member),
    /// With nothing of the account but id and name: what became of it since is not the one's to see who asks.
    Trace(Member),
}

impl SeenMember {
    /// A member with nothing of the account but id and name.
    #[must_use]
    pub fn trace(mut member: Member) -> Self {
        member.user = member.user.name_only();
        Self::Trace(member)
    }

    /// A member as a team sees him.
    #[must_use]
    pub fn by_team(member: Member) -> Self {
        match member.state() {
            MemberState::Removed => Self::trace(member),
            MemberState::Invited | MemberState::Active | MemberState::Disabled => {
                Self::Whole(member)
            }
        }
    }
}

/// Which members a list holds; empty lists do not narrow it.
#[derive(Debug, Clone, Default)]
pub struct MemberFilter {
    /// Only these roles.
    pub roles: Vec<Role>,
    /// Only these states; all but `REMOVED` if empty.
    pub states: Vec<MemberState>,
    /// Only these sources.
    pub sources: Vec<Source>,
    /// Only those whose account is verified, or only others.
    pub verified: Option<bool>,
    /// Only those whose invitation is past its time.
    pub invitation_expired: bool,
    /// Only those whose membership was made then or later.
    pub create_time_from: Option<Time>,
    /// Only those whose name or address begins with this.
    pub query: Option<Prefix>,
}

words! {
    /// In which order a list of people comes; the filter decides it.
    pub enum PeopleOrder {
        /// By the time at which the membership was made, then the person's id.
        Membership = "membership",
        /// By the person's id, which is the order in which accounts were made.
        Account = "account",
        /// By the time at which the invitation expired, then its id.
        Expiry = "expiry",
        /// By the key that matched, then the person's id.
        Key = "key",
    }
}

impl MemberFilter {
    /// That it does not tell a team what became of those who left: whether an address or a name is theirs now, or
    /// verified.
    ///
    /// # Errors
    /// `EXCLUSIVE` of `filter.states`.
    pub fn by_team(&self) -> Result<(), FieldViolation> {
        let asks = self.query.is_some() || self.verified.is_some();
        if asks && self.states.contains(&MemberState::Removed) {
            Err(FieldViolation::new("filter.states", Rule::Exclusive))
        } else {
            Ok(())
        }
    }

    /// The order of a team's people.
    #[must_use]
    pub const fn order(&self) -> PeopleOrder {
        if self.query.is_some() {
            PeopleOrder::Key
        } else if self.invitation_expired {
            PeopleOrder::Expiry
        } else {
            PeopleOrder::Membership
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_team_asks_nothing_about_the_accounts_of_those_who_left() {
        let filter = |states: &[MemberState], query: &str, verified: Option<bool>| MemberFilter {
            states: states.to_vec(),
            query: Prefix::parse("filter.query", query).ok(),
            verified,
            ..MemberFilter::default()
        };
        let gone = &[MemberState::Active, MemberState::Removed];
        for good in [
            filter(gone, "", None),
            filter(&[], "ann", Some(true)),
            filter(&[MemberState::Invited], "ann", Some(false)),
        ] {
            assert_eq!(good.by_team(), Ok(()));
        }
        for bad in [
            filter(gone, "ann", None),
            filter(gone, "", Some(true)),
            filter(gone, "", Some(false)),
        ] {
            let violation = FieldViolation::new("filter.states", Rule::Exclusive);
            assert_eq!(bad.by_team(), Err(violation));
        }
    }
}
