//! Who has, or had, access to which hub. Whoever writes here holds the team's lock.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Value,
    sea_query::{CaseStatement, Expr, Func},
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::{
        directory_group_members, hub_admins,
        product_access::{ActiveModel, Column, Entity, Model},
        project_members,
    },
    products,
    rows::{micros, opt_time, time, word},
};
use crate::{
    clock::Time,
    domain::{
        access::{Access, AccessPath, AccessState, MAX_PATHS, PathKind},
        products::ProductId,
        removal_rules::RemovalRule,
    },
    error::{Error, Result},
};

impl TryFrom<Model> for Access {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        Ok(Self {
            id: row.id,
            team_id: row.team_id,
            user_id: row.user_id,
            hub_id: row.hub_id,
            product_id: products::id(&row.product_id)?,
            // A replica of a later version may have written another one.
            path: match PathKind::of(&row.path) {
                None => AccessPath::Unknown,
                Some(PathKind::Direct) => AccessPath::Direct,
                Some(PathKind::Project) => AccessPath::Project(row.through_id),
                Some(PathKind::Group) => AccessPath::Group(row.through_id),
            },
            state: word(AccessState::of, &row.state)?,
            grant_time: time(row.grant_time)?,
            granter_user_id: row.granter_user_id,
            end_time: opt_time(row.end_time)?,
            rule_valid_from: opt_time(row.rule_valid_from)?,
            report_time: opt_time(row.report_time)?,
            residual_time: opt_time(row.residual_time)?,
        })
    }
}

/// Makes accesses; the index refuses a second one of a path.
pub async fn insert(tx: &Tx, accesses: &[Access]) -> Result<()> {
    let rows = accesses.iter().map(row).collect::<Result<_>>()?;
    bulk::insert::<Model, ActiveModel>(tx, rows).await
}

fn row(access: &Access) -> Result<Model> {
    let Some(kind) = access.path.kind() else {
        return Err(Error::internal("an access by a path that nobody knows"));
    };
    Ok(Model {
        id: access.id,
        team_id: access.team_id,
        user_id: access.user_id,
        hub_id: access.hub_id,
        product_id: access.product_id.as_str().to_owned(),
        path: kind.word().to_owned(),
        through_id: access.path.through(access.hub_id),
        state: access.state.word().to_owned(),
        grant_time: micros(access.grant_time),
        granter_user_id: access.granter_user_id,
        end_time: access.end_time.map(micros),
        rule_valid_from: access.rule_valid_from.map(micros),
        report_time: access.report_time.map(micros),
        residual_time: access.residual_time.map(micros),
    })
}

/// Makes accesses active again that are not, all on one person's behalf.
pub async fn grant_again(
    tx: &Tx,
    (ids, granter): (&[Uuid], Option<Uuid>),
    now: Time,
) -> Result<()> {
    let nothing = || Expr::value(None::<i64>);
    for chunk in ids.chunks(bulk::IDS) {
        let done = Entity::update_many()
            .col_expr(Column::State, Expr::value(AccessState::Active.word()))
            .col_expr(Column::GrantTime, Expr::value(micros(now)))
            .col_expr(Column::GranterUserId, Expr::value(granter))
            .col_expr(Column::EndTime, nothing())
            .col_expr(Column::RuleValidFrom, nothing())
            .col_expr(Column::ReportTime, nothing())
            .col_expr(Column::ResidualTime, nothing())
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .filter(Column::State.ne(AccessState::Active.word()))
            .exec(tx.connection())
            .await?;
        bulk::expect(chunk.len() as u64, done.rows_affected)?;
    }
    Ok(())
}

/// Ends accesses that have not ended, by somebody's wish. What had come to remain keeps when that was.
pub async fn end(tx: &Tx, ids: &[Uuid], now: Time) -> Result<()> {
    for chunk in ids.chunks(bulk::IDS) {
        let then = Func::coalesce([Expr::col(Column::EndTime), Expr::value(micros(now))]);
        let done = Entity::update_many()
            .col_expr(Column::State, Expr::value(AccessState::Ended.word()))
            .col_expr(Column::EndTime, then.into())
            .col_expr(Column::ResidualTime, Expr::value(None::<i64>))
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .filter(Column::State.ne(AccessState::Ended.word()))
            .exec(tx.connection())
            .await?;
        bulk::expect(chunk.len() as u64, done.rows_affected)?;
    }
    Ok(())
}

/// Reports an access that has ended.
pub async fn report(tx: &Tx, id: Uuid, now: Time) -> Result<()> {
    let done = Entity::update_many()
        .col_expr(Column::State, Expr::value(AccessState::Reported.word()))
        .col_expr(Column::ReportTime, Expr::value(micros(now)))
        .col_expr(Column::ResidualTime, Expr::value(micros(now)))
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq(AccessState::Ended.word()))
        .exec(tx.connection())
        .await?;
    bulk::expect(1, done.rows_affected)
}

