//! Who is in which project. Whoever writes here holds the team's lock.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::project_members::{ActiveModel, Column, Entity, Model},
    rows::{micros, time, word},
};
use crate::{
    domain::{
        pages::{Page, Position},
        projects::{Project, ProjectMember, ProjectRole},
    },
    error::{Error, Result},
};

impl TryFrom<Model> for ProjectMember {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        Ok(Self {
            team_id: row.team_id,
            hub_id: row.hub_id,
            project_id: row.project_id,
            user_id: row.user_id,
            role: word(ProjectRole::of, &row.role)?,
            create_time: time(row.create_time)?,
        })
    }
}

/// Puts somebody into a project.
pub async fn insert(tx: &Tx, member: &ProjectMember) -> Result<()> {
    let row = Model {
        team_id: member.team_id,
        hub_id: member.hub_id,
        project_id: member.project_id,
        user_id: member.user_id,
        role: member.role.word().to_owned(),
        create_time: micros(member.create_time),
    };
    bulk::insert::<Model, ActiveModel>(tx, vec![row]).await
}

/// Gives somebody another role in a project.
pub async fn set_role(tx: &Tx, member: &ProjectMember) -> Result<()> {
    let done = Entity::update_many()
        .col_expr(Column::Role, Expr::value(member.role.word()))
        .filter(Column::TeamId.eq(member.team_id))
        .filter(Column::HubId.eq(member.hub_id))
        .filter(Column::ProjectId.eq(member.project_id))
        .filter(Column::UserId.eq(member.user_id))
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

/// Takes somebody out of a project.
pub async fn delete(tx: &Tx, member: &ProjectMember) -> Result<()> {
    let key = (
        member.team_id,
        member.hub_id,
        member.project_id,
        member.user_id,
    );
    let done = Entity::delete_by_id(key).exec(tx.connection()).await?;
    bulk::expect(1, done.rows_affected)
}

/// Takes somebody out of every project of a hub; in which he was.
pub async fn leave_hub(
    tx: &Tx,
    (team, hub): (Uuid, Uuid),
    user: Uuid,
) -> Result<Vec<ProjectMember>> {
    let of_person = Column::TeamId
        .eq(team)
        .and(Column::HubId.eq(hub))
        .and(Column::UserId.eq(user));
    let rows = Entity::find()
        .filter(of_person.clone())
        .order_by_asc(Column::ProjectId)
        .all(tx.connection())
        .await?;
    let done = Entity::delete_many()
        .filter(of_person)
        .exec(tx.connection())
        .await?;
    bulk::expect(rows.len() as u64, done.rows_affected)?;
    rows.into_iter().map(ProjectMember::try_from).collect()
}

/// In how many projects people of teams are, all together: many of one team, or one of many.
pub async fn count_of(db: &impl Reads, people: (&[Uuid], &[Uuid])) -> Result<u64> {
    Ok(Entity::find()
        .filter(of_people(people))
        .count(db.connection())
        .await?)
}

/// Takes people who leave out of every project; so many.
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

/// One person in a project.
pub async fn find(db: &impl Reads, project: &Project, user: Uuid) -> Result<Option<ProjectMember>> {
    let key = (project.team_id, project.hub_id, project.id, user);
    let row = Entity::find_by_id(key).one(db.connection()).await?;
    row.map(ProjectMember::try_from).transpose()
}

/// Whether anybody is in a project.
pub async fn any_in(db: &impl Reads, project: &Project) -> Result<bool> {
    Ok(!page(db, project, (None, 1)).await?.items.is_empty())
}

/// A page of a project's people, by their ids.
pub async fn page(
    db: &impl Reads,
    project: &Project,
    (after, size): (Option<Uuid>, u64),
) -> Result<Page<ProjectMember>> {
    let mut query = Entity::find()
        .filter(Column::TeamId.eq(project.team_id))
        .filter(Column::HubId.eq(project.hub_id))
        .filter(Column::ProjectId.eq(project.id))
        .order_by_asc(Column::UserId)
        .limit(size + 1);
    if let Some(after) = after {
        query = query.filter(Column::UserId.gt(after));
    }
    let rows = query.all(db.connection()).await?;
    let people = rows
        .into_iter()
        .map(ProjectMember::try_from)
        .collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(people, size, |member| {
        Position(member.user_id.as_bytes().to_vec())
    }))
}
