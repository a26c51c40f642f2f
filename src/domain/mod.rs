//! RULES: pure values and decisions; no async, no I/O, no clock, no database, no wire.

pub mod letters;
pub mod roles;
pub(crate) mod words;
