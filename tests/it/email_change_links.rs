//! Confirming another address: what switches, what does not, and which links are dead.

use chrono::TimeDelta;
use muster::{
    app::housekeeping::sweep,
    proto::{
        ConfirmEmailChangeRequest, ConfirmEmailChangeResponse, GetUserRequest, ListEventsRequest,
        ListMembersRequest, MemberFilter, event::Payload, get_user_request::Key,
    },
};
use tonic::{Code, Response, Status};

use crate::{
    accounts::disable,
    email_changes::{ask, asked, both, token, users_by},
    erasures::{erase, rows_with},
    events,
    fixtures::{MICROSECOND, time},
    harness::{Harness, tests},
    keyring::service,
    refusals::Outcome,
    request_ids::request_id,
};

tests![
    the_account_has_the_new_address_and_the_old_one_is_free,
    teams_find_the_person_by_the_new_address,
    confirming_twice_is_fine_and_happens_once,
    a_link_is_good_for_24_hours,
    another_account_may_have_the_address_by_then,
    a_disabled_account_keeps_its_address,
    a_link_that_was_confirmed_opens_nothing_after_the_next_one,
    the_note_goes_out_also_when_the_link_was_faster,
    addresses_are_wiped_when_they_have_served,
    links_that_never_were_and_others_keys_find_nothing,
    a_changed_account_can_be_invited_nowhere_by_its_old_address,
];

pub(crate) async fn confirm(
    h: &Harness,
    token: &str,
) -> Result<Response<ConfirmEmailChangeResponse>, Status> {
    let request = ConfirmEmailChangeRequest {
        token: token.to_owned(),
        ..ConfirmEmailChangeRequest::default()
    };
    h.users().confirm_email_change(request).await
}

async fn by_email(h: &Harness, email: &str) -> Option<String> {
    let request = GetUserRequest {
        key: Some(Key::Email(email.to_owned())),
        ..GetUserRequest::default()
    };
    let answer = h.users().get_user(request).await.ok()?;
    answer.into_inner().user.map(|user| user.id)
}

