//! Asking for another address: who may, what is mailed where, and how often.

use chrono::TimeDelta;
use muster::{
    mail::transport::{SendError, SentMail},
    proto::{
        Event, EventType, ListEventsRequest, RequestEmailChangeRequest, RequestEmailChangeResponse,
        UpdateUserRequest, User, user_service_client::UserServiceClient,
    },
};
use tonic::{Code, Response, Status};

use crate::{
    accounts::disable,
    email_change_links::confirm,
    events,
    fixtures::{MICROSECOND, time},
    harness::{BearerKey, Harness, Keyed, PUBLIC_URL, tests},
    keyring::service,
    refusals::{Outcome, retry_delay},
    request_ids::{mask, request_id},
};

tests![
    the_link_goes_to_the_new_address_and_a_note_to_the_old_one,
    letters_are_in_the_persons_language,
    nothing_changes_before_the_link_is_confirmed,
    the_answer_tells_nothing_of_whose_the_address_is,
    only_oneself_and_the_operator_may_ask,
    whoever_is_not_verified_or_disabled_is_refused,
    one_a_minute_and_five_a_day,
    a_newer_request_kills_the_letters_of_the_older_one,
    asking_for_the_address_one_has_takes_back_what_was_asked_for,
    a_rehearsal_mails_nothing_and_a_repetition_nothing_more,
    what_was_read_must_still_be_so,
    every_bad_field_is_named,
    an_event_tells_of_it_without_an_address,
];

pub(crate) async fn ask(
    h: &Harness,
    user: &str,
    email: &str,
) -> Result<Response<RequestEmailChangeResponse>, Status> {
    h.users().request_email_change(wish(user, email)).await
}

pub(crate) fn wish(user: &str, email: &str) -> RequestEmailChangeRequest {
    RequestEmailChangeRequest {
        user_id: user.to_owned(),
        email: email.to_owned(),
        ..RequestEmailChangeRequest::default()
    }
}

/// `UserService` with another key.
pub(crate) fn users_by(h: &Harness, key: &str) -> UserServiceClient<Keyed> {
    UserServiceClient::with_interceptor(h.channel(), BearerKey::new(key))
}

/// The two letters of a request: the link's, and the note.
pub(crate) async fn both(h: &Harness) -> (SentMail, SentMail) {
    let letters = h.deliver().await;
    let (mut links, mut notes): (Vec<_>, Vec<_>) =
        letters.into_iter().partition(|one| one.link().is_some());
    assert_eq!((links.len(), notes.len()), (1, 1));
    (links.remove(0), notes.remove(0))
}

/// The token of a letter to a new address.
pub(crate) fn token(letter: &SentMail) -> String {
    let link = letter.link().expect("a link");
    let start = format!("{PUBLIC_URL}/email-changes/");
    link.strip_prefix(&start).expect("our page").to_owned()
}

/// Asks, reads both letters, and answers the token.
pub(crate) async fn asked(h: &Harness, user: &str, email: &str) -> String {
    ask(h, user, email).await.answered();
    token(&both(h).await.0)
}

async fn the_link_goes_to_the_new_address_and_a_note_to_the_old_one(h: &Harness) {
    let ann = h.verified("Ann@old.example").await;
    let answer = h
        .users_as(&ann.id)
        .request_email_change(wish(&ann.id, "Ann.Lee@Bücher.example"))
        .await
        .answered();
    assert_eq!(time(answer.expire_time), h.now() + TimeDelta::hours(24));
    let (link, note) = both(h).await;
    assert_eq!(link.to, "Ann.Lee@xn--bcher-kva.example");
    assert_eq!(note.to, "Ann@old.example");
    for part in [&note.text, &note.html] {
        assert!(!part.contains("://") && !part.contains("example"), "{part}");
    }
    for letter in [&link, &note] {
        assert!(letter.text.contains("Bea"), "{}", letter.text);
    }
    assert!(link.text.contains("2 March 2026"), "{}", link.text);
}

