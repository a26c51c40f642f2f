//! Whom a directory manages, by its own ids. Whoever writes here holds the team's lock.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{
    Reads, Tx,
    entities::directory_users::{Column, Entity},
};
use crate::error::Result;

/// Forgets a person in all directories.
pub async fn forget(tx: &Tx, user: Uuid) -> Result<()> {
    Entity::delete_many()
        .filter(Column::UserId.eq(user))
        .exec(tx.connection())
        .await?;
    Ok(())
}
