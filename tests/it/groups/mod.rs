//! Groups of directories: what a sync says of them, what they give access to, and how they end.

use crate::harness::Test;

pub(crate) mod breaches;
mod ends;
pub(crate) mod fixtures;
pub(crate) mod lists;
mod mappings;
mod races;
mod roles;
mod streams;
mod syncs;

/// All that is claimed of them.
pub(crate) fn tests() -> Vec<Test> {
    let all = [
        ends::tests(),
        mappings::tests(),
        races::tests(),
        roles::tests(),
        streams::tests(),
        syncs::tests(),
    ];
    all.into_iter().flatten().collect()
}
