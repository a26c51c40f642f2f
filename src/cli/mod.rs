//! What people start: one file a subcommand. The only place that prints.
//!
//! Exit codes are the same everywhere: 0 all is well, 1 it ran and not all is well, 2 it failed (or was asked wrongly).

pub mod args;
pub mod client;
pub mod config;
pub mod demo;
mod error;
pub mod fsck;
pub mod health;
pub mod import;
pub mod keys;
pub mod mail;
pub mod migrate;
pub mod print;
mod refusal;
pub mod serve;
pub mod trust;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

pub use self::{
    args::{Cli, Command},
    error::CliError,
};
use crate::config as settings;

/// Parses the process's arguments and does what they ask.
pub async fn main() -> ExitCode {
    match Box::pin(run()).await {
        Ok(code) => code,
        Err(error) => {
            print::error(&error);
            ExitCode::from(CliError::EXIT_CODE)
        }
    }
}

async fn run() -> Result<ExitCode, CliError> {
    let matches = Cli::command().get_matches();
    settings::refuse_on_command_line(&matches)?;
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match &cli.command {
        None => serve::run(&cli.serve).await,
        Some(Command::Serve(args)) => serve::run(args).await,
        Some(Command::Demo(args)) => demo::run(args).await,
        Some(Command::Import(args)) => import::run(args).await,
        Some(Command::Migrate(args)) => migrate::run(args).await,
        Some(Command::Keys(args)) => keys::run(args).await,
        Some(Command::Fsck(args)) => fsck::run(args).await,
        Some(Command::Health(args)) => health::run(args).await,
        Some(Command::Mail(args)) => mail::run(args).await,
        Some(Command::Config(args)) => config::run(args, &matches),
    }
}
