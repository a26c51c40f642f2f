//! What a person leaves in every team when he is erased. The caller holds the locks of the teams that he is in, and the account's.

use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{
    Reads, Tx, bulk,
    entities::{invitations, member_roles, members, outbox, teams},
    rows::{micros, word},
};
use crate::{
    clock::Time,
    domain::{
        invitations::Invitation,
        members::{Removal, Source},
        roles::Role,
    },
    error::Result,
};

/// A membership that ends.
pub struct Leaving {
    /// The team.
    pub team_id: Uuid,
    /// The role, but for a primary admin's.
    pub role: Role,
    /// How the person had come in.
    pub source: Source,
}

/// The memberships of a person that have not ended, in the order of the teams' ids.
pub async fn present(db: &impl Reads, user: Uuid) -> Result<Vec<Leaving>> {
    use members::{Column, Entity};

    let rows = Entity::find()
        .filter(Column::UserId.eq(user))
        .filter(Column::RemoveTime.is_null())
        .order_by_asc(Column::TeamId)
        .all(db.connection())
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Leaving {
                team_id: row.team_id,
                role: word(Role::of, &row.role)?,
                source: word(Source::of, &row.source)?,
            })
        })
        .collect()
}

/// Some of the teams whose primary admin a person is, deleted ones aside. Whoever makes him another's holds the account's lock.
pub async fn led_by(db: &impl Reads, user: Uuid, most: u64) -> Result<Vec<Uuid>> {
    use teams::{Column, Entity};

    let memberships = Query::select()
        .column(members::Column::TeamId)
        .from(members::Entity)
        .and_where(members::Column::UserId.eq(user))
        .to_owned();
    Ok(Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.in_subquery(memberships))
        .filter(Column::PrimaryAdminUserId.eq(user))
        .filter(Column::DeleteTime.is_null())
        .order_by_asc(Column::Id)
        .limit(most)
        .into_tuple()
        .all(db.connection())
        .await?)
}

/// The open invitations of a person in these teams.
pub async fn open_invitations(
    db: &impl Reads,
    user: Uuid,
    teams: &[Uuid],
) -> Result<Vec<Invitation>> {
    use invitations::{Column, Entity};

    let mut open = Vec::new();
    for chunk in teams.chunks(bulk::IDS) {
        let rows = Entity::find()
            .filter(Column::TeamId.is_in(chunk.iter().copied()))
            .filter(Column::UserId.eq(user))
            .filter(Column::Settlement.is_null())
            .all(db.connection())
            .await?;
        for row in rows {
            open.push(row.try_into()?);
        }
    }
    Ok(open)
}

/// Ends so many memberships of a person, and takes his custom roles away; never a primary admin's.
pub async fn end_memberships(tx: &Tx, user: Uuid, count: usize, now: Time) -> Result<()> {
    use members::{Column, Entity};

    let led = Query::select()
        .column(teams::Column::Id)
        .from(teams::Entity)
        .and_where(Expr::col((teams::Entity, teams::Column::Id)).equals((Entity, Column::TeamId)))
        .and_where(teams::Column::PrimaryAdminUserId.eq(user))
        .and_where(teams::Column::DeleteTime.is_null())
        .to_owned();
    let done = Entity::update_many()
        .col_expr(Column::RemoveTime, Expr::value(micros(now)))
        .col_expr(Column::Removal, Expr::value(Removal::Erased.word()))
        .col_expr(Column::DisabledByAdmin, Expr::value(false))
        .col_expr(Column::DisabledByDirectory, Expr::value(false))
        .filter(Column::UserId.eq(user))
        .filter(Column::RemoveTime.is_null())
        .filter(Expr::exists(led).not())
        .exec(tx.connection())
        .await?;
    bulk::expect(count as u64, done.rows_affected)?;
    member_roles::Entity::delete_many()
        .filter(member_roles::Column::UserId.eq(user))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Wipes what mail servers said about letters to a person: they like to repeat the address.
pub async fn forget_replies(tx: &Tx, user: Uuid) -> Result<()> {
    outbox::Entity::update_many()
        .col_expr(outbox::Column::Error, Expr::value(None::<String>))
        .filter(outbox::Column::UserId.eq(user))
        .filter(outbox::Column::Error.is_not_null())
        .exec(tx.connection())
        .await?;
    invitations::Entity::update_many()
        .col_expr(
            invitations::Column::DeliveryError,
            Expr::value(None::<String>),
        )
        .filter(invitations::Column::UserId.eq(user))
        .filter(invitations::Column::DeliveryError.is_not_null())
        .exec(tx.connection())
        .await?;
    Ok(())
}
