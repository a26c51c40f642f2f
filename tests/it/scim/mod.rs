//! Directories that come in by SCIM: who gets in, what they make of people and groups, and what they are told.

use crate::harness::Test;

mod adoption;
mod crawler;
mod door;
mod groups;
mod lists;
mod plans;
mod transport;
pub(crate) mod users;

/// All that is claimed of them.
pub(crate) fn tests() -> Vec<Test> {
    let all = [
        adoption::tests(),
        crawler::tests(),
        door::tests(),
        groups::tests(),
        lists::tests(),
        plans::tests(),
        transport::tests(),
        users::tests(),
    ];
    all.into_iter().flatten().collect()
}
