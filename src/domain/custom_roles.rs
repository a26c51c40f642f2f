//! Roles that a team makes for itself: a name and what its holders may do.

use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use super::{
    etags::Etag,
    names::DisplayName,
    permissions::{Permission, Power},
};
use crate::{
    clock::Time,
    error::{Error, Reason, Result, Rule, Violations},
};

/// What it is called where a refusal names one.
pub const KIND: &str = "muster.v1.CustomRole";
/// How many a team may have.
pub const MAX_OF_TEAM: u64 = 100;
/// How many one member may hold.
pub const MAX_OF_MEMBER: usize = 10;

/// A role of one team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomRole {
    /// Its id.
    pub id: Uuid,
    /// The team.
    pub team_id: Uuid,
    /// Its name, which no other of the team has.
    pub display_name: DisplayName,
    /// What its holders may do, each once, in the order of [`Permission::ALL`].
    pub permissions: Vec<Permission>,
    /// When it was made.
    pub create_time: Time,
    /// When it last changed.
    pub update_time: Time,
}

/// Changes to a role; `None` leaves a part as it is.
#[derive(Debug, Clone, Default)]
pub struct RoleChanges {
    /// Its name.
    pub display_name: Option<DisplayName>,
    /// What its holders may do.
    pub permissions: Option<Vec<Permission>>,
}

impl CustomRole {
    /// Changes whenever the role does.
    #[must_use]
    pub fn etag(&self) -> String {
        let mut etag = Etag::new()
            .text(&self.team_id.to_string())
            .text(&self.id.to_string())
            .text(self.display_name.as_str())
            .time(Some(self.create_time))
            .time(Some(self.update_time));
        for permission in &self.permissions {
            etag = etag.text(permission.word());
        }
        etag.finish()
    }

    /// The role with these changes, and the names of the fields that have another value then.
    #[must_use]
    pub fn changed(&self, changes: &RoleChanges, now: Time) -> (Self, Vec<&'static str>) {
        let mut after = self.clone();
        if let Some(name) = &changes.display_name {
            after.display_name = name.clone();
        }
        if let Some(permissions) = &changes.permissions {
            after.permissions.clone_from(permissions);
        }
        let fields = [
            ("display_name", after.display_name != self.display_name),
            ("permissions", after.permissions != self.permissions),
        ];
        let fields: Vec<_> = fields
            .into_iter()
            .filter_map(|(name, differs)| differs.then_some(name))
            .collect();
        if !fields.is_empty() {
            after.update_time = now;
        }
        (after, fields)
    }

    /// That somebody of this power may make, change or give it: nobody gives more than he holds.
    ///
    /// # Errors
    /// `PERMISSION_MISSING`, which names the first one.
    pub fn given_by(&self, power: &Power) -> Result<()> {
        power.require_all(&self.permissions, self.team_id)
    }
}

/// A name without its case, by which a team's roles differ.
#[must_use]
pub fn name_key(name: &DisplayName) -> String {
    // By way of capitals, since some have more small forms than one: a final sigma, a long s, a sharp s.
    let capitals = name.as_str().to_uppercase();
    capitals.to_lowercase().nfc().collect()
}

/// Whether a team that has so many roles may have another one.
///
/// # Errors
/// `ROLES_USED_UP`.
pub fn another(count: u64) -> Result<()> {
    if count < MAX_OF_TEAM {
        Ok(())
    } else {
        Err(Error::Refused(Reason::RolesUsedUp))
    }
}

/// The refusal of a role that the team does not have.
#[must_use]
pub fn missing(id: Uuid) -> Error {
    Error::not_found(Reason::RoleNotFound, KIND, id)
}

