//! The person who invites: named in letters and to the invitee, and gone from them when another one resends.

use muster::proto::{PeekInvitationRequest, RequestNewInvitationRequest, ResendInvitationRequest};

use crate::{
    fixtures::{NewTeam, WEEK, invitation_of, token},
    harness::{Harness, tests},
    refusals::Outcome,
};

tests![
    letters_and_the_link_name_the_person_who_invites,
    an_invitation_of_the_operator_names_nobody,
    whoever_resends_is_the_inviter,
    the_inviter_stays_when_the_invitee_asks_for_a_new_link,
    somebody_added_at_once_learns_by_whom,
];

async fn led(h: &Harness) -> NewTeam {
    let team = h.team("acme").await;
    h.accept(&team.token).await.answered();
    team
}

/// Who invites, as the holder of a link is told.
async fn peeked(h: &Harness, token: &str) -> String {
    let request = PeekInvitationRequest {
        token: token.to_owned(),
    };
    let offer = h.invitations().peek_invitation(request).await.answered();
    offer.inviter_display_name
}

/// The token of the letter, which the admin's name stands in, or nobody's.
async fn letter_of(h: &Harness, named: bool) -> String {
    let letter = h.only_letter().await;
    for part in [&letter.text, &letter.html] {
        assert_eq!(part.contains("Bea Boss"), named, "{part}");
    }
    token(&letter)
}

async fn letters_and_the_link_name_the_person_who_invites(h: &Harness) {
    let team = led(h).await;
    let answer = h
        .invitations_as(&team.admin)
        .create_invitation(invitation_of(&team.id, "ann@acme.example"))
        .await
        .answered();
    let invitation = answer.invitation.expect("an invitation");
    assert_eq!(invitation.inviter_user_id, team.admin);
    let token = letter_of(h, true).await;
    assert_eq!(peeked(h, &token).await, "Bea Boss");
}

async fn an_invitation_of_the_operator_names_nobody(h: &Harness) {
    let team = led(h).await;
    let request = invitation_of(&team.id, "ann@acme.example");
    let answer = h.invitations().create_invitation(request).await.answered();
    assert_eq!(answer.invitation.expect("one").inviter_user_id, "");
    let token = letter_of(h, false).await;
    assert_eq!(peeked(h, &token).await, "");
}

async fn whoever_resends_is_the_inviter(h: &Harness) {
    let team = led(h).await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let request = ResendInvitationRequest {
        team_id: team.id.clone(),
        invitation_id: ann.id.clone(),
        ..ResendInvitationRequest::default()
    };
    h.invitations_as(&team.admin)
        .resend_invitation(request)
        .await
        .answered();
    let token = letter_of(h, true).await;
    assert_eq!(peeked(h, &token).await, "Bea Boss");
    h.advance(chrono::TimeDelta::minutes(1));
    let token = h.resend(&team.id, &ann.id).await;
    assert_eq!(peeked(h, &token).await, "", "the operator resent it");
}

async fn the_inviter_stays_when_the_invitee_asks_for_a_new_link(h: &Harness) {
    let team = led(h).await;
    h.invitations_as(&team.admin)
        .create_invitation(invitation_of(&team.id, "ann@acme.example"))
        .await
        .answered();
    let token = letter_of(h, true).await;
    h.advance(WEEK);
    let request = RequestNewInvitationRequest {
        token,
        ..RequestNewInvitationRequest::default()
    };
    h.invitations()
        .request_new_invitation(request)
        .await
        .answered();
    let token = letter_of(h, true).await;
    assert_eq!(peeked(h, &token).await, "Bea Boss");
}

async fn somebody_added_at_once_learns_by_whom(h: &Harness) {
    let team = led(h).await;
    h.verified("ann@acme.example").await;
    h.invitations_as(&team.admin)
        .create_invitation(invitation_of(&team.id, "ann@acme.example"))
        .await
        .answered();
    let letter = h.only_letter().await;
    assert!(letter.text.contains("Bea Boss") && letter.html.contains("Bea Boss"));
}
