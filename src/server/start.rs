//! The first moments: the lock, the schema, the secret and the first key, in that order, so that two processes that
//! start at once on an empty database make each of them once.

use std::path::{Path, PathBuf};

use crate::{
    app::{Context, keys},
    clock::Clock,
    config::{
        CallSettings, ConfigError, DatabaseUrl, MigrateMode, OperatorKey, Secret, SecretKey,
        ServeConfig, read_secret, write_secret,
    },
    domain::keys::KeyText,
    error::Error,
    secrets::{Secrets, SecretsError},
    store::{
        self, Patience, Store, StoreOptions,
        migrate::{self, MigrationLock},
    },
};

/// Why a process cannot start, in words for people.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting or a file of it.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The secret.
    #[error(transparent)]
    Secret(#[from] SecretsError),
    /// The database.
    #[error("the database: {0}")]
    Store(#[from] Error),
    /// The schema is older than this binary.
    #[error("migrations are missing: {0}; run `muster migrate up`, or start with --migrate auto")]
    Migrations(String),
    /// The database has keys, and the secret that their hashes were made with is gone.
    #[error(
        "{0} is missing, and the database holds what was made with it; restore the file: a new secret would make \
         every key and every link worthless"
    )]
    SecretLost(PathBuf),
    /// `MUSTER_OPERATOR_KEY` is not of a key's form.
    #[error("the operator's key is not of the form mst_<id>_<secret>; let a first start make one")]
    OperatorKey,
}

/// A process that can serve.
pub struct Started {
    /// What its use cases work with.
    pub ctx: Context,
    /// Where the operator's key was written, if this start made it.
    pub operator_key_file: Option<PathBuf>,
}

/// Opens the database as the configuration says.
///
/// # Errors
/// In words for people. A start that failed can be repeated, but one that died between writing the operator's key and
/// storing it left a file to move away.
pub async fn open(config: &ServeConfig) -> Result<Started, StartError> {
    let options = StoreOptions {
        url: config.database.expose().to_owned(),
        pool_size: config.settings.pool_size,
    };
    let held = MigrationLock::acquire(&options).await?;
    let store = Store::connect_patiently(&options, patience(&config.settings.calls)).await?;
    migrate(&store, &held, config.migrate).await?;
    if migrate::pending(&store).await?.is_empty() {
        store::events::continue_numbering(&store).await?;
    }
    let secrets = secrets(&store, &config.secret_key).await?;
    let ctx = Context::new(store, Clock::System, secrets, config.settings.clone());
    let operator_key_file = first_key(&ctx, &config.operator_key).await?;
    Ok(Started {
        ctx,
        operator_key_file,
    })
}

/// Opens the database for work on keys, which needs the secret.
///
/// # Errors
/// As [`open`].
pub async fn open_for_keys(
    database: &DatabaseUrl,
    secret: &SecretKey,
) -> Result<Context, StartError> {
    let store = Store::connect(&StoreOptions {
        url: database.expose().to_owned(),
        pool_size: 1,
    })
    .await?;
    complete(&store).await?;
    let secrets = secrets(&store, secret).await?;
    let settings = crate::config::Settings::default();
    Ok(Context::new(store, Clock::System, secrets, settings))
}

/// How patient calls are with the database.
const fn patience(settings: &CallSettings) -> Patience {
    Patience {
        connection: settings.connection_patience,
        lock: settings.lock_timeout,
        statement: settings.statement_timeout,
        idle_transaction: settings.idle_transaction_timeout,
    }
}

async fn migrate(store: &Store, held: &MigrationLock, mode: MigrateMode) -> Result<(), StartError> {
    match mode {
        MigrateMode::Auto => Ok(migrate::up(store, held).await?),
        MigrateMode::Check => complete(store).await,
        MigrateMode::Off => Ok(()),
    }
}

/// Whether the schema is this binary's.
///
/// # Errors
/// Names what is missing.
pub async fn complete(store: &Store) -> Result<(), StartError> {
    let missing = migrate::pending(store).await?;
    if missing.is_empty() {
        Ok(())
    } else {
        Err(StartError::Migrations(missing.join(", ")))
    }
}

async fn secrets(store: &Store, key: &SecretKey) -> Result<Secrets, StartError> {
    let list = match key {
        SecretKey::Given(list) => list.clone(),
        // Another process may have made it while this one waited for the lock.
        SecretKey::ToMake(file) if file.exists() => read_secret(file)?,
        SecretKey::ToMake(file) => make_secret(store, file).await?,
    };
    Ok(Secrets::parse(list.expose())?)
}

async fn make_secret(store: &Store, file: &Path) -> Result<Secret, StartError> {
    if store::keys::exists(store).await? {
        return Err(StartError::SecretLost(file.to_owned()));
    }
    let secret = Secret::from(Secrets::generate()?);
    write_secret(file, &secret)?;
    Ok(secret)
}

async fn first_key(ctx: &Context, key: &OperatorKey) -> Result<Option<PathBuf>, StartError> {
    match key {
        OperatorKey::Given(text) => {
            let given = KeyText::parse(text.expose()).ok_or(StartError::OperatorKey)?;
            keys::bootstrap(ctx, Some(&given), |_| Ok::<_, StartError>(())).await?;
            Ok(None)
        }
        OperatorKey::MakeIn(file) => {
            let made = keys::bootstrap(ctx, None, |text| {
                let secret = Secret::from(text.text().to_owned());
                Ok::<_, StartError>(write_secret(file, &secret)?)
            })
            .await?;
            Ok(made.then(|| file.clone()))
        }
    }
}
