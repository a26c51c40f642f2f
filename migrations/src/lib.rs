//! The schema, one purpose a migration, written as SQL that both databases read; it only ever grows at its end.
//!
//! Times are whole microseconds since 1970 in a BIGINT, so that order, keysets and arithmetic are the same on
//! both databases. Closed sets of words are text with a CHECK.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::{MigrationTrait, async_trait};

mod dialect;
mod m0001_people;
mod m0002_invitations;
mod m0003_outbox;
mod m0004_imports;
mod m0005_api_keys;
mod m0006_events;
mod m0007_replays;
mod m0008_lists;
mod m0009_actors;
mod m0010_key_scopes;
mod m0011_roles;
mod m0012_entitlements;
mod m0013_ways_out;
mod m0014_accounts;
mod m0015_products;
mod m0016_hubs;
mod m0017_product_events;
mod m0018_residual_letters;
mod m0019_bounds;
mod m0020_sso;
mod m0021_directories;
mod m0022_scim;
mod m0023_groups;

/// Every migration, in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_people::Migration),
            Box::new(m0002_invitations::Migration),
            Box::new(m0003_outbox::Migration),
            Box::new(m0004_imports::Migration),
            Box::new(m0005_api_keys::Migration),
            Box::new(m0006_events::Migration),
            Box::new(m0007_replays::Migration),
            Box::new(m0008_lists::Migration),
            Box::new(m0009_actors::Migration),
            Box::new(m0010_key_scopes::Migration),
            Box::new(m0011_roles::Migration),
            Box::new(m0012_entitlements::Migration),
            Box::new(m0013_ways_out::Migration),
            Box::new(m0014_accounts::Migration),
            Box::new(m0015_products::Migration),
            Box::new(m0016_hubs::Migration),
            Box::new(m0017_product_events::Migration),
            Box::new(m0018_residual_letters::Migration),
            Box::new(m0019_bounds::Migration),
            Box::new(m0020_sso::Migration),
            Box::new(m0021_directories::Migration),
            Box::new(m0022_scim::Migration),
            Box::new(m0023_groups::Migration),
        ]
    }
}
