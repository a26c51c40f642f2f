//! Etags: they change with what they are of, and a call that names an old one does nothing.

use chrono::TimeDelta;
use muster::proto::{
    CorrectEmailRequest, GetTeamRequest, ListEventsRequest, ResendInvitationRequest,
    RevokeInvitationRequest, Team, UpdateTeamRequest, UpdateUserRequest, User,
};
use prost_types::FieldMask;
use tonic::Code;

use crate::{
    events::list,
    harness::{Harness, tests},
    refusals::Outcome,
};

tests![
    a_team_that_was_changed_since_it_was_read_is_not_changed,
    an_account_that_was_changed_since_it_was_read_is_not_changed,
    an_invitation_that_was_changed_since_it_was_read_is_not_changed,
    a_member_that_was_changed_since_it_was_read_is_not_corrected,
    a_letter_on_its_way_does_not_change_the_etag,
];

async fn team(h: &Harness, id: &str) -> Team {
    let request = GetTeamRequest {
        team_id: id.to_owned(),
    };
    let answer = h.teams().get_team(request).await.answered();
    answer.team.expect("the team")
}

fn renamed(read: &Team, name: &str) -> UpdateTeamRequest {
    UpdateTeamRequest {
        team: Some(Team {
            display_name: name.to_owned(),
            ..read.clone()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["display_name".to_owned()],
        }),
        ..UpdateTeamRequest::default()
    }
}

async fn a_team_that_was_changed_since_it_was_read_is_not_changed(h: &Harness) {
    let made = h.team("acme").await;
    let read = team(h, &made.id).await;
    let changed = h.teams().update_team(renamed(&read, "One")).await;
    let changed = changed.answered().team.expect("the team");
    let events = list(h, ListEventsRequest::default()).await;
    h.teams()
        .update_team(renamed(&read, "Two"))
        .await
        .refused(Code::Aborted, "ETAG_MISMATCH");
    assert_eq!(team(h, &made.id).await, changed);
    assert_eq!(list(h, ListEventsRequest::default()).await, events);
    h.teams()
        .update_team(renamed(&changed, "Two"))
        .await
        .answered();
}

async fn an_account_that_was_changed_since_it_was_read_is_not_changed(h: &Harness) {
    let made = h.team("acme").await;
    let read = h.user(&made.admin).await;
    let update = |read: &User, phone: &str| UpdateUserRequest {
        user: Some(User {
            phone: phone.to_owned(),
            ..read.clone()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["phone".to_owned()],
        }),
        ..UpdateUserRequest::default()
    };
    h.users().update_user(update(&read, "1")).await.answered();
    h.users()
        .update_user(update(&read, "2"))
        .await
        .refused(Code::Aborted, "ETAG_MISMATCH");
    let read = h.user(&made.admin).await;
    assert_eq!(read.phone, "1");
    // Accepting verifies the account.
    h.accept(&made.token).await.answered();
    h.users()
        .update_user(update(&read, "2"))
        .await
        .refused(Code::Aborted, "ETAG_MISMATCH");
}

async fn an_invitation_that_was_changed_since_it_was_read_is_not_changed(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.invite(&team, "ann@acme.example").await;
    let read = h.invitation(&team, &ann.id).await;
    let resend = ResendInvitationRequest {
        team_id: team.clone(),
        invitation_id: ann.id.clone(),
        etag: read.etag.clone(),
        ..ResendInvitationRequest::default()
    };
    let answer = h.invitations().resend_invitation(resend.clone()).await;
    let newer = answer.answered().invitation.expect("the invitation");
    h.only_letter().await;
    h.advance(TimeDelta::minutes(2));
    h.invitations()
        .resend_invitation(resend)
        .await
        .refused(Code::Aborted, "ETAG_MISMATCH");
    let revoke = |etag: &str| RevokeInvitationRequest {
        team_id: team.clone(),
        invitation_id: ann.id.clone(),
        etag: etag.to_owned(),
        ..RevokeInvitationRequest::default()
    };
    h.invitations()
        .revoke_invitation(revoke(&read.etag))
        .await
        .refused(Code::Aborted, "ETAG_MISMATCH");
    h.invitations()
        .revoke_invitation(revoke(&newer.etag))
        .await
        .answered();
}

async fn a_member_that_was_changed_since_it_was_read_is_not_corrected(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.invite(&team, "ann@acme.example").await;
    let read = h.member(&team, &ann.user).await;
    h.resend(&team, &ann.id).await;
    h.advance(TimeDelta::minutes(2));
    let correct = |etag: &str| CorrectEmailRequest {
        team_id: team.clone(),
        user_id: ann.user.clone(),
        email: "anna@acme.example".to_owned(),
        etag: etag.to_owned(),
        ..CorrectEmailRequest::default()
    };
    h.users()
        .correct_email(correct(&read.etag))
        .await
        .refused(Code::Aborted, "ETAG_MISMATCH");
    let read = h.member(&team, &ann.user).await;
    h.users()
        .correct_email(correct(&read.etag))
        .await
        .answered();
    h.only_letter().await;
}

async fn a_letter_on_its_way_does_not_change_the_etag(h: &Harness) {
    let team = h.team("acme").await.id;
    let request = crate::fixtures::invitation_of(&team, "ann@acme.example");
    let answer = h.invitations().create_invitation(request).await.answered();
    let queued = answer.invitation.expect("the invitation");
    h.only_letter().await;
    let sent = h.invitation(&team, &queued.id).await;
    assert_ne!(sent.delivery_state, queued.delivery_state);
    assert_eq!(sent.etag, queued.etag);
}
