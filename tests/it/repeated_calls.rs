//! Every call that changes something, made twice under one request id.

use std::fmt::Debug;

use chrono::TimeDelta;
use muster::proto::{
    AcceptInvitationRequest, BatchResendInvitationsRequest, BatchRevokeInvitationsRequest,
    CorrectEmailRequest, CreateUserRequest, DeclineInvitationRequest, ListEventsRequest,
    ReleaseLettersRequest, RequestNewInvitationRequest, ResendInvitationRequest,
    RevokeInvitationRequest, Role, Team, UpdateTeamRequest, UpdateUserRequest, User,
};
use tonic::{Response, Status};

use crate::{
    events::list,
    fixtures::{MICROSECOND, invitation_of, team_called},
    harness::{Harness, tests},
    refusals::Outcome,
    request_ids::{mask, request_id},
};

tests![
    calls_about_teams_and_people_answer_the_same_again_and_do_nothing_more,
    calls_about_invitations_answer_the_same_again_and_do_nothing_more,
    calls_of_the_invitee_answer_the_same_again_and_do_nothing_more,
    calls_about_imports_answer_the_same_again_and_do_nothing_more,
];

pub(crate) async fn event_count(h: &Harness) -> usize {
    list(h, ListEventsRequest::default()).await.len()
}

/// Makes a call twice; the second answer is the first, and nothing came of it.
async fn twice<T: Debug + PartialEq>(
    h: &Harness,
    call: impl AsyncFn() -> Result<Response<T>, Status>,
) -> T {
    let first = call().await.answered();
    let events = event_count(h).await;
    h.advance(MICROSECOND);
    assert_eq!(call().await.answered(), first);
    assert_eq!(event_count(h).await, events);
    first
}

async fn calls_about_teams_and_people_answer_the_same_again_and_do_nothing_more(h: &Harness) {
    let mut team = team_called("acme");
    team.request_id = request_id(1);
    let made = twice(h, async || h.teams().create_team(team.clone()).await).await;
    let team = made.team.expect("the team").id;
    h.only_letter().await;

    let update = UpdateTeamRequest {
        team: Some(Team {
            id: team.clone(),
            display_name: "Renamed".to_owned(),
            ..Team::default()
        }),
        update_mask: Some(mask("display_name")),
        request_id: request_id(2),
        ..UpdateTeamRequest::default()
    };
    twice(h, async || h.teams().update_team(update.clone()).await).await;

    let user = CreateUserRequest {
        team_id: team.clone(),
        email: "ann@acme.example".to_owned(),
        given_name: "Ann".to_owned(),
        family_name: "Lee".to_owned(),
        role: Role::Guest.into(),
        language: "en".to_owned(),
        request_id: request_id(3),
        ..CreateUserRequest::default()
    };
    let ann = twice(h, async || h.users().create_user(user.clone()).await).await;
    let ann = ann.invitation.expect("an invitation");
    h.only_letter().await;

    let update = UpdateUserRequest {
        user: Some(User {
            id: ann.user_id.clone(),
            phone: "123".to_owned(),
            ..User::default()
        }),
        update_mask: Some(mask("phone")),
        request_id: request_id(4),
        ..UpdateUserRequest::default()
    };
    twice(h, async || h.users().update_user(update.clone()).await).await;

    let correction = CorrectEmailRequest {
        team_id: team.clone(),
        user_id: ann.user_id.clone(),
        email: "anna@acme.example".to_owned(),
        request_id: request_id(5),
        ..CorrectEmailRequest::default()
    };
    twice(h, async || {
        h.users().correct_email(correction.clone()).await
    })
    .await;
    h.only_letter().await;
}

async fn calls_about_invitations_answer_the_same_again_and_do_nothing_more(h: &Harness) {
    let made = h.team("acme").await;
    let team = made.id;
    let mut request = invitation_of(&team, "bob@acme.example");
    request.request_id = request_id(6);
    let bob = twice(h, async || {
        h.invitations().create_invitation(request.clone()).await
    })
    .await;
    let bob = bob.invitation.expect("an invitation");
    h.only_letter().await;

    let resend = ResendInvitationRequest {
        team_id: team.clone(),
        invitation_id: bob.id.clone(),
        request_id: request_id(7),
        ..ResendInvitationRequest::default()
    };
    let answer = twice(h, async || {
        h.invitations().resend_invitation(resend.clone()).await
    })
    .await;
    assert_eq!(answer.invitation.expect("an invitation").send_count, 2);
    h.only_letter().await;

    h.advance(TimeDelta::minutes(2));
    let resends = BatchResendInvitationsRequest {
        team_id: team.clone(),
        invitation_ids: vec![bob.id.clone(), made.invitation],
        request_id: request_id(8),
    };
    twice(h, async || {
        h.invitations()
            .batch_resend_invitations(resends.clone())
            .await
    })
    .await;
    assert_eq!(h.deliver().await.len(), 2);

    let revoke = RevokeInvitationRequest {
        team_id: team.clone(),
        invitation_id: bob.id.clone(),
        request_id: request_id(12),
        ..RevokeInvitationRequest::default()
    };
    twice(h, async || {
        h.invitations().revoke_invitation(revoke.clone()).await
    })
    .await;
}

async fn calls_of_the_invitee_answer_the_same_again_and_do_nothing_more(h: &Harness) {
    let team = h.team("acme").await;
    let accept = AcceptInvitationRequest {
        token: team.token,
        request_id: request_id(9),
    };
    let accepted = twice(h, async || {
        h.invitations().accept_invitation(accept.clone()).await
    })
    .await;
    assert!(!accepted.already_accepted, "the very same answer");

    let bob = h.invite(&team.id, "bob@acme.example").await;
    h.resend(&team.id, &bob.id).await;
    h.advance(TimeDelta::minutes(2));
    let renew = RequestNewInvitationRequest {
        token: bob.token,
        request_id: request_id(10),
    };
    twice(h, async || {
        h.invitations().request_new_invitation(renew.clone()).await
    })
    .await;
    let decline = DeclineInvitationRequest {
        token: h.only_token().await,
        request_id: request_id(11),
    };
    twice(h, async || {
        h.invitations().decline_invitation(decline.clone()).await
    })
    .await;
}

async fn calls_about_imports_answer_the_same_again_and_do_nothing_more(h: &Harness) {
    let team = h.team("acme").await.id;
    h.import_held(&team, "march", &["c@acme.example"]).await;
    let release = ReleaseLettersRequest {
        team_id: team.clone(),
        import_id: "march".to_owned(),
        request_id: request_id(13),
    };
    let released = twice(h, async || {
        h.invitations().release_letters(release.clone()).await
    })
    .await;
    assert_eq!(released.released_count, 1);
    h.only_letter().await;

    let back = BatchRevokeInvitationsRequest {
        team_id: team,
        import_id: "march".to_owned(),
        request_id: request_id(14),
        ..BatchRevokeInvitationsRequest::default()
    };
    let back = twice(h, async || {
        h.invitations().batch_revoke_invitations(back.clone()).await
    })
    .await;
    assert_eq!(back.results.len(), 1, "as before, though it is revoked now");
}
