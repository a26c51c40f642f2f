//! The service's one secret and all that derives from it: keyed hashes, seals, page tags; also the only randomness.

use base64::{Engine, engine::general_purpose};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf, hmac,
    rand::{SecureRandom, SystemRandom},
};

use crate::error::{Error, Result};

/// How many bytes a key of the list must have at least.
const KEY_BYTES: usize = 32;

/// How long a page tag is.
pub const PAGE_TAG_BYTES: usize = 16;

/// The derived keys: the first secret signs and seals, all verify and open. It has no Debug on purpose.
#[derive(Clone)]
pub struct Secrets {
    keys: Vec<Derived>,
}

#[derive(Clone)]
struct Derived {
    id: String,
    tokens: hmac::Key,
    api_keys: hmac::Key,
    directories: hmac::Key,
    pages: hmac::Key,
    seal: [u8; 32],
}

/// Why a secret key list cannot be used. It never repeats the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    /// There is no key in it.
    #[error(
        "the secret key list is empty; give id:base64, for example what `muster serve` made in muster.secret"
    )]
    Empty,
    /// An entry is not `id:base64`.
    #[error(
        "entry {0} of the secret key list is not id:base64 with an id of 1 to 32 of [A-Za-z0-9._-]"
    )]
    Malformed(usize),
    /// An entry is shorter than 32 bytes.
    #[error("entry {0} of the secret key list is shorter than 32 bytes")]
    Short(usize),
    /// Two entries have one id.
    #[error("entry {0} of the secret key list repeats an id")]
    Repeated(usize),
}

impl Secrets {
    /// Reads a list of `id:base64`, separated by commas or white space.
    ///
    /// # Errors
    /// Tells which entry is at fault, never what it holds.
    pub fn parse(list: &str) -> Result<Self, SecretsError> {
        let mut keys: Vec<Derived> = Vec::new();
        let entries = list
            .split(|c: char| c == ',' || c.is_whitespace())
            .filter(|entry| !entry.is_empty());
        for (index, entry) in entries.enumerate() {
            let place = index + 1;
            let (id, text) = entry
                .split_once(':')
                .ok_or(SecretsError::Malformed(place))?;
            let named = (1..=32).contains(&id.len())
                && id
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
            let bytes = general_purpose::STANDARD
                .decode(text)
                .map_err(|_| SecretsError::Malformed(place))?;
            if !named {
                return Err(SecretsError::Malformed(place));
            }
            if bytes.len() < KEY_BYTES {
                return Err(SecretsError::Short(place));
            }
            if keys.iter().any(|key| key.id == id) {
                return Err(SecretsError::Repeated(place));
            }
            keys.push(Derived::from(id, &bytes));
        }
        if keys.is_empty() {
            return Err(SecretsError::Empty);
        }
        Ok(Self { keys })
    }

    /// The text of a new list with one key.
    ///
    /// # Errors
    /// Fails if the operating system has no randomness.
    pub fn generate() -> Result<String> {
        Ok(format!(
            "k1:{}",
            general_purpose::STANDARD.encode(random::<KEY_BYTES>()?)
        ))
    }

    /// The keyed hash under which a link's token is stored from now on.
    #[must_use]
    pub fn token_hash(&self, token: &[u8]) -> Vec<u8> {
        tag(&self.first().tokens, token)
    }

    /// Every keyed hash under which a link's token may be stored.
    #[must_use]
    pub fn token_hashes(&self, token: &[u8]) -> Vec<Vec<u8>> {
        self.keys
            .iter()
            .map(|key| tag(&key.tokens, token))
            .collect()
    }

    /// The keyed hash under which an API key is stored.
    #[must_use]
    pub fn api_key_hash(&self, key: &[u8]) -> Vec<u8> {
        tag(&self.first().api_keys, key)
    }

    /// Whether `hash` is of this API key, in constant time.
    #[must_use]
    pub fn is_api_key(&self, key: &[u8], hash: &[u8]) -> bool {
        self.keys
            .iter()
            .any(|derived| hmac::verify(&derived.api_keys, key, hash).is_ok())
    }

    /// The keyed hash under which a directory's token is stored.
    #[must_use]
    pub fn directory_token_hash(&self, token: &[u8]) -> Vec<u8> {
        tag(&self.first().directories, token)
    }