/// What becomes of the access of people who leave: as the rules of a moment say of each product.
pub struct Verdict<'a>(pub &'a HashMap<ProductId, RemovalRule>);

impl Verdict<'_> {
    /// One value where access remains, another where it ends. What no rule ends remains.
    pub(super) fn choose<T: Into<Value> + Copy>(&self, remains: T, ends: T) -> Expr {
        let ending = self.0.values().filter(|rule| !rule.remains());
        let ending: Vec<&str> = ending.map(|rule| rule.product_id.as_str()).collect();
        if ending.is_empty() {
            return Expr::value(remains);
        }
        Expr::case(Column::ProductId.is_in(ending), Expr::value(ends))
            .finally(Expr::value(remains))
            .into()
    }

    /// Where it stands then.
    pub(super) fn state(&self) -> Expr {
        let (remains, ended) = (AccessState::Remains, AccessState::Ended);
        self.choose(remains.word(), ended.word())
    }

    /// The rule, by the moment from which it holds.
    pub(super) fn rule(&self) -> Expr {
        let rules = self.0.values();
        let case = rules.fold(CaseStatement::new(), |case, rule| {
            let product = Column::ProductId.eq(rule.product_id.as_str());
            case.case(product, Expr::value(micros(rule.valid_from)))
        });
        if self.0.is_empty() {
            Expr::value(None::<i64>)
        } else {
            case.into()
        }
    }
}

/// The access of people of teams: of many of one team, or of one in many.
fn of_people((teams, users): (&[Uuid], &[Uuid])) -> Condition {
    Condition::all()
        .add(Column::TeamId.is_in(teams.iter().copied()))
        .add(Column::UserId.is_in(users.iter().copied()))
}

/// Of it, what is active.
pub(super) fn active_of_people(people: (&[Uuid], &[Uuid])) -> Condition {
    of_people(people).add(Column::State.eq(AccessState::Active.word()))
}

/// Of it, all that has not ended, in the order of the first grants.
pub async fn open(tx: &Tx, people: (&[Uuid], &[Uuid])) -> Result<Vec<Access>> {
    let rows = Entity::find()
        .filter(of_people(people))
        .filter(is_open())
        .order_by_asc(Column::Id)
        .all(tx.connection())
        .await?;
    rows.into_iter().map(Access::try_from).collect()
}

/// In which of these teams a person has active access, is in a project or a group, or is a hub's admin.
pub async fn teams_of(tx: &Tx, teams: &[Uuid], user: Uuid) -> Result<HashSet<Uuid>> {
    let mut found = HashSet::new();
    for chunk in teams.chunks(bulk::IDS) {
        let accesses = Entity::find()
            .select_only()
            .column(Column::TeamId)
            .filter(Column::TeamId.is_in(chunk.iter().copied()))
            .filter(Column::UserId.eq(user))
            .filter(Column::State.eq(AccessState::Active.word()));
        found.extend(accesses.into_tuple::<Uuid>().all(tx.connection()).await?);
        let places = project_members::Entity::find()
            .select_only()
            .column(project_members::Column::TeamId)
            .filter(project_members::Column::TeamId.is_in(chunk.iter().copied()))
            .filter(project_members::Column::UserId.eq(user));
        found.extend(places.into_tuple::<Uuid>().all(tx.connection()).await?);
        let groups = directory_group_members::Entity::find()
            .select_only()
            .column(directory_group_members::Column::TeamId)
            .filter(directory_group_members::Column::TeamId.is_in(chunk.iter().copied()))
            .filter(directory_group_members::Column::UserId.eq(user));
        found.extend(groups.into_tuple::<Uuid>().all(tx.connection()).await?);
        let hubs = hub_admins::Entity::find()
            .select_only()
            .column(hub_admins::Column::TeamId)
            .filter(hub_admins::Column::TeamId.is_in(chunk.iter().copied()))
            .filter(hub_admins::Column::UserId.eq(user));
        found.extend(hubs.into_tuple::<Uuid>().all(tx.connection()).await?);
    }
    Ok(found)
}

/// Ends the active access of people who leave, or has it remain; so many.
pub async fn leave(
    tx: &Tx,
    (people, count): ((&[Uuid], &[Uuid]), u64),
    verdict: &Verdict<'_>,
    now: Time,
) -> Result<()> {
    let now = micros(now);
    let done = Entity::update_many()
        .col_expr(Column::State, verdict.state())
        .col_expr(Column::EndTime, Expr::value(now))
        .col_expr(Column::RuleValidFrom, verdict.rule())
        .col_expr(Column::ResidualTime, verdict.choose(Some(now), None))
        .filter(active_of_people(people))
        .exec(tx.connection())
        .await?;
    bulk::expect(count, done.rows_affected)
}

