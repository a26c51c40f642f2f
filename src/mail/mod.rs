//! Letters to people: their words, how they travel, and the loop that sends what the outbox holds.

pub mod eml;
mod keepers;
pub mod letter;
mod locale;
pub mod relay;
mod sender;
mod subjects;
mod templates;
pub mod transport;
