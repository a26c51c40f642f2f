//! Imports.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "imports")]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) team_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) import_id: String,
    pub(in crate::store) fingerprint: Vec<u8>,
    pub(in crate::store) row_count: i32,
    pub(in crate::store) outcome_counts: Json,
    pub(in crate::store) hold_letters: bool,
    pub(in crate::store) ignored_columns: Json,
    pub(in crate::store) create_time: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
