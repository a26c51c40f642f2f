//! Invitations. Whoever writes here holds the team's lock, but for the letter's state, which the relay reports.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::{
        invitations::{ActiveModel, Column, Entity, Model},
        members, users,
    },
    members::shown_role,
    rows::{micros, opt_time, time, word},
};
use crate::{
    clock::Time,
    domain::{
        invitations::{Invitation, Settlement, ShownInvitation},
        letters::DeliveryState,
        teams::Team,
    },
    error::{Error, Result},
};

impl TryFrom<Model> for Invitation {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        Ok(Self {
            id: row.id,
            team_id: row.team_id,
            user_id: row.user_id,
            settlement: row
                .settlement
                .map(|text| word(Settlement::of, &text))
                .transpose()?,
            delivery_state: word(DeliveryState::of, &row.delivery_state)?,
            delivery_error: row.delivery_error,
            send_count: row.send_count,
            inviter_user_id: row.inviter_user_id,
            import_id: row.import_id,
            create_time: time(row.create_time)?,
            expire_time: time(row.expire_time)?,
            settle_time: opt_time(row.settle_time)?,
        })
    }
}

fn row(invitation: &Invitation) -> Model {
    Model {
        id: invitation.id,
        team_id: invitation.team_id,
        user_id: invitation.user_id,
        settlement: invitation.settlement.map(|end| end.word().to_owned()),
        delivery_state: invitation.delivery_state.word().to_owned(),
        delivery_error: invitation.delivery_error.clone(),
        send_count: invitation.send_count,
        inviter_user_id: invitation.inviter_user_id,
        import_id: invitation.import_id.clone(),
        create_time: micros(invitation.create_time),
        expire_time: micros(invitation.expire_time),
        settle_time: invitation.settle_time.map(micros),
    }
}

/// Makes invitations; the index refuses a second open one of a member.
pub async fn insert(tx: &Tx, invitations: &[Invitation]) -> Result<()> {
    let rows = invitations.iter().map(row).collect();
    bulk::insert::<Model, ActiveModel>(tx, rows).await
}

/// What a new link gives an invitation.
pub struct Renewal<'a> {
    /// Until when it is good; or as it was.
    pub expire_time: Option<Time>,
    /// Where its letter stands.
    pub delivery_state: DeliveryState,
    /// Whose it is from now on: an import's, nobody's, or as it was.
    pub import_id: Option<Option<&'a str>>,
    /// Who invites from now on: a person, nobody, or as it was.
    pub inviter_user_id: Option<Option<Uuid>>,
}

/// Gives open invitations a new link and time.
pub async fn renew(tx: &Tx, ids: &[Uuid], renewal: &Renewal<'_>) -> Result<()> {
    for chunk in ids.chunks(bulk::IDS) {
        let mut update = Entity::update_many()
            .col_expr(Column::SendCount, Expr::col(Column::SendCount).add(1))
            .col_expr(
                Column::DeliveryState,
                Expr::value(renewal.delivery_state.word()),
            )
            .col_expr(Column::DeliveryError, Expr::value(None::<String>));
        if let Some(expire_time) = renewal.expire_time {
            update = update.col_expr(Column::ExpireTime, Expr::value(micros(expire_time)));
        }
        if let Some(inviter) = renewal.inviter_user_id {
            update = update.col_expr(Column::InviterUserId, Expr::value(inviter));
        }
        if let Some(import) = renewal.import_id {
            update = update.col_expr(Column::ImportId, Expr::value(import.map(str::to_owned)));
        }
        let done = update
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .filter(Column::Settlement.is_null())
            .exec(tx.connection())
            .await?;
        bulk::expect(chunk.len() as u64, done.rows_affected)?;
    }
    Ok(())
}

