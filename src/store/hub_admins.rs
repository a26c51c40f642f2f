//! Hubs' own admins. Whoever writes here holds the team's lock.

use std::collections::{HashMap, HashSet};

use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::hub_admins::{ActiveModel, Column, Entity, Model},
    rows::micros,
};
use crate::{clock::Time, error::Result};

/// Makes somebody an admin of a hub.
pub async fn insert(tx: &Tx, (team, hub): (Uuid, Uuid), user: Uuid, now: Time) -> Result<()> {
    let row = Model {
        team_id: team,
        hub_id: hub,
        user_id: user,
        create_time: micros(now),
    };
    bulk::insert::<Model, ActiveModel>(tx, vec![row]).await
}

/// Takes a hub from one of its admins.
pub async fn delete(tx: &Tx, (team, hub): (Uuid, Uuid), user: Uuid) -> Result<()> {
    let done = Entity::delete_by_id((team, hub, user))
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

/// Takes a hub from all of its admins.
pub async fn clear(tx: &Tx, team: Uuid, hub: Uuid) -> Result<()> {
    Entity::delete_many()
        .filter(Column::TeamId.eq(team))
        .filter(Column::HubId.eq(hub))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// How many hubs people of teams are admins of, all together: many of one team, or one of many.
pub async fn count_of(db: &impl Reads, people: (&[Uuid], &[Uuid])) -> Result<u64> {
    Ok(Entity::find()
        .filter(of_people(people))
        .count(db.connection())
        .await?)
}

/// Takes every hub from people who leave; so many.
pub async fn leave(tx: &Tx, (people, count): ((&[Uuid], &[Uuid]), u64)) -> Result<()> {
    let done = Entity::delete_many()
        .filter(of_people(people))
        .exec(tx.connection())
        .await?;
    bulk::expect(count, done.rows_affected)
}

fn of_people((teams, users): (&[Uuid], &[Uuid])) -> Condition {
    Condition::all()
        .add(Column::TeamId.is_in(teams.iter().copied()))
        .add(Column::UserId.is_in(users.iter().copied()))
}

/// Whether somebody is an admin of a hub; what he may do by that needs authority in the team besides.
pub async fn is_one(db: &impl Reads, (team, hub): (Uuid, Uuid), user: Uuid) -> Result<bool> {
    let row = Entity::find_by_id((team, hub, user))
        .one(db.connection())
        .await?;
    Ok(row.is_some())
}

/// Which of these people are admins of which of these hubs of any team, for the relay, which serves them all.
pub async fn among(
    db: &impl Reads,
    (teams, hubs): (&[Uuid], &[Uuid]),
    users: &[Uuid],
) -> Result<HashSet<(Uuid, Uuid)>> {
    let rows = Entity::find()
        .filter(Column::TeamId.is_in(teams.iter().copied()))
        .filter(Column::HubId.is_in(hubs.iter().copied()))
        .filter(Column::UserId.is_in(users.iter().copied()))
        .all(db.connection())
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.hub_id, row.user_id))
        .collect())
}

/// The admins of hubs of these teams, by hub and in the order of their ids.
pub async fn of_hubs(
    db: &impl Reads,
    teams: &[Uuid],
    hubs: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Uuid>>> {
    let rows = Entity::find()
        .filter(Column::TeamId.is_in(teams.iter().copied()))
        .filter(Column::HubId.is_in(hubs.iter().copied()))
        .order_by_asc(Column::HubId)
        .order_by_asc(Column::UserId)
        .all(db.connection())
        .await?;
    let mut admins: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for row in rows {
        admins.entry(row.hub_id).or_default().push(row.user_id);
    }
    Ok(admins)
}
