//! What the model's team looks like to whoever asks, and what a deployment answers of it.

use std::collections::BTreeMap;

use muster::proto::{
    GetMemberRequest, GetTeamRequest, Invitation, InvitationFilter, InvitationState, Member,
    MemberDisabledReason, MemberSource, MemberState, Role,
};

use crate::{
    fixtures::time,
    model::{Model, Moment, Said},
    model_hub_stage::HubsView,
    model_hub_steps::HubStep,
    model_stage::Place,
    model_steps::{Reply, Step},
    refusals::Outcome,
};

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sight {
    people: bool,
    hubs: bool,
}

impl Sight {
    /// All there is.
    pub(crate) const fn all() -> Self {
        Self {
            people: true,
            hubs: true,
        }
    }

    pub(crate) const fn is_whole(self) -> bool {
        self.people && self.hubs
    }

    /// What a step may have changed, as a call costs time. Should it change anything else, or a refused one anything at all, then
    /// that is seen when all is looked at, and the shortest sequence that fails ends with it.
    pub(crate) const fn after(step: &Step, said: &Said) -> Self {
        if matches!(said, Said::Refused(..)) {
            return Self {
                people: false,
                hubs: false,
            };
        }
        let (people, hubs) = match step {
            Step::Settle(_) => (false, false),
            Step::Wait(_)
            | Step::Elsewhere(_)
            | Step::Invite(..)
            | Step::Import(..)
            | Step::Resend(..)
            | Step::Answer(_, _, Reply::Accept | Reply::AskForNew)
            | Step::SetRole(..)
            | Step::Disable(..)
            | Step::Enable(..)
            | Step::Transfer(..) => (true, false),
            Step::InHub(_, HubStep::AddToProject(..))
            | Step::Revoke(..)
            | Step::Answer(_, _, Reply::Decline)
            | Step::Remove(..)
            | Step::RemoveMany(..)
            | Step::Leave(_)
            | Step::Delete(..)
            | Step::CorrectEmail(..) => (true, true),
            Step::InHub(..) => (false, true),
        };
        Self { people, hubs }
    }
}

/// A team with its people and invitations, and its hubs, as far as they are looked at.
#[derive(Debug, PartialEq)]
pub(crate) struct View {
    team: Option<SeenTeam>,
    hubs: Option<HubsView>,
}

/// A team without its hubs.
#[derive(Debug, PartialEq)]
struct SeenTeam {
    primary: usize,
    seats: i64,
    members: BTreeMap<usize, SeenMember>,
    invitations: BTreeMap<usize, SeenOffer>,
    /// Invited, active, disabled and removed.
    counts: [i64; 4],
}

/// A member.
#[derive(Debug, PartialEq)]
pub(crate) struct SeenMember {
    address: String,
    role: Role,
    state: MemberState,
    source: MemberSource,
    disabled: bool,
    enabled: bool,
    open: Option<usize>,
}

/// An invitation.
#[derive(Debug, PartialEq)]
struct SeenOffer {
    who: usize,
    role: Role,
    state: InvitationState,
    sent: i32,
    expires: Moment,
    inviter: Option<usize>,
}

const STATES: [MemberState; 4] = [
    MemberState::Invited,
    MemberState::Active,
    MemberState::Disabled,
    MemberState::Removed,
];

impl View {
    /// As the rules have it.
    pub(crate) fn of(model: &Model, place: &Place<'_>, sight: Sight) -> Self {
        Self {
            team: sight.people.then(|| SeenTeam::of(model, place)),
            hubs: sight.hubs.then(|| HubsView::of(model)),
        }
    }

    /// As the calls answer.
    pub(crate) async fn answered(place: &Place<'_>, sight: Sight) -> Self {
        let mut view = Self {
            team: None,
            hubs: None,
        };
        if sight.people {
            view.team = Some(SeenTeam::answered(place).await);
        }
        if sight.hubs {
            view.hubs = Some(HubsView::answered(place).await);
        }
        view
    }

