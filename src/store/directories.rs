//! Directories. Whoever writes here holds the team's lock.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::{
        directories::{ActiveModel, Column, Entity, Model},
        directory_users,
    },
    group_mappings, group_members, group_roles, groups,
    rows::{micros, opt_time, time, word},
};
use crate::{
    clock::Time,
    domain::{
        directories::{Directory, Provider},
        names::DisplayName,
    },
    error::{Error, Result},
};

impl TryFrom<Model> for Directory {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        Ok(Self {
            id: row.id,
            team_id: row.team_id,
            display_name: DisplayName::parse("display_name", &row.display_name)
                .map_err(|broken| Error::kept(&broken))?,
            provider: word(Provider::of, &row.provider)?,
            token_id: row.token_id,
            cursor: row.cursor,
            create_time: time(row.create_time)?,
            update_time: time(row.update_time)?,
            last_sync_time: opt_time(row.last_sync_time)?,
        })
    }
}

/// Makes a directory; the index refuses a second one of the team.
pub async fn insert(tx: &Tx, directory: &Directory, token_hash: Vec<u8>) -> Result<()> {
    let row = Model {
        team_id: directory.team_id,
        id: directory.id,
        display_name: directory.display_name.as_str().to_owned(),
        provider: directory.provider.word().to_owned(),
        token_id: directory.token_id.clone(),
        token_hash,
        cursor: directory.cursor.clone(),
        create_time: micros(directory.create_time),
        update_time: micros(directory.update_time),
        last_sync_time: directory.last_sync_time.map(micros),
    };
    bulk::insert::<Model, ActiveModel>(tx, vec![row]).await
}

/// Gives a directory another name.
pub async fn rename(tx: &Tx, directory: &Directory) -> Result<()> {
    let done = Entity::update_many()
        .col_expr(
            Column::DisplayName,
            Expr::value(directory.display_name.as_str()),
        )
        .col_expr(
            Column::UpdateTime,
            Expr::value(micros(directory.update_time)),
        )
        .filter(Column::TeamId.eq(directory.team_id))
        .filter(Column::Id.eq(directory.id))
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

/// Gives a directory another token.
pub async fn rotate(tx: &Tx, directory: &Directory, token_hash: Vec<u8>) -> Result<()> {
    let done = Entity::update_many()
        .col_expr(Column::TokenId, Expr::value(directory.token_id.as_str()))
        .col_expr(Column::TokenHash, Expr::value(token_hash))
        .col_expr(
            Column::UpdateTime,
            Expr::value(micros(directory.update_time)),
        )
        .filter(Column::TeamId.eq(directory.team_id))
        .filter(Column::Id.eq(directory.id))
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

/// Notes that a directory was synced, and what comes after that.
pub async fn note_sync(
    tx: &Tx,
    (team, id): (Uuid, Uuid),
    cursor: Option<&str>,
    now: Time,
) -> Result<()> {
    let done = Entity::update_many()
        .col_expr(Column::LastSyncTime, Expr::value(micros(now)))
        .col_expr(Column::Cursor, Expr::value(cursor))
        .filter(Column::TeamId.eq(team))
        .filter(Column::Id.eq(id))
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

/// Deletes the directory of a team, if it has one, with its groups, and forgets whom it managed.
pub async fn clear(tx: &Tx, team: Uuid) -> Result<()> {
    group_roles::clear(tx, team).await?;
    group_mappings::clear(tx, team).await?;
    group_members::clear(tx, team).await?;
    groups::clear(tx, team).await?;
    directory_users::Entity::delete_many()
        .filter(directory_users::Column::TeamId.eq(team))
        .exec(tx.connection())
        .await?;
    Entity::delete_many()
        .filter(Column::TeamId.eq(team))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// The directory of a team.
pub async fn of_team(db: &impl Reads, team: Uuid) -> Result<Option<Directory>> {
    let row = Entity::find()
        .filter(Column::TeamId.eq(team))
        .one(db.connection())
        .await?;
    row.map(Directory::try_from).transpose()
}

/// The directory whose token has this id, with the token's hash.
pub async fn by_token(db: &impl Reads, token_id: &str) -> Result<Option<(Directory, Vec<u8>)>> {
    let row = Entity::find()
        .filter(Column::TokenId.eq(token_id))
        .one(db.connection())
        .await?;
    row.map(|row| {
        let hash = row.token_hash.clone();
        Ok((Directory::try_from(row)?, hash))
    })
    .transpose()
}