/// Reads the permissions of a role.
#[must_use]
pub fn permissions(
    field: &str,
    words: &[String],
    violations: &mut Violations,
) -> Option<Vec<Permission>> {
    if words.is_empty() {
        violations.add(field, Rule::Required);
        return None;
    }
    if words.len() > Permission::ALL.len() {
        violations.add(field, Rule::TooMany);
        return None;
    }
    let mut held = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        let known = Permission::of(word).filter(|one| one.is_for_custom_roles());
        let broken = match known {
            None => Rule::UnknownValue,
            Some(permission) if held.contains(&permission) => Rule::Duplicate,
            Some(permission) => {
                held.push(permission);
                continue;
            }
        };
        violations.add(format!("{field}[{index}]"), broken);
    }
    held.sort_unstable();
    Some(held)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::roles::Role, error::FieldViolation};

    fn read(words: &[&str]) -> Result<Vec<Permission>, Vec<FieldViolation>> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let mut violations = Violations::new();
        let read = permissions("permissions", &words, &mut violations);
        match (read, violations.into_vec()) {
            (Some(read), broken) if broken.is_empty() => Ok(read),
            (_, broken) => Err(broken),
        }
    }

    fn role(permissions: &[Permission]) -> CustomRole {
        CustomRole {
            id: Uuid::from_u128(1),
            team_id: Uuid::from_u128(2),
            display_name: DisplayName::parse("display_name", "Inviters").unwrap(),
            permissions: permissions.to_vec(),
            create_time: Time::UNIX_EPOCH,
            update_time: Time::UNIX_EPOCH,
        }
    }

    #[test]
    fn permissions_are_a_set_whatever_their_order() {
        let expected = vec![Permission::TeamRead, Permission::MembersInvite];
        assert_eq!(read(&["members.invite", "team.read"]), Ok(expected.clone()));
        assert_eq!(read(&["team.read", "members.invite"]), Ok(expected));
    }

    #[test]
    fn what_a_custom_role_cannot_hold_is_named_by_its_place() {
        let at = |index: usize, rule| FieldViolation::new(format!("permissions[{index}]"), rule);
        let all = FieldViolation::new;
        assert_eq!(read(&[]), Err(vec![all("permissions", Rule::Required)]));
        assert_eq!(
            read(&[
                "team.read",
                "admins.grant",
                "",
                "Team.read",
                "team.read",
                "keys.update"
            ]),
            Err(vec![
                at(1, Rule::UnknownValue),
                at(2, Rule::UnknownValue),
                at(3, Rule::UnknownValue),
                at(4, Rule::Duplicate),
                at(5, Rule::UnknownValue),
            ])
        );
        let many = vec!["team.read"; Permission::ALL.len() + 1];
        assert_eq!(read(&many), Err(vec![all("permissions", Rule::TooMany)]));
    }

    #[test]
    fn names_that_differ_in_case_only_are_one() {
        let key = |name: &str| name_key(&DisplayName::parse("display_name", name).unwrap());
        for (one, other) in [
            ("Inviters", "iNVITERS"),
            ("Straße", "STRASSE"),
            ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
            ("Євген", "ЄВГЕН"),
        ] {
            assert_eq!(key(one), key(other), "{one}");
        }
        for (one, other) in [("Zoë", "Zoe"), ("A B", "AB"), ("Inviter", "Inviters")] {
            assert_ne!(key(one), key(other), "{one}");
        }
    }

    #[test]
    fn a_team_has_a_hundred_roles_at_most() {
        assert!(another(99).is_ok());
        assert!(matches!(
            another(100),
            Err(Error::Refused(Reason::RolesUsedUp))
        ));
    }

    #[test]
    fn what_has_its_value_is_no_change() {
        let before = role(&[Permission::TeamRead]);
        let now = Time::UNIX_EPOCH + chrono::TimeDelta::days(1);
        let same = RoleChanges {
            display_name: Some(before.display_name.clone()),
            permissions: Some(before.permissions.clone()),
        };
        assert_eq!(before.changed(&same, now), (before.clone(), vec![]));
        let more = RoleChanges {
            permissions: Some(vec![Permission::TeamRead, Permission::TeamUpdate]),
            ..RoleChanges::default()
        };
        let (changed, fields) = before.changed(&more, now);
        assert_eq!(fields, ["permissions"]);
        assert_eq!(changed.update_time, now);
        assert_ne!(changed.etag(), before.etag());
    }

    #[test]
    fn nobody_gives_a_role_that_holds_more_than_he_does() {
        let role = role(&[Permission::TeamRead, Permission::TeamUpdate]);
        let who = Uuid::from_u128(3);
        let person = |held: &[Permission]| Power::Person(who, Role::Member, held.to_vec());
        assert!(role.given_by(&Power::Operator).is_ok());
        assert!(role.given_by(&person(&role.permissions)).is_ok());
        let refused = role.given_by(&person(&[Permission::TeamRead])).unwrap_err();
        let Error::Denied(missing) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(missing.permission, Some("team.update"));
        assert!(role.given_by(&Power::Service).is_err());
        assert!(role.given_by(&Power::Powerless(who)).is_err());
    }
}
