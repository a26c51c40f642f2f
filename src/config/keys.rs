//! The deployment's own secret, and the first key with which somebody may call.

use std::path::PathBuf;

use super::{ConfigError, Database, DatabaseUrl, Secret, files, secret};

const SECRET_KEY_FILE: &str = "muster.secret";
const OPERATOR_KEY_FILE: &str = "muster.key";

/// The secret from which every other one of a deployment derives.
#[derive(clap::Args)]
#[command(next_help_heading = "Secrets")]
pub struct SecretKeyArgs {
    /// A file with the deployment's secret: a list of `id:base64`, the first signs, all verify.
    ///
    /// The variable `MUSTER_SECRET_KEY` may hold the list itself. With SQLite and neither given, a first start makes
    /// `muster.secret` beside the database; with PostgreSQL one of them is required.
    #[arg(long, env = "MUSTER_SECRET_KEY_FILE", value_name = "FILE")]
    pub secret_key_file: Option<PathBuf>,
    /// For the environment alone.
    #[arg(long, env = "MUSTER_SECRET_KEY", hide = true, hide_env_values = true)]
    pub secret_key: Option<Secret>,
}

impl SecretKeyArgs {
    /// The secret that a deployment on `database` has, or may make for itself.
    ///
    /// # Errors
    ///
    /// Both forms were given, a file cannot be read, or nothing was given with PostgreSQL: replicas must share it.
    pub fn check(&self, database: &DatabaseUrl) -> Result<SecretKey, ConfigError> {
        let given = secret::given(
            "MUSTER_SECRET_KEY",
            self.secret_key.as_ref(),
            self.secret_key_file.as_deref(),
        )?;
        if let Some(given) = given {
            return Ok(SecretKey::Given(given));
        }
        match database.kind() {
            Database::Postgres => Err(ConfigError::new(
                "with PostgreSQL the deployment's secret must be given, the same to every replica: set MUSTER_SECRET_KEY \
                 or --secret-key-file.\nA new one: printf 'k1:%s' \"$(openssl rand -base64 32)\" > muster.secret",
            )),
            Database::Sqlite => {
                let file = database.beside(SECRET_KEY_FILE);
                if file.exists() {
                    files::read_secret(&file).map(SecretKey::Given)
                } else {
                    Ok(SecretKey::ToMake(file))
                }
            }
        }
    }
}

/// Where the deployment's secret is.
#[derive(Debug, Clone)]
pub enum SecretKey {
    /// Here: a list of `id:base64`, not parsed yet.
    Given(Secret),
    /// Nowhere yet: whoever starts on an *empty* database makes one in this file. On a database with keys in it the
    /// file was lost, and a new secret would lock everybody out.
    ToMake(PathBuf),
}

/// The first operator's key.
#[derive(clap::Args)]
#[command(next_help_heading = "Secrets")]
pub struct OperatorKeyArgs {
    /// Where a first start on an empty database writes the operator's key that it makes; an existing file is never
    /// overwritten.
    ///
    /// The default is `muster.key` beside the SQLite file, with PostgreSQL in the working directory. To give the key
    /// instead of having one made, set `MUSTER_OPERATOR_KEY`, or `MUSTER_OPERATOR_KEY_FILE` to a file that holds it
    /// (if there is no such file, that is where the made key goes).
    #[arg(long, value_name = "FILE")]
    pub operator_key_file: Option<PathBuf>,
    /// For the environment alone: unlike the flag, it may name a file that exists.
    #[arg(long, env = "MUSTER_OPERATOR_KEY_FILE", hide = true)]
    pub given_operator_key_file: Option<PathBuf>,
    /// For the environment alone.
    #[arg(long, env = "MUSTER_OPERATOR_KEY", hide = true, hide_env_values = true)]
    pub operator_key: Option<Secret>,
}

impl OperatorKeyArgs {
    /// Where a first start on `database` has its operator's key from. The flag wins over the variables.
    ///
    /// # Errors
    ///
    /// Both variables are set, or the file named by one cannot be read.
    pub fn check(&self, database: &DatabaseUrl) -> Result<OperatorKey, ConfigError> {
        if let Some(file) = &self.operator_key_file {
            return Ok(OperatorKey::MakeIn(file.clone()));
        }
        match (&self.operator_key, &self.given_operator_key_file) {
            (None, Some(file)) if !file.exists() => Ok(OperatorKey::MakeIn(file.clone())),
            (value, file) => {
                let given = secret::given("MUSTER_OPERATOR_KEY", value.as_ref(), file.as_deref())?;
                Ok(given.map_or_else(
                    || OperatorKey::MakeIn(database.beside(OPERATOR_KEY_FILE)),
                    OperatorKey::Given,
                ))
            }
        }
    }
}

/// Where a first start has its operator's key from.
#[derive(Debug, Clone)]
pub enum OperatorKey {
    /// From whoever set it: `mst_<id>_<secret>`, not parsed yet.
    Given(Secret),
    /// It makes one and writes it here, with [`write_secret`](super::write_secret), before the database has it.
    MakeIn(PathBuf),
}
