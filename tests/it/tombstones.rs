//! What a team sees of somebody who left it: who he was there, and nothing of what his account became since.

use std::slice::from_ref;

use muster::proto::{
    CorrectEmailRequest, GetInvitationRequest, GetMemberRequest, InvitationFilter, InvitationState,
    ListInvitationsRequest, ListMembersRequest, ListUsersRequest, Member, MemberFilter,
    MemberState, RevokeInvitationRequest, UpdateUserRequest, User, UserFilter,
    team_service_client::TeamServiceClient, user_service_client::UserServiceClient,
};
use tonic::Code;

use crate::{
    fixtures::{Invited, MICROSECOND, NewTeam},
    harness::{Harness, Keyed, tests},
    keyring::service,
    refusals::Outcome,
    request_ids::mask,
    role_changes::revoke,
};

tests![
    of_somebody_who_left_a_team_sees_his_name_only,
    nothing_that_becomes_of_his_account_shows_in_the_team,
    a_search_does_not_find_those_who_left,
    an_invitation_that_ended_so_shows_no_address,
    an_old_link_tells_nothing_of_the_account_since,
    a_correction_does_not_tell_whether_somebody_who_left_is_verified,
];

/// A team, and somebody whose invitation was revoked.
async fn left(h: &Harness) -> (NewTeam, Invited) {
    let team = h.led_team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    revoke(h, &team.id, &ann.id).await;
    (team, ann)
}

async fn an_old_link_tells_nothing_of_the_account_since(h: &Harness) {
    let team = h.team("acme").await.id;
    let (ann, bob) = (
        h.invite(&team, "ann@acme.example").await,
        h.invite(&team, "bob@acme.example").await,
    );
    let user = async |token: &str| {
        let accepted = h.accept(token).await.answered();
        let member = accepted.member.expect("the member");
        member.user.expect("the account")
    };
    for invited in [&ann, &bob] {
        let first = user(&invited.token).await;
        assert_ne!(first.email, "");
        assert_eq!(user(&invited.token).await, first);
    }
    has_a_phone(h, &ann.user).await;
    h.remove(&team, &bob.user).await;
    for (token, id) in [(&ann.token, &ann.user), (&bob.token, &bob.user)] {
        let later = user(token).await;
        let known = User {
            id: id.clone(),
            given_name: later.given_name.clone(),
            family_name: later.family_name.clone(),
            ..User::default()
        };
        assert_eq!(later, known);
    }
}

/// What becomes of the account elsewhere.
async fn lives_on(h: &Harness, user: &str) {
    h.advance(MICROSECOND);
    let other = h.team("other").await.id;
    h.join(&other, "ann@acme.example").await;
    has_a_phone(h, user).await;
}

async fn has_a_phone(h: &Harness, user: &str) {
    h.advance(MICROSECOND);
    let request = UpdateUserRequest {
        user: Some(User {
            id: user.to_owned(),
            phone: "+380441234567".to_owned(),
            ..User::default()
        }),
        update_mask: Some(mask("phone")),
        ..UpdateUserRequest::default()
    };
    h.users().update_user(request).await.answered();
}

/// The clients of the team's admin, and those of a service.
async fn callers(
    h: &Harness,
    team: &NewTeam,
) -> [(TeamServiceClient<Keyed>, UserServiceClient<Keyed>); 2] {
    let key = h.made(&service("service", Some(&team.id), &[])).await;
    let keyed = || h.with_key(key.text());
    [
        (h.teams_as(&team.admin), h.users_as(&team.admin)),
        (
            TeamServiceClient::new(keyed()),
            UserServiceClient::new(keyed()),
        ),
    ]
}

fn gone(team: &str) -> (ListMembersRequest, ListUsersRequest) {
    let states = vec![MemberState::Removed.into()];
    let members = ListMembersRequest {
        team_id: team.to_owned(),
        filter: Some(MemberFilter {
            states: states.clone(),
            ..MemberFilter::default()
        }),
        ..ListMembersRequest::default()
    };
    let users = ListUsersRequest {
        filter: Some(UserFilter {
            team_id: team.to_owned(),
            states,
            ..UserFilter::default()
        }),
        ..ListUsersRequest::default()
    };
    (members, users)
}

async fn seen(
    (teams, users): &mut (TeamServiceClient<Keyed>, UserServiceClient<Keyed>),
    (team, user): (&str, &str),
) -> (Vec<Member>, Vec<User>) {
    let (members, accounts) = gone(team);
    let one = GetMemberRequest {
        team_id: team.to_owned(),
        user_id: user.to_owned(),
    };
    let one = teams.get_member(one).await.answered().member;
    let mut all = teams.list_members(members).await.answered().members;
    all.extend(one);
    (all, users.list_users(accounts).await.answered().users)
}

