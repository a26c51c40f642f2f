//! Places that are counted for each of many holders, so that none of them takes what all share.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many places each holder has that has any. Clones share it.
#[derive(Clone)]
pub(crate) struct Places<K: Hash + Eq + Clone> {
    taken: Arc<Mutex<HashMap<K, usize>>>,
    most: usize,
}

/// One place, given back when it is dropped.
pub(crate) struct Place<K: Hash + Eq + Clone> {
    holder: K,
    places: Places<K>,
}

impl<K: Hash + Eq + Clone> Places<K> {
    /// So many for each holder, at least one.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            taken: Arc::default(),
            most: most.max(1),
        }
    }

    /// One more for this holder; none if it has as many as it may.
    pub(crate) fn take(&self, holder: K) -> Option<Place<K>> {
        let mut taken = self.lock();
        let count = taken.entry(holder.clone()).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        drop(taken);
        Some(Place {
            holder,
            places: self.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone> Drop for Place<K> {
    fn drop(&mut self) {
        if let Entry::Occupied(mut entry) = self.places.lock().entry(self.holder.clone()) {
            *entry.get_mut() -= 1;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}
