//! What a call brings to say who makes it: a key, or a client certificate that is as good as one.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};

use super::peer::Peer;
use crate::{
    app::{self, Context},
    domain::keys::ApiKey,
    error::{Error, Reason, Result},
};

/// What says who calls, before anybody knows whether it is good.
#[derive(Clone, Copy, Hash)]
pub(super) enum Credential<'a> {
    /// The header with an API key.
    Header(&'a HeaderValue),
    /// The names of a client certificate; at least one.
    Certificate(&'a [String]),
}

impl<'a> Credential<'a> {
    /// The one that decides: a header, also against a certificate. Without either there is none.
    pub(super) fn of(headers: &'a HeaderMap, peer: Option<&'a Peer>) -> Option<Self> {
        if let Some(header) = headers.get(AUTHORIZATION) {
            return Some(Self::Header(header));
        }
        let names = peer.map(|peer| &peer.certificate_names[..]);
        names
            .filter(|names| !names.is_empty())
            .map(Self::Certificate)
    }
}

/// The key of a call.
///
/// # Errors
/// `CREDENTIAL_MISSING`, `CREDENTIAL_INVALID`.
pub(super) async fn key(ctx: &Context, credential: Option<Credential<'_>>) -> Result<Arc<ApiKey>> {
    match credential {
        Some(Credential::Header(header)) => {
            let text = bearer(header).ok_or(Error::Unauthenticated(Reason::CredentialInvalid))?;
            app::keys::authenticate(ctx, text).await
        }
        Some(Credential::Certificate(names)) => {
            app::keys::authenticate_certificate(ctx, names).await
        }
        None => Err(Error::Unauthenticated(Reason::CredentialMissing)),
    }
}

fn bearer(header: &HeaderValue) -> Option<&str> {
    let (scheme, key) = header.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}
