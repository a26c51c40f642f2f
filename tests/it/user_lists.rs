//! Accounts and a person's teams in lists.

use std::slice::from_ref;

use muster::proto::{
    DeclineInvitationRequest, ListUserTeamsRequest, ListUsersRequest, MemberState, UserTeam,
};

use crate::{
    fixtures::{MICROSECOND, ask_first, invitation_of},
    harness::{Harness, tests},
    refusals::Outcome,
};

tests![
    users_can_be_listed_by_verification,
    a_persons_teams_are_listed_with_removed_ones_only_on_request,
];

async fn users_can_be_listed_by_verification(h: &Harness) {
    let team = h.team("acme").await;
    let joined = h.join(&team.id, "joined@acme.example").await;
    let list = async |verified: Option<bool>| {
        let mut request = ListUsersRequest::default();
        request.filter.get_or_insert_default().verified = verified;
        let answer = h.users().list_users(request).await.answered();
        answer
            .users
            .into_iter()
            .map(|user| user.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(list(Some(true)).await, from_ref(&joined.user));
    assert_eq!(list(Some(false)).await, from_ref(&team.admin));
    assert_eq!(list(None).await, [team.admin, joined.user], "oldest first");
}

async fn a_persons_teams_are_listed_with_removed_ones_only_on_request(h: &Harness) {
    let first = h.team("first").await;
    h.advance(MICROSECOND);
    let second = h.team("second").await;
    let ann = h.join(&second.id, "ann@acme.example").await;
    let request = invitation_of(&first.id, "ann@acme.example");
    h.invitations().create_invitation(request).await.answered();
    h.only_letter().await;
    let third = h.team("third").await;
    h.teams().update_team(ask_first(&third.id)).await.answered();
    let asked = h.invite(&third.id, "ann@acme.example").await;
    let decline = DeclineInvitationRequest {
        token: asked.token,
        ..DeclineInvitationRequest::default()
    };
    h.invitations().decline_invitation(decline).await.answered();

    let list = async |include_removed: bool| {
        let request = ListUserTeamsRequest {
            user_id: ann.user.clone(),
            include_removed,
            ..ListUserTeamsRequest::default()
        };
        let answer = h.users().list_user_teams(request).await.answered();
        let row = |team: UserTeam| {
            let member = team.member.expect("the member");
            (
                team.team_display_name,
                member.team_id.clone(),
                member.state(),
            )
        };
        answer.user_teams.into_iter().map(row).collect::<Vec<_>>()
    };
    let present = [
        ("first".to_owned(), first.id, MemberState::Active),
        ("second".to_owned(), second.id, MemberState::Active),
    ];
    assert_eq!(list(false).await, present);
    let gone = ("third".to_owned(), third.id, MemberState::Removed);
    assert_eq!(list(true).await, [present.to_vec(), vec![gone]].concat());
}
