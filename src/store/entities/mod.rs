//! The tables as SeaORM sees them; private to the store.

pub(super) mod api_keys;
pub(super) mod email_changes;
pub(super) mod event_log;
pub(super) mod events;
pub(super) mod hub_admins;
pub(super) mod hubs;
pub(super) mod import_results;
pub(super) mod imports;
pub(super) mod invitation_tokens;
pub(super) mod invitations;
pub(super) mod member_roles;
pub(super) mod members;
pub(super) mod outbox;
pub(super) mod product_access;
pub(super) mod product_aliases;
pub(super) mod products;
pub(super) mod project_members;
pub(super) mod projects;
pub(super) mod removal_rules;
pub(super) mod replays;
pub(super) mod roles;
pub(super) mod sso_connections;
pub(super) mod sso_identities;
pub(super) mod team_domains;
pub(super) mod teams;
pub(super) mod users;
