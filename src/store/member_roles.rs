//! Who holds which custom role. Whoever writes here holds the team's lock.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::{
        member_roles::{ActiveModel, Column, Entity, Model},
        members, roles,
    },
    roles::permissions,
};
use crate::{domain::permissions::Permission, error::Result};

/// Makes these the roles of a member, instead of those that he has.
pub async fn set(tx: &Tx, (team, user): (Uuid, Uuid), roles: &[Uuid]) -> Result<()> {
    clear(tx, team, &[user]).await?;
    let rows = roles.iter().map(|role| Model {
        team_id: team,
        user_id: user,
        role_id: *role,
    });
    bulk::insert::<Model, ActiveModel>(tx, rows.collect()).await
}

/// Takes every role from these members.
pub async fn clear(tx: &Tx, team: Uuid, users: &[Uuid]) -> Result<()> {
    for chunk in users.chunks(bulk::IDS) {
        Entity::delete_many()
            .filter(Column::TeamId.eq(team))
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .exec(tx.connection())
            .await?;
    }
    Ok(())
}

/// Whether a member holds a role. What one left behind whose membership has ended is taken away.
pub async fn is_held(tx: &Tx, team: Uuid, role: Uuid) -> Result<bool> {
    let of_role = Condition::all()
        .add(Column::TeamId.eq(team))
        .add(Column::RoleId.eq(role));
    let ended = Query::select()
        .expr(Expr::value(1))
        .from(members::Entity)
        .and_where(member(members::Column::TeamId).eq(held(Column::TeamId)))
        .and_where(member(members::Column::UserId).eq(held(Column::UserId)))
        .and_where(member(members::Column::RemoveTime).is_not_null())
        .take();
    Entity::delete_many()
        .filter(of_role.clone())
        .filter(Expr::exists(ended))
        .exec(tx.connection())
        .await?;
    let holder = Entity::find().filter(of_role).one(tx.connection()).await?;
    Ok(holder.is_some())
}

/// The custom roles of people in a team, in the order of their ids.
pub async fn of_members(
    db: &impl Reads,
    team: Uuid,
    users: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Uuid>>> {
    let mut roles: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for chunk in users.chunks(bulk::IDS) {
        let rows = Entity::find()
            .filter(Column::TeamId.eq(team))
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .order_by_asc(Column::UserId)
            .order_by_asc(Column::RoleId)
            .all(db.connection())
            .await?;
        for row in rows {
            roles.entry(row.user_id).or_default().push(row.role_id);
        }
    }
    Ok(roles)
}

/// The custom roles of one person in teams, in the order of their ids.
pub async fn of_user(
    db: &impl Reads,
    user: Uuid,
    teams: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Uuid>>> {
    let mut roles: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    let rows = Entity::find()
        .filter(Column::TeamId.is_in(teams.iter().copied()))
        .filter(Column::UserId.eq(user))
        .order_by_asc(Column::TeamId)
        .order_by_asc(Column::RoleId)
        .all(db.connection())
        .await?;
    for row in rows {
        roles.entry(row.team_id).or_default().push(row.role_id);
    }
    Ok(roles)
}

/// What the custom roles of people in a team hold, by person.
pub async fn permissions_of(
    db: &impl Reads,
    team: Uuid,
    users: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Permission>>> {
    let mut all: HashMap<Uuid, Vec<Permission>> = HashMap::new();
    for chunk in users.chunks(bulk::IDS) {
        let mut query = with_roles();
        query
            .expr_as(held(Column::UserId), "user_id")
            .and_where(held(Column::TeamId).eq(team))
            .and_where(held(Column::UserId).is_in(chunk.iter().copied()));
        for row in db.connection().query_all(&query).await? {
            let user: Uuid = row.try_get("", "user_id")?;
            let stored: Value = row.try_get("", "permissions")?;
            all.entry(user).or_default().extend(permissions(&stored));
        }
    }
    Ok(all)
}

fn with_roles() -> SelectStatement {
    let role = |column: roles::Column| Expr::col((roles::Entity, column));
    let mut query = Query::select();
    query
        .expr_as(role(roles::Column::Permissions), "permissions")
        .from(Entity)
        .inner_join(
            roles::Entity,
            role(roles::Column::TeamId)
                .eq(held(Column::TeamId))
                .and(role(roles::Column::Id).eq(held(Column::RoleId))),
        );
    query
}

fn held(column: Column) -> Expr {
    Expr::col((Entity, column))
}

fn member(column: members::Column) -> Expr {
    Expr::col((members::Entity, column))
}
