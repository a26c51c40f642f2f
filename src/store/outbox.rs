//! The transactional outbox: letters that wait, are leased to a relay, and end.

use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, UpdateMany,
    sea_query::{Expr, ExprTrait, LockBehavior, LockType, Query},
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::outbox::{ActiveModel, Column, Entity, Model},
    rows::{micros, stored, time, word},
};
use crate::{
    clock::Time,
    domain::letters::{DeliveryState, LetterKind},
    error::Result,
};

/// A letter to be sent, or held. It has no Debug: the token's seal is nobody's to print.
pub struct NewLetter {
    /// Its id, which also names the mail.
    pub id: Uuid,
    /// What it says.
    pub kind: LetterKind,
    /// The team, of which it speaks; none of a letter about the account.
    pub team_id: Option<Uuid>,
    /// Who gets it.
    pub user_id: Uuid,
    /// The person whom it names as the one who invites.
    pub inviter_user_id: Option<Uuid>,
    /// The invitation whose link it brings.
    pub invitation_id: Option<Uuid>,
    /// The change of an address that it is about, and that tells where it goes.
    pub email_change_id: Option<Uuid>,
    /// The import that caused it.
    pub import_id: Option<String>,
    /// The language of its words.
    pub language: String,
    /// The sealed token of its link.
    pub sealed_token: Option<Vec<u8>>,
    /// Whether it waits for its release.
    pub held: bool,
    /// When it goes, if not at once.
    pub due_time: Option<Time>,
    /// The hub that it is about, and about how many people it would be now. Only a replica of the version before sends that
    /// number: it is counted again when the letter is sent.
    pub hub: Option<(Uuid, u32)>,
}

/// A letter that a relay has leased.
pub struct Claimed {
    /// Its id.
    pub id: Uuid,
    /// What it says.
    pub kind: LetterKind,
    /// The team, of which it speaks.
    pub team_id: Option<Uuid>,
    /// Who gets it.
    pub user_id: Uuid,
    /// The person whom it names as the one who invites.
    pub inviter_user_id: Option<Uuid>,
    /// The invitation whose link it brings.
    pub invitation_id: Option<Uuid>,
    /// The change of an address that it is about.
    pub email_change_id: Option<Uuid>,
    /// The language of its words.
    pub language: String,
    /// The sealed token of its link.
    pub sealed_token: Option<Vec<u8>>,
    /// How often it was tried, this time included.
    pub attempts: i32,
    /// When it was written, or released.
    pub create_time: Time,
    /// The hub that it is about.
    pub hub_id: Option<Uuid>,
}

/// Puts letters into the outbox.
pub async fn post(tx: &Tx, letters: Vec<NewLetter>, now: Time) -> Result<()> {
    let rows = letters
        .into_iter()
        .map(|letter| Model {
            id: letter.id,
            kind: letter.kind.word().to_owned(),
            team_id: letter.team_id,
            user_id: letter.user_id,
            invitation_id: letter.invitation_id,
            inviter_user_id: letter.inviter_user_id,
            import_id: letter.import_id,
            language: letter.language,
            sealed_token: letter.sealed_token,
            state: state(letter.held).word().to_owned(),
            attempts: 0,
            due_time: micros(letter.due_time.unwrap_or(now)),
            lease_id: None,
            error: None,
            // One that is to wait has its whole time from then, as one that is released.
            create_time: micros(letter.due_time.unwrap_or(now)),
            settle_time: None,
            email_change_id: letter.email_change_id,
            hub_id: letter.hub.map(|(hub, _)| hub),
            person_count: letter.hub.map(|(_, people)| stored(people)),
        })
        .collect();
    bulk::insert::<Model, ActiveModel>(tx, rows).await
}

/// Where a new letter stands.
#[must_use]
pub const fn state(held: bool) -> DeliveryState {
    if held {
        DeliveryState::Held
    } else {
        DeliveryState::Queued
    }
}

/// Cancels the unsent letters of invitations and wipes their tokens.
pub async fn cancel(tx: &Tx, invitations: &[Uuid], now: Time) -> Result<()> {
    for chunk in invitations.chunks(bulk::IDS) {
        cancel_unsent(now)
            .filter(Column::InvitationId.is_in(chunk.iter().copied()))
            .exec(tx.connection())
            .await?;
    }
    Ok(())
}

