//! By which identities people sign in. Whoever writes here holds the locks of the team and the account.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::{
        sso_connections,
        sso_identities::{ActiveModel, Column, Entity, Model},
    },
    rows::micros,
};
use crate::{clock::Time, error::Result};

/// Links an account with a subject of a connection; the indexes refuse a second one of either.
pub async fn insert(
    tx: &Tx,
    (team, connection): (Uuid, Uuid),
    (subject, user): (&str, Uuid),
    now: Time,
) -> Result<()> {
    let row = Model {
        team_id: team,
        connection_id: connection,
        subject: subject.to_owned(),
        user_id: user,
        create_time: micros(now),
    };
    bulk::insert::<Model, ActiveModel>(tx, vec![row]).await
}

/// Who signs in with a subject of a connection.
pub async fn user_of(
    db: &impl Reads,
    (team, connection): (Uuid, Uuid),
    subject: &str,
) -> Result<Option<Uuid>> {
    let key = (team, connection, subject.to_owned());
    let row = Entity::find_by_id(key).one(db.connection()).await?;
    Ok(row.map(|row| row.user_id))
}

/// Who signs in with a subject of an issuer.
pub async fn by_issuer(db: &impl Reads, issuer: &str, subject: &str) -> Result<Option<Uuid>> {
    let connection: Option<(Uuid, Uuid)> = sso_connections::Entity::find()
        .select_only()
        .columns([sso_connections::Column::TeamId, sso_connections::Column::Id])
        .filter(sso_connections::Column::Issuer.eq(issuer))
        .into_tuple()
        .one(db.connection())
        .await?;
    match connection {
        Some(connection) => user_of(db, connection, subject).await,
        None => Ok(None),
    }
}

/// Whether an account has an identity of a connection.
pub async fn has_one(
    db: &impl Reads,
    (team, connection): (Uuid, Uuid),
    user: Uuid,
) -> Result<bool> {
    let row = Entity::find()
        .filter(Column::UserId.eq(user))
        .filter(Column::TeamId.eq(team))
        .filter(Column::ConnectionId.eq(connection))
        .one(db.connection())
        .await?;
    Ok(row.is_some())
}

/// Forgets all identities of a person.
pub async fn forget(tx: &Tx, user: Uuid) -> Result<()> {
    Entity::delete_many()
        .filter(Column::UserId.eq(user))
        .exec(tx.connection())
        .await?;
    Ok(())
}