/// What a person has by a path, or had.
pub async fn by_path(
    db: &impl Reads,
    (team, hub): (Uuid, Uuid),
    (user, path): (Uuid, AccessPath),
) -> Result<Option<Access>> {
    let Some(kind) = path.kind() else {
        return Ok(None);
    };
    let row = Entity::find()
        .filter(Column::TeamId.eq(team))
        .filter(Column::UserId.eq(user))
        .filter(Column::HubId.eq(hub))
        .filter(Column::Path.eq(kind.word()))
        .filter(Column::ThroughId.eq(path.through(hub)))
        .one(db.connection())
        .await?;
    row.map(Access::try_from).transpose()
}

/// By how many paths a person gets into a hub, or still gets in; those by groups apart.
pub async fn count_open(db: &impl Reads, (team, hub): (Uuid, Uuid), user: Uuid) -> Result<u64> {
    Ok(Entity::find()
        .filter(in_hub(team, hub))
        .filter(Column::UserId.eq(user))
        .filter(is_open())
        .filter(Column::Path.ne(PathKind::Group.word()))
        .count(db.connection())
        .await?)
}

/// What a person has in a hub, and, as far as an answer has room, what he had: what ended last. In the order of the first
/// grants.
pub async fn of_person(
    db: &impl Reads,
    (team, hub): (Uuid, Uuid),
    user: Uuid,
) -> Result<Vec<Access>> {
    let own = || Entity::find().filter(in_hub(team, hub).add(Column::UserId.eq(user)));
    let mut rows = own().filter(is_open()).all(db.connection()).await?;
    let room = MAX_PATHS.saturating_sub(rows.len() as u64);
    let ended = own()
        .filter(Column::State.eq(AccessState::Ended.word()))
        .order_by_desc(Column::EndTime)
        .limit(room);
    rows.extend(ended.all(db.connection()).await?);
    rows.sort_by_key(|row| row.id);
    rows.into_iter().map(Access::try_from).collect()
}

/// How many people still get into hubs that they left or that were reported, by hub; a person with two paths is one.
pub async fn remaining(
    db: &impl Reads,
    teams: &[Uuid],
    hubs: &[Uuid],
) -> Result<HashMap<Uuid, u32>> {
    let mut all = HashMap::with_capacity(hubs.len());
    for chunk in hubs.chunks(bulk::IDS) {
        let rows: Vec<(Uuid, i64)> = Entity::find()
            .select_only()
            .column(Column::HubId)
            .column_as(
                Expr::from(Func::count_distinct(Expr::col(Column::UserId))),
                "people",
            )
            .filter(Column::TeamId.is_in(teams.iter().copied()))
            .filter(Column::HubId.is_in(chunk.iter().copied()))
            .filter(Column::ResidualTime.is_not_null())
            .group_by(Column::HubId)
            .into_tuple()
            .all(db.connection())
            .await?;
        let counts = rows.into_iter();
        all.extend(counts.map(|(hub, people)| (hub, u32::try_from(people).unwrap_or(u32::MAX))));
    }
    Ok(all)
}

/// In the words of the indexes: those of what has ended would be read before it is known that nothing else is there.
fn is_open() -> Condition {
    let states = AccessState::OPEN.map(AccessState::word);
    Condition::all().add(Column::State.is_in(states))
}

/// Whether anybody has access to a hub, or it remains or was reported.
pub async fn any_open(db: &impl Reads, (team, hub): (Uuid, Uuid)) -> Result<bool> {
    // On either side of what has ended, in the order of the index: asked for any row at all, PostgreSQL may hope to meet one soon
    // wherever it begins, and read everything.
    let ended = AccessState::Ended.word();
    for side in [Column::State.lt(ended), Column::State.gt(ended)] {
        let first = Entity::find()
            .filter(in_hub(team, hub))
            .filter(side)
            .order_by_asc(Column::State)
            .order_by_asc(Column::Id)
            .limit(1)
            .one(db.connection())
            .await?;
        if first.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Forgets what had ended in a hub that goes.
pub async fn forget(tx: &Tx, (team, hub): (Uuid, Uuid)) -> Result<()> {
    Entity::delete_many()
        .filter(in_hub(team, hub))
        .filter(Column::State.eq(AccessState::Ended.word()))
        .exec(tx.connection())
        .await?;
    Ok(())
}

fn in_hub(team: Uuid, hub: Uuid) -> Condition {
    Condition::all()
        .add(Column::TeamId.eq(team))
        .add(Column::HubId.eq(hub))
}
