//! Whether the server speaks TLS, with which files, and whether it asks callers for certificates.

use std::{path::PathBuf, time::Duration};

use super::{ConfigError, span};

/// How connections are secured.
#[derive(clap::Args)]
#[command(next_help_heading = "TLS")]
pub struct TlsArgs {
    /// The server's certificate and those between it and its authority, in that order (PEM). With it, TLS is spoken.
    #[arg(long, env = "MUSTER_TLS_CERTIFICATE", value_name = "FILE")]
    pub tls_certificate: Option<PathBuf>,
    /// The certificate's private key (PEM, not encrypted).
    #[arg(long, env = "MUSTER_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// The authorities (PEM) whose certificates callers may show; without it, callers are asked for none.
    #[arg(long, env = "MUSTER_TLS_CLIENT_CA", value_name = "FILE")]
    pub tls_client_ca: Option<PathBuf>,
    /// Whether callers must show a certificate of --tls-client-ca. One that is shown must be good either way.
    #[arg(
        long,
        env = "MUSTER_TLS_CLIENT_CERTIFICATES",
        value_name = "HOW",
        default_value = "required"
    )]
    pub tls_client_certificates: ClientCertificates,
    /// How often these files are read again; new ones serve new connections. Bad ones are logged and change nothing.
    #[arg(
        long,
        env = "MUSTER_TLS_RELOAD",
        value_name = "TIME",
        default_value = "10s",
        value_parser = span::argument
    )]
    pub tls_reload: Duration,
}

/// Whether callers must show a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ClientCertificates {
    /// Without one there is no connection.
    Required,
    /// Who shows none is known by a key alone.
    Optional,
}

/// Where the parts of TLS are, and how they are used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's chain.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Those who vouch for callers, and whether callers need that.
    pub client_ca: Option<(PathBuf, ClientCertificates)>,
    /// How often the files are looked at.
    pub reload: Duration,
}

impl TlsArgs {
    /// The files meant; none if the server speaks no TLS. What is in them is the server's to read.
    ///
    /// # Errors
    ///
    /// One file was given without the other that it needs.
    pub fn check(&self) -> Result<Option<TlsFiles>, ConfigError> {
        match (&self.tls_certificate, &self.tls_key) {
            (Some(certificate), Some(key)) => Ok(Some(TlsFiles {
                certificate: certificate.clone(),
                key: key.clone(),
                client_ca: self
                    .tls_client_ca
                    .clone()
                    .map(|file| (file, self.tls_client_certificates)),
                reload: self.tls_reload,
            })),
            (Some(_), None) => Err(ConfigError::new(
                "--tls-certificate is given without its private key: name the key's file with --tls-key \
                 (MUSTER_TLS_KEY)",
            )),
            (None, Some(_)) => Err(ConfigError::new(
                "--tls-key is given without a certificate: name the certificate's file with --tls-certificate \
                 (MUSTER_TLS_CERTIFICATE)",
            )),
            (None, None) if self.tls_client_ca.is_some() => Err(ConfigError::new(
                "--tls-client-ca needs TLS: give --tls-certificate and --tls-key too",
            )),
            (None, None) => Ok(None),
        }
    }
}
