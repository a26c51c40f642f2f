//! Groups of directories. Whoever writes here holds the team's lock.

use std::fmt::Write;

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Statement, UpdateMany, Value,
    sea_query::{CaseStatement, Expr, ExprTrait},
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::directory_groups::{ActiveModel, Column, Entity, Model},
    group_members,
    rows::{micros, time},
};
use crate::{
    clock::Time,
    domain::{
        groups::Group,
        names::GroupName,
        pages::{Page, Position},
        texts::ExternalId,
    },
    error::{Error, Result},
};

impl TryFrom<Model> for Group {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        Ok(Self {
            id: row.id,
            team_id: row.team_id,
            directory_id: row.directory_id,
            external_id: ExternalId::kept(&row.external_id)?,
            display_name: GroupName::parse("display_name", &row.display_name)
                .map_err(|broken| Error::kept(&broken))?,
            create_time: time(row.create_time)?,
            update_time: time(row.update_time)?,
        })
    }
}

/// Makes groups; the index refuses a second one by an external id.
pub async fn insert(tx: &Tx, groups: &[&Group]) -> Result<()> {
    let rows = groups.iter().map(|group| Model {
        team_id: group.team_id,
        id: group.id,
        directory_id: group.directory_id,
        external_id: group.external_id.as_str().to_owned(),
        display_name: group.display_name.as_str().to_owned(),
        create_time: micros(group.create_time),
        update_time: micros(group.update_time),
    });
    bulk::insert::<Model, ActiveModel>(tx, rows.collect()).await
}

/// Gives groups of a team the names and external ids that they have now; there are no more of them than a directory may have.
pub async fn update(tx: &Tx, team: Uuid, groups: &[&Group]) -> Result<()> {
    if groups.is_empty() {
        return Ok(());
    }
    let connection = tx.connection();
    let backend = connection.get_database_backend();
    let mut rows = String::new();
    let mut values: Vec<Value> = vec![team.into()];
    for group in groups {
        let first = values.len() + 1;
        let comma = if rows.is_empty() { "" } else { ", " };
        // Writing into a string cannot fail.
        let _ = write!(rows, "{comma}(${first}, ${}, ${})", first + 1, first + 2);
        values.extend([
            Value::from(group.id),
            group.external_id.as_str().into(),
            group.display_name.as_str().into(),
        ]);
    }
    let sql = format!(
        "WITH said (id, external_id, display_name) AS (VALUES {rows})
        UPDATE directory_groups SET external_id = said.external_id, display_name = said.display_name
        FROM said WHERE directory_groups.team_id = $1 AND directory_groups.id = said.id"
    );
    let statement = Statement::from_sql_and_values(backend, sql, values);
    let done = connection.execute_raw(statement).await?;
    bulk::expect(groups.len() as u64, done.rows_affected())
}

/// Notes that groups were changed: at this moment, or after the change before, whichever is later.
pub async fn touch(tx: &Tx, team: Uuid, ids: &[Uuid], now: Time) -> Result<()> {
    for chunk in ids.chunks(bulk::IDS) {
        let done = touching(now)
            .filter(Column::TeamId.eq(team))
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .exec(tx.connection())
            .await?;
        bulk::expect(chunk.len() as u64, done.rows_affected)?;
    }
    Ok(())
}

/// The same of those that people of teams are in: many of one team, or one of many.
pub async fn touch_of(tx: &Tx, people: (&[Uuid], &[Uuid]), now: Time) -> Result<()> {
    touching(now)
        .filter(Column::TeamId.is_in(people.0.iter().copied()))
        .filter(Column::Id.in_subquery(group_members::groups_of(people)))
        .exec(tx.connection())
        .await?;
    Ok(())
}

fn touching(now: Time) -> UpdateMany<Entity> {
    let before = || Expr::col(Column::UpdateTime);
    let after = CaseStatement::new()
        .case(before().lt(micros(now)), micros(now))
        .finally(before().add(1));
    Entity::update_many().col_expr(Column::UpdateTime, after.into())
}

/// Deletes groups; a key refuses it while somebody is in one, or one is mapped.
pub async fn delete(tx: &Tx, team: Uuid, ids: &[Uuid]) -> Result<()> {
    for chunk in ids.chunks(bulk::IDS) {
        let done = Entity::delete_many()
            .filter(Column::TeamId.eq(team))
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .exec(tx.connection())
            .await?;
        bulk::expect(chunk.len() as u64, done.rows_affected)?;
    }
    Ok(())
}

/// Deletes every group of a team, which nobody is in and none is mapped.
pub(super) async fn clear(tx: &Tx, team: Uuid) -> Result<()> {
    Entity::delete_many()
        .filter(Column::TeamId.eq(team))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// How many a directory has.
pub async fn count(db: &impl Reads, (team, directory): (Uuid, Uuid)) -> Result<u64> {
    Ok(Entity::find()
        .filter(Column::TeamId.eq(team))
        .filter(Column::DirectoryId.eq(directory))
        .count(db.connection())
        .await?)
}

/// All of a directory: no more than it may have.
pub async fn all(db: &impl Reads, (team, directory): (Uuid, Uuid)) -> Result<Vec<Group>> {
    let rows = Entity::find()
        .filter(Column::TeamId.eq(team))
        .filter(Column::DirectoryId.eq(directory))
        .order_by_asc(Column::Id)
        .all(db.connection())
        .await?;
    rows.into_iter().map(Group::try_from).collect()
}

/// One group of a directory.
pub async fn by_id(
    db: &impl Reads,
    (team, directory): (Uuid, Uuid),
    id: Uuid,
) -> Result<Option<Group>> {
    let row = Entity::find_by_id((team, id)).one(db.connection()).await?;
    let row = row.filter(|row| row.directory_id == directory);
    row.map(Group::try_from).transpose()
}

/// A page of the groups of a team's directory, of which it has one, oldest first.
pub async fn page(
    db: &impl Reads,
    team: Uuid,
    (after, size): (Option<Uuid>, u64),
) -> Result<Page<Group>> {
    let mut query = Entity::find()
        .filter(Column::TeamId.eq(team))
        .order_by_asc(Column::Id)
        .limit(size + 1);
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    let rows = query.all(db.connection()).await?;
    let groups = rows.into_iter().map(Group::try_from);
    let groups = groups.collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(groups, size, |group| {
        Position(group.id.as_bytes().to_vec())
    }))
}
