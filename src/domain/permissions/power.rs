//! What a caller may do in one team.

use uuid::Uuid;

use super::Permission;
use crate::{
    domain::roles::Role,
    error::{Error, Missing, Result},
};

/// What somebody may do in one team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Power {
    /// The operator, who acts for nobody.
    Operator,
    /// A service that acts for nobody.
    Service,
    /// A person with authority, and what his custom roles hold.
    Person(Uuid, Role, Vec<Permission>),
    /// A person without authority: invited, or disabled here or everywhere.
    Powerless(Uuid),
}

impl Power {
    /// Whether it includes this.
    #[must_use]
    pub fn holds(&self, permission: Permission) -> bool {
        match self {
            Self::Operator => true,
            Self::Service => permission.is_held_by_services(),
            Self::Person(_, role, custom) => {
                permission.is_held_by(*role)
                    || (permission.is_for_custom_roles() && custom.contains(&permission))
            }
            Self::Powerless(_) => false,
        }
    }

    /// The person whose power it is.
    #[must_use]
    pub const fn person(&self) -> Option<Uuid> {
        match self {
            Self::Operator | Self::Service => None,
            Self::Person(user, ..) | Self::Powerless(user) => Some(*user),
        }
    }

    /// That it includes this.
    ///
    /// # Errors
    /// `PERMISSION_MISSING`.
    pub fn require(&self, permission: Permission, team: Uuid) -> Result<()> {
        if self.holds(permission) {
            Ok(())
        } else {
            Err(denied(permission, Some(team)))
        }
    }

    /// That it includes all of these.
    ///
    /// # Errors
    /// `PERMISSION_MISSING`, which names the first one that is missing.
    pub fn require_all(&self, permissions: &[Permission], team: Uuid) -> Result<()> {
        permissions
            .iter()
            .try_for_each(|permission| self.require(*permission, team))
    }

    /// That it includes this, or that it is only about the person himself, who may read what concerns him.
    ///
    /// # Errors
    /// `PERMISSION_MISSING`.
    pub fn require_about(
        &self,
        permission: Permission,
        (team, about): (Uuid, Option<Uuid>),
    ) -> Result<()> {
        match self {
            Self::Person(user, ..) if about == Some(*user) && permission.is_held_of_oneself() => {
                Ok(())
            }
            Self::Operator | Self::Service | Self::Person(..) | Self::Powerless(_) => {
                self.require(permission, team)
            }
        }
    }

    /// That it may give somebody this role: at invite, resend, correction, role change and accept.
    ///
    /// # Errors
    /// `PERMISSION_MISSING`.
    pub fn grant(&self, role: Role, team: Uuid) -> Result<()> {
        Permission::to_grant(role).map_or(Ok(()), |needed| self.require(needed, team))
    }

    /// That it may remove, disable or take back somebody of this role. The primary admin's own protection is another rule.
    ///
    /// # Errors
    /// `PERMISSION_MISSING`.
    pub fn remove(&self, role: Role, team: Uuid) -> Result<()> {
        if role.is_admin() {
            self.require(Permission::AdminsRemove, team)
        } else {
            Ok(())
        }
    }
}

/// The refusal that names a missing permission, and the team if it concerns one.
#[must_use]
pub fn denied(permission: Permission, team_id: Option<Uuid>) -> Error {
    Error::Denied(Missing {
        permission: Some(permission.word()),
        scope: None,
        team_id,
    })
}
