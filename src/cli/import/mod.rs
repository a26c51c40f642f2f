//! `muster import`: sends a CSV file through a running server and says what became of each row.

mod json;
pub mod outcome;
mod results;
pub mod stream;
pub mod summary;

use std::{
    io,
    os::fd::AsFd,
    path::{Path, PathBuf},
    process::ExitCode,
};

use tokio::fs::File;

use self::stream::{Broken, Upload};
use super::{
    CliError,
    client::ClientArgs,
    print::{self, Progress},
};
use crate::{clock::Clock, ids, proto::ImportUsersHeader};

/// The end of `muster import --help`.
pub(super) const AFTER_HELP: &str = "\
The file is UTF-8, at most 5,000 rows and 16 MiB, with a header line that names given name,
family name and email in any order. Every row becomes a MEMBER. A bad row never stops a good one.

Exit codes:
  0  fine; people who are in the team or invited already, and repeated rows, are no failure
  1  done, but some rows were INVALID, DOMAIN_REFUSED or NO_SEAT
  2  failed: nothing was imported, or (as it then says) nobody knows

Examples:
  muster import people.csv --team TEAM --validate-only
  muster import people.csv --team TEAM --import-id 2026-spring --results results.csv
  cat people.csv | muster import - --team TEAM --json";

/// What to import, and how.
#[derive(clap::Args)]
pub struct ImportArgs {
    /// The CSV file; `-` is stdin.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The team's id.
    #[arg(long, value_name = "ID")]
    pub team: String,
    /// Only tells what the import would do; nothing is written or mailed.
    #[arg(long)]
    pub validate_only: bool,
    /// Holds the letters until `InvitationService.ReleaseLetters`.
    #[arg(long)]
    pub hold_letters: bool,
    /// An id of your own (1 to 64 of A-Z, a-z, 0-9, `.`, `_` and `-`): the same file again under the same id answers the
    /// same results and does nothing new, for 90 days. One is made, and shown, if you give none.
    #[arg(long, value_name = "ID")]
    pub import_id: Option<String>,
    /// The language (such as `en` or `uk`) of letters to people who have none of their own; else the team's.
    #[arg(long, value_name = "TAG")]
    pub language: Option<String>,
    /// Writes one line a row into this CSV file, over what is in it.
    #[arg(long, value_name = "FILE.csv")]
    pub results: Option<PathBuf>,
    /// Prints everything as one JSON object instead of a summary.
    #[arg(long)]
    pub json: bool,
    /// How to call the server.
    #[command(flatten, next_help_heading = "Server")]
    pub client: ClientArgs,
}

/// Imports the file and prints what became of it. Exit code 1: some rows were refused.
///
/// # Errors
///
/// Nothing was imported, or the connection broke when the server may have been at it; the error tells which.
pub async fn run(args: &ImportArgs) -> Result<ExitCode, CliError> {
    let file = open(&args.file)?;
    // Opened first: whoever wants the results of an import should not learn afterwards that they cannot be written.
    let results = args.results.as_deref().map(results::open).transpose()?;
    let mut client = stream::users(args.client.connect().await?);

    let upload = Upload {
        header: header(args),
        timeout: args.client.timeout,
        progress: Progress::new(),
    };
    let answer = stream::stream_csv(&mut client, &upload, file)
        .await
        .map_err(|broken| told(args, &upload.header, broken))?;
    drop(upload);

    let import = answer.import.clone().unwrap_or_default();
    if let Some(results) = results {
        results::write(results, &answer.results).map_err(|error| {
            CliError::new(format!(
                "the import {} is done, but its results cannot be written: {error}",
                import.import_id
            ))
            .advise(again(args, &import.import_id))
        })?;
    }
    if args.json {
        print::answer(&json::document(&answer)?)?;
    } else {
        print::answer(&summary::text(&answer))?;
    }
    Ok(if answer.results.iter().any(outcome::is_refused) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn header(args: &ImportArgs) -> ImportUsersHeader {
    // Without an id a repeat after a broken connection would be a second import. A rehearsal reserves none.
    let import_id = match &args.import_id {
        Some(id) => id.clone(),
        None if args.validate_only => String::new(),
        None => ids::new(Clock::System.now()).to_string(),
    };
    ImportUsersHeader {
        team_id: args.team.clone(),
        import_id,
        validate_only: args.validate_only,
        hold_letters: args.hold_letters,
        language: args.language.clone().unwrap_or_default(),
    }
}

fn open(path: &Path) -> Result<File, CliError> {
    let opened = if path == Path::new("-") {
        // Not by the name /dev/stdin, which cannot be opened when stdin is a socket.
        io::stdin()
            .as_fd()
            .try_clone_to_owned()
            .map(std::fs::File::from)
    } else {
        std::fs::File::open(path)
    };
    opened
        .map(File::from_std)
        .map_err(|error| CliError::new(format!("cannot open {}: {error}", path.display())))
}

/// Why there are no results, and whether anything can have happened.
fn told(args: &ImportArgs, header: &ImportUsersHeader, broken: Broken) -> CliError {
    match broken {
        Broken::Reading(error) => CliError::new(format!(
            "cannot read {}: {error}",
            args.file.display()
        ))
        .advise("Nothing was imported."),
        Broken::Refused(status) => CliError::from(*status),
        Broken::Lost(status) if header.validate_only => CliError::from(*status),
        Broken::Lost(status) => CliError::new(format!(
            "the connection broke after everything was sent: whether the import {} happened is unknown\n{}",
            header.import_id,
            CliError::from(*status)
        ))
        .advise(again(args, &header.import_id)),
    }
}

/// How to get the results of this very import, whether it happened or not.
fn again(args: &ImportArgs, import_id: &str) -> String {
    if args.import_id.is_some() {
        "Repeat the same command: with the same --import-id nothing is done twice.".to_owned()
    } else {
        format!("Repeat the same command with --import-id {import_id}: nothing is done twice.")
    }
}
