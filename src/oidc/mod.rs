//! OpenID providers: their keys, read and kept for a while, and whether a token is signed by one of them. What a token says
//! is read in `domain/id_tokens`.

use serde_json::{Map, Value};

use crate::{
    clock::Time,
    config::ProviderSettings,
    domain::{
        id_tokens::TokenFault,
        provider_urls::ProviderUrl,
        sso::{Algorithm, KeySource, SsoConnection},
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
        let url = match &connection.settings.keys {
            KeySource::Set(set) => {
                let keys = Keys::parse(set.as_bytes());
                return Ok(signed(token, &keys, algorithm)?);
            }
            KeySource::Uri(url) => url,
        };
        let of = (connection.id, url);
        let when = (now, &self.fetch);
        let keys = self.cache.get(of, (wanted, None), when).await?;
        if let Ok(claims) = signed(token, &keys, algorithm) {
            return Ok(claims);
        }
        let others = self.cache.get(of, (wanted, Some(&keys)), when).await?;
        Ok(signed(token, &others, algorithm)?)
    }
}

/// The claims of a token, if one of the keys signed it.
fn signed(
    token: &Token<'_>,
    keys: &Keys,
    algorithm: Algorithm,
) -> Result<Map<String, Value>, TokenFault> {
    let mut fault = TokenFault::Key;
    for key in keys.fitting((token.key_id(), algorithm)) {
        if let Some(claims) = signatures::verify(token, key, algorithm) {
            return Ok(claims);
        }
        fault = TokenFault::Signature;
    }
    Err(fault)
}
