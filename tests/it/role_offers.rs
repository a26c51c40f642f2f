//! An admin's role, or custom roles, that wait for somebody who is still invited: whoever gave them answers for them, and what waits for a person goes
//! to no other by those who could not give it.

use muster::proto::{BatchResendInvitationsRequest, CorrectEmailRequest, Reason, Role};
use tonic::Code;

use crate::{
    fixtures::{MICROSECOND, invitation_of, with_custom_roles, with_role},
    harness::{Harness, tests},
    refusals::Outcome,
    roles::{change, holding},
};

tests![
    who_makes_somebody_invited_an_admin_is_the_inviter,
    the_operators_offer_is_nobodys_and_stays_good,
    an_offer_ends_with_the_authority_of_who_made_it,
    custom_roles_that_wait_end_with_the_authority_of_who_gave_them,
    custom_roles_that_wait_grow_no_further_than_their_giver,
    whoever_gives_custom_roles_answers_for_the_role_too,
    a_lesser_change_leaves_the_inviter,
    what_waits_is_sent_elsewhere_only_by_those_who_could_give_it,
];

async fn who_makes_somebody_invited_an_admin_is_the_inviter(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let request = with_role(&team.id, &ann.user, Role::SsoAdmin);
    let mut client = h.teams_as(&team.admin);
    let member = client.update_member(request).await.answered().member;
    let open = member.and_then(|member| member.invitation);
    let open = open.expect("the invitation");
    assert_eq!(
        (open.inviter_user_id.as_str(), open.role()),
        (&*team.admin, Role::SsoAdmin)
    );
    let joined = h.accept(&ann.token).await.answered().member;
    assert_eq!(joined.expect("the member").role(), Role::SsoAdmin);
}

async fn the_operators_offer_is_nobodys_and_stays_good(h: &Harness) {
    let team = h.led_team("acme").await;
    let second = Role::SecondaryAdmin;
    let admin = h.join_as(&team.id, "second@acme.example", second).await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let offer = with_role(&team.id, &ann.user, Role::SecondaryAdmin);
    h.teams_as(&admin).update_member(offer).await.answered();
    let member = h
        .change(with_role(&team.id, &ann.user, Role::SsoAdmin))
        .await;
    let open = member.invitation.expect("the invitation");
    assert_eq!(open.inviter_user_id, "");
    h.change(with_role(&team.id, &admin, Role::Member)).await;
    h.accept(&ann.token).await.answered();
}

async fn an_offer_ends_with_the_authority_of_who_made_it(h: &Harness) {
    let team = h.led_team("acme").await;
    let second = Role::SecondaryAdmin;
    let admin = h.join_as(&team.id, "second@acme.example", second).await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let offer = with_role(&team.id, &ann.user, Role::SecondaryAdmin);
    h.teams_as(&admin).update_member(offer).await.answered();
    h.change(with_role(&team.id, &admin, Role::Guest)).await;
    let refused = h.accept(&ann.token).await;
    refused.refused(Code::FailedPrecondition, "INVITER_LOST_AUTHORITY");
    // What needs no authority is good without one.
    h.change(with_role(&team.id, &ann.user, Role::Member)).await;
    h.accept(&ann.token).await.answered();
}

async fn a_lesser_change_leaves_the_inviter(h: &Harness) {
    let team = h.led_team("acme").await;
    let role = h.role(&team.id, "Readers", &["team.read"]).await.id;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    h.change(with_custom_roles(&team.id, &ann.user, &[&role]))
        .await;
    let mut client = h.teams_as(&team.admin);
    for request in [
        with_role(&team.id, &ann.user, Role::Guest),
        with_custom_roles(&team.id, &ann.user, &[]),
    ] {
        let member = client.update_member(request).await.answered().member;
        let open = member.and_then(|member| member.invitation);
        assert_eq!(open.expect("the invitation").inviter_user_id, "");
    }
}

