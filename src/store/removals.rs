//! Ends of memberships, one or many by the same number of statements. Whoever writes here holds the team's lock.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, UpdateMany, sea_query::Expr,
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::members::{Column, Entity, Model},
    member_roles,
    members::shown_role,
    rows::{micros, time, word},
};
use crate::{
    clock::Time,
    domain::{
        members::{Removal, Source},
        removals::Leaver,
        teams::Team,
    },
    error::Result,
};

/// What is to be known of these users before they may leave, by user; those are missing who never were in the team.
pub async fn leavers(
    db: &impl Reads,
    team: &Team,
    users: &[Uuid],
) -> Result<HashMap<Uuid, Leaver>> {
    let mut leavers = HashMap::with_capacity(users.len());
    for chunk in users.chunks(bulk::IDS) {
        let rows = Entity::find()
            .filter(Column::TeamId.eq(team.id))
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .all(db.connection())
            .await?;
        for row in rows {
            leavers.insert(row.user_id, leaver(team, &row)?);
        }
    }
    Ok(leavers)
}

pub(super) fn leaver(team: &Team, row: &Model) -> Result<Leaver> {
    Ok(Leaver {
        user_id: row.user_id,
        role: shown_role(team, row.user_id, &row.role)?,
        source: word(Source::of, &row.source)?,
        enter_time: time(row.enter_time.unwrap_or(row.create_time))?,
        is_present: row.remove_time.is_none(),
    })
}

/// Everybody who is in a team beside its primary admin, at most so many.
pub async fn others(db: &impl Reads, team: &Team, limit: u64) -> Result<Vec<Uuid>> {
    let users = Entity::find()
        .select_only()
        .column(Column::UserId)
        .filter(Column::TeamId.eq(team.id))
        .filter(Column::UserId.ne(team.primary_admin_user_id))
        .filter(Column::RemoveTime.is_null())
        .order_by_asc(Column::UserId)
        .limit(limit)
        .into_tuple()
        .all(db.connection())
        .await?;
    Ok(users)
}

/// Ends memberships and takes their custom roles away; never the primary admin's.
pub async fn end(tx: &Tx, team: &Team, users: &[Uuid], removal: Removal, now: Time) -> Result<()> {
    for chunk in users.chunks(bulk::IDS) {
        let done = ended(team, removal, now)
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .filter(Column::UserId.ne(team.primary_admin_user_id))
            .exec(tx.connection())
            .await?;
        bulk::expect(chunk.len() as u64, done.rows_affected)?;
    }
    member_roles::clear(tx, team.id, users).await
}

/// Ends the primary admin's membership, as the last one of a team that is deleted.
pub async fn end_primary(tx: &Tx, team: &Team, now: Time) -> Result<()> {
    let primary = team.primary_admin_user_id;
    let done = ended(team, Removal::TeamDeleted, now)
        .filter(Column::UserId.eq(primary))
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)?;
    member_roles::clear(tx, team.id, &[primary]).await
}

/// Who comes back begins anew: nothing disables him any more.
fn ended(team: &Team, removal: Removal, now: Time) -> UpdateMany<Entity> {
    let update = Entity::update_many()
        .col_expr(Column::RemoveTime, Expr::value(micros(now)))
        .col_expr(Column::Removal, Expr::value(removal.word()))
        .col_expr(Column::DisabledByAdmin, Expr::value(false))
        .col_expr(Column::DisabledByDirectory, Expr::value(false))
        .filter(Column::TeamId.eq(team.id))
        .filter(Column::RemoveTime.is_null());
    if removal.is_by_himself() {
        update.col_expr(Column::DeclineTime, Expr::value(micros(now)))
    } else {
        update
    }
}

/// Disables a member as an admin does, or enables him; never the primary admin.
pub async fn set_disabled(tx: &Tx, team: &Team, user: Uuid, disabled: bool) -> Result<()> {
    let done = Entity::update_many()
        .col_expr(Column::DisabledByAdmin, Expr::value(disabled))
        .filter(Column::TeamId.eq(team.id))
        .filter(Column::UserId.eq(user))
        .filter(Column::UserId.ne(team.primary_admin_user_id))
        .filter(Column::RemoveTime.is_null())
        .filter(Column::DisabledByAdmin.eq(!disabled))
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

/// Disables members as their directory does, or enables them; never the primary admin.
pub async fn set_disabled_by_directory(
    tx: &Tx,
    team: &Team,
    users: &[Uuid],
    disabled: bool,
) -> Result<()> {
    for chunk in users.chunks(bulk::IDS) {
        let done = Entity::update_many()
            .col_expr(Column::DisabledByDirectory, Expr::value(disabled))
            .filter(Column::TeamId.eq(team.id))
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .filter(Column::UserId.ne(team.primary_admin_user_id))
            .filter(Column::RemoveTime.is_null())
            .filter(Column::DisabledByDirectory.eq(!disabled))
            .exec(tx.connection())
            .await?;
        bulk::expect(chunk.len() as u64, done.rows_affected)?;
    }
    Ok(())
}

/// Has those whom a directory disabled be disabled by an admin.
pub async fn leave_disabled(tx: &Tx, team: Uuid, users: &[Uuid]) -> Result<()> {
    for chunk in users.chunks(bulk::IDS) {
        Entity::update_many()
            .col_expr(Column::DisabledByAdmin, Expr::value(true))
            .col_expr(Column::DisabledByDirectory, Expr::value(false))
            .filter(Column::TeamId.eq(team))
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .filter(Column::DisabledByDirectory.eq(true))
            .exec(tx.connection())
            .await?;
    }
    Ok(())
}
