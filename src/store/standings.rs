//! How the people of a request stand in the team that wants them.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::members::{Column, Entity, Model},
    invitations::open_of,
    rows::word,
};
use crate::{
    domain::{
        admission::{End, OpenInvitation, Standing},
        members::Removal,
        teams::Team,
    },
    error::Result,
};

/// The memberships of these users in the team, past and present, by user.
pub async fn of(tx: &Tx, team: &Team, users: &[Uuid]) -> Result<HashMap<Uuid, Standing>> {
    let mut standings = HashMap::with_capacity(users.len());
    for chunk in users.chunks(bulk::IDS) {
        let rows = Entity::find()
            .filter(Column::TeamId.eq(team.id))
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .all(tx.connection())
            .await?;
        for row in rows {
            let standing = Standing {
                is_primary: row.user_id == team.primary_admin_user_id,
                is_member: row.join_time.is_some() && row.remove_time.is_none(),
                end: end(&row)?,
                said_no: row.decline_time.is_some(),
                open: None,
            };
            standings.insert(row.user_id, standing);
        }
    }
    for (user, invitation) in open_of(tx, team.id, users).await? {
        if let Some(standing) = standings.get_mut(&user) {
            standing.open = Some(OpenInvitation {
                id: invitation.id,
                expire_time: invitation.expire_time,
                send_count: invitation.send_count,
                inviter_user_id: invitation.inviter_user_id,
            });
        }
    }
    Ok(standings)
}

fn end(row: &Model) -> Result<Option<End>> {
    let Some(removal) = &row.removal else {
        return Ok(None);
    };
    Ok(Some(End {
        removal: word(Removal::of, removal)?,
        was_member: row.joined_before || row.join_time.is_some(),
    }))
}

/// Which of these people are in another team than this one, and whether each waits in one for his answer.
pub async fn elsewhere(db: &impl Reads, team: Uuid, users: &[Uuid]) -> Result<HashMap<Uuid, bool>> {
    let mut found = HashMap::new();
    for chunk in users.chunks(bulk::IDS) {
        let rows: Vec<(Uuid, Option<i64>)> = Entity::find()
            .select_only()
            .columns([Column::UserId, Column::JoinTime])
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .filter(Column::TeamId.ne(team))
            .filter(Column::RemoveTime.is_null())
            .into_tuple()
            .all(db.connection())
            .await?;
        for (user, joined) in rows {
            *found.entry(user).or_insert(false) |= joined.is_none();
        }
    }
    Ok(found)
}
