//! Members: one, and lists narrowed by role, state, source and expiry.

use std::collections::BTreeSet;

use muster::proto::{
    DeclineInvitationRequest, GetMemberRequest, ListMembersRequest, MemberFilter, MemberSource,
    MemberState, Role, UserDisabledReason,
};
use tonic::Code;

use crate::{
    fixtures::{WEEK, time},
    harness::{Harness, tests},
    refusals::{Outcome, resource_name},
};

tests![
    a_member_comes_with_his_account_and_his_open_invitation,
    the_primary_admin_is_listed_with_that_role,
    members_can_be_listed_by_role,
    members_can_be_listed_by_state_and_removed_ones_only_on_request,
    members_can_be_listed_by_source,
    members_whose_invitation_expired_stay_invited_and_can_be_listed,
    another_teams_member_is_not_found,
    an_unknown_value_in_a_filter_is_refused,
];

async fn list(h: &Harness, team: &str, filter: MemberFilter) -> BTreeSet<String> {
    let request = ListMembersRequest {
        team_id: team.to_owned(),
        filter: Some(filter),
        ..ListMembersRequest::default()
    };
    let answer = h.teams().list_members(request).await.answered();
    answer
        .members
        .into_iter()
        .map(|member| member.user_id)
        .collect()
}

fn set<const N: usize>(users: [&str; N]) -> BTreeSet<String> {
    users.map(str::to_owned).into()
}

async fn a_member_comes_with_his_account_and_his_open_invitation(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;

    let member = h.member(&team.id, &ann.user).await;
    assert_eq!(member.role(), Role::Member);
    assert_eq!(member.state(), MemberState::Invited);
    assert_eq!(time(member.create_time), h.now());
    assert_eq!((member.join_time, member.remove_time), (None, None));
    let user = member.user.expect("the account");
    assert_eq!(
        user.disabled_reasons().collect::<Vec<_>>(),
        [UserDisabledReason::PendingAcceptance]
    );
    assert_eq!(
        member.invitation,
        Some(h.invitation(&team.id, &ann.id).await)
    );

    h.accept(&ann.token).await.answered();
    let member = h.member(&team.id, &ann.user).await;
    assert_eq!(member.state(), MemberState::Active);
    assert_eq!(time(member.join_time), h.now());
    assert_eq!(member.invitation, None, "it is settled");
    assert_eq!(member.user, Some(h.user(&ann.user).await));
}

async fn the_primary_admin_is_listed_with_that_role(h: &Harness) {
    let team = h.team("acme").await;
    let request = ListMembersRequest {
        team_id: team.id,
        ..ListMembersRequest::default()
    };
    let members = h.teams().list_members(request).await.answered().members;
    assert_eq!(members.len(), 1);
    assert_eq!(members[0].user_id, team.admin);
    assert_eq!(members[0].role(), Role::PrimaryAdmin);
}

async fn members_can_be_listed_by_role(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let gus = h.invite_guest(&team.id, "gus@acme.example").await;

    let by = |roles: &[Role]| MemberFilter {
        roles: roles.iter().map(|role| (*role).into()).collect(),
        ..MemberFilter::default()
    };
    assert_eq!(
        list(h, &team.id, by(&[Role::PrimaryAdmin])).await,
        set([&team.admin])
    );
    assert_eq!(
        list(h, &team.id, by(&[Role::Member])).await,
        set([&ann.user])
    );
    assert_eq!(
        list(h, &team.id, by(&[Role::Guest, Role::PrimaryAdmin])).await,
        set([&gus.user, &team.admin])
    );
    assert_eq!(list(h, &team.id, by(&[Role::SsoAdmin])).await, set([]));
    assert_eq!(
        list(h, &team.id, by(&[])).await,
        set([&team.admin, &ann.user, &gus.user])
    );
}

