//! What groups give: access to hubs, and roles. Whoever writes here holds the team's lock.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::group_mappings::{ActiveModel, Column, Entity, Model},
    rows::{micros, time, word},
};
use crate::{
    domain::{
        groups::{Mapping, Target},
        roles::Role,
    },
    error::{Error, Result},
};

impl TryFrom<Model> for Mapping {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        Ok(Self {
            id: row.id,
            team_id: row.team_id,
            group_id: row.group_id,
            target: match (row.hub_id, row.role) {
                (Some(hub), _) => Target::Hub(hub),
                (None, Some(role)) => Target::Role(word(Role::of, &role)?),
                (None, None) => return Err(Error::internal("a mapping to nothing")),
            },
            creator_user_id: row.creator_user_id,
            create_time: time(row.create_time)?,
        })
    }
}

/// Maps a group; indexes refuse the same hub or role twice.
pub async fn insert(tx: &Tx, mapping: &Mapping) -> Result<()> {
    let row = Model {
        team_id: mapping.team_id,
        group_id: mapping.group_id,
        id: mapping.id,
        hub_id: mapping.target.hub(),
        role: mapping.target.role().map(|role| role.word().to_owned()),
        creator_user_id: mapping.creator_user_id,
        create_time: micros(mapping.create_time),
    };
    bulk::insert::<Model, ActiveModel>(tx, vec![row]).await
}

/// Deletes a mapping.
pub async fn delete(tx: &Tx, mapping: &Mapping) -> Result<()> {
    let key = (mapping.team_id, mapping.group_id, mapping.id);
    let done = Entity::delete_by_id(key).exec(tx.connection()).await?;
    bulk::expect(1, done.rows_affected)
}

/// Deletes what groups are mapped to; so many.
pub async fn delete_of(tx: &Tx, team: Uuid, (groups, count): (&[Uuid], usize)) -> Result<()> {
    let done = Entity::delete_many()
        .filter(Column::TeamId.eq(team))
        .filter(Column::GroupId.is_in(groups.iter().copied()))
        .exec(tx.connection())
        .await?;
    bulk::expect(count as u64, done.rows_affected)
}

/// Deletes every mapping of a team.
pub(super) async fn clear(tx: &Tx, team: Uuid) -> Result<()> {
    Entity::delete_many()
        .filter(Column::TeamId.eq(team))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// What these groups are mapped to, in the order in which that was said.
pub async fn of_groups(db: &impl Reads, team: Uuid, groups: &[Uuid]) -> Result<Vec<Mapping>> {
    let rows = Entity::find()
        .filter(Column::TeamId.eq(team))
        .filter(Column::GroupId.is_in(groups.iter().copied()))
        .order_by_asc(Column::GroupId)
        .order_by_asc(Column::Id)
        .all(db.connection())
        .await?;
    rows.into_iter().map(Mapping::try_from).collect()
}

/// Whether any group is mapped to a hub.
pub async fn any_to(db: &impl Reads, (team, hub): (Uuid, Uuid)) -> Result<bool> {
    let first = Entity::find()
        .filter(Column::TeamId.eq(team))
        .filter(Column::HubId.eq(hub))
        .order_by_asc(Column::GroupId)
        .limit(1)
        .one(db.connection())
        .await?;
    Ok(first.is_some())
}
