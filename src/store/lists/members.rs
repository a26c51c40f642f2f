//! The people of a team.

use std::collections::BTreeSet;

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, Iterable,
    QueryFilter, QueryOrder, QueryResult, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, JoinType, Order, Query, SelectStatement},
};
use uuid::Uuid;

use super::{
    Reads, after, key_position,
    search::{Keyed, Search},
    time_position, united,
};
use crate::{
    clock::Time,
    domain::{
        members::{Member, MemberFilter, MemberState},
        pages::{Page, Position, TimePosition},
        removals::Leaver,
        roles::Role,
        teams::Team,
    },
    error::Result,
    store::{
        entities::{
            invitations,
            members::{Column, Entity, Model},
        },
        members::{assemble, disabled},
        removals::leaver,
        rows::micros,
    },
};

impl Keyed for Model {
    fn keys(&self) -> [Option<&str>; 3] {
        [
            self.name_key.as_deref(),
            self.family_key.as_deref(),
            self.email_key.as_deref(),
        ]
    }

    fn id(&self) -> Uuid {
        self.user_id
    }
}

/// A page of a team's members: oldest membership first, or as their invitations expired, or by the key that matched.
pub async fn page(
    db: &impl Reads,
    team: &Team,
    filter: &MemberFilter,
    (after, size, now): (Option<Position>, u64, Time),
) -> Result<Page<Member>> {
    let page = rows(db, team, filter, (after, size, now)).await?;
    Ok(Page {
        items: assemble(db, team, page.items).await?,
        next: page.next,
    })
}

/// The first of those whom a filter finds, as somebody who removes them must know them.
pub async fn leavers(
    db: &impl Reads,
    team: &Team,
    filter: &MemberFilter,
    (size, now): (u64, Time),
) -> Result<Vec<Leaver>> {
    let mut found = Vec::new();
    let mut after = None;
    // A page of a search may have fewer than it could.
    loop {
        let page = rows(db, team, filter, (after, size, now)).await?;
        for row in &page.items {
            found.push(leaver(team, row)?);
        }
        after = page.next;
        if after.is_none() || found.len() as u64 >= size {
            return Ok(found);
        }
    }
}

async fn rows(
    db: &impl Reads,
    team: &Team,
    filter: &MemberFilter,
    (after, size, now): (Option<Position>, u64, Time),
) -> Result<Page<Model>> {
    if let Some(prefix) = &filter.query {
        let mut wanted = wanted(team, filter);
        if filter.invitation_expired {
            wanted = wanted.add(Expr::exists(expired_invitation(team, now)));
        }
        let search = Search::<Entity> {
            prefix,
            keys: [Column::NameKey, Column::FamilyKey, Column::EmailKey],
            id: Column::UserId,
            within: Condition::all().add(Column::TeamId.eq(team.id)),
            wanted,
        };
        search.page(db, (key_position(after)?, size)).await
    } else if filter.invitation_expired {
        let cut = (time_position(after)?, size, now);
        as_they_expired(db, team, filter, cut).await
    } else {
        oldest_first(db, team, filter, (time_position(after)?, size)).await
    }
}

async fn oldest_first(
    db: &impl Reads,
    team: &Team,
    filter: &MemberFilter,
    (at, size): (Option<TimePosition>, u64),
) -> Result<Page<Model>> {
    let ranges = ranges(team, filter).into_iter().map(|range| {
        let mut query = Entity::find()
            .filter(Column::TeamId.eq(team.id))
            .filter(range)
            .order_by_asc(Column::CreateTime)
            .order_by_asc(Column::UserId)
            .limit(size + 1);
        if let Some(at) = at {
            let order = [Column::CreateTime, Column::UserId].map(|column| (Entity, column));
            query = query.filter(after(order, (at.micros, at.id)));
        } else if let Some(from) = filter.create_time_from {
            query = query.filter(Column::CreateTime.gte(micros(from)));
        }
        query.into_query()
    });
    let mut rows: Vec<Model> = united(db, ranges.collect()).await?;
    rows.sort_by_key(|row| (row.create_time, row.user_id));
    Ok(Page::cut(rows, size, |row| {
        let at = TimePosition {
            micros: row.create_time,
            id: row.user_id,
        };
        at.position()
    }))
}

