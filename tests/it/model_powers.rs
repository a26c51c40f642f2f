//! Who may do what, as the table of roles has it.

use muster::proto::Role;

use crate::{
    model::{Model, Said, denied, missing},
    model_steps::By,
};

/// What somebody is in the team who asks for something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Power {
    Operator,
    Service,
    /// An active member whose account is enabled.
    Person(usize, Role),
    /// Invited or disabled.
    Powerless,
    /// Nobody to the team.
    Stranger,
}

impl Power {
    /// Whether it is an admin, or the operator: what P, S and O have in common, and V has not.
    pub(crate) fn is_admin(self) -> bool {
        match self {
            Self::Operator => true,
            Self::Person(_, role) => is_admin(role),
            Self::Service | Self::Powerless | Self::Stranger => false,
        }
    }

    /// The person.
    pub(crate) const fn person(self) -> Option<usize> {
        match self {
            Self::Person(who, _) => Some(who),
            Self::Operator | Self::Service | Self::Powerless | Self::Stranger => None,
        }
    }

    /// Inviting, editing and removing members and guests.
    pub(crate) fn looks_after_people(self) -> bool {
        self.is_admin() || self == Self::Service
    }

    /// What only the primary admin has, and the operator.
    pub(crate) const fn is_primary(self) -> bool {
        matches!(self, Self::Operator | Self::Person(_, Role::PrimaryAdmin))
    }

    /// Whether it may make somebody this.
    pub(crate) fn grants(self, role: Role) -> bool {
        match role {
            Role::PrimaryAdmin => self.is_primary(),
            Role::SecondaryAdmin => self.is_admin(),
            Role::SsoAdmin => {
                self.is_admin() && !matches!(self, Self::Person(_, Role::SecondaryAdmin))
            }
            Role::Member | Role::Guest | Role::Unspecified => true,
        }
    }

    /// Whether it may remove, disable or take back somebody of this role.
    pub(crate) fn removes(self, role: Role) -> bool {
        !is_admin(role) || self.is_admin()
    }
}

pub(crate) const fn is_admin(role: Role) -> bool {
    matches!(
        role,
        Role::PrimaryAdmin | Role::SecondaryAdmin | Role::SsoAdmin
    )
}

impl Model {
    /// What somebody is here.
    pub(crate) fn power(&self, by: By) -> Power {
        let who = match by {
            By::Operator => return Power::Operator,
            By::Service => return Power::Service,
            By::Person(who) => who,
        };
        self.power_of(who)
    }

    /// What a person is here.
    pub(crate) fn power_of(&self, who: usize) -> Power {
        match self.members.get(&who) {
            None => Power::Stranger,
            Some(member) if member.removed => Power::Stranger,
            Some(member) if !member.joined || member.disabled => Power::Powerless,
            Some(_) if !self.accounts[who].verified => Power::Powerless,
            Some(_) => Power::Person(who, self.role(who)),
        }
    }

    /// The power to do something, or why it may not be done.
    pub(crate) fn may(&self, by: By, needed: impl Fn(Power) -> bool) -> Result<Power, Said> {
        let power = self.power(by);
        if self.deleted || power == Power::Stranger {
            Err(missing("TEAM_NOT_FOUND"))
        } else if needed(power) {
            Ok(power)
        } else {
            Err(denied())
        }
    }
}
