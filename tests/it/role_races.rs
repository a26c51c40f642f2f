//! Changes of roles that meet: whatever the order, nobody does what he could not do after what came before.

use muster::proto::{AcceptInvitationRequest, AcceptInvitationResponse, ListRolesRequest, Role};
use tonic::{Code, Response, Status};

use crate::{
    fixtures::{invitation_of, role_called, with_custom_roles, with_role},
    harness::{Harness, tests},
    races::at_once,
    refusals::Outcome,
    roles::deletion,
};

tests![
    of_two_admins_who_unmake_each_other_at_once_one_stays,
    of_sixteen_roles_of_one_name_at_once_one_is_made,
    the_last_role_of_a_team_is_made_by_one_of_many_at_once,
    a_role_is_deleted_or_given_and_never_both,
    an_accept_and_the_offer_of_an_admins_role_end_alike_in_either_order,
    an_accept_and_the_end_of_the_inviters_authority_end_in_a_legal_order,
    of_sixteen_changes_of_what_was_read_one_is_made,
];

/// What two different calls answered that started at the same moment.
pub(crate) async fn both<A, B>(
    one: impl Future<Output = Result<Response<A>, Status>> + Send + 'static,
    other: impl Future<Output = Result<Response<B>, Status>> + Send + 'static,
) -> (Result<Response<A>, Status>, Result<Response<B>, Status>)
where
    A: Send + 'static,
    B: Send + 'static,
{
    let (one, other) = (tokio::spawn(one), tokio::spawn(other));
    (one.await.expect("no panic"), other.await.expect("no panic"))
}

pub(crate) fn accept(
    h: &Harness,
    token: &str,
) -> impl Future<Output = Result<Response<AcceptInvitationResponse>, Status>> + Send + use<> {
    let mut client = h.invitations();
    let request = AcceptInvitationRequest {
        token: token.to_owned(),
        ..AcceptInvitationRequest::default()
    };
    async move { client.accept_invitation(request).await }
}

async fn of_two_admins_who_unmake_each_other_at_once_one_stays(h: &Harness) {
    let team = h.led_team("acme").await.id;
    for round in 0..4 {
        let mut pair = Vec::new();
        for name in ["a", "b"] {
            let email = format!("{name}{round}@acme.example");
            pair.push(h.join_as(&team, &email, Role::SecondaryAdmin).await);
        }
        let answers = at_once(2, |number| {
            let mut client = h.teams_as(&pair[number]);
            let request = with_role(&team, &pair[1 - number], Role::Member);
            async move { client.update_member(request).await }
        });
        let (made, refused): (Vec<_>, Vec<_>) = answers.await.into_iter().partition(Result::is_ok);
        assert_eq!((made.len(), refused.len()), (1, 1));
        for answer in refused {
            answer.denied("members.update");
        }
        let mut roles = Vec::new();
        for one in &pair {
            roles.push(h.member(&team, one).await.role());
        }
        roles.sort_unstable();
        assert_eq!(roles, [Role::SecondaryAdmin, Role::Member]);
    }
}

async fn of_sixteen_roles_of_one_name_at_once_one_is_made(h: &Harness) {
    let team = h.team("acme").await.id;
    let answers = at_once(16, |number| {
        let mut client = h.roles();
        let name = if number % 2 == 0 { "Hosts" } else { "HOSTS" };
        let request = role_called(&team, name, &["members.invite"]);
        async move { client.create_role(request).await }
    });
    let (made, taken): (Vec<_>, Vec<_>) = answers.await.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), taken.len()), (1, 15));
    for answer in taken {
        answer.refused(Code::AlreadyExists, "ROLE_NAME_TAKEN");
    }
}

