//! Calls about accounts that meet: disabling, erasing, changing an address, and whoever needs the account meanwhile.

use muster::proto::{
    ConfirmEmailChangeRequest, DeleteUserRequest, DisableUserRequest, Event, EventType,
    ListEventsRequest, MemberState,
};
use tonic::{Code, Status};

use crate::{
    disabling::{disabling, enabling},
    email_changes::{asked, wish},
    events,
    fixtures::{invitation_of, team_of},
    harness::{Harness, tests},
    races,
    refusals::{Outcome, reason},
};

tests![
    of_a_new_team_and_the_disabling_of_its_primary_admin_one_wins,
    of_a_new_team_and_the_erasure_of_its_primary_admin_one_wins,
    of_sixteen_confirmations_at_once_one_switches,
    an_address_that_two_people_confirm_at_once_is_one_persons,
    of_a_confirmation_and_an_invitation_of_the_address_one_account_gets_it,
    of_a_confirmation_and_an_erasure_nothing_is_left_of_the_person,
    whoever_is_erased_while_teams_invite_him_is_in_none_of_them,
    of_requests_at_once_one_link_lives,
    the_last_that_is_told_of_somebody_erased_is_that_he_is_gone,
];

const ROUNDS: usize = 12;

/// What happened to somebody, by type.
async fn happened(h: &Harness, user: &str, kind: EventType) -> Vec<Event> {
    let all = events::list(h, ListEventsRequest::default()).await;
    let of = |event: &Event| event.user_id == user && event.r#type() == kind;
    all.into_iter().filter(of).collect()
}

