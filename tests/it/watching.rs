//! Readers of events: the whole list, and a stream until it has caught up.

use muster::{
    proto::{
        Event, EventFilter, ListEventsRequest, WatchEventsRequest, WatchEventsResponse,
        event_service_client::EventServiceClient,
    },
    store,
};
use tonic::Streaming;

use crate::{
    harness::{Harness, Keyed},
    refusals::Outcome,
    waiting::until,
};

/// Waits until all transactions of this moment have ended: a long one of another test holds up the events of the whole
/// cluster, and a list does not wait for it long.
pub(crate) async fn settled(h: &Harness) {
    let reach = async || store::events::reach(&h.ctx.store).await.expect("a moment");
    let begun = reach().await.begun;
    until("all transactions have ended", async || {
        (reach().await.ended >= begun).then_some(())
    })
    .await;
}

/// How far events are complete.
pub(crate) async fn position(events: &mut EventServiceClient<Keyed>) -> String {
    let request = ListEventsRequest::default();
    events.list_events(request).await.answered().position
}

/// The whole list.
pub(crate) async fn listed(
    events: &mut EventServiceClient<Keyed>,
    filter: EventFilter,
) -> Vec<Event> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListEventsRequest {
            filter: Some(filter.clone()),
            page_size: 1_000,
            page_token,
            ..ListEventsRequest::default()
        };
        let page = events.list_events(request).await.answered();
        all.extend(page.events);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

/// A stream that begins after a position.
pub(crate) async fn watch(
    events: &mut EventServiceClient<Keyed>,
    after_position: &str,
    filter: EventFilter,
) -> Streaming<WatchEventsResponse> {
    let request = WatchEventsRequest {
        after_position: after_position.to_owned(),
        from_now: false,
        filter: Some(filter),
    };
    events.watch_events(request).await.answered()
}

/// The next message of a stream that does not end.
pub(crate) async fn next(stream: &mut Streaming<WatchEventsResponse>) -> WatchEventsResponse {
    let message = stream.message().await.expect("a message");
    message.expect("a stream without an end")
}

/// What a watcher is brought after a position until he has caught up.
pub(crate) async fn watched(
    events: &mut EventServiceClient<Keyed>,
    after_position: String,
) -> Vec<Event> {
    let mut stream = watch(events, &after_position, EventFilter::default()).await;
    let mut all = Vec::new();
    loop {
        let message = next(&mut stream).await;
        all.extend(message.events);
        if message.caught_up {
            return all;
        }
    }
}
