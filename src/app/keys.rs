//! API keys: made, listed, revoked, and asked for at every call.

use super::Context;
use crate::{
    clock::Time,
    domain::{
        events::{EventType, Happening, Origin, Payload},
        keys::{ApiKey, KeyText, Scope},
    },
    error::{Error, Reason, Result},
    secrets,
    store::{self, Store, Tx, events::Made},
};

/// Makes an operator's key. Its text is shown once and kept nowhere.
///
/// # Errors
/// Only the database's.
pub async fn create(ctx: &Context, display_name: &str) -> Result<KeyText> {
    let text = fresh()?;
    adopt(ctx, &text, display_name).await?;
    Ok(text)
}

/// A key that is stored nowhere yet.
///
/// # Errors
/// Fails if the operating system has no randomness.
pub fn fresh() -> Result<KeyText> {
    Ok(KeyText::new(secrets::random()?, secrets::random()?))
}

/// Stores a key that was made elsewhere.
///
/// # Errors
/// Only the database's.
pub async fn adopt(ctx: &Context, text: &KeyText, display_name: &str) -> Result<()> {
    let key = ApiKey {
        id: text.id().to_owned(),
        display_name: display_name.to_owned(),
        scopes: vec![Scope::Operator],
        team_id: None,
        hash: ctx.secrets.api_key_hash(text.text().as_bytes()),
        create_time: ctx.clock.now(),
        revoke_time: None,
    };
    let key = &key;
    ctx.store
        .write(|tx| async move {
            store::keys::insert(&tx, key).await?;
            happened(&tx, EventType::KeyCreated, (&key.id, key.create_time)).await
        })
        .await
}

/// Makes the first key of an empty database; `keep` stores its text before the key is committed, so that a key that
/// nobody holds cannot exist. Whether one was made. The caller holds the migration lock.
///
/// # Errors
/// What `keep` says, and then no key is made.
pub async fn bootstrap<E: From<Error>>(
    ctx: &Context,
    given: Option<&KeyText>,
    keep: impl Fn(&KeyText) -> Result<(), E>,
) -> Result<bool, E> {
    if store::keys::exists(&ctx.store).await? {
        return Ok(false);
    }
    let text = if let Some(text) = given {
        text.clone()
    } else {
        let text = fresh()?;
        keep(&text)?;
        text
    };
    adopt(ctx, &text, "first operator").await?;
    Ok(true)
}

/// The key that a caller came with. Unknown, revoked and forged ones take the same statement and answer.
///
/// # Errors
/// `CREDENTIAL_INVALID`.
pub async fn authenticate(ctx: &Context, text: &str) -> Result<ApiKey> {
    let invalid = || Error::Unauthenticated(Reason::CredentialInvalid);
    let text = KeyText::parse(text).ok_or_else(invalid)?;
    let now = ctx.clock.now();
    let key = store::keys::by_id(&ctx.store, text.id()).await?;
    let hash = key.as_ref().map_or(&[0; 32][..], |key| &key.hash);
    let matches = ctx.secrets.is_api_key(text.text().as_bytes(), hash);
    let live = key.filter(|key| key.is_live(now));
    live.filter(|_| matches).ok_or_else(invalid)
}

/// Whether a key that a long call came with is still good.
///
/// # Errors
/// `CREDENTIAL_INVALID`.
pub async fn still_good(ctx: &Context, id: &str) -> Result<()> {
    let now = ctx.clock.now();
    let key = store::keys::by_id(&ctx.store, id).await?;
    if key.is_some_and(|key| key.is_live(now)) {
        Ok(())
    } else {
        Err(Error::Unauthenticated(Reason::CredentialInvalid))
    }
}

/// Every key.
///
/// # Errors
/// Only the database's.
pub async fn list(ctx: &Context) -> Result<Vec<ApiKey>> {
    store::keys::list(&ctx.store).await
}

/// Revokes a key, unless it was; whether it exists. It needs no secret.
///
/// # Errors
/// Only the database's.
pub async fn revoke(store: &Store, id: &str, now: Time) -> Result<bool> {
    store
        .write(|tx| async move {
            let Some(key) = store::keys::by_id(&tx, id).await? else {
                return Ok(false);
            };
            if key.revoke_time.is_none() {
                store::keys::revoke(&tx, id, now).await?;
                happened(&tx, EventType::KeyRevoked, (id, now)).await?;
            }
            Ok(true)
        })
        .await
}

/// The event of a key, which the command line makes and revokes.
async fn happened(tx: &Tx, event_type: EventType, (id, now): (&str, Time)) -> Result<()> {
    let event = Happening {
        event_type,
        team_id: None,
        user_id: None,
        payload: Payload::Key(id.to_owned()),
    };
    let by = &Origin::default();
    store::events::append(tx, &[event], Made { by, at: now }).await
}
