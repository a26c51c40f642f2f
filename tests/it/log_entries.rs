//! Events that no call of the contract makes, and times that do not run as positions do.

use chrono::TimeDelta;
use muster::{
    app::keys,
    mail::transport::SendError,
    proto::{DeliveryState, Event, EventType, LetterKind, ListEventsRequest, event::Payload},
    store::Reads,
};
use prost_types::Timestamp;
use sea_orm::ConnectionTrait;

use crate::{
    events::list,
    fixtures::invitation_of,
    harness::{Harness, tests},
    refusals::Outcome,
};

tests![
    a_key_leaves_an_event_when_it_is_made_and_one_when_it_is_revoked,
    a_letter_that_is_refused_for_good_leaves_its_event,
    a_stretch_of_time_holds_what_is_out_of_order_too,
];

pub(crate) async fn newest(h: &Harness) -> Event {
    let mut all = list(h, ListEventsRequest::default()).await;
    all.pop().expect("an event")
}

async fn a_key_leaves_an_event_when_it_is_made_and_one_when_it_is_revoked(h: &Harness) {
    let key = keys::create(&h.ctx, "billing").await.expect("a key");
    let made = newest(h).await;
    assert_eq!(made.r#type(), EventType::KeyCreated);
    for _ in 0..2 {
        let revoked = keys::revoke(&h.ctx.store, key.id(), h.now()).await;
        assert!(revoked.expect("a revocation"));
    }
    let all = list(h, ListEventsRequest::default()).await;
    let [.., before, last] = &all[..] else {
        panic!("{all:?}");
    };
    assert_eq!(before, &made, "to revoke twice is nothing more");
    assert_eq!(last.r#type(), EventType::KeyRevoked);
    for event in [before, last] {
        let Some(Payload::Key(payload)) = &event.payload else {
            panic!("{event:?}");
        };
        assert_eq!(payload.key_id, key.id());
    }
}

async fn a_letter_that_is_refused_for_good_leaves_its_event(h: &Harness) {
    let team = h.team("acme").await;
    let request = invitation_of(&team.id, "ann@acme.example");
    let answer = h.invitations().create_invitation(request).await.answered();
    let invitation = answer.invitation.expect("the invitation");
    h.mailbox
        .fail_next(1, SendError::Never("550 nobody here".to_owned()));
    assert!(h.deliver().await.is_empty());
    let failed = newest(h).await;
    assert_eq!(failed.r#type(), EventType::LetterFailed);
    assert_eq!(failed.user_id, invitation.user_id);
    let Some(Payload::Letter(letter)) = &failed.payload else {
        panic!("{failed:?}");
    };
    assert_eq!(
        (letter.kind(), letter.state(), &letter.invitation_id),
        (
            LetterKind::Invitation,
            DeliveryState::Failed,
            &invitation.id
        )
    );
}

/// The time of an event is its call's, which may have waited: of two, the later one may have the earlier time.
async fn a_stretch_of_time_holds_what_is_out_of_order_too(h: &Harness) {
    let [before, middle, after] = [-4, 0, 4].map(|minutes| h.now() + TimeDelta::minutes(minutes));
    let [first, second] = [after, before].map(|time| time.timestamp_micros());
    let last = "(SELECT max(batch) FROM events)";
    let connection = h.ctx.store.connection();
    for time in [first, second] {
        let event = format!(
            "INSERT INTO events (batch, ordinal, create_time, type) SELECT {last} + 1, 1, {time}, 'TEAM_CREATED'"
        );
        connection
            .execute_unprepared(&event)
            .await
            .expect("an event");
    }
    // On PostgreSQL, their numbers are as high as those of transactions that are yet to come.
    connection
        .execute_unprepared("UPDATE event_log SET base = base + 10, last_batch = last_batch + 10")
        .await
        .expect("a log");

    let stamp = Timestamp {
        seconds: middle.timestamp(),
        nanos: 0,
    };
    let times = async |request: ListEventsRequest| -> Vec<i64> {
        let events = list(h, request).await;
        let made = events
            .iter()
            .filter(|event| event.r#type() == EventType::TeamCreated);
        made.map(|event| event.create_time.expect("a time").seconds)
            .collect()
    };
    let from = ListEventsRequest {
        create_time_from: Some(stamp),
        ..ListEventsRequest::default()
    };
    assert_eq!(times(from).await, [after.timestamp()]);
    let until = ListEventsRequest {
        create_time_before: Some(stamp),
        ..ListEventsRequest::default()
    };
    assert_eq!(times(until).await, [before.timestamp()]);
}