/// What each range holds: one for every value of the first filter that is given, and the other filters narrow it. No
/// person is in two.
fn ranges(team: &Team, filter: &MemberFilter) -> Vec<Condition> {
    let mut ranges = Vec::new();
    if wants(filter, MemberState::Removed) {
        let all = Condition::all()
            .add(Column::RemoveTime.is_not_null())
            .add(roles(team, filter))
            .add(sources(filter));
        ranges.push(verified(all, filter));
    }
    let states = Present::wanted(filter);
    if states.is_empty() {
        return ranges;
    }
    let present = Condition::all().add(Column::RemoveTime.is_null());

    if !filter.roles.is_empty() {
        let rest = verified(Present::any(&states, present), filter).add(sources(filter));
        let primary = team.primary_admin_user_id;
        for role in filter.roles.iter().copied().collect::<BTreeSet<_>>() {
            let rest = rest.clone();
            ranges.push(if role == Role::PrimaryAdmin {
                rest.add(Column::UserId.eq(primary))
            } else {
                rest.add(Column::Role.eq(role.word()))
                    .add(Column::UserId.ne(primary))
            });
        }
    } else if !filter.sources.is_empty() {
        let rest = verified(Present::any(&states, present), filter);
        for source in filter.sources.iter().copied().collect::<BTreeSet<_>>() {
            ranges.push(rest.clone().add(Column::Source.eq(source.word())));
        }
    } else {
        for state in states {
            for verified in [false, true] {
                if filter.verified.is_none_or(|only| only == verified) {
                    let range = present.clone().add(state.condition());
                    ranges.push(range.add(Column::Verified.eq(verified)));
                }
            }
        }
    }
    ranges
}

/// A row of [`as_they_expired`], with its place in that order.
struct Expired {
    member: Model,
    at: TimePosition,
}

impl FromQueryResult for Expired {
    fn from_query_result(found: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        Ok(Self {
            member: Model::from_query_result(found, prefix)?,
            at: TimePosition {
                micros: found.try_get(prefix, "order_time")?,
                id: found.try_get(prefix, "order_id")?,
            },
        })
    }
}

async fn as_they_expired(
    db: &impl Reads,
    team: &Team,
    filter: &MemberFilter,
    (at, size, now): (Option<TimePosition>, u64, Time),
) -> Result<Page<Model>> {
    use invitations::{Column as Invitations, Entity as Invitation};

    let order = [Invitations::ExpireTime, Invitations::Id].map(|column| (Invitation, column));
    let mut query = Query::select()
        // By name: a prepared `*` fails when another version adds a column.
        .columns(Column::iter().map(|column| (Entity, column)))
        .expr_as(Expr::col(order[0]), "order_time")
        .expr_as(Expr::col(order[1]), "order_id")
        .from(Invitation)
        // SQLite keeps the two in this order, as the index needs; PostgreSQL finds it.
        .join(JoinType::CrossJoin, Entity, Condition::all())
        .cond_where(Invitations::TeamId.eq(team.id))
        .cond_where(Invitations::Settlement.is_null())
        .cond_where(Invitations::ExpireTime.lte(micros(now)))
        .cond_where(Column::TeamId.eq(team.id))
        .cond_where(Expr::col((Entity, Column::UserId)).equals((Invitation, Invitations::UserId)))
        .cond_where(wanted(team, filter))
        .order_by(order[0], Order::Asc)
        .order_by(order[1], Order::Asc)
        .limit(size + 1)
        .take();
    if let Some(at) = at {
        query.cond_where(after(order, (at.micros, at.id)));
    }
    let statement = db.connection().get_database_backend().build(&query);
    let rows = Expired::find_by_statement(statement)
        .all(db.connection())
        .await?;
    let page = Page::cut(rows, size, |row| row.at.position());
    Ok(page.map(|row| row.member))
}

