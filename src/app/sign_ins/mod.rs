//! What an ID token is good for: it brings somebody who signed in, and it names for whom a service acts.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Context,
    authority::Place,
    calls::once,
    invitations::{self, Entered},
    team_domains::is_own,
    users,
};
use crate::{
    clock::Time,
    domain::{
        events::{EventType, Happening, Payload},
        id_tokens::{self, SignIn, TokenFault},
        members::Source,
        sso::SsoConnection,
        teams::Team,
        users::{ProfileChanges, User},
    },
    error::{Error, Result},
    oidc::Token,
    store::{self, Tx, events::Made},
};

mod entering;
mod people;

/// What a sign-in did.
pub struct SignedIn {
    /// How he is in the team.
    pub entered: Entered,
    /// Whether the identity was linked by this.
    pub linked: bool,
    /// The connection.
    pub connection_id: Uuid,
}

/// Brings somebody who signed in.
///
/// # Errors
/// `ID_TOKEN_INVALID`, `SSO_KEYS_UNAVAILABLE`, `EMAIL_MISMATCH`, `JIT_DISABLED`, `USER_DISABLED`, `MEMBER_DISABLED`,
/// `REJOIN_REFUSED`, `DOMAIN_REFUSED`, `NO_SEAT`.
pub async fn provision<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    token: &str,
    show: impl Fn(SignedIn, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let (connection, sign_in) = read(ctx, call.caller().team_id, token).await?;
    let (connection, sign_in) = (&connection, &sign_in);
    once(ctx, (call, Place::Link, now), show, |tx| async move {
        let tx = &tx;
        let team = store::teams::lock(tx, connection.team_id).await?;
        let team = team.ok_or(TokenFault::Issuer)?;
        // By whose keys the token was checked: another connection may take it now, or none.
        let stands = store::sso::by_id(tx, team.id, connection.id).await?;
        if stands.as_ref() != Some(connection) {
            return Err(Error::Conflict);
        }
        let person = people::identify(tx, (&team, connection), sign_in, now).await?;
        let made = call.made(now);

        let place = (tx, &team, connection);
        let (user, admitted) = entering::enter(ctx, place, &person, made).await?;
        let entered = invitations::entered(tx, call, &team, &[admitted]).await?;
        if person.is_new_to_connection {
            link(tx, connection, (&sign_in.subject, user), made).await?;
        }
        if let Some(known) = &person.known {
            refresh(tx, (&team, connection), (known, sign_in), made).await?;
        }
        Ok(SignedIn {
            entered,
            linked: person.is_new_to_connection,
            connection_id: connection.id,
        })
    })
    .await
}

/// The person whom a token names, who signed in with it before, and the team in which that counts. A key of one team sees no
/// other's connections.
///
/// # Errors
/// `ID_TOKEN_INVALID`, `SSO_KEYS_UNAVAILABLE`.
pub async fn actor(ctx: &Context, key_team: Option<Uuid>, token: &str) -> Result<(Uuid, Uuid)> {
    let (connection, sign_in) = read(ctx, key_team, token).await?;
    let place = (connection.team_id, connection.id);
    let user = store::identities::user_of(&ctx.store, place, &sign_in.subject).await?;
    Ok((user.ok_or(TokenFault::Identity)?, connection.team_id))
}

async fn read(
    ctx: &Context,
    key_team: Option<Uuid>,
    text: &str,
) -> Result<(SsoConnection, SignIn)> {
    let now = ctx.clock.now();
    let token = Token::parse(text)?;
    let connection = store::sso::by_issuer(&ctx.store, token.issuer()).await?;
    let connection = connection
        .filter(|it| key_team.is_none_or(|own| own == it.team_id))
        .ok_or(TokenFault::Issuer)?;
    let claims = ctx.providers.verify(&connection, &token, now).await?;
    let sign_in = id_tokens::sign_in(&connection, &claims, now)?;
    Ok((connection, sign_in))
}

async fn link(
    tx: &Tx,
    connection: &SsoConnection,
    (subject, user): (&str, Uuid),
    made: Made<'_>,
) -> Result<()> {
    let place = (connection.team_id, connection.id);
    store::identities::insert(tx, place, (subject, user), made.at).await?;
    let event = Happening {
        event_type: EventType::SsoIdentityLinked,
        team_id: Some(connection.team_id),
        user_id: Some(user),
        payload: Payload::Sso(connection.id, Vec::new()),
    };
    store::events::append(tx, &[event], made).await
}

/// Gives an account the names of the token, if the connection says so. The names of whom a directory manages are the directory's.
async fn refresh(
    tx: &Tx,
    (team, connection): (&Team, &SsoConnection),
    (known, sign_in): (&User, &SignIn),
    made: Made<'_>,
) -> Result<()> {
    if !connection.settings.profile_refresh_enabled {
        return Ok(());
    }
    let changes = ProfileChanges {
        given_name: sign_in.given_name.clone(),
        family_name: sign_in.family_name.clone(),
        ..ProfileChanges::default()
    };
    let fields = changes.of(known);
    if fields.is_empty() || !is_own(tx, team, &people::address(known)?).await? {
        return Ok(());
    }
    let member = store::members::find(tx, team, known.id).await?;
    if member.is_none_or(|member| member.source == Source::Directory) {
        return Ok(());
    }
    if store::users::update(tx, known.id, &changes, made.at).await? {
        let event = users::updated(known.id, Some(team.id), &fields);
        store::events::append(tx, &[event], made).await?;
    }
    Ok(())
}