async fn of_somebody_who_left_a_team_sees_his_name_only(h: &Harness) {
    let (team, ann) = left(h).await;
    lives_on(h, &ann.user).await;
    let name = User {
        id: ann.user.clone(),
        given_name: "Ann".to_owned(),
        family_name: "Lee".to_owned(),
        ..User::default()
    };
    for mut client in callers(h, &team).await {
        let (members, users) = seen(&mut client, (&team.id, &ann.user)).await;
        assert_eq!(members.len(), 2);
        for member in members {
            assert_eq!(member.state(), MemberState::Removed);
            assert_eq!(member.user.as_ref(), Some(&name));
        }
        assert_eq!(users, from_ref(&name));
    }
    let whole = h.user(&ann.user).await;
    let mut client = (h.teams(), h.users());
    let (members, users) = seen(&mut client, (&team.id, &ann.user)).await;
    assert_eq!(users, from_ref(&whole));
    for member in members {
        assert_eq!(member.user.as_ref(), Some(&whole));
    }
}

async fn nothing_that_becomes_of_his_account_shows_in_the_team(h: &Harness) {
    let (team, ann) = left(h).await;
    let mut clients = callers(h, &team).await;
    let mut before = Vec::new();
    for client in &mut clients {
        before.push(seen(client, (&team.id, &ann.user)).await);
    }
    lives_on(h, &ann.user).await;
    for (client, before) in clients.iter_mut().zip(before) {
        assert_eq!(seen(client, (&team.id, &ann.user)).await, before);
    }
}

async fn a_search_does_not_find_those_who_left(h: &Harness) {
    let (team, _) = left(h).await;
    let (members, users) = gone(&team.id);
    let search = |query: &str, verified: Option<bool>| {
        let (mut members, mut users) = (members.clone(), users.clone());
        let of_members = members.filter.as_mut().expect("a filter");
        let of_users = users.filter.as_mut().expect("a filter");
        query.clone_into(&mut of_members.query);
        query.clone_into(&mut of_users.query);
        (of_members.verified, of_users.verified) = (verified, verified);
        (members, users)
    };
    for (members, users) in [search("ann@", None), search("", Some(true))] {
        let exclusive = &[("filter.states", "EXCLUSIVE")];
        for (mut by, mut of) in callers(h, &team).await {
            by.list_members(members.clone()).await.invalid(exclusive);
            of.list_users(users.clone()).await.invalid(exclusive);
        }
        h.teams().list_members(members).await.answered();
        h.users().list_users(users).await.answered();
    }
}

async fn a_correction_does_not_tell_whether_somebody_who_left_is_verified(h: &Harness) {
    let (team, ann) = left(h).await;
    let request = CorrectEmailRequest {
        team_id: team.id.clone(),
        user_id: ann.user.clone(),
        email: "other@acme.example".to_owned(),
        ..CorrectEmailRequest::default()
    };
    for verified in [false, true] {
        if verified {
            lives_on(h, &ann.user).await;
        }
        for (_, mut client) in callers(h, &team).await {
            let refused = client.correct_email(request.clone()).await;
            refused.refused(Code::FailedPrecondition, "NOT_A_MEMBER");
        }
    }
}

async fn an_invitation_that_ended_so_shows_no_address(h: &Harness) {
    let (team, ann) = left(h).await;
    let request = GetInvitationRequest {
        team_id: team.id.clone(),
        invitation_id: ann.id.clone(),
    };
    let all = ListInvitationsRequest {
        team_id: team.id.clone(),
        filter: Some(InvitationFilter {
            states: vec![InvitationState::Revoked.into()],
            ..InvitationFilter::default()
        }),
        ..ListInvitationsRequest::default()
    };
    let again = RevokeInvitationRequest {
        team_id: team.id.clone(),
        invitation_id: ann.id.clone(),
        ..RevokeInvitationRequest::default()
    };
    let mut admin = h.invitations_as(&team.admin);
    let one = admin.get_invitation(request.clone()).await.answered();
    let listed = admin.list_invitations(all).await.answered().invitations;
    let revoked = admin.revoke_invitation(again).await.answered();
    let seen = [
        one.invitation,
        listed.into_iter().next(),
        revoked.invitation,
    ];
    assert!(
        seen.iter()
            .all(|one| one.as_ref().is_some_and(|one| one.email.is_empty()))
    );
    let operators = h.invitations().get_invitation(request).await.answered();
    assert_eq!(operators.invitation.expect("it").email, "ann@acme.example");
}
