//! Teams.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "teams")]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) id: Uuid,
    pub(in crate::store) display_name: String,
    pub(in crate::store) external_id: Option<String>,
    pub(in crate::store) primary_admin_user_id: Uuid,
    pub(in crate::store) seat_limit: Option<i32>,
    pub(in crate::store) invitation_ttl: i64,
    pub(in crate::store) verified_account_policy: String,
    pub(in crate::store) default_language: String,
    pub(in crate::store) domain_rules: Json,
    pub(in crate::store) entitlements: String,
    pub(in crate::store) create_time: i64,
    pub(in crate::store) update_time: i64,
    pub(in crate::store) delete_time: Option<i64>,
    pub(in crate::store) rejoin_policy: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
