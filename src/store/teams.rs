//! Teams and their counts.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, ExprTrait, LockType},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::{
        invitations, members,
        teams::{ActiveModel, Column, Entity, Model},
    },
    members::disabled,
    rows::{micros, opt_time, time, word},
};
use crate::{
    clock::Time,
    domain::{
        domain_rules::{DomainRule, DomainRules, Effect},
        languages::Language,
        letters::DeliveryState,
        names::DisplayName,
        pages::{Page, Position},
        teams::{
            Entitlement, InvitationTtl, RejoinPolicy, Team, TeamCounts, TeamFilter, TeamSettings,
            VerifiedAccountPolicy,
        },
        texts::ExternalId,
    },
    error::{Error, FieldViolation, Result},
};

impl TryFrom<Model> for Team {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        Ok(Self {
            id: row.id,
            primary_admin_user_id: row.primary_admin_user_id,
            settings: TeamSettings {
                display_name: kept(DisplayName::parse("display_name", &row.display_name))?,
                external_id: row
                    .external_id
                    .map(|text| kept(ExternalId::parse("external_id", &text)))
                    .transpose()?,
                seat_limit: row.seat_limit,
                invitation_ttl: InvitationTtl::from_micros(row.invitation_ttl),
                verified_account_policy: word(
                    VerifiedAccountPolicy::of,
                    &row.verified_account_policy,
                )?,
                default_language: kept(Language::parse("default_language", &row.default_language))?,
                domain_rules: read_rules(row.domain_rules)?,
                entitlements: row
                    .entitlements
                    .split(',')
                    .filter(|text| !text.is_empty())
                    .map(|text| word(Entitlement::of, text))
                    .collect::<Result<_>>()?,
                rejoin_policy: word(RejoinPolicy::of, &row.rejoin_policy)?,
            },
            create_time: time(row.create_time)?,
            update_time: time(row.update_time)?,
            delete_time: opt_time(row.delete_time)?,
        })
    }
}

fn row(team: &Team) -> Model {
    let settings = &team.settings;
    Model {
        id: team.id,
        display_name: settings.display_name.as_str().to_owned(),
        external_id: settings
            .external_id
            .as_ref()
            .map(|id| id.as_str().to_owned()),
        primary_admin_user_id: team.primary_admin_user_id,
        seat_limit: settings.seat_limit,
        invitation_ttl: settings.invitation_ttl.micros(),
        verified_account_policy: settings.verified_account_policy.word().to_owned(),
        default_language: settings.default_language.as_str().to_owned(),
        domain_rules: settings
            .domain_rules
            .as_slice()
            .iter()
            .map(|rule| json!({"domain": rule.as_str(), "effect": rule.effect().word()}))
            .collect(),
        entitlements: settings
            .entitlements
            .iter()
            .map(|entitlement| entitlement.word())
            .collect::<Vec<_>>()
            .join(","),
        create_time: micros(team.create_time),
        update_time: micros(team.update_time),
        delete_time: team.delete_time.map(micros),
        rejoin_policy: settings.rejoin_policy.word().to_owned(),
    }
}

fn read_rules(stored: serde_json::Value) -> Result<DomainRules> {
    #[derive(serde::Deserialize)]
    struct Stored {
        domain: String,
        effect: String,
    }
    let stored: Vec<Stored> =
        serde_json::from_value(stored).map_err(|error| Error::Internal(Box::new(error)))?;
    let rules = stored
        .iter()
        .map(|rule| {
            let effect = word(Effect::of, &rule.effect)?;
            kept(DomainRule::parse("domain_rules", &rule.domain, effect))
        })
        .collect::<Result<Vec<_>>>()?;
    DomainRules::parse("domain_rules", rules)
        .map_err(|_| Error::internal("stored domain rules break their own rules"))
}

/// A value that was valid when it was stored.
fn kept<T>(parsed: Result<T, FieldViolation>) -> Result<T> {
    parsed.map_err(|broken| Error::kept(&broken))
}

/// One team, unless it was deleted.
pub async fn by_id(db: &impl Reads, id: Uuid) -> Result<Option<Team>> {
    let row = Entity::find_by_id(id)
        .filter(Column::DeleteTime.is_null())
        .one(db.connection())
        .await?;
    row.map(Team::try_from).transpose()
}

/// One team, even if it was deleted.
pub async fn past_or_present(db: &impl Reads, id: Uuid) -> Result<Option<Team>> {
    let row = Entity::find_by_id(id).one(db.connection()).await?;
    row.map(Team::try_from).transpose()
}

/// Teams by id, deleted ones too.
pub async fn by_ids(db: &impl Reads, ids: &[Uuid]) -> Result<Vec<Team>> {
    let rows = Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .all(db.connection())
        .await?;
    rows.into_iter().map(Team::try_from).collect()
}

/// The team with this id, locked until the transaction ends: whoever changes its people holds this lock.
pub async fn lock(tx: &Tx, id: Uuid) -> Result<Option<Team>> {
    let row = Entity::find_by_id(id)
        .filter(Column::DeleteTime.is_null())
        .lock(LockType::NoKeyUpdate)
        .one(tx.connection())
        .await?;
    row.map(Team::try_from).transpose()
}

