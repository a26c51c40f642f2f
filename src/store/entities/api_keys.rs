//! API keys.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) id: String,
    pub(in crate::store) display_name: String,
    pub(in crate::store) scope: String,
    pub(in crate::store) hash: Vec<u8>,
    pub(in crate::store) create_time: i64,
    pub(in crate::store) revoke_time: Option<i64>,
    pub(in crate::store) scopes: Option<String>,
    pub(in crate::store) limited_hash: Option<Vec<u8>>,
    pub(in crate::store) team_id: Option<Uuid>,
    pub(in crate::store) expire_time: Option<i64>,
    pub(in crate::store) last_use_time: Option<i64>,
    pub(in crate::store) certificate_name: Option<String>,
    pub(in crate::store) slot: Option<i32>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
