//! `muster migrate`: the schema, straight on the database.

use std::process::ExitCode;

use super::{
    CliError,
    args::{MigrateArgs, MigrateCommand},
    print,
};
use crate::{
    config::DatabaseArgs,
    store::{
        self, Store, StoreOptions,
        migrate::{self, MigrationLock},
    },
};

/// Brings the schema up to date, or tells how far it is.
///
/// # Errors
/// What the database says.
pub async fn run(args: &MigrateArgs) -> Result<ExitCode, CliError> {
    match &args.command {
        MigrateCommand::Up(database) => {
            let options = options(database)?;
            let held = MigrationLock::acquire(&options).await?;
            let store = Store::connect(&options).await?;
            migrate::up(&store, &held).await?;
            store::events::continue_numbering(&store).await?;
            show(&store).await
        }
        MigrateCommand::Status(database) => show(&Store::connect(&options(database)?).await?).await,
    }
}

fn options(database: &DatabaseArgs) -> Result<StoreOptions, CliError> {
    Ok(StoreOptions {
        url: database.check()?.expose().to_owned(),
        pool_size: 1,
    })
}

async fn show(store: &Store) -> Result<ExitCode, CliError> {
    let migrations = migrate::status(store).await?;
    for migration in &migrations {
        let state = if migration.applied {
            "applied"
        } else {
            "missing"
        };
        print::answer(&format!("{state}  {}", migration.name))?;
    }
    let complete = migrations.iter().all(|migration| migration.applied);
    Ok(if complete {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