async fn the_account_has_the_new_address_and_the_old_one_is_free(h: &Harness) {
    let ann = h.verified("ann@old.example").await;
    let link = asked(h, &ann.id, "Ann@New.example").await;
    h.advance(TimeDelta::hours(1));
    let before = events::list(h, ListEventsRequest::default()).await.len();
    let answer = confirm(h, &link).await.answered();
    assert!(!answer.already_confirmed);
    let user = answer.user.expect("the account");
    assert_eq!(
        (&user.id, user.email.as_str()),
        (&ann.id, "Ann@New.example")
    );
    assert_eq!(time(user.verify_time), h.now());
    assert_ne!(user.etag, ann.etag);
    assert_eq!(by_email(h, "ann@new.example").await, Some(ann.id.clone()));
    assert_eq!(by_email(h, "ann@old.example").await, None);
    let told = events::list(h, ListEventsRequest::default()).await;
    let [event] = &told[before..] else {
        panic!("one event: {told:?}");
    };
    assert_eq!(event.r#type().as_str_name(), "EVENT_TYPE_USER_UPDATED");
    assert_eq!(event.user_id, ann.id);
    let Some(Payload::User(changed)) = &event.payload else {
        panic!("{event:?}");
    };
    assert_eq!(changed.changed_fields, ["email"]);
    let other = h.verified("ann@old.example").await;
    assert_ne!(other.id, ann.id);
}

async fn teams_find_the_person_by_the_new_address(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.join(&team.id, "ann@old.example").await;
    let found = async |query: &str| {
        let request = ListMembersRequest {
            team_id: team.id.clone(),
            filter: Some(MemberFilter {
                query: query.to_owned(),
                ..MemberFilter::default()
            }),
            ..ListMembersRequest::default()
        };
        let members = h.teams().list_members(request).await.answered().members;
        members.iter().any(|member| member.user_id == ann.user)
    };
    assert!(found("ann@old").await);
    let link = asked(h, &ann.user, "ann@new.example").await;
    confirm(h, &link).await.answered();
    assert!(found("ann@new").await && !found("ann@old").await);
    let member = h.member(&team.id, &ann.user).await;
    assert_eq!(member.user.expect("she").email, "ann@new.example");
}

async fn confirming_twice_is_fine_and_happens_once(h: &Harness) {
    let ann = h.verified("ann@old.example").await;
    let link = asked(h, &ann.id, "ann@new.example").await;
    let request = ConfirmEmailChangeRequest {
        token: link.clone(),
        request_id: request_id(1),
    };
    let first = h.users().confirm_email_change(request.clone()).await;
    let first = first.answered();
    let before = events::list(h, ListEventsRequest::default()).await.len();
    h.advance(TimeDelta::hours(25));
    let again = confirm(h, &link).await.answered();
    assert!(again.already_confirmed);
    assert_eq!(again.user, first.user);
    let replayed = h.users().confirm_email_change(request).await;
    // A day later its answer is not kept, and it tells the same as any other.
    assert!(replayed.answered().already_confirmed);
    let after = events::list(h, ListEventsRequest::default()).await.len();
    assert_eq!(after, before);
}

async fn a_link_is_good_for_24_hours(h: &Harness) {
    let ann = h.verified("ann@old.example").await;
    let link = asked(h, &ann.id, "ann@new.example").await;
    h.advance(TimeDelta::hours(24));
    confirm(h, &link)
        .await
        .refused(Code::FailedPrecondition, "EMAIL_CHANGE_EXPIRED");
    assert!(sweep(&h.ctx).await.expect("a sweep").email_changes > 0);
    confirm(h, &link)
        .await
        .refused(Code::FailedPrecondition, "EMAIL_CHANGE_EXPIRED");
    let link = asked(h, &ann.id, "ann@new.example").await;
    h.advance(TimeDelta::hours(24) - MICROSECOND);
    confirm(h, &link).await.answered();
}

async fn another_account_may_have_the_address_by_then(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.verified("ann@old.example").await;
    let link = asked(h, &ann.id, "ann@new.example").await;
    h.invite(&team.id, "ANN@new.example").await;
    confirm(h, &link)
        .await
        .refused(Code::FailedPrecondition, "EMAIL_TAKEN");
    assert_eq!(h.user(&ann.id).await.email, "ann@old.example");
}

async fn a_disabled_account_keeps_its_address(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.join(&team.id, "ann@old.example").await;
    let link = asked(h, &ann.user, "ann@new.example").await;
    disable(h, &ann.user).await.answered();
    confirm(h, &link)
        .await
        .refused(Code::FailedPrecondition, "USER_DISABLED");
    assert_eq!(h.user(&ann.user).await.email, "ann@old.example");
    erase(h, &ann.user).await.answered();
    confirm(h, &link)
        .await
        .missing("EMAIL_CHANGE_NOT_FOUND", "the link's");
}

async fn a_link_that_was_confirmed_opens_nothing_after_the_next_one(h: &Harness) {
    let ann = h.verified("ann@old.example").await;
    let first = asked(h, &ann.id, "ann@new.example").await;
    confirm(h, &first).await.answered();
    h.advance(TimeDelta::minutes(1));
    let second = asked(h, &ann.id, "ann@newer.example").await;
    confirm(h, &second).await.answered();
    // Whoever reads the mailbox that she left does not learn where she went.
    confirm(h, &first)
        .await
        .missing("EMAIL_CHANGE_NOT_FOUND", "the link's");
    assert!(confirm(h, &second).await.answered().already_confirmed);
}

async fn the_note_goes_out_also_when_the_link_was_faster(h: &Harness) {
    let ann = h.verified("ann@old.example").await;
    ask(h, &ann.id, "ann@new.example").await.answered();
    let waiting = h.outbox().await;
    let link = waiting.iter().find(|row| row.kind == "email_change");
    let link = h.sealed(link.expect("the link's letter"));
    confirm(h, &link).await.answered();
    let letter = h.only_letter().await;
    assert_eq!(letter.to, "ann@old.example");
    assert!(letter.link().is_none());
}

async fn addresses_are_wiped_when_they_have_served(h: &Harness) {
    let ann = h.verified("aardvark@old.example").await;
    ask(h, &ann.id, "zebra@new.example").await.answered();
    assert_eq!(
        rows_with(h, "email_changes", &["aardvark", "zebra"]).await,
        2
    );
    let (link, _) = both(h).await;
    assert_eq!(rows_with(h, "email_changes", &["aardvark"]).await, 0);
    confirm(h, &token(&link)).await.answered();
    assert_eq!(rows_with(h, "email_changes", &["zebra"]).await, 0);

    h.advance(TimeDelta::minutes(1));
    asked(h, &ann.id, "yak@new.example").await;
    h.advance(TimeDelta::hours(24) - MICROSECOND);
    sweep(&h.ctx).await.expect("a sweep");
    assert_eq!(rows_with(h, "email_changes", &["yak"]).await, 1);
    h.advance(MICROSECOND);
    sweep(&h.ctx).await.expect("a sweep");
    assert_eq!(rows_with(h, "email_changes", &["yak"]).await, 0);
    assert_eq!(rows_with(h, "email_changes", &["expired"]).await, 1);
    h.advance(TimeDelta::days(90));
    sweep(&h.ctx).await.expect("a sweep");
    assert_eq!(rows_with(h, "email_changes", &["expired"]).await, 1);
    h.advance(MICROSECOND);
    sweep(&h.ctx).await.expect("a sweep");
    assert_eq!(rows_with(h, "email_changes", &["expired"]).await, 0);
}

async fn links_that_never_were_and_others_keys_find_nothing(h: &Harness) {
    confirm(h, "").await.invalid(&[("token", "REQUIRED")]);
    confirm(h, "x").await.invalid(&[("token", "MALFORMED")]);
    let team = h.team("acme").await;
    confirm(h, &team.token)
        .await
        .missing("EMAIL_CHANGE_NOT_FOUND", "the link's");
    h.accept(&team.token).await.answered();
    let link = asked(h, &team.admin, "boss@new.example").await;
    h.accept(&link)
        .await
        .refused(Code::NotFound, "INVITATION_NOT_FOUND");
    let key = h.made(&service("own", Some(&team.id), &[])).await;
    let request = ConfirmEmailChangeRequest {
        token: link.clone(),
        ..ConfirmEmailChangeRequest::default()
    };
    users_by(h, key.text())
        .confirm_email_change(request)
        .await
        .missing("EMAIL_CHANGE_NOT_FOUND", "the link's");
    confirm(h, &link).await.answered();
}

async fn a_changed_account_can_be_invited_nowhere_by_its_old_address(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.join(&team.id, "ann@old.example").await;
    let link = asked(h, &ann.user, "ann@new.example").await;
    confirm(h, &link).await.answered();
    let other = h.invite(&team.id, "ann@old.example").await;
    assert_ne!(other.user, ann.user);
}
