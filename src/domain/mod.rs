//! RULES: pure values and decisions; no async, no I/O, no clock, no database, no wire.

pub mod admission;
pub mod csv;
pub mod custom_roles;
pub mod domain_rules;
pub mod email;
pub mod email_changes;
pub mod etags;
pub mod events;
pub mod imports;
pub mod invitations;
pub mod keys;
pub mod languages;
pub mod letters;
pub mod members;
pub mod names;
pub mod new_keys;
pub mod pages;
pub mod permissions;
pub mod removals;
pub mod role_changes;
pub mod roles;
pub mod search;
pub mod teams;
pub mod texts;
pub mod tokens;
pub mod users;
mod words;
