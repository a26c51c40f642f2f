//! Letters about what remains in hubs: which wait, when the last went, and whose end. Whoever adds one holds the team's
//! lock.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LockType},
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::outbox::{Column, Entity},
    outbox::cancel_unsent,
    rows::{micros, time},
};
use crate::{
    clock::Time,
    domain::letters::{DeliveryState, LetterKind},
    error::{Error, Result},
};

/// A letter that no relay has taken.
pub struct Waiting {
    /// Its id.
    pub id: Uuid,
    /// The hub that it is about.
    pub hub_id: Uuid,
    /// Who gets it.
    pub user_id: Uuid,
}

/// The letters about hubs of these teams that wait, locked: until this transaction ends no relay takes one. Of one that a relay
/// has taken, also of one whose lease is over, nobody can say any more what it counts.
pub async fn waiting(tx: &Tx, (teams, hubs): (&[Uuid], &[Uuid])) -> Result<Vec<Waiting>> {
    let mut all = Vec::new();
    for chunk in hubs.chunks(bulk::IDS) {
        let rows: Vec<(Uuid, Option<Uuid>, Uuid)> = Entity::find()
            .select_only()
            .columns([Column::Id, Column::HubId, Column::UserId])
            .filter(about(teams, chunk))
            .filter(untaken())
            .order_by_asc(Column::Id)
            .lock(LockType::Update)
            .into_tuple()
            .all(tx.connection())
            .await?;
        for (id, hub, user_id) in rows {
            let hub_id = hub.ok_or_else(|| Error::internal("a letter about no hub"))?;
            all.push(Waiting {
                id,
                hub_id,
                user_id,
            });
        }
    }
    Ok(all)
}

/// Has letters that wait name somebody else as the one who brought it about.
pub async fn name(tx: &Tx, ids: &[Uuid], inviter: Option<Uuid>) -> Result<()> {
    for chunk in ids.chunks(bulk::IDS) {
        let done = Entity::update_many()
            .col_expr(Column::InviterUserId, Expr::value(inviter))
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .filter(untaken())
            .exec(tx.connection())
            .await?;
        bulk::expect(chunk.len() as u64, done.rows_affected)?;
    }
    Ok(())
}

/// When the last letter about each of these hubs went to each person, if it went later than `since`. One that is on its way
/// goes now.
pub async fn last(
    db: &impl Reads,
    (teams, hubs): (&[Uuid], &[Uuid]),
    (since, now): (Time, Time),
) -> Result<HashMap<(Uuid, Uuid), Time>> {
    let sent = Condition::all()
        .add(Column::State.eq(DeliveryState::Sent.word()))
        .add(Column::SettleTime.gt(micros(since)));
    let late = Condition::any().add(Column::SettleTime.is_null()).add(sent);
    let mut last = HashMap::new();
    for chunk in hubs.chunks(bulk::IDS) {
        let rows: Vec<(Option<Uuid>, Uuid, Option<i64>)> = Entity::find()
            .select_only()
            .columns([Column::HubId, Column::UserId, Column::SettleTime])
            .filter(about(teams, chunk))
            .filter(late.clone())
            .into_tuple()
            .all(db.connection())
            .await?;
        for (hub, user, settled) in rows {
            let hub = hub.ok_or_else(|| Error::internal("a letter about no hub"))?;
            let went = settled.map_or(Ok(now), time)?;
            let known = last.entry((hub, user)).or_insert(went);
            *known = went.max(*known);
        }
    }
    Ok(last)
}

/// Whose unsent letters about what remains end.
#[derive(Debug, Clone, Copy)]
pub enum Where {
    /// Those about one hub of a team.
    Hub(Uuid, Uuid),
    /// Those of a team.
    Team(Uuid),
    /// All.
    Anywhere,
}

/// Cancels the unsent letters to a person about what remains.
pub async fn cancel(tx: &Tx, user: Uuid, place: Where, now: Time) -> Result<()> {
    let cancel = cancel_unsent(now)
        .filter(Column::UserId.eq(user))
        .filter(Column::Kind.eq(LetterKind::ResidualAccess.word()));
    let cancel = match place {
        Where::Hub(team, hub) => cancel
            .filter(Column::TeamId.eq(team))
            .filter(Column::HubId.eq(hub)),
        Where::Team(team) => cancel.filter(Column::TeamId.eq(team)),
        Where::Anywhere => cancel,
    };
    cancel.exec(tx.connection()).await?;
    Ok(())
}

/// Cancels the unsent letters of a team to many people about what remains.
pub async fn cancel_of_many(tx: &Tx, team: Uuid, users: &[Uuid], now: Time) -> Result<()> {
    for chunk in users.chunks(bulk::IDS) {
        cancel_unsent(now)
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .filter(Column::Kind.eq(LetterKind::ResidualAccess.word()))
            .filter(Column::TeamId.eq(team))
            .exec(tx.connection())
            .await?;
    }
    Ok(())
}

fn about(teams: &[Uuid], hubs: &[Uuid]) -> Condition {
    Condition::all()
        .add(Column::TeamId.is_in(teams.iter().copied()))
        .add(Column::HubId.is_in(hubs.iter().copied()))
        .add(Column::Kind.eq(LetterKind::ResidualAccess.word()))
}

fn untaken() -> Condition {
    Condition::all()
        .add(Column::State.eq(DeliveryState::Queued.word()))
        .add(Column::LeaseId.is_null())
}
