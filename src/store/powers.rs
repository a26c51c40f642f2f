//! What people may do in a team, as their memberships say now.

use sea_orm::{
    ConnectionTrait,
    sea_query::{Expr, ExprTrait, Query},
};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Reads,
    entities::{
        member_roles,
        members::{Column, Entity},
        roles, users,
    },
    members::{disabled, shown_role},
    roles::permissions,
};
use crate::{
    domain::{permissions::Power, teams::Team},
    error::Result,
};

/// The power of a person, custom roles included; none if he has nothing to do with the team, or no longer.
pub async fn of(db: &impl Reads, team: &Team, user: Uuid) -> Result<Option<Power>> {
    let member = |column: Column| Expr::col((Entity, column));
    let account = |column: users::Column| Expr::col((users::Entity, column));
    let held = |column: member_roles::Column| Expr::col((member_roles::Entity, column));
    let role = |column: roles::Column| Expr::col((roles::Entity, column));
    let mut standing = Query::select();
    standing
        .expr_as(member(Column::Role), "role")
        .expr_as(member(Column::JoinTime), "join_time")
        .expr_as(disabled(), "disabled")
        .expr_as(account(users::Column::VerifyTime), "verify_time")
        .expr_as(account(users::Column::DisableTime), "disable_time")
        .expr_as(role(roles::Column::Permissions), "permissions")
        .from(Entity)
        .inner_join(
            users::Entity,
            account(users::Column::Id).eq(member(Column::UserId)),
        )
        .left_join(
            member_roles::Entity,
            held(member_roles::Column::TeamId)
                .eq(member(Column::TeamId))
                .and(held(member_roles::Column::UserId).eq(member(Column::UserId))),
        )
        .left_join(
            roles::Entity,
            role(roles::Column::TeamId)
                .eq(held(member_roles::Column::TeamId))
                .and(role(roles::Column::Id).eq(held(member_roles::Column::RoleId))),
        )
        .and_where(member(Column::TeamId).eq(team.id))
        .and_where(member(Column::UserId).eq(user))
        .and_where(member(Column::RemoveTime).is_null());
    // A row for each custom role, or one without.
    let rows = db.connection().query_all(&standing).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let joined: Option<i64> = row.try_get("", "join_time")?;
    let verified: Option<i64> = row.try_get("", "verify_time")?;
    let disabled: bool = row.try_get("", "disabled")?;
    let barred: Option<i64> = row.try_get("", "disable_time")?;
    if joined.is_none() || disabled || verified.is_none() || barred.is_some() {
        return Ok(Some(Power::Powerless(user)));
    }
    let role: String = row.try_get("", "role")?;
    let role = shown_role(team, user, &role)?;
    let mut custom = Vec::new();
    for row in &rows {
        let stored: Option<Value> = row.try_get("", "permissions")?;
        custom.extend(stored.iter().flat_map(permissions));
    }
    Ok(Some(Power::Person(user, role, custom)))
}
