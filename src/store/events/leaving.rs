//! The events of what ends with memberships: by one INSERT .. SELECT each, from the rows as they are before they end.

use sea_orm::{
    ConnectionTrait,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};
use uuid::Uuid;

use super::{Made, write::place};
use crate::{
    domain::{access::PathKind, events::EventType},
    error::{Error, Result},
    store::{
        Reads, Tx,
        access::Verdict,
        bulk,
        entities::{
            directory_group_members::{self, Column as Groupings},
            directory_groups::{self, Column as Groups},
            events::{Column, Entity},
            hub_admins::{self, Column as Admins},
            hubs::{self, Column as Hubs},
            product_access::{self, Column as Accesses},
            project_members::{self, Column as Places},
        },
        rows::micros,
    },
};

/// Of people of teams, so many rows: of many people of one team, or of one in many.
type Rows<'a> = ((&'a [Uuid], &'a [Uuid]), u64);

/// An event for each active access of people who leave, of what becomes of it.
pub async fn append_of_accesses(
    tx: &Tx,
    rows: Rows<'_>,
    verdict: &Verdict<'_>,
    made: Made<'_>,
) -> Result<()> {
    let of = |column: Accesses| Expr::col((product_access::Entity, column));
    let by = |kind: PathKind| of(Accesses::Path).eq(kind.word());
    let through = |kind| Expr::case(by(kind), of(Accesses::ThroughId)).into();
    let types = (
        EventType::AccessRemains.word(),
        EventType::AccessEnded.word(),
    );
    let values = vec![
        (Column::EventType, verdict.choose(types.0, types.1)),
        (Column::TeamId, of(Accesses::TeamId)),
        (Column::UserId, of(Accesses::UserId)),
        (Column::HubId, of(Accesses::HubId)),
        (Column::ProductId, of(Accesses::ProductId)),
        (Column::AccessPath, of(Accesses::Path)),
        (Column::ProjectId, through(PathKind::Project)),
        (Column::GroupId, through(PathKind::Group)),
        (Column::State, verdict.state()),
        (Column::RuleValidFrom, verdict.rule()),
    ];
    let from = Query::select()
        .from(product_access::Entity)
        .cond_where(crate::store::access::active_of_people(rows.0))
        .take();
    let order = "product_access.team_id, product_access.id";
    insert(tx, (from, values), order, (rows.1, made)).await
}

/// An event for each hub of which people who leave are admins.
pub async fn append_of_hub_admins(tx: &Tx, rows: Rows<'_>, made: Made<'_>) -> Result<()> {
    let of = |column: Admins| Expr::col((hub_admins::Entity, column));
    let hub = |column: Hubs| Expr::col((hubs::Entity, column));
    let values = vec![
        (
            Column::EventType,
            Expr::value(EventType::HubAdminRemoved.word()),
        ),
        (Column::TeamId, of(Admins::TeamId)),
        (Column::UserId, of(Admins::UserId)),
        (Column::HubId, of(Admins::HubId)),
        (Column::ProductId, hub(Hubs::ProductId)),
    ];
    let from = Query::select()
        .from(hub_admins::Entity)
        .inner_join(
            hubs::Entity,
            hub(Hubs::TeamId)
                .eq(of(Admins::TeamId))
                .and(hub(Hubs::Id).eq(of(Admins::HubId))),
        )
        .and_where(of(Admins::TeamId).is_in(rows.0.0.iter().copied()))
        .and_where(of(Admins::UserId).is_in(rows.0.1.iter().copied()))
        .take();
    let order = "hub_admins.team_id, hub_admins.user_id, hub_admins.hub_id";
    insert(tx, (from, values), order, (rows.1, made)).await
}

/// An event for each project in which people who leave are.
pub async fn append_of_project_members(tx: &Tx, rows: Rows<'_>, made: Made<'_>) -> Result<()> {
    let of = |column: Places| Expr::col((project_members::Entity, column));
    let values = vec![
        (
            Column::EventType,
            Expr::value(EventType::ProjectMemberRemoved.word()),
        ),
        (Column::TeamId, of(Places::TeamId)),
        (Column::UserId, of(Places::UserId)),
        (Column::HubId, of(Places::HubId)),
        (Column::ProjectId, of(Places::ProjectId)),
        (Column::Role, of(Places::Role)),
    ];
    let from = Query::select()
        .from(project_members::Entity)
        .and_where(of(Places::TeamId).is_in(rows.0.0.iter().copied()))
        .and_where(of(Places::UserId).is_in(rows.0.1.iter().copied()))
        .take();
    let order = "project_members.team_id, project_members.user_id, project_members.project_id";
    insert(tx, (from, values), order, (rows.1, made)).await
}

/// An event for each group in which people who leave are.
pub async fn append_of_group_members(tx: &Tx, rows: Rows<'_>, made: Made<'_>) -> Result<()> {
    let of = |column: Groupings| Expr::col((directory_group_members::Entity, column));
    let group = |column: Groups| Expr::col((directory_groups::Entity, column));
    let values = vec![
        (
            Column::EventType,
            Expr::value(EventType::GroupMemberRemoved.word()),
        ),
        (Column::TeamId, of(Groupings::TeamId)),
        (Column::UserId, of(Groupings::UserId)),
        (Column::GroupId, of(Groupings::GroupId)),
        (Column::DirectoryId, group(Groups::DirectoryId)),
    ];
    let from = Query::select()
        .from(directory_group_members::Entity)
        .inner_join(
            directory_groups::Entity,
            group(Groups::TeamId)
                .eq(of(Groupings::TeamId))
                .and(group(Groups::Id).eq(of(Groupings::GroupId))),
        )
        .and_where(of(Groupings::TeamId).is_in(rows.0.0.iter().copied()))
        .and_where(of(Groupings::UserId).is_in(rows.0.1.iter().copied()))
        .take();
    let order = "directory_group_members.team_id, directory_group_members.user_id, directory_group_members.group_id";
    insert(tx, (from, values), order, (rows.1, made)).await
}

async fn insert(
    tx: &Tx,
    (mut from, mut values): (SelectStatement, Vec<(Column, Expr)>),
    order: &'static str,
    (count, made): (u64, Made<'_>),
) -> Result<()> {
    if count == 0 {
        return Ok(());
    }
    let size = usize::try_from(count).map_err(|error| Error::Internal(Box::new(error)))?;
    let first = place(tx, size).await?;
    let number = Expr::cust(format!("row_number() OVER (ORDER BY {order})"));
    values.extend([
        (Column::Batch, Expr::value(first.batch)),
        (Column::Ordinal, number.add(first.ordinal - 1)),
        (Column::CreateTime, Expr::value(micros(made.at))),
        (Column::CallerKeyId, Expr::value(made.by.key_id.as_deref())),
        (Column::CallId, Expr::value(made.by.call_id)),
        (Column::ActorUserId, Expr::value(made.by.actor_user_id)),
    ]);
    let (columns, values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
    from.exprs(values);
    let mut insert = Query::insert();
    insert
        .into_table(Entity)
        .columns(columns)
        .select_from(from)
        .map_err(|error| Error::Internal(Box::new(error)))?;
    let done = tx.connection().execute(&insert).await?;
    bulk::expect(count, done.rows_affected())
}
