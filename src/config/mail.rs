//! Where letters go and whom they come from.

use std::{fmt, path::PathBuf};

use super::{ConfigError, Secret, database, secret};

/// How letters leave.
#[derive(clap::Args)]
#[command(next_help_heading = "Mail")]
pub struct MailArgs {
    /// Where letters go: `file:FOLDER` (one `.eml` a letter), `smtp://HOST:PORT` (STARTTLS is demanded, but on this
    /// machine; `?tls=required|opportunistic|none` says otherwise) or `smtps://HOST:PORT` (TLS from the first byte).
    ///
    /// A letter may take 60 s (`?timeout=SECONDS`); `?hello=NAME` is the name this server gives itself;
    /// `?ca=FILE` (PEM, percent-encoded) names certificates to trust beside Mozilla's.
    /// A URL with a password (`smtps://USER:PASSWORD@HOST`) is refused here; put it into the variable or a file.
    /// The default is `file:./outbox`.
    #[arg(long, env = "MUSTER_MAIL", hide_env_values = true, value_name = "URL")]
    pub mail: Option<Secret>,
    /// A file that holds the URL of --mail.
    #[arg(long, env = "MUSTER_MAIL_FILE", value_name = "FILE")]
    pub mail_file: Option<PathBuf>,
    /// The sender of every letter.
    #[arg(
        long,
        env = "MUSTER_MAIL_FROM",
        value_name = "ADDRESS",
        default_value = "muster <no-reply@localhost>"
    )]
    pub mail_from: String,
    /// Where answers to letters go; nowhere if unset.
    #[arg(long, env = "MUSTER_MAIL_REPLY_TO", value_name = "ADDRESS")]
    pub mail_reply_to: Option<String>,
}

impl MailArgs {
    /// What was meant.
    ///
    /// # Errors
    ///
    /// Both forms of the URL were given, the file cannot be read, the URL is no way for letters, or a sender's address
    /// has no `@`. Whether the addresses are good enough for a letter's head is the mail module's to say.
    pub fn check(&self) -> Result<MailConfig, ConfigError> {
        let given = secret::given("MUSTER_MAIL", self.mail.as_ref(), self.mail_file.as_deref())?;
        let reply_to = self.mail_reply_to.as_deref();
        Ok(MailConfig {
            target: MailTarget::parse(given.as_ref().map_or(MailTarget::DEFAULT, Secret::expose))?,
            from: address("MUSTER_MAIL_FROM", &self.mail_from)?,
            reply_to: reply_to
                .map(|text| address("MUSTER_MAIL_REPLY_TO", text))
                .transpose()?,
        })
    }
}

/// How letters leave, checked.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// Where they go.
    pub target: MailTarget,
    /// The sender, such as `muster <no-reply@example.org>`.
    pub from: String,
    /// Where answers go.
    pub reply_to: Option<String>,
}

/// Where letters go. Displayed, a password in it is hidden.
#[derive(Clone)]
pub enum MailTarget {
    /// A folder, made if missing, that gets one `.eml` file a letter.
    Folder(PathBuf),
    /// An SMTP server: a URL with the scheme `smtp` or `smtps`.
    Smtp(Secret),
}

impl MailTarget {
    /// Where letters of whoever names nothing go.
    pub const DEFAULT: &str = "file:./outbox";

    /// Reads `file:FOLDER`, `smtp://HOST` or `smtps://HOST`.
    ///
    /// # Errors
    ///
    /// The text is none of these.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        if let Some(folder) = text.strip_prefix("file:") {
            let folder = folder.strip_prefix("//").unwrap_or(folder);
            return match folder {
                "" => Err(ConfigError::new(
                    "--mail file: names no folder: use file:./outbox",
                )),
                folder => Ok(Self::Folder(PathBuf::from(folder))),
            };
        }
        match text.split_once("://") {
            Some(("smtp" | "smtps", host)) if !host.is_empty() => {
                Ok(Self::Smtp(Secret::from(text.to_owned())))
            }
            _ => Err(ConfigError::new(
                "--mail (or MUSTER_MAIL) is no way for letters: use file:FOLDER, smtp://HOST:PORT or smtps://HOST:PORT",
            )),
        }
    }
}

impl fmt::Display for MailTarget {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(out, "file:{}", folder.display()),
            Self::Smtp(url) => out.write_str(&database::redacted(url.expose())),
        }
    }
}

impl fmt::Debug for MailTarget {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// Whether the URL of a mail server has a password.
pub(super) fn has_password(url: &str) -> bool {
    database::has_password(url)
}

fn address(name: &str, text: &str) -> Result<String, ConfigError> {
    let text = text.trim();
    if text.contains('@') && !text.contains(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(ConfigError::new(format!(
            "{name} is no address: use one such as `muster <no-reply@example.org>`"
        )))
    }
}
