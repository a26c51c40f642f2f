//! SSO connections.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "sso_connections")]
pub(in crate::store) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) team_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(in crate::store) id: Uuid,
    pub(in crate::store) display_name: String,
    pub(in crate::store) issuer: String,
    pub(in crate::store) audience: String,
    pub(in crate::store) jwks_uri: Option<String>,
    pub(in crate::store) jwks: Option<String>,
    pub(in crate::store) algorithms: String,
    pub(in crate::store) email_claim: String,
    pub(in crate::store) email_verified_claim: String,
    pub(in crate::store) given_name_claim: String,
    pub(in crate::store) family_name_claim: String,
    pub(in crate::store) jit_enabled: bool,
    pub(in crate::store) profile_refresh_enabled: bool,
    pub(in crate::store) create_time: i64,
    pub(in crate::store) update_time: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::store) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
