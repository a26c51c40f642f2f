//! Letters.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) id: Uuid,
    pub(in crate::store) kind: String,
    pub(in crate::store) team_id: Option<Uuid>,
    pub(in crate::store) user_id: Uuid,
    pub(in crate::store) invitation_id: Option<Uuid>,
    pub(in crate::store) inviter_user_id: Option<Uuid>,
    pub(in crate::store) import_id: Option<String>,
    pub(in crate::store) language: String,
    pub(in crate::store) sealed_token: Option<Vec<u8>>,
    pub(in crate::store) state: String,
    pub(in crate::store) attempts: i32,
    pub(in crate::store) due_time: i64,
    pub(in crate::store) lease_id: Option<Uuid>,
    pub(in crate::store) error: Option<String>,
    pub(in crate::store) create_time: i64,
    pub(in crate::store) settle_time: Option<i64>,
    pub(in crate::store) email_change_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
