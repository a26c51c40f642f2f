//! How many calls come in a second: of one key, with tokens that could be guesses, and with credentials that nobody
//! has seen.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    num::NonZeroU32,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::credentials::Credential;
use crate::{
    clock::Clock,
    config::CallSettings,
    error::{Error, Reason, Result},
};
use governor::{
    NotUntil, Quota, RateLimiter,
    clock::Clock as Ticks,
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed, keyed::HashMapStateStore},
};

/// Calls whose token could be a guess.
const WITH_TOKEN: [&str; 4] = [
    "/muster.v1.InvitationService/PeekInvitation",
    "/muster.v1.InvitationService/AcceptInvitation",
    "/muster.v1.InvitationService/DeclineInvitation",
    "/muster.v1.InvitationService/RequestNewInvitation",
];

/// After how many calls keys that rest are forgotten.
const FORGET_EVERY: u64 = 10_000;

/// How many good credentials are remembered; beyond that all are new again.
const MOST_KNOWN: usize = 100_000;

type PerKey = RateLimiter<String, HashMapStateStore<String>, Steady, NoOpMiddleware<Duration>>;
type Together = RateLimiter<NotKeyed, InMemoryState, Steady, NoOpMiddleware<Duration>>;

/// All rates of a process.
pub(super) struct Rates {
    clock: Steady,
    calls: PerKey,
    with_token: PerKey,
    asked: AtomicU64,
    new: Together,
    known: Mutex<HashSet<u64>>,
    hasher: RandomState,
}

/// The time that never goes back.
#[derive(Clone)]
struct Steady(Clock);

impl Ticks for Steady {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.steady()
    }
}

impl Rates {
    /// As fast as the settings say.
    pub(super) fn new(settings: &CallSettings, clock: Clock) -> Self {
        let clock = Steady(clock);
        let per_key = |second, burst| {
            let store = HashMapStateStore::default();
            RateLimiter::new(quota(second, burst), store, clock.clone())
        };
        let of_new = quota(
            settings.new_credentials_per_second,
            settings.new_credentials_burst,
        );
        Self {
            calls: per_key(settings.calls_per_second, settings.calls_burst),
            with_token: per_key(settings.token_calls_per_second, settings.token_calls_burst),
            asked: AtomicU64::new(0),
            new: RateLimiter::new(of_new, InMemoryState::default(), clock.clone()),
            known: Mutex::default(),
            hasher: RandomState::new(),
            clock,
        }
    }

    /// Whether a key may make one more call, whatever it calls and whatever becomes of it. A watch counts when it is opened.
    ///
    /// # Errors
    /// `RATE_LIMITED`, with the time until it may.
    pub(super) fn call(&self, key: &str, path: &str) -> Result<()> {
        self.forget();
        let key = key.to_owned();
        if WITH_TOKEN.contains(&path) {
            let checked = self.with_token.check_key(&key);
            checked.map_err(|until| self.limited(&until))?;
        }
        let checked = self.calls.check_key(&key);
        checked.map_err(|until| self.limited(&until))
    }

    /// Whether a credential may be looked up. Those that were good lately always may, so that whoever sends bad ones
    /// keeps nobody out who was in.
    ///
    /// # Errors
    /// `RATE_LIMITED`, with the time until it may.
    pub(super) fn look_up(&self, credential: Option<Credential<'_>>) -> Result<()> {
        let Some(credential) = credential else {
            return Ok(());
        };
        if self.known().contains(&self.print(credential)) {
            return Ok(());
        }
        self.new.check().map_err(|until| self.limited(&until))
    }

    /// Notes how a credential turned out to be: what its key may do is another question.
    pub(super) fn looked_up<T>(
        &self,
        credential: Option<Credential<'_>>,
        outcome: Result<&T, &Error>,
    ) {
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

    fn limited(&self, until: &NotUntil<Duration>) -> Error {
        let wait = until.wait_time_from(self.clock.now());
        Error::Exhausted(Reason::RateLimited, wait)
    }

    /// Now and then, keys that could make as many calls as one that never called.
    fn forget(&self) {
        if self.asked.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            for rates in [&self.calls, &self.with_token] {
                rates.retain_recent();
                rates.shrink_to_fit();
            }
        }
    }

    /// A credential's hash under a secret of this process: not the credential, and none can be made to have another's.
    fn print(&self, credential: Credential<'_>) -> u64 {
        self.hasher.hash_one(credential)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashSet<u64>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn quota(per_second: u32, burst: u32) -> Quota {
    let count = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(count(per_second)).allow_burst(count(burst))
}
