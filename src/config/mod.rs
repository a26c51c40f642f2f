//! Every setting: read once, from the command line and the environment, and checked before anything starts.
//!
//! Each flag is also a `MUSTER_*` variable, and clap is the only reader of either. What may hold a secret comes from
//! the environment or from a file, never from the command line, where every user of the machine could read it.
//! Arguments say what was given; their `check` answers what it means.

mod calls;
mod connections;
mod database;
mod files;
mod keys;
mod mail;
mod providers;
mod secret;
mod serve;
mod settings;
pub mod span;
mod syncs;
mod tls;

pub use self::{
    calls::CallSettings,
    connections::Connections,
    database::{Database, DatabaseArgs, DatabaseUrl},
    files::{read_secret, write_secret},
    keys::{OperatorKey, OperatorKeyArgs, SecretKey, SecretKeyArgs},
    mail::{MailArgs, MailConfig, MailTarget},
    providers::ProviderSettings,
    secret::{Secret, refuse_on_command_line},
    serve::{LogArgs, LogFormat, MigrateMode, ServeArgs, ServeConfig},
    settings::Settings,
    syncs::SyncSettings,
    tls::{ClientCertificates, TlsArgs, TlsFiles},
};

/// The most data rows that one import may have.
pub const IMPORT_MAX_ROWS: usize = 5_000;

/// The most bytes of CSV that one import may have: 16 MiB.
pub const IMPORT_MAX_BYTES: usize = 16 * 1024 * 1024;

/// The largest message that the server reads: 4 MiB.
pub const MESSAGE_MAX_BYTES: usize = 4 * 1024 * 1024;

/// A setting that cannot be used, in words for whoever set it. It never repeats a secret.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    /// An error that says what is wrong and what to do instead.
    pub(crate) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}
