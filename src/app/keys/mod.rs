//! API keys: made, listed and revoked, by those who call and those who have the database; and asked for at every call.

use super::{Context, no_team};
use crate::{
    clock::Time,
    domain::{
        events::{EventType, Happening, Origin, Payload},
        keys::{ApiKey, KeyText},
        names::DisplayName,
        new_keys::{CertificateName, NewKey, free_slot},
    },
    error::{Error, Reason, Resource, Result},
    secrets,
    store::{self, Store, Tx, events::Made},
};

mod cache;
mod credentials;
pub mod service;
mod uses;

pub use cache::{Handle, KeyCache, Ticket};
pub use credentials::{authenticate, authenticate_certificate, confirm, still_good};
pub use uses::store_uses;

/// Makes an operator's key. Its text is shown once and kept nowhere.
///
/// # Errors
/// As [`adopt`].
pub async fn create(ctx: &Context, display_name: &str) -> Result<KeyText> {
    let name = DisplayName::parse("display_name", display_name)?;
    create_with(ctx, &NewKey::operator(name)).await
}

/// Makes any key.
///
/// # Errors
/// As [`adopt`].
pub async fn create_with(ctx: &Context, new: &NewKey) -> Result<KeyText> {
    let text = fresh()?;
    adopt(ctx, &text, new).await?;
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
/// `TEAM_NOT_FOUND`, `KEYS_USED_UP`, `CERTIFICATE_NAME_TAKEN`; `INVALID` for an end that is past.
pub async fn adopt(ctx: &Context, text: &KeyText, new: &NewKey) -> Result<()> {
    let by = &Origin::default();
    let at = ctx.clock.now();
    ctx.store
        .write(|tx| async move {
            let birth = Birth { text, new };
            made(ctx, &tx, (birth, Made { by, at })).await.map(drop)
        })
        .await
}

/// A key that comes into being.
#[derive(Clone, Copy)]
struct Birth<'a> {
    text: &'a KeyText,
    new: &'a NewKey,
}

/// Stores a key, if there may be one more of its name and its certificate's, and the event of it.
async fn made(ctx: &Context, tx: &Tx, (birth, made): (Birth<'_>, Made<'_>)) -> Result<ApiKey> {
    let (text, new, now) = (birth.text, birth.new, made.at);
    new.begins(now)?;
    if let Some(team) = new.team_id {
        let found = store::teams::by_id(tx, team).await?;
        found.ok_or_else(|| no_team(team))?;
    }
    let name = new.display_name.as_str();
    let certificate = new.certificate_name.as_ref().map(CertificateName::as_str);
    store::keys::free_expired(tx, (name, certificate), now).await?;
    let slot = free_slot(&store::keys::slots(tx, name, now).await?)?;
    free_certificate(tx, certificate, now).await?;

    let key = ApiKey {
        id: text.id().to_owned(),
        display_name: name.to_owned(),
        scopes: new.scopes.as_slice().to_vec(),
        team_id: new.team_id,
        hash: ctx.secrets.api_key_hash(text.text().as_bytes()),
        create_time: now,
        revoke_time: None,
        expire_time: new.expire_time,
        last_use_time: None,
        certificate_name: certificate.map(str::to_owned),
    };
    store::keys::insert(tx, &key, slot).await?;
    happened(tx, EventType::KeyCreated, (&key.id, made)).await?;
    Ok(key)
}

async fn free_certificate(tx: &Tx, name: Option<&str>, now: Time) -> Result<()> {
    let Some(name) = name else {
        return Ok(());
    };
    let holders = store::keys::by_certificate_names(tx, &[name.to_owned()], now).await?;
    let Some(holder) = holders.into_iter().next() else {
        return Ok(());
    };
    let reason = Reason::CertificateNameTaken;
    Err(Error::AlreadyExists(
        reason,
        Resource {
            reason,
            kind: "muster.v1.ApiKey",
            name: holder.id,
        },
    ))
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
    let name = DisplayName::parse("display_name", "first operator").map_err(Error::from)?;
    adopt(ctx, &text, &NewKey::operator(name)).await?;
    Ok(true)
}

/// Every key.
///
/// # Errors
/// Only the database's.
pub async fn list(ctx: &Context) -> Result<Vec<ApiKey>> {
    store::keys::list(&ctx.store).await
}

/// Revokes a key, unless it was; whether it exists. It needs no secret. Processes that serve notice when they look the key
/// up anew, within `--keys-fresh`.
///
/// # Errors
/// Only the database's.
pub async fn revoke(store: &Store, id: &str, now: Time) -> Result<bool> {
    let by = &Origin::default();
    store
        .write(|tx| async move {
            let Some(key) = store::keys::by_id(&tx, id).await? else {
                return Ok(false);
            };
            if key.revoke_time.is_none() {
                store::keys::revoke(&tx, id, now).await?;
                happened(&tx, EventType::KeyRevoked, (id, Made { by, at: now })).await?;
            }
            Ok(true)
        })
        .await
}

/// The event of a key.
async fn happened(tx: &Tx, event_type: EventType, (id, made): (&str, Made<'_>)) -> Result<()> {
    let event = Happening {
        event_type,
        team_id: None,
        user_id: None,
        payload: Payload::Key(id.to_owned()),
    };
    store::events::append(tx, &[event], made).await
}
