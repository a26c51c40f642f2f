//! `KeyService`'s calls: keys made, listed and revoked by an operator who calls.

use prost::Message;

use super::{Birth, happened, made};
use crate::{
    app::{
        Call, Caller, Context,
        authority::{self, Place},
        calls::once,
        no_key,
    },
    clock::Time,
    domain::{
        events::EventType,
        keys::{ApiKey, ApiKeyPosition, KeyText},
        new_keys::NewKey,
        pages::Page,
        permissions::Permission,
    },
    error::Result,
    store,
};
use uuid::Uuid;

/// Makes a key of this text. The text is no part of the answer, which is stored when the call has a request id: whoever
/// calls adds it to the answer that names this key, and so not to one that was given before.
///
/// # Errors
/// `PERMISSION_MISSING`, `TEAM_NOT_FOUND`, `KEYS_USED_UP`, `CERTIFICATE_NAME_TAKEN`; `INVALID` for an end that is past.
pub async fn create<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (text, new): (&KeyText, &NewKey),
    show: impl Fn(ApiKey, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, Place::Deployment, now), show, |tx| async move {
        authority::operator(call.caller(), Permission::KeysUpdate)?;
        let birth = Birth { text, new };
        made(ctx, &tx, (birth, call.made(now))).await
    })
    .await
}

/// A page of keys, revoked and expired ones too; of one team only, if one is given.
///
/// # Errors
/// `PERMISSION_MISSING`.
pub async fn list(
    ctx: &Context,
    caller: &Caller,
    team: Option<Uuid>,
    page: (Option<ApiKeyPosition>, u64),
) -> Result<Page<ApiKey>> {
    authority::operator(caller, Permission::KeysUpdate)?;
    store::keys::page(&ctx.store, team, page).await
}

/// Revokes a key, unless it was. This process forgets it at once, also when nobody knows whether it was stored.
///
/// # Errors
/// `PERMISSION_MISSING`, `KEY_NOT_FOUND`.
pub async fn revoke<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    id: &str,
    show: impl Fn(ApiKey, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let answer = once(ctx, (call, Place::Deployment, now), show, |tx| async move {
        authority::operator(call.caller(), Permission::KeysUpdate)?;
        let key = store::keys::by_id(&tx, id).await?;
        let mut key = key.ok_or_else(|| no_key(id))?;

        if key.revoke_time.is_none() {
            store::keys::revoke(&tx, id, now).await?;
            happened(&tx, EventType::KeyRevoked, (id, call.made(now))).await?;
            key.revoke_time = Some(now);
        }
        Ok(key)
    })
    .await;
    ctx.keys.forget(id);
    answer
}
