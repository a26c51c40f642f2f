//! The command line's grammar.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};
use uuid::Uuid;

use super::{health::HealthArgs, import::ImportArgs};
use crate::{
    config::{DatabaseArgs, MailArgs, SecretKeyArgs, ServeArgs, span},
    domain::keys::Scope,
};

/// The version with the commit that was built.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("MUSTER_COMMIT"), ")");

/// Teams, users and invitations as a gRPC service. Without a command it serves.
#[derive(Parser)]
#[command(
    name = "muster",
    version = VERSION,
    args_conflicts_with_subcommands = true,
    max_term_width = 110,
    after_help = "Every flag is also the variable shown beside it; a flag wins over its variable. Secrets come from \
                  variables or files, never from flags.\n\n\
                  Examples:\n  \
                  muster demo                            try it: a server with a team and 5,000 invitations\n  \
                  muster --database-url sqlite://muster.db\n  \
                  muster import people.csv --team 01920000-0000-7000-8000-000000000000"
)]
pub struct Cli {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to serve.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// What muster can do.
#[derive(Subcommand)]
pub enum Command {
    /// Serves until it is told to stop (the default).
    #[command(after_help = "Example:\n  \
        MUSTER_MAIL=smtps://user:password@mail.example.org muster serve --public-url https://team.example.org")]
    Serve(Box<ServeArgs>),
    /// Shows everything at once: starts a server of its own and imports 5,000 people into a new team.
    #[command(after_help = "Example:\n  muster demo --exit")]
    Demo(DemoArgs),
    /// Imports a CSV file of people into a team, through a running server.
    #[command(after_help = super::import::AFTER_HELP)]
    Import(ImportArgs),
    /// Brings the database's schema up to date, or tells how far it is.
    #[command(
        after_help = "Examples:\n  muster migrate status\n  muster migrate up --database-url sqlite://muster.db"
    )]
    Migrate(MigrateArgs),
    /// Makes, lists and revokes API keys, straight on the database.
    #[command(
        after_help = "Examples:\n  muster keys create --name billing --scope teams:read,members:check --expires 90d\n  muster keys list\n  muster keys revoke ID"
    )]
    Keys(KeysArgs),
    /// Looks for what must not be: reads a database, also one in use, and names by their ids what breaks an invariant.
    ///
    /// It reads one state of the whole database and changes nothing. Exit code 0 says that every invariant holds, 1 that one
    /// is broken, 2 that it could not look.
    #[command(
        after_help = "Examples:\n  muster fsck\n  muster fsck --team 01920000-0000-7000-8000-000000000000 --show 100"
    )]
    Fsck(FsckArgs),
    /// Asks a running server whether it serves: exit code 0 yes, 1 no, 2 it cannot be reached.
    #[command(
        after_help = "Examples:\n  muster health\n  muster health --service muster.v1.UserService"
    )]
    Health(HealthArgs),
    /// Tries the way that letters take.
    #[command(
        after_help = "Example:\n  MUSTER_MAIL=smtp://localhost:25 muster mail test --to me@example.org"
    )]
    Mail(MailCommandArgs),
    /// Checks or shows the settings that a server here would have, without starting one.
    #[command(
        after_help = "Examples:\n  muster config check --tls-certificate chain.pem --tls-key key.pem\n  \
        muster config print"
    )]
    Config(ConfigCommandArgs),
}

