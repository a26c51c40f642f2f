//! Members who are disabled in one team: what they cannot do there, and that nothing else of them changes.

use muster::proto::{
    DisableMemberRequest, EnableMemberRequest, EventType, GetMemberRequest, ListMembersRequest,
    Member, MemberDisabledReason, MemberFilter, MemberState, Role, TestPermissionsRequest,
};
use tonic::Code;

use crate::{
    correct_email::correct,
    fixtures::{invitation_of, with_role},
    harness::{Harness, tests},
    log_entries::newest,
    refusals::Outcome,
    request_ids::request_id,
    role_changes::{Admins, admins},
};

tests![
    a_disabled_member_passes_no_check_and_keeps_his_seat,
    a_disabled_member_stays_one_elsewhere,
    disabling_and_enabling_twice_is_success_without_an_event,
    a_disabled_admin_has_no_authority_and_grants_nothing,
    who_accepts_while_he_is_disabled_stays_so,
    the_primary_admin_and_a_directorys_people_are_not_disabled,
    admins_are_disabled_by_other_admins,
    only_those_are_disabled_who_are_there,
    disabling_is_rehearsed_repeated_and_conditional,
    lists_tell_the_disabled_from_the_active,
    who_comes_back_is_not_disabled_any_more,
    no_correction_makes_a_disabled_member_the_primary_admin,
];

pub(crate) fn disabling(team: &str, user: &str) -> DisableMemberRequest {
    DisableMemberRequest {
        team_id: team.to_owned(),
        user_id: user.to_owned(),
        ..DisableMemberRequest::default()
    }
}

pub(crate) fn enabling(team: &str, user: &str) -> EnableMemberRequest {
    EnableMemberRequest {
        team_id: team.to_owned(),
        user_id: user.to_owned(),
        ..EnableMemberRequest::default()
    }
}

impl Harness {
    /// A member disabled by the operator.
    pub(crate) async fn disable(&self, team: &str, user: &str) -> Member {
        let answer = self.teams().disable_member(disabling(team, user)).await;
        answer.answered().member.expect("the member")
    }

    /// A member enabled by the operator.
    pub(crate) async fn enable(&self, team: &str, user: &str) -> Member {
        let answer = self.teams().enable_member(enabling(team, user)).await;
        answer.answered().member.expect("the member")
    }
}

