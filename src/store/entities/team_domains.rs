//! Domains that teams claim.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "team_domains")]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) team_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) domain: String,
    pub(in crate::store) claim_time: i64,
    pub(in crate::store) verify_time: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
