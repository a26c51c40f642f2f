//! The contract as prost and tonic wrote it at build time; what it means stands in `proto/`.
#![expect(
    clippy::pedantic,
    clippy::allow_attributes,
    clippy::disallowed_methods,
    reason = "written by a generator"
)]

mod rows;

pub use rows::{ImportUsersRows, SyncDirectoryEntries, SyncDirectoryGroups};

include!(concat!(env!("OUT_DIR"), "/muster.v1.rs"));

/// The whole contract as an encoded `FileDescriptorSet`, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/muster.binpb"));