async fn a_disabled_member_passes_no_check_and_keeps_his_seat(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.join(&team, "ann@acme.example").await.user;
    let before = h.counts(&team).await;
    let disabled = h.disable(&team, &ann).await;
    assert_eq!(disabled.state(), MemberState::Disabled);
    let reasons: Vec<_> = disabled.disabled_reasons().collect();
    assert_eq!(reasons, [MemberDisabledReason::Admin]);
    assert!(disabled.user.expect("the account").enabled);
    assert_eq!(newest(h).await.r#type(), EventType::MemberDisabled);

    assert!(!h.is_active(&team, &ann).await);
    let asks = TestPermissionsRequest {
        team_id: team.clone(),
        actor_user_id: ann.clone(),
        permissions: vec!["team.leave".to_owned()],
    };
    let held = h.teams().test_permissions(asks).await.answered();
    assert_eq!(held.permissions, [""; 0]);
    h.teams_as(&ann)
        .get_member(GetMemberRequest {
            team_id: team.clone(),
            user_id: ann.clone(),
        })
        .await
        .denied("members.read");
    let after = h.counts(&team).await;
    assert_eq!(after.seats, before.seats);
    assert_eq!(after.disabled_members, 1);
    assert_eq!(after.active_members, before.active_members - 1);

    let enabled = h.enable(&team, &ann).await;
    assert_eq!(enabled.state(), MemberState::Active);
    assert_eq!(newest(h).await.r#type(), EventType::MemberEnabled);
    assert!(h.is_active(&team, &ann).await);
}

async fn a_disabled_member_stays_one_elsewhere(h: &Harness) {
    let (team, other) = (h.team("acme").await.id, h.team("other").await.id);
    let ann = h.join(&team, "ann@acme.example").await.user;
    let request = invitation_of(&other, "ann@acme.example");
    h.invitations().create_invitation(request).await.answered();
    h.only_letter().await;
    h.disable(&team, &ann).await;
    assert!(h.is_active(&other, &ann).await);
}

async fn disabling_and_enabling_twice_is_success_without_an_event(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.join(&team, "ann@acme.example").await.user;
    let first = h.disable(&team, &ann).await;
    let event = newest(h).await;
    assert_eq!(h.disable(&team, &ann).await, first);
    assert_eq!(newest(h).await, event);
    let first = h.enable(&team, &ann).await;
    let event = newest(h).await;
    assert_eq!(h.enable(&team, &ann).await, first);
    assert_eq!(newest(h).await, event);
}

async fn a_disabled_admin_has_no_authority_and_grants_nothing(h: &Harness) {
    let Admins {
        team, secondary, ..
    } = admins(h).await;
    let mut offer = invitation_of(&team.id, "bob@acme.example");
    offer.set_role(Role::SecondaryAdmin);
    let mut second = h.invitations_as(&secondary);
    second.create_invitation(offer.clone()).await.answered();
    let token = h.only_token().await;
    h.disable(&team.id, &secondary).await;
    "cat@acme.example".clone_into(&mut offer.email);
    second
        .create_invitation(offer)
        .await
        .denied("members.invite");
    h.accept(&token)
        .await
        .refused(Code::FailedPrecondition, "INVITER_LOST_AUTHORITY");
    h.enable(&team.id, &secondary).await;
    h.accept(&token).await.answered();
}

async fn who_accepts_while_he_is_disabled_stays_so(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.invite(&team, "ann@acme.example").await;
    let disabled = h.disable(&team, &ann.user).await;
    assert_eq!(disabled.state(), MemberState::Invited);
    assert_eq!(disabled.disabled_reasons.len(), 1);
    let accepted = h.accept(&ann.token).await.answered();
    let member = accepted.member.expect("the member");
    assert_eq!(member.state(), MemberState::Disabled);
    assert!(member.user.expect("the account").enabled);
    assert!(!h.is_active(&team, &ann.user).await);
    let enabled = h.enable(&team, &ann.user).await;
    assert_eq!(enabled.state(), MemberState::Active);
}

async fn the_primary_admin_and_a_directorys_people_are_not_disabled(h: &Harness) {
    let Admins {
        team, secondary, ..
    } = admins(h).await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    h.take_over(&team.id, &ann).await;
    for mut caller in [h.teams(), h.teams_as(&secondary), h.teams_as(&team.admin)] {
        caller
            .disable_member(disabling(&team.id, &team.admin))
            .await
            .refused(Code::FailedPrecondition, "PRIMARY_ADMIN_PROTECTED");
        caller
            .disable_member(disabling(&team.id, &ann))
            .await
            .refused(Code::FailedPrecondition, "DIRECTORY_MANAGED");
        caller
            .enable_member(enabling(&team.id, &ann))
            .await
            .refused(Code::FailedPrecondition, "DIRECTORY_MANAGED");
    }
}

async fn admins_are_disabled_by_other_admins(h: &Harness) {
    let Admins {
        team,
        secondary,
        sso,
    } = admins(h).await;
    let custom = h
        .join_with(&team.id, "custom@acme.example", &["members.disable"])
        .await;
    let mut custom = h.teams_as(&custom);
    let request = disabling(&team.id, &sso);
    custom.disable_member(request).await.denied("admins.remove");
    let request = enabling(&team.id, &sso);
    custom.enable_member(request).await.denied("admins.remove");
    let mut second = h.teams_as(&secondary);
    let himself = disabling(&team.id, &secondary);
    second.disable_member(himself).await.denied("admins.remove");
    let request = disabling(&team.id, &sso);
    second.disable_member(request).await.answered();
    let request = enabling(&team.id, &sso);
    second.enable_member(request).await.answered();
}

async fn only_those_are_disabled_who_are_there(h: &Harness) {
    let team = h.team("acme").await.id;
    let unknown = h.unknown_id();
    h.teams()
        .disable_member(disabling(&team, &unknown))
        .await
        .missing("MEMBER_NOT_FOUND", &unknown);
    h.teams()
        .enable_member(enabling(&unknown, &unknown))
        .await
        .missing("TEAM_NOT_FOUND", &unknown);
    let ann = h.join(&team, "ann@acme.example").await.user;
    h.remove(&team, &ann).await;
    h.teams()
        .disable_member(disabling(&team, &ann))
        .await
        .refused(Code::FailedPrecondition, "NOT_A_MEMBER");
    h.teams()
        .enable_member(enabling(&team, &ann))
        .await
        .refused(Code::FailedPrecondition, "NOT_A_MEMBER");
    h.teams()
        .disable_member(disabling("x", ""))
        .await
        .invalid(&[("team_id", "MALFORMED"), ("user_id", "REQUIRED")]);
}

async fn disabling_is_rehearsed_repeated_and_conditional(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.join(&team, "ann@acme.example").await.user;
    let stands = h.member(&team, &ann).await;
    let rehearsal = DisableMemberRequest {
        validate_only: true,
        ..disabling(&team, &ann)
    };
    let shown = h.teams().disable_member(rehearsal).await.answered();
    let shown = shown.member.expect("the member");
    assert_eq!(shown.state(), MemberState::Disabled);
    assert_eq!(shown.etag, "");
    assert_eq!(h.member(&team, &ann).await, stands);
    let request = DisableMemberRequest {
        etag: stands.etag.clone(),
        request_id: request_id(1),
        ..disabling(&team, &ann)
    };
    let first = h.teams().disable_member(request.clone()).await.answered();
    assert_eq!(h.teams().disable_member(request).await.answered(), first);
    let stale = EnableMemberRequest {
        etag: stands.etag,
        ..enabling(&team, &ann)
    };
    h.teams()
        .enable_member(stale)
        .await
        .refused(Code::Aborted, "ETAG_MISMATCH");
}

async fn lists_tell_the_disabled_from_the_active(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let bob = h.join(&team.id, "bob@acme.example").await.user;
    h.change(with_role(&team.id, &bob, Role::Guest)).await;
    h.disable(&team.id, &bob).await;
    let found = async |states: &[MemberState], roles: &[Role], query: &str| -> Vec<String> {
        let filter = MemberFilter {
            states: states.iter().map(|state| (*state).into()).collect(),
            roles: roles.iter().map(|role| (*role).into()).collect(),
            query: query.to_owned(),
            ..MemberFilter::default()
        };
        let request = ListMembersRequest {
            team_id: team.id.clone(),
            filter: Some(filter),
            ..ListMembersRequest::default()
        };
        let answer = h.teams().list_members(request).await.answered();
        answer.members.into_iter().map(|one| one.user_id).collect()
    };
    let (active, disabled) = (MemberState::Active, MemberState::Disabled);
    assert_eq!(found(&[active], &[], "").await, [ann.as_str()]);
    assert_eq!(found(&[disabled], &[], "").await, [bob.as_str()]);
    assert_eq!(found(&[active], &[Role::Guest], "").await, [""; 0]);
    assert_eq!(found(&[disabled], &[Role::Guest], "").await, [bob.as_str()]);
    assert_eq!(found(&[disabled], &[], "bob@").await, [bob.as_str()]);
    assert_eq!(found(&[active], &[], "bob@").await, [""; 0]);
    let both = found(&[active, disabled], &[], "").await;
    assert_eq!(both, [ann.as_str(), bob.as_str()]);
    let all = found(&[], &[], "").await;
    assert_eq!(all, [team.admin.as_str(), &ann, &bob]);
}

async fn who_comes_back_is_not_disabled_any_more(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.join(&team, "ann@acme.example").await.user;
    h.disable(&team, &ann).await;
    let gone = h.remove(&team, &ann).await;
    assert_eq!(gone.disabled_reasons, [0; 0]);
    let request = invitation_of(&team, "ann@acme.example");
    h.invitations().create_invitation(request).await.answered();
    h.only_letter().await;
    assert!(h.is_active(&team, &ann).await);
}

async fn no_correction_makes_a_disabled_member_the_primary_admin(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    h.disable(&team.id, &ann).await;
    correct(h, &team.id, &team.admin, "ann@acme.example")
        .await
        .refused(Code::FailedPrecondition, "USER_DISABLED");
    let bob = h.invite(&team.id, "bob@acme.example").await.user;
    h.disable(&team.id, &bob).await;
    correct(h, &team.id, &team.admin, "bob@acme.example")
        .await
        .refused(Code::FailedPrecondition, "USER_DISABLED");
    h.enable(&team.id, &ann).await;
    correct(h, &team.id, &team.admin, "ann@acme.example")
        .await
        .answered();
    assert_eq!(h.member(&team.id, &ann).await.role(), Role::PrimaryAdmin);
}
