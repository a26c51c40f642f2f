//! What one process grants to connections before it knows who calls: how many, how long, and how much of each thing.

use std::time::Duration;

use clap::{Args, builder::RangedU64ValueParser};

use super::span;

/// The limits of connections and of HTTP/2 on them.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connections")]
pub struct Connections {
    /// How many connections one process serves at once; one more is closed as soon as it has shaken hands.
    #[arg(
        long,
        env = "MUSTER_MAX_CONNECTIONS",
        value_name = "N",
        default_value = "4096",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000)
    )]
    pub max_connections: usize,
    /// How many connections may be shaking hands at once; when one more comes, the oldest of them is closed.
    #[arg(
        long,
        env = "MUSTER_MAX_HANDSHAKES",
        value_name = "N",
        default_value = "1024",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000)
    )]
    pub max_handshakes: usize,
    /// How long a new connection may take to speak: TLS and the first 24 bytes of HTTP/2 together.
    #[arg(
        long,
        env = "MUSTER_HANDSHAKE_TIMEOUT",
        value_name = "TIME",
        default_value = "5s",
        value_parser = span::argument
    )]
    pub handshake_timeout: Duration,
    /// When a connection is asked to end, so that clients find new replicas; its calls go on.
    #[arg(
        long,
        env = "MUSTER_CONNECTION_AGE",
        value_name = "TIME",
        default_value = "30m",
        value_parser = span::argument
    )]
    pub connection_age: Duration,
    /// How long the calls of a connection that was asked to end may still take; then it is cut.
    #[arg(
        long,
        env = "MUSTER_CONNECTION_GRACE",
        value_name = "TIME",
        default_value = "5m",
        value_parser = span::argument
    )]
    pub connection_grace: Duration,
    /// How often a connection is asked whether its other end is still there.
    #[arg(
        long,
        env = "MUSTER_KEEPALIVE_INTERVAL",
        value_name = "TIME",
        default_value = "30s",
        value_parser = span::argument
    )]
    pub keepalive_interval: Duration,
    /// How long the other end may take to answer that; then the connection is cut.
    #[arg(
        long,
        env = "MUSTER_KEEPALIVE_TIMEOUT",
        value_name = "TIME",
        default_value = "10s",
        value_parser = span::argument
    )]
    pub keepalive_timeout: Duration,
    /// How many calls one connection may make at once.
    #[arg(
        long,
        env = "MUSTER_MAX_STREAMS",
        value_name = "N",
        default_value = "256",
        value_parser = RangedU64ValueParser::<u32>::new().range(1..=1_000_000)
    )]
    pub max_streams: u32,
    /// How many calls with errors of HTTP/2 a connection may make; then it is cut.
    #[arg(
        long,
        env = "MUSTER_MAX_ERROR_RESETS",
        value_name = "N",
        default_value = "1024",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000)
    )]
    pub max_error_resets: usize,
    /// How many calls that were taken back before the server saw them may wait; then the connection is cut.
    #[arg(
        long,
        env = "MUSTER_MAX_PENDING_RESETS",
        value_name = "N",
        default_value = "20",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000)
    )]
    pub max_pending_resets: usize,
    /// How many bytes the metadata of a call may have.
    #[arg(
        long,
        env = "MUSTER_MAX_METADATA",
        value_name = "BYTES",
        default_value = "16384",
        value_parser = RangedU64ValueParser::<u32>::new().range(1_024..=1_048_576)
    )]
    pub max_metadata: u32,
    /// How many bytes a connection may send ahead of what the server has read.
    #[arg(
        long,
        env = "MUSTER_CONNECTION_WINDOW",
        value_name = "BYTES",
        default_value = "8388608",
        value_parser = window()
    )]
    pub connection_window: u32,
    /// How many bytes one call may send ahead of what the server has read.
    #[arg(
        long,
        env = "MUSTER_STREAM_WINDOW",
        value_name = "BYTES",
        default_value = "1048576",
        value_parser = window()
    )]
    pub stream_window: u32,
}

/// Reads a window: at least HTTP/2's own 64 KiB less one, at most what its 31 bits hold.
fn window() -> RangedU64ValueParser<u32> {
    RangedU64ValueParser::new().range(65_535..=2_147_483_647)
}