/// The open invitation of the row's member, if it is past its time.
fn expired_invitation(team: &Team, now: Time) -> SelectStatement {
    use invitations::{Column as Invitations, Entity as Invitation};

    Query::select()
        .expr(Expr::value(1))
        .from(Invitation)
        .cond_where(Invitations::TeamId.eq(team.id))
        .cond_where(Expr::col((Invitation, Invitations::UserId)).equals((Entity, Column::UserId)))
        .cond_where(Invitations::Settlement.is_null())
        .cond_where(Invitations::ExpireTime.lte(micros(now)))
        .take()
}

/// Every filter of a row but expiry and search.
fn wanted(team: &Team, filter: &MemberFilter) -> Condition {
    let mut all = Condition::all()
        .add(states(filter))
        .add(roles(team, filter))
        .add(sources(filter));
    if let Some(from) = filter.create_time_from {
        all = all.add(Column::CreateTime.gte(micros(from)));
    }
    verified(all, filter)
}

fn wants(filter: &MemberFilter, state: MemberState) -> bool {
    if filter.states.is_empty() {
        state != MemberState::Removed
    } else {
        filter.states.contains(&state)
    }
}

fn states(filter: &MemberFilter) -> Condition {
    let mut any = Condition::any().add(nobody());
    if wants(filter, MemberState::Removed) {
        any = any.add(Column::RemoveTime.is_not_null());
    }
    let present = Present::wanted(filter);
    if !present.is_empty() {
        let there = Condition::all().add(Column::RemoveTime.is_null());
        any = any.add(Present::any(&present, there));
    }
    any
}

/// What holds for no row.
fn nobody() -> Expr {
    Expr::value(1).eq(0)
}

/// The states of those who are there, each with its index.
#[derive(Debug, Clone, Copy)]
enum Present {
    Invited,
    Active,
    Disabled,
}

impl Present {
    const ALL: [Self; 3] = [Self::Invited, Self::Active, Self::Disabled];

    fn wanted(filter: &MemberFilter) -> Vec<Self> {
        let wanted = Self::ALL.into_iter().filter(|state| {
            let state = match state {
                Self::Invited => MemberState::Invited,
                Self::Active => MemberState::Active,
                Self::Disabled => MemberState::Disabled,
            };
            wants(filter, state)
        });
        wanted.collect()
    }

    /// What its index says, word for word.
    fn condition(self) -> Condition {
        let joined = Condition::all().add(Column::JoinTime.is_not_null());
        match self {
            Self::Invited => Condition::all().add(Column::JoinTime.is_null()),
            Self::Active => joined
                .add(Expr::col((Entity, Column::DisabledByAdmin)).not())
                .add(Expr::col((Entity, Column::DisabledByDirectory)).not()),
            Self::Disabled => joined.add(disabled()),
        }
    }

    /// Of those who are there, the ones in any of these states.
    fn any(states: &[Self], present: Condition) -> Condition {
        if states.len() == Self::ALL.len() {
            return present;
        }
        let any = states
            .iter()
            .fold(Condition::any(), |any, state| any.add(state.condition()));
        present.add(any)
    }
}

fn verified(all: Condition, filter: &MemberFilter) -> Condition {
    match filter.verified {
        Some(verified) => all.add(Column::Verified.eq(verified)),
        None => all,
    }
}

fn sources(filter: &MemberFilter) -> Condition {
    if filter.sources.is_empty() {
        return Condition::all();
    }
    let words = filter.sources.iter().map(|source| source.word());
    Condition::all().add(Column::Source.is_in(words))
}

fn roles(team: &Team, filter: &MemberFilter) -> Condition {
    if filter.roles.is_empty() {
        return Condition::all();
    }
    let primary = team.primary_admin_user_id;
    let stored = filter
        .roles
        .iter()
        .filter(|role| **role != Role::PrimaryAdmin);
    let mut any = Condition::any().add(
        Column::Role
            .is_in(stored.map(|role| role.word()))
            .and(Column::UserId.ne(primary)),
    );
    if filter.roles.contains(&Role::PrimaryAdmin) {
        any = any.add(Column::UserId.eq(primary));
    }
    any
}
