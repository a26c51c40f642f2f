//! How commands reach a running server: its address, the key and the deadline.

use std::{path::PathBuf, time::Duration};

use clap::{ArgAction, builder::BoolishValueParser};
use http::Uri;
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};

use super::{CliError, trust::TrustArgs};
use crate::config::{self, Secret, span};

/// The key's file, where the server's first start writes it too.
const DEFAULT_KEY_FILE: &str = "muster.key";

/// How long reaching the server may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Where the server is.
#[derive(clap::Args)]
pub struct AddressArgs {
    /// The server: `http://HOST:PORT`, or `https://HOST:PORT` if it speaks TLS.
    #[arg(
        long,
        env = "MUSTER_ADDRESS",
        value_name = "URL",
        default_value = "http://127.0.0.1:50051"
    )]
    pub address: String,
    /// How to know it.
    #[command(flatten)]
    pub trust: TrustArgs,
}

/// How to call a server that asks who is calling.
#[derive(clap::Args)]
pub struct ClientArgs {
    /// Where it is.
    #[command(flatten)]
    pub address: AddressArgs,
    /// A file with the API key; the variable `MUSTER_KEY` may hold the key itself. The default is `muster.key` here.
    #[arg(long, env = "MUSTER_KEY_FILE", value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// For the environment alone.
    #[arg(long, env = "MUSTER_KEY", hide = true, hide_env_values = true)]
    pub key: Option<Secret>,
    /// Sends the key to another machine without TLS, as within a private network.
    #[arg(
        long,
        env = "MUSTER_INSECURE_NO_TLS",
        action = ArgAction::SetTrue,
        value_parser = BoolishValueParser::new()
    )]
    pub insecure_no_tls: bool,
    /// How long the whole call may take.
    #[arg(
        long,
        env = "MUSTER_TIMEOUT",
        value_name = "TIME",
        default_value = "60s",
        value_parser = span::argument
    )]
    pub timeout: Duration,
}

/// A connection whose calls carry a key; make a typed client of it, such as `UserServiceClient::new`.
pub type Connection = InterceptedService<Channel, Bearer>;

impl ClientArgs {
    /// Connects.
    ///
    /// # Errors
    ///
    /// The address is none, there is no key or it would cross a network in the clear, or nobody answers.
    pub async fn connect(&self) -> Result<Connection, CliError> {
        let AddressArgs { address, trust } = &self.address;
        let uri = uri(address)?;
        if !self.insecure_no_tls && !speaks_tls(&uri) && !stays_here(&uri) {
            return Err(CliError::new(format!(
                "{address} is another machine, and the key would cross the network in the clear"
            ))
            .advise(
                "Use https:// if it speaks TLS; say --insecure-no-tls if that network is private.",
            ));
        }
        connect(address, trust, &self.key()?).await
    }

    fn key(&self) -> Result<Secret, CliError> {
        let file = match (&self.key, &self.key_file) {
            (Some(_), Some(_)) => {
                return Err(CliError::new(
                    "MUSTER_KEY and --key-file (or MUSTER_KEY_FILE) are both set",
                )
                .advise("Give only one of them."));
            }
            (Some(key), None) => return Ok(key.clone()),
            (None, Some(file)) => file.clone(),
            (None, None) => PathBuf::from(DEFAULT_KEY_FILE),
        };
        config::read_secret(&file).map_err(|error| {
            CliError::from(error).advise(
                "The server's first start writes the operator's key beside its database; name it with --key-file, \
                 or put a key into MUSTER_KEY.",
            )
        })
    }
}

/// Connects to `address` with `key`.
///
/// # Errors
///
/// The address is none, the key cannot be one, or nobody answers.
pub async fn connect(
    address: &str,
    trust: &TrustArgs,
    key: &Secret,
) -> Result<Connection, CliError> {
    let channel = reach(address, trust).await?;
    Ok(InterceptedService::new(channel, Bearer::new(key)?))
}

/// Connects to `address`, without a key.
///
/// # Errors
///
/// The address is none, or nobody answers.
pub async fn reach(address: &str, trust: &TrustArgs) -> Result<Channel, CliError> {
    let uri = uri(address)?;
    let tls = speaks_tls(&uri);
    let mut endpoint = Endpoint::from(uri)
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(Duration::from_secs(20));
    if tls {
        endpoint = endpoint
            .tls_config(trust.tls()?)
            .map_err(|error| CliError::new(format!("TLS: {}", causes(&error))))?;
    }
    endpoint.connect().await.map_err(|error| {
        CliError::new(format!("nobody answers at {address}: {}", causes(&error))).advise(
            "Is the server running? `muster serve` starts one; name another with --address or MUSTER_ADDRESS.",
        )
    })
}

/// Puts the key into every call.
#[derive(Clone)]
pub struct Bearer(MetadataValue<Ascii>);

impl Bearer {
    /// Carries `key`.
    ///
    /// # Errors
    ///
    /// The key has characters that no key has.
    pub fn new(key: &Secret) -> Result<Self, CliError> {
        let mut value =
            MetadataValue::try_from(format!("Bearer {}", key.expose())).map_err(|_| {
                CliError::new(
                    "the key is not one line of plain text: it should look like mst_<id>_<secret>",
                )
            })?;
        value.set_sensitive(true);
        Ok(Self(value))
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request
            .metadata_mut()
            .insert("authorization", self.0.clone());
        Ok(request)
    }
}

fn uri(address: &str) -> Result<Uri, CliError> {
    let parsed = address.parse::<Uri>().ok();
    match parsed.as_ref().and_then(Uri::scheme_str) {
        Some("http" | "https") => parsed.ok_or_else(|| CliError::new("no address")),
        Some(_) | None => Err(
            CliError::new(format!("{address} is no address of a server"))
                .advise("Give one such as http://127.0.0.1:50051."),
        ),
    }
}

fn speaks_tls(address: &Uri) -> bool {
    address.scheme_str() == Some("https")
}

/// An error's causes without itself, which only says that something failed.
fn causes(error: &dyn std::error::Error) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        // Wrappers repeat what they wrap.
        let text = inner.to_string();
        if words.last() != Some(&text) {
            words.push(text);
        }
        cause = inner.source();
    }
    words.join(": ")
}

/// Whether what is sent there never leaves this machine.
fn stays_here(address: &Uri) -> bool {
    let host = address.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}
