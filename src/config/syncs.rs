//! What bounds the syncs of directories.

use clap::{Args, builder::RangedU64ValueParser};

use super::settings::count;

/// How many at once, and how much in one.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Directories")]
pub struct SyncSettings {
    /// How many syncs of directories one process reads at once; each may hold 32 MiB and its results. As many answers of SCIM
    /// show everybody in groups at once.
    #[arg(
        long,
        env = "MUSTER_CONCURRENT_SYNCS",
        value_name = "N",
        default_value = "4",
        value_parser = count::<usize>()
    )]
    pub concurrent_syncs: usize,
    /// How many of them one key may send, so that no key shuts the others out.
    #[arg(
        long,
        env = "MUSTER_CONCURRENT_SYNCS_PER_KEY",
        value_name = "N",
        default_value = "2",
        value_parser = count::<usize>()
    )]
    pub concurrent_syncs_per_key: usize,
    /// The entries of one sync at most.
    #[arg(
        long,
        env = "MUSTER_SYNC_ENTRIES",
        value_name = "N",
        default_value = "50000",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=50_000)
    )]
    pub sync_entries: usize,
}
