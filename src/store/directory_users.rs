//! Whom a directory manages, by its own ids. Whoever writes here holds the team's lock.

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QueryResult, QuerySelect, Statement,
    sea_query::{Condition, Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::{
        directory_users::{ActiveModel, Column, Entity, Model},
        members, users,
    },
    rows::micros,
};
use crate::{
    clock::Time,
    domain::{members::Source, syncs::Managed},
    error::Result,
};

/// A person who is to be a directory's, by this id of its.
pub struct Link<'a> {
    /// The id.
    pub external_id: &'a str,
    /// The person.
    pub user_id: Uuid,
    /// What the directory calls him when he signs in.
    pub user_name: &'a str,
}

/// All whom a directory has, also those who are in the team no more.
pub async fn all(db: &impl Reads, directory: (Uuid, Uuid)) -> Result<Vec<Managed>> {
    find(db, directory, Condition::all()).await
}

/// Those whom a directory has by these ids.
pub async fn by_external_ids(
    db: &impl Reads,
    directory: (Uuid, Uuid),
    ids: &[&str],
) -> Result<Vec<Managed>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(bulk::IDS) {
        let these = column(Column::ExternalId).is_in(chunk.iter().copied());
        found.extend(find(db, directory, Condition::all().add(these)).await?);
    }
    Ok(found)
}

/// Those of these people whom a directory has.
pub async fn of_users(
    db: &impl Reads,
    directory: (Uuid, Uuid),
    users: &[Uuid],
) -> Result<Vec<Managed>> {
    let mut found = Vec::new();
    for chunk in users.chunks(bulk::IDS) {
        let these = column(Column::UserId).is_in(chunk.iter().copied());
        found.extend(find(db, directory, Condition::all().add(these)).await?);
    }
    Ok(found)
}

fn column(column: Column) -> Expr {
    Expr::col((Entity, column))
}

async fn find(
    db: &impl Reads,
    (team, directory): (Uuid, Uuid),
    which: Condition,
) -> Result<Vec<Managed>> {
    let member = |column| Expr::col((members::Entity, column));
    let user = |column| Expr::col((users::Entity, column));
    let select = Query::select()
        .columns([
            (Entity, Column::ExternalId),
            (Entity, Column::UserId),
            (Entity, Column::UserName),
        ])
        .columns([
            (users::Entity, users::Column::EmailNormal),
            (users::Entity, users::Column::GivenName),
            (users::Entity, users::Column::FamilyName),
            (users::Entity, users::Column::VerifyTime),
        ])
        .columns([
            (members::Entity, members::Column::RemoveTime),
            (members::Entity, members::Column::DisabledByDirectory),
        ])
        .from(Entity)
        .inner_join(
            members::Entity,
            member(members::Column::TeamId)
                .eq(column(Column::TeamId))
                .and(member(members::Column::UserId).eq(column(Column::UserId))),
        )
        .inner_join(
            users::Entity,
            user(users::Column::Id).eq(column(Column::UserId)),
        )
        .and_where(column(Column::TeamId).eq(team))
        .and_where(column(Column::DirectoryId).eq(directory))
        .cond_where(which)
        .take();
    let rows = db.connection().query_all(&select).await?;
    rows.iter().map(managed).collect()
}

fn managed(row: &QueryResult) -> Result<Managed> {
    Ok(Managed {
        external_id: row.try_get("", "external_id")?,
        user_id: row.try_get("", "user_id")?,
        user_name: row.try_get("", "user_name")?,
        email: row.try_get("", "email_normal")?,
        given_name: row.try_get("", "given_name")?,
        family_name: row.try_get("", "family_name")?,
        is_verified: row.try_get::<Option<i64>>("", "verify_time")?.is_some(),
        is_present: row.try_get::<Option<i64>>("", "remove_time")?.is_none(),
        is_disabled: row.try_get("", "disabled_by_directory")?,
    })
}

/// Those of a team whose source is its directory, and who are there.
pub async fn members(db: &impl Reads, team: Uuid) -> Result<Vec<Uuid>> {
    Ok(members::Entity::find()
        .select_only()
        .column(members::Column::UserId)
        .filter(members::Column::TeamId.eq(team))
        .filter(members::Column::Source.eq(Source::Directory.word()))
        .filter(members::Column::RemoveTime.is_null())
        .order_by_asc(members::Column::UserId)
        .into_tuple()
        .all(db.connection())
        .await?)
}

/// Whether an account with an address in this domain is a directory's to name: of somebody whom it keeps, in a team that has verified the domain
/// or is his only one.
pub async fn is_kept(db: &impl Reads, user: Uuid, domain: &str) -> Result<bool> {
    let connection = db.connection();
    let sql = "
        SELECT 1 AS kept FROM members m
        WHERE m.user_id = $1 AND m.source = $2 AND m.remove_time IS NULL AND (
            EXISTS (
                SELECT 1 FROM team_domains d
                WHERE d.team_id = m.team_id AND d.domain = $3 AND d.verify_time IS NOT NULL)
            OR NOT EXISTS (
                SELECT 1 FROM members o
                WHERE o.user_id = m.user_id AND o.team_id <> m.team_id AND o.remove_time IS NULL))
        LIMIT 1";
    let backend = connection.get_database_backend();
    let values = [user.into(), Source::Directory.word().into(), domain.into()];
    let statement = Statement::from_sql_and_values(backend, sql, values);
    Ok(connection.query_one_raw(statement).await?.is_some())
}

/// How many people a directory has.
pub async fn count(db: &impl Reads, (team, directory): (Uuid, Uuid)) -> Result<u64> {
    Ok(Entity::find()
        .filter(Column::TeamId.eq(team))
        .filter(Column::DirectoryId.eq(directory))
        .count(db.connection())
        .await?)
}

/// Forgets by which ids a directory has people.
pub async fn unlink(tx: &Tx, (team, directory): (Uuid, Uuid), external_ids: &[&str]) -> Result<()> {
    for chunk in external_ids.chunks(bulk::IDS) {
        let done = Entity::delete_many()
            .filter(Column::TeamId.eq(team))
            .filter(Column::DirectoryId.eq(directory))
            .filter(Column::ExternalId.is_in(chunk.iter().copied()))
            .exec(tx.connection())
            .await?;
        bulk::expect(chunk.len() as u64, done.rows_affected)?;
    }
    Ok(())
}

/// Notes by which ids a directory has people; the indexes refuse a second one of either.
pub async fn link(
    tx: &Tx,
    (team, directory): (Uuid, Uuid),
    links: &[Link<'_>],
    now: Time,
) -> Result<()> {
    let rows = links.iter().map(|link| Model {
        team_id: team,
        directory_id: directory,
        external_id: link.external_id.to_owned(),
        user_id: link.user_id,
        user_name: link.user_name.to_owned(),
        display_name: None,
        create_time: micros(now),
        update_time: micros(now),
    });
    bulk::insert::<Model, ActiveModel>(tx, rows.collect()).await
}

/// Forgets a person in all directories.
pub async fn forget(tx: &Tx, user: Uuid) -> Result<()> {
    Entity::delete_many()
        .filter(Column::UserId.eq(user))
        .exec(tx.connection())
        .await?;
    Ok(())
}
