//! What a deployment holds, told twice: rebuilt from nothing but events, and as the other calls answer it.

use std::collections::{BTreeMap, BTreeSet};

use muster::proto::{
    Event, EventType, Invitation, InvitationFilter, InvitationState, ListMembersRequest,
    ListTeamsRequest, ListUsersRequest, Member, MemberEvent, MemberFilter, MemberRemoval,
    MemberSource, MemberState, Role, Team, User, UserDisabledReason, UserFilter, event::Payload,
};
use prost_types::Timestamp;

use crate::{fixtures::time, harness::Harness, refusals::Outcome};

/// Teams, people, memberships and invitations, as far as events are to tell them.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct World {
    /// Each team's primary admin.
    pub(crate) teams: BTreeMap<String, String>,
    /// By team and person.
    pub(crate) members: BTreeMap<(String, String), Standing>,
    /// Whether each person is verified.
    pub(crate) people: BTreeMap<String, bool>,
    /// Whom an operator disabled or erased.
    pub(crate) disabled: BTreeSet<String>,
    /// By id.
    pub(crate) invitations: BTreeMap<String, Offer>,
    /// How many rows, by team and id.
    pub(crate) imports: BTreeMap<(String, String), i32>,
}

/// A membership.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Standing {
    role: Role,
    state: MemberState,
    source: MemberSource,
    /// The open invitation.
    open: Option<String>,
}

/// An invitation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Offer {
    team: String,
    user: String,
    /// How it was settled; none while it is open.
    settled: Option<InvitationState>,
    send_count: i32,
    import: String,
}

impl World {
    /// Rebuilds it from all events there were, in their order.
    pub(crate) fn rebuilt(events: &[Event]) -> Self {
        let mut world = Self::default();
        for event in events {
            world.apply(event);
        }
        world
    }

    fn apply(&mut self, event: &Event) {
        let (team, user) = (&event.team_id, &event.user_id);
        match (event.r#type(), &event.payload) {
            (EventType::TeamCreated, Some(Payload::Team(_))) => {
                self.teams.insert(team.clone(), user.clone());
            }
            (EventType::TeamPrimaryAdminChanged, Some(Payload::Team(_))) => {
                self.teams.insert(team.clone(), user.clone());
                // Whoever is in the team already is not invited once more.
                let place = (team.clone(), user.clone());
                if let Some(standing) = self.members.get_mut(&place) {
                    standing.role = Role::PrimaryAdmin;
                }
            }
            (EventType::MemberUpdated, Some(Payload::Member(member))) => {
                let place = (team.clone(), user.clone());
                let standing = self.members.get_mut(&place).expect("a member");
                assert_eq!(standing.state, member.state(), "{event:?}");
                assert_ne!(standing.role, member.role(), "{event:?}");
                assert_eq!(member.changed_fields, ["role"]);
                standing.role = member.role();
            }
            (
                EventType::MemberDisabled | EventType::MemberEnabled,
                Some(Payload::Member(member)),
            ) => {
                let place = (team.clone(), user.clone());
                let standing = self.members.get_mut(&place).expect("a member");
                standing.state = member.state();
            }
            (EventType::TeamDeleted, Some(Payload::Team(_))) => {
                self.teams.remove(team);
            }
            (kind, Some(Payload::Member(member))) => self.enter(kind, (team, user), member),
            (EventType::InvitationResent, Some(Payload::Invitation(resent))) => {
                self.offer(&resent.invitation_id).send_count = resent.send_count;
            }
            (EventType::InvitationReleased, Some(Payload::Invitation(released))) => {
                let known = self.offer(&released.invitation_id);
                assert_eq!(known.send_count, released.send_count, "{event:?}");
            }
            (EventType::ImportCreated, Some(Payload::Import(import))) => {
                let id = (team.clone(), import.import_id.clone());
                self.imports.insert(id, import.row_count);
            }
            (EventType::UserDisabled | EventType::UserDeleted, Some(Payload::User(_))) => {
                self.disabled.insert(user.clone());
            }
            (EventType::UserEnabled, Some(Payload::User(_))) => {
                assert!(self.disabled.remove(user), "{event:?}");
            }
            (
                EventType::TeamUpdated
                | EventType::UserUpdated
                | EventType::EmailChangeRequested
                | EventType::LetterSent
                | EventType::LetterFailed
                | EventType::LetterCancelled
                | EventType::KeyCreated
                | EventType::KeyRevoked
                | EventType::RoleCreated
                | EventType::RoleUpdated
                | EventType::RoleDeleted
                | EventType::HubCreated
                | EventType::HubUpdated
                | EventType::HubDeleted
                | EventType::HubAdminAdded
                | EventType::HubAdminRemoved
                | EventType::ProjectCreated
                | EventType::ProjectUpdated
                | EventType::ProjectDeleted
                | EventType::ProjectMemberAdded
                | EventType::ProjectMemberUpdated
                | EventType::ProjectMemberRemoved
                | EventType::AccessGranted
                | EventType::AccessEnded
                | EventType::AccessRemains
                | EventType::AccessReported
                | EventType::ProductUpdated
                | EventType::RemovalRuleSet,
                Some(_),
            ) => {}
            _ => panic!("a payload that does not belong to its type: {event:?}"),
        }
    }

