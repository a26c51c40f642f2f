//! What the model's team looks like to whoever asks, and what a deployment answers of it.

use std::collections::BTreeMap;

use muster::proto::{
    GetMemberRequest, GetTeamRequest, Invitation, InvitationFilter, InvitationState, Member,
    MemberDisabledReason, MemberSource, MemberState, Role,
};

use crate::{
    fixtures::time,
    model::{Model, Moment},
    model_hub_stage::HubsView,
    model_stage::Place,
    refusals::Outcome,
};

/// A team with its people and invitations.
#[derive(Debug, PartialEq)]
pub(crate) struct View {
    primary: usize,
    seats: i64,
    members: BTreeMap<usize, SeenMember>,
    invitations: BTreeMap<usize, SeenOffer>,
    /// Invited, active, disabled and removed.
    counts: [i64; 4],
    hubs: HubsView,
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
    pub(crate) fn of(model: &Model, place: &Place<'_>) -> Self {
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
            hubs: HubsView::of(model),
        }
    }

    /// As the calls answer.
    pub(crate) async fn answered(place: &Place<'_>) -> Self {
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
            hubs: HubsView::answered(place).await,
        }
    }

    /// That one member is answered as he is listed.
    pub(crate) async fn has(&self, place: &Place<'_>, who: usize) {
        let request = GetMemberRequest {
            team_id: place.team.clone(),
            user_id: place.users[who].clone(),
        };
        let answer = place.h.teams().get_member(request).await;
        match self.members.get(&who) {
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
