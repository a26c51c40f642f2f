//! The log of events: written by the transaction that made them, read in one order that no late committer disturbs.

mod leaving;
mod log;
mod read;
mod rows;
mod write;

pub use leaving::{
    append_of_accesses, append_of_group_members, append_of_hub_admins, append_of_project_members,
};
pub use log::{Reach, continue_numbering, delete_before, gone, head, head_at, reach};
pub use read::{Cut, bounds, page};
pub use write::{
    Made, append, append_of_changed_members, append_of_invitations, append_of_members, is_last_of,
};
