//! The roles that teams make for themselves. Whoever writes here holds the team's lock.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::roles::{ActiveModel, Column, Entity, Model},
    rows::{micros, time},
};
use crate::{
    domain::{
        custom_roles::{CustomRole, name_key},
        names::DisplayName,
        pages::{Page, Position},
        permissions::Permission,
    },
    error::{Error, Result},
};

impl TryFrom<Model> for CustomRole {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        Ok(Self {
            id: row.id,
            team_id: row.team_id,
            display_name: DisplayName::parse("display_name", &row.display_name)
                .map_err(|broken| Error::kept(&broken))?,
            permissions: permissions(&row.permissions),
            create_time: time(row.create_time)?,
            update_time: time(row.update_time)?,
        })
    }
}

fn row(role: &CustomRole) -> Model {
    Model {
        id: role.id,
        team_id: role.team_id,
        display_name: role.display_name.as_str().to_owned(),
        name_key: name_key(&role.display_name),
        permissions: role.permissions.iter().map(|one| one.word()).collect(),
        create_time: micros(role.create_time),
        update_time: micros(role.update_time),
    }
}

/// Stored permissions. A replica of a later version may give some that this one knows nothing of, and asks for nowhere.
pub(super) fn permissions(stored: &Value) -> Vec<Permission> {
    let words = stored.as_array().into_iter().flatten();
    let words = words.filter_map(Value::as_str);
    words.filter_map(Permission::of).collect()
}

/// Makes a role; the index refuses a second one of its name.
pub async fn insert(tx: &Tx, role: &CustomRole) -> Result<()> {
    bulk::insert::<Model, ActiveModel>(tx, vec![row(role)]).await
}

/// Stores a role that was changed.
pub async fn update(tx: &Tx, role: &CustomRole) -> Result<()> {
    let changed = row(role).into_active_model().reset_all();
    Entity::update(changed).exec(tx.connection()).await?;
    Ok(())
}

/// Deletes a role. A key refuses it while somebody holds it.
pub async fn delete(tx: &Tx, team: Uuid, id: Uuid) -> Result<()> {
    let done = Entity::delete_by_id((team, id))
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

/// How many a team has.
pub async fn count(db: &impl Reads, team: Uuid) -> Result<u64> {
    Ok(Entity::find()
        .filter(Column::TeamId.eq(team))
        .count(db.connection())
        .await?)
}

/// One role of a team.
pub async fn by_id(db: &impl Reads, team: Uuid, id: Uuid) -> Result<Option<CustomRole>> {
    let row = Entity::find_by_id((team, id)).one(db.connection()).await?;
    row.map(CustomRole::try_from).transpose()
}

/// Roles of a team by id; other ids, and other teams' ones, are not among them.
pub async fn by_ids(db: &impl Reads, team: Uuid, ids: &[Uuid]) -> Result<Vec<CustomRole>> {
    let rows = Entity::find()
        .filter(Column::TeamId.eq(team))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .all(db.connection())
        .await?;
    rows.into_iter().map(CustomRole::try_from).collect()
}

/// The role of a team that has this name, whatever its case.
pub async fn by_name(db: &impl Reads, team: Uuid, name: &DisplayName) -> Result<Option<Uuid>> {
    let row = Entity::find()
        .filter(Column::TeamId.eq(team))
        .filter(Column::NameKey.eq(name_key(name)))
        .one(db.connection())
        .await?;
    Ok(row.map(|row| row.id))
}

/// A page of a team's roles, oldest first.
pub async fn page(
    db: &impl Reads,
    team: Uuid,
    (after, size): (Option<Uuid>, u64),
) -> Result<Page<CustomRole>> {
    let mut query = Entity::find()
        .filter(Column::TeamId.eq(team))
        .order_by_asc(Column::Id)
        .limit(size + 1);
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    let rows = query.all(db.connection()).await?;
    let roles = rows
        .into_iter()
        .map(CustomRole::try_from)
        .collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(roles, size, |role| {
        Position(role.id.as_bytes().to_vec())
    }))
}
