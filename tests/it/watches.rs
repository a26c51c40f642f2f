//! What happens, as a stream: it begins anywhere, goes on, says when it has caught up, and can be resumed.

use chrono::TimeDelta;
use muster::{
    app::{housekeeping, keys},
    config::Settings,
    proto::{
        Event, EventFilter, EventType, ListEventsRequest, WatchEventsRequest, WatchEventsResponse,
        event_service_client::EventServiceClient,
    },
};
use std::time::Duration;
use tonic::{
    Code, Response, Status, Streaming, service::interceptor::InterceptedService,
    transport::Endpoint,
};

use crate::{
    events::list,
    harness::{BearerKey, Harness, tests},
    refusals::{Outcome, details, reason},
    server::new_key,
    waiting::PATIENCE,
    watching::settled,
};

tests![
    a_watch_brings_everything_from_the_beginning_and_says_that_it_caught_up,
    a_watch_goes_on_with_what_comes,
    a_watch_can_begin_now,
    a_watch_resumes_after_any_event,
    a_watch_brings_what_its_filter_wants_and_moves_on_with_the_rest with beating,
    a_quiet_watch_beats with beating,
    a_batch_holds_as_many_events_as_the_setting_says with small_batches,
    a_reader_that_takes_nothing_for_long_loses_nothing,
    a_watch_ends_with_its_key with beating,
    what_is_deleted_is_told_with_the_oldest_position with short_memory,
    a_reader_that_falls_behind_what_is_kept_is_told with short_memory,
    a_position_that_nothing_has_had_is_refused,
    a_list_and_a_watch_meet_without_gap_or_repeat,
    one_watcher_too_many_is_told_to_wait with one_watcher,
    every_bad_field_of_a_watch_is_named,
];

fn beating(settings: &mut Settings) {
    settings.watch_heartbeat = Duration::from_millis(20);
}

fn small_batches(settings: &mut Settings) {
    settings.watch_batch = 3;
}

fn short_memory(settings: &mut Settings) {
    settings.events_kept = Duration::from_hours(1);
}

fn one_watcher(settings: &mut Settings) {
    settings.concurrent_watches = 1;
}

async fn watch(h: &Harness, request: WatchEventsRequest) -> Streaming<WatchEventsResponse> {
    h.events().watch_events(request).await.answered()
}

async fn next(stream: &mut Streaming<WatchEventsResponse>) -> WatchEventsResponse {
    tried(stream).await.expect("a message")
}

async fn tried(stream: &mut Streaming<WatchEventsResponse>) -> Result<WatchEventsResponse, Status> {
    let message = tokio::time::timeout(PATIENCE, stream.message()).await;
    Ok(message.expect("a message in time")?.expect("no end"))
}

/// What comes until so many events are there, or, with `None`, until all is caught up.
async fn take(stream: &mut Streaming<WatchEventsResponse>, count: Option<usize>) -> Vec<Event> {
    let mut events = Vec::new();
    loop {
        let message = next(stream).await;
        events.extend(message.events);
        if count.map_or(message.caught_up, |count| events.len() >= count) {
            return events;
        }
    }
}

async fn all(h: &Harness) -> Vec<Event> {
    list(h, ListEventsRequest::default()).await
}

async fn a_watch_brings_everything_from_the_beginning_and_says_that_it_caught_up(h: &Harness) {
    let team = h.team("acme").await;
    h.join(&team.id, "ann@acme.example").await;
    let all = all(h).await;
    let mut stream = watch(h, WatchEventsRequest::default()).await;
    assert_eq!(take(&mut stream, None).await, all);
}

async fn a_watch_goes_on_with_what_comes(h: &Harness) {
    let mut stream = watch(h, WatchEventsRequest::default()).await;
    let mut seen = take(&mut stream, None).await;
    for number in 0..5 {
        let team = h.team(&format!("team{number}")).await;
        h.accept(&team.token).await.answered();
        let all = all(h).await;
        seen.extend(take(&mut stream, Some(all.len() - seen.len())).await);
        assert_eq!(seen, all);
    }
}

async fn a_watch_can_begin_now(h: &Harness) {
    h.team("acme").await;
    let before = all(h).await.len();
    let request = WatchEventsRequest {
        from_now: true,
        ..WatchEventsRequest::default()
    };
    let mut stream = watch(h, request).await;
    let first = next(&mut stream).await;
    assert_eq!((first.events, first.caught_up), (vec![], true));
    h.team("other").await;
    let all = all(h).await;
    assert_eq!(
        take(&mut stream, Some(all.len() - before)).await,
        all[before..]
    );
}