/// These teams, locked in the order of their ids, which is the order of locks.
pub async fn lock_all(tx: &Tx, ids: &[Uuid]) -> Result<Vec<Team>> {
    let mut teams = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(bulk::IDS) {
        let rows = Entity::find()
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .order_by_asc(Column::Id)
            .lock(LockType::NoKeyUpdate)
            .all(tx.connection())
            .await?;
        for row in rows {
            teams.push(row.try_into()?);
        }
    }
    Ok(teams)
}

/// The team with this id, even if it was deleted, locked as [`lock`] does: for what ends with it, or was there before.
pub async fn lock_past_or_present(tx: &Tx, id: Uuid) -> Result<Option<Team>> {
    let row = Entity::find_by_id(id)
        .lock(LockType::NoKeyUpdate)
        .one(tx.connection())
        .await?;
    row.map(Team::try_from).transpose()
}

/// The team that has this external id.
pub async fn by_external_id(db: &impl Reads, id: &ExternalId) -> Result<Option<Uuid>> {
    let row = Entity::find()
        .filter(Column::ExternalId.eq(id.as_str()))
        .one(db.connection())
        .await?;
    Ok(row.map(|row| row.id))
}

/// Makes a team. Its primary admin's membership may follow within the transaction.
pub async fn insert(tx: &Tx, team: &Team) -> Result<()> {
    bulk::insert::<Model, ActiveModel>(tx, vec![row(team)]).await
}

/// Stores a team's settings.
pub async fn update(tx: &Tx, team: &Team) -> Result<()> {
    let row = row(team).into_active_model().reset_all();
    Entity::update(row).exec(tx.connection()).await?;
    Ok(())
}

/// Notes that a team is deleted.
pub async fn delete(tx: &Tx, team: Uuid, now: Time) -> Result<()> {
    let done = Entity::update_many()
        .col_expr(Column::DeleteTime, micros(now).into())
        .col_expr(Column::UpdateTime, micros(now).into())
        .filter(Column::Id.eq(team))
        .filter(Column::DeleteTime.is_null())
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

/// Names another primary admin.
pub async fn set_primary_admin(tx: &Tx, team: &Team, user: Uuid, now: Time) -> Result<()> {
    let done = Entity::update_many()
        .col_expr(Column::PrimaryAdminUserId, user.into())
        .col_expr(Column::UpdateTime, micros(now).into())
        .filter(Column::Id.eq(team.id))
        .filter(Column::PrimaryAdminUserId.eq(team.primary_admin_user_id))
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

/// A page of teams, oldest first.
pub async fn page(
    db: &impl Reads,
    filter: &TeamFilter,
    after: Option<Uuid>,
    size: u64,
) -> Result<Page<Team>> {
    let mut query = Entity::find().order_by_asc(Column::Id).limit(size + 1);
    if !filter.show_deleted {
        query = query.filter(Column::DeleteTime.is_null());
    }
    if let Some(external_id) = &filter.external_id {
        query = query.filter(Column::ExternalId.eq(external_id.as_str()));
    }
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    let rows = query.all(db.connection()).await?;
    let teams = rows
        .into_iter()
        .map(Team::try_from)
        .collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(teams, size, |team| {
        Position(team.id.as_bytes().to_vec())
    }))
}

/// Counts a team's people and open invitations, in one statement each.
pub async fn counts(db: &impl Reads, team: &Team, now: Time) -> Result<TeamCounts> {
    use invitations::Column as Invitations;
    use members::Column as Members;

    let present = Members::RemoveTime.is_null();
    let joined = present.clone().and(Members::JoinTime.is_not_null());
    let people: Option<(i64, i64, i64, i64)> = members::Entity::find()
        .select_only()
        .expr(count_if(present.and(Members::JoinTime.is_null())))
        .expr(count_if(joined.clone().and(disabled().not())))
        .expr(count_if(joined.and(disabled())))
        .expr(count_if(Members::RemoveTime.is_not_null()))
        .filter(Members::TeamId.eq(team.id))
        .into_tuple()
        .one(db.connection())
        .await?;
    let (invited_members, active_members, disabled_members, removed_members) =
        people.unwrap_or_default();

    let expired = Invitations::ExpireTime.lte(micros(now));
    let of_primary = Invitations::UserId.eq(team.primary_admin_user_id);
    let open: Option<(i64, i64, i64, i64)> = invitations::Entity::find()
        .select_only()
        .expr(Invitations::Id.count())
        .expr(count_if(expired.clone()))
        .expr(count_if(
            Invitations::DeliveryState.eq(DeliveryState::Failed.word()),
        ))
        .expr(count_if(expired.not().or(of_primary)))
        .filter(Invitations::TeamId.eq(team.id))
        .filter(Invitations::Settlement.is_null())
        .into_tuple()
        .one(db.connection())
        .await?;
    let (open_invitations, expired_invitations, undelivered_invitations, waiting) =
        open.unwrap_or_default();

    Ok(TeamCounts {
        // As `seats::used` counts them.
        seats: active_members + disabled_members + waiting,
        invited_members,
        active_members,
        disabled_members,
        removed_members,
        open_invitations,
        expired_invitations,
        undelivered_invitations,
    })
}

fn count_if(condition: Expr) -> Expr {
    Expr::expr(Expr::case(condition, 1)).count()
}
