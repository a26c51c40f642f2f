//! Whom a command trusts to be the server, and what it shows of itself, when it speaks TLS.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tonic::transport::{Certificate, ClientTlsConfig, Identity};

use super::CliError;

/// How commands speak TLS with a server whose address begins with https.
#[derive(Default, clap::Args)]
pub struct TrustArgs {
    /// The authorities (PEM) that may vouch for an https server, instead of Mozilla's list.
    #[arg(long, env = "MUSTER_CA", value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// The name that an https server's certificate must have, if it is not the address's.
    #[arg(long, env = "MUSTER_SERVER_NAME", value_name = "NAME")]
    pub server_name: Option<String>,
    /// A certificate (PEM) to show to a server that asks for one.
    #[arg(
        long,
        env = "MUSTER_CLIENT_CERTIFICATE",
        value_name = "FILE",
        requires = "client_key"
    )]
    pub client_certificate: Option<PathBuf>,
    /// That certificate's private key (PEM).
    #[arg(
        long,
        env = "MUSTER_CLIENT_KEY",
        value_name = "FILE",
        requires = "client_certificate"
    )]
    pub client_key: Option<PathBuf>,
}

impl TrustArgs {
    /// What a channel needs to know.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub fn tls(&self) -> Result<ClientTlsConfig, CliError> {
        let mut tls = match &self.ca {
            Some(file) => {
                ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read("--ca", file)?))
            }
            None => ClientTlsConfig::new().with_webpki_roots(),
        };
        if let Some(name) = &self.server_name {
            tls = tls.domain_name(name);
        }
        if let (Some(certificate), Some(key)) = (&self.client_certificate, &self.client_key) {
            let certificate = read("--client-certificate", certificate)?;
            tls = tls.identity(Identity::from_pem(certificate, read("--client-key", key)?));
        }
        Ok(tls)
    }
}

fn read(flag: &str, file: &Path) -> Result<Vec<u8>, CliError> {
    fs::read(file)
        .map_err(|error| CliError::new(format!("{flag}: cannot read {}: {error}", file.display())))
}
