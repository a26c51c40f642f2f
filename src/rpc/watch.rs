//! One watcher of events: read a batch, send it, wait for more. It reads no further than its reader takes.

use std::time::Duration;

use tokio::{
    sync::{OwnedSemaphorePermit, mpsc::Sender, watch as channel},
    time::{Instant, sleep, sleep_until},
};
use tonic::Status;

use super::{Rpc, deadline::Deadline, event_values, front::CallId, status};
use crate::{
    app::{self, Caller, events::Brought},
    domain::events::{EventFilter, EventPosition},
    error::{Error, Reason, Result},
    proto::WatchEventsResponse,
};

/// The call that opens a watch.
pub(super) const PATH: &str = "/muster.v1.EventService/WatchEvents";

/// How long a client should wait that found every place for a watcher taken.
const BUSY: Duration = Duration::from_secs(5);

/// How long a process that ends waits for a reader to take the reason.
const LAST_WORD: Duration = Duration::from_secs(1);

impl Rpc {
    /// The right to watch, kept by the task that does.
    pub(super) fn watch_permit(&self) -> Result<OwnedSemaphorePermit> {
        self.watches
            .clone()
            .try_acquire_owned()
            .map_err(|_| Error::Exhausted(Reason::WatchesBusy, BUSY))
    }
}

/// A watcher.
pub(super) struct Watch {
    /// What it wants.
    pub(super) filter: EventFilter,
    /// Up to where it has it.
    pub(super) position: EventPosition,
    /// Whether it began with the oldest event and was brought none yet.
    pub(super) from_oldest: bool,
    /// How far events are complete, as far as it knows.
    pub(super) head: EventPosition,
    /// Where it hears of more.
    pub(super) heads: channel::Receiver<EventPosition>,
    /// Its reader.
    pub(super) sender: Sender<Result<WatchEventsResponse, Status>>,
    /// Its call.
    pub(super) call: CallId,
    /// Who watches.
    pub(super) caller: Caller,
    /// How long its client wants it to last.
    pub(super) deadline: Option<Deadline>,
}

impl Watch {
    /// Brings events until the reader goes away or the process ends.
    pub(super) async fn run(mut self, rpc: &Rpc) {
        let reader = self.sender.clone();
        let deadline = self.deadline;
        let late = async {
            match deadline {
                Some(deadline) => deadline.of_client().await,
                None => std::future::pending().await,
            }
        };
        let end = tokio::select! {
            () = late => Error::Late,
            () = rpc.stop.cancelled() => Error::Unavailable("draining".to_owned()),
            () = reader.closed() => return,
            Err(error) = self.bring(rpc) => error,
        };
        // A slow reader is told why when he takes it; only the end of the process does not wait for him.
        let patience = async {
            rpc.stop.cancelled().await;
            sleep(LAST_WORD).await;
        };
        tokio::select! {
            _taken_or_gone = reader.send(Err(status::of(&end, self.call))) => {}
            () = patience => {}
        }
    }

    async fn bring(&mut self, rpc: &Rpc) -> Result<std::convert::Infallible> {
        let mut told = false;
        let mut beat = Instant::now();
        let mut asked = beat;
        loop {
            if Instant::now() >= asked {
                app::keys::still_good(&rpc.ctx, &self.caller.key_id).await?;
                app::events::allow(&rpc.ctx, &self.caller, &mut self.filter).await?;
                let settings = &rpc.ctx.settings;
                asked = Instant::now() + settings.watch_heartbeat.min(settings.keys_fresh);
            }
            self.head = self.head.max(*self.heads.borrow_and_update());
            let place = (self.position, self.head);
            let brought = match app::events::next(&rpc.ctx, &self.filter, place).await {
                // Whoever asked for the oldest that is kept and has none yet has lost nothing.
                Err(Error::EventsGone(_)) if self.from_oldest => {
                    self.position = app::events::oldest(&rpc.ctx).await?;
                    continue;
                }
                brought => brought?,
            };
            self.position = brought.position;
            let caught_up = brought.caught_up;
            let news = !brought.events.is_empty() || caught_up != told;
            if news || Instant::now() >= beat {
                // Whether the reader is still there is seen by `run`.
                drop(self.sender.send(Ok(message(brought))).await);
                told = caught_up;
                self.from_oldest = false;
                beat = Instant::now() + rpc.ctx.settings.watch_heartbeat;
            }
            if caught_up {
                let position = self.position;
                tokio::select! {
                    changed = self.heads.wait_for(|head| *head > position) => {
                        changed.map_err(|error| Error::Internal(Box::new(error)))?;
                    }
                    () = sleep_until(beat.min(asked)) => {}
                }
            }
        }
    }
}

fn message(brought: Brought) -> WatchEventsResponse {
    WatchEventsResponse {
        events: brought
            .events
            .into_iter()
            .map(event_values::event)
            .collect(),
        position: brought.position.text(),
        caught_up: brought.caught_up,
    }
}
