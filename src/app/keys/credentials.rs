//! Which key a caller came with: asked for at every call, so answered from memory for a few seconds.

use std::sync::Arc;

use super::cache::Handle;
use crate::{
    app::Context,
    clock::Time,
    domain::keys::{ApiKey, KeyText},
    error::{Error, Reason, Result},
    store,
};

/// How many names of one certificate are looked at.
const MOST_NAMES: usize = 100;

/// The key that a caller came with. It is looked up once in `--keys-fresh`: revoked elsewhere, it is good for so long, and
/// no longer. Unknown, revoked, expired and forged ones take the same statement and answer.
///
/// # Errors
/// `CREDENTIAL_INVALID`.
pub async fn authenticate(ctx: &Context, text: &str) -> Result<Arc<ApiKey>> {
    let text = KeyText::parse(text).ok_or_else(invalid)?;
    let now = ctx.clock.now();
    let key = by_id(ctx, text.id()).await?;
    let hash = key.as_ref().map_or(&[0; 32][..], |key| &key.hash);
    let matches = ctx.secrets.is_api_key(text.text().as_bytes(), hash);
    good(ctx, key.filter(|_| matches), now)
}

async fn by_id(ctx: &Context, id: &str) -> Result<Option<Arc<ApiKey>>> {
    let handle = Handle::Id(id.to_owned());
    let at = ctx.clock.steady();
    let (remembered, ticket) = ctx.keys.recall(&handle, (at, ctx.settings.keys_fresh));
    if remembered.is_some() {
        return Ok(remembered);
    }
    // One that does not exist is not remembered: anybody could make up as many as he likes.
    let key = store::keys::by_id(&ctx.store, id).await?.map(Arc::new);
    if let Some(key) = &key {
        ctx.keys.remember(handle, key, (at, ticket));
    }
    Ok(key)
}

/// The key of a caller who presented a client certificate and no key: the live one that has the first of the certificate's
/// names which any has. What holds for [`authenticate`] holds for it too.
///
/// # Errors
/// `CREDENTIAL_INVALID`.
pub async fn authenticate_certificate(ctx: &Context, names: &[String]) -> Result<Arc<ApiKey>> {
    let names = &names[..names.len().min(MOST_NAMES)];
    let now = ctx.clock.now();
    let handle = Handle::Certificate(names.to_vec());
    let at = ctx.clock.steady();
    let (remembered, ticket) = ctx.keys.recall(&handle, (at, ctx.settings.keys_fresh));
    // Another key may have the certificate of one that has expired since.
    if let Some(key) = remembered.filter(|key| key.is_live(now)) {
        return good(ctx, Some(key), now);
    }
    let keys = store::keys::by_certificate_names(&ctx.store, names, now).await?;
    let place = |key: &ApiKey| {
        names
            .iter()
            .position(|name| Some(name) == key.certificate_name.as_ref())
    };
    let key = keys.into_iter().min_by_key(place).map(Arc::new);
    if let Some(key) = &key {
        ctx.keys.remember(handle, key, (at, ticket));
    }
    good(ctx, key, now)
}

/// Whether the key of a call is good still, now that all of the request has come: what came slowly may have taken longer
/// than a key is remembered.
///
/// # Errors
/// `CREDENTIAL_INVALID`.
pub async fn confirm(ctx: &Context, id: &str) -> Result<()> {
    let now = ctx.clock.now();
    let key = by_id(ctx, id).await?;
    good(ctx, key, now).map(drop)
}

/// Whether a key that a long call came with is still good; asked of the database, since it is asked seldom.
///
/// # Errors
/// `CREDENTIAL_INVALID`.
pub async fn still_good(ctx: &Context, id: &str) -> Result<()> {
    let now = ctx.clock.now();
    let key = store::keys::by_id(&ctx.store, id).await?.map(Arc::new);
    good(ctx, key, now).map(drop)
}

/// That a key is live, whenever it was looked up; then it is used.
fn good(ctx: &Context, key: Option<Arc<ApiKey>>, now: Time) -> Result<Arc<ApiKey>> {
    let key = key.filter(|key| key.is_live(now)).ok_or_else(invalid)?;
    ctx.keys.note_use(&key.id, now);
    Ok(key)
}

const fn invalid() -> Error {
    Error::Unauthenticated(Reason::CredentialInvalid)
}
