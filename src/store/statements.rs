//! The statements that were sent: always counted, kept only while a test asks for it.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use sea_orm::Statement;

/// What was sent over all connections of a store.
#[derive(Default)]
pub(super) struct Statements {
    count: AtomicU64,
    is_recording: AtomicBool,
    kept: Mutex<Vec<Statement>>,
}

impl Statements {
    pub(super) fn note(&self, sent: &Statement) {
        self.count.fetch_add(1, Ordering::Relaxed);
        if self.is_recording.load(Ordering::Relaxed) {
            self.kept().push(sent.clone());
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    pub(super) fn record(&self) {
        self.kept().clear();
        self.is_recording.store(true, Ordering::Relaxed);
    }

    pub(super) fn take(&self) -> Vec<Statement> {
        self.is_recording.store(false, Ordering::Relaxed);
        std::mem::take(&mut *self.kept())
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Statement>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
