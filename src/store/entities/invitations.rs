//! Invitations.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "invitations")]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) id: Uuid,
    pub(in crate::store) team_id: Uuid,
    pub(in crate::store) user_id: Uuid,
    pub(in crate::store) settlement: Option<String>,
    pub(in crate::store) delivery_state: String,
    pub(in crate::store) delivery_error: Option<String>,
    pub(in crate::store) send_count: i32,
    pub(in crate::store) inviter_user_id: Option<Uuid>,
    pub(in crate::store) import_id: Option<String>,
    pub(in crate::store) create_time: i64,
    pub(in crate::store) expire_time: i64,
    pub(in crate::store) settle_time: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
