//! Why a command failed, for the person who started it.

use std::{error::Error as _, io};

use crate::{config::ConfigError, error::Error, server::start::StartError};

/// What went wrong and, where somebody knows, what to do next. It holds no secret.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CliError {
    message: String,
    advice: Option<String>,
}

impl CliError {
    /// The exit code of every failure.
    pub const EXIT_CODE: u8 = 2;

    /// A failure in one sentence.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            advice: None,
        }
    }

    /// The same with what to do next; a later advice replaces an earlier one.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// What to do next.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }
}

impl From<StartError> for CliError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Store(error) => Self::from(error),
            other => Self::new(other.to_string()),
        }
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<Error> for CliError {
    /// The person at the command line runs the deployment: the whole chain of causes is for him.
    fn from(error: Error) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            message.push_str(": ");
            message.push_str(&inner.to_string());
            cause = inner.source();
        }
        Self::new(message)
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        Self::new(error.to_string())
    }
}