/// What so many calls answer that start at the same moment, in their order.
async fn at_once<T, F>(count: usize, call: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let numbered = races::at_once(count, |number| {
        let call = call(number);
        async move { (number, call.await) }
    });
    let mut answers = numbered.await;
    answers.sort_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn told(answer: Result<(), Status>) -> String {
    answer.map_or_else(|status| reason(&status), |()| String::new())
}

async fn of_a_new_team_and_the_disabling_of_its_primary_admin_one_wins(h: &Harness) {
    let home = h.led_team("home").await;
    for round in 0..ROUNDS {
        let email = format!("ann{round}@acme.example");
        let ann = h.join(&home.id, &email).await.user;
        let answers = at_once(2, |number| {
            let (mut teams, mut users) = (h.teams(), h.users());
            let create = team_of(&format!("team{round}"), &email);
            let disable = DisableUserRequest {
                user_id: ann.clone(),
                ..DisableUserRequest::default()
            };
            async move {
                if number == 0 {
                    told(teams.create_team(create).await.map(drop))
                } else {
                    told(users.disable_user(disable).await.map(drop))
                }
            }
        });
        let answers = answers.await;
        let made = answers.contains(&"PRIMARY_ADMIN_PROTECTED".to_owned());
        let disabled = answers.contains(&"USER_DISABLED".to_owned());
        assert!(made != disabled, "{answers:?}");
        assert_eq!(h.user(&ann).await.enabled, made);
        h.deliver().await;
    }
}

async fn of_a_new_team_and_the_erasure_of_its_primary_admin_one_wins(h: &Harness) {
    let home = h.led_team("home").await;
    for round in 0..ROUNDS {
        let email = format!("ann{round}@acme.example");
        let ann = h.join(&home.id, &email).await.user;
        let answers = at_once(2, |number| {
            let (mut teams, mut users) = (h.teams(), h.users());
            let create = team_of(&format!("team{round}"), &email);
            let erase = DeleteUserRequest {
                user_id: ann.clone(),
                ..DeleteUserRequest::default()
            };
            async move {
                if number == 0 {
                    let answer = teams.create_team(create).await;
                    answer.map(|made| made.into_inner().member.expect("the admin").user_id)
                } else {
                    users.delete_user(erase).await.map(|_| String::new())
                }
            }
        });
        let mut answers = answers.await;
        let erased = answers.pop().expect("two");
        let admin = answers.remove(0).expect("a team is made in any case");
        match erased {
            // Then the address is somebody new's.
            Ok(_) => assert_ne!(admin, ann),
            Err(status) => {
                assert_eq!(reason(&status), "PRIMARY_ADMIN_PROTECTED");
                assert_eq!(admin, ann);
            }
        }
        let user = h.user(&admin).await;
        assert!(user.delete_time.is_none());
        h.deliver().await;
    }
}

fn confirmation(token: &str) -> ConfirmEmailChangeRequest {
    ConfirmEmailChangeRequest {
        token: token.to_owned(),
        ..ConfirmEmailChangeRequest::default()
    }
}

async fn of_sixteen_confirmations_at_once_one_switches(h: &Harness) {
    let ann = h.verified("ann@old.example").await;
    let link = asked(h, &ann.id, "ann@new.example").await;
    let answers = at_once(16, |_| {
        let (mut users, request) = (h.users(), confirmation(&link));
        async move { users.confirm_email_change(request).await }
    });
    let answers: Vec<_> = answers.await.into_iter().map(Outcome::answered).collect();
    let first = answers.iter().filter(|one| !one.already_confirmed);
    assert_eq!(first.count(), 1);
    for answer in &answers {
        let user = answer.user.as_ref().expect("the account");
        assert_eq!(user.email, "ann@new.example");
    }
    let events = happened(h, &ann.id, EventType::UserUpdated).await;
    assert_eq!(events.len(), 1);
}

async fn an_address_that_two_people_confirm_at_once_is_one_persons(h: &Harness) {
    for round in 0..ROUNDS {
        let wanted = format!("wanted{round}@new.example");
        let mut links = Vec::new();
        for name in ["ann", "bob"] {
            let user = h.verified(&format!("{name}{round}@old.example")).await;
            links.push(asked(h, &user.id, &wanted).await);
        }
        let answers = at_once(2, |number| {
            let (mut users, request) = (h.users(), confirmation(&links[number]));
            async move { told(users.confirm_email_change(request).await.map(drop)) }
        });
        let mut answers = answers.await;
        answers.sort();
        assert_eq!(answers, ["", "EMAIL_TAKEN"]);
    }
}

async fn of_a_confirmation_and_an_invitation_of_the_address_one_account_gets_it(h: &Harness) {
    let team = h.led_team("acme").await;
    for round in 0..ROUNDS {
        let ann = h.verified(&format!("ann{round}@old.example")).await;
        let wanted = format!("wanted{round}@new.example");
        let link = asked(h, &ann.id, &wanted).await;
        let answers = at_once(2, |number| {
            let (mut users, mut invitations) = (h.users(), h.invitations());
            let (request, invitation) = (confirmation(&link), invitation_of(&team.id, &wanted));
            async move {
                if number == 0 {
                    told(users.confirm_email_change(request).await.map(drop))
                } else {
                    let answer = invitations.create_invitation(invitation).await.answered();
                    answer.member.expect("the member").user_id
                }
            }
        });
        let answers = answers.await;
        match answers[0].as_str() {
            "" => assert_eq!(answers[1], ann.id),
            refused => {
                assert_eq!(refused, "EMAIL_TAKEN");
                assert_ne!(answers[1], ann.id);
            }
        }
        h.deliver().await;
    }
}

async fn of_a_confirmation_and_an_erasure_nothing_is_left_of_the_person(h: &Harness) {
    let team = h.led_team("acme").await;
    for round in 0..ROUNDS {
        let ann = h
            .join(&team.id, &format!("ann{round}@old.example"))
            .await
            .user;
        let wanted = format!("wanted{round}@new.example");
        let link = asked(h, &ann, &wanted).await;
        let answers = at_once(2, |number| {
            let (mut users, request) = (h.users(), confirmation(&link));
            let erase = DeleteUserRequest {
                user_id: ann.clone(),
                ..DeleteUserRequest::default()
            };
            async move {
                if number == 0 {
                    told(users.confirm_email_change(request).await.map(drop))
                } else {
                    told(users.delete_user(erase).await.map(drop))
                }
            }
        });
        let answers = answers.await;
        let confirmed = ["", "EMAIL_CHANGE_NOT_FOUND", "USER_DISABLED"];
        assert!(confirmed.contains(&answers[0].as_str()), "{answers:?}");
        assert_eq!(answers[1], "");
        let left = h.user(&ann).await;
        assert_eq!(left.email, format!("erased-{ann}@erased.invalid"));
        let new = h.invite(&team.id, &wanted).await;
        assert_ne!(new.user, ann);
    }
}

async fn whoever_is_erased_while_teams_invite_him_is_in_none_of_them(h: &Harness) {
    let home = h.led_team("home").await;
    let mut teams = Vec::new();
    for number in 0..6 {
        teams.push(h.team(&format!("team{number}")).await.id);
    }
    for round in 0..ROUNDS {
        let email = format!("ann{round}@acme.example");
        let ann = h.join(&home.id, &email).await.user;
        let answers = at_once(teams.len() + 1, |number| {
            let (mut users, mut invitations) = (h.users(), h.invitations());
            let invitation = teams.get(number).map(|team| invitation_of(team, &email));
            let erase = DeleteUserRequest {
                user_id: ann.clone(),
                ..DeleteUserRequest::default()
            };
            async move {
                match invitation {
                    Some(invitation) => invitations.create_invitation(invitation).await.map(drop),
                    None => users.delete_user(erase).await.map(drop),
                }
            }
        });
        for answer in answers.await {
            answer.expect("each of them is done");
        }
        let mut ended = happened(h, &ann, EventType::MemberRemoved).await;
        let mut added = happened(h, &ann, EventType::MemberAdded).await;
        added.extend(happened(h, &ann, EventType::MemberJoined).await);
        assert_eq!(ended.len(), added.len());
        ended.dedup_by(|a, b| a.team_id == b.team_id);
        for event in ended {
            let member = h.member(&event.team_id, &ann).await;
            assert_eq!(member.state(), MemberState::Removed);
        }
        h.deliver().await;
    }
}

async fn of_requests_at_once_one_link_lives(h: &Harness) {
    let ann = h.verified("ann@old.example").await;
    let answers = at_once(8, |number| {
        let mut users = h.users();
        let request = wish(&ann.id, &format!("ann{number}@new.example"));
        async move { users.request_email_change(request).await }
    });
    let (made, late): (Vec<_>, Vec<_>) = answers.await.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for answer in late {
        answer.refused(Code::ResourceExhausted, "RESEND_TOO_SOON");
    }
    assert_eq!(h.deliver().await.len(), 2, "a link and a note");
}

/// Whoever rebuilds a team from its events must not find him there.
async fn the_last_that_is_told_of_somebody_erased_is_that_he_is_gone(h: &Harness) {
    let (first, last) = (h.team("first").await.id, h.team("last").await.id);
    for round in 0..ROUNDS {
        let email = format!("ann{round}@acme.example");
        let ann = h.join(&first, &email).await.user;
        let request = invitation_of(&last, &email);
        h.invitations().create_invitation(request).await.answered();
        h.deliver().await;
        let answers = at_once(6, |number| {
            let (mut users, mut teams) = (h.users(), h.teams());
            let (disable, enable) = (disabling(&last, &ann), enabling(&last, &ann));
            let erase = DeleteUserRequest {
                user_id: ann.clone(),
                ..DeleteUserRequest::default()
            };
            async move {
                match number {
                    0 => users.delete_user(erase).await.map(drop),
                    1 | 3 => teams.disable_member(disable).await.map(drop),
                    _ => teams.enable_member(enable).await.map(drop),
                }
            }
        });
        let mut answers = answers.await.into_iter();
        answers.next().expect("the erasure").expect("done");
        for late in answers.filter_map(Result::err) {
            assert_eq!(reason(&late), "NOT_A_MEMBER");
        }
        let all = events::list(h, ListEventsRequest::default()).await;
        let of_last = all
            .iter()
            .rfind(|event| event.user_id == ann && event.team_id == last);
        let newest = of_last.expect("an event");
        assert_eq!(newest.r#type(), EventType::MemberRemoved, "round {round}");
    }
}
