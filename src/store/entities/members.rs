//! Memberships.

use sea_orm::entity::prelude::*;

#[expect(clippy::struct_excessive_bools, reason = "each is a column")]
#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "members")]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) team_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) user_id: Uuid,
    pub(in crate::store) role: String,
    pub(in crate::store) source: String,
    pub(in crate::store) create_time: i64,
    pub(in crate::store) join_time: Option<i64>,
    pub(in crate::store) remove_time: Option<i64>,
    pub(in crate::store) decline_time: Option<i64>,
    pub(in crate::store) removal: Option<String>,
    pub(in crate::store) verified: bool,
    pub(in crate::store) name_key: Option<String>,
    pub(in crate::store) family_key: Option<String>,
    pub(in crate::store) email_key: Option<String>,
    pub(in crate::store) disabled_by_admin: bool,
    pub(in crate::store) disabled_by_directory: bool,
    pub(in crate::store) joined_before: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
