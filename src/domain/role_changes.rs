//! Whether a member may become something else, and who may make him so.

use uuid::Uuid;

use super::{
    custom_roles::CustomRole,
    members::{Member, MemberState},
    permissions::{Permission, Power, denied},
    roles::Role,
};
use crate::error::{Error, Reason, Result};

/// What a member is to become; `None` leaves a part as it is.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The role; never the primary admin's, which is handed over by another call.
    pub role: Option<Role>,
    /// All of his custom roles, each once, in the order of their ids.
    pub custom_role_ids: Option<Vec<Uuid>>,
}

/// What becomes of him; a part that stays as it is, is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// His new role.
    pub role: Option<Role>,
    /// All of his custom roles.
    pub custom_role_ids: Option<Vec<Uuid>>,
    /// Whether he is still invited and an admin's role, or custom roles, wait for him now: whoever offers them answers for
    /// all that waits.
    pub is_offer: bool,
}

impl Change {
    /// The names of the fields that have another value.
    #[must_use]
    pub fn fields(&self) -> Vec<&'static str> {
        let fields = [
            ("role", self.role.is_some()),
            ("custom_role_ids", self.custom_role_ids.is_some()),
        ];
        fields
            .into_iter()
            .filter_map(|(name, differs)| differs.then_some(name))
            .collect()
    }
}

impl Wanted {
    /// What becomes of a member; `found` are the wanted custom roles that his team has, and those that he holds. Who is
    /// no admin any more keeps only the custom roles that the same change names.
    ///
    /// # Errors
    /// `NOT_A_MEMBER`, `PRIMARY_ADMIN_PROTECTED`, `PERMISSION_MISSING`, `ROLE_NOT_FOUND`.
    pub fn of(&self, member: &Member, found: &[CustomRole], power: &Power) -> Result<Change> {
        if member.state() == MemberState::Removed {
            return Err(Error::Refused(Reason::NotAMember));
        }
        if member.role == Role::PrimaryAdmin {
            return Err(Error::Refused(Reason::PrimaryAdminProtected));
        }
        let role = self.role.filter(|role| *role != member.role);
        if let Some(role) = role {
            may_become(role, member, power)?;
        }
        let falls = member.role.is_admin() && role.is_some_and(|role| !role.is_admin());
        let wanted = match &self.custom_role_ids {
            None if falls => Some(&[][..]),
            None => None,
            Some(ids) => Some(&ids[..]),
        };
        let custom = wanted.filter(|ids| *ids != member.custom_role_ids);
        if let Some(ids) = custom {
            let is_admin = member.role.is_admin() || role.is_some_and(Role::is_admin);
            may_hold(ids, found, (member.team_id, is_admin), power)?;
        }
        let offers = role.is_some_and(Role::is_admin) || custom.is_some_and(|ids| !ids.is_empty());
        let is_offer = member.state() == MemberState::Invited && offers;
        if is_offer {
            power.grant(role.unwrap_or(member.role), member.team_id)?;
        }
        Ok(Change {
            role,
            custom_role_ids: custom.map(<[Uuid]>::to_vec),
            is_offer,
        })
    }
}

/// Nobody takes an admin's role from himself: so a team never loses its admins by a slip, and none escapes another's eyes.
fn may_become(role: Role, member: &Member, power: &Power) -> Result<()> {
    power.grant(role, member.team_id)?;
    if !member.role.is_admin() {
        return Ok(());
    }
    let missing = Permission::AdminsGrant;
    if power.person() == Some(member.user.id) {
        return Err(denied(missing, Some(member.team_id)));
    }
    match role {
        Role::SsoAdmin => Ok(()),
        Role::PrimaryAdmin | Role::SecondaryAdmin | Role::Member | Role::Guest => {
            power.require(missing, member.team_id)
        }
    }
}

