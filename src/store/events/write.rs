//! Appending events, as the transaction's own next ones.

use sea_orm::{
    ConnectionTrait, DbBackend, Statement,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};
use uuid::Uuid;

use super::{log::lost, rows::row};
use crate::{
    clock::Time,
    domain::{
        events::{EventPosition, EventType, Happening, Origin},
        members::MemberState,
        roles::Role,
        teams::Team,
    },
    error::{Error, Result},
    store::{
        Reads, Tx, bulk,
        entities::{
            events::{ActiveModel, Column, Entity, Model},
            invitations::{self, Column as Invitations},
            members::{self, Column as Members},
        },
        members::disabled,
        rows::micros,
    },
};

/// Who makes events, and when.
#[derive(Debug, Clone, Copy)]
pub struct Made<'a> {
    /// The call.
    pub by: &'a Origin,
    /// Its moment.
    pub at: Time,
}

/// Appends events one after the other.
pub async fn append(tx: &Tx, happenings: &[Happening], made: Made<'_>) -> Result<()> {
    if happenings.is_empty() {
        return Ok(());
    }
    let first = place(tx, happenings.len()).await?;
    let rows = (first.ordinal..).zip(happenings).map(|(ordinal, one)| {
        let position = EventPosition { ordinal, ..first };
        row(one, &made, position)
    });
    bulk::insert::<Model, ActiveModel>(tx, rows.collect()).await
}

/// Appends an event for each of these members, as the transaction leaves them, in the order of their ids; with the open
/// invitation, where there is one, and the import that did it.
pub async fn append_of_members(
    tx: &Tx,
    event_type: EventType,
    (team, users, import): (&Team, &[Uuid], Option<&str>),
    made: Made<'_>,
) -> Result<()> {
    let what = What {
        event_type,
        team,
        import,
        changed: None,
    };
    append_of_people(tx, what, users, made).await
}

/// Appends an event for each of these members, of whose membership this part has another value now.
pub async fn append_of_changed_members(
    tx: &Tx,
    (team, users, field): (&Team, &[Uuid], &str),
    made: Made<'_>,
) -> Result<()> {
    let what = What {
        event_type: EventType::MemberUpdated,
        team,
        import: None,
        changed: Some(field),
    };
    append_of_people(tx, what, users, made).await
}

async fn append_of_people(tx: &Tx, what: What<'_>, users: &[Uuid], made: Made<'_>) -> Result<()> {
    for chunk in users.chunks(bulk::IDS) {
        let mut people = Query::select();
        people
            .from(members::Entity)
            .left_join(
                invitations::Entity,
                same_member().and(invitation(Invitations::Settlement).is_null()),
            )
            .and_where(member(Members::TeamId).eq(what.team.id))
            .and_where(member(Members::UserId).is_in(chunk.iter().copied()));
        insert(tx, what, made, (people, chunk.len())).await?;
    }
    Ok(())
}

/// Appends an event for each of these invitations of a team and its member, as the transaction leaves them, in the order of
/// the members' ids.
pub async fn append_of_invitations(
    tx: &Tx,
    event_type: EventType,
    (team, ids): (&Team, &[Uuid]),
    made: Made<'_>,
) -> Result<()> {
    for chunk in ids.chunks(bulk::IDS) {
        let mut people = Query::select();
        people
            .from(invitations::Entity)
            .inner_join(members::Entity, same_member())
            .and_where(invitation(Invitations::TeamId).eq(team.id))
            .and_where(invitation(Invitations::Id).is_in(chunk.iter().copied()));
        let what = What {
            event_type,
            team,
            import: None,
            changed: None,
        };
        insert(tx, what, made, (people, chunk.len())).await?;
    }
    Ok(())
}

fn member(column: Members) -> Expr {
    Expr::col((members::Entity, column))
}

fn invitation(column: Invitations) -> Expr {
    Expr::col((invitations::Entity, column))
}

fn same_member() -> Expr {
    invitation(Invitations::TeamId)
        .eq(member(Members::TeamId))
        .and(invitation(Invitations::UserId).eq(member(Members::UserId)))
}

/// What happened to people.
#[derive(Clone, Copy)]
struct What<'a> {
    event_type: EventType,
    team: &'a Team,
    /// The import that did it.
    import: Option<&'a str>,
    /// The part that has another value.
    changed: Option<&'a str>,
}