fn after(position: &str) -> WatchEventsRequest {
    WatchEventsRequest {
        after_position: position.to_owned(),
        ..WatchEventsRequest::default()
    }
}

async fn a_watch_resumes_after_any_event(h: &Harness) {
    let team = h.team("acme").await;
    h.import_held(&team.id, "march", &["a@acme.example", "b@acme.example"])
        .await;
    let all = all(h).await;
    for (index, event) in all.iter().enumerate() {
        let mut stream = watch(h, after(&event.position)).await;
        assert_eq!(take(&mut stream, None).await, all[index + 1..], "{index}");
    }
}

async fn a_watch_brings_what_its_filter_wants_and_moves_on_with_the_rest(h: &Harness) {
    let team = h.team("acme").await;
    let request = WatchEventsRequest {
        filter: Some(EventFilter {
            team_id: team.id.clone(),
            types: vec![EventType::MemberJoined.into()],
            ..EventFilter::default()
        }),
        ..WatchEventsRequest::default()
    };
    let mut stream = watch(h, request).await;
    assert_eq!(take(&mut stream, None).await, []);
    let other = h.team("other").await;
    h.accept(&other.token).await.answered();
    let newest = all(h).await.pop().expect("an event").position;
    while next(&mut stream).await.position < newest {}
    h.accept(&team.token).await.answered();
    let joined = take(&mut stream, Some(1)).await;
    assert_eq!((joined.len(), &joined[0].user_id), (1, &team.admin));
}

async fn a_quiet_watch_beats(h: &Harness) {
    settled(h).await;
    let mut stream = watch(h, WatchEventsRequest::default()).await;
    take(&mut stream, None).await;
    for _ in 0..3 {
        let beat = next(&mut stream).await;
        assert_eq!((beat.events, beat.caught_up), (vec![], true));
    }
}

async fn a_batch_holds_as_many_events_as_the_setting_says(h: &Harness) {
    let team = h.team("acme").await;
    h.join(&team.id, "ann@acme.example").await;
    let all = all(h).await;
    assert!(all.len() > 4);
    let mut stream = watch(h, WatchEventsRequest::default()).await;
    let mut seen = Vec::new();
    while seen.len() < all.len() {
        let message = next(&mut stream).await;
        assert_eq!(message.events.len(), 3.min(all.len() - seen.len()));
        seen.extend(message.events);
        assert_eq!(message.caught_up, seen.len() == all.len());
    }
    assert_eq!(seen, all);
}

/// A watch whose reader's window holds less than what `many` brings, and the key that it came with.
async fn with_a_small_window(h: &Harness) -> (Streaming<WatchEventsResponse>, String) {
    const WINDOW: u32 = 65_535;
    let endpoint = Endpoint::from_shared(format!("http://{}", h.address)).expect("an address");
    let channel = endpoint
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .connect_lazy();
    let key = new_key(h).await;
    // What has happened by now must be brought now, and not among what the test waits for.
    settled(h).await;
    let keyed = InterceptedService::new(channel, BearerKey::new(&key));
    let mut client = EventServiceClient::new(keyed);
    let request = WatchEventsRequest::default();
    let mut stream = client.watch_events(request).await.answered();
    take(&mut stream, None).await;
    (stream, key)
}

/// How many people `many` imports.
const MANY: usize = 4_000;

/// More events than a small window holds.
async fn many(h: &Harness) {
    let team = h.team("acme").await.id;
    let emails: Vec<String> = (0..MANY)
        .map(|number| format!("p{number}@acme.example"))
        .collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    h.import_held(&team, "many", &emails).await;
}

async fn a_reader_that_takes_nothing_for_long_loses_nothing(h: &Harness) {
    let (mut stream, _) = with_a_small_window(h).await;
    let before = all(h).await.len();
    many(h).await;
    let after = all(h).await.split_off(before);
    assert!(after.len() > MANY);
    let mut seen = Vec::new();
    while seen.len() < after.len() {
        seen.extend(next(&mut stream).await.events);
    }
    assert_eq!(seen, after);
}

