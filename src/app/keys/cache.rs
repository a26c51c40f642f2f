//! The keys that were looked up lately, so that a call need not ask the database who makes it; and when they were used.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{clock::Time, domain::keys::ApiKey};

/// How many keys are remembered; when there are more, all are looked up anew.
const MOST: usize = 10_000;

/// What a process remembers of keys. Clones share it.
#[derive(Clone, Default)]
pub struct KeyCache(Arc<Mutex<Memory>>);

#[derive(Default)]
struct Memory {
    found: HashMap<Handle, Found>,
    /// How often something was forgotten.
    forgotten: u64,
    uses: BTreeMap<String, Time>,
}

struct Found {
    key: Arc<ApiKey>,
    /// By the clock that never goes back.
    at: Duration,
}

/// What a key is found by.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Handle {
    /// Its id.
    Id(String),
    /// The names in the certificate that a caller presented.
    Certificate(Vec<String>),
}

/// The moment before a key is looked up: what is forgotten after it must not be remembered as it was before.
pub struct Ticket(u64);

impl KeyCache {
    /// A key that was looked up less than `fresh` ago, and the ticket for [`Self::remember`] if there is none. `now` is of
    /// the clock that never goes back.
    #[must_use]
    pub fn recall(
        &self,
        handle: &Handle,
        (now, fresh): (Duration, Duration),
    ) -> (Option<Arc<ApiKey>>, Ticket) {
        let memory = self.memory();
        let found = memory.found.get(handle).filter(|found| {
            let age = now.checked_sub(found.at);
            age.is_some_and(|age| age < fresh)
        });
        let key = found.map(|found| Arc::clone(&found.key));
        (key, Ticket(memory.forgotten))
    }

    /// Remembers a key that was looked up at a moment, unless something was forgotten since the ticket was given.
    pub fn remember(&self, handle: Handle, key: &Arc<ApiKey>, (at, ticket): (Duration, Ticket)) {
        let mut memory = self.memory();
        if memory.forgotten != ticket.0 {
            return;
        }
        if memory.found.len() >= MOST && !memory.found.contains_key(&handle) {
            memory.found.clear();
        }
        let key = Arc::clone(key);
        memory.found.insert(handle, Found { key, at });
    }

    /// Forgets a key, by whatever it is found.
    pub fn forget(&self, id: &str) {
        let mut memory = self.memory();
        memory.forgotten += 1;
        memory.found.retain(|_, found| found.key.id != id);
    }

    /// Notes that a key was used.
    pub(super) fn note_use(&self, id: &str, now: Time) {
        let mut memory = self.memory();
        if let Some(used) = memory.uses.get_mut(id) {
            *used = now.max(*used);
        } else {
            memory.uses.insert(id.to_owned(), now);
        }
    }

    /// Takes the last use of each key since it was asked before.
    pub(super) fn take_uses(&self) -> BTreeMap<String, Time> {
        std::mem::take(&mut self.memory().uses)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
