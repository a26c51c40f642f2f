//! Memberships. Whoever writes here holds the team's lock; what they copy from accounts is in copies.rs.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk, copies,
    entities::{
        invitations,
        members::{Column, Entity, Model},
        users,
    },
    group_members, group_roles,
    invitations::open_of,
    member_roles,
    rows::{micros, opt_time, time, word},
    teams,
    users::{by_id, by_ids},
};
use crate::{
    clock::Time,
    domain::{
        invitations::Invitation,
        members::{Member, MemberDisabledReason, Removal, Source},
        pages::{Page, Position},
        roles::Role,
        teams::Team,
        users::User,
    },
    error::{Error, Result},
};

/// How somebody comes in.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The role.
    pub role: Role,
    /// The way.
    pub source: Source,
    /// Whether he has joined with it, or is invited.
    pub joined: bool,
    /// When.
    pub now: Time,
}

/// The column's word. It never holds PRIMARY_ADMIN: the primary admin's own row waits with what he becomes
/// when the role moves on.
pub(super) fn role_word(role: Role) -> &'static str {
    match role {
        Role::PrimaryAdmin | Role::SecondaryAdmin => Role::SecondaryAdmin.word(),
        Role::SsoAdmin | Role::Member | Role::Guest => role.word(),
    }
}

/// The role as people see it.
pub(super) fn shown_role(team: &Team, user: Uuid, word: &str) -> Result<Role> {
    if team.primary_admin_user_id == user {
        Ok(Role::PrimaryAdmin)
    } else {
        super::rows::word(Role::of, word)
    }
}

/// Makes memberships, with copies of what their accounts say. The accounts are locked, or made by this transaction.
pub async fn insert(tx: &Tx, team: Uuid, users: &[Uuid], entry: Entry) -> Result<()> {
    let join_time = entry.joined.then_some(micros(entry.now));
    let values = [
        (Column::TeamId, Expr::value(team)),
        (
            Column::UserId,
            Expr::col((users::Entity, users::Column::Id)),
        ),
        (Column::Role, Expr::value(role_word(entry.role))),
        (Column::Source, Expr::value(entry.source.word())),
        (Column::CreateTime, Expr::value(micros(entry.now))),
        (Column::JoinTime, Expr::value(join_time)),
        (Column::EnterTime, Expr::value(micros(entry.now))),
    ];
    let columns = || values.iter().cloned().chain(copies::columns());
    for chunk in users.chunks(bulk::IDS) {
        let accounts = Query::select()
            .exprs(columns().map(|(_, value)| value))
            .from(users::Entity)
            .cond_where(users::Column::Id.is_in(chunk.iter().copied()))
            .take();
        let mut insert = Query::insert();
        insert
            .into_table(Entity)
            .columns(columns().map(|(column, _)| column))
            .select_from(accounts)
            .map_err(|error| Error::Internal(Box::new(error)))?;
        let made = tx.connection().execute(&insert).await?;
        bulk::expect(chunk.len() as u64, made.rows_affected())?;
    }
    Ok(())
}

/// Whether a member is disabled, in the words of the indexes.
pub(super) fn disabled() -> Expr {
    let column = |column: Column| Expr::col((Entity, column));
    column(Column::DisabledByAdmin).or(column(Column::DisabledByDirectory))
}

/// What is so of a membership that goes on, and of none that ended.
fn still(column: Column) -> Expr {
    Expr::col(column).and(Expr::col(Column::RemoveTime).is_null())
}

/// Gives memberships that ended, or whose invitation expired, a new beginning, without custom roles and in no group. The primary admin's role is the team's
/// to give, so his keeps what it has.
pub async fn enter_again(tx: &Tx, team: &Team, users: &[Uuid], entry: Entry) -> Result<()> {
    let role = Expr::case(
        Column::UserId.eq(team.primary_admin_user_id),
        Expr::col(Column::Role),
    )
    .finally(Expr::value(role_word(entry.role)));
    for chunk in users.chunks(bulk::IDS) {
        let join_time = entry.joined.then_some(micros(entry.now));
        let mut update = Entity::update_many()
            .col_expr(Column::Role, role.clone().into())
            .col_expr(Column::Source, Expr::value(entry.source.word()))
            .col_expr(
                Column::JoinedBefore,
                Expr::col(Column::JoinedBefore).or(Expr::col(Column::JoinTime).is_not_null()),
            )
            .col_expr(Column::JoinTime, Expr::value(join_time))
            .col_expr(Column::EnterTime, Expr::value(micros(entry.now)))
            // A replica of the version before leaves them behind when it ends a membership.
            .col_expr(Column::DisabledByAdmin, still(Column::DisabledByAdmin))
            .col_expr(
                Column::DisabledByDirectory,
                still(Column::DisabledByDirectory),
            )
            .col_expr(Column::RemoveTime, Expr::value(None::<i64>))
            .col_expr(Column::Removal, Expr::value(None::<String>))
            .filter(Column::TeamId.eq(team.id))
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .filter(
                Condition::any()
                    .add(Column::JoinTime.is_null())
                    .add(Column::RemoveTime.is_not_null()),
            );
        if entry.joined {
            update = update.col_expr(Column::DeclineTime, Expr::value(None::<i64>));
        }
        let done = update.exec(tx.connection()).await?;
        bulk::expect(chunk.len() as u64, done.rows_affected)?;
    }
    // A replica of the version before leaves these behind too.
    group_members::forget(tx, team.id, users).await?;
    group_roles::forget(tx, &[team.id], users).await?;
    member_roles::clear(tx, team.id, users).await
}

