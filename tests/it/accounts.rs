//! Accounts that an operator disables: what they may no longer do, and what stays.

use muster::proto::{
    AcceptInvitationResponse, CheckMembershipRequest, DisableUserRequest, DisableUserResponse,
    EnableUserRequest, EnableUserResponse, GetMemberRequest, ListEventsRequest, MemberState,
    ResendInvitationRequest, Role, TestPermissionsRequest, UpdateUserRequest, User,
    UserDisabledReason,
};
use tonic::{Code, Response, Status};

use crate::{
    correct_email::correct,
    events,
    fixtures::{NewTeam, invitation_of, team_of, token},
    harness::{Harness, tests},
    refusals::{Outcome, details},
    request_ids::mask,
};

tests![
    a_disabled_account_passes_no_check_in_any_team_until_it_is_enabled,
    whoever_is_disabled_cannot_act_not_even_for_himself,
    disabling_and_enabling_twice_is_fine_and_leaves_one_event_each,
    accepting_clears_only_what_waits_for_it,
    an_admins_offer_waits_for_another_while_he_is_disabled,
    a_primary_admin_stays_enabled_and_the_refusal_names_his_teams,
    somebody_disabled_becomes_no_primary_admin_of_a_new_team,
    nobody_is_corrected_to_a_primary_admin_who_is_disabled,
    a_rehearsal_disables_nobody,
    what_was_read_must_still_be_so,
];

pub(crate) async fn disable(
    h: &Harness,
    user: &str,
) -> Result<Response<DisableUserResponse>, Status> {
    let request = DisableUserRequest {
        user_id: user.to_owned(),
        ..DisableUserRequest::default()
    };
    h.users().disable_user(request).await
}

pub(crate) async fn enable(
    h: &Harness,
    user: &str,
) -> Result<Response<EnableUserResponse>, Status> {
    let request = EnableUserRequest {
        user_id: user.to_owned(),
        ..EnableUserRequest::default()
    };
    h.users().enable_user(request).await
}

async fn is_member(h: &Harness, team: &str, user: &str) -> bool {
    let request = CheckMembershipRequest {
        team_id: team.to_owned(),
        user_id: user.to_owned(),
    };
    let answer = h.teams().check_membership(request).await.answered();
    answer.active
}

/// Whether the person holds a permission of a secondary admin's.
async fn may_invite(h: &Harness, team: &str, user: &str) -> bool {
    let request = TestPermissionsRequest {
        team_id: team.to_owned(),
        actor_user_id: user.to_owned(),
        permissions: vec!["members.invite".to_owned()],
    };
    let answer = h.teams().test_permissions(request).await.answered();
    !answer.permissions.is_empty()
}

async fn second_admin(h: &Harness) -> (NewTeam, String) {
    let team = h.led_team("acme").await;
    let second = h
        .join_as(&team.id, "second@acme.example", Role::SecondaryAdmin)
        .await;
    (team, second)
}

async fn a_disabled_account_passes_no_check_in_any_team_until_it_is_enabled(h: &Harness) {
    let (team, second) = second_admin(h).await;
    let other = h.led_team("other").await;
    h.invitations()
        .create_invitation(invitation_of(&other.id, "second@acme.example"))
        .await
        .answered();
    h.only_letter().await;
    assert!(is_member(h, &team.id, &second).await && is_member(h, &other.id, &second).await);
    assert!(may_invite(h, &team.id, &second).await);

    let user = disable(h, &second).await.answered().user.expect("the user");
    assert!(!user.enabled);
    assert_eq!(
        user.disabled_reasons,
        [i32::from(UserDisabledReason::Admin)]
    );
    assert!(!is_member(h, &team.id, &second).await && !is_member(h, &other.id, &second).await);
    assert!(!may_invite(h, &team.id, &second).await);
    let member = h.member(&team.id, &second).await;
    assert_eq!(member.state(), MemberState::Active, "his rows stay");

    let user = enable(h, &second).await.answered().user.expect("the user");
    assert!(user.enabled && user.disabled_reasons.is_empty());
    assert!(is_member(h, &team.id, &second).await && is_member(h, &other.id, &second).await);
    assert!(may_invite(h, &team.id, &second).await);
}

async fn whoever_is_disabled_cannot_act_not_even_for_himself(h: &Harness) {
    let (team, second) = second_admin(h).await;
    disable(h, &second).await.answered();
    h.invitations_as(&second)
        .create_invitation(invitation_of(&team.id, "ann@acme.example"))
        .await
        .denied("members.invite");
    let request = GetMemberRequest {
        team_id: team.id.clone(),
        user_id: second.clone(),
    };
    h.teams_as(&second)
        .get_member(request)
        .await
        .denied("members.read");
    let request = UpdateUserRequest {
        user: Some(User {
            id: second.clone(),
            given_name: "Ann".to_owned(),
            ..User::default()
        }),
        update_mask: Some(mask("given_name")),
        ..UpdateUserRequest::default()
    };
    h.users_as(&second)
        .update_user(request)
        .await
        .denied("users.update");
}

