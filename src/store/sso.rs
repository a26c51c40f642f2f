//! SSO connections. Whoever writes here holds the team's lock.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::{
        sso_connections::{ActiveModel, Column, Entity, Model},
        sso_identities,
    },
    rows::{micros, time, word},
};
use crate::{
    domain::{
        names::DisplayName,
        pages::{Page, Position},
        provider_urls::{MAX_ISSUER, MAX_KEYS_URI, ProviderUrl},
        sso::{Algorithm, Audience, ClaimName, ClaimNames, KeySource, SsoConnection, SsoSettings},
    },
    error::{Error, FieldViolation, Result},
};

impl TryFrom<Model> for SsoConnection {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        let keys = match (&row.jwks_uri, row.jwks) {
            (Some(uri), _) => {
                KeySource::Uri(kept(ProviderUrl::parse("jwks_uri", uri, MAX_KEYS_URI))?)
            }
            (None, Some(set)) => KeySource::Set(set),
            (None, None) => return Err(Error::internal("a connection without keys")),
        };
        let claim = |text: &str| kept(ClaimName::parse("claim", text));
        let algorithms = row.algorithms.split(',');
        Ok(Self {
            id: row.id,
            team_id: row.team_id,
            issuer: kept(ProviderUrl::parse("issuer", &row.issuer, MAX_ISSUER))?,
            settings: SsoSettings {
                display_name: kept(DisplayName::parse("display_name", &row.display_name))?,
                audience: kept(Audience::parse("audience", &row.audience))?,
                keys,
                algorithms: algorithms
                    .map(|text| word(Algorithm::of, text))
                    .collect::<Result<_>>()?,
                claims: ClaimNames {
                    email: claim(&row.email_claim)?,
                    email_verified: claim(&row.email_verified_claim)?,
                    given_name: claim(&row.given_name_claim)?,
                    family_name: claim(&row.family_name_claim)?,
                },
                jit_enabled: row.jit_enabled,
                profile_refresh_enabled: row.profile_refresh_enabled,
            },
            create_time: time(row.create_time)?,
            update_time: time(row.update_time)?,
        })
    }
}

fn kept<T>(read: Result<T, FieldViolation>) -> Result<T> {
    read.map_err(|broken| Error::kept(&broken))
}

fn row(connection: &SsoConnection) -> Model {
    let settings = &connection.settings;
    let (jwks_uri, jwks) = match &settings.keys {
        KeySource::Uri(uri) => (Some(uri.as_str().to_owned()), None),
        KeySource::Set(set) => (None, Some(set.clone())),
    };
    let algorithms: Vec<&str> = settings.algorithms.iter().map(|one| one.word()).collect();
    let claims = &settings.claims;
    Model {
        team_id: connection.team_id,
        id: connection.id,
        display_name: settings.display_name.as_str().to_owned(),
        issuer: connection.issuer.as_str().to_owned(),
        audience: settings.audience.as_str().to_owned(),
        jwks_uri,
        jwks,
        algorithms: algorithms.join(","),
        email_claim: claims.email.as_str().to_owned(),
        email_verified_claim: claims.email_verified.as_str().to_owned(),
        given_name_claim: claims.given_name.as_str().to_owned(),
        family_name_claim: claims.family_name.as_str().to_owned(),
        jit_enabled: settings.jit_enabled,
        profile_refresh_enabled: settings.profile_refresh_enabled,
        create_time: micros(connection.create_time),
        update_time: micros(connection.update_time),
    }
}

/// Makes a connection; the index refuses a second one of its issuer.
pub async fn insert(tx: &Tx, connection: &SsoConnection) -> Result<()> {
    bulk::insert::<Model, ActiveModel>(tx, vec![row(connection)]).await
}

/// Stores a connection that was changed.
pub async fn update(tx: &Tx, connection: &SsoConnection) -> Result<()> {
    let changed = row(connection).into_active_model().reset_all();
    Entity::update(changed).exec(tx.connection()).await?;
    Ok(())
}

/// Deletes a connection, with the identities of its people.
pub async fn delete(tx: &Tx, team: Uuid, id: Uuid) -> Result<()> {
    sso_identities::Entity::delete_many()
        .filter(sso_identities::Column::TeamId.eq(team))
        .filter(sso_identities::Column::ConnectionId.eq(id))
        .exec(tx.connection())
        .await?;
    let done = Entity::delete_by_id((team, id))
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

/// Deletes all connections of a team that goes.
pub async fn clear(tx: &Tx, team: Uuid) -> Result<()> {
    sso_identities::Entity::delete_many()
        .filter(sso_identities::Column::TeamId.eq(team))
        .exec(tx.connection())
        .await?;
    Entity::delete_many()
        .filter(Column::TeamId.eq(team))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// How many a team has.
pub async fn count(db: &impl Reads, team: Uuid) -> Result<u64> {
    Ok(Entity::find()
        .filter(Column::TeamId.eq(team))
        .count(db.connection())
        .await?)
}

/// One connection of a team.
pub async fn by_id(db: &impl Reads, team: Uuid, id: Uuid) -> Result<Option<SsoConnection>> {
    let row = Entity::find_by_id((team, id)).one(db.connection()).await?;
    row.map(SsoConnection::try_from).transpose()
}

/// The connection that takes an issuer's tokens, whatever its team.
pub async fn by_issuer(db: &impl Reads, issuer: &str) -> Result<Option<SsoConnection>> {
    let row = Entity::find()
        .filter(Column::Issuer.eq(issuer))
        .one(db.connection())
        .await?;
    row.map(SsoConnection::try_from).transpose()
}

/// A page of a team's connections, oldest first.
pub async fn page(
    db: &impl Reads,
    team: Uuid,
    (after, size): (Option<Uuid>, u64),
) -> Result<Page<SsoConnection>> {
    let mut query = Entity::find()
        .filter(Column::TeamId.eq(team))
        .order_by_asc(Column::Id)
        .limit(size + 1);
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    let rows = query.all(db.connection()).await?;
    let connections = rows.into_iter().map(SsoConnection::try_from);
    let connections = connections.collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(connections, size, |connection| {
        Position(connection.id.as_bytes().to_vec())
    }))
}
