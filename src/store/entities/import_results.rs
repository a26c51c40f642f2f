//! Results of imports, one a row.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "import_results")]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) team_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) import_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) row_number: i32,
    pub(in crate::store) line: i32,
    pub(in crate::store) outcome: String,
    pub(in crate::store) user_id: Option<Uuid>,
    pub(in crate::store) invitation_id: Option<Uuid>,
    pub(in crate::store) first_row: Option<i32>,
    pub(in crate::store) violations: Option<Json>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