async fn disabling_and_enabling_twice_is_fine_and_leaves_one_event_each(h: &Harness) {
    let (_, second) = second_admin(h).await;
    let before = events::list(h, ListEventsRequest::default()).await.len();
    let first = disable(h, &second).await.answered();
    assert_eq!(disable(h, &second).await.answered(), first);
    let first = enable(h, &second).await.answered();
    assert_eq!(enable(h, &second).await.answered(), first);
    let events = events::list(h, ListEventsRequest::default()).await;
    let told: Vec<_> = events[before..]
        .iter()
        .map(|event| (event.r#type().as_str_name(), event.user_id.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("EVENT_TYPE_USER_DISABLED", second.as_str()),
            ("EVENT_TYPE_USER_ENABLED", second.as_str())
        ]
    );
    let nobody = h.unknown_id();
    disable(h, &nobody).await.missing("USER_NOT_FOUND", &nobody);
    enable(h, &nobody).await.missing("USER_NOT_FOUND", &nobody);
    disable(h, "").await.invalid(&[("user_id", "REQUIRED")]);
}

async fn accepting_clears_only_what_waits_for_it(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let user = disable(h, &ann.user).await.answered().user.expect("she");
    let both = [
        UserDisabledReason::PendingAcceptance,
        UserDisabledReason::Admin,
    ];
    assert_eq!(user.disabled_reasons, both.map(i32::from));

    let answer: AcceptInvitationResponse = h.accept(&ann.token).await.answered();
    let member = answer.member.expect("the member");
    assert_eq!(member.state(), MemberState::Active);
    let user = member.user.expect("the account");
    assert!(!user.enabled && user.verify_time.is_some());
    assert_eq!(
        user.disabled_reasons,
        [i32::from(UserDisabledReason::Admin)]
    );
    assert!(!is_member(h, &team.id, &ann.user).await);
    enable(h, &ann.user).await.answered();
    assert!(is_member(h, &team.id, &ann.user).await);
}

async fn an_admins_offer_waits_for_another_while_he_is_disabled(h: &Harness) {
    let (team, second) = second_admin(h).await;
    let mut request = invitation_of(&team.id, "third@acme.example");
    request.set_role(Role::SecondaryAdmin);
    let made = h.invitations_as(&second).create_invitation(request).await;
    let invitation = made.answered().invitation.expect("one").id;
    let link = token(&h.only_letter().await);
    disable(h, &second).await.answered();
    h.accept(&link)
        .await
        .refused(Code::FailedPrecondition, "INVITER_LOST_AUTHORITY");
    let request = ResendInvitationRequest {
        team_id: team.id.clone(),
        invitation_id: invitation,
        ..ResendInvitationRequest::default()
    };
    h.invitations_as(&team.admin)
        .resend_invitation(request)
        .await
        .answered();
    let link = h.only_token().await;
    h.accept(&link).await.answered();
}

async fn a_primary_admin_stays_enabled_and_the_refusal_names_his_teams(h: &Harness) {
    let first = h.led_team("acme").await;
    let request = team_of("second", "boss@acme.example");
    let second = h.teams().create_team(request).await.answered();
    let second = second.team.expect("the team").id;
    h.only_letter().await;
    let status = disable(h, &first.admin)
        .await
        .refused(Code::FailedPrecondition, "PRIMARY_ADMIN_PROTECTED");
    let info = details(&status);
    let info = info.error_info().expect("ErrorInfo");
    let named = info.metadata.get("team_ids").map(String::as_str);
    assert_eq!(named, Some(format!("{},{second}", first.id).as_str()));
    assert!(h.user(&first.admin).await.enabled);
}

async fn somebody_disabled_becomes_no_primary_admin_of_a_new_team(h: &Harness) {
    let (_, second) = second_admin(h).await;
    disable(h, &second).await.answered();
    let request = team_of("another", "second@acme.example");
    h.teams()
        .create_team(request.clone())
        .await
        .refused(Code::FailedPrecondition, "USER_DISABLED");
    enable(h, &second).await.answered();
    h.teams().create_team(request).await.answered();
    h.only_letter().await;
}

async fn nobody_is_corrected_to_a_primary_admin_who_is_disabled(h: &Harness) {
    let (_, second) = second_admin(h).await;
    let team = h.team("mistyped").await;
    disable(h, &second).await.answered();
    let wrong = team.admin.clone();
    correct(h, &team.id, &wrong, "second@acme.example")
        .await
        .refused(Code::FailedPrecondition, "USER_DISABLED");
    // A member he may become: that gives him nothing while he is disabled.
    let invited = h.invite(&team.id, "secnd@acme.example").await;
    correct(h, &team.id, &invited.user, "second@acme.example")
        .await
        .answered();
    h.only_letter().await;
    assert!(!is_member(h, &team.id, &second).await);
}

async fn a_rehearsal_disables_nobody(h: &Harness) {
    let (_, second) = second_admin(h).await;
    let request = DisableUserRequest {
        user_id: second.clone(),
        validate_only: true,
        ..DisableUserRequest::default()
    };
    let answer = h.users().disable_user(request).await.answered();
    let user = answer.user.expect("the user");
    assert!(!user.enabled && user.etag.is_empty());
    assert!(h.user(&second).await.enabled);
}

async fn what_was_read_must_still_be_so(h: &Harness) {
    let (_, second) = second_admin(h).await;
    let read = h.user(&second).await.etag;
    let request = |etag: &str| DisableUserRequest {
        user_id: second.clone(),
        etag: etag.to_owned(),
        ..DisableUserRequest::default()
    };
    let mut users = h.users();
    users.disable_user(request(&read)).await.answered();
    users
        .disable_user(request(&read))
        .await
        .refused(Code::Aborted, "ETAG_MISMATCH");
    let request = EnableUserRequest {
        user_id: second.clone(),
        etag: read,
        ..EnableUserRequest::default()
    };
    users
        .enable_user(request)
        .await
        .refused(Code::Aborted, "ETAG_MISMATCH");
}
