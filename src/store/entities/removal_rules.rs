//! What a removal does in a product, from when on.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "removal_rules")]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) product_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) valid_from: i64,
    pub(in crate::store) user_removed: bool,
    pub(in crate::store) data_access: String,
    pub(in crate::store) contact_hint: String,
    pub(in crate::store) create_time: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
