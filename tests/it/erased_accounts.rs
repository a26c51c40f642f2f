//! What is left of somebody who was erased: a placeholder that nobody reaches, and the operator sees.

use chrono::TimeDelta;
use muster::proto::{
    GetUserRequest, ListUsersRequest, MemberState, UpdateUserRequest, User, UserFilter,
    get_user_request::Key,
};
use tonic::Code;

use crate::{
    accounts::{disable, enable},
    correct_email::correct,
    email_changes::ask,
    erasures::erase,
    fixtures::time,
    harness::{Harness, tests},
    refusals::Outcome,
    request_ids::mask,
};

tests![
    the_old_address_is_a_new_person,
    nobody_reaches_an_erased_account_by_its_placeholder,
    an_erased_account_is_shown_to_the_operator_and_listed_on_request,
    an_erased_account_stays_as_it_is,
];

async fn the_old_address_is_a_new_person(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.join(&team.id, "ann@acme.example").await;
    erase(h, &ann.user).await.answered();
    let again = h.invite(&team.id, "ann@acme.example").await;
    assert_ne!(again.user, ann.user);
    h.accept(&again.token).await.answered();
    assert!(h.user(&again.user).await.enabled);
    let gone = h.member(&team.id, &ann.user).await;
    assert_eq!(gone.state(), MemberState::Removed);
}

async fn nobody_reaches_an_erased_account_by_its_placeholder(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.join(&team.id, "ann@acme.example").await;
    let erased = erase(h, &ann.user)
        .await
        .answered()
        .user
        .expect("what is left");
    let request = GetUserRequest {
        key: Some(Key::Email(erased.email.clone())),
        ..GetUserRequest::default()
    };
    h.users()
        .get_user(request)
        .await
        .refused(Code::NotFound, "USER_NOT_FOUND");
    let invited = h.invite(&team.id, &erased.email).await;
    assert_ne!(invited.user, ann.user);
    correct(h, &team.id, &ann.user, "bob@acme.example")
        .await
        .refused(Code::FailedPrecondition, "NOT_A_MEMBER");
}

async fn an_erased_account_is_shown_to_the_operator_and_listed_on_request(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.join(&team.id, "ann@acme.example").await;
    h.advance(TimeDelta::hours(1));
    let erased = erase(h, &ann.user)
        .await
        .answered()
        .user
        .expect("what is left");
    assert_eq!(time(erased.delete_time), h.now());
    assert_eq!(erased.email, format!("erased-{}@erased.invalid", ann.user));
    assert!(!erased.enabled);
    assert_eq!(h.user(&ann.user).await, erased);
    let listed = async |show_deleted: bool, query: &str| {
        let request = ListUsersRequest {
            filter: Some(UserFilter {
                show_deleted,
                query: query.to_owned(),
                ..UserFilter::default()
            }),
            ..ListUsersRequest::default()
        };
        let users = h.users().list_users(request).await.answered().users;
        users.iter().any(|user| user.id == ann.user)
    };
    for query in ["", "erased"] {
        assert!(!listed(false, query).await, "{query}");
        assert!(listed(true, query).await, "{query}");
    }
    assert!(!listed(true, "ann").await);
    let seen = h.member(&team.id, &ann.user).await.user.expect("he");
    assert_eq!(seen.given_name, "Erased");
}

async fn an_erased_account_stays_as_it_is(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.join(&team.id, "ann@acme.example").await;
    let erased = erase(h, &ann.user)
        .await
        .answered()
        .user
        .expect("what is left");
    disable(h, &ann.user)
        .await
        .missing("USER_NOT_FOUND", &ann.user);
    enable(h, &ann.user)
        .await
        .missing("USER_NOT_FOUND", &ann.user);
    ask(h, &ann.user, "new@acme.example")
        .await
        .missing("USER_NOT_FOUND", &ann.user);
    let request = UpdateUserRequest {
        user: Some(User {
            id: ann.user.clone(),
            given_name: "Ann".to_owned(),
            ..User::default()
        }),
        update_mask: Some(mask("given_name")),
        ..UpdateUserRequest::default()
    };
    h.users()
        .update_user(request.clone())
        .await
        .missing("USER_NOT_FOUND", &ann.user);
    h.users_as(&ann.user)
        .update_user(request)
        .await
        .denied("users.update");
    assert_eq!(h.user(&ann.user).await, erased);
}
