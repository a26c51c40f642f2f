//! The only caller of the system's time. Times are whole microseconds everywhere.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// A moment, in whole microseconds.
pub type Time = DateTime<Utc>;

/// Where a process takes its time from.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's.
    #[default]
    System,
    /// One that stands still until a test moves it.
    Manual(ManualClock),
}

impl Clock {
    /// The time, cut to microseconds. Read it once a use case and pass it down.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the system time"
    )]
    pub fn now(&self) -> Time {
        match self {
            Self::System => Utc::now().trunc_subsecs(6),
            Self::Manual(clock) => clock.now(),
        }
    }

    /// How long it is since some moment in the past. It never goes back, as the machine's time may.
    #[must_use]
    pub fn steady(&self) -> Duration {
        static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
        match self {
            Self::System => BEGUN.elapsed(),
            Self::Manual(clock) => {
                let since = clock.now() - DateTime::UNIX_EPOCH;
                since.to_std().unwrap_or_default()
            }
        }
    }
}

/// A clock that moves only when told; its clones are the same clock.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn at(start: Time) -> Self {
        Self(Arc::new(AtomicI64::new(start.timestamp_micros())))
    }

    /// Where it stands.
    #[must_use]
    pub fn now(&self) -> Time {
        DateTime::from_timestamp_micros(self.0.load(Ordering::SeqCst)).unwrap_or_default()
    }

    /// Moves it forward.
    pub fn advance(&self, by: TimeDelta) {
        self.0
            .fetch_add(by.num_microseconds().unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}
