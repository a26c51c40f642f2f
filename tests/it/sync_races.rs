//! Syncs that meet what people and operators do at the same moment.

use muster::proto::{
    AcceptInvitationRequest, DeleteUserRequest, Directory, DirectoryEntry, MemberSource,
    MemberState, SyncDirectoryRequest, SyncDirectoryResponse, SyncOutcome as Outcome,
};
use tonic::{Response, Status};

use crate::{
    directory_fixtures::{delta, entry, parts},
    directory_kept::renaming,
    fixtures::{ask_first, invitation_of},
    harness::{Harness, tests},
    races::at_once,
    refusals::{Outcome as _, reason},
};

tests![
    of_an_answer_and_a_sync_at_once_both_count,
    an_erasure_at_the_same_moment_leaves_nothing_behind,
    a_name_is_the_directorys_whatever_was_said_at_the_same_moment,
    a_seat_is_given_once_by_hand_and_by_a_sync,
];

/// How often calls meet.
const ROUNDS: usize = 8;

/// A delta of one entry.
fn sync_of(
    h: &Harness,
    directory: &Directory,
    wanted: DirectoryEntry,
) -> impl Future<Output = Result<Response<SyncDirectoryResponse>, Status>> + Send + 'static {
    let mut client = h.directories();
    let messages: Vec<_> = parts(delta(directory), &[wanted])
        .into_iter()
        .map(|part| SyncDirectoryRequest { part: Some(part) })
        .collect();
    async move { client.sync_directory(tokio_stream::iter(messages)).await }
}

/// The one outcome of a sync of one entry.
fn outcome(answer: Result<Response<SyncDirectoryResponse>, Status>) -> Outcome {
    let answer = answer.answered();
    let counts = answer.outcome_counts;
    assert_eq!(counts.len(), 1, "{counts:?}");
    counts[0].outcome()
}

async fn of_an_answer_and_a_sync_at_once_both_count(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let directory = &directory;
    for round in 0..ROUNDS {
        let email = format!("ann{round}@acme.example");
        let invited = h.invite(&team.id, &email).await;
        let answers = at_once(2, |number| {
            let sync = sync_of(h, directory, entry(&format!("a{round}"), &email));
            let mut invitations = h.invitations();
            let accept = AcceptInvitationRequest {
                token: invited.token.clone(),
                ..AcceptInvitationRequest::default()
            };
            async move {
                if number == 0 {
                    Some(outcome(sync.await))
                } else {
                    invitations.accept_invitation(accept).await.answered();
                    None
                }
            }
        });
        let synced = answers.await.remove(0).expect("an outcome");
        assert!(
            matches!(synced, Outcome::Joined | Outcome::TakenOver),
            "{synced:?}"
        );
        let member = h.member(&team.id, &invited.user).await;
        assert_eq!(
            (member.state(), member.source()),
            (MemberState::Active, MemberSource::Directory)
        );
    }
    h.is_sound(None).await;
}

async fn an_erasure_at_the_same_moment_leaves_nothing_behind(h: &Harness) {
    let (_, directory) = h.synced_team().await;
    let directory = &directory;
    for round in 0..ROUNDS {
        let (id, email) = (format!("a{round}"), format!("ann{round}@acme.example"));
        let first = h.sync(delta(directory), &[entry(&id, &email)]).await;
        let ann = first.results[0].user_id.clone();
        let wanted = DirectoryEntry {
            family_name: "Lovelace".to_owned(),
            ..entry(&id, &email)
        };
        let answers = at_once(2, |number| {
            let sync = sync_of(h, directory, wanted.clone());
            let mut users = h.users();
            let erase = DeleteUserRequest {
                user_id: ann.clone(),
                ..DeleteUserRequest::default()
            };
            async move {
                if number == 0 {
                    Some(outcome(sync.await))
                } else {
                    users.delete_user(erase).await.answered();
                    None
                }
            }
        });
        let synced = answers.await.remove(0).expect("an outcome");
        let erased = h.user(&ann).await;
        assert!(erased.email.ends_with("@erased.invalid"));
        assert_eq!(erased.family_name, "User");
        match synced {
            Outcome::Updated => {}
            // Somebody else has the name and address by now.
            Outcome::Added => {
                let again = h.sync(delta(directory), &[wanted]).await;
                assert!(again.results.is_empty());
            }
            other => panic!("{other:?}"),
        }
    }
    h.is_sound(None).await;
}

async fn a_name_is_the_directorys_whatever_was_said_at_the_same_moment(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let directory = &directory;
    for round in 0..ROUNDS {
        let email = format!("ann{round}@acme.example");
        let ann = h.verified(&email).await;
        let answers = at_once(2, |number| {
            let sync = sync_of(h, directory, entry(&format!("a{round}"), &email));
            let (mut users, mut teams) = (h.users_as(&ann.id), h.teams());
            let request = renaming(&ann.id, &["given_name"]);
            let lock = ask_first(&team.id);
            async move {
                if number == 0 {
                    outcome(sync.await);
                    return None;
                }
                // A call is sooner there than a stream; a few of the team's own take as long.
                for _ in 0..round {
                    teams.update_team(lock.clone()).await.answered();
                }
                users.update_user(request).await.err()
            }
        });
        if let Some(refused) = answers.await.remove(1) {
            assert_eq!(reason(&refused), "DIRECTORY_MANAGED");
        }
        assert_eq!(h.user(&ann.id).await.given_name, "Ann");
    }
    h.is_sound(None).await;
}

async fn a_seat_is_given_once_by_hand_and_by_a_sync(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let directory = &directory;
    for round in 0..ROUNDS {
        let seats = 2 + i32::try_from(round).expect("a count");
        h.set_team(&team.id, "seat_limit", |wanted| {
            wanted.seat_limit = Some(seats);
        })
        .await;
        let answers = at_once(2, |number| {
            let email = format!("ann{round}@acme.example");
            let sync = sync_of(h, directory, entry(&format!("a{round}"), &email));
            let mut invitations = h.invitations();
            let invite = invitation_of(&team.id, &format!("bob{round}@acme.example"));
            async move {
                if number == 0 {
                    outcome(sync.await) == Outcome::Added
                } else {
                    let answer = invitations.create_invitation(invite).await;
                    if let Err(refused) = &answer {
                        assert_eq!(reason(refused), "NO_SEAT");
                    }
                    answer.is_ok()
                }
            }
        });
        let answers = answers.await;
        assert_ne!(answers[0], answers[1], "one of them");
        assert_eq!(h.deliver().await.len(), usize::from(answers[1]));
    }
    h.is_sound(None).await;
}
