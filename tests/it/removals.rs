//! One member is removed, or leaves: who may do it to whom, and what ends with it.

use chrono::TimeDelta;
use muster::proto::{
    CheckMembershipRequest, DeliveryState, EventType, InvitationState, LeaveTeamRequest,
    ListMembersRequest, Member, MemberRemoval, MemberState, ReleaseLettersRequest,
    RemoveMemberRequest, Role, event::Payload, team_service_client::TeamServiceClient,
};
use tonic::Code;

use crate::{
    fixtures::{MICROSECOND, with_custom_roles},
    harness::{Harness, tests},
    keyring::service,
    log_entries::newest,
    refusals::Outcome,
    request_ids::request_id,
    role_changes::{Admins, admins},
};

tests![
    a_removed_member_is_a_tombstone_without_authority,
    removing_an_invited_person_ends_his_invitation_and_its_letter,
    nobody_is_told_that_he_was_added_who_is_gone,
    only_those_are_removed_who_are_there,
    the_primary_admin_is_not_removed,
    admins_are_removed_by_other_admins,
    a_service_removes_members_and_guests_only,
    whom_a_directory_brought_is_neither_removed_nor_leaves,
    a_removal_is_rehearsed_repeated_and_conditional,
    everybody_but_the_primary_admin_leaves_by_himself,
    a_service_and_the_operator_have_nothing_to_leave,
    who_left_gets_the_answer_of_his_call_again,
    every_bad_field_of_a_removal_is_named,
];

pub(crate) fn removal(team: &str, user: &str) -> RemoveMemberRequest {
    RemoveMemberRequest {
        team_id: team.to_owned(),
        user_id: user.to_owned(),
        ..RemoveMemberRequest::default()
    }
}

pub(crate) fn departure(team: &str) -> LeaveTeamRequest {
    LeaveTeamRequest {
        team_id: team.to_owned(),
        ..LeaveTeamRequest::default()
    }
}

impl Harness {
    /// A member removed by the operator.
    pub(crate) async fn remove(&self, team: &str, user: &str) -> Member {
        let answer = self.teams().remove_member(removal(team, user)).await;
        answer.answered().member.expect("the member")
    }

    /// Whether the person is an active member with an enabled account.
    pub(crate) async fn is_active(&self, team: &str, user: &str) -> bool {
        let request = CheckMembershipRequest {
            team_id: team.to_owned(),
            user_id: user.to_owned(),
        };
        let answer = self.teams().check_membership(request).await;
        answer.answered().active
    }
}

