//! Logs: for people or as JSON. Neither addresses nor secrets go into them.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt, util::TryInitError};

use crate::config::{LogArgs, LogFormat};

/// Why logging cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not of its form.
    #[error("--log-filter (MUSTER_LOG_FILTER) is no filter such as `info,muster=debug`: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Something else logs already.
    #[error("logging began twice")]
    Twice(#[from] TryInitError),
}

/// Whether logging could begin.
///
/// # Errors
/// A filter that cannot be read.
pub fn check(log: &LogArgs) -> Result<(), TelemetryError> {
    EnvFilter::try_new(&log.log_filter)?;
    Ok(())
}

/// Begins to log to stderr, so that stdout stays for answers.
///
/// # Errors
/// A filter that cannot be read.
pub fn begin(log: &LogArgs) -> Result<(), TelemetryError> {
    use tracing_subscriber::util::SubscriberInitExt;

    let filter = EnvFilter::try_new(&log.log_filter)?;
    let lines = fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match log.log {
        LogFormat::Human => lines.finish().try_init()?,
        LogFormat::Json => lines.json().finish().try_init()?,
    }
    Ok(())
}
