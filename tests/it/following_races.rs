//! A change of an address that meets what happens to the invitations that follow it.

use muster::proto::{
    AcceptInvitationRequest, ConfirmEmailChangeRequest, Invitation, ListEventsRequest, MemberState,
    event::Payload,
};
use tonic::{Response, Status};

use crate::{
    email_changes::asked,
    events,
    fixtures::{ask_first, invitation_of, token},
    followed_invitations::{asking, is_dead, resending},
    harness::{Harness, tests},
    races::at_once,
    refusals::{Outcome, reason},
};

tests![
    of_a_confirmation_and_an_answer_by_the_old_link_at_once_one_wins,
    a_resend_at_the_same_moment_leaves_one_good_link,
    an_invitation_at_the_same_moment_is_hers_at_the_new_address_or_somebody_elses,
];

/// How often calls meet.
const ROUNDS: usize = 8;

/// What a call answered, as the reason of its refusal.
fn told<T>(answer: Result<Response<T>, Status>) -> String {
    answer.map_or_else(|status| reason(&status), |_| String::new())
}

async fn of_a_confirmation_and_an_answer_by_the_old_link_at_once_one_wins(h: &Harness) {
    let team = asking(h, "acme").await;
    for round in 0..ROUNDS {
        let (old, new) = (
            format!("ann{round}@old.example"),
            format!("ann{round}@new.example"),
        );
        let ann = h.verified(&old).await;
        let invited = h.invite(&team.id, &old).await;
        let link = asked(h, &ann.id, &new).await;
        let answers = at_once(2, |number| {
            let (mut users, mut invitations) = (h.users(), h.invitations());
            let confirm = ConfirmEmailChangeRequest {
                token: link.clone(),
                ..ConfirmEmailChangeRequest::default()
            };
            let accept = AcceptInvitationRequest {
                token: invited.token.clone(),
                ..AcceptInvitationRequest::default()
            };
            async move {
                if number == 0 {
                    told(users.confirm_email_change(confirm).await)
                } else {
                    told(invitations.accept_invitation(accept).await)
                }
            }
        });
        let answers = answers.await;
        assert_eq!(answers[0], "");
        assert_eq!(h.user(&ann.id).await.email, new);
        let letters = h.deliver().await;
        let state = h.member(&team.id, &ann.id).await.state();
        match answers[1].as_str() {
            "" => assert_eq!((letters.len(), state), (0, MemberState::Active)),
            why => {
                assert_eq!(why, "INVITATION_SUPERSEDED");
                assert_eq!(state, MemberState::Invited);
                let [letter] = &letters[..] else {
                    panic!("one letter: {}", letters.len());
                };
                assert_eq!(letter.to, new);
                h.accept(&token(letter)).await.answered();
            }
        }
    }
    h.is_sound(None).await;
}

/// The last that is told of the invitation is what it is.
async fn a_resend_at_the_same_moment_leaves_one_good_link(h: &Harness) {
    let (first, busy) = (asking(h, "first").await, asking(h, "busy").await);
    let second = asking(h, "second").await;
    for round in 0..ROUNDS {
        let (old, new) = (
            format!("ann{round}@old.example"),
            format!("ann{round}@new.example"),
        );
        let ann = h.verified(&old).await;
        h.invite(&first.id, &old).await;
        h.invite(&busy.id, &old).await;
        let invited = h.invite(&second.id, &old).await;
        let link = asked(h, &ann.id, &new).await;
        let answers = at_once(8, |number| {
            let (mut users, mut invitations) = (h.users(), h.invitations());
            let (mut teams, lock) = (h.teams(), ask_first(&busy.id));
            let confirm = ConfirmEmailChangeRequest {
                token: link.clone(),
                ..ConfirmEmailChangeRequest::default()
            };
            let resend = resending(&second.id, &invited.id);
            async move {
                match number {
                    0 => told(users.confirm_email_change(confirm).await),
                    1 => {
                        told(teams.update_team(lock).await);
                        told(invitations.resend_invitation(resend).await)
                    }
                    // The confirmation waits between the teams.
                    _ => told(teams.update_team(lock).await),
                }
            }
        });
        let answers = answers.await;
        assert_eq!(answers[0], "");
        // Whoever comes second has just been preceded by a resend.
        assert!(
            matches!(answers[1].as_str(), "" | "RESEND_TOO_SOON"),
            "{answers:?}"
        );
        is_dead(h, &invited.token, "INVITATION_SUPERSEDED").await;
        let now = h.invitation(&second.id, &invited.id).await;
        let all = events::list(h, ListEventsRequest::default()).await;
        let mut counts = all.iter().filter_map(|event| match &event.payload {
            Some(Payload::Invitation(sent)) if sent.invitation_id == now.id => {
                Some(sent.send_count)
            }
            _ => None,
        });
        assert_eq!(counts.next_back(), Some(now.send_count), "round {round}");
        let letters = h.deliver().await;
        assert_eq!(letters.len(), 3);
        for letter in &letters {
            assert_eq!(letter.to, new);
            h.accept(&token(letter)).await.answered();
        }
    }
    h.is_sound(None).await;
}

/// Whoever reads the old mailbox gets no link to what waits for her: either the invitation was hers and followed her, or it is
/// of somebody new at the old address.
async fn an_invitation_at_the_same_moment_is_hers_at_the_new_address_or_somebody_elses(
    h: &Harness,
) {
    let mut teams = Vec::new();
    for number in 0..8 {
        teams.push(asking(h, &format!("team{number}")).await);
    }
    for round in 0..ROUNDS {
        let (old, new) = (
            format!("ann{round}@old.example"),
            format!("ann{round}@new.example"),
        );
        let ann = h.verified(&old).await;
        let link = asked(h, &ann.id, &new).await;
        let answers = at_once(teams.len() + 1, |number| {
            let (mut users, mut invitations) = (h.users(), h.invitations());
            let confirm = ConfirmEmailChangeRequest {
                token: link.clone(),
                ..ConfirmEmailChangeRequest::default()
            };
            let invite = teams.get(number).map(|team| invitation_of(&team.id, &old));
            async move {
                match invite {
                    None => {
                        users.confirm_email_change(confirm).await.answered();
                        None
                    }
                    Some(invite) => {
                        let answer = invitations.create_invitation(invite).await.answered();
                        answer.invitation
                    }
                }
            }
        });
        let invited: Vec<Invitation> = answers.await.into_iter().flatten().collect();
        assert_eq!(invited.len(), teams.len());
        let hers = invited.iter().filter(|one| one.user_id == ann.id);
        let mut followed = 0;
        for one in hers {
            let now = h.invitation(&one.team_id, &one.id).await;
            assert_eq!(now.send_count, 2, "round {round}");
            followed += 1;
        }
        let letters = h.deliver().await;
        assert_eq!(letters.len(), teams.len());
        let to_new = letters.iter().filter(|letter| letter.to == new).count();
        assert_eq!(to_new, followed, "round {round}");
    }
    h.is_sound(None).await;
}
