//! Which database holds everything.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use super::{ConfigError, Secret, secret};

/// Which database a command works on.
#[derive(clap::Args)]
pub struct DatabaseArgs {
    /// The database: `sqlite://FILE` (made if missing) or `postgres://USER@HOST/NAME`.
    ///
    /// A URL with a password is refused here; put it into the variable or a file. The default is
    /// `sqlite://muster.db`.
    #[arg(
        long,
        env = "MUSTER_DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub database_url: Option<Secret>,
    /// A file that holds the database's URL.
    #[arg(long, env = "MUSTER_DATABASE_URL_FILE", value_name = "FILE")]
    pub database_url_file: Option<PathBuf>,
}

impl DatabaseArgs {
    /// The database meant.
    ///
    /// # Errors
    ///
    /// Both forms were given, the file cannot be read, or the URL names no database that we know.
    pub fn check(&self) -> Result<DatabaseUrl, ConfigError> {
        let given = secret::given(
            "MUSTER_DATABASE_URL",
            self.database_url.as_ref(),
            self.database_url_file.as_deref(),
        )?;
        DatabaseUrl::parse(given.as_ref().map_or(DatabaseUrl::DEFAULT, Secret::expose))
    }
}

/// The kinds of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// Embedded, one file, one process.
    Sqlite,
    /// A server that many replicas share.
    Postgres,
}

/// A database's URL. Displayed, its password is hidden.
#[derive(Clone)]
pub struct DatabaseUrl {
    kind: Database,
    url: Secret,
}

impl DatabaseUrl {
    /// The database of whoever names none.
    pub const DEFAULT: &str = "sqlite://muster.db";

    /// Reads a URL.
    ///
    /// # Errors
    ///
    /// Its scheme is neither `sqlite` nor `postgres` (or `postgresql`).
    pub fn parse(url: &str) -> Result<Self, ConfigError> {
        let kind = match url.split_once(':') {
            Some(("sqlite", _)) => Database::Sqlite,
            Some(("postgres" | "postgresql", _)) => Database::Postgres,
            _ => {
                return Err(ConfigError::new(
                    "the database URL names no database that muster knows: use sqlite://FILE or postgres://USER@HOST/NAME",
                ));
            }
        };
        let url = Secret::from(url.to_owned());
        Ok(Self { kind, url })
    }

    /// Which kind of database it is.
    #[must_use]
    pub const fn kind(&self) -> Database {
        self.kind
    }

    /// The whole URL, password included; for the one who connects.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.url.expose()
    }

    /// The file of an SQLite database; none for one in memory and for PostgreSQL.
    #[must_use]
    pub fn sqlite_file(&self) -> Option<&Path> {
        let rest = match self.kind {
            Database::Sqlite => self.expose().strip_prefix("sqlite:")?,
            Database::Postgres => return None,
        };
        let (file, options) = rest.split_once('?').unwrap_or((rest, ""));
        let file = file.strip_prefix("//").unwrap_or(file);
        let in_memory = file.is_empty()
            || file == ":memory:"
            || options.split('&').any(|option| option == "mode=memory");
        (!in_memory).then(|| Path::new(file))
    }

    /// The path of `name` beside the SQLite file; with PostgreSQL, or in memory, in the working directory.
    #[must_use]
    pub fn beside(&self, name: &str) -> PathBuf {
        self.sqlite_file()
            .map_or_else(|| PathBuf::from(name), |file| file.with_file_name(name))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&redacted(self.expose()))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// Whether a URL has a password, before its host or among its options.
pub(super) fn has_password(url: &str) -> bool {
    user_and_password(url).is_some_and(|login| login.contains(':'))
        || url.to_ascii_lowercase().contains("password=")
}

/// The URL for people. Where a password may be hidden in more than one way, the whole part that could hold it goes.
pub(super) fn redacted(url: &str) -> String {
    let (base, options) = url.split_once('?').unwrap_or((url, ""));
    // A password with an unescaped `?` or `@` in it moves both marks; then nothing behind the scheme is shown.
    if options.contains('@') {
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        return format!("{scheme}://***");
    }
    user_and_password(base)
        .and_then(|login| login.split_once(':'))
        .map_or_else(
            || base.to_owned(),
            |(user, password)| {
                base.replacen(&format!("{user}:{password}@"), &format!("{user}:***@"), 1)
            },
        )
}

/// What stands between `://` and the last `@`.
fn user_and_password(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.rsplit_once('@').map(|(login, _)| login)
}
