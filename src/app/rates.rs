//! How often something may happen: for each holder of a right, and for credentials that nobody has seen lately. What is
//! counted is a door's to say.

use std::{
    collections::HashSet,
    hash::{BuildHasher, Hash, RandomState},
    num::NonZeroU32,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use governor::{
    NotUntil, Quota, RateLimiter,
    clock::Clock as Ticks,
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed, keyed::HashMapStateStore},
};

use crate::{
    clock::Clock,
    error::{Error, Reason, Result},
};

/// After how many calls holders that rest are forgotten.
const FORGET_EVERY: u64 = 10_000;

/// How many good credentials are remembered; beyond that all are new again.
const MOST_KNOWN: usize = 100_000;

/// The time that never goes back.
#[derive(Clone)]
struct Steady(Clock);

impl Ticks for Steady {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.steady()
    }
}

/// The rate of each holder.
pub(crate) struct Rates {
    clock: Steady,
    held: RateLimiter<String, HashMapStateStore<String>, Steady, NoOpMiddleware<Duration>>,
    asked: AtomicU64,
}

impl Rates {
    /// So many a second in the long run, so many at once after a rest.
    pub(crate) fn new((per_second, burst): (u32, u32), clock: Clock) -> Self {
        let clock = Steady(clock);
        let store = HashMapStateStore::default();
        Self {
            held: RateLimiter::new(quota(per_second, burst), store, clock.clone()),
            asked: AtomicU64::new(0),
            clock,
        }
    }

    /// Whether it may happen to this holder once more.
    ///
    /// # Errors
    /// `RATE_LIMITED`, with the time until it may.
    pub(crate) fn check(&self, holder: &str) -> Result<()> {
        // Now and then, holders that may do as much as one that never did anything.
        if self.asked.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.held.retain_recent();
            self.held.shrink_to_fit();
        }
        let checked = self.held.check_key(&holder.to_owned());
        checked.map_err(|until| limited(&until, &self.clock))
    }
}

/// Credentials that come in.
pub(crate) struct Knocks {
    clock: Steady,
    new: RateLimiter<NotKeyed, InMemoryState, Steady, NoOpMiddleware<Duration>>,
    known: Mutex<HashSet<u64>>,
    hasher: RandomState,
}

impl Knocks {
    /// So many new ones a second in the long run, so many at once after a rest.
    pub(crate) fn new((per_second, burst): (u32, u32), clock: Clock) -> Self {
        let clock = Steady(clock);
        let store = InMemoryState::default();
        Self {
            new: RateLimiter::new(quota(per_second, burst), store, clock.clone()),
            known: Mutex::default(),
            hasher: RandomState::new(),
            clock,
        }
    }

    /// Whether a credential may be looked up. Those that were good lately always may, so that whoever sends bad ones
    /// keeps nobody out who was in.
    ///
    /// # Errors
    /// `RATE_LIMITED`, with the time until it may.
    pub(crate) fn look_up(&self, credential: Option<impl Hash>) -> Result<()> {
        let Some(credential) = credential else {
            return Ok(());
        };
        if self.known().contains(&self.print(credential)) {
            return Ok(());
        }
        let checked = self.new.check();
        checked.map_err(|until| limited(&until, &self.clock))
    }

    /// Notes how a credential turned out to be: what its holder may do is another question.
    pub(crate) fn looked_up<T>(&self, credential: Option<impl Hash>, outcome: Result<&T, &Error>) {
        let is_good = outcome.is_ok();
        let is_bad = matches!(outcome, Err(Error::Unauthenticated(_)));
        let Some(credential) = credential.filter(|_| is_good || is_bad) else {
            return;
        };
        let print = self.print(credential);
        let mut known = self.known();
        if is_good {
            if known.len() >= MOST_KNOWN {
                known.clear();
            }
            known.insert(print);
        } else {
            known.remove(&print);
        }
    }

    /// A credential's hash under a secret of this process: not the credential, and none can be made to have another's.
    fn print(&self, credential: impl Hash) -> u64 {
        self.hasher.hash_one(credential)
    }

    fn known(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn limited(until: &NotUntil<Duration>, clock: &Steady) -> Error {
    let wait = until.wait_time_from(clock.now());
    Error::Exhausted(Reason::RateLimited, wait)
}

fn quota(per_second: u32, burst: u32) -> Quota {
    let count = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(count(per_second)).allow_burst(count(burst))
}
