//! Who is in which group of a directory.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "directory_group_members")]
#[expect(
    clippy::struct_field_names,
    reason = "the columns of a table of keys alone"
)]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) team_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) group_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) user_id: Uuid,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
