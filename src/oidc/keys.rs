//! A provider's public keys (RFC 7517).

use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

use crate::domain::sso::Algorithm;

/// How many keys of a set are read: enough for every provider, and a token that names none is tried with few.
const MAX_KEYS: usize = 64;

/// Which key a token wants: the one of an id, if it names one, and of its algorithm.
pub(super) type Wanted<'a> = (Option<&'a str>, Algorithm);

/// The keys of one provider that can check signatures.
pub struct Keys(Vec<Key>);

struct Key {
    id: Option<String>,
    /// The only algorithm for which the provider means it.
    algorithm: Option<String>,
    kind: Kind,
    public: DecodingKey,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

impl Keys {
    /// Reads a key set. What is no set has no keys, and a key that cannot be used here is left out: sets hold keys for other
    /// purposes too.
    #[must_use]
    pub fn parse(json: &[u8]) -> Self {
        let set = serde_json::from_slice::<Set>(json);
        let keys = set.map(|set| set.keys).unwrap_or_default();
        Self(keys.into_iter().take(MAX_KEYS).filter_map(key).collect())
    }

    /// Whether a token signed with one of these algorithms could be checked.
    #[must_use]
    pub fn serve(&self, algorithms: &[Algorithm]) -> bool {
        let mut algorithms = algorithms.iter();
        algorithms.any(|algorithm| self.fitting((None, *algorithm)).next().is_some())
    }

    /// The keys with which a signature may have been made.
    pub(super) fn fitting<'a>(
        &'a self,
        (id, algorithm): Wanted<'a>,
    ) -> impl Iterator<Item = &'a DecodingKey> {
        let fits = move |key: &&Key| {
            let is_named = id.is_none() || key.id.as_deref() == id;
            let is_meant = match &key.algorithm {
                None => true,
                Some(only) => only == algorithm.word(),
            };
            is_named && is_meant && key.kind == kind_for(algorithm)
        };
        self.0.iter().filter(fits).map(|key| &key.public)
    }
}

const fn kind_for(algorithm: Algorithm) -> Kind {
    match algorithm {
        Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512 | Algorithm::Ps256 => Kind::Rsa,
        Algorithm::Es256 => Kind::P256,
        Algorithm::Es384 => Kind::P384,
        Algorithm::EdDsa => Kind::Ed25519,
    }
}

fn key(json: Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(json).ok()?;
    let is_for_signatures = match &jwk.common.public_key_use {
        None | Some(PublicKeyUse::Signature) => true,
        Some(PublicKeyUse::Encryption | PublicKeyUse::Other(_)) => false,
    };
    let kind = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Kind::Rsa,
        AlgorithmParameters::EllipticCurve(it) if it.curve == EllipticCurve::P256 => Kind::P256,
        AlgorithmParameters::EllipticCurve(it) if it.curve == EllipticCurve::P384 => Kind::P384,
        AlgorithmParameters::OctetKeyPair(it) if it.curve == EllipticCurve::Ed25519 => {
            Kind::Ed25519
        }
        _ => return None,
    };
    let public = DecodingKey::from_jwk(&jwk).ok()?;
    is_for_signatures.then_some(Key {
        id: jwk.common.key_id,
        algorithm: jwk.common.key_algorithm.map(|it| it.to_string()),
        kind,
        public,
    })
}
