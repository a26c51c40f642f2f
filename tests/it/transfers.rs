//! The primary admin's role is handed over: to whom, by whom, and what both are then.

use muster::proto::{
    CorrectEmailRequest, EventType, ListEventsRequest, MemberState, Role, Team,
    TransferPrimaryAdminRequest, event::Payload,
};
use tonic::Code;

use crate::{
    events::list,
    fixtures::{invitation_of, with_role},
    harness::{Harness, tests},
    log_entries::newest,
    refusals::Outcome,
    removals::departure,
    request_ids::request_id,
    role_changes::{Admins, admins},
};

tests![
    both_roles_change_together,
    only_an_active_secondary_admin_receives_the_role,
    only_the_primary_admin_and_the_operator_hand_it_over,
    to_whom_it_belongs_already_is_no_change,
    an_old_holder_who_was_invited_stays_so_as_a_secondary_admin,
    who_handed_it_over_gets_the_answer_of_his_call_again,
    a_transfer_is_rehearsed_and_conditional,
    whoever_was_made_primary_by_a_correction_becomes_a_secondary_admin,
];

pub(crate) fn transfer(team: &str, user: &str) -> TransferPrimaryAdminRequest {
    TransferPrimaryAdminRequest {
        team_id: team.to_owned(),
        user_id: user.to_owned(),
        ..TransferPrimaryAdminRequest::default()
    }
}

impl Harness {
    /// The role handed over by the operator.
    pub(crate) async fn hand_over(&self, team: &str, user: &str) -> Team {
        let request = transfer(team, user);
        let answer = self.teams().transfer_primary_admin(request).await;
        answer.answered().team.expect("the team")
    }
}