/// Cancels every unsent letter of a team to these people, and wipes their tokens.
pub async fn cancel_of_members(tx: &Tx, team: Uuid, users: &[Uuid], now: Time) -> Result<()> {
    for chunk in users.chunks(bulk::IDS) {
        cancel_unsent(now)
            .filter(Column::TeamId.eq(team))
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .exec(tx.connection())
            .await?;
    }
    Ok(())
}

/// Cancels the unsent letters of this kind about a change of an address, or of whatever kind, and wipes their tokens.
pub async fn cancel_change(
    tx: &Tx,
    change: Uuid,
    kind: Option<LetterKind>,
    now: Time,
) -> Result<()> {
    let mut cancel = cancel_unsent(now).filter(Column::EmailChangeId.eq(change));
    if let Some(kind) = kind {
        cancel = cancel.filter(Column::Kind.eq(kind.word()));
    }
    cancel.exec(tx.connection()).await?;
    Ok(())
}

/// Cancels every unsent letter to a person, and wipes their tokens.
pub async fn cancel_to(tx: &Tx, user: Uuid, now: Time) -> Result<()> {
    let cancel = cancel_unsent(now).filter(Column::UserId.eq(user));
    cancel.exec(tx.connection()).await?;
    Ok(())
}

pub(super) fn cancel_unsent(now: Time) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(DeliveryState::Cancelled.word()))
        .col_expr(Column::SealedToken, Expr::value(None::<Vec<u8>>))
        .col_expr(Column::SettleTime, Expr::value(micros(now)))
        .filter(Column::SettleTime.is_null())
}

/// A letter that waits to be released.
pub struct Held {
    /// Its id.
    pub id: Uuid,
    /// What it says.
    pub kind: LetterKind,
    /// Who gets it.
    pub user_id: Uuid,
    /// The invitation whose link it brings.
    pub invitation_id: Option<Uuid>,
}

/// The held letters of an import.
pub async fn held(tx: &Tx, team: Uuid, import: &str) -> Result<Vec<Held>> {
    let rows: Vec<(Uuid, String, Uuid, Option<Uuid>)> = Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::Kind,
            Column::UserId,
            Column::InvitationId,
        ])
        .filter(Column::TeamId.eq(team))
        .filter(Column::ImportId.eq(import))
        .filter(Column::State.eq(DeliveryState::Held.word()))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(tx.connection())
        .await?;
    rows.into_iter()
        .map(|(id, kind, user_id, invitation_id)| {
            Ok(Held {
                id,
                kind: word(LetterKind::of, &kind)?,
                user_id,
                invitation_id,
            })
        })
        .collect()
}

/// Queues held letters; their time begins now.
pub async fn release(tx: &Tx, ids: &[Uuid], now: Time) -> Result<()> {
    for chunk in ids.chunks(bulk::IDS) {
        let done = Entity::update_many()
            .col_expr(Column::State, Expr::value(DeliveryState::Queued.word()))
            .col_expr(Column::DueTime, Expr::value(micros(now)))
            .col_expr(Column::CreateTime, Expr::value(micros(now)))
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .filter(Column::State.eq(DeliveryState::Held.word()))
            .exec(tx.connection())
            .await?;
        bulk::expect(chunk.len() as u64, done.rows_affected)?;
    }
    Ok(())
}

/// Leases letters that are due, until `lease_end`. Two relays never get the same one. Letters of a later version are left for
/// its relays.
pub async fn claim(
    tx: &Tx,
    lease: Uuid,
    (now, lease_end): (Time, Time),
    most: u64,
) -> Result<Vec<Claimed>> {
    let rows = Entity::find()
        .filter(Column::State.eq(DeliveryState::Queued.word()))
        .filter(Column::DueTime.lte(micros(now)))
        .filter(Column::Kind.is_in(LetterKind::ALL.iter().map(|kind| kind.word())))
        .order_by_asc(Column::DueTime)
        .order_by_asc(Column::Id)
        .limit(most)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx.connection())
        .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Entity::update_many()
        .col_expr(Column::LeaseId, Expr::value(lease))
        .col_expr(Column::DueTime, Expr::value(micros(lease_end)))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .filter(Column::Id.is_in(ids))
        .exec(tx.connection())
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Claimed {
                id: row.id,
                kind: word(LetterKind::of, &row.kind)?,
                team_id: row.team_id,
                user_id: row.user_id,
                inviter_user_id: row.inviter_user_id,
                invitation_id: row.invitation_id,
                email_change_id: row.email_change_id,
                language: row.language,
                sealed_token: row.sealed_token,
                attempts: row.attempts + 1,
                create_time: time(row.create_time)?,
                hub_id: row.hub_id,
            })
        })
        .collect()
}