async fn a_watch_ends_with_its_key(h: &Harness) {
    let (mut stream, key) = with_a_small_window(h).await;
    let id = key.split('_').nth(1).expect("an id");
    let revoked = keys::revoke(&h.ctx.store, id, h.now()).await;
    assert!(revoked.expect("a revocation"));
    let told = loop {
        if let Err(status) = tried(&mut stream).await {
            break status;
        }
    };
    Err::<Response<()>, _>(told).refused(Code::Unauthenticated, "CREDENTIAL_INVALID");
}

async fn what_is_deleted_is_told_with_the_oldest_position(h: &Harness) {
    h.team("old").await;
    let old = all(h).await;
    h.advance(TimeDelta::hours(1));
    h.team("new").await;
    let swept = housekeeping::sweep(&h.ctx).await.expect("a sweep");
    assert_eq!(swept.events, 0, "an hour is not over");
    h.advance(TimeDelta::microseconds(1));
    let swept = housekeeping::sweep(&h.ctx).await.expect("a sweep");
    assert_eq!(swept.events, old.len() as u64);
    let kept = all(h).await;
    assert_eq!(kept.len(), 3);

    let status = h.events().watch_events(after(&old[1].position)).await;
    let status = status.refused(Code::FailedPrecondition, "EVENTS_GONE");
    let info = details(&status).error_info().cloned().expect("ErrorInfo");
    let oldest = &info.metadata["oldest_position"];
    for request in [after(oldest), WatchEventsRequest::default()] {
        let mut stream = watch(h, request).await;
        assert_eq!(take(&mut stream, None).await, kept);
    }
}

/// The server must not read on for a reader that takes nothing, who so loses his place.
async fn a_reader_that_falls_behind_what_is_kept_is_told(h: &Harness) {
    let (mut stream, _) = with_a_small_window(h).await;
    many(h).await;
    h.advance(TimeDelta::hours(2));
    housekeeping::sweep(&h.ctx).await.expect("a sweep");

    let mut brought = 0;
    let told = loop {
        match tried(&mut stream).await {
            Ok(message) => brought += message.events.len(),
            Err(status) => break status,
        }
    };
    Err::<Response<()>, _>(told).refused(Code::FailedPrecondition, "EVENTS_GONE");
    assert!(brought < MANY, "{brought} events were read for him");
}

async fn a_position_that_nothing_has_had_is_refused(h: &Harness) {
    let newest = all(h).await.pop().expect("an event").position;
    let mut beyond = newest.clone();
    beyond.replace_range(..1, "7");
    h.events()
        .watch_events(after(&beyond))
        .await
        .invalid(&[("after_position", "OUT_OF_RANGE")]);
    watch(h, after(&newest)).await;
}

async fn a_list_and_a_watch_meet_without_gap_or_repeat(h: &Harness) {
    let team = h.team("acme").await;
    settled(h).await;
    let request = ListEventsRequest::default();
    let listed = h.events().list_events(request).await.answered();
    h.accept(&team.token).await.answered();
    let mut stream = watch(h, after(&listed.position)).await;
    let watched = take(&mut stream, Some(1)).await;
    assert_eq!([listed.events, watched].concat(), all(h).await);
}

async fn one_watcher_too_many_is_told_to_wait(h: &Harness) {
    let mut stream = watch(h, WatchEventsRequest::default()).await;
    take(&mut stream, None).await;
    let status = h.events().watch_events(WatchEventsRequest::default()).await;
    let status = status.refused(Code::ResourceExhausted, "WATCHES_BUSY");
    crate::refusals::retry_delay(&status);
    drop(stream);
    // The place is free as soon as the server sees that its watcher went away.
    crate::waiting::until("a place", async || {
        match h.events().watch_events(WatchEventsRequest::default()).await {
            Ok(_) => Some(()),
            Err(status) => {
                assert_eq!(reason(&status), "WATCHES_BUSY");
                None
            }
        }
    })
    .await;
}

async fn every_bad_field_of_a_watch_is_named(h: &Harness) {
    let request = WatchEventsRequest {
        after_position: "1".to_owned(),
        from_now: true,
        filter: Some(EventFilter {
            team_id: "x".to_owned(),
            ..EventFilter::default()
        }),
    };
    h.events().watch_events(request).await.invalid(&[
        ("after_position", "MALFORMED"),
        ("from_now", "EXCLUSIVE"),
        ("filter.team_id", "MALFORMED"),
    ]);
}
