//! `muster mail test`: one letter, sent at once and past the outbox.

use std::process::ExitCode;

use super::{
    CliError,
    args::{MailCommand, MailCommandArgs},
    print, serve,
};
use crate::{clock::Clock, domain::email::Email, ids, mail::letter};

/// Sends one letter that says it is a test.
///
/// # Errors
/// What the mail server answers.
pub async fn run(args: &MailCommandArgs) -> Result<ExitCode, CliError> {
    let MailCommand::Test(args) = &args.command;
    let config = args.mail.check()?;
    let to = Email::parse("to", &args.to)
        .map_err(|violation| CliError::new(format!("--to: {}", violation.rule.advice())))?;
    let (transport, sender) = serve::mail(&config)?;
    let now = Clock::System.now();
    let message = letter::trial(ids::new(now), &to.mailbox(), &sender, now)?;
    transport.send(&message).await.map_err(|error| {
        CliError::new(format!("the letter was not taken: {error}"))
            .advise("Check MUSTER_MAIL and --mail-from; the words above are the mail server's.")
    })?;
    print::answer(&format!("sent by {}", config.target))?;
    Ok(ExitCode::SUCCESS)
}
