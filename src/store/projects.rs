//! Projects. Whoever writes here holds the team's lock.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::projects::{ActiveModel, Column, Entity, Model},
    rows::{micros, time},
};
use crate::{
    domain::{
        names::DisplayName,
        pages::{Page, Position},
        projects::Project,
    },
    error::{Error, Result},
};

impl TryFrom<Model> for Project {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        Ok(Self {
            team_id: row.team_id,
            hub_id: row.hub_id,
            id: row.id,
            display_name: DisplayName::parse("display_name", &row.display_name)
                .map_err(|broken| Error::kept(&broken))?,
            create_time: time(row.create_time)?,
            update_time: time(row.update_time)?,
        })
    }
}

fn row(project: &Project) -> Model {
    Model {
        team_id: project.team_id,
        hub_id: project.hub_id,
        id: project.id,
        display_name: project.display_name.as_str().to_owned(),
        create_time: micros(project.create_time),
        update_time: micros(project.update_time),
    }
}

/// Makes a project.
pub async fn insert(tx: &Tx, project: &Project) -> Result<()> {
    bulk::insert::<Model, ActiveModel>(tx, vec![row(project)]).await
}

/// Stores a project that was changed.
pub async fn update(tx: &Tx, project: &Project) -> Result<()> {
    let changed = row(project).into_active_model().reset_all();
    Entity::update(changed).exec(tx.connection()).await?;
    Ok(())
}

/// Deletes a project. A key refuses it while somebody is in it.
pub async fn delete(tx: &Tx, (team, hub): (Uuid, Uuid), id: Uuid) -> Result<()> {
    let done = Entity::delete_by_id((team, hub, id))
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

/// One project of a hub.
pub async fn by_id(
    db: &impl Reads,
    (team, hub): (Uuid, Uuid),
    id: Uuid,
) -> Result<Option<Project>> {
    let key = (team, hub, id);
    let row = Entity::find_by_id(key).one(db.connection()).await?;
    row.map(Project::try_from).transpose()
}

/// How many a hub has.
pub async fn count(db: &impl Reads, (team, hub): (Uuid, Uuid)) -> Result<u64> {
    Ok(Entity::find()
        .filter(Column::TeamId.eq(team))
        .filter(Column::HubId.eq(hub))
        .count(db.connection())
        .await?)
}

/// Whether a hub has a project.
pub async fn any_in(db: &impl Reads, (team, hub): (Uuid, Uuid)) -> Result<bool> {
    let first = Entity::find()
        .filter(Column::TeamId.eq(team))
        .filter(Column::HubId.eq(hub))
        // As the key has them, so that none is looked for among other hubs' ones.
        .order_by_asc(Column::Id)
        .limit(1)
        .one(db.connection())
        .await?;
    Ok(first.is_some())
}

/// A page of a hub's projects, oldest first.
pub async fn page(
    db: &impl Reads,
    (team, hub): (Uuid, Uuid),
    (after, size): (Option<Uuid>, u64),
) -> Result<Page<Project>> {
    let mut query = Entity::find()
        .filter(Column::TeamId.eq(team))
        .filter(Column::HubId.eq(hub))
        .order_by_asc(Column::Id)
        .limit(size + 1);
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    let rows = query.all(db.connection()).await?;
    let projects = rows
        .into_iter()
        .map(Project::try_from)
        .collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(projects, size, |project| {
        Position(project.id.as_bytes().to_vec())
    }))
}
