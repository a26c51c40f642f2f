//! Who is in which group of a directory. Whoever writes here holds the team's lock.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::{
        directory_group_members::{ActiveModel, Column, Entity, Model},
        directory_users, members,
    },
};
use crate::{
    domain::pages::{Page, Position},
    error::Result,
};

/// Pairs of one statement: two values each, and few enough for SQLite.
const PAIRS: usize = 8_000;

/// Puts people into groups; the key refuses who is in one already.
pub async fn insert(tx: &Tx, team: Uuid, pairs: &[(Uuid, Uuid)]) -> Result<()> {
    let rows = pairs.iter().map(|(group, user)| Model {
        team_id: team,
        group_id: *group,
        user_id: *user,
    });
    bulk::insert::<Model, ActiveModel>(tx, rows.collect()).await
}

/// Takes people out of groups.
pub async fn delete(tx: &Tx, team: Uuid, pairs: &[(Uuid, Uuid)]) -> Result<()> {
    for chunk in pairs.chunks(PAIRS) {
        let pair = Expr::tuple([Expr::col(Column::GroupId), Expr::col(Column::UserId)]);
        let these = chunk.iter().copied();
        let done = Entity::delete_many()
            .filter(Column::TeamId.eq(team))
            .filter(pair.in_tuples(these))
            .exec(tx.connection())
            .await?;
        bulk::expect(chunk.len() as u64, done.rows_affected)?;
    }
    Ok(())
}

