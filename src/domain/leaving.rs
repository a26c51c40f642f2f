//! What people who leave a team lose, what remains of it, and what would end what.

use std::collections::HashMap;

use uuid::Uuid;

use super::{
    access::{Access, AccessPath, AccessState},
    hubs::Hub,
    invitations::Invitation,
    members::{Member, MemberState, Source},
    removal_rules::RemovalRule,
    roles::Role,
};

/// How many accesses of one person an answer about many shows.
pub const SHOWN_OF_MANY: usize = 8;
/// How many of a hub's admins an answer names.
pub const SHOWN_ADMINS: usize = 10;

/// What became of the access of people who leave.
#[derive(Clone, Default)]
pub struct Departures {
    /// Of each person who had any, what remains before what ended.
    pub of_people: HashMap<Uuid, Vec<Access>>,
    /// The hubs that they had access to, in the order of their ids.
    pub hubs: Vec<LeftHub>,
}

/// A hub that people who leave had access to.
#[derive(Clone)]
pub struct LeftHub {
    /// The hub, with the admins who stay.
    pub hub: Hub,
    /// The rule that decided.
    pub rule: Option<RemovalRule>,
    /// How many accesses ended.
    pub ended: u32,
    /// How many remain.
    pub remaining: u32,
}

impl Departures {
    /// What became of these accesses in these hubs.
    #[must_use]
    pub fn new(
        accesses: Vec<Access>,
        hubs: Vec<Hub>,
        rules: &HashMap<super::products::ProductId, RemovalRule>,
    ) -> Self {
        let mut left: Vec<LeftHub> = hubs
            .into_iter()
            .map(|hub| LeftHub {
                rule: rules.get(&hub.product_id).cloned(),
                hub,
                ended: 0,
                remaining: 0,
            })
            .collect();
        left.sort_by_key(|one| one.hub.id);
        let mut of_people: HashMap<Uuid, Vec<Access>> = HashMap::new();
        for access in accesses {
            if let Ok(place) = left.binary_search_by_key(&access.hub_id, |one| one.hub.id) {
                if access.is_residual() {
                    left[place].remaining += 1;
                } else {
                    left[place].ended += 1;
                }
            }
            of_people.entry(access.user_id).or_default().push(access);
        }
        for of_person in of_people.values_mut() {
            of_person.sort_by_key(|one| (!one.is_residual(), one.id));
        }
        Self {
            of_people,
            hubs: left,
        }
    }

    /// The same with what became of others, who left in the same call.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (user, of_person) in other.of_people {
            self.of_people.entry(user).or_default().extend(of_person);
        }
        for hub in other.hubs {
            match self.hubs.iter_mut().find(|one| one.hub.id == hub.hub.id) {
                None => self.hubs.push(hub),
                Some(known) => {
                    known.hub = hub.hub;
                    known.ended += hub.ended;
                    known.remaining += hub.remaining;
                }
            }
        }
        self.hubs.sort_by_key(|one| one.hub.id);
        self
    }
}

/// What would end something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// To remove the member.
    RemoveMember,
    /// To take the invitation back.
    RevokeInvitation,
    /// To hand the primary admin's role over first.
    TransferPrimaryAdmin,
    /// The team's directory.
    Directory,
    /// To take the access back.
    RevokeProductAccess,
    /// To take the person out of the project.
    RemoveProjectMember,
    /// To end all that he has in the hub.
    RemoveHubMember,
}

/// How somebody is in a team, and how he gets into its hubs.
pub struct Explanation {
    /// In the team.
    pub member: Member,
    /// The newest invitation that he ever had there.
    pub invitation: Option<Invitation>,
    /// Each path that he has, or had, with the rule that holds for its product now.
    pub accesses: Vec<(Access, Option<RemovalRule>)>,
}

impl Explanation {
    /// What would end the membership.
    #[must_use]
    pub fn of_membership(&self) -> Vec<Remedy> {
        let member = &self.member;
        match (member.state(), member.role, member.source) {
            (MemberState::Removed, ..) => Vec::new(),
            (_, Role::PrimaryAdmin, _) => vec![Remedy::TransferPrimaryAdmin],
            (_, _, Source::Directory) => vec![Remedy::Directory],
            (MemberState::Invited, ..) => vec![Remedy::RemoveMember, Remedy::RevokeInvitation],
            (MemberState::Active | MemberState::Disabled, ..) => vec![Remedy::RemoveMember],
        }
    }

    /// Whether an access lets the person in now.
    #[must_use]
    pub fn is_effective(&self, access: &Access) -> bool {
        access.is_active()
            && self.member.state() == MemberState::Active
            && self.member.user.is_enabled()
    }

    /// Whether an access would remain if the person were removed now, or does already.
    #[must_use]
    pub fn remains(access: &Access, rule: Option<&RemovalRule>) -> bool {
        match access.state {
            AccessState::Active => rule.is_none_or(RemovalRule::remains),
            AccessState::Remains | AccessState::Reported => true,
            AccessState::Ended => false,
        }
    }

    /// What would end an access. To remove the person does, unless it would remain.
    #[must_use]
    pub fn of_access(&self, access: &Access, rule: Option<&RemovalRule>) -> Vec<Remedy> {
        let mut remedies = match (access.state, access.path) {
            (AccessState::Ended, _) => return Vec::new(),
            (AccessState::Remains | AccessState::Reported, _) => {
                return vec![Remedy::RevokeProductAccess, Remedy::RemoveHubMember];
            }
            (AccessState::Active, AccessPath::Direct) => vec![Remedy::RevokeProductAccess],
            (AccessState::Active, AccessPath::Project(_)) => vec![Remedy::RemoveProjectMember],
            (AccessState::Active, AccessPath::Group(_)) => vec![Remedy::Directory],
            (AccessState::Active, AccessPath::Unknown) => Vec::new(),
        };
        if access.ends_with_the_rest() {
            remedies.push(Remedy::RemoveHubMember);
        }
        if rule.is_some_and(|rule| !rule.remains()) {
            remedies.extend(self.of_membership());
            remedies.dedup();
        }
        remedies
    }
}
