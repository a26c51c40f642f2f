//! Accounts.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) id: Uuid,
    pub(in crate::store) email_normal: String,
    pub(in crate::store) email_typed: String,
    pub(in crate::store) given_name: String,
    pub(in crate::store) family_name: String,
    pub(in crate::store) language: Option<String>,
    pub(in crate::store) phone: Option<String>,
    pub(in crate::store) time_zone: Option<String>,
    pub(in crate::store) job_title: Option<String>,
    pub(in crate::store) external_id: Option<String>,
    pub(in crate::store) verify_time: Option<i64>,
    pub(in crate::store) create_time: i64,
    pub(in crate::store) update_time: i64,
    pub(in crate::store) name_key: Option<String>,
    pub(in crate::store) family_key: Option<String>,
    pub(in crate::store) copy_time: Option<i64>,
    pub(in crate::store) disable_time: Option<i64>,
    pub(in crate::store) delete_time: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
