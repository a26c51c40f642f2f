//! The numbers that one may tune; the defaults are the ones that the documentation promises.

use std::time::Duration;

use clap::{
    Args, Command, FromArgMatches,
    builder::{RangedU64ValueParser, Resettable},
};

use super::{CallSettings, ConfigError, Connections, ProviderSettings, SyncSettings, span};

/// How many, how often and how long.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct Settings {
    /// The shortest time between two resends of one invitation; the first resend is free.
    #[arg(
        long,
        env = "MUSTER_RESEND_INTERVAL",
        value_name = "TIME",
        default_value = "1m",
        value_parser = span::argument
    )]
    pub resend_interval: Duration,
    /// How often one invitation may be resent within a day.
    #[arg(
        long,
        env = "MUSTER_RESENDS_PER_DAY",
        value_name = "N",
        default_value = "5",
        value_parser = count::<u32>()
    )]
    pub resends_per_day: u32,
    /// How many people one team may invite singly within an hour; imports do not count.
    #[arg(
        long,
        env = "MUSTER_SINGLE_INVITATIONS_PER_HOUR",
        value_name = "N",
        default_value = "500",
        value_parser = count::<u32>()
    )]
    pub single_invitations_per_hour: u32,
    /// How many imports one process reads at once; each may hold 16 MiB.
    #[arg(
        long,
        env = "MUSTER_CONCURRENT_IMPORTS",
        value_name = "N",
        default_value = "8",
        value_parser = count::<usize>()
    )]
    pub concurrent_imports: usize,
    /// How many of them one key may send, so that no key shuts the others out.
    #[arg(
        long,
        env = "MUSTER_CONCURRENT_IMPORTS_PER_KEY",
        value_name = "N",
        default_value = "4",
        value_parser = count::<usize>()
    )]
    pub concurrent_imports_per_key: usize,
    /// How many connections to the database one process opens for reading, and as many again for writing (SQLite: one).
    #[arg(
        long,
        env = "MUSTER_POOL_SIZE",
        value_name = "N",
        default_value = "10",
        value_parser = count::<u32>()
    )]
    pub pool_size: u32,
    /// How long a stop waits for the calls that still run.
    #[arg(
        long,
        env = "MUSTER_DRAIN_TIMEOUT",
        value_name = "TIME",
        default_value = "25s",
        value_parser = span::argument
    )]
    pub drain_timeout: Duration,
    /// How long a process that stops says NOT_SERVING before it refuses connections, for load balancers to see it.
    #[arg(
        long,
        env = "MUSTER_DRAIN_DELAY",
        value_name = "TIME",
        default_value = "0s",
        value_parser = span::delay
    )]
    pub drain_delay: Duration,
    /// How often the relay looks for letters to send.
    #[arg(
        long,
        env = "MUSTER_RELAY_POLL",
        value_name = "TIME",
        default_value = "1s",
        value_parser = span::argument
    )]
    pub relay_poll: Duration,
    /// How long a letter belongs to the relay that took it; longer than sending one may take (60 s, or the mail
    /// URL's `timeout`).
    #[arg(
        long,
        env = "MUSTER_RELAY_LEASE",
        value_name = "TIME",
        default_value = "2m",
        value_parser = span::argument
    )]
    pub relay_lease: Duration,
    /// How many letters the relay takes, and sends, at once.
    #[arg(
        long,
        env = "MUSTER_RELAY_BATCH",
        value_name = "N",
        default_value = "10",
        value_parser = count::<u32>()
    )]
    pub relay_batch: u32,
    /// How long a letter waits after its first failure; each further wait is longer.
    #[arg(
        long,
        env = "MUSTER_RELAY_BACKOFF_FIRST",
        value_name = "TIME",
        default_value = "30s",
        value_parser = span::argument
    )]
    pub relay_backoff_first: Duration,
    /// The longest that a letter waits after a failure.
    #[arg(
        long,
        env = "MUSTER_RELAY_BACKOFF_MAX",
        value_name = "TIME",
        default_value = "1h",
        value_parser = span::argument
    )]
    pub relay_backoff_max: Duration,
    /// How long a letter that nothing makes void, such as an invitation's end, is tried.
    #[arg(
        long,
        env = "MUSTER_LETTER_LIFETIME",
        value_name = "TIME",
        default_value = "7d",
        value_parser = span::argument
    )]
    pub letter_lifetime: Duration,
    /// How long sent letters are kept.
    #[arg(
        long,
        env = "MUSTER_SENT_LETTERS_KEPT",
        value_name = "TIME",
        default_value = "30d",
        value_parser = span::argument
    )]
    pub sent_letters_kept: Duration,
    /// How long a dead link can be told from one that never was, after its invitation ended.
    #[arg(
        long,
        env = "MUSTER_TOKENS_KEPT",
        value_name = "TIME",
        default_value = "90d",
        value_parser = span::argument
    )]
    pub tokens_kept: Duration,
    /// How long imports are kept and can be repeated.
    #[arg(
        long,
        env = "MUSTER_IMPORTS_KEPT",
        value_name = "TIME",
        default_value = "90d",
        value_parser = span::argument
    )]
    pub imports_kept: Duration,
    /// How long the answer of a call with a request id is kept, and the call can be repeated.
    #[arg(
        long,
        env = "MUSTER_REPLAYS_KEPT",
        value_name = "TIME",
        default_value = "24h",
        value_parser = span::argument
    )]
    pub replays_kept: Duration,
    /// How long a process takes an API key as it last read it: a key that is revoked elsewhere is good for so long.
    #[arg(
        long,
        env = "MUSTER_KEYS_FRESH",
        value_name = "TIME",
        default_value = "5s",
        value_parser = span::argument
    )]
    pub keys_fresh: Duration,
    /// How often a process stores when API keys were last used.
    #[arg(
        long,
        env = "MUSTER_KEY_USES_EVERY",
        value_name = "TIME",
        default_value = "1m",
        value_parser = span::argument
    )]
    pub key_uses_every: Duration,
    /// How long events are kept; a watcher that falls further behind has to begin anew.
    #[arg(
        long,
        env = "MUSTER_EVENTS_KEPT",
        value_name = "TIME",
        default_value = "400d",
        value_parser = span::argument
    )]
    pub events_kept: Duration,
    /// How many watchers of events one process serves at once.
    #[arg(
        long,
        env = "MUSTER_CONCURRENT_WATCHES",
        value_name = "N",
        default_value = "100",
        value_parser = count::<usize>()
    )]
    pub concurrent_watches: usize,
    /// The most events in one message to a watcher; a watcher takes the memory of two such messages.
    #[arg(
        long,
        env = "MUSTER_WATCH_BATCH",
        value_name = "N",
        default_value = "500",
        value_parser = RangedU64ValueParser::<u64>::new().range(1..=5_000)
    )]
    pub watch_batch: u64,
    /// How often a watcher hears something when nothing happens.
    #[arg(
        long,
        env = "MUSTER_WATCH_HEARTBEAT",
        value_name = "TIME",
        default_value = "15s",
        value_parser = span::argument
    )]
    pub watch_heartbeat: Duration,
    /// How often new events are looked for, should the word of them be lost; only while somebody watches.
    #[arg(
        long,
        env = "MUSTER_WATCH_POLL",
        value_name = "TIME",
        default_value = "1s",
        value_parser = span::argument
    )]
    pub watch_poll: Duration,
    /// How often what has served is deleted.
    #[arg(
        long,
        env = "MUSTER_HOUSEKEEPING_EVERY",
        value_name = "TIME",
        default_value = "10m",
        value_parser = span::argument
    )]
    pub housekeeping_every: Duration,
    /// What bounds one call.
    #[command(flatten)]
    pub calls: CallSettings,
    /// What connections are granted.
    #[command(flatten)]
    pub connections: Connections,
    /// What bounds the reading of providers' keys.
    #[command(flatten)]
    pub providers: ProviderSettings,
    /// What bounds the syncs of directories.
    #[command(flatten)]
    pub syncs: SyncSettings,
}

