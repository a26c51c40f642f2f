//! Teams and their counts.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, sea_query::LockType,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::{
        invitations, members,
        teams::{ActiveModel, Column, Entity, Model},
    },
    members::seats_used,
    rows::{micros, time, word},
};
use crate::{
    clock::Time,
    domain::{
        domain_rules::{DomainRule, DomainRules, Effect},
        languages::Language,
        letters::DeliveryState,
        names::DisplayName,
        pages::{Page, Position},
        teams::{InvitationTtl, Team, TeamCounts, TeamFilter, TeamSettings, VerifiedAccountPolicy},
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
            },
            create_time: time(row.create_time)?,
            update_time: time(row.update_time)?,
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
        create_time: micros(team.create_time),
        update_time: micros(team.update_time),
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

/// One team.
pub async fn by_id(db: &impl Reads, id: Uuid) -> Result<Option<Team>> {
    let row = Entity::find_by_id(id).one(db.connection()).await?;
    row.map(Team::try_from).transpose()
}

/// Names of teams by id.
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

/// Names another primary admin.
pub async fn set_primary_admin(tx: &Tx, team: Uuid, user: Uuid) -> Result<()> {
    let done = Entity::update_many()
        .col_expr(Column::PrimaryAdminUserId, user.into())
        .filter(Column::Id.eq(team))
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
    if let Some(external_id) = &filter.external_id {
        query = query.filter(Column::ExternalId.eq(external_id));
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

/// Counts a team's people and open invitations.
pub async fn counts(db: &impl Reads, team: &Team, now: Time) -> Result<TeamCounts> {
    use invitations::Column as Invitations;
    use members::Column as Members;

    let people = members::Entity::find().filter(Members::TeamId.eq(team.id));
    let present = people.clone().filter(Members::RemoveTime.is_null());
    let open = invitations::Entity::find()
        .filter(Invitations::TeamId.eq(team.id))
        .filter(Invitations::Settlement.is_null());
    Ok(TeamCounts {
        seats: seats_used(db, team, now).await?,
        invited_members: count(db, present.clone().filter(Members::JoinTime.is_null())).await?,
        active_members: count(db, present.filter(Members::JoinTime.is_not_null())).await?,
        removed_members: count(db, people.filter(Members::RemoveTime.is_not_null())).await?,
        expired_invitations: count(
            db,
            open.clone()
                .filter(Invitations::ExpireTime.lte(micros(now))),
        )
        .await?,
        undelivered_invitations: count(
            db,
            open.clone()
                .filter(Invitations::DeliveryState.eq(DeliveryState::Failed.word())),
        )
        .await?,
        open_invitations: count(db, open).await?,
    })
}

async fn count<E>(db: &impl Reads, query: sea_orm::Select<E>) -> Result<i64>
where
    E: EntityTrait,
    E::Model: Send + Sync,
{
    let number = query.count(db.connection()).await?;
    i64::try_from(number).map_err(|error| Error::Internal(Box::new(error)))
}