    /// That one member is answered as he is listed, if members are looked at.
    pub(crate) async fn has(&self, place: &Place<'_>, who: usize) {
        let Some(team) = &self.team else {
            return;
        };
        let request = GetMemberRequest {
            team_id: place.team.clone(),
            user_id: place.users[who].clone(),
        };
        let answer = place.h.teams().get_member(request).await;
        match team.members.get(&who) {
            None => {
                answer.refused(tonic::Code::NotFound, "MEMBER_NOT_FOUND");
            }
            Some(expected) => {
                let member = answer.answered().member.expect("the member");
                assert_eq!(seen_member(place, &member).1, *expected);
            }
        }
    }
}

impl SeenTeam {
    fn of(model: &Model, place: &Place<'_>) -> Self {
        let member = |who: usize| {
            let member = &model.members[&who];
            let account = &model.accounts[who];
            SeenMember {
                address: place.address(account.address),
                role: model.role(who),
                state: member.state(),
                source: member.source,
                disabled: member.disabled,
                enabled: account.verified,
                open: model.open(who),
            }
        };
        let members: BTreeMap<_, _> = model
            .members
            .keys()
            .map(|who| (*who, member(*who)))
            .collect();
        let offers = model.invitations.iter().enumerate();
        let offers = offers.map(|(index, one)| {
            let seen = SeenOffer {
                who: one.who,
                role: model.role(one.who),
                state: one.state(model.now),
                sent: one.sent,
                expires: one.expires,
                inviter: one.inviter,
            };
            (index, seen)
        });
        Self {
            primary: model.primary,
            seats: model.seats().into(),
            invitations: offers.collect(),
            counts: STATES.map(|state| {
                let count = members.values().filter(|one| one.state == state).count();
                i64::try_from(count).expect("a few")
            }),
            members,
        }
    }

    async fn answered(place: &Place<'_>) -> Self {
        let h = place.h;
        let request = GetTeamRequest {
            team_id: place.team.clone(),
        };
        let answer = h.teams().get_team(request).await.answered();
        let (team, counts) = (answer.team.expect("it"), answer.counts.expect("them"));
        let members = h.everybody_in(&place.team).await;
        let members = members.iter().map(|one| seen_member(place, one)).collect();
        let offers = h
            .invitations_of(&place.team, InvitationFilter::default())
            .await;
        let offers = offers.iter().map(|one| seen_offer(place, one)).collect();
        Self {
            primary: place.user(&team.primary_admin_user_id),
            seats: counts.seats,
            members,
            invitations: offers,
            counts: [
                counts.invited_members,
                counts.active_members,
                counts.disabled_members,
                counts.removed_members,
            ],
        }
    }
}

fn seen_member(place: &Place<'_>, one: &Member) -> (usize, SeenMember) {
    let user = one.user.as_ref().expect("the account");
    let reasons = one.disabled_reasons().collect::<Vec<_>>();
    let disabled = !reasons.is_empty();
    assert!(
        !disabled || reasons == [MemberDisabledReason::Admin],
        "{one:?}"
    );
    let seen = SeenMember {
        address: user.email.clone(),
        role: one.role(),
        state: one.state(),
        source: one.source(),
        disabled,
        enabled: user.enabled,
        open: one
            .invitation
            .as_ref()
            .map(|open| place.invitation(&open.id)),
    };
    (place.user(&one.user_id), seen)
}

fn seen_offer(place: &Place<'_>, one: &Invitation) -> (usize, SeenOffer) {
    let inviter = Some(&one.inviter_user_id).filter(|id| !id.is_empty());
    let seen = SeenOffer {
        who: place.user(&one.user_id),
        role: one.role(),
        state: one.state(),
        sent: one.send_count,
        expires: (time(one.expire_time) - place.began).num_seconds(),
        inviter: inviter.map(|id| place.user(id)),
    };
    (place.invitation(&one.id), seen)
}
