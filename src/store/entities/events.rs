//! Events.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) batch: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) ordinal: i32,
    pub(in crate::store) create_time: i64,
    #[sea_orm(column_name = "type")]
    pub(in crate::store) event_type: String,
    pub(in crate::store) team_id: Option<Uuid>,
    pub(in crate::store) user_id: Option<Uuid>,
    pub(in crate::store) caller_key_id: Option<String>,
    pub(in crate::store) call_id: Option<Uuid>,
    pub(in crate::store) actor_user_id: Option<Uuid>,
    pub(in crate::store) role: Option<String>,
    pub(in crate::store) state: Option<String>,
    pub(in crate::store) source: Option<String>,
    pub(in crate::store) removal: Option<String>,
    pub(in crate::store) invitation_id: Option<Uuid>,
    pub(in crate::store) send_count: Option<i32>,
    pub(in crate::store) import_id: Option<String>,
    pub(in crate::store) row_count: Option<i32>,
    pub(in crate::store) letter: Option<String>,
    pub(in crate::store) key_id: Option<String>,
    pub(in crate::store) changed_fields: Option<String>,
    pub(in crate::store) role_id: Option<Uuid>,
    pub(in crate::store) product_id: Option<String>,
    pub(in crate::store) hub_id: Option<Uuid>,
    pub(in crate::store) project_id: Option<Uuid>,
    pub(in crate::store) access_path: Option<String>,
    pub(in crate::store) rule_valid_from: Option<i64>,
    pub(in crate::store) connection_id: Option<Uuid>,
    pub(in crate::store) domain: Option<String>,
    pub(in crate::store) directory_id: Option<Uuid>,
    pub(in crate::store) group_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