/// Ends a leased letter and wipes its token; whether the lease was still this one's.
pub async fn settle(
    tx: &Tx,
    (id, lease): (Uuid, Uuid),
    (end, error): (DeliveryState, Option<&str>),
    now: Time,
) -> Result<bool> {
    let done = Entity::update_many()
        .col_expr(Column::State, Expr::value(end.word()))
        .col_expr(Column::SealedToken, Expr::value(None::<Vec<u8>>))
        .col_expr(Column::Error, Expr::value(error.map(str::to_owned)))
        .col_expr(Column::SettleTime, Expr::value(micros(now)))
        .filter(Column::Id.eq(id))
        .filter(Column::LeaseId.eq(lease))
        .filter(Column::State.eq(DeliveryState::Queued.word()))
        .exec(tx.connection())
        .await?;
    Ok(done.rows_affected == 1)
}

/// Puts a leased letter back for a later try, if the lease is still this one's.
pub async fn put_back(tx: &Tx, (id, lease): (Uuid, Uuid), error: &str, due: Time) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::LeaseId, Expr::value(None::<Uuid>))
        .col_expr(Column::Error, Expr::value(error))
        .col_expr(Column::DueTime, Expr::value(micros(due)))
        .filter(Column::Id.eq(id))
        .filter(Column::LeaseId.eq(lease))
        .filter(Column::State.eq(DeliveryState::Queued.word()))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// When a team's latest single admissions wrote their letters, newest first, at most so many.
pub async fn single_since(tx: &Tx, team: Uuid, since: Time, most: u32) -> Result<Vec<Time>> {
    let admitting = [
        LetterKind::Invitation.word(),
        LetterKind::AddedToTeam.word(),
    ];
    let times: Vec<i64> = Entity::find()
        .select_only()
        .column(Column::CreateTime)
        .filter(Column::TeamId.eq(team))
        .filter(Column::ImportId.is_null())
        .filter(Column::Kind.is_in(admitting))
        .filter(Column::CreateTime.gt(micros(since)))
        .order_by_desc(Column::CreateTime)
        .limit(u64::from(most))
        .into_tuple()
        .all(tx.connection())
        .await?;
    times.into_iter().map(time).collect()
}

/// How many letters wait to be sent, held ones aside.
pub async fn queued(db: &impl Reads) -> Result<u64> {
    use sea_orm::PaginatorTrait;

    Ok(Entity::find()
        .filter(Column::State.eq(DeliveryState::Queued.word()))
        .count(db.connection())
        .await?)
}

/// Cancels what an import still holds, and wipes its tokens.
pub async fn cancel_held(tx: &Tx, team: Uuid, import: &str, now: Time) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(DeliveryState::Cancelled.word()))
        .col_expr(Column::SealedToken, Expr::value(None::<Vec<u8>>))
        .col_expr(Column::SettleTime, Expr::value(micros(now)))
        .filter(Column::TeamId.eq(team))
        .filter(Column::ImportId.eq(import))
        .filter(Column::State.eq(DeliveryState::Held.word()))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Deletes some letters that ended before then; how many.
pub async fn delete_settled_before(tx: &Tx, before: Time) -> Result<u64> {
    let some = Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(Column::SettleTime.lt(micros(before)))
        .limit(bulk::IDS as u64)
        .to_owned();
    let done = Entity::delete_many()
        .filter(Column::Id.in_subquery(some))
        .exec(tx.connection())
        .await?;
    Ok(done.rows_affected)
}