async fn a_removed_member_is_a_tombstone_without_authority(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let role = h.role(&team.id, "Readers", &["members.read"]).await.id;
    h.change(with_custom_roles(&team.id, &ann, &[&role])).await;
    assert!(h.is_active(&team.id, &ann).await);
    let before = h.counts(&team.id).await;
    h.advance(MICROSECOND);

    let mut boss = h.teams_as(&team.admin);
    let answer = boss.remove_member(removal(&team.id, &ann)).await.answered();
    let gone = answer.member.expect("the member");
    assert_eq!(gone.state(), MemberState::Removed);
    assert!(gone.remove_time.is_some());
    assert_eq!(
        gone.user.expect("the account").email,
        "",
        "a team sees the name only"
    );
    assert_eq!(gone.custom_role_ids, [""; 0]);

    assert!(!h.is_active(&team.id, &ann).await);
    let after = h.counts(&team.id).await;
    assert_eq!(after.seats, before.seats - 1);
    assert_eq!(after.removed_members, before.removed_members + 1);
    h.teams_as(&ann)
        .list_members(ListMembersRequest {
            team_id: team.id.clone(),
            ..ListMembersRequest::default()
        })
        .await
        .missing("TEAM_NOT_FOUND", &team.id);
    let user = h.user(&ann).await;
    assert!(user.enabled, "elsewhere he is who he was");

    let event = newest(h).await;
    assert_eq!(event.r#type(), EventType::MemberRemoved);
    assert_eq!((&event.team_id, &event.user_id), (&team.id, &ann));
    assert_eq!(event.actor_user_id, team.admin);
    let Some(Payload::Member(member)) = event.payload else {
        panic!("a member's event");
    };
    assert_eq!(member.removal(), MemberRemoval::Removed);
    assert_eq!(member.state(), MemberState::Removed);
    assert_eq!(member.role(), Role::Member);
}

async fn removing_an_invited_person_ends_his_invitation_and_its_letter(h: &Harness) {
    let team = h.team("acme").await.id;
    let held = h.import_held(&team, "march", &["ann@acme.example"]).await;
    let (ann, invitation) = (&held[0].user_id, &held[0].invitation_id);
    let gone = h.remove(&team, ann).await;
    assert_eq!(gone.state(), MemberState::Removed);
    assert_eq!(gone.invitation, None);
    let ended = h.invitation(&team, invitation).await;
    assert_eq!(ended.state(), InvitationState::Revoked);
    assert_eq!(ended.delivery_state(), DeliveryState::Cancelled);
    let event = newest(h).await;
    let Some(Payload::Member(member)) = event.payload else {
        panic!("a member's event");
    };
    assert_eq!(&member.invitation_id, invitation);

    let bob = h.invite(&team, "bob@acme.example").await;
    h.remove(&team, &bob.user).await;
    h.accept(&bob.token)
        .await
        .refused(Code::FailedPrecondition, "INVITATION_REVOKED");
}

async fn nobody_is_told_that_he_was_added_who_is_gone(h: &Harness) {
    let (team, other) = (h.team("acme").await.id, h.team("other").await.id);
    h.join(&other, "ann@acme.example").await;
    h.join(&other, "bob@acme.example").await;
    let emails = ["ann@acme.example", "bob@acme.example"];
    let held = h.import_held(&team, "march", &emails).await;
    h.remove(&team, &held[0].user_id).await;
    let request = ReleaseLettersRequest {
        team_id: team,
        import_id: "march".to_owned(),
        ..ReleaseLettersRequest::default()
    };
    let released = h.invitations().release_letters(request).await.answered();
    assert_eq!(released.released_count, 1);
    assert_eq!(h.only_letter().await.to, "bob@acme.example");
}

async fn only_those_are_removed_who_are_there(h: &Harness) {
    let team = h.team("acme").await.id;
    let unknown = h.unknown_id();
    let request = removal(&team, &unknown);
    h.teams()
        .remove_member(request)
        .await
        .missing("MEMBER_NOT_FOUND", &unknown);
    let request = removal(&unknown, &unknown);
    h.teams()
        .remove_member(request)
        .await
        .missing("TEAM_NOT_FOUND", &unknown);
    let ann = h.join(&team, "ann@acme.example").await.user;
    h.remove(&team, &ann).await;
    h.teams()
        .remove_member(removal(&team, &ann))
        .await
        .refused(Code::FailedPrecondition, "NOT_A_MEMBER");
}

async fn the_primary_admin_is_not_removed(h: &Harness) {
    let Admins {
        team, secondary, ..
    } = admins(h).await;
    let request = removal(&team.id, &team.admin);
    let mut callers = [h.teams(), h.teams_as(&secondary), h.teams_as(&team.admin)];
    for caller in &mut callers {
        caller
            .remove_member(request.clone())
            .await
            .refused(Code::FailedPrecondition, "PRIMARY_ADMIN_PROTECTED");
    }
    h.teams_as(&team.admin)
        .leave_team(departure(&team.id))
        .await
        .refused(Code::FailedPrecondition, "PRIMARY_ADMIN_PROTECTED");
    // Also while he still waits.
    let other = h.team("other").await;
    h.teams()
        .remove_member(removal(&other.id, &other.admin))
        .await
        .refused(Code::FailedPrecondition, "PRIMARY_ADMIN_PROTECTED");
}

async fn admins_are_removed_by_other_admins(h: &Harness) {
    let Admins {
        team,
        secondary,
        sso,
    } = admins(h).await;
    let custom = h
        .join_with(&team.id, "custom@acme.example", &["members.remove"])
        .await;
    h.teams_as(&custom)
        .remove_member(removal(&team.id, &secondary))
        .await
        .denied("admins.remove");
    for himself in [&secondary, &sso] {
        h.teams_as(himself)
            .remove_member(removal(&team.id, himself))
            .await
            .denied("admins.remove");
    }
    let mut second = h.teams_as(&secondary);
    second
        .remove_member(removal(&team.id, &sso))
        .await
        .answered();
    let mut primary = h.teams_as(&team.admin);
    let request = removal(&team.id, &secondary);
    primary.remove_member(request).await.answered();
    let guest = h.join_as(&team.id, "guest@acme.example", Role::Guest).await;
    let himself = removal(&team.id, &custom);
    let mut custom = h.teams_as(&custom);
    custom.remove_member(himself).await.denied("admins.remove");
    custom
        .remove_member(removal(&team.id, &guest))
        .await
        .answered();
}

async fn a_service_removes_members_and_guests_only(h: &Harness) {
    let Admins {
        team, secondary, ..
    } = admins(h).await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let key = h.made(&service("service", Some(&team.id), &[])).await;
    let mut client = TeamServiceClient::new(h.with_key(key.text()));
    let request = removal(&team.id, &secondary);
    client.remove_member(request).await.denied("admins.remove");
    client
        .remove_member(removal(&team.id, &ann))
        .await
        .answered();
}

async fn whom_a_directory_brought_is_neither_removed_nor_leaves(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    h.take_over(&team.id, &ann).await;
    for mut caller in [h.teams(), h.teams_as(&team.admin)] {
        caller
            .remove_member(removal(&team.id, &ann))
            .await
            .refused(Code::FailedPrecondition, "DIRECTORY_MANAGED");
    }
    h.teams_as(&ann)
        .leave_team(departure(&team.id))
        .await
        .refused(Code::FailedPrecondition, "DIRECTORY_MANAGED");
    assert!(h.is_active(&team.id, &ann).await);
}

async fn a_removal_is_rehearsed_repeated_and_conditional(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.join(&team, "ann@acme.example").await.user;
    let stands = h.member(&team, &ann).await;
    let rehearsal = RemoveMemberRequest {
        validate_only: true,
        ..removal(&team, &ann)
    };
    let shown = h.teams().remove_member(rehearsal).await.answered();
    let shown = shown.member.expect("the member");
    assert_eq!(
        (shown.state(), shown.etag.as_str()),
        (MemberState::Removed, "")
    );
    assert_eq!(h.member(&team, &ann).await, stands);

    let stale = RemoveMemberRequest {
        etag: "stale".to_owned(),
        ..removal(&team, &ann)
    };
    h.teams()
        .remove_member(stale)
        .await
        .refused(Code::Aborted, "ETAG_MISMATCH");
    let request = RemoveMemberRequest {
        etag: stands.etag,
        request_id: request_id(1),
        ..removal(&team, &ann)
    };
    let first = h.teams().remove_member(request.clone()).await.answered();
    let again = h.teams().remove_member(request).await.answered();
    assert_eq!(first, again);
}

async fn everybody_but_the_primary_admin_leaves_by_himself(h: &Harness) {
    let Admins {
        team,
        secondary,
        sso,
    } = admins(h).await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let guest = h.join_as(&team.id, "guest@acme.example", Role::Guest).await;
    for person in [&secondary, &sso, &ann, &guest] {
        let answer = h.teams_as(person).leave_team(departure(&team.id)).await;
        let member = answer.answered().member.expect("his membership");
        assert_eq!(member.state(), MemberState::Removed);
        assert!(!h.is_active(&team.id, person).await);
        let event = newest(h).await;
        assert_eq!((&event.user_id, &event.actor_user_id), (person, person));
        let Some(Payload::Member(member)) = event.payload else {
            panic!("a member's event");
        };
        assert_eq!(member.removal(), MemberRemoval::Left);
    }
    // Who is only invited declines instead.
    let invited = h.invite(&team.id, "bob@acme.example").await;
    h.teams_as(&invited.user)
        .leave_team(departure(&team.id))
        .await
        .denied("team.leave");
    h.accept(&invited.token).await.answered();
}

async fn a_service_and_the_operator_have_nothing_to_leave(h: &Harness) {
    let team = h.team("acme").await.id;
    h.teams()
        .leave_team(departure(&team))
        .await
        .denied("team.leave");
    let key = h.made(&service("service", None, &[])).await;
    TeamServiceClient::new(h.with_key(key.text()))
        .leave_team(departure(&team))
        .await
        .denied("team.leave");
}

/// He is nobody in the team any more; the answer is his all the same.
async fn who_left_gets_the_answer_of_his_call_again(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.join(&team, "ann@acme.example").await.user;
    let request = LeaveTeamRequest {
        request_id: request_id(1),
        ..departure(&team)
    };
    let first = h
        .teams_as(&ann)
        .leave_team(request.clone())
        .await
        .answered();
    h.advance(TimeDelta::hours(1));
    let again = h.teams_as(&ann).leave_team(request).await.answered();
    assert_eq!(first, again);
    h.teams_as(&ann)
        .leave_team(departure(&team))
        .await
        .missing("TEAM_NOT_FOUND", &team);
}

async fn every_bad_field_of_a_removal_is_named(h: &Harness) {
    h.teams()
        .remove_member(removal("x", ""))
        .await
        .invalid(&[("team_id", "MALFORMED"), ("user_id", "REQUIRED")]);
    h.teams()
        .leave_team(departure(""))
        .await
        .invalid(&[("team_id", "REQUIRED")]);
}
