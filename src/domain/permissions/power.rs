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

    /// Whether it may send the primary admin's invitation again.
    #[must_use]
    pub fn reaches_primary(&self) -> bool {
        Permission::to_grant(Role::PrimaryAdmin).is_some_and(|needed| self.holds(needed))
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

#[cfg(test)]
mod tests {
    use super::*;

    const TEAM: Uuid = Uuid::nil();
    const SELF: Uuid = Uuid::max();

    fn person(role: Role, custom: &[Permission]) -> Power {
        Power::Person(SELF, role, custom.to_vec())
    }

    /// Who holds a permission, a letter each: Primary, Secondary, ssO admin, Member, Guest, serVice, operAtor.
    fn holders(permission: Permission) -> String {
        let powers = [
            ('P', person(Role::PrimaryAdmin, &[])),
            ('S', person(Role::SecondaryAdmin, &[])),
            ('O', person(Role::SsoAdmin, &[])),
            ('M', person(Role::Member, &[])),
            ('G', person(Role::Guest, &[])),
            ('V', Power::Service),
            ('A', Power::Operator),
        ];
        let holders = powers.iter().filter(|(_, power)| power.holds(permission));
        holders.map(|(letter, _)| letter).collect()
    }

    #[test]
    fn every_permission_is_held_by_whom_the_table_says() {
        let table = [
            ("team.read", "PSOVA"),
            ("team.update", "PSOA"),
            ("team.delete", "PA"),
            ("team.leave", "PSOMGA"),
            ("roles.update", "PSOA"),
            ("members.read", "PSOVA"),
            ("members.check", "PSOVA"),
            ("members.invite", "PSOVA"),
            ("members.update", "PSOVA"),
            ("members.disable", "PSOVA"),
            ("members.remove", "PSOVA"),
            ("invitations.read", "PSOVA"),
            ("invitations.resend", "PSOVA"),
            ("invitations.revoke", "PSOVA"),
            ("imports.read", "PSOVA"),
            ("imports.create", "PSOVA"),
            ("events.read", "PSOVA"),
            ("products.update", "PSOA"),
            ("admins.grant", "PSOA"),
            ("admins.remove", "PSOA"),
            ("sso_admins.grant", "POA"),
            ("primary.transfer", "PA"),
            ("sso.update", "POA"),
            ("directory.sync", "POVA"),
            ("teams.create", "A"),
            ("teams.delete", "A"),
            ("teams.list", "A"),
            ("external_ids.update", "A"),
            ("seats.update", "A"),
            ("entitlements.update", "A"),
            ("users.read", "A"),
            ("users.update", "A"),
            ("products.manage", "A"),
            ("domains.verify", "A"),
            ("keys.update", "A"),
        ];
        assert_eq!(table.len(), Permission::ALL.len());
        for (permission, (word, expected)) in Permission::ALL.iter().zip(table) {
            assert_eq!(permission.word(), word);
            assert_eq!(holders(*permission), expected, "{word}");
        }
    }

    #[test]
    fn a_custom_role_adds_what_it_may_hold_and_nothing_above() {
        let all = person(Role::Member, Permission::ALL);
        for permission in Permission::ALL {
            let holds = permission.is_for_custom_roles() || *permission == Permission::TeamLeave;
            assert_eq!(all.holds(*permission), holds);
        }
        for above in [
            Permission::AdminsGrant,
            Permission::AdminsRemove,
            Permission::SsoAdminsGrant,
            Permission::PrimaryTransfer,
            Permission::SsoUpdate,
            Permission::TeamDelete,
            Permission::TeamLeave,
            Permission::SeatsUpdate,
        ] {
            assert!(!above.is_for_custom_roles(), "{above:?}");
        }
    }

    #[test]
    fn nobody_gives_a_role_above_his_own_rights() {
        let may = |power: &Power| -> Vec<Role> {
            let roles = Role::ALL.iter().copied();
            roles
                .filter(|role| power.grant(*role, TEAM).is_ok())
                .collect()
        };
        let secondary = &Role::ALL[1..];
        assert_eq!(may(&Power::Operator), Role::ALL);
        assert_eq!(may(&person(Role::PrimaryAdmin, &[])), Role::ALL);
        assert_eq!(may(&person(Role::SsoAdmin, &[])), secondary);
        let second = may(&person(Role::SecondaryAdmin, &[]));
        assert_eq!(second, [Role::SecondaryAdmin, Role::Member, Role::Guest]);
        for power in [Power::Service, person(Role::Member, Permission::ALL)] {
            assert_eq!(may(&power), [Role::Member, Role::Guest], "{power:?}");
        }
    }

    #[test]
    fn only_admins_end_admins() {
        for power in [Power::Service, person(Role::Member, Permission::ALL)] {
            assert!(power.remove(Role::Guest, TEAM).is_ok());
            assert!(power.remove(Role::SsoAdmin, TEAM).is_err());
        }
        let second = person(Role::SecondaryAdmin, &[]);
        assert!(second.remove(Role::SsoAdmin, TEAM).is_ok());
    }

    #[test]
    fn a_person_may_ask_about_himself_unless_he_is_powerless() {
        let about = |power: &Power, permission: Permission, user: Uuid| {
            power.require_about(permission, (TEAM, Some(user))).is_ok()
        };
        let guest = person(Role::Guest, &[]);
        assert!(about(&guest, Permission::MembersRead, SELF));
        assert!(!about(&guest, Permission::MembersRead, TEAM));
        assert!(!about(&guest, Permission::MembersUpdate, SELF));
        assert!(!about(&guest, Permission::TeamRead, SELF));
        let nobody = Power::Powerless(SELF);
        assert!(!about(&nobody, Permission::MembersRead, SELF));
    }

    #[test]
    fn a_refusal_names_what_is_missing_and_where() {
        let refused = Power::Service.require(Permission::TeamUpdate, TEAM);
        let Err(Error::Denied(missing)) = refused else {
            panic!("not denied");
        };
        assert_eq!(missing.permission, Some("team.update"));
        assert_eq!((missing.scope, missing.team_id), (None, Some(TEAM)));
    }
}
