//! The hashes of invitations' links. Old ones are kept, so that a dead link can say why it is dead.

use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Query},
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::{
        invitation_tokens::{ActiveModel, Column, Entity, Model},
        invitations,
    },
    rows::{micros, time},
};
use crate::{
    clock::Time,
    domain::invitations::Invitation,
    error::{Error, Result},
};

/// A link that somebody came with.
pub struct Presented {
    /// The invitation.
    pub invitation: Invitation,
    /// Which of its links it is.
    pub number: i32,
}

/// A link that was made.
pub struct NewToken {
    /// The keyed hash of its token.
    pub hash: Vec<u8>,
    /// The invitation.
    pub invitation_id: Uuid,
    /// Which of its links it is, from 1.
    pub number: i32,
}

/// Stores new links.
pub async fn insert(tx: &Tx, tokens: Vec<NewToken>, now: Time) -> Result<()> {
    let rows = tokens
        .into_iter()
        .map(|token| Model {
            hash: token.hash,
            invitation_id: token.invitation_id,
            number: token.number,
            create_time: micros(now),
            settle_time: None,
        })
        .collect();
    bulk::insert::<Model, ActiveModel>(tx, rows).await
}

/// The invitation of a link: the same statements whether there is one or not.
pub async fn find(db: &impl Reads, hashes: &[Vec<u8>]) -> Result<Option<Presented>> {
    let token = Entity::find()
        .filter(Column::Hash.is_in(hashes.iter().cloned()))
        .one(db.connection())
        .await?;
    let id = token.as_ref().map_or(Uuid::nil(), |row| row.invitation_id);
    let invitation = invitations::Entity::find_by_id(id)
        .one(db.connection())
        .await?;
    match (token, invitation) {
        (Some(token), Some(invitation)) => Ok(Some(Presented {
            invitation: invitation.try_into()?,
            number: token.number,
        })),
        (None, None) => Ok(None),
        _ => Err(Error::internal("a link without an invitation")),
    }
}

/// When each of these invitations was resent since then, newest first. Their first links count for nothing.
pub async fn resends_since(
    tx: &Tx,
    invitations: &[Uuid],
    since: Time,
) -> Result<Vec<(Uuid, Time)>> {
    let mut resends = Vec::new();
    for chunk in invitations.chunks(bulk::IDS) {
        let rows = Entity::find()
            .select_only()
            .column(Column::InvitationId)
            .column(Column::CreateTime)
            .filter(Column::InvitationId.is_in(chunk.iter().copied()))
            .filter(Column::Number.gt(1))
            .filter(Column::CreateTime.gt(micros(since)))
            .order_by_desc(Column::CreateTime)
            .into_tuple::<(Uuid, i64)>()
            .all(tx.connection())
            .await?;
        for (invitation, created) in rows {
            resends.push((invitation, time(created)?));
        }
    }
    Ok(resends)
}

/// Notes that these invitations have ended, from when on their links are kept for a while only.
pub async fn settle(tx: &Tx, invitations: &[Uuid], now: Time) -> Result<()> {
    for chunk in invitations.chunks(bulk::IDS) {
        Entity::update_many()
            .col_expr(Column::SettleTime, Expr::value(micros(now)))
            .filter(Column::InvitationId.is_in(chunk.iter().copied()))
            .exec(tx.connection())
            .await?;
    }
    Ok(())
}

/// Deletes some links of invitations that ended before then; how many.
pub async fn delete_settled_before(tx: &Tx, before: Time) -> Result<u64> {
    let some = Query::select()
        .column(Column::Hash)
        .from(Entity)
        .and_where(Column::SettleTime.lt(micros(before)))
        .limit(bulk::IDS as u64)
        .to_owned();
    let done = Entity::delete_many()
        .filter(Column::Hash.in_subquery(some))
        .exec(tx.connection())
        .await?;
    Ok(done.rows_affected)
}
