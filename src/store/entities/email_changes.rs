//! Changes of addresses.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "email_changes")]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) id: Uuid,
    pub(in crate::store) user_id: Uuid,
    pub(in crate::store) hash: Vec<u8>,
    pub(in crate::store) email: Option<String>,
    pub(in crate::store) old_email: Option<String>,
    pub(in crate::store) settlement: Option<String>,
    pub(in crate::store) create_time: i64,
    pub(in crate::store) expire_time: i64,
    pub(in crate::store) settle_time: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