async fn members_can_be_listed_by_state_and_removed_ones_only_on_request(h: &Harness) {
    let team = h.team("acme").await;
    let joined = h.join(&team.id, "joined@acme.example").await;
    let gone = h.invite(&team.id, "gone@acme.example").await;
    let decline = DeclineInvitationRequest {
        token: gone.token,
        ..DeclineInvitationRequest::default()
    };
    h.invitations().decline_invitation(decline).await.answered();

    let by = |states: &[MemberState]| MemberFilter {
        states: states.iter().map(|state| (*state).into()).collect(),
        ..MemberFilter::default()
    };
    assert_eq!(
        list(h, &team.id, by(&[MemberState::Active])).await,
        set([&joined.user])
    );
    assert_eq!(
        list(h, &team.id, by(&[MemberState::Invited])).await,
        set([&team.admin])
    );
    assert_eq!(
        list(h, &team.id, by(&[MemberState::Removed])).await,
        set([&gone.user])
    );
    assert_eq!(
        list(h, &team.id, by(&[MemberState::Disabled])).await,
        set([])
    );
    assert_eq!(
        list(
            h,
            &team.id,
            by(&[MemberState::Removed, MemberState::Active])
        )
        .await,
        set([&gone.user, &joined.user])
    );
    assert_eq!(
        list(h, &team.id, by(&[])).await,
        set([&team.admin, &joined.user])
    );

    let tombstone = h.member(&team.id, &gone.user).await;
    assert_eq!(tombstone.state(), MemberState::Removed);
    assert_eq!(time(tombstone.remove_time), h.now());
}

async fn members_can_be_listed_by_source(h: &Harness) {
    let team = h.team("acme").await;
    let by = |source: MemberSource| MemberFilter {
        sources: vec![source.into()],
        ..MemberFilter::default()
    };
    let imported = h
        .import_held(&team.id, "march", &["ann@acme.example"])
        .await;
    assert_eq!(
        list(h, &team.id, by(MemberSource::Manual)).await,
        set([&team.admin])
    );
    assert_eq!(
        list(h, &team.id, by(MemberSource::Import)).await,
        set([&imported[0].user_id])
    );
    assert_eq!(
        list(h, &team.id, by(MemberSource::Directory)).await,
        set([])
    );
}

async fn members_whose_invitation_expired_stay_invited_and_can_be_listed(h: &Harness) {
    let team = h.team("acme").await;
    h.accept(&team.token).await.answered();
    let late = h.invite(&team.id, "late@acme.example").await;
    h.advance(WEEK);
    let fresh = h.invite(&team.id, "fresh@acme.example").await;

    let expired = MemberFilter {
        invitation_expired: true,
        ..MemberFilter::default()
    };
    assert_eq!(list(h, &team.id, expired).await, set([&late.user]));
    let invited = MemberFilter {
        states: vec![MemberState::Invited.into()],
        ..MemberFilter::default()
    };
    assert_eq!(
        list(h, &team.id, invited).await,
        set([&late.user, &fresh.user])
    );
}

async fn another_teams_member_is_not_found(h: &Harness) {
    let team = h.team("acme").await;
    let other = h.team("other").await;

    let request = GetMemberRequest {
        team_id: team.id.clone(),
        user_id: other.admin.clone(),
    };
    let status = h
        .teams()
        .get_member(request)
        .await
        .refused(Code::NotFound, "MEMBER_NOT_FOUND");
    assert!(resource_name(&status).contains(&other.admin));
    assert_eq!(
        list(h, &team.id, MemberFilter::default()).await,
        set([&team.admin])
    );
}

async fn an_unknown_value_in_a_filter_is_refused(h: &Harness) {
    let team = h.team("acme").await;
    let request = ListMembersRequest {
        team_id: team.id,
        filter: Some(MemberFilter {
            roles: vec![Role::Guest.into(), 99],
            states: vec![0],
            sources: vec![-1],
            ..MemberFilter::default()
        }),
        ..ListMembersRequest::default()
    };
    h.teams().list_members(request).await.invalid(&[
        ("filter.roles[1]", "UNKNOWN_VALUE"),
        ("filter.states[0]", "UNKNOWN_VALUE"),
        ("filter.sources[0]", "UNKNOWN_VALUE"),
    ]);
}