/// How the demonstration runs.
#[derive(Args)]
pub struct DemoArgs {
    /// Ends once every letter has left, with exit code 0 only if all went well, instead of serving until Ctrl-C.
    #[arg(long)]
    pub exit: bool,
    /// The folder for its database, keys and letters, made if missing; a new one of its own if not given.
    #[arg(long, env = "MUSTER_DEMO_FOLDER", value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}

/// What to do about the schema.
#[derive(Args)]
pub struct MigrateArgs {
    /// Which of both.
    #[command(subcommand)]
    pub command: MigrateCommand,
}

/// What can be done about the schema.
#[derive(Subcommand)]
pub enum MigrateCommand {
    /// Applies what is missing, under the lock that a starting server takes too.
    Up(DatabaseArgs),
    /// Lists the migrations and whether they are applied; exit code 1 if one is missing.
    Status(DatabaseArgs),
}

/// What to do about keys.
#[derive(Args)]
pub struct KeysArgs {
    /// Which of them.
    #[command(subcommand)]
    pub command: KeysCommand,
}

/// What can be done about keys.
#[derive(Subcommand)]
pub enum KeysCommand {
    /// Makes a key and prints it, once: only its hash is kept.
    Create(KeysCreateArgs),
    /// Lists the keys, without their secrets.
    List(DatabaseArgs),
    /// Ends a key: whatever serves refuses it within 5 s, its `--keys-fresh`.
    Revoke(KeysRevokeArgs),
}

/// Which key to make.
#[derive(Args)]
pub struct KeysCreateArgs {
    /// What people call it, such as the name of the service that gets it; two live keys may have one name.
    #[arg(long)]
    pub name: String,
    /// What it may be used for: `operator` (everything, and it stands alone), or some of `teams:read`, `teams:write`,
    /// `members:check`, `imports:write`, `invitations:answer`, `identity:write`, `events:read` and `act_as`.
    #[arg(
        long = "scope",
        value_name = "SCOPE",
        value_delimiter = ',',
        default_value = "operator",
        value_parser = scope
    )]
    pub scopes: Vec<Scope>,
    /// The only team that it is to see; every team if not given.
    #[arg(long, value_name = "ID")]
    pub team: Option<Uuid>,
    /// How long it is good, such as 90d; for ever if not given.
    #[arg(long, value_name = "TIME", value_parser = span::argument)]
    pub expires: Option<Duration>,
    /// A subject alternative name of a client certificate: whoever presents the certificate needs no secret.
    #[arg(long, value_name = "NAME")]
    pub certificate_name: Option<String>,
    /// Writes the key into this new file, readable by its owner alone, instead of printing it.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Which database.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// The deployment's secret, from which the key's hash is made.
    #[command(flatten)]
    pub secret_key: SecretKeyArgs,
}

/// Which key to end.
#[derive(Args)]
pub struct KeysRevokeArgs {
    /// The key's id: the middle part of `mst_<id>_<secret>`, as `keys list` shows it.
    #[arg(value_name = "ID")]
    pub id: String,
    /// Which database.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

/// Where to look for what must not be.
#[derive(Args)]
pub struct FsckArgs {
    /// The only team to look at; all of them, and what belongs to none, if not given.
    #[arg(long, value_name = "ID")]
    pub team: Option<Uuid>,
    /// How many of the rows that break an invariant are named; all of them are counted.
    #[arg(long, value_name = "ROWS", default_value_t = 10)]
    pub show: u32,
    /// Which database.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

/// What to try about mail.
#[derive(Args)]
pub struct MailCommandArgs {
    /// What to try.
    #[command(subcommand)]
    pub command: MailCommand,
}

/// What can be tried about mail.
#[derive(Subcommand)]
pub enum MailCommand {
    /// Sends one letter that says it is a test, and shows what the mail server answers.
    Test(MailTestArgs),
}

/// Where the test letter goes.
#[derive(Args)]
pub struct MailTestArgs {
    /// Who gets it.
    #[arg(long, value_name = "ADDRESS")]
    pub to: String,
    /// How letters leave.
    #[command(flatten)]
    pub mail: MailArgs,
}

/// What to do about the settings.
#[derive(Args)]
pub struct ConfigCommandArgs {
    /// Which of both.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// What can be done about the settings; both take what `serve` takes.
#[derive(Subcommand)]
pub enum ConfigCommand {
    /// Reads every setting and file as `serve` does, and says what is wrong; exit code 0 if nothing is.
    Check(Box<ServeArgs>),
    /// Shows every setting's value, and whether it comes from a flag, the environment or a default. Secrets are not shown.
    Print(Box<ServeArgs>),
}

/// Reads the value of `--scope`.
fn scope(text: &str) -> Result<Scope, String> {
    let words: Vec<_> = Scope::ALL.iter().map(|scope| scope.word()).collect();
    Scope::of(text).ok_or_else(|| format!("there are {}", words.join(", ")))
}
