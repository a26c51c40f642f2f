//! Calls that meet: whatever the order, one wins, the others are told, and nothing happens twice.

use std::{collections::BTreeSet, future::Future, sync::Arc};

use muster::proto::{
    AcceptInvitationRequest, CorrectEmailRequest, CreateTeamRequest, GetTeamRequest, ImportOutcome,
    InvitationState, ListInvitationsRequest, ListMembersRequest, ListTeamsRequest, MemberState,
    RevokeInvitationRequest, Team, UpdateTeamRequest, UpdateUserRequest, User,
};
use prost_types::FieldMask;
use tokio::{sync::Barrier, task::JoinSet};
use tonic::Code;

use crate::{
    fixtures::{invitation_of, team_called},
    harness::{Harness, tests},
    refusals::{Outcome, resource_name},
};

tests![
    of_sixteen_accepts_at_once_all_succeed_and_one_is_the_first,
    thirty_two_invitations_of_one_address_at_once_make_one_with_one_letter,
    of_an_accept_and_a_revocation_at_once_one_wins_and_the_other_is_told,
    of_teams_made_at_once_with_one_external_id_one_is_made,
    the_last_seat_is_given_to_one_of_many_at_once,
    one_address_invited_by_many_teams_at_once_is_one_account,
    of_an_accept_and_a_correction_at_once_one_wins_and_the_other_is_told,
    corrections_to_one_address_at_once_end_in_one_account,
    of_changes_at_once_of_what_was_read_one_is_made,
];

/// Runs `count` calls that all start at the same moment, and answers what they answered, in the order of their numbers.
pub(crate) async fn at_once<T, F>(count: usize, call: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(count));
    let mut calls = JoinSet::new();
    for number in 0..count {
        let (start, call) = (Arc::clone(&start), call(number));
        calls.spawn(async move {
            start.wait().await;
            (number, call.await)
        });
    }
    // A set of tasks gives its answers as they come.
    let mut answers = calls.join_all().await;
    answers.sort_unstable_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

async fn of_sixteen_accepts_at_once_all_succeed_and_one_is_the_first(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;

    let answers = at_once(16, |_| {
        let mut client = h.invitations();
        let token = ann.token.clone();
        async move {
            client
                .accept_invitation(AcceptInvitationRequest {
                    token,
                    ..AcceptInvitationRequest::default()
                })
                .await
        }
    });
    let answers: Vec<_> = answers.await.into_iter().map(Outcome::answered).collect();
    assert_eq!(
        answers
            .iter()
            .filter(|answer| !answer.already_accepted)
            .count(),
        1
    );
    for answer in answers {
        let member = answer.member.expect("the member");
        assert_eq!(
            (member.user_id.as_str(), member.state()),
            (ann.user.as_str(), MemberState::Active)
        );
    }
}

async fn thirty_two_invitations_of_one_address_at_once_make_one_with_one_letter(h: &Harness) {
    let team = h.team("acme").await;
    let answers = at_once(32, |number| {
        let mut client = h.invitations();
        // Each number's bits choose the case of the letters.
        let letters = "annlee".chars().enumerate().map(|(bit, letter)| {
            if number >> bit & 1 == 1 {
                letter.to_ascii_uppercase()
            } else {
                letter
            }
        });
        let email = format!("{}@Acme.example", letters.collect::<String>());
        let request = invitation_of(&team.id, &email);
        async move { client.create_invitation(request).await }
    });
    let answers: Vec<_> = answers.await.into_iter().map(Outcome::answered).collect();
    let with = |outcome: ImportOutcome| {
        answers
            .iter()
            .filter(|answer| answer.outcome() == outcome)
            .count()
    };
    assert_eq!(
        (
            with(ImportOutcome::Invited),
            with(ImportOutcome::AlreadyInvited)
        ),
        (1, 31)
    );

    let ids: Vec<_> = answers
        .iter()
        .filter_map(|answer| answer.invitation.as_ref())
        .map(|i| &i.id)
        .collect();
    assert_eq!(ids.len(), 32);
    assert!(ids.iter().all(|id| *id == ids[0]));
    let members = ListMembersRequest {
        team_id: team.id.clone(),
        ..ListMembersRequest::default()
    };
    let members = h.teams().list_members(members).await.answered().members;
    assert_eq!(members.len(), 2, "the primary admin and one more");
    let invitations = ListInvitationsRequest {
        team_id: team.id.clone(),
        ..ListInvitationsRequest::default()
    };
    let invitations = h
        .invitations()
        .list_invitations(invitations)
        .await
        .answered()
        .invitations;
    assert_eq!(invitations.len(), 2);
    let token = h.only_token().await;
    h.accept(&token).await.answered();
}

