//! Who may be taken out of a team, or disabled in it, and by whom.

use uuid::Uuid;

use super::{
    members::{Member, MemberDisabledReason, MemberState, Source},
    permissions::{Permission, Power, denied},
    roles::Role,
};
use crate::error::{Error, Reason, Result};

/// How many people one call removes at most.
pub const MAX_LEAVERS: usize = 5_000;

/// What is to be known of somebody before he may leave.
#[derive(Debug, Clone, Copy)]
pub struct Leaver {
    /// The person.
    pub user_id: Uuid,
    /// His role as people see it.
    pub role: Role,
    /// How he came in.
    pub source: Source,
    /// Whether he is there, invited or joined.
    pub is_present: bool,
}

impl From<&Member> for Leaver {
    fn from(member: &Member) -> Self {
        Self {
            user_id: member.user.id,
            role: member.role,
            source: member.source,
            is_present: member.state() != MemberState::Removed,
        }
    }
}

impl Leaver {
    /// That he may be removed by hand.
    ///
    /// # Errors
    /// `NOT_A_MEMBER`, `PRIMARY_ADMIN_PROTECTED`, `PERMISSION_MISSING`, `DIRECTORY_MANAGED`.
    pub fn remove(&self, power: &Power, team: Uuid) -> Result<()> {
        self.is_there()?;
        self.is_not_primary()?;
        self.is_below(power, team)?;
        self.is_local()
    }

    /// That he may go by himself.
    ///
    /// # Errors
    /// `NOT_A_MEMBER`, `PRIMARY_ADMIN_PROTECTED`, `DIRECTORY_MANAGED`.
    pub fn leave(&self) -> Result<()> {
        self.is_there()?;
        self.is_not_primary()?;
        self.is_local()
    }

    fn is_there(&self) -> Result<()> {
        refuse_unless(self.is_present, Reason::NotAMember)
    }

    fn is_not_primary(&self) -> Result<()> {
        let is_primary = self.role == Role::PrimaryAdmin;
        refuse_unless(!is_primary, Reason::PrimaryAdminProtected)
    }

    /// No admin takes himself out this way: he leaves, or another one does it, so that none goes by a slip.
    fn is_below(&self, power: &Power, team: Uuid) -> Result<()> {
        if self.role.is_admin() && power.person() == Some(self.user_id) {
            return Err(denied(Permission::AdminsRemove, Some(team)));
        }
        power.remove(self.role, team)
    }

    /// Whom a directory brought, it keeps.
    fn is_local(&self) -> Result<()> {
        let is_local = match self.source {
            Source::Directory => false,
            Source::Manual | Source::Import | Source::SsoJit | Source::Project => true,
        };
        refuse_unless(is_local, Reason::DirectoryManaged)
    }
}

fn refuse_unless(holds: bool, reason: Reason) -> Result<()> {
    if holds {
        Ok(())
    } else {
        Err(Error::Refused(reason))
    }
}

impl Member {
    /// That an admin may disable him; whether that changes anything.
    ///
    /// # Errors
    /// `NOT_A_MEMBER`, `PRIMARY_ADMIN_PROTECTED`, `PERMISSION_MISSING`, `DIRECTORY_MANAGED`.
    pub fn disable(&self, power: &Power) -> Result<bool> {
        Leaver::from(self).remove(power, self.team_id)?;
        Ok(!self.is_disabled_by_admin())
    }

    /// That an admin may enable him; whether that changes anything. The primary admin never is disabled.
    ///
    /// # Errors
    /// `NOT_A_MEMBER`, `PERMISSION_MISSING`, `DIRECTORY_MANAGED`.
    pub fn enable(&self, power: &Power) -> Result<bool> {
        let who = Leaver::from(self);
        who.is_there()?;
        power.remove(self.role, self.team_id)?;
        who.is_local()?;
        Ok(self.is_disabled_by_admin())
    }

    /// That he may become the primary admin.
    ///
    /// # Errors
    /// `NOT_A_SECONDARY_ADMIN`.
    pub fn receive_primary(&self) -> Result<()> {
        let may = self.state() == MemberState::Active
            && self.role == Role::SecondaryAdmin
            && self.user.is_enabled();
        refuse_unless(may, Reason::NotASecondaryAdmin)
    }

    fn is_disabled_by_admin(&self) -> bool {
        self.disabled_reasons.contains(&MemberDisabledReason::Admin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Time, domain::users::User};

    const TEAM: Uuid = Uuid::from_u128(1);
    const TARGET: Uuid = Uuid::from_u128(2);
    const ACTOR: Uuid = Uuid::from_u128(3);

    fn member(role: Role) -> Member {
        let now = Time::UNIX_EPOCH;
        let mut user = User::example(TARGET);
        user.verify_time = Some(now);
        Member {
            team_id: TEAM,
            role,
            custom_role_ids: Vec::new(),
            source: Source::Manual,
            disabled_reasons: Vec::new(),
            create_time: now,
            join_time: Some(now),
            remove_time: None,
            user,
            invitation: None,
        }
    }

    fn person(user: Uuid, role: Role) -> Power {
        let held = vec![Permission::MembersRemove, Permission::MembersDisable];
        Power::Person(user, role, held)
    }

    /// The reason, or the permission that is missing; nothing if it is allowed.
    fn refusal<T>(answer: Result<T>) -> Option<&'static str> {
        match answer {
            Ok(_) => None,
            Err(Error::Refused(reason)) => Some(crate::error::reason_name(reason)),
            Err(Error::Denied(missing)) => missing.permission,
            Err(other) => panic!("{other:?}"),
        }
    }