impl Settings {
    /// What the single settings do not show by themselves.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.relay_backoff_first > self.relay_backoff_max {
            return Err(ConfigError::new(
                "--relay-backoff-first is longer than --relay-backoff-max: make it shorter",
            ));
        }
        if self.relay_poll >= self.relay_lease {
            return Err(ConfigError::new(
                "--relay-poll is not shorter than --relay-lease: letters of a relay that died would wait for nothing",
            ));
        }
        let providers = &self.providers;
        if providers.sso_keys_ttl > providers.sso_keys_stale {
            return Err(ConfigError::new(
                "--sso-keys-ttl is longer than --sso-keys-stale: keys would not serve while they are good; make it shorter",
            ));
        }
        let calls = &self.calls;
        if calls.statement_timeout > calls.longest_call.min(calls.longest_import) {
            return Err(ConfigError::new(
                "--statement-timeout is longer than --longest-call or --longest-import: the database would work on for nobody; make it as short as the shorter of them",
            ));
        }
        Ok(())
    }
}

impl Default for Settings {
    /// What an empty command line means, whatever the environment holds.
    fn default() -> Self {
        let command = Self::augment_args(Command::new("muster"))
            .mut_args(|argument| argument.env(Resettable::Reset));
        let matches = command.get_matches_from(["muster"]);
        // Every argument has a default, so there is nothing that could be missing.
        Self::from_arg_matches(&matches).unwrap_or_else(|bug| bug.exit())
    }
}

/// Reads a number of things: at least one, at most a million.
pub(super) fn count<T: TryFrom<u64> + Clone + Send + Sync>() -> RangedU64ValueParser<T> {
    RangedU64ValueParser::new().range(1..=1_000_000)
}
