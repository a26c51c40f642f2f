//! Hashes of links.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "invitation_tokens")]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) hash: Vec<u8>,
    pub(in crate::store) invitation_id: Uuid,
    pub(in crate::store) number: i32,
    pub(in crate::store) create_time: i64,
    pub(in crate::store) settle_time: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