async fn custom_roles_that_wait_end_with_the_authority_of_who_gave_them(h: &Harness) {
    let team = h.led_team("acme").await;
    let second = Role::SecondaryAdmin;
    let admin = h.join_as(&team.id, "second@acme.example", second).await;
    let much = ["members.update", "roles.update"];
    let much = h.role(&team.id, "Much", &much).await.id;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let given = with_custom_roles(&team.id, &ann.user, &[&much]);
    let mut client = h.teams_as(&admin);
    let member = client.update_member(given.clone()).await.answered().member;
    let open = member.and_then(|member| member.invitation);
    assert_eq!(open.expect("the invitation").inviter_user_id, admin);

    h.change(with_role(&team.id, &admin, Role::Member)).await;
    let refused = h.accept(&ann.token).await;
    refused.refused(Code::FailedPrecondition, "INVITER_LOST_AUTHORITY");
    // The operator's gift is nobody's.
    h.change(with_custom_roles(&team.id, &ann.user, &[])).await;
    h.change(given).await;
    let joined = h.accept(&ann.token).await.answered().member;
    assert_eq!(joined.expect("the member").custom_role_ids, [much]);
}

async fn custom_roles_that_wait_grow_no_further_than_their_giver(h: &Harness) {
    let team = h.led_team("acme").await;
    let may = ["members.update", "team.read"];
    let host = h.join_with(&team.id, "giver@acme.example", &may).await;
    let role = h.role(&team.id, "Readers", &["team.read"]).await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let given = with_custom_roles(&team.id, &ann.user, &[&role.id]);
    h.teams_as(&host).update_member(given).await.answered();
    change(h, &holding(&role, &["team.read", "members.remove"])).await;
    let refused = h.accept(&ann.token).await;
    refused.refused(Code::FailedPrecondition, "INVITER_LOST_AUTHORITY");
    change(h, &holding(&role, &["team.read"])).await;
    h.accept(&ann.token).await.answered();
}

async fn whoever_gives_custom_roles_answers_for_the_role_too(h: &Harness) {
    let team = h.led_team("acme").await;
    let second = Role::SecondaryAdmin;
    let admin = h.join_as(&team.id, "second@acme.example", second).await;
    let role = h.role(&team.id, "Readers", &["team.read"]).await.id;
    let mut invitation = invitation_of(&team.id, "ann@acme.example");
    invitation.set_role(Role::SsoAdmin);
    let ann = h.invite_from(invitation).await;
    let given = with_custom_roles(&team.id, &ann.user, &[&role]);
    let refused = h.teams_as(&admin).update_member(given.clone()).await;
    refused.denied("sso_admins.grant");
    let mut client = h.teams_as(&team.admin);
    client.update_member(given).await.answered();
    h.accept(&ann.token).await.answered();
}

async fn what_waits_is_sent_elsewhere_only_by_those_who_could_give_it(h: &Harness) {
    let team = h.led_team("acme").await;
    let may = ["members.invite", "invitations.resend"];
    let host = h.join_with(&team.id, "host@acme.example", &may).await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let more = h.role(&team.id, "Removers", &["members.remove"]).await.id;
    h.change(with_custom_roles(&team.id, &ann.user, &[&more]))
        .await;
    h.advance(chrono::TimeDelta::minutes(2));

    let mine = CorrectEmailRequest {
        team_id: team.id.clone(),
        user_id: ann.user.clone(),
        email: "mine@acme.example".to_owned(),
        ..CorrectEmailRequest::default()
    };
    let refused = h.users_as(&host).correct_email(mine.clone()).await;
    refused.denied("members.remove");
    assert_eq!(h.user(&ann.user).await.email, "ann@acme.example");
    let resend = BatchResendInvitationsRequest {
        team_id: team.id.clone(),
        invitation_ids: vec![ann.id.clone()],
        ..BatchResendInvitationsRequest::default()
    };
    let mut client = h.invitations_as(&host);
    let answer = client.batch_resend_invitations(resend).await.answered();
    assert_eq!(answer.results[0].reason(), Reason::PermissionMissing);

    h.advance(MICROSECOND);
    let mut client = h.users_as(&team.admin);
    let answer = client.correct_email(mine).await.answered();
    let member = answer.member.expect("the member");
    assert_eq!(member.custom_role_ids, [more]);
    h.only_letter().await;
}