/// Turns people into events by one INSERT .. SELECT; that there are as many as were meant is its precondition.
async fn insert(
    tx: &Tx,
    what: What<'_>,
    made: Made<'_>,
    (people, count): (SelectStatement, usize),
) -> Result<()> {
    let first = place(tx, count).await?;
    let role = Expr::case(
        member(Members::UserId).eq(what.team.primary_admin_user_id),
        Role::PrimaryAdmin.word(),
    )
    .finally(member(Members::Role));
    let state = Expr::case(
        member(Members::RemoveTime).is_not_null(),
        MemberState::Removed.word(),
    )
    .case(
        member(Members::JoinTime).is_null(),
        MemberState::Invited.word(),
    )
    .case(disabled(), MemberState::Disabled.word())
    .finally(MemberState::Active.word());
    let number = Expr::cust("row_number() OVER (ORDER BY members.user_id)");
    let values: [(Column, Expr); 17] = [
        (Column::Batch, Expr::value(first.batch)),
        (Column::Ordinal, number.add(first.ordinal - 1)),
        (Column::CreateTime, Expr::value(micros(made.at))),
        (Column::EventType, Expr::value(what.event_type.word())),
        (Column::TeamId, member(Members::TeamId)),
        (Column::UserId, member(Members::UserId)),
        (Column::CallerKeyId, Expr::value(made.by.key_id.as_deref())),
        (Column::CallId, Expr::value(made.by.call_id)),
        (Column::ActorUserId, Expr::value(made.by.actor_user_id)),
        (Column::Role, role.into()),
        (Column::State, state.into()),
        (Column::Source, member(Members::Source)),
        (Column::Removal, member(Members::Removal)),
        (Column::InvitationId, invitation(Invitations::Id)),
        (Column::SendCount, invitation(Invitations::SendCount)),
        (Column::ImportId, Expr::value(what.import)),
        (Column::ChangedFields, Expr::value(what.changed)),
    ];
    let (columns, values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
    let mut people = people;
    people.exprs(values);
    let mut insert = Query::insert();
    insert
        .into_table(Entity)
        .columns(columns)
        .select_from(people)
        .map_err(|error| Error::Internal(Box::new(error)))?;
    let done = tx.connection().execute(&insert).await?;
    bulk::expect(count as u64, done.rows_affected())
}

/// Whether nobody has written of a person since this transaction has its number. On PostgreSQL it has that from the first team that it
/// locked: whoever had another one meanwhile stands after it, and what is written now would stand before what it ended.
pub async fn is_last_of(tx: &Tx, user: Uuid) -> Result<bool> {
    let number = place(tx, 0).await?.batch;
    let later = Query::select()
        .expr(Expr::value(1))
        .from(Entity)
        .cond_where(Expr::col(Column::UserId).eq(user))
        .cond_where(Expr::col(Column::Batch).gt(number))
        .limit(1)
        .take();
    Ok(tx.connection().query_one(&later).await?.is_none())
}

/// The position of the transaction's next event, of so many.
pub(super) async fn place(tx: &Tx, count: usize) -> Result<EventPosition> {
    let drawn = tx.batch.number.get().copied();
    let batch = if let Some(number) = drawn {
        number
    } else {
        let number = draw(tx).await?;
        *tx.batch.number.get_or_init(|| number)
    };
    let count = i32::try_from(count).map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(EventPosition {
        batch,
        ordinal: 1 + tx
            .batch
            .written
            .fetch_add(count, std::sync::atomic::Ordering::Relaxed),
    })
}

/// The transaction's number. On SQLite it is drawn here; on PostgreSQL the transaction has it from what it first locked or
/// wrote, which for a team's changes must be the team.
async fn draw(tx: &Tx) -> Result<i64> {
    let db = tx.connection();
    let backend = db.get_database_backend();
    let draw = match backend {
        DbBackend::Sqlite => {
            "UPDATE event_log SET last_batch = last_batch + 1 RETURNING last_batch AS number"
        }
        _ => "SELECT base + pg_current_xact_id()::text::bigint AS number FROM event_log",
    };
    let row = db
        .query_one_raw(Statement::from_string(backend, draw))
        .await?
        .ok_or_else(lost)?;
    Ok(row.try_get("", "number")?)
}
