//! Providers' keys, kept for a while and read anew when a token names one that is not among them.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
};

use tokio::sync::Mutex;
use uuid::Uuid;

use super::{
    fetch::Fetch,
    keys::{Keys, Wanted},
};
use crate::{
    clock::Time,
    config::ProviderSettings,
    domain::provider_urls::ProviderUrl,
    error::{Error, Result},
};

/// How many providers' keys are kept: 64 KiB each at most.
const MAX_KEPT: usize = 1_000;

/// The keys of all providers that were asked.
#[derive(Clone)]
pub(super) struct Cache {
    kept: Arc<std::sync::Mutex<HashMap<(Uuid, String), Slot>>>,
    good_for: chrono::TimeDelta,
    asked_every: chrono::TimeDelta,
    serves_for: chrono::TimeDelta,
}

/// Held by whoever asks the provider, so that the others wait for his answer.
type Slot = Arc<Mutex<Kept>>;

#[derive(Default)]
struct Kept {
    keys: Option<(Arc<Keys>, Time)>,
    asked: Option<Time>,
}

impl Cache {
    pub(super) fn new(settings: &ProviderSettings) -> Self {
        let span = |span| chrono::TimeDelta::from_std(span).unwrap_or(chrono::TimeDelta::MAX);
        Self {
            kept: Arc::default(),
            good_for: span(settings.sso_keys_ttl),
            asked_every: span(settings.sso_keys_interval),
            serves_for: span(settings.sso_keys_stale),
        }
    }

    /// The keys of a connection's provider. They are read if none are kept, if they are old, or if the wanted one is not among
    /// them; but not more often than the settings say, and old ones serve on for a while when the provider does not answer.
    ///
    /// `but` are keys that were tried in vain: others are wanted, since a provider may have changed one and kept its id, or
    /// name none.
    ///
    /// # Errors
    /// `SSO_KEYS_UNAVAILABLE`.
    pub(super) async fn get(
        &self,
        (connection, url): (Uuid, &ProviderUrl),
        (wanted, but): (Wanted<'_>, Option<&Arc<Keys>>),
        (now, fetch): (Time, &Fetch),
    ) -> Result<Arc<Keys>> {
        let slot = self.slot((connection, url.as_str().to_owned()));
        let mut kept = slot.lock().await;
        if let Some((keys, read)) = &kept.keys {
            let is_there = keys.fitting(wanted).next().is_some();
            let is_new = but.is_none_or(|tried| !Arc::ptr_eq(tried, keys));
            if is_there && is_new && now - *read < self.good_for {
                return Ok(Arc::clone(keys));
            }
        }
        if kept
            .asked
            .is_none_or(|asked| now - asked >= self.asked_every)
        {
            kept.asked = Some(now);
            if let Some(keys) = fetch.keys((connection, url)).await {
                kept.keys = Some((Arc::new(keys), now));
            }
        }
        match &kept.keys {
            Some((keys, read)) if now - *read < self.serves_for => Ok(Arc::clone(keys)),
            _ => Err(Error::KeysUnavailable),
        }
    }

    fn slot(&self, of: (Uuid, String)) -> Slot {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // Which one is forgotten does not matter: its keys are read again.
        if kept.len() >= MAX_KEPT && !kept.contains_key(&of) {
            let any = kept.keys().next().cloned();
            if let Some(any) = any {
                kept.remove(&any);
            }
        }
        Arc::clone(kept.entry(of).or_default())
    }
}
