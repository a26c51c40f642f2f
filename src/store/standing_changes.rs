//! What becomes of people who are in a team: they join, have another role, or another way in. Whoever writes here holds the team's
//! lock.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::members::{Column, Entity},
    members::role_word,
    rows::micros,
};
use crate::{
    clock::Time,
    domain::{members::Source, roles::Role, teams::Team},
    error::Result,
};

/// Makes invited members active ones.
pub async fn activate(tx: &Tx, team: Uuid, users: &[Uuid], now: Time) -> Result<()> {
    for chunk in users.chunks(bulk::IDS) {
        let done = Entity::update_many()
            .col_expr(Column::JoinTime, Expr::value(micros(now)))
            .col_expr(Column::DeclineTime, Expr::value(None::<i64>))
            .filter(Column::TeamId.eq(team))
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .filter(Column::JoinTime.is_null())
            .filter(Column::RemoveTime.is_null())
            .exec(tx.connection())
            .await?;
        bulk::expect(chunk.len() as u64, done.rows_affected)?;
    }
    Ok(())
}

/// Notes by which way people are in a team.
pub async fn set_source(tx: &Tx, team: Uuid, users: &[Uuid], source: Source) -> Result<()> {
    for chunk in users.chunks(bulk::IDS) {
        let done = Entity::update_many()
            .col_expr(Column::Source, Expr::value(source.word()))
            .filter(Column::TeamId.eq(team))
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .filter(Column::RemoveTime.is_null())
            .exec(tx.connection())
            .await?;
        bulk::expect(chunk.len() as u64, done.rows_affected)?;
    }
    Ok(())
}

/// Gives members another role; never the primary admin.
pub async fn set_roles(tx: &Tx, team: &Team, users: &[Uuid], role: Role) -> Result<()> {
    for chunk in users.chunks(bulk::IDS) {
        let done = Entity::update_many()
            .col_expr(Column::Role, Expr::value(role_word(role)))
            .filter(Column::TeamId.eq(team.id))
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .filter(Column::UserId.ne(team.primary_admin_user_id))
            .filter(Column::RemoveTime.is_null())
            .exec(tx.connection())
            .await?;
        bulk::expect(chunk.len() as u64, done.rows_affected)?;
    }
    Ok(())
}