/// Ends memberships that were only invited, and takes their custom roles away; never the primary admin's.
pub async fn end_invited(
    tx: &Tx,
    team: &Team,
    users: &[Uuid],
    removal: Removal,
    now: Time,
) -> Result<()> {
    for chunk in users.chunks(bulk::IDS) {
        let mut update = Entity::update_many()
            .col_expr(Column::RemoveTime, Expr::value(micros(now)))
            .col_expr(Column::Removal, Expr::value(removal.word()))
            .col_expr(Column::DisabledByAdmin, Expr::value(false))
            .col_expr(Column::DisabledByDirectory, Expr::value(false))
            .filter(Column::TeamId.eq(team.id))
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .filter(Column::UserId.ne(team.primary_admin_user_id))
            .filter(Column::JoinTime.is_null())
            .filter(Column::RemoveTime.is_null());
        if removal.is_by_himself() {
            update = update.col_expr(Column::DeclineTime, Expr::value(micros(now)));
        }
        let done = update.exec(tx.connection()).await?;
        bulk::expect(chunk.len() as u64, done.rows_affected)?;
    }
    member_roles::clear(tx, team.id, users).await
}

/// One member, also one whose membership ended.
pub async fn find(db: &impl Reads, team: &Team, user: Uuid) -> Result<Option<Member>> {
    let row = Entity::find_by_id((team.id, user))
        .one(db.connection())
        .await?;
    let rows = row.into_iter().collect();
    Ok(assemble(db, team, rows).await?.pop())
}

/// The roles of people in a team, as others see them; whether they are in it still does not matter.
pub async fn roles(db: &impl Reads, team: &Team, users: &[Uuid]) -> Result<HashMap<Uuid, Role>> {
    let mut roles = HashMap::with_capacity(users.len());
    for chunk in users.chunks(bulk::IDS) {
        let rows = Entity::find()
            .select_only()
            .columns([Column::UserId, Column::Role])
            .filter(Column::TeamId.eq(team.id))
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .into_tuple::<(Uuid, String)>()
            .all(db.connection())
            .await?;
        for (user, role) in rows {
            roles.insert(user, shown_role(team, user, &role)?);
        }
    }
    Ok(roles)
}

/// Which of these users are in a team, invited or joined.
pub async fn present(db: &impl Reads, team: Uuid, users: &[Uuid]) -> Result<HashSet<Uuid>> {
    let mut present = HashSet::with_capacity(users.len());
    for chunk in users.chunks(bulk::IDS) {
        let rows = Entity::find()
            .select_only()
            .column(Column::UserId)
            .filter(Column::TeamId.eq(team))
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .filter(Column::RemoveTime.is_null())
            .into_tuple::<Uuid>()
            .all(db.connection())
            .await?;
        present.extend(rows);
    }
    Ok(present)
}

/// Whether the user is in another team.
pub async fn is_elsewhere(db: &impl Reads, team: Uuid, user: Uuid) -> Result<bool> {
    let other = Entity::find()
        .filter(Column::UserId.eq(user))
        .filter(Column::TeamId.ne(team))
        .filter(Column::RemoveTime.is_null())
        .limit(1)
        .one(db.connection())
        .await?;
    Ok(other.is_some())
}

/// Which of these users have joined and are still there, disabled or not.
pub async fn joined_of(db: &impl Reads, team: Uuid, users: &[Uuid]) -> Result<Vec<Uuid>> {
    let mut joined = Vec::new();
    for chunk in users.chunks(bulk::IDS) {
        let rows = Entity::find()
            .filter(Column::TeamId.eq(team))
            .filter(Column::UserId.is_in(chunk.iter().copied()))
            .filter(Column::JoinTime.is_not_null())
            .filter(Column::RemoveTime.is_null())
            .all(db.connection())
            .await?;
        joined.extend(rows.into_iter().map(|row| row.user_id));
    }
    Ok(joined)
}