    /// What removing and disabling answer, which is the same.
    fn taken_out(member: &Member, power: &Power) -> Option<&'static str> {
        let removed = refusal(Leaver::from(member).remove(power, TEAM));
        assert_eq!(refusal(member.disable(power)), removed);
        removed
    }

    #[test]
    fn nobody_takes_out_the_primary_admin_or_who_left() {
        let powers = [
            Power::Operator,
            Power::Service,
            person(ACTOR, Role::PrimaryAdmin),
        ];
        let mut gone = member(Role::Member);
        gone.remove_time = Some(Time::UNIX_EPOCH);
        for power in &powers {
            let primary = taken_out(&member(Role::PrimaryAdmin), power);
            assert_eq!(primary, Some("PRIMARY_ADMIN_PROTECTED"), "{power:?}");
            assert_eq!(taken_out(&gone, power), Some("NOT_A_MEMBER"), "{power:?}");
            assert_eq!(refusal(gone.enable(power)), Some("NOT_A_MEMBER"));
        }
    }

    #[test]
    fn only_admins_take_out_admins_and_none_himself() {
        use Role::{Guest, Member as Plain, PrimaryAdmin, SecondaryAdmin, SsoAdmin};

        let missing = Some("admins.remove");
        for role in [SecondaryAdmin, SsoAdmin] {
            for power in [Power::Service, person(ACTOR, Plain)] {
                assert_eq!(taken_out(&member(role), &power), missing, "{power:?}");
                assert_eq!(refusal(member(role).enable(&power)), missing);
            }
            for power in [Power::Operator, person(ACTOR, PrimaryAdmin)] {
                assert_eq!(taken_out(&member(role), &power), None, "{power:?}");
            }
            assert_eq!(
                taken_out(&member(role), &person(ACTOR, SecondaryAdmin)),
                None
            );
            assert_eq!(taken_out(&member(role), &person(ACTOR, SsoAdmin)), None);
            assert_eq!(taken_out(&member(role), &person(TARGET, role)), missing);
        }
        for role in [Plain, Guest] {
            assert_eq!(taken_out(&member(role), &Power::Service), None);
            assert_eq!(taken_out(&member(role), &person(ACTOR, Plain)), None);
        }
    }

    #[test]
    fn whom_a_directory_brought_it_keeps() {
        let mut managed = member(Role::Member);
        managed.source = Source::Directory;
        let kept = Some("DIRECTORY_MANAGED");
        assert_eq!(taken_out(&managed, &Power::Operator), kept);
        assert_eq!(refusal(managed.enable(&Power::Operator)), kept);
        assert_eq!(refusal(Leaver::from(&managed).leave()), kept);
    }

    #[test]
    fn everybody_else_may_go_by_himself() {
        let leave = |role| refusal(Leaver::from(&member(role)).leave());
        for role in [
            Role::SecondaryAdmin,
            Role::SsoAdmin,
            Role::Member,
            Role::Guest,
        ] {
            assert_eq!(leave(role), None, "{role:?}");
        }
        assert_eq!(leave(Role::PrimaryAdmin), Some("PRIMARY_ADMIN_PROTECTED"));
    }

    #[test]
    fn disabling_and_enabling_change_only_what_is_otherwise() {
        let mut member = member(Role::Member);
        let power = &Power::Service;
        assert!(member.disable(power).unwrap());
        assert!(!member.enable(power).unwrap());
        member.disabled_reasons.push(MemberDisabledReason::Admin);
        assert!(!member.disable(power).unwrap());
        assert!(member.enable(power).unwrap());
    }

    #[test]
    fn only_an_active_secondary_admin_becomes_the_primary_one() {
        let no = Some("NOT_A_SECONDARY_ADMIN");
        for role in [Role::SsoAdmin, Role::Member, Role::Guest] {
            assert_eq!(refusal(member(role).receive_primary()), no, "{role:?}");
        }
        let good = member(Role::SecondaryAdmin);
        assert_eq!(refusal(good.receive_primary()), None);
        let mut invited = good.clone();
        invited.join_time = None;
        let mut disabled = good.clone();
        disabled.disabled_reasons.push(MemberDisabledReason::Admin);
        let mut locked_out = good;
        locked_out.user.verify_time = None;
        for other in [invited, disabled, locked_out] {
            assert_eq!(refusal(other.receive_primary()), no);
        }
    }
}
