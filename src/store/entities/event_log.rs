//! The one row that says how events are numbered and which were deleted.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "event_log")]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) id: i32,
    pub(in crate::store) base: i64,
    pub(in crate::store) last_batch: i64,
    pub(in crate::store) gone_batch: i64,
    pub(in crate::store) gone_ordinal: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