/// Makes somebody, or nobody, the one who offers an open invitation.
pub async fn set_inviter(tx: &Tx, id: Uuid, inviter: Option<Uuid>) -> Result<()> {
    let done = Entity::update_many()
        .col_expr(Column::InviterUserId, Expr::value(inviter))
        .filter(Column::Id.eq(id))
        .filter(Column::Settlement.is_null())
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

/// Starts the time of open invitations anew whose letters are released.
pub async fn release(tx: &Tx, ids: &[Uuid], expire_time: Time) -> Result<()> {
    for chunk in ids.chunks(bulk::IDS) {
        let done = Entity::update_many()
            .col_expr(Column::ExpireTime, Expr::value(micros(expire_time)))
            .col_expr(
                Column::DeliveryState,
                Expr::value(DeliveryState::Queued.word()),
            )
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .filter(Column::Settlement.is_null())
            .exec(tx.connection())
            .await?;
        bulk::expect(chunk.len() as u64, done.rows_affected)?;
    }
    Ok(())
}

/// Accepts an invitation, if it still can be with a link of this number: the statement decides, not the clock before it.
pub async fn accept(tx: &Tx, id: Uuid, number: i32, now: Time) -> Result<()> {
    let done = Entity::update_many()
        .col_expr(Column::Settlement, Expr::value(Settlement::Accepted.word()))
        .col_expr(Column::SettleTime, Expr::value(micros(now)))
        .filter(Column::Id.eq(id))
        .filter(Column::Settlement.is_null())
        .filter(Column::SendCount.eq(number))
        .filter(Column::ExpireTime.gt(micros(now)))
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

/// Ends open invitations.
pub async fn settle(tx: &Tx, ids: &[Uuid], how: Settlement, now: Time) -> Result<()> {
    for chunk in ids.chunks(bulk::IDS) {
        let done = Entity::update_many()
            .col_expr(Column::Settlement, Expr::value(how.word()))
            .col_expr(Column::SettleTime, Expr::value(micros(now)))
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .filter(Column::Settlement.is_null())
            .exec(tx.connection())
            .await?;
        bulk::expect(chunk.len() as u64, done.rows_affected)?;
    }
    Ok(())
}

/// Notes that the letters which these invitations waited for will never be sent.
pub async fn cancel_delivery(tx: &Tx, ids: &[Uuid]) -> Result<()> {
    let unsent = [DeliveryState::Held.word(), DeliveryState::Queued.word()];
    for chunk in ids.chunks(bulk::IDS) {
        Entity::update_many()
            .col_expr(
                Column::DeliveryState,
                Expr::value(DeliveryState::Cancelled.word()),
            )
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .filter(Column::DeliveryState.is_in(unsent))
            .exec(tx.connection())
            .await?;
    }
    Ok(())
}

/// Notes where the newest letter of an invitation stands.
pub async fn set_delivery(
    tx: &Tx,
    id: Uuid,
    state: DeliveryState,
    error: Option<&str>,
) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::DeliveryState, Expr::value(state.word()))
        .col_expr(Column::DeliveryError, Expr::value(error.map(str::to_owned)))
        .filter(Column::Id.eq(id))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// One invitation of a team.
pub async fn by_id(db: &impl Reads, team: Uuid, id: Uuid) -> Result<Option<Invitation>> {
    let row = Entity::find_by_id(id)
        .filter(Column::TeamId.eq(team))
        .one(db.connection())
        .await?;
    row.map(Invitation::try_from).transpose()
}

/// Invitations of a team by id; other ids, and other teams' ones, are not among them.
pub async fn by_ids(
    db: &impl Reads,
    team: Uuid,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Invitation>> {
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(bulk::IDS) {
        let rows = Entity::find()
            .filter(Column::TeamId.eq(team))
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .all(db.connection())
            .await?;
        for row in rows {
            found.insert(row.id, row.try_into()?);
        }
    }
    Ok(found)
}

/// Invitations of any team, for the relay, which serves them all.
pub async fn any_by_ids(db: &impl Reads, ids: &[Uuid]) -> Result<Vec<Invitation>> {
    let rows = Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .all(db.connection())
        .await?;
    rows.into_iter().map(Invitation::try_from).collect()
}

/// The open invitations that an import opened last, by id.
pub async fn open_of_import(db: &impl Reads, team: Uuid, import: &str) -> Result<Vec<Invitation>> {
    let rows = Entity::find()
        .filter(Column::TeamId.eq(team))
        .filter(Column::ImportId.eq(import))
        .filter(Column::Settlement.is_null())
        .order_by_asc(Column::Id)
        .all(db.connection())
        .await?;
    rows.into_iter().map(Invitation::try_from).collect()
}

/// The open invitations of these users in a team, by user.
pub async fn open_of(
    db: &impl Reads,
    team: Uuid,
    users: &[Uuid],
) -> Result<HashMap<Uuid, Invitation>> {
    let mut open = HashMap::new();
    for chunk in users.chunks(bulk::IDS) {
        let rows = Entity::find()
            .filter(Column::TeamId.eq(team))
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .filter(Column::Settlement.is_null())
            .all(db.connection())
            .await?;
        for row in rows {
            open.insert(row.user_id, row.try_into()?);
        }
    }
    Ok(open)
}

/// The teams that wait for a person's answer, by id.
pub async fn waiting_in(db: &impl Reads, user: Uuid) -> Result<Vec<Uuid>> {
    Ok(members::Entity::find()
        .select_only()
        .column(members::Column::TeamId)
        .filter(members::Column::UserId.eq(user))
        .filter(members::Column::JoinTime.is_null())
        .filter(members::Column::RemoveTime.is_null())
        .order_by_asc(members::Column::TeamId)
        .into_tuple()
        .all(db.connection())
        .await?)
}

/// The newest invitation that somebody ever had in a team.
pub async fn newest_of(db: &impl Reads, team: Uuid, user: Uuid) -> Result<Option<Invitation>> {
    let row = Entity::find()
        .filter(Column::TeamId.eq(team))
        .filter(Column::UserId.eq(user))
        .order_by_desc(Column::Id)
        .limit(1)
        .one(db.connection())
        .await?;
    row.map(Invitation::try_from).transpose()
}

/// Adds address and role: two statements, whatever the number of invitations.
pub async fn show(
    db: &impl Reads,
    team: &Team,
    invitations: Vec<Invitation>,
) -> Result<Vec<ShownInvitation>> {
    let ids: Vec<Uuid> = invitations.iter().map(|one| one.user_id).collect();
    let emails: HashMap<Uuid, String> = users::Entity::find()
        .select_only()
        .column(users::Column::Id)
        .column(users::Column::EmailTyped)
        .filter(users::Column::Id.is_in(ids.iter().copied()))
        .into_tuple::<(Uuid, String)>()
        .all(db.connection())
        .await?
        .into_iter()
        .collect();
    let roles: HashMap<Uuid, String> = members::Entity::find()
        .select_only()
        .column(members::Column::UserId)
        .column(members::Column::Role)
        .filter(members::Column::TeamId.eq(team.id))
        .filter(members::Column::UserId.is_in(ids.iter().copied()))
        .into_tuple::<(Uuid, String)>()
        .all(db.connection())
        .await?
        .into_iter()
        .collect();
    invitations
        .into_iter()
        .map(|invitation| {
            let user = invitation.user_id;
            let (Some(email), Some(role)) = (emails.get(&user), roles.get(&user)) else {
                return Err(Error::internal("an invitation without a member"));
            };
            Ok(ShownInvitation {
                email: email.clone(),
                role: shown_role(team, user, role)?,
                invitation,
            })
        })
        .collect()
}
