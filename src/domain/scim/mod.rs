//! What SCIM 2.0 (RFC 7643, RFC 7644) says of a directory's people: filters, paths, changes, and the resource they speak of.

pub mod attributes;
pub mod conditions;
pub mod filter;
mod group_conditions;
pub mod groups;
mod kept;
mod patch;
pub mod path;
mod reader;
pub mod users;

pub use self::{
    conditions::Condition,
    filter::Filter,
    groups::{GroupDraft, KeptGroup, ScimGroup},
    kept::KeptUser,
    patch::{MAX_OPERATIONS, Patch},
    path::Path,
    users::{Draft, ScimUser},
};
