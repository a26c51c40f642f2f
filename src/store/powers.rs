//! What people may do in a team, as their memberships say now.

use sea_orm::{
    ConnectionTrait,
    sea_query::{Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{
    Reads,
    entities::{
        members::{Column, Entity},
        users,
    },
    members::shown_role,
};
use crate::{
    domain::{permissions::Power, teams::Team},
    error::Result,
};

/// The power of a person; none if he has nothing to do with the team, or no longer.
pub async fn of(db: &impl Reads, team: &Team, user: Uuid) -> Result<Option<Power>> {
    let member = |column: Column| Expr::col((Entity, column));
    let account = |column: users::Column| Expr::col((users::Entity, column));
    let mut standing = Query::select();
    standing
        .expr_as(member(Column::Role), "role")
        .expr_as(member(Column::JoinTime), "join_time")
        .expr_as(account(users::Column::VerifyTime), "verify_time")
        .from(Entity)
        .inner_join(
            users::Entity,
            account(users::Column::Id).eq(member(Column::UserId)),
        )
        .and_where(member(Column::TeamId).eq(team.id))
        .and_where(member(Column::UserId).eq(user))
        .and_where(member(Column::RemoveTime).is_null());
    let Some(row) = db.connection().query_one(&standing).await? else {
        return Ok(None);
    };
    let joined: Option<i64> = row.try_get("", "join_time")?;
    let verified: Option<i64> = row.try_get("", "verify_time")?;
    if joined.is_none() || verified.is_none() {
        return Ok(Some(Power::Powerless(user)));
    }
    let role: String = row.try_get("", "role")?;
    let role = shown_role(team, user, &role)?;
    Ok(Some(Power::Person(user, role, Vec::new())))
}
