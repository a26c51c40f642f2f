//! A token before anybody has checked it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Header, decode_header};
use serde::Deserialize;

use crate::domain::{id_tokens::TokenFault, sso::Algorithm};

/// The bytes of a token at most.
const MAX_BYTES: usize = 16 * 1024;

/// A signed token of three parts. It has no Debug: it is as good as a password for an hour.
pub struct Token<'a> {
    text: &'a str,
    header: Header,
    issuer: String,
}

/// The one claim that is read before the signature is checked: it tells whose keys to check it with.
#[derive(Deserialize)]
struct Unchecked {
    iss: String,
}

impl<'a> Token<'a> {
    /// Reads a token's header and whose it claims to be.
    ///
    /// # Errors
    /// `MALFORMED`: it is no signed token, another kind of one, or has extensions that must be understood
    /// (RFC 7515, section 4.1.11).
    pub fn parse(text: &'a str) -> Result<Self, TokenFault> {
        if text.len() > MAX_BYTES {
            return Err(TokenFault::Malformed);
        }
        let header = decode_header(text).map_err(|_| TokenFault::Malformed)?;
        // An access token of the same provider is signed alike, and is no word about who signed in.
        let is_id_token = match &header.typ {
            None => true,
            Some(typ) => typ.eq_ignore_ascii_case("JWT"),
        };
        if !is_id_token || header.crit.is_some() || header.enc.is_some() || header.zip.is_some() {
            return Err(TokenFault::Malformed);
        }
        let mut parts = text.split('.');
        let payload = parts.nth(1).ok_or(TokenFault::Malformed)?;
        let payload = URL_SAFE_NO_PAD.decode(payload);
        let payload = payload.map_err(|_| TokenFault::Malformed)?;
        let claims: Unchecked =
            serde_json::from_slice(&payload).map_err(|_| TokenFault::Malformed)?;
        Ok(Self {
            text,
            header,
            issuer: claims.iss,
        })
    }

    /// Whose it claims to be.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) const fn text(&self) -> &str {
        self.text
    }

    pub(super) fn key_id(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// With what it claims to be signed, if that is anything that could be taken.
    pub(super) const fn algorithm(&self) -> Option<Algorithm> {
        use jsonwebtoken::Algorithm as Jwa;

        match self.header.alg {
            Jwa::RS256 => Some(Algorithm::Rs256),
            Jwa::RS384 => Some(Algorithm::Rs384),
            Jwa::RS512 => Some(Algorithm::Rs512),
            Jwa::PS256 => Some(Algorithm::Ps256),
            Jwa::ES256 => Some(Algorithm::Es256),
            Jwa::ES384 => Some(Algorithm::Es384),
            Jwa::EdDSA => Some(Algorithm::EdDsa),
            // What a secret would be shared for, and what is new.
            _ => None,
        }
    }
}