async fn both_roles_change_together(h: &Harness) {
    let Admins {
        team, secondary, ..
    } = admins(h).await;
    let before = list(h, ListEventsRequest::default()).await;
    let mut primary = h.teams_as(&team.admin);
    let answer = primary.transfer_primary_admin(transfer(&team.id, &secondary));
    let after = answer.await.answered().team.expect("the team");
    assert_eq!(after.primary_admin_user_id, secondary);
    let heir = h.member(&team.id, &secondary).await;
    assert_eq!(heir.role(), Role::PrimaryAdmin);
    let former = h.member(&team.id, &team.admin).await;
    assert_eq!(former.role(), Role::SecondaryAdmin);
    assert_eq!(former.state(), MemberState::Active);

    let all = list(h, ListEventsRequest::default()).await;
    let [changed, fell] = &all[before.len()..] else {
        panic!("{all:?}");
    };
    assert_eq!(changed.r#type(), EventType::TeamPrimaryAdminChanged);
    assert_eq!(changed.user_id, secondary);
    assert_eq!(fell.r#type(), EventType::MemberUpdated);
    assert_eq!(fell.user_id, team.admin);
    let Some(Payload::Member(member)) = &fell.payload else {
        panic!("a member's event");
    };
    assert_eq!(member.role(), Role::SecondaryAdmin);
    assert_eq!(member.changed_fields, ["role"]);

    // He has lost what only the primary admin may, and may leave now.
    primary
        .transfer_primary_admin(transfer(&team.id, &team.admin))
        .await
        .denied("primary.transfer");
    primary.leave_team(departure(&team.id)).await.answered();
}

async fn only_an_active_secondary_admin_receives_the_role(h: &Harness) {
    let Admins {
        team,
        secondary,
        sso,
    } = admins(h).await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let guest = h.join_as(&team.id, "guest@acme.example", Role::Guest).await;
    let mut offer = invitation_of(&team.id, "bob@acme.example");
    offer.set_role(Role::SecondaryAdmin);
    let invited = h.invite_from(offer).await.user;
    let mut primary = h.teams_as(&team.admin);
    for other in [&sso, &ann, &guest, &invited] {
        primary
            .transfer_primary_admin(transfer(&team.id, other))
            .await
            .refused(Code::FailedPrecondition, "NOT_A_SECONDARY_ADMIN");
    }
    h.disable(&team.id, &secondary).await;
    primary
        .transfer_primary_admin(transfer(&team.id, &secondary))
        .await
        .refused(Code::FailedPrecondition, "NOT_A_SECONDARY_ADMIN");
    h.remove(&team.id, &secondary).await;
    primary
        .transfer_primary_admin(transfer(&team.id, &secondary))
        .await
        .refused(Code::FailedPrecondition, "NOT_A_SECONDARY_ADMIN");
    let unknown = h.unknown_id();
    primary
        .transfer_primary_admin(transfer(&team.id, &unknown))
        .await
        .missing("MEMBER_NOT_FOUND", &unknown);
    primary
        .transfer_primary_admin(transfer("x", ""))
        .await
        .invalid(&[("team_id", "MALFORMED"), ("user_id", "REQUIRED")]);
}

async fn only_the_primary_admin_and_the_operator_hand_it_over(h: &Harness) {
    let Admins {
        team,
        secondary,
        sso,
    } = admins(h).await;
    for other in [&secondary, &sso] {
        h.teams_as(other)
            .transfer_primary_admin(transfer(&team.id, &secondary))
            .await
            .denied("primary.transfer");
    }
    let after = h.hand_over(&team.id, &secondary).await;
    assert_eq!(after.primary_admin_user_id, secondary);
}

async fn to_whom_it_belongs_already_is_no_change(h: &Harness) {
    let team = h.led_team("acme").await;
    let before = newest(h).await;
    let after = h.hand_over(&team.id, &team.admin).await;
    assert_eq!(after.primary_admin_user_id, team.admin);
    assert_eq!(newest(h).await, before);
}

async fn an_old_holder_who_was_invited_stays_so_as_a_secondary_admin(h: &Harness) {
    let team = h.team("acme").await;
    let second = Role::SecondaryAdmin;
    let heir = h.join_as(&team.id, "second@acme.example", second).await;
    h.hand_over(&team.id, &heir).await;
    let former = h.member(&team.id, &team.admin).await;
    assert_eq!(
        (former.role(), former.state()),
        (second, MemberState::Invited)
    );
    let accepted = h.accept(&team.token).await.answered();
    let member = accepted.member.expect("the member");
    assert_eq!(
        (member.role(), member.state()),
        (second, MemberState::Active)
    );
    // And the seat is his no more than anybody's.
    h.change(with_role(&team.id, &team.admin, Role::Guest))
        .await;
}

/// He may not ask for it any more; the answer is his all the same.
async fn who_handed_it_over_gets_the_answer_of_his_call_again(h: &Harness) {
    let Admins {
        team, secondary, ..
    } = admins(h).await;
    let request = TransferPrimaryAdminRequest {
        request_id: request_id(1),
        ..transfer(&team.id, &secondary)
    };
    let mut primary = h.teams_as(&team.admin);
    let first = primary.transfer_primary_admin(request.clone()).await;
    let first = first.answered();
    let again = primary.transfer_primary_admin(request).await.answered();
    assert_eq!(first, again);
}

async fn a_transfer_is_rehearsed_and_conditional(h: &Harness) {
    let Admins {
        team, secondary, ..
    } = admins(h).await;
    let rehearsal = TransferPrimaryAdminRequest {
        validate_only: true,
        ..transfer(&team.id, &secondary)
    };
    let shown = h.teams().transfer_primary_admin(rehearsal).await.answered();
    let shown = shown.team.expect("the team");
    assert_eq!(shown.primary_admin_user_id, secondary);
    assert_eq!(shown.etag, "");
    let stands = h.member(&team.id, &secondary).await;
    assert_eq!(stands.role(), Role::SecondaryAdmin);
    let stale = TransferPrimaryAdminRequest {
        etag: "stale".to_owned(),
        ..transfer(&team.id, &secondary)
    };
    h.teams()
        .transfer_primary_admin(stale)
        .await
        .refused(Code::Aborted, "ETAG_MISMATCH");
}

/// What the person was in the team before is not what he falls back to.
async fn whoever_was_made_primary_by_a_correction_becomes_a_secondary_admin(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let second = Role::SecondaryAdmin;
    let heir = h.join_as(&team.id, "second@acme.example", second).await;
    let request = CorrectEmailRequest {
        team_id: team.id.clone(),
        user_id: team.admin.clone(),
        email: "ann@acme.example".to_owned(),
        ..CorrectEmailRequest::default()
    };
    h.users().correct_email(request).await.answered();
    h.deliver().await;
    assert_eq!(h.member(&team.id, &ann).await.role(), Role::PrimaryAdmin);
    h.hand_over(&team.id, &heir).await;
    assert_eq!(h.member(&team.id, &ann).await.role(), second);
}