async fn the_last_role_of_a_team_is_made_by_one_of_many_at_once(h: &Harness) {
    let team = h.team("acme").await.id;
    for number in 0..99 {
        h.role(&team, &format!("Role {number}"), &["team.read"])
            .await;
    }
    let answers = at_once(8, |number| {
        let mut client = h.roles();
        let request = role_called(&team, &format!("Last {number}"), &["team.read"]);
        async move { client.create_role(request).await }
    });
    let (made, refused): (Vec<_>, Vec<_>) = answers.await.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (1, 7));
    for answer in refused {
        answer.refused(Code::FailedPrecondition, "ROLES_USED_UP");
    }
    let request = ListRolesRequest {
        team_id: team,
        page_size: 1_000,
        ..ListRolesRequest::default()
    };
    let roles = h.roles().list_roles(request).await.answered().roles;
    assert_eq!(roles.len(), 100);
}

async fn a_role_is_deleted_or_given_and_never_both(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.join(&team, "ann@acme.example").await.user;
    for round in 0..8 {
        let role = h
            .role(&team, &format!("Role {round}"), &["team.read"])
            .await
            .id;
        let (mut roles, mut teams) = (h.roles(), h.teams());
        let gone = deletion(&team, &role);
        let give = with_custom_roles(&team, &ann, &[&role]);
        let (deleted, given) = both(async move { roles.delete_role(gone).await }, async move {
            teams.update_member(give).await
        })
        .await;
        let held = h.member(&team, &ann).await.custom_role_ids.contains(&role);
        if held {
            given.answered();
            deleted.refused(Code::FailedPrecondition, "ROLE_IN_USE");
        } else {
            deleted.answered();
            given.missing("ROLE_NOT_FOUND", &role);
        }
    }
}

async fn an_accept_and_the_offer_of_an_admins_role_end_alike_in_either_order(h: &Harness) {
    let team = h.led_team("acme").await;
    for round in 0..6 {
        let ann = h
            .invite(&team.id, &format!("ann{round}@acme.example"))
            .await;
        let mut teams = h.teams_as(&team.admin);
        let offer = with_role(&team.id, &ann.user, Role::SecondaryAdmin);
        let (offered, accepted) = both(
            async move { teams.update_member(offer).await },
            accept(h, &ann.token),
        )
        .await;
        offered.answered();
        accepted.answered();
        let member = h.member(&team.id, &ann.user).await;
        assert_eq!(member.role(), Role::SecondaryAdmin);
        assert!(member.join_time.is_some());
    }
}

async fn an_accept_and_the_end_of_the_inviters_authority_end_in_a_legal_order(h: &Harness) {
    let team = h.led_team("acme").await.id;
    for round in 0..6 {
        let email = format!("admin{round}@acme.example");
        let admin = h.join_as(&team, &email, Role::SecondaryAdmin).await;
        let mut request = invitation_of(&team, &format!("ann{round}@acme.example"));
        request.set_role(Role::SecondaryAdmin);
        let mut client = h.invitations_as(&admin);
        let made = client.create_invitation(request).await.answered();
        let ann = made.member.expect("the member").user_id;
        let token = h.only_token().await;
        let mut teams = h.teams();
        let demotion = with_role(&team, &admin, Role::Member);
        let (unmade, accepted) = both(
            async move { teams.update_member(demotion).await },
            accept(h, &token),
        )
        .await;
        unmade.answered();
        if h.member(&team, &ann).await.join_time.is_some() {
            accepted.answered();
        } else {
            accepted.refused(Code::FailedPrecondition, "INVITER_LOST_AUTHORITY");
        }
    }
}

async fn of_sixteen_changes_of_what_was_read_one_is_made(h: &Harness) {
    let team = h.team("acme").await.id;
    let role = h.role(&team, "Readers", &["team.read"]).await.id;
    let ann = h.join(&team, "ann@acme.example").await.user;
    let read = h.member(&team, &ann).await.etag;
    let answers = at_once(16, |number| {
        let mut client = h.teams();
        let mut request = if number % 2 == 0 {
            with_role(&team, &ann, Role::Guest)
        } else {
            with_custom_roles(&team, &ann, &[&role])
        };
        if let Some(member) = &mut request.member {
            member.etag.clone_from(&read);
        }
        async move { client.update_member(request).await }
    });
    let (made, stale): (Vec<_>, Vec<_>) = answers.await.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), stale.len()), (1, 15));
    for answer in stale {
        answer.refused(Code::Aborted, "ETAG_MISMATCH");
    }
}
