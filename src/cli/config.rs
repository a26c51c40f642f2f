//! `muster config`: what `muster serve` would be told, checked or shown, without starting anything.

use std::process::ExitCode;

use clap::{ArgMatches, Args, Command, parser::ValueSource};

use super::{
    CliError,
    args::{ConfigCommand, ConfigCommandArgs},
    print, serve,
};
use crate::{
    config::{DatabaseUrl, MailTarget, OperatorKey, Secret, SecretKey, ServeArgs, read_secret},
    domain::keys::KeyText,
    secrets::Secrets,
    server::{Tls, start::StartError},
    telemetry,
};

/// What stands for a value that is shown to nobody.
const HIDDEN: &str = "***";

/// Checks or shows.
///
/// # Errors
/// What would keep a server with these settings from starting, as far as that can be known without its database and its
/// mail server.
pub fn run(args: &ConfigCommandArgs, matches: &ArgMatches) -> Result<ExitCode, CliError> {
    match &args.command {
        ConfigCommand::Check(args) => {
            check(args)?;
            print::answer("a server with these settings can start")?;
        }
        ConfigCommand::Print(args) => {
            let matches = matches
                .subcommand_matches("config")
                .and_then(|config| config.subcommand_matches("print"))
                .ok_or_else(|| CliError::new("no settings"))?;
            print::answer(&table(args, matches))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads everything that a start reads before it opens the database.
fn check(args: &ServeArgs) -> Result<(), CliError> {
    let config = args.check()?;
    telemetry::check(&config.log).map_err(|error| CliError::new(error.to_string()))?;
    serve::mail(&config.mail)?;
    if let Some(files) = &config.tls {
        Tls::load(files)?;
    }
    match &config.secret_key {
        SecretKey::Given(list) => drop(Secrets::parse(list.expose()).map_err(StartError::from)?),
        // A first start makes it.
        SecretKey::ToMake(_) => {}
    }
    match &config.operator_key {
        OperatorKey::Given(key) if KeyText::parse(key.expose()).is_none() => {
            Err(StartError::OperatorKey.into())
        }
        OperatorKey::Given(_) | OperatorKey::MakeIn(_) => Ok(()),
    }
}

/// One line a setting: its flag, its value, and where that comes from.
fn table(args: &ServeArgs, matches: &ArgMatches) -> String {
    let command = ServeArgs::augment_args(Command::new("muster"));
    let rows: Vec<[String; 3]> = command
        .get_arguments()
        .map(|argument| {
            let id = argument.get_id().as_str();
            let source = match matches.value_source(origin(id, args)) {
                Some(ValueSource::CommandLine) => "flag",
                Some(ValueSource::EnvVariable) => "environment",
                // Whoever says what it means without a value says it beside the flag's help.
                Some(_) | None => "default",
            };
            let name = argument.get_env().filter(|_| argument.is_hide_set());
            let name = match name {
                Some(variable) => variable.to_string_lossy().into_owned(),
                None => format!("--{}", argument.get_long().unwrap_or(id)),
            };
            [name, value(id, args, matches), source.to_owned()]
        })
        .collect();
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let (names, values) = (width(0), width(1));
    let lines = rows
        .iter()
        .map(|[name, value, source]| format!("{name:names$}  {value:values$}  {source}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The argument that a setting's value comes from: a URL's may be the one that names its file.
fn origin<'a>(id: &'a str, args: &ServeArgs) -> &'a str {
    match id {
        "database_url" if args.database.database_url_file.is_some() => "database_url_file",
        "mail" if args.mail.mail_file.is_some() => "mail_file",
        own => own,
    }
}

/// A setting's value as it may be seen. What is a secret by its type is never shown, and the two URLs that may hold one
/// are shown only as far as they can be read.
fn value(id: &str, args: &ServeArgs, matches: &ArgMatches) -> String {
    // Asking for a value by another type than its own is an error, not a panic.
    let secret = matches.try_get_one::<Secret>(id);
    match (id, secret) {
        ("database_url", _) => url(
            args.database.database_url.as_ref(),
            args.database.database_url_file.as_deref(),
            |text| DatabaseUrl::parse(text).ok().map(|url| url.to_string()),
            DatabaseUrl::DEFAULT,
        ),
        ("mail", _) => url(
            args.mail.mail.as_ref(),
            args.mail.mail_file.as_deref(),
            |text| {
                MailTarget::parse(text)
                    .ok()
                    .map(|target| target.to_string())
            },
            MailTarget::DEFAULT,
        ),
        (_, Ok(Some(_))) => HIDDEN.to_owned(),
        (_, Ok(None)) => "-".to_owned(),
        (_, Err(_)) => plain(id, matches),
    }
}

fn plain(id: &str, matches: &ArgMatches) -> String {
    let values = matches.get_raw(id).into_iter().flatten();
    let values: Vec<_> = values
        .map(|value| print::plain(&value.to_string_lossy()))
        .collect();
    match (values.join(","), matches.try_get_one::<bool>(id)) {
        (_, Ok(Some(said))) => said.to_string(),
        (text, _) if text.is_empty() => "-".to_owned(),
        (text, _) => text,
    }
}

/// A URL without its password; a form that hides where the password is, is not shown at all.
fn url(
    given: Option<&Secret>,
    file: Option<&std::path::Path>,
    shown: impl Fn(&str) -> Option<String>,
    default: &str,
) -> String {
    let read;
    let text = match (given, file) {
        (Some(given), _) => given.expose(),
        (None, Some(file)) => match read_secret(file) {
            Ok(secret) => {
                read = secret;
                read.expose()
            }
            Err(_) => return HIDDEN.to_owned(),
        },
        (None, None) => default,
    };
    let safe = text.contains("://") || !text.contains('@');
    let shown = safe.then(|| shown(text)).flatten();
    shown.map_or_else(|| HIDDEN.to_owned(), |text| print::plain(&text))
}
