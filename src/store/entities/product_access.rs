//! Who has, or had, access to which hub by which path.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "product_access")]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) id: Uuid,
    pub(in crate::store) team_id: Uuid,
    pub(in crate::store) user_id: Uuid,
    pub(in crate::store) hub_id: Uuid,
    pub(in crate::store) product_id: String,
    pub(in crate::store) path: String,
    pub(in crate::store) through_id: Uuid,
    pub(in crate::store) state: String,
    pub(in crate::store) grant_time: i64,
    pub(in crate::store) granter_user_id: Option<Uuid>,
    pub(in crate::store) end_time: Option<i64>,
    pub(in crate::store) rule_valid_from: Option<i64>,
    pub(in crate::store) report_time: Option<i64>,
    pub(in crate::store) residual_time: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
