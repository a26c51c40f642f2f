//! Answers of calls that may be repeated.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "replays")]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) key_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) method: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) request_id: Uuid,
    pub(in crate::store) fingerprint: Vec<u8>,
    pub(in crate::store) answer: Vec<u8>,
    pub(in crate::store) create_time: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
