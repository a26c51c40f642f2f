//! OpenID providers: their keys, read and kept for a while, and whether a token is signed by one of them. What a token says
//! is read in `domain/id_tokens`.

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    clock::Time,
    config::ProviderSettings,
    domain::{
        id_tokens::TokenFault,
        provider_urls::ProviderUrl,
        sso::{KeySource, SsoConnection},
    },
    error::Result,
};

mod addresses;
mod cache;
mod fetch;
mod keys;
mod signatures;
mod token;

pub use keys::Keys;
pub use token::Token;

use cache::Cache;
use fetch::Fetch;

/// What is known of providers, shared by all calls of a process.
#[derive(Clone)]
pub struct Providers {
    fetch: Fetch,
    cache: Cache,
}

impl Providers {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(settings: &ProviderSettings) -> Self {
        Self {
            fetch: Fetch::new(settings),
            cache: Cache::new(settings),
        }
    }

    /// Whether this address may be asked here.
    #[must_use]
    pub const fn may_ask(&self, url: &ProviderUrl) -> bool {
        self.fetch.may_ask(url)
    }

    /// The claims of a token that is signed by a key of the connection.
    ///
    /// # Errors
    /// `ID_TOKEN_INVALID`, `SSO_KEYS_UNAVAILABLE`.
    pub async fn verify(
        &self,
        connection: &SsoConnection,
        token: &Token<'_>,
        now: Time,
    ) -> Result<Map<String, Value>> {
        let allowed = &connection.settings.algorithms;
        let algorithm = token.algorithm().filter(|one| allowed.contains(one));
        let algorithm = algorithm.ok_or(TokenFault::Algorithm)?;
        let wanted = (token.key_id(), algorithm);
        let keys = match &connection.settings.keys {
            KeySource::Set(set) => Arc::new(Keys::parse(set.as_bytes())),
            KeySource::Uri(url) => self.keys((connection.id, url), wanted, now).await?,
        };
        let mut fault = TokenFault::Key;
        for key in keys.fitting(wanted) {
            if let Some(claims) = signatures::verify(token, key, algorithm) {
                return Ok(claims);
            }
            fault = TokenFault::Signature;
        }
        Err(fault.into())
    }

    async fn keys(
        &self,
        of: (Uuid, &ProviderUrl),
        wanted: keys::Wanted<'_>,
        now: Time,
    ) -> Result<Arc<Keys>> {
        self.cache.get(of, wanted, (now, &self.fetch)).await
    }
}
