//! `muster keys`: API keys, straight on the database.

use std::process::ExitCode;

use super::{
    CliError,
    args::{KeysArgs, KeysCommand, KeysCreateArgs},
    print,
};
use crate::{
    app::keys,
    config::{Secret, write_secret},
    domain::names::DisplayName,
    server::start,
    store::{self, Store, StoreOptions},
};

/// Makes, lists or revokes keys.
///
/// # Errors
/// What the database says, or a key that does not exist.
pub async fn run(args: &KeysArgs) -> Result<ExitCode, CliError> {
    match &args.command {
        KeysCommand::Create(args) => create(args).await,
        KeysCommand::List(database) => {
            for key in store::keys::list(&open(database.check()?.expose()).await?).await? {
                let state = key.revoke_time.map_or_else(
                    || "live".to_owned(),
                    |time| format!("revoked {}", time.format("%Y-%m-%d %H:%M UTC")),
                );
                print::answer(&format!(
                    "{}  {}  made {}  {}  {}",
                    key.id,
                    key.scopes
                        .iter()
                        .map(|scope| scope.word())
                        .collect::<Vec<_>>()
                        .join(" "),
                    key.create_time.format("%Y-%m-%d %H:%M UTC"),
                    state,
                    print::plain(&key.display_name),
                ))?;
            }
            Ok(ExitCode::SUCCESS)
        }
        KeysCommand::Revoke(args) => {
            let store = open(args.database.check()?.expose()).await?;
            // To revoke leaves an event.
            start::complete(&store).await?;
            let now = crate::clock::Clock::System.now();
            let id = args.id.as_str();
            if !keys::revoke(&store, id, now).await? {
                return Err(
                    CliError::new(format!("there is no key {}", print::plain(id)))
                        .advise("`muster keys list` shows the ids."),
                );
            }
            print::answer(&format!("revoked {id}"))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn create(args: &KeysCreateArgs) -> Result<ExitCode, CliError> {
    let name = DisplayName::parse("name", &args.name)
        .map_err(|violation| CliError::new(format!("--name: {}", violation.rule.advice())))?;
    let database = args.database.check()?;
    let secret = args.secret_key.check(&database)?;
    let ctx = start::open_for_keys(&database, &secret).await?;
    match &args.out {
        None => print::answer(keys::create(&ctx, name.as_str()).await?.text())?,
        Some(file) => {
            // The file comes first: a key that nobody holds is worth nothing, one that nobody can find is a risk.
            let text = keys::fresh()?;
            write_secret(file, &Secret::from(text.text().to_owned()))?;
            keys::adopt(&ctx, &text, name.as_str()).await?;
            print::answer(&format!(
                "wrote the key {} to {}",
                text.id(),
                file.display()
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn open(url: &str) -> Result<Store, CliError> {
    Ok(Store::connect(&StoreOptions {
        url: url.to_owned(),
        pool_size: 1,
    })
    .await?)
}