async fn letters_are_in_the_persons_language(h: &Harness) {
    let ann = h.verified("ann@old.example").await;
    let subjects = async |email: &str| {
        h.advance(TimeDelta::minutes(1));
        ask(h, &ann.id, email).await.answered();
        let (link, note) = both(h).await;
        (link.subject, note.subject)
    };
    let english = subjects("one@new.example").await;
    assert!(english.0.starts_with("Confirm") && english.1.starts_with("Your"));
    let request = UpdateUserRequest {
        user: Some(User {
            id: ann.id.clone(),
            language: "uk-UA".to_owned(),
            ..User::default()
        }),
        update_mask: Some(mask("language")),
        ..UpdateUserRequest::default()
    };
    h.users().update_user(request).await.answered();
    let ukrainian = subjects("two@new.example").await;
    assert!(ukrainian.0.starts_with("Підтвердьте") && ukrainian.1.starts_with("Запит"));
}

async fn nothing_changes_before_the_link_is_confirmed(h: &Harness) {
    let ann = h.verified("ann@old.example").await;
    asked(h, &ann.id, "ann@new.example").await;
    assert_eq!(h.user(&ann.id).await, ann);
    // The new address is nobody's yet.
    let bob = h.verified("ann@new.example").await;
    assert_ne!(bob.id, ann.id);
}

async fn the_answer_tells_nothing_of_whose_the_address_is(h: &Harness) {
    let ann = h.verified("ann@old.example").await;
    h.verified("bob@new.example").await;
    let mut answers = Vec::new();
    for email in ["bob@new.example", "nobody@new.example"] {
        let answer = ask(h, &ann.id, email).await.answered();
        let until = time(answer.expire_time) - h.now();
        let (link, _) = both(h).await;
        assert_eq!(link.to, email);
        answers.push(until);
        h.advance(TimeDelta::minutes(1));
    }
    assert_eq!(answers[0], answers[1]);
}

async fn only_oneself_and_the_operator_may_ask(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.join(&team.id, "ann@acme.example").await;
    for other in [&team.admin, &h.unknown_id()] {
        h.users_as(other)
            .request_email_change(wish(&ann.user, "ann@new.example"))
            .await
            .denied("users.update");
    }
    let key = h.made(&service("service", None, &[])).await;
    users_by(h, key.text())
        .request_email_change(wish(&ann.user, "ann@new.example"))
        .await
        .denied("users.update");
    ask(h, &ann.user, "ann@new.example").await.answered();
    both(h).await;
    let nobody = h.unknown_id();
    ask(h, &nobody, "ann@new.example")
        .await
        .missing("USER_NOT_FOUND", &nobody);
}

async fn whoever_is_not_verified_or_disabled_is_refused(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    ask(h, &ann.user, "ann@new.example")
        .await
        .refused(Code::FailedPrecondition, "USER_NOT_VERIFIED");
    h.users_as(&ann.user)
        .request_email_change(wish(&ann.user, "ann@new.example"))
        .await
        .denied("users.update");
    h.accept(&ann.token).await.answered();
    disable(h, &ann.user).await.answered();
    ask(h, &ann.user, "ann@new.example")
        .await
        .refused(Code::FailedPrecondition, "USER_DISABLED");
    h.users_as(&ann.user)
        .request_email_change(wish(&ann.user, "ann@new.example"))
        .await
        .denied("users.update");
}

async fn one_a_minute_and_five_a_day(h: &Harness) {
    let ann = h.verified("ann@old.example").await;
    let first = h.now();
    for number in 0..5 {
        asked(h, &ann.id, &format!("ann{number}@new.example")).await;
        h.advance(TimeDelta::minutes(1) - MICROSECOND);
        let reason = if number < 4 {
            "RESEND_TOO_SOON"
        } else {
            "RESENDS_USED_UP"
        };
        ask(h, &ann.id, "again@new.example")
            .await
            .refused(Code::ResourceExhausted, reason);
        h.advance(MICROSECOND);
    }
    let status = ask(h, &ann.id, "again@new.example")
        .await
        .refused(Code::ResourceExhausted, "RESENDS_USED_UP");
    let wait = TimeDelta::from_std(retry_delay(&status)).expect("a wait");
    assert_eq!(h.now() + wait, first + TimeDelta::days(1));
    h.advance(wait);
    asked(h, &ann.id, "again@new.example").await;
    // Another person's requests are his own.
    let bob = h.verified("bob@old.example").await;
    asked(h, &bob.id, "bob@new.example").await;
}

