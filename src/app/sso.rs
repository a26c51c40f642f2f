//! A team's SSO connections. What a sign-in does is told by `sign_ins`.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Caller, Context,
    authority::{self, Place},
    calls::once,
};
use crate::{
    clock::Time,
    domain::{
        events::{EventType, Happening, Payload},
        pages::Page,
        provider_urls::ProviderUrl,
        sso::{self, Algorithm, KeySource, SsoChanges, SsoConnection, SsoSettings},
    },
    error::{Error, FieldViolation, Reason, Result, Rule},
    ids,
    oidc::Keys,
    store::{self, Reads},
};

/// Make a connection.
pub struct Create {
    /// The team.
    pub team_id: Uuid,
    /// Whose tokens it takes.
    pub issuer: ProviderUrl,
    /// The rest.
    pub settings: SsoSettings,
}

/// Makes a connection.
///
/// # Errors
/// `INVALID`, `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `SSO_ISSUER_TAKEN`, `SSO_CONNECTIONS_USED_UP`.
pub async fn create<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    command: &Create,
    show: impl Fn(SsoConnection, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    reachable(ctx, "connection.issuer", &command.issuer)?;
    let place = Place::Team(command.team_id);
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let (team, _) = authority::enter(tx, call.caller(), command.team_id).await?;
        let connection = SsoConnection {
            id: ids::new(now),
            team_id: team.id,
            issuer: command.issuer.clone(),
            settings: command.settings.clone(),
            create_time: now,
            update_time: now,
        };

        usable(ctx, &connection)?;
        sso::another(store::sso::count(tx, team.id).await?)?;
        // Which team has it is nobody's to know.
        let holder = store::sso::by_issuer(tx, connection.issuer.as_str()).await?;
        if holder.is_some() {
            return Err(Error::Refused(Reason::SsoIssuerTaken));
        }

        store::sso::insert(tx, &connection).await?;
        let event = happened(&connection, EventType::SsoConnectionCreated, &[]);
        store::events::append(tx, &[event], call.made(now)).await?;
        Ok(connection)
    })
    .await
}

/// One connection.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `SSO_CONNECTION_NOT_FOUND`.
pub async fn get(
    ctx: &Context,
    caller: &Caller,
    (team, id): (Uuid, Uuid),
) -> Result<SsoConnection> {
    let team = authority::look(ctx, caller, (team, None)).await?;
    find(&ctx.store, (team.id, id)).await
}

/// A page of a team's connections.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`.
pub async fn list(
    ctx: &Context,
    caller: &Caller,
    team: Uuid,
    cut: (Option<Uuid>, u64),
) -> Result<Page<SsoConnection>> {
    let team = authority::look(ctx, caller, (team, None)).await?;
    store::sso::page(&ctx.store, team.id, cut).await
}

/// Changes a connection. What has its value already is no change.
///
/// # Errors
/// `INVALID`, `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `SSO_CONNECTION_NOT_FOUND`, `ETAG_MISMATCH`.
pub async fn update<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    ((team, id), changes): ((Uuid, Uuid), &SsoChanges),
    show: impl Fn(SsoConnection, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, Place::Team(team), now), show, |tx| async move {
        let tx = &tx;
        let (team, _) = authority::enter(tx, call.caller(), team).await?;
        let before = find(tx, (team.id, id)).await?;

        call.expect(&before.etag())?;
        let (connection, fields) = before.changed(changes, now);
        if fields.is_empty() {
            return Ok(connection);
        }
        usable(ctx, &connection)?;

        store::sso::update(tx, &connection).await?;
        let event = happened(&connection, EventType::SsoConnectionUpdated, &fields);
        store::events::append(tx, &[event], call.made(now)).await?;
        Ok(connection)
    })
    .await
}

/// Deletes a connection, and with it the identities of its people.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `SSO_CONNECTION_NOT_FOUND`, `ETAG_MISMATCH`.
pub async fn delete<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (team, id): (Uuid, Uuid),
    show: impl Fn((), Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, Place::Team(team), now), show, |tx| async move {
        let tx = &tx;
        let (team, _) = authority::enter(tx, call.caller(), team).await?;
        let connection = find(tx, (team.id, id)).await?;

        call.expect(&connection.etag())?;

        store::sso::delete(tx, team.id, id).await?;
        let event = happened(&connection, EventType::SsoConnectionDeleted, &[]);
        store::events::append(tx, &[event], call.made(now)).await
    })
    .await
}

async fn find(db: &impl Reads, (team, id): (Uuid, Uuid)) -> Result<SsoConnection> {
    store::sso::by_id(db, team, id)
        .await?
        .ok_or_else(|| sso::missing(id))
}

/// That a signature could be checked with what the connection says.
fn usable(ctx: &Context, connection: &SsoConnection) -> Result<()> {
    let algorithms: &[Algorithm] = &connection.settings.algorithms;
    match &connection.settings.keys {
        KeySource::Uri(uri) => reachable(ctx, "connection.jwks_uri", uri),
        KeySource::Set(set) if Keys::parse(set.as_bytes()).serve(algorithms) => Ok(()),
        KeySource::Set(_) => Err(FieldViolation::new("connection.jwks", Rule::Malformed).into()),
    }
}

/// That an address is of the open internet, unless this deployment lets its own machine be asked.
fn reachable(ctx: &Context, field: &str, url: &ProviderUrl) -> Result<()> {
    if ctx.providers.may_ask(url) {
        Ok(())
    } else {
        Err(FieldViolation::new(field, Rule::Malformed).into())
    }
}

fn happened(connection: &SsoConnection, event_type: EventType, changed: &[&str]) -> Happening {
    let changed = changed.iter().map(|name| (*name).to_owned()).collect();
    Happening {
        event_type,
        team_id: Some(connection.team_id),
        user_id: None,
        payload: Payload::Sso(connection.id, changed),
    }
}