/// Empties every group of a team.
pub(super) async fn clear(tx: &Tx, team: Uuid) -> Result<()> {
    Entity::delete_many()
        .filter(Column::TeamId.eq(team))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// In how many groups people of teams are, all together: many of one team, or one of many.
pub async fn count_of(db: &impl Reads, people: (&[Uuid], &[Uuid])) -> Result<u64> {
    Ok(Entity::find()
        .filter(of_people(people))
        .count(db.connection())
        .await?)
}

/// Takes people who leave out of every group; so many.
pub async fn leave(tx: &Tx, (people, count): ((&[Uuid], &[Uuid]), u64)) -> Result<()> {
    let done = Entity::delete_many()
        .filter(of_people(people))
        .exec(tx.connection())
        .await?;
    bulk::expect(count, done.rows_affected)
}

/// Takes people out of every group of a team, if they are in any.
pub(super) async fn forget(tx: &Tx, team: Uuid, users: &[Uuid]) -> Result<()> {
    for chunk in users.chunks(bulk::IDS) {
        Entity::delete_many()
            .filter(of_people((&[team], chunk)))
            .exec(tx.connection())
            .await?;
    }
    Ok(())
}

/// In which groups people of teams are.
pub(super) fn groups_of(people: (&[Uuid], &[Uuid])) -> SelectStatement {
    Query::select()
        .column(Column::GroupId)
        .from(Entity)
        .cond_where(of_people(people))
        .take()
}

fn of_people((teams, users): (&[Uuid], &[Uuid])) -> Condition {
    Condition::all()
        .add(Column::TeamId.is_in(teams.iter().copied()))
        .add(Column::UserId.is_in(users.iter().copied()))
}

/// How many are in all groups of a team together.
pub async fn count(db: &impl Reads, team: Uuid) -> Result<u64> {
    Ok(Entity::find()
        .filter(Column::TeamId.eq(team))
        .count(db.connection())
        .await?)
}

/// How many are in each of these groups.
pub async fn counts(db: &impl Reads, team: Uuid, groups: &[Uuid]) -> Result<HashMap<Uuid, u32>> {
    let rows: Vec<(Uuid, i64)> = Entity::find()
        .select_only()
        .column(Column::GroupId)
        .column_as(Column::UserId.count(), "people")
        .filter(Column::TeamId.eq(team))
        .filter(Column::GroupId.is_in(groups.iter().copied()))
        .group_by(Column::GroupId)
        .into_tuple()
        .all(db.connection())
        .await?;
    let counts = rows.into_iter();
    Ok(counts
        .map(|(group, people)| (group, u32::try_from(people).unwrap_or(u32::MAX)))
        .collect())
}

/// Who is in these groups, as (group, person), in the order of the ids.
pub async fn of_groups(db: &impl Reads, team: Uuid, groups: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
    let mut found = Vec::new();
    for chunk in groups.chunks(bulk::IDS) {
        let rows = Entity::find()
            .filter(Column::TeamId.eq(team))
            .filter(Column::GroupId.is_in(chunk.iter().copied()))
            .order_by_asc(Column::GroupId)
            .order_by_asc(Column::UserId)
            .all(db.connection())
            .await?;
        found.extend(rows.into_iter().map(|row| (row.group_id, row.user_id)));
    }
    Ok(found)
}

/// In which groups these people are who are in the team, as (group, person).
pub async fn places(db: &impl Reads, team: Uuid, users: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
    let here = present(db, team, users).await?;
    let mut found = Vec::new();
    for chunk in users.chunks(bulk::IDS) {
        let rows = Entity::find()
            .filter(of_people((&[team], chunk)))
            .order_by_asc(Column::UserId)
            .order_by_asc(Column::GroupId)
            .all(db.connection())
            .await?;
        let rows = rows.into_iter().filter(|row| here.contains(&row.user_id));
        found.extend(rows.map(|row| (row.group_id, row.user_id)));
    }
    Ok(found)
}

/// A page of a group's people, by their ids, with the directory's ids of them. These are asked for by themselves: joined, SQLite may begin with
/// them, and sort.
pub async fn page(
    db: &impl Reads,
    (team, group): (Uuid, Uuid),
    (after, size): (Option<Uuid>, u64),
) -> Result<Page<(Uuid, String)>> {
    let mut query = Entity::find()
        .filter(Column::TeamId.eq(team))
        .filter(Column::GroupId.eq(group))
        .order_by_asc(Column::UserId)
        .limit(size + 1);
    if let Some(after) = after {
        query = query.filter(Column::UserId.gt(after));
    }
    let rows = query.all(db.connection()).await?;
    let people: Vec<Uuid> = rows.into_iter().map(|row| row.user_id).collect();
    let page = Page::cut(people, size, |user| Position(user.as_bytes().to_vec()));
    let links: Vec<(Uuid, String)> = directory_users::Entity::find()
        .select_only()
        .column(directory_users::Column::UserId)
        .column(directory_users::Column::ExternalId)
        .filter(directory_users::Column::TeamId.eq(team))
        .filter(directory_users::Column::UserId.is_in(page.items.iter().copied()))
        .into_tuple()
        .all(db.connection())
        .await?;
    let mut ids: HashMap<Uuid, String> = links.into_iter().collect();
    Ok(Page {
        items: page
            .items
            .into_iter()
            .map(|user| (user, ids.remove(&user).unwrap_or_default()))
            .collect(),
        next: page.next,
    })
}

/// Whom a directory has in its team by these ids.
pub async fn people(
    db: &impl Reads,
    place: (Uuid, Uuid),
    external_ids: &[&str],
) -> Result<HashMap<String, Uuid>> {
    let mut found: HashMap<String, Uuid> = HashMap::with_capacity(external_ids.len());
    for chunk in external_ids.chunks(bulk::IDS) {
        let these = directory_users::Column::ExternalId.is_in(chunk.iter().copied());
        let rows = links(place)
            .column(directory_users::Column::ExternalId)
            .column(directory_users::Column::UserId)
            .filter(these);
        found.extend(rows.into_tuple().all(db.connection()).await?);
    }
    let users: Vec<Uuid> = found.values().copied().collect();
    let here = present(db, place.0, &users).await?;
    found.retain(|_, user| here.contains(user));
    Ok(found)
}

/// Which of these people a directory has in its team.
pub async fn known(db: &impl Reads, place: (Uuid, Uuid), users: &[Uuid]) -> Result<HashSet<Uuid>> {
    let mut found = Vec::new();
    for chunk in users.chunks(bulk::IDS) {
        let these = directory_users::Column::UserId.is_in(chunk.iter().copied());
        let rows = links(place)
            .column(directory_users::Column::UserId)
            .filter(these);
        found.extend(rows.into_tuple::<Uuid>().all(db.connection()).await?);
    }
    present(db, place.0, &found).await
}

fn links((team, directory): (Uuid, Uuid)) -> sea_orm::Select<directory_users::Entity> {
    directory_users::Entity::find()
        .select_only()
        .filter(directory_users::Column::TeamId.eq(team))
        .filter(directory_users::Column::DirectoryId.eq(directory))
}

/// Which of these people are in a team. It is not joined with what names them: many may be new in this transaction, and a plan that takes
/// them for a few would go through all of them again for each.
async fn present(db: &impl Reads, team: Uuid, users: &[Uuid]) -> Result<HashSet<Uuid>> {
    let mut found = HashSet::with_capacity(users.len());
    for chunk in users.chunks(bulk::IDS) {
        let rows = members::Entity::find()
            .select_only()
            .column(members::Column::UserId)
            .filter(members::Column::TeamId.eq(team))
            .filter(members::Column::UserId.is_in(chunk.iter().copied()))
            .filter(members::Column::RemoveTime.is_null());
        found.extend(rows.into_tuple::<Uuid>().all(db.connection()).await?);
    }
    Ok(found)
}