/// When these people left a team, if they are not in it; those who never were are not among them.
pub async fn departures(
    db: &impl Reads,
    team: Uuid,
    users: &[Uuid],
) -> Result<HashMap<Uuid, Option<Time>>> {
    let rows: Vec<(Uuid, Option<i64>)> = Entity::find()
        .select_only()
        .columns([Column::UserId, Column::RemoveTime])
        .filter(Column::TeamId.eq(team))
        .filter(Column::UserId.is_in(users.iter().copied()))
        .into_tuple()
        .all(db.connection())
        .await?;
    rows.into_iter()
        .map(|(user, left)| Ok((user, opt_time(left)?)))
        .collect()
}

/// A page of one person's memberships with the names of the teams, oldest team first.
pub async fn page_of_user(
    db: &impl Reads,
    user: Uuid,
    include_removed: bool,
    cut: (Option<Uuid>, u64),
) -> Result<Page<(Team, Member)>> {
    let (after, size) = cut;
    let mut query = Entity::find()
        .filter(Column::UserId.eq(user))
        .order_by_asc(Column::TeamId)
        .limit(size + 1);
    if !include_removed {
        query = query.filter(Column::RemoveTime.is_null());
    }
    if let Some(after) = after {
        query = query.filter(Column::TeamId.gt(after));
    }
    let rows = query.all(db.connection()).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.team_id).collect();
    let account = by_id(db, user)
        .await?
        .ok_or_else(|| Error::internal("a membership without an account"))?;
    let mut teams: HashMap<Uuid, Team> = teams::by_ids(db, &ids)
        .await?
        .into_iter()
        .map(|team| (team.id, team))
        .collect();
    let mut open = open_in_teams(db, user, &ids).await?;
    let mut custom = member_roles::of_user(db, user, &ids).await?;
    let mut memberships = Vec::with_capacity(rows.len());
    for row in rows {
        let team = teams
            .remove(&row.team_id)
            .ok_or_else(|| Error::internal("a membership without a team"))?;
        let roles = custom.remove(&team.id).unwrap_or_default();
        let mut member = member(&team, &row, (account.clone(), roles))?;
        member.invitation = open.remove(&team.id);
        memberships.push((team, member));
    }
    Ok(Page::cut(memberships, size, |(team, _)| {
        Position(team.id.as_bytes().to_vec())
    }))
}

async fn open_in_teams(
    db: &impl Reads,
    user: Uuid,
    teams: &[Uuid],
) -> Result<HashMap<Uuid, Invitation>> {
    let rows = invitations::Entity::find()
        .filter(invitations::Column::TeamId.is_in(teams.iter().copied()))
        .filter(invitations::Column::UserId.eq(user))
        .filter(invitations::Column::Settlement.is_null())
        .all(db.connection())
        .await?;
    rows.into_iter()
        .map(|row| Ok((row.team_id, row.try_into()?)))
        .collect()
}

/// Joins rows with their accounts, open invitations and custom roles: one statement each, whatever their number.
pub(super) async fn assemble(
    db: &impl Reads,
    team: &Team,
    rows: Vec<Model>,
) -> Result<Vec<Member>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.user_id).collect();
    let mut accounts: HashMap<Uuid, _> = by_ids(db, &ids)
        .await?
        .into_iter()
        .map(|user| (user.id, user))
        .collect();
    let mut open = open_of(db, team.id, &ids).await?;
    let mut custom = member_roles::of_members(db, team.id, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let id = row.user_id;
            let account = accounts
                .remove(&id)
                .ok_or_else(|| Error::internal("a membership without an account"))?;
            let roles = custom.remove(&id).unwrap_or_default();
            let mut member = member(team, &row, (account, roles))?;
            member.invitation = open.remove(&id);
            Ok(member)
        })
        .collect()
}

fn member(team: &Team, row: &Model, (user, roles): (User, Vec<Uuid>)) -> Result<Member> {
    Ok(Member {
        team_id: row.team_id,
        role: shown_role(team, row.user_id, &row.role)?,
        custom_role_ids: match row.remove_time {
            None => roles,
            Some(_) => Vec::new(),
        },
        source: word(Source::of, &row.source)?,
        disabled_reasons: disabled_reasons(row),
        create_time: time(row.create_time)?,
        join_time: opt_time(row.join_time)?,
        remove_time: opt_time(row.remove_time)?,
        user,
        invitation: None,
    })
}

fn disabled_reasons(row: &Model) -> Vec<MemberDisabledReason> {
    let reasons = [
        (row.disabled_by_admin, MemberDisabledReason::Admin),
        (row.disabled_by_directory, MemberDisabledReason::Directory),
    ];
    let held = reasons.into_iter().filter(|(holds, _)| *holds);
    held.map(|(_, reason)| reason).collect()
}
