//! Text that is shown to nobody, and the rule that the command line carries none.

use std::{convert::Infallible, fmt, path::Path, str::FromStr};

use clap::{ArgMatches, parser::ValueSource};

use super::{ConfigError, database, files, mail};

/// A secret, or text that may hold one. Its Debug form is empty of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself; for the one who uses it, never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

// It cannot fail, so that clap never has a reason to repeat the value in an error.
impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret")
    }
}

/// The value that the environment or a file gives, if one of them does. `name` is the variable's, without `_FILE`.
pub(super) fn given(
    name: &str,
    value: Option<&Secret>,
    file: Option<&Path>,
) -> Result<Option<Secret>, ConfigError> {
    match (value, file) {
        (Some(_), Some(_)) => Err(ConfigError::new(format!(
            "{name} and {name}_FILE (or their flags) are both set: give only one of them"
        ))),
        // A variable that was meant to be filled and is not must not pass for one that nobody set.
        (Some(value), None) if value.expose().trim().is_empty() => Err(ConfigError::new(format!(
            "{name} is set but empty: fill it or unset it"
        ))),
        (Some(value), None) => Ok(Some(value.clone())),
        (None, Some(file)) => files::read_secret(file).map(Some),
        (None, None) => Ok(None),
    }
}

/// What exists for the environment alone, as clap knows it; each is a hidden flag, and what to use instead.
const ENVIRONMENT_ONLY: [(&str, &str); 4] = [
    ("secret_key", "MUSTER_SECRET_KEY or --secret-key-file"),
    ("operator_key", "MUSTER_OPERATOR_KEY"),
    ("key", "MUSTER_KEY or --key-file"),
    ("given_operator_key_file", "--operator-key-file"),
];

/// Whether a URL has a password in it.
type HasPassword = fn(&str) -> bool;

/// What may stand on the command line only while it holds no password.
const PASSWORD_FREE: [(&str, HasPassword, &str); 2] = [
    (
        "database_url",
        database::has_password,
        "MUSTER_DATABASE_URL or --database-url-file",
    ),
    ("mail", mail::has_password, "MUSTER_MAIL or --mail-file"),
];

/// Refuses secrets among the arguments of a process, which every user of its machine can read.
///
/// # Errors
///
/// Names the flag and what to use instead; the value has been seen, so it says that too.
pub fn refuse_on_command_line(matches: &ArgMatches) -> Result<(), ConfigError> {
    for (id, instead) in ENVIRONMENT_ONLY {
        if from_command_line(matches, id).is_some() {
            return Err(seen(id, instead));
        }
    }
    for (id, has_password, instead) in PASSWORD_FREE {
        if from_command_line(matches, id).is_some_and(|url| has_password(url.expose())) {
            return Err(seen(id, instead));
        }
    }
    matches
        .subcommand()
        .map_or(Ok(()), |(_, inner)| refuse_on_command_line(inner))
}

/// The value of the argument `id`, if this command has it and the command line gave it.
fn from_command_line<'a>(matches: &'a ArgMatches, id: &str) -> Option<&'a Secret> {
    // Asking about the source of an argument that the command does not have would panic.
    let value = matches.try_get_one::<Secret>(id).ok()??;
    (matches.value_source(id) == Some(ValueSource::CommandLine)).then_some(value)
}

fn seen(id: &str, instead: &str) -> ConfigError {
    ConfigError::new(format!(
        "--{} carries a secret, and every user of this machine can read a command line.\n\
         Use {instead} instead; if the secret was a real one, replace it.",
        id.replace('_', "-")
    ))
}