    fn enter(&mut self, kind: EventType, (team, user): (&String, &String), member: &MemberEvent) {
        let verified = self.people.entry(user.clone()).or_default();
        let settled = match (kind, member.removal()) {
            (EventType::MemberInvited, MemberRemoval::Unspecified) => None,
            (EventType::MemberAdded | EventType::MemberRevived, MemberRemoval::Unspecified) => {
                Some(InvitationState::Accepted)
            }
            (EventType::MemberJoined, MemberRemoval::Unspecified) => {
                *verified = true;
                Some(InvitationState::Accepted)
            }
            (EventType::MemberRemoved, MemberRemoval::Declined) => Some(InvitationState::Declined),
            (EventType::MemberRemoved, _) => Some(InvitationState::Revoked),
            _ => panic!("{kind:?} {member:?}"),
        };
        let id = &member.invitation_id;
        let standing = Standing {
            role: member.role(),
            state: member.state(),
            source: member.source(),
            open: settled.is_none().then(|| id.clone()),
        };
        self.members.insert((team.clone(), user.clone()), standing);
        if settled.is_some() {
            if !id.is_empty() {
                self.offer(id).settled = settled;
            }
            return;
        }
        let offer = self.invitations.entry(id.clone()).or_insert(Offer {
            team: team.clone(),
            user: user.clone(),
            settled,
            send_count: 0,
            import: String::new(),
        });
        offer.send_count += 1;
        offer.import.clone_from(&member.import_id);
    }

    fn offer(&mut self, id: &str) -> &mut Offer {
        self.invitations
            .get_mut(id)
            .unwrap_or_else(|| panic!("no event opened {id}"))
    }

    /// What the calls answer of everything that was made at this time or later.
    pub(crate) async fn answered(h: &Harness, since: Timestamp) -> Self {
        let mut world = Self::default();
        let young = |made: Option<Timestamp>| time(made) >= time(Some(since));
        for user in h.all_users().await {
            let verified = user.verify_time.is_some();
            let disabled = user
                .disabled_reasons()
                .any(|reason| reason == UserDisabledReason::Admin);
            assert_eq!(user.enabled, verified && !disabled, "{user:?}");
            if young(user.create_time) {
                if disabled {
                    world.disabled.insert(user.id.clone());
                }
                world.people.insert(user.id, verified);
            }
        }
        for team in h.all_teams().await {
            if young(team.create_time) {
                world.look_into(h, team).await;
            }
        }
        world
    }

    async fn look_into(&mut self, h: &Harness, team: Team) {
        for member in h.everybody_in(&team.id).await {
            let place = (member.team_id.clone(), member.user_id.clone());
            let standing = Standing {
                role: member.role(),
                state: member.state(),
                source: member.source(),
                open: member.invitation.map(|open| open.id),
            };
            assert!(self.members.insert(place, standing).is_none());
        }
        for one in h
            .invitations_of(&team.id, InvitationFilter::default())
            .await
        {
            self.invitations.insert(one.id.clone(), Offer::from(one));
        }
        for import in h.imports(&team.id).await {
            let id = (team.id.clone(), import.import_id);
            self.imports.insert(id, import.row_count);
        }
        self.teams.insert(team.id, team.primary_admin_user_id);
    }
}

impl From<Invitation> for Offer {
    fn from(one: Invitation) -> Self {
        let settled = match one.state() {
            InvitationState::Pending | InvitationState::Expired => None,
            settled => Some(settled),
        };
        Self {
            team: one.team_id,
            user: one.user_id,
            settled,
            send_count: one.send_count,
            import: one.import_id,
        }
    }
}

impl Harness {
    /// All teams.
    async fn all_teams(&self) -> Vec<Team> {
        let (mut all, mut request) = (Vec::new(), ListTeamsRequest::default());
        request.page_size = 1_000;
        loop {
            let page = self.teams().list_teams(request.clone()).await.answered();
            all.extend(page.teams);
            if page.next_page_token.is_empty() {
                return all;
            }
            request.page_token = page.next_page_token;
        }
    }

    /// All accounts.
    async fn all_users(&self) -> Vec<User> {
        let (mut all, mut request) = (Vec::new(), ListUsersRequest::default());
        request.page_size = 1_000;
        request.filter = Some(UserFilter {
            show_deleted: true,
            ..UserFilter::default()
        });
        loop {
            let page = self.users().list_users(request.clone()).await.answered();
            all.extend(page.users);
            if page.next_page_token.is_empty() {
                return all;
            }
            request.page_token = page.next_page_token;
        }
    }

    /// The members of a team in whatever state.
    pub(crate) async fn everybody_in(&self, team: &str) -> Vec<Member> {
        let states = [
            MemberState::Invited,
            MemberState::Active,
            MemberState::Disabled,
            MemberState::Removed,
        ];
        let request = ListMembersRequest {
            team_id: team.to_owned(),
            page_size: 1_000,
            filter: Some(MemberFilter {
                states: states.map(i32::from).into(),
                ..MemberFilter::default()
            }),
            ..ListMembersRequest::default()
        };
        let page = self.teams().list_members(request).await.answered();
        assert_eq!(page.next_page_token, "");
        page.members
    }
}
