//! `EventService`.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::{Rpc, event_values as values, front::CallId, pages::List, values::time, watch::Watch};
use crate::{
    app::{self, Caller, events::Start},
    domain::{
        events::{EventPosition, Period},
        pages::{read, size},
    },
    error::{Result, Rule, Violations},
    proto::{self, event_service_server::EventService},
};

#[tonic::async_trait]
impl EventService for Rpc {
    async fn list_events(
        &self,
        request: Request<proto::ListEventsRequest>,
    ) -> Result<Response<proto::ListEventsResponse>, Status> {
        self.call(
            request,
            async |rpc: Self, caller: Caller, mut message: proto::ListEventsRequest| {
                let token = std::mem::take(&mut message.page_token);
                let size = size(std::mem::take(&mut message.page_size));
                let list = List::new("ListEvents", "position", &message);
                let wanted = wanted(&message)?;
                let after = read(list.open(&rpc.ctx.secrets, &token)?, |position| {
                    let text = std::str::from_utf8(&position.0).ok()?;
                    EventPosition::parse("page_token", text).ok()
                })?;
                let (page, head) =
                    app::events::list(&rpc.ctx, &caller, wanted, (after, size)).await?;
                let next_page_token = list.seal(&rpc.ctx.secrets, page.next.as_ref());
                Ok(proto::ListEventsResponse {
                    events: page.items.into_iter().map(values::event).collect(),
                    next_page_token,
                    position: head.text(),
                })
            },
        )
        .await
    }

    type WatchEventsStream = ReceiverStream<Result<proto::WatchEventsResponse, Status>>;

    async fn watch_events(
        &self,
        request: Request<proto::WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        let call = CallId::of(&request);
        self.call(request, async move |rpc: Self, caller: Caller, message| {
            let (start, mut filter) = begin(&message)?;
            app::events::allow(&rpc.ctx, &caller, &mut filter).await?;
            let permit = rpc.watch_permit()?;
            let heads = rpc.heads.subscribe();
            let (position, head) = app::events::begin(&rpc.ctx, start).await?;
            // One message waits while another is sent: a slow reader holds no more.
            let (sender, receiver) = mpsc::channel(1);
            let watch = Watch {
                filter,
                position,
                from_oldest: matches!(start, Start::Oldest),
                head,
                heads,
                sender,
                call,
                caller,
                deadline: rpc.deadline,
            };
            rpc.tasks.clone().spawn(async move {
                watch.run(&rpc).await;
                drop(permit);
            });
            Ok(ReceiverStream::new(receiver))
        })
        .await
    }
}

fn wanted(message: &proto::ListEventsRequest) -> Result<app::events::List> {
    let mut violations = Violations::new();
    let filter = values::filter(message.filter.as_ref(), &mut violations);
    let mut moment = |field: &str, stamp: Option<prost_types::Timestamp>| {
        stamp.and_then(|stamp| violations.take(time(field, stamp)))
    };
    let period = Period {
        from: moment("create_time_from", message.create_time_from),
        before: moment("create_time_before", message.create_time_before),
    };
    violations.finish(filter.map(|filter| app::events::List {
        filter,
        period,
        newest_first: message.newest_first,
    }))
}

fn begin(
    message: &proto::WatchEventsRequest,
) -> Result<(Start, crate::domain::events::EventFilter)> {
    let mut violations = Violations::new();
    let filter = values::filter(message.filter.as_ref(), &mut violations);
    let start = if message.after_position.is_empty() {
        Some(if message.from_now {
            Start::Now
        } else {
            Start::Oldest
        })
    } else {
        if message.from_now {
            violations.add("from_now", Rule::Exclusive);
        }
        let parsed = EventPosition::parse("after_position", &message.after_position);
        violations.take(parsed).map(Start::After)
    };
    violations.finish(start.zip(filter))
}
