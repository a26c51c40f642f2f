//! What somebody's groups make of his role: it is the higher one of his own and of those that they give.

use super::roles::Role;

/// What somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// His role.
    pub role: Role,
    /// His own, where it is lower than what his groups give.
    pub own: Option<Role>,
}

impl Held {
    /// What he is to be, whose groups give him `given` at most. The primary admin's role is nobody's to give or take.
    #[must_use]
    pub fn with(self, given: Option<Role>) -> Self {
        if self.role == Role::PrimaryAdmin {
            return Self { own: None, ..self };
        }
        // A replica of the version before changes a role and leaves what is remembered behind.
        let own = self.own.filter(|own| own.rank() < self.role.rank());
        let own = own.unwrap_or(self.role);
        match given {
            Some(role) if role.rank() > own.rank() => Self {
                role,
                own: Some(own),
            },
            Some(_) | None => Self {
                role: own,
                own: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_higher_one_of_his_own_and_his_groups_roles_counts() {
        use Role::{Guest, Member, PrimaryAdmin, SecondaryAdmin, SsoAdmin};

        for (role, own, given, expected) in [
            (Member, None, None, (Member, None)),
            (Member, None, Some(Member), (Member, None)),
            (Guest, None, Some(Member), (Member, Some(Guest))),
            (
                Member,
                None,
                Some(SecondaryAdmin),
                (SecondaryAdmin, Some(Member)),
            ),
            (SsoAdmin, None, Some(SecondaryAdmin), (SsoAdmin, None)),
            (
                SecondaryAdmin,
                Some(Member),
                Some(SsoAdmin),
                (SsoAdmin, Some(Member)),
            ),
            (
                SsoAdmin,
                Some(Guest),
                Some(SecondaryAdmin),
                (SecondaryAdmin, Some(Guest)),
            ),
            (SecondaryAdmin, Some(Member), None, (Member, None)),
            (Member, Some(Guest), None, (Guest, None)),
            (Member, Some(SecondaryAdmin), None, (Member, None)),
            (
                Member,
                Some(Member),
                Some(SsoAdmin),
                (SsoAdmin, Some(Member)),
            ),
            (PrimaryAdmin, None, Some(SsoAdmin), (PrimaryAdmin, None)),
            (PrimaryAdmin, Some(Member), None, (PrimaryAdmin, None)),
        ] {
            let held = Held { role, own };
            let (role, own) = expected;
            assert_eq!(held.with(given), Held { role, own }, "{held:?} {given:?}");
        }
    }
}