    /// Whether `hash` is of this directory's token, in constant time.
    #[must_use]
    pub fn is_directory_token(&self, token: &[u8], hash: &[u8]) -> bool {
        self.keys
            .iter()
            .any(|derived| hmac::verify(&derived.directories, token, hash).is_ok())
    }

    /// The tag that makes a page token ours.
    #[must_use]
    pub fn page_tag(&self, bound: &[u8]) -> [u8; PAGE_TAG_BYTES] {
        short_tag(&self.first().pages, bound)
    }

    /// Whether a page token's tag is ours, in constant time.
    #[must_use]
    pub fn is_page_tag(&self, bound: &[u8], given: &[u8]) -> bool {
        self.keys.iter().any(|key| {
            let expected = short_tag(&key.pages, bound);
            given.len() == expected.len()
                && expected
                    .iter()
                    .zip(given)
                    .fold(0, |differs, (a, b)| differs | (a ^ b))
                    == 0
        })
    }

    /// Seals a token so that only `context` opens it: the key's id, a nonce, the sealed bytes.
    ///
    /// # Errors
    /// Fails if the operating system has no randomness.
    pub fn seal(&self, token: &[u8], context: &[u8]) -> Result<Vec<u8>> {
        let key = self.first();
        let nonce = random::<NONCE_LEN>()?;
        let mut body = token.to_vec();
        key.sealer()?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(context),
                &mut body,
            )
            .map_err(|_| Error::internal("sealing failed"))?;
        let length = u8::try_from(key.id.len()).unwrap_or(u8::MAX);
        Ok([&[length], key.id.as_bytes(), &nonce[..], &body[..]].concat())
    }

    /// Opens what [`Self::seal`] made for the same context.
    ///
    /// # Errors
    /// Fails if the bytes were altered, belong to another context, or their key left the list.
    pub fn open(&self, sealed: &[u8], context: &[u8]) -> Result<Vec<u8>> {
        self.try_open(sealed, context)
            .ok_or_else(|| Error::internal("a seal cannot be opened with the keys of the list"))
    }

    fn try_open(&self, sealed: &[u8], context: &[u8]) -> Option<Vec<u8>> {
        let (length, rest) = sealed.split_first()?;
        let (id, rest) = rest.split_at_checked(usize::from(*length))?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN)?;
        let key = self.keys.iter().find(|key| key.id.as_bytes() == id)?;
        let mut body = body.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = key
            .sealer()
            .ok()?
            .open_in_place(nonce, Aad::from(context), &mut body)
            .ok()?;
        Some(opened.to_vec())
    }

    fn first(&self) -> &Derived {
        // `parse` is the only maker and refuses an empty list.
        &self.keys[0]
    }
}

impl Derived {
    fn from(id: &str, secret: &[u8]) -> Self {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"muster.secret-key.v1").extract(secret);
        let key = |purpose: &str| {
            let mut bytes = [0; 32];
            root.expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256)
                .and_then(|okm| okm.fill(&mut bytes))
                .expect("one block of HKDF-SHA256 is 32 bytes");
            bytes
        };
        let mac = |purpose: &str| hmac::Key::new(hmac::HMAC_SHA256, &key(purpose));
        Self {
            id: id.to_owned(),
            tokens: mac("invitation-tokens"),
            api_keys: mac("api-keys"),
            directories: mac("directory-tokens"),
            pages: mac("page-tokens"),
            seal: key("outbox-seals"),
        }
    }

    fn sealer(&self) -> Result<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM, &self.seal)
            .map(LessSafeKey::new)
            .map_err(|_| Error::internal("the seal key has the wrong length"))
    }
}

/// Bytes from the operating system.
///
/// # Errors
/// Fails if it has none.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Error::internal("the operating system gave no randomness"))?;
    Ok(bytes)
}

fn tag(key: &hmac::Key, data: &[u8]) -> Vec<u8> {
    hmac::sign(key, data).as_ref().to_vec()
}

fn short_tag(key: &hmac::Key, data: &[u8]) -> [u8; PAGE_TAG_BYTES] {
    let mut short = [0; PAGE_TAG_BYTES];
    short.copy_from_slice(&hmac::sign(key, data).as_ref()[..PAGE_TAG_BYTES]);
    short
}
