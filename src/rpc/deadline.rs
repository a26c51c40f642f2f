//! By when a call is answered: its client's `grpc-timeout`, and the longest that we let it take.

use std::time::Duration;

use http::HeaderMap;
use tokio::time::{Instant, sleep_until};
use tonic::Request;

use crate::{app::Until, config::CallSettings};

/// The header, as gRPC over HTTP/2 defines it.
const HEADER: &str = "grpc-timeout";

/// The calls that are long by their nature. Watches are answered at once and go on.
const LONG: [&str; 2] = [
    "/muster.v1.UserService/ImportUsers",
    "/muster.v1.DirectoryService/SyncDirectory",
];

/// How much sooner than its time a call is answered: tonic's own timer, which begins a moment later and would answer
/// CANCELLED, must not be the first.
const SOONER: Duration = Duration::from_millis(2);

/// When a call's time is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    client: Option<Instant>,
    ours: Instant,
}

impl Deadline {
    /// The deadline of a call that comes now. A header that is not of gRPC's form counts as none, as it does in tonic.
    pub(super) fn new(path: &str, headers: &HeaderMap, settings: &CallSettings) -> Self {
        let now = Instant::now();
        let longest = if LONG.contains(&path) {
            settings.longest_import
        } else {
            settings.longest_call
        };
        let text = headers.get(HEADER).and_then(|value| value.to_str().ok());
        let timeout = text.and_then(parse);
        Self {
            client: timeout.map(|timeout| now + timeout.saturating_sub(SOONER)),
            ours: now + longest,
        }
    }

    /// The deadline that the front gave this request.
    pub(super) fn of<T>(request: &Request<T>) -> Option<Self> {
        request.extensions().get().copied()
    }

    /// By when there must be an answer.
    pub(super) fn answer(self) -> Instant {
        self.client
            .map_or(self.ours, |client| client.min(self.ours))
    }

    /// Ends when the client's own time is over; never if it gave none.
    pub(super) async fn of_client(self) {
        match self.client {
            Some(client) => sleep_until(client).await,
            None => std::future::pending().await,
        }
    }

    /// What it means to the database. It is told only the client's: of ours it need not be, since no statement may take
    /// longer than a call.
    pub(super) fn until(self) -> Until {
        Until {
            at: self.answer(),
            is_told: self.client.is_some_and(|client| client < self.ours),
        }
    }
}

/// Up to eight digits and a unit, read as tonic reads it.
fn parse(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number = number.parse().ok().filter(|_| number.len() <= 8)?;
    match unit {
        "H" => Some(Duration::from_hours(number)),
        "M" => Some(Duration::from_mins(number)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}
