//! The only maker of ids: UUIDv7, in the order in which one process makes them.

use std::sync::{Mutex, PoisonError};

use uuid::{ContextV7, Timestamp, Uuid};

use crate::clock::Time;

static ORDER: Mutex<ContextV7> = Mutex::new(ContextV7::new());

/// A new id for something made at `now`; greater than every earlier one of this process while time does not run back.
#[must_use]
pub fn new(now: Time) -> Uuid {
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    let context = ORDER.lock().unwrap_or_else(PoisonError::into_inner);
    Uuid::new_v7(Timestamp::from_unix(
        &*context,
        seconds,
        now.timestamp_subsec_nanos(),
    ))
}

/// A name that nothing else has, with no order to it.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
pub fn nonce() -> Uuid {
    Uuid::new_v4()
}
