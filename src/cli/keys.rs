//! `muster keys`: API keys, straight on the database.

use std::process::ExitCode;

use chrono::TimeDelta;

use super::{
    CliError,
    args::{KeysArgs, KeysCommand, KeysCreateArgs},
    print,
};
use crate::{
    app::keys,
    clock::{Clock, Time},
    config::{Secret, write_secret},
    domain::{
        keys::ApiKey,
        names::DisplayName,
        new_keys::{CertificateName, NewKey, Scopes},
    },
    error::{Error, FieldViolation, Reason},
    server::start,
    store::{self, Store, StoreOptions},
};

/// Makes, lists or revokes keys.
///
/// # Errors
/// What the database says, a key that may not be made, or one that does not exist.
pub async fn run(args: &KeysArgs) -> Result<ExitCode, CliError> {
    match &args.command {
        KeysCommand::Create(args) => create(args).await,
        KeysCommand::List(database) => {
            let store = open(database.check()?.expose()).await?;
            let now = Clock::System.now();
            for key in store::keys::list(&store).await? {
                print::answer(&line(&key, now))?;
            }
            Ok(ExitCode::SUCCESS)
        }
        KeysCommand::Revoke(args) => {
            let store = open(args.database.check()?.expose()).await?;
            let id = args.id.as_str();
            if !keys::revoke(&store, id, Clock::System.now()).await? {
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
    let new = new_key(args)?;
    let database = args.database.check()?;
    let secret = args.secret_key.check(&database)?;
    let ctx = start::open_for_keys(&database, &secret).await?;
    match &args.out {
        None => {
            let made = keys::create_with(&ctx, &new).await;
            print::answer(made.map_err(refused)?.text())?;
        }
        Some(file) => {
            // The file comes first: a key that nobody holds is worth nothing, one that nobody can find is a risk.
            let text = keys::fresh()?;
            write_secret(file, &Secret::from(text.text().to_owned()))?;
            if let Err(error) = keys::adopt(&ctx, &text, &new).await {
                // Whether it was stored may be unknown: then the file stays.
                if !matches!(error, Error::Unavailable(_)) {
                    std::fs::remove_file(file)?;
                }
                return Err(refused(error));
            }
            print::answer(&format!(
                "wrote the key {} to {}",
                text.id(),
                file.display()
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn new_key(args: &KeysCreateArgs) -> Result<NewKey, CliError> {
    let scopes = Scopes::parse("scope", args.scopes.clone()).map_err(broken)?;
    let certificate = args.certificate_name.as_deref();
    let certificate = certificate.map(|name| CertificateName::parse("certificate-name", name));
    let now = Clock::System.now();
    let end = |span| TimeDelta::from_std(span).ok().map(|span| now + span);
    Ok(NewKey {
        display_name: DisplayName::parse("name", &args.name).map_err(broken)?,
        team_id: scopes.bound("team", args.team).map_err(broken)?,
        scopes,
        expire_time: args.expires.and_then(end),
        certificate_name: certificate.transpose().map_err(broken)?,
    })
}

fn broken(violation: FieldViolation) -> CliError {
    let FieldViolation { field, rule } = violation;
    CliError::new(format!("--{field}: {}", rule.advice()))
}

/// What to do when a key may not be made.
fn refused(error: Error) -> CliError {
    let used_up = matches!(error, Error::Refused(Reason::KeysUsedUp));
    let taken = matches!(error, Error::AlreadyExists(Reason::CertificateNameTaken, _));
    let error = CliError::from(error);
    if used_up {
        error.advise(
            "Two live keys have this name. `muster keys list` shows them; revoke one first.",
        )
    } else if taken {
        error.advise("Another live key has this certificate's name. `muster keys list` shows it.")
    } else {
        error
    }
}

/// A key in one line; what somebody named comes last.
fn line(key: &ApiKey, now: Time) -> String {
    let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.word()).collect();
    let state = match (key.revoke_time, key.expire_time) {
        (Some(time), _) => format!("revoked {}", minute(time)),
        (None, Some(time)) if key.is_live(now) => format!("live until {}", minute(time)),
        (None, Some(time)) => format!("expired {}", minute(time)),
        (None, None) => "live".to_owned(),
    };
    let mut parts = vec![
        key.id.clone(),
        scopes.join(","),
        key.team_id
            .map_or_else(|| "every team".to_owned(), |team| format!("team {team}")),
        format!("made {}", minute(key.create_time)),
        key.last_use_time.map_or_else(
            || "never used".to_owned(),
            |time| format!("used {}", minute(time)),
        ),
        state,
    ];
    let certificate = key.certificate_name.as_deref();
    parts.extend(certificate.map(|name| format!("certificate {}", print::plain(name))));
    parts.push(print::plain(&key.display_name));
    parts.join("  ")
}

fn minute(time: Time) -> impl std::fmt::Display {
    time.format("%Y-%m-%d %H:%M UTC")
}

async fn open(url: &str) -> Result<Store, CliError> {
    let store = Store::connect(&StoreOptions {
        url: url.to_owned(),
        pool_size: 1,
    })
    .await?;
    start::complete(&store).await?;
    Ok(store)
}