async fn of_an_accept_and_a_revocation_at_once_one_wins_and_the_other_is_told(h: &Harness) {
    let team = h.team("acme").await;
    for round in 0..10 {
        let ann = h
            .invite(&team.id, &format!("ann{round}@acme.example"))
            .await;
        let answers = at_once(2, |number| {
            let mut client = h.invitations();
            let token = ann.token.clone();
            let revocation = RevokeInvitationRequest {
                team_id: team.id.clone(),
                invitation_id: ann.id.clone(),
                ..RevokeInvitationRequest::default()
            };
            async move {
                if number == round % 2 {
                    let answer = client
                        .accept_invitation(AcceptInvitationRequest {
                            token,
                            ..AcceptInvitationRequest::default()
                        })
                        .await;
                    (true, answer.map(|answer| answer.map(drop)))
                } else {
                    let answer = client.revoke_invitation(revocation).await;
                    (false, answer.map(|answer| answer.map(drop)))
                }
            }
        });
        let (mut won, mut lost) = (Vec::new(), Vec::new());
        for (accepts, answer) in answers.await {
            if answer.is_ok() {
                won.push(accepts);
            } else {
                lost.push((accepts, answer));
            }
        }
        assert_eq!((won.len(), lost.len()), (1, 1), "round {round}");
        let (accepts, refused) = lost.remove(0);
        let reason = if accepts {
            "INVITATION_REVOKED"
        } else {
            "INVITATION_ACCEPTED"
        };
        refused.refused(Code::FailedPrecondition, reason);

        let (state, member) = if accepts {
            (InvitationState::Revoked, MemberState::Removed)
        } else {
            (InvitationState::Accepted, MemberState::Active)
        };
        assert_eq!(h.invitation(&team.id, &ann.id).await.state(), state);
        assert_eq!(h.member(&team.id, &ann.user).await.state(), member);
    }
}

async fn of_teams_made_at_once_with_one_external_id_one_is_made(h: &Harness) {
    let answers = at_once(6, |number| {
        let mut client = h.teams();
        let request = CreateTeamRequest {
            external_id: "crm-17".to_owned(),
            ..team_called(&format!("team{number}"))
        };
        async move { client.create_team(request).await }
    });
    let (made, refused): (Vec<_>, Vec<_>) = answers.await.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (1, 5));

    let teams = h
        .teams()
        .list_teams(ListTeamsRequest::default())
        .await
        .answered()
        .teams;
    assert_eq!(teams.len(), 1);
    for answer in refused {
        let status = answer.refused(Code::AlreadyExists, "TEAM_EXTERNAL_ID_TAKEN");
        assert_eq!(resource_name(&status), teams[0].id);
    }
    h.only_letter().await;
}

async fn the_last_seat_is_given_to_one_of_many_at_once(h: &Harness) {
    let mut request = team_called("acme");
    request.seat_limit = Some(2);
    let team = h.team_from(request).await;
    let answers = at_once(8, |number| {
        let mut client = h.invitations();
        let request = invitation_of(&team.id, &format!("p{number}@acme.example"));
        async move { client.create_invitation(request).await }
    });
    let (seated, refused): (Vec<_>, Vec<_>) = answers.await.into_iter().partition(Result::is_ok);
    assert_eq!((seated.len(), refused.len()), (1, 7));
    for answer in refused {
        answer.refused(Code::FailedPrecondition, "NO_SEAT");
    }
    assert_eq!(h.counts(&team.id).await.seats, 2);
    h.only_letter().await;
}

async fn one_address_invited_by_many_teams_at_once_is_one_account(h: &Harness) {
    let mut teams = Vec::new();
    for number in 0..6 {
        teams.push(h.team(&format!("team{number}")).await.id);
    }
    let answers = at_once(teams.len(), |number| {
        let mut client = h.invitations();
        let request = invitation_of(&teams[number], "ann@acme.example");
        async move { client.create_invitation(request).await }
    });
    let answers = answers.await.into_iter().map(Outcome::answered);
    let users: BTreeSet<_> = answers
        .map(|answer| answer.member.expect("the member").user_id)
        .collect();
    assert_eq!(users.len(), 1);
    assert_eq!(h.deliver().await.len(), teams.len(), "one letter a team");
}

