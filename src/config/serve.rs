//! What the server is told when it starts.

use std::net::SocketAddr;

use clap::{ArgAction, builder::BoolishValueParser};

use super::{
    ConfigError, DatabaseArgs, DatabaseUrl, MailArgs, MailConfig, OperatorKey, OperatorKeyArgs,
    SecretKey, SecretKeyArgs, Settings, TlsArgs, TlsFiles,
};

/// How the server runs.
#[derive(clap::Args)]
pub struct ServeArgs {
    /// The address and port that it listens on.
    #[arg(
        long,
        env = "MUSTER_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:50051"
    )]
    pub listen: SocketAddr,
    /// The address and port where directories come in that speak SCIM 2.0, under `/scim/v2`; none without it. It speaks the
    /// same TLS as the other, and asks nobody for a certificate.
    #[arg(long, env = "MUSTER_HTTP_LISTEN", value_name = "ADDRESS")]
    pub http_listen: Option<SocketAddr>,
    /// Where directories reach that address; the locations of resources begin with it, or are paths without it.
    #[arg(long, env = "MUSTER_HTTP_URL", value_name = "URL")]
    pub http_url: Option<String>,
    /// Serves beyond this machine without TLS: for a private network, or behind a proxy that speaks it.
    #[arg(
        long,
        env = "MUSTER_INSECURE_NO_TLS",
        action = ArgAction::SetTrue,
        value_parser = BoolishValueParser::new()
    )]
    pub insecure_no_tls: bool,
    /// How connections are secured.
    #[command(flatten)]
    pub tls: TlsArgs,
    /// Where people reach the page that opens invitations; the links in letters begin with it.
    #[arg(
        long,
        env = "MUSTER_PUBLIC_URL",
        value_name = "URL",
        default_value = "http://localhost:8080"
    )]
    pub public_url: String,
    /// Which database.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// What a start does about the database's schema.
    #[arg(
        long,
        env = "MUSTER_MIGRATE",
        value_name = "HOW",
        default_value = "auto"
    )]
    pub migrate: MigrateMode,
    /// What it logs.
    #[command(flatten)]
    pub log: LogArgs,
    /// How letters leave.
    #[command(flatten)]
    pub mail: MailArgs,
    /// The deployment's secret.
    #[command(flatten)]
    pub secret_key: SecretKeyArgs,
    /// The first operator's key.
    #[command(flatten)]
    pub operator_key: OperatorKeyArgs,
    /// The numbers that one may tune.
    #[command(flatten)]
    pub settings: Settings,
}

impl ServeArgs {
    /// Everything that can be known before the database is opened.
    ///
    /// # Errors
    ///
    /// The first setting that cannot be used.
    pub fn check(&self) -> Result<ServeConfig, ConfigError> {
        let tls = self.tls.check()?;
        let listens = [Some(self.listen), self.http_listen];
        let is_open = |listen: &SocketAddr| !listen.ip().is_loopback();
        let open = listens.into_iter().flatten().find(is_open);
        if let (Some(open), None, false) = (open, &tls, self.insecure_no_tls) {
            return Err(ConfigError::new(format!(
                "{open} is reachable from other machines, and keys and addresses would cross the network in the clear.\n\
                 Give a certificate with --tls-certificate and --tls-key, or listen on 127.0.0.1, or put a proxy that \
                 speaks TLS before it (or a private network around it) and say so with --insecure-no-tls."
            )));
        }
        self.settings.check()?;
        let database = self.database.check()?;
        Ok(ServeConfig {
            listen: self.listen,
            http_listen: self.http_listen,
            http_url: match &self.http_url {
                Some(url) => web_url("--http-url (MUSTER_HTTP_URL)", url)?,
                None => String::new(),
            },
            tls,
            public_url: web_url("--public-url (MUSTER_PUBLIC_URL)", &self.public_url)?,
            migrate: self.migrate,
            log: self.log.clone(),
            mail: self.mail.check()?,
            secret_key: self.secret_key.check(&database)?,
            operator_key: self.operator_key.check(&database)?,
            database,
            settings: self.settings.clone(),
        })
    }
}

/// How the server runs, checked.
#[derive(Debug, Clone)]
pub struct ServeConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where directories come in, if they do.
    pub http_listen: Option<SocketAddr>,
    /// What the locations of their resources begin with: as `public_url`, or empty.
    pub http_url: String,
    /// The files of TLS, if it is spoken.
    pub tls: Option<TlsFiles>,
    /// What links begin with: http or https, without a slash at the end.
    pub public_url: String,
    /// The database.
    pub database: DatabaseUrl,
    /// What a start does about its schema.
    pub migrate: MigrateMode,
    /// What is logged.
    pub log: LogArgs,
    /// How letters leave.
    pub mail: MailConfig,
    /// The deployment's secret.
    pub secret_key: SecretKey,
    /// The first operator's key.
    pub operator_key: OperatorKey,
    /// The numbers that one may tune.
    pub settings: Settings,
}

/// What a start does about the database's schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum MigrateMode {
    /// Brings it up to date, under a lock.
    Auto,
    /// Fails if one of this program's migrations is missing.
    Check,
    /// Does not look.
    Off,
}

/// What is logged, and how.
#[derive(Debug, Clone, clap::Args)]
pub struct LogArgs {
    /// How log lines look.
    #[arg(long, env = "MUSTER_LOG", value_name = "FORM", default_value = "human")]
    pub log: LogFormat,
    /// Which log lines there are, as in `info,muster=debug`.
    #[arg(
        long,
        env = "MUSTER_LOG_FILTER",
        value_name = "FILTER",
        default_value = "info,sea_orm_migration=warn,sqlx=warn"
    )]
    pub log_filter: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

fn web_url(flag: &str, text: &str) -> Result<String, ConfigError> {
    let text = text.trim().trim_end_matches('/');
    let host = ["http://", "https://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let unusable = |letter: char| {
        letter.is_whitespace()
            || letter.is_control()
            || matches!(letter, '?' | '#' | '@' | '<' | '>' | '"')
    };
    match host {
        Some(host) if !host.is_empty() && !host.contains(unusable) => Ok(text.to_owned()),
        _ => Err(ConfigError::new(format!(
            "{flag} must be http or https, a host and perhaps a path, such as https://team.example.org"
        ))),
    }
}
