//! Ways out that meet: whatever the order, there is one primary admin, and the loser hears why.

use muster::proto::{MemberState, Role};
use tonic::Code;

use crate::{
    disabling::disabling,
    fixtures::invitation_of,
    harness::{Harness, tests},
    races::at_once,
    refusals::{Outcome, reason},
    removals::{departure, removal},
    repeated_calls::event_count,
    role_races::{accept, both},
    team_deletions::deletion,
    transfers::transfer,
};

tests![
    of_sixteen_removals_at_once_one_removes,
    of_sixteen_who_disable_at_once_one_event_is_left,
    an_accept_and_a_removal_end_alike_in_either_order,
    the_heir_is_removed_or_the_primary_admin_and_never_both,
    the_heir_is_disabled_or_the_primary_admin_and_never_both,
    an_invitation_and_the_end_of_the_team_end_in_a_legal_order,
    of_two_who_leave_at_once_both_do,
];

async fn of_sixteen_removals_at_once_one_removes(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.join(&team, "ann@acme.example").await.user;
    let answers = at_once(16, |_| {
        let mut client = h.teams();
        let request = removal(&team, &ann);
        async move { client.remove_member(request).await }
    });
    let (done, refused): (Vec<_>, Vec<_>) = answers.await.into_iter().partition(Result::is_ok);
    assert_eq!((done.len(), refused.len()), (1, 15));
    for answer in refused {
        answer.refused(Code::FailedPrecondition, "NOT_A_MEMBER");
    }
}

async fn of_sixteen_who_disable_at_once_one_event_is_left(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.join(&team, "ann@acme.example").await.user;
    let before = event_count(h).await;
    let answers = at_once(16, |_| {
        let mut client = h.teams();
        let request = disabling(&team, &ann);
        async move { client.disable_member(request).await }
    });
    for answer in answers.await {
        let member = answer.answered().member.expect("the member");
        assert_eq!(member.state(), MemberState::Disabled);
    }
    let after = event_count(h).await;
    assert_eq!(after, before + 1);
}

async fn an_accept_and_a_removal_end_alike_in_either_order(h: &Harness) {
    let team = h.team("acme").await.id;
    for round in 0..8 {
        let email = format!("ann{round}@acme.example");
        let ann = h.invite(&team, &email).await;
        let mut client = h.teams();
        let request = removal(&team, &ann.user);
        let remove = async move { client.remove_member(request).await };
        let (accepted, removed) = both(accept(h, &ann.token), remove).await;
        removed.answered();
        if let Err(status) = accepted {
            assert_eq!(reason(&status), "INVITATION_REVOKED");
        }
        let member = h.member(&team, &ann.user).await;
        assert_eq!(member.state(), MemberState::Removed);
    }
}

async fn the_heir_is_removed_or_the_primary_admin_and_never_both(h: &Harness) {
    let team = h.led_team("acme").await;
    for round in 0..8 {
        let email = format!("heir{round}@acme.example");
        let heir = h.join_as(&team.id, &email, Role::SecondaryAdmin).await;
        let (mut one, mut other) = (h.teams(), h.teams());
        let (remove, hand) = (removal(&team.id, &heir), transfer(&team.id, &heir));
        let (removed, handed) = both(async move { one.remove_member(remove).await }, async move {
            other.transfer_primary_admin(hand).await
        })
        .await;
        let member = h.member(&team.id, &heir).await;
        if handed.is_ok() {
            removed.refused(Code::FailedPrecondition, "PRIMARY_ADMIN_PROTECTED");
            assert_eq!(member.state(), MemberState::Active);
            assert_eq!(member.role(), Role::PrimaryAdmin);
        } else {
            handed.refused(Code::FailedPrecondition, "NOT_A_SECONDARY_ADMIN");
            removed.answered();
            assert_eq!(member.state(), MemberState::Removed);
        }
    }
}

async fn the_heir_is_disabled_or_the_primary_admin_and_never_both(h: &Harness) {
    let team = h.led_team("acme").await;
    for round in 0..8 {
        let email = format!("heir{round}@acme.example");
        let heir = h.join_as(&team.id, &email, Role::SecondaryAdmin).await;
        let (mut one, mut other) = (h.teams(), h.teams());
        let (disable, hand) = (disabling(&team.id, &heir), transfer(&team.id, &heir));
        let (disabled, handed) = both(
            async move { one.disable_member(disable).await },
            async move { other.transfer_primary_admin(hand).await },
        )
        .await;
        if handed.is_ok() {
            disabled.refused(Code::FailedPrecondition, "PRIMARY_ADMIN_PROTECTED");
        } else {
            handed.refused(Code::FailedPrecondition, "NOT_A_SECONDARY_ADMIN");
            disabled.answered();
        }
    }
}

async fn an_invitation_and_the_end_of_the_team_end_in_a_legal_order(h: &Harness) {
    for round in 0..8 {
        let team = h.led_team(&format!("acme{round}")).await.id;
        let (mut invitations, mut teams) = (h.invitations(), h.teams());
        let offer = invitation_of(&team, &format!("ann{round}@acme.example"));
        let end = deletion(&team);
        let (invited, deleted) = both(
            async move { invitations.create_invitation(offer).await },
            async move { teams.delete_team(end).await },
        )
        .await;
        if deleted.is_ok() {
            invited.missing("TEAM_NOT_FOUND", &team);
        } else {
            deleted.refused(Code::FailedPrecondition, "TEAM_NOT_EMPTY");
            invited.answered();
            h.only_letter().await;
        }
    }
}

async fn of_two_who_leave_at_once_both_do(h: &Harness) {
    let team = h.team("acme").await.id;
    let mut people = Vec::new();
    for name in ["a", "b"] {
        let email = format!("{name}@acme.example");
        people.push(h.join_as(&team, &email, Role::SecondaryAdmin).await);
    }
    let answers = at_once(2, |number| {
        let mut client = h.teams_as(&people[number]);
        let request = departure(&team);
        async move { client.leave_team(request).await }
    });
    for answer in answers.await {
        answer.answered();
    }
}