async fn a_newer_request_kills_the_letters_of_the_older_one(h: &Harness) {
    let ann = h.verified("ann@old.example").await;
    ask(h, &ann.id, "typo@new.example").await.answered();
    let busy = SendError::Later("451 4.3.0 busy".to_owned());
    h.mailbox.fail_next(2, busy);
    assert!(h.deliver().await.is_empty());
    let waiting = h.outbox().await;
    let link = waiting.iter().find(|row| row.kind == "email_change");
    let dead = h.sealed(link.expect("the link's letter"));
    h.advance(TimeDelta::minutes(1));
    ask(h, &ann.id, "ann@new.example").await.answered();
    let (link, _) = both(h).await;
    assert_eq!(link.to, "ann@new.example");
    h.advance(TimeDelta::hours(2));
    assert!(h.deliver().await.is_empty());
    assert_ne!(token(&link), dead);
    confirm(h, &dead)
        .await
        .missing("EMAIL_CHANGE_NOT_FOUND", "the link's");
}

async fn asking_for_the_address_one_has_takes_back_what_was_asked_for(h: &Harness) {
    let ann = h.verified("Ann@old.example").await;
    let nothing = ask(h, &ann.id, "Ann@old.example").await.answered();
    assert_eq!(nothing.expire_time, None);
    let link = asked(h, &ann.id, "ann@evil.example").await;
    // At once: taking back waits for nothing.
    let taken = ask(h, &ann.id, "Ann@old.example").await.answered();
    assert_eq!(taken.expire_time, None);
    confirm(h, &link)
        .await
        .missing("EMAIL_CHANGE_NOT_FOUND", "the link's");
    assert_eq!(h.user(&ann.id).await, ann);
    // Another spelling is another address to be shown.
    h.advance(TimeDelta::minutes(1));
    let link = asked(h, &ann.id, "ann@OLD.example").await;
    confirm(h, &link).await.answered();
    assert_eq!(h.user(&ann.id).await.email, "ann@OLD.example");
}

async fn a_rehearsal_mails_nothing_and_a_repetition_nothing_more(h: &Harness) {
    let ann = h.verified("ann@old.example").await;
    let mut request = wish(&ann.id, "ann@new.example");
    request.validate_only = true;
    let mut users = h.users_as(&ann.id);
    let tried = users.request_email_change(request.clone()).await.answered();
    assert_eq!(time(tried.expire_time), h.now() + TimeDelta::hours(24));
    assert!(h.deliver().await.is_empty());
    request.validate_only = false;
    request.request_id = request_id(1);
    let first = users.request_email_change(request.clone()).await.answered();
    h.advance(TimeDelta::minutes(1));
    let again = users.request_email_change(request).await.answered();
    assert_eq!(again, first);
    both(h).await;
}

async fn what_was_read_must_still_be_so(h: &Harness) {
    let ann = h.verified("ann@old.example").await;
    let mut request = wish(&ann.id, "ann@new.example");
    "stale".clone_into(&mut request.etag);
    h.users()
        .request_email_change(request.clone())
        .await
        .refused(Code::Aborted, "ETAG_MISMATCH");
    request.etag = ann.etag;
    h.users().request_email_change(request).await.answered();
    both(h).await;
}

async fn every_bad_field_is_named(h: &Harness) {
    ask(h, "", "nobody")
        .await
        .invalid(&[("user_id", "REQUIRED"), ("email", "MALFORMED")]);
    let ann = h.verified("ann@old.example").await;
    for (email, rule) in [
        ("", "REQUIRED"),
        ("ann@new.example\r\nBcc: all@a.example", "CONTROL_CHARACTER"),
        ("ann@[127.0.0.1]", "MALFORMED"),
        ("<ann@new.example>", "MALFORMED"),
    ] {
        ask(h, &ann.id, email).await.invalid(&[("email", rule)]);
    }
}

async fn an_event_tells_of_it_without_an_address(h: &Harness) {
    let ann = h.verified("ann@old.example").await;
    let before = events::list(h, ListEventsRequest::default()).await.len();
    asked(h, &ann.id, "ann@new.example").await;
    let events = events::list(h, ListEventsRequest::default()).await;
    let types: Vec<EventType> = events[before..].iter().map(Event::r#type).collect();
    let letter = EventType::LetterSent;
    assert_eq!(types, [EventType::EmailChangeRequested, letter, letter]);
    for event in &events[before..] {
        assert_eq!(
            (event.user_id.as_str(), event.team_id.as_str()),
            (ann.id.as_str(), "")
        );
        assert!(!format!("{event:?}").contains('@'), "{event:?}");
    }
}
