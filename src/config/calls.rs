//! What bounds one call: how long it may take, how many run at once, how many come in a second.

use std::time::Duration;

use clap::Args;

use super::{settings::count, span};

/// How long, how many and how often.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Calls")]
pub struct CallSettings {
    /// The longest that a call may take, whatever deadline its client sets; imports, syncs and watches have their own bounds.
    #[arg(
        long,
        env = "MUSTER_LONGEST_CALL",
        value_name = "TIME",
        default_value = "60s",
        value_parser = span::argument
    )]
    pub longest_call: Duration,
    /// The longest that an import or a sync may take, from its first part to its answer.
    #[arg(
        long,
        env = "MUSTER_LONGEST_IMPORT",
        value_name = "TIME",
        default_value = "10m",
        value_parser = span::argument
    )]
    pub longest_import: Duration,
    /// The longest that their streams may be silent between two parts.
    #[arg(
        long,
        env = "MUSTER_IMPORT_IDLE",
        value_name = "TIME",
        default_value = "30s",
        value_parser = span::argument
    )]
    pub import_idle: Duration,
    /// How many calls one process works on at once; a watch counts until it is open. One that comes beyond that is
    /// refused at once.
    ///
    /// With 10 connections that write, the last of 256 waits for some 25 others. A call counts until its work
    /// has ended, even if its client went away, and its answer has left.
    #[arg(
        long,
        env = "MUSTER_CONCURRENT_CALLS",
        value_name = "N",
        default_value = "256",
        value_parser = count::<usize>()
    )]
    pub concurrent_calls: usize,
    /// How many of them may come over one connection, so that no client takes all.
    #[arg(
        long,
        env = "MUSTER_CONCURRENT_CALLS_PER_CONNECTION",
        value_name = "N",
        default_value = "128",
        value_parser = count::<usize>()
    )]
    pub concurrent_calls_per_connection: usize,
    /// How many of them one key may make, over whatever connections, so that no key shuts the others out.
    #[arg(
        long,
        env = "MUSTER_CONCURRENT_CALLS_PER_KEY",
        value_name = "N",
        default_value = "128",
        value_parser = count::<usize>()
    )]
    pub concurrent_calls_per_key: usize,
    /// How many calls a second one key may make in the long run, refused ones among them. A watch and an import count
    /// once.
    #[arg(
        long,
        env = "MUSTER_CALLS_PER_SECOND",
        value_name = "N",
        default_value = "1000",
        value_parser = count::<u32>()
    )]
    pub calls_per_second: u32,
    /// How many calls one key may make at once after a rest.
    #[arg(
        long,
        env = "MUSTER_CALLS_BURST",
        value_name = "N",
        default_value = "2000",
        value_parser = count::<u32>()
    )]
    pub calls_burst: u32,
    /// How many calls a second with an invitation's token, which could be guesses, one key may make in the long run.
    #[arg(
        long,
        env = "MUSTER_TOKEN_CALLS_PER_SECOND",
        value_name = "N",
        default_value = "50",
        value_parser = count::<u32>()
    )]
    pub token_calls_per_second: u32,
    /// How many calls with a token one key may make at once after a rest.
    #[arg(
        long,
        env = "MUSTER_TOKEN_CALLS_BURST",
        value_name = "N",
        default_value = "200",
        value_parser = count::<u32>()
    )]
    pub token_calls_burst: u32,
    /// How many credentials that were not good lately one process looks up in a second, whoever sends them, in the long
    /// run.
    #[arg(
        long,
        env = "MUSTER_NEW_CREDENTIALS_PER_SECOND",
        value_name = "N",
        default_value = "100",
        value_parser = count::<u32>()
    )]
    pub new_credentials_per_second: u32,
    /// How many of them it looks up at once after a rest.
    #[arg(
        long,
        env = "MUSTER_NEW_CREDENTIALS_BURST",
        value_name = "N",
        default_value = "1000",
        value_parser = count::<u32>()
    )]
    pub new_credentials_burst: u32,
    /// How long a call waits for a connection to the database, and SQLite for another process's lock.
    #[arg(
        long,
        env = "MUSTER_CONNECTION_PATIENCE",
        value_name = "TIME",
        default_value = "10s",
        value_parser = span::argument
    )]
    pub connection_patience: Duration,
    /// How long a statement waits for a lock (PostgreSQL).
    #[arg(
        long,
        env = "MUSTER_LOCK_TIMEOUT",
        value_name = "TIME",
        default_value = "10s",
        value_parser = span::argument
    )]
    pub lock_timeout: Duration,
    /// How long a statement may take (PostgreSQL); no longer than a call and an import.
    #[arg(
        long,
        env = "MUSTER_STATEMENT_TIMEOUT",
        value_name = "TIME",
        default_value = "60s",
        value_parser = span::argument
    )]
    pub statement_timeout: Duration,
    /// How long a transaction of a process that is stuck may hold its locks (PostgreSQL).
    #[arg(
        long,
        env = "MUSTER_IDLE_TRANSACTION_TIMEOUT",
        value_name = "TIME",
        default_value = "60s",
        value_parser = span::argument
    )]
    pub idle_transaction_timeout: Duration,
}

impl CallSettings {
    /// How many credentials that were not good lately a second, and at once after a rest.
    pub(crate) const fn new_credentials(&self) -> (u32, u32) {
        (self.new_credentials_per_second, self.new_credentials_burst)
    }
}