/// Whoever changes custom roles holds all that they hold, also those that he takes away.
fn may_hold(
    ids: &[Uuid],
    found: &[CustomRole],
    (team, is_admin): (Uuid, bool),
    power: &Power,
) -> Result<()> {
    let unknown = ids
        .iter()
        .find(|id| found.iter().all(|role| role.id != **id));
    if let Some(id) = unknown {
        return Err(super::custom_roles::missing(*id));
    }
    if is_admin {
        power.require(Permission::AdminsGrant, team)?;
    }
    found.iter().try_for_each(|role| role.given_by(power))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Time,
        domain::{members::Source, names::DisplayName, users::User},
    };

    const TEAM: Uuid = Uuid::from_u128(1);
    const TARGET: Uuid = Uuid::from_u128(2);
    const ACTOR: Uuid = Uuid::from_u128(3);

    fn member(role: Role, state: MemberState) -> Member {
        let now = Time::UNIX_EPOCH;
        Member {
            team_id: TEAM,
            role,
            custom_role_ids: Vec::new(),
            source: Source::Manual,
            disabled_reasons: Vec::new(),
            create_time: now,
            join_time: (state != MemberState::Invited).then_some(now),
            remove_time: (state == MemberState::Removed).then_some(now),
            user: User::example(TARGET),
            invitation: None,
        }
    }

    fn active(role: Role) -> Member {
        member(role, MemberState::Active)
    }

    fn custom(number: u128, permissions: &[Permission]) -> CustomRole {
        CustomRole {
            id: Uuid::from_u128(number),
            team_id: TEAM,
            display_name: DisplayName::parse("display_name", "Inviters").unwrap(),
            permissions: permissions.to_vec(),
            create_time: Time::UNIX_EPOCH,
            update_time: Time::UNIX_EPOCH,
        }
    }

    fn person(role: Role) -> Power {
        Power::Person(ACTOR, role, vec![Permission::MembersUpdate])
    }

    fn turn_into(role: Role) -> Wanted {
        Wanted {
            role: Some(role),
            custom_role_ids: None,
        }
    }

    fn hold(roles: &[CustomRole]) -> Wanted {
        Wanted {
            role: None,
            custom_role_ids: Some(roles.iter().map(|role| role.id).collect()),
        }
    }

    /// The reason, or the permission that is missing.
    fn refusal(answer: Result<Change>) -> &'static str {
        match answer {
            Ok(change) => panic!("not refused: {change:?}"),
            Err(Error::Refused(reason)) => crate::error::reason_name(reason),
            Err(Error::Denied(missing)) => missing.permission.unwrap(),
            Err(Error::NotFound(resource)) => crate::error::reason_name(resource.reason),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn who_left_and_the_primary_admin_stay_what_they_are() {
        let gone = member(Role::Member, MemberState::Removed);
        let primary = active(Role::PrimaryAdmin);
        for wanted in [turn_into(Role::Guest), hold(&[])] {
            let power = &Power::Operator;
            assert_eq!(refusal(wanted.of(&gone, &[], power)), "NOT_A_MEMBER");
            let refused = refusal(wanted.of(&primary, &[], power));
            assert_eq!(refused, "PRIMARY_ADMIN_PROTECTED");
        }
    }

    #[test]
    fn each_change_of_role_needs_what_its_ends_need() {
        use Role::{Guest, Member, PrimaryAdmin, SecondaryAdmin, SsoAdmin};

        let admins = Some("admins.grant");
        let sso = Some("sso_admins.grant");
        let plain = person(Member);
        for (power, from, to, missing) in [
            (&plain, Member, Guest, None),
            (&plain, Guest, Member, None),
            (&plain, Member, SecondaryAdmin, admins),
            (&plain, Member, SsoAdmin, sso),
            (&plain, SecondaryAdmin, Member, admins),
            (&plain, SsoAdmin, Guest, admins),
            (&Power::Service, Member, Guest, None),
            (&Power::Service, Member, SecondaryAdmin, admins),
            (&Power::Service, SecondaryAdmin, Guest, admins),
            (&person(SecondaryAdmin), Guest, SecondaryAdmin, None),
            (&person(SecondaryAdmin), SecondaryAdmin, Member, None),
            (&person(SecondaryAdmin), SsoAdmin, SecondaryAdmin, None),
            (&person(SecondaryAdmin), SsoAdmin, Guest, None),
            (&person(SecondaryAdmin), Member, SsoAdmin, sso),
            (&person(SecondaryAdmin), SecondaryAdmin, SsoAdmin, sso),
            (&person(SsoAdmin), Member, SsoAdmin, None),
            (&person(SsoAdmin), SecondaryAdmin, SsoAdmin, None),
            (&person(PrimaryAdmin), Member, SsoAdmin, None),
            (&person(PrimaryAdmin), SecondaryAdmin, Guest, None),
            (&Power::Operator, SecondaryAdmin, Guest, None),
            (&Power::Operator, Member, SsoAdmin, None),
        ] {
            let answer = turn_into(to).of(&active(from), &[], power);
            let case = format!("{power:?} {from:?} {to:?}");
            match missing {
                Some(missing) => assert_eq!(refusal(answer), missing, "{case}"),
                None => assert_eq!(answer.unwrap().role, Some(to), "{case}"),
            }
        }
    }

    #[test]
    fn an_admin_does_not_change_his_own_role() {
        for role in [Role::SecondaryAdmin, Role::SsoAdmin] {
            let himself = Power::Person(TARGET, role, Vec::new());
            let answer = turn_into(Role::Member).of(&active(role), &[], &himself);
            assert_eq!(refusal(answer), "admins.grant");
        }
        let himself = Power::Person(TARGET, Role::SsoAdmin, Vec::new());
        let answer = turn_into(Role::SecondaryAdmin).of(&active(Role::SsoAdmin), &[], &himself);
        assert_eq!(refusal(answer), "admins.grant");
        let himself = Power::Person(TARGET, Role::Member, vec![Permission::MembersUpdate]);
        let answer = turn_into(Role::Guest).of(&active(Role::Member), &[], &himself);
        assert_eq!(answer.unwrap().role, Some(Role::Guest));
    }

    #[test]
    fn custom_roles_are_given_by_those_who_hold_all_that_they_hold() {
        let update = custom(7, &[Permission::MembersUpdate]);
        let invite = custom(8, &[Permission::MembersInvite, Permission::MembersUpdate]);
        let both = [update.clone(), invite.clone()];
        let member = active(Role::Member);
        let giver = person(Role::Guest);

        let change = hold(&both[..1]).of(&member, &both[..1], &giver).unwrap();
        assert_eq!(change.custom_role_ids, Some(vec![update.id]));
        assert_eq!(change.fields(), ["custom_role_ids"]);
        let answer = hold(&both).of(&member, &both, &giver);
        assert_eq!(refusal(answer), "members.invite");
        // What he keeps counts as well.
        let mut holder = active(Role::Member);
        holder.custom_role_ids = vec![invite.id];
        assert_eq!(
            refusal(hold(&both).of(&holder, &both, &giver)),
            "members.invite"
        );
        // So does what he loses.
        let answer = hold(&both[..1]).of(&holder, &both, &giver);
        assert_eq!(refusal(answer), "members.invite");
        let answer = hold(&[]).of(&holder, &both[1..], &giver);
        assert_eq!(refusal(answer), "members.invite");
        holder.custom_role_ids = vec![update.id];
        assert!(hold(&[]).of(&holder, &both[..1], &giver).is_ok());
        assert!(
            hold(&both)
                .of(&holder, &both, &person(Role::SecondaryAdmin))
                .is_ok()
        );

        let answer = hold(&both).of(&member, &both[..1], &Power::Operator);
        assert_eq!(refusal(answer), "ROLE_NOT_FOUND");
    }

    #[test]
    fn an_admins_custom_roles_need_an_admin() {
        let update = [custom(7, &[Permission::MembersUpdate])];
        let admin = active(Role::SecondaryAdmin);
        let giver = person(Role::Member);
        assert_eq!(
            refusal(hold(&update).of(&admin, &update, &giver)),
            "admins.grant"
        );
        assert!(
            hold(&update)
                .of(&admin, &update, &person(Role::SsoAdmin))
                .is_ok()
        );
    }

    #[test]
    fn what_he_is_already_needs_nothing_and_changes_nothing() {
        let mut admin = active(Role::SecondaryAdmin);
        let invite = [custom(7, &[Permission::MembersInvite])];
        admin.custom_role_ids = vec![invite[0].id];
        let same = Wanted {
            role: Some(Role::SecondaryAdmin),
            ..hold(&invite)
        };
        let change = same.of(&admin, &invite, &person(Role::Member)).unwrap();
        assert_eq!(change.fields(), [""; 0]);
    }

    #[test]
    fn who_is_no_admin_any_more_loses_his_custom_roles() {
        use Role::{Guest, Member, SecondaryAdmin, SsoAdmin};
        let invite = [custom(7, &[Permission::MembersInvite])];
        let power = person(Role::PrimaryAdmin);
        for (from, to, left) in [
            (SecondaryAdmin, Member, Some(vec![])),
            (SsoAdmin, Guest, Some(vec![])),
            (SecondaryAdmin, SsoAdmin, None),
            (Member, Guest, None),
            (Guest, SecondaryAdmin, None),
        ] {
            let mut holder = active(from);
            holder.custom_role_ids = vec![invite[0].id];
            let change = turn_into(to).of(&holder, &invite, &power).unwrap();
            assert_eq!(change.custom_role_ids, left, "{from:?} {to:?}");
            let mut kept = hold(&invite);
            kept.role = Some(to);
            let change = kept.of(&holder, &invite, &power).unwrap();
            assert_eq!(change.fields(), ["role"]);
        }
    }

    #[test]
    fn an_admins_role_and_custom_roles_that_wait_are_an_offer() {
        let power = person(Role::PrimaryAdmin);
        let invited = |role| member(role, MemberState::Invited);
        for (before, to, offers) in [
            (invited(Role::Member), Role::SecondaryAdmin, true),
            (invited(Role::SecondaryAdmin), Role::SsoAdmin, true),
            (invited(Role::SecondaryAdmin), Role::SecondaryAdmin, false),
            (invited(Role::SecondaryAdmin), Role::Member, false),
            (active(Role::Member), Role::SecondaryAdmin, false),
        ] {
            assert_eq!(
                turn_into(to).of(&before, &[], &power).unwrap().is_offer,
                offers
            );
        }
        let invite = [custom(7, &[Permission::MembersInvite])];
        let is_offer = |member: &Member, roles: &[CustomRole]| {
            hold(roles)
                .of(member, &invite, &power)
                .map(|change| change.is_offer)
        };
        let mut ann = invited(Role::Member);
        assert!(is_offer(&ann, &invite).unwrap());
        assert!(!is_offer(&ann, &[]).unwrap());
        assert!(!is_offer(&active(Role::Member), &invite).unwrap());
        ann.custom_role_ids = vec![invite[0].id];
        assert!(!is_offer(&ann, &invite).unwrap());
        assert!(!is_offer(&ann, &[]).unwrap());
        // Who could not give the role does not become the one who offers it.
        let (sso, second) = (invited(Role::SsoAdmin), person(Role::SecondaryAdmin));
        let answer = hold(&invite).of(&sso, &invite, &second);
        assert_eq!(refusal(answer), "sso_admins.grant");
    }
}
