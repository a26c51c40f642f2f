//! How many seats of a team are taken.

use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter};

use super::{
    Reads,
    entities::{
        invitations,
        members::{Column, Entity},
    },
    rows::micros,
};
use crate::{
    clock::Time,
    domain::teams::Team,
    error::{Error, Result},
};

/// How many seats are taken: by everybody who joined, every unexpired invitation, and the primary admin always.
pub async fn used(db: &impl Reads, team: &Team, now: Time) -> Result<i64> {
    let joined = Entity::find()
        .filter(Column::TeamId.eq(team.id))
        .filter(Column::JoinTime.is_not_null())
        .filter(Column::RemoveTime.is_null())
        .count(db.connection())
        .await?;
    let waiting = invitations::Entity::find()
        .filter(invitations::Column::TeamId.eq(team.id))
        .filter(invitations::Column::Settlement.is_null())
        .filter(
            Condition::any()
                .add(invitations::Column::ExpireTime.gt(micros(now)))
                .add(invitations::Column::UserId.eq(team.primary_admin_user_id)),
        )
        .count(db.connection())
        .await?;
    i64::try_from(joined + waiting).map_err(|error| Error::Internal(Box::new(error)))
}
