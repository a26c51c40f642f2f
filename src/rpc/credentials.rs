//! What a call brings to say who makes it: a key, or a client certificate that is as good as one.

use std::sync::Arc;

use http::{HeaderMap, header::AUTHORIZATION};

use super::peer::Peer;
use crate::{
    app::{self, Context},
    domain::keys::ApiKey,
    error::{Error, Reason, Result},
};

/// The key of a call. A header decides, also against a certificate; without either there is none.
///
/// # Errors
/// `CREDENTIAL_MISSING`, `CREDENTIAL_INVALID`.
pub(super) async fn key(
    ctx: &Context,
    headers: &HeaderMap,
    peer: Option<&Peer>,
) -> Result<Arc<ApiKey>> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        let names = peer.map(|peer| &peer.certificate_names[..]);
        return match names {
            Some(names @ [_, ..]) => app::keys::authenticate_certificate(ctx, names).await,
            Some([]) | None => Err(Error::Unauthenticated(Reason::CredentialMissing)),
        };
    };
    let key = header
        .to_str()
        .ok()
        .and_then(|text| {
            let (scheme, key) = text.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
        })
        .ok_or(Error::Unauthenticated(Reason::CredentialInvalid))?;
    app::keys::authenticate(ctx, key).await
}