fn correction(team: &str, user: &str, email: &str) -> CorrectEmailRequest {
    CorrectEmailRequest {
        team_id: team.to_owned(),
        user_id: user.to_owned(),
        email: email.to_owned(),
        ..CorrectEmailRequest::default()
    }
}

async fn of_an_accept_and_a_correction_at_once_one_wins_and_the_other_is_told(h: &Harness) {
    let team = h.team("acme").await;
    for round in 0..10 {
        let wrong = h
            .invite(&team.id, &format!("wrong{round}@acme.example"))
            .await;
        let right = format!("right{round}@acme.example");
        let answers = at_once(2, |number| {
            let (mut invitations, mut users) = (h.invitations(), h.users());
            let token = wrong.token.clone();
            let correction = correction(&team.id, &wrong.user, &right);
            async move {
                if number == round % 2 {
                    let accept = AcceptInvitationRequest {
                        token,
                        ..AcceptInvitationRequest::default()
                    };
                    let answer = invitations.accept_invitation(accept).await;
                    (true, answer.map(|answer| answer.map(drop)))
                } else {
                    let answer = users.correct_email(correction).await;
                    (false, answer.map(|answer| answer.map(drop)))
                }
            }
        });
        let (won, mut lost): (Vec<_>, Vec<_>) = answers
            .await
            .into_iter()
            .partition(|(_, answer)| answer.is_ok());
        assert_eq!((won.len(), lost.len()), (1, 1), "round {round}");
        let (accepts, refused) = lost.remove(0);
        let reason = if accepts {
            "INVITATION_SUPERSEDED"
        } else {
            "USER_VERIFIED"
        };
        refused.refused(Code::FailedPrecondition, reason);

        let user = h.user(&wrong.user).await;
        assert_eq!(user.enabled, !accepts);
        assert_eq!(user.email == right, accepts);
        assert_eq!(h.deliver().await.len(), usize::from(accepts));
    }
}

async fn corrections_to_one_address_at_once_end_in_one_account(h: &Harness) {
    let mut wrong = Vec::new();
    for number in 0..4 {
        let team = h.team(&format!("team{number}")).await.id;
        let user = h
            .invite(&team, &format!("wrong{number}@acme.example"))
            .await
            .user;
        wrong.push((team, user));
    }
    let answers = at_once(wrong.len(), |number| {
        let mut client = h.users();
        let (team, user) = &wrong[number];
        let request = correction(team, user, "right@acme.example");
        async move { client.correct_email(request).await }
    });
    let answers = answers.await.into_iter().map(Outcome::answered);
    let users: BTreeSet<_> = answers
        .map(|answer| answer.member.expect("the member").user_id)
        .collect();
    assert_eq!(users.len(), 1);
    for (team, _) in &wrong {
        assert_eq!(
            h.counts(team).await.invited_members,
            2,
            "its primary admin and one more"
        );
    }
    assert_eq!(h.deliver().await.len(), wrong.len(), "one letter a team");
}

async fn of_changes_at_once_of_what_was_read_one_is_made(h: &Harness) {
    let team = h.team("acme").await;
    let user = h.user(&team.admin).await;
    let request = GetTeamRequest { team_id: team.id };
    let read = h.teams().get_team(request).await.answered().team;
    let read = read.expect("the team");
    let mask = |path: &str| {
        Some(FieldMask {
            paths: vec![path.to_owned()],
        })
    };
    let answers = at_once(16, |number| {
        let (mut teams, mut users) = (h.teams(), h.users());
        let team = UpdateTeamRequest {
            team: Some(Team {
                display_name: format!("Acme {number}"),
                ..read.clone()
            }),
            update_mask: mask("display_name"),
            ..UpdateTeamRequest::default()
        };
        let user = UpdateUserRequest {
            user: Some(User {
                phone: number.to_string(),
                ..user.clone()
            }),
            update_mask: mask("phone"),
            ..UpdateUserRequest::default()
        };
        async move {
            if number % 2 == 0 {
                teams.update_team(team).await.map(|answer| answer.map(drop))
            } else {
                users.update_user(user).await.map(|answer| answer.map(drop))
            }
        }
    });
    let (made, stale): (Vec<_>, Vec<_>) = answers.await.into_iter().partition(Result::is_ok);
    assert_eq!(
        (made.len(), stale.len()),
        (2, 14),
        "one of the team, one of the account"
    );
    for answer in stale {
        answer.refused(Code::Aborted, "ETAG_MISMATCH");
    }
}
