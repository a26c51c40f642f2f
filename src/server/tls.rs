//! TLS: what is read from its files, at the start and whenever they change, and whom a certificate names.

use std::{fs, path::Path, sync::Arc, time::Duration};

use tokio::sync::watch;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, RootCertStore, ServerConfig, ServerConnection,
        crypto::{CryptoProvider, ring},
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
    },
};
use tokio_util::sync::CancellationToken;

use crate::config::{ClientCertificates, ConfigError, TlsFiles};

/// After a change the files are looked at again this soon.
const SETTLES: Duration = Duration::from_secs(1);

/// What speaks TLS, with the newest good files.
pub struct Tls {
    files: TlsFiles,
    protocols: &'static [&'static [u8]],
    read: Contents,
    current: watch::Sender<Arc<ServerConfig>>,
}

/// What the files hold.
#[derive(Clone, PartialEq, Eq)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

/// What the looks at the files have found.
struct Looks {
    serving: Contents,
    /// What the last look read, if it was new.
    last: Option<Contents>,
}

impl Looks {
    /// What was read now, if it is new and the look before read the same. Half a file, as while it is written, may be
    /// good by itself.
    fn settled(&mut self, read: Contents) -> Option<Contents> {
        let before = self.last.take();
        if read == self.serving {
            return None;
        }
        if before.as_ref() == Some(&read) {
            return before;
        }
        self.last = Some(read);
        None
    }
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// One cannot be read, does not hold what it should, or the key is not the certificate's.
    pub fn load(files: &TlsFiles) -> Result<Self, ConfigError> {
        Self::speaking(files.clone(), &[b"h2"])
    }

    /// Reads the files for plain HTTP. Nobody is asked for a certificate there: the directories of others have a token, and
    /// none that our authority vouches for.
    ///
    /// # Errors
    /// As [`Tls::load`].
    pub fn load_for_web(files: &TlsFiles) -> Result<Self, ConfigError> {
        let files = TlsFiles {
            client_ca: None,
            ..files.clone()
        };
        Self::speaking(files, &[b"h2", b"http/1.1"])
    }

    fn speaking(files: TlsFiles, protocols: &'static [&'static [u8]]) -> Result<Self, ConfigError> {
        let read = Contents::read(&files)?;
        let config = read.config(&files, protocols)?;
        Ok(Self {
            files,
            protocols,
            read,
            current: watch::Sender::new(Arc::new(config)),
        })
    }

    /// What shakes hands with the next connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.current.borrow()))
    }

    /// Looks at the files again and again. Connections that there are keep what they shook hands with.
    pub(super) async fn keep_fresh(self: Arc<Self>, stop: CancellationToken) {
        let mut looks = Looks {
            serving: self.read.clone(),
            last: None,
        };
        let mut complained = None;
        loop {
            let reload = self.files.reload;
            let rest = looks.last.as_ref().map_or(reload, |_| reload.min(SETTLES));
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(rest) => {}
            }
            let files = self.files.clone();
            let read = match tokio::task::spawn_blocking(move || Contents::read(&files)).await {
                Ok(read) => read,
                Err(panicked) => {
                    tracing::error!(%panicked, "a bug");
                    continue;
                }
            };
            let fresh = read.and_then(|read| {
                let settled = looks.settled(read);
                let config = settled.map(|it| Ok((it.config(&self.files, self.protocols)?, it)));
                config.transpose()
            });
            match fresh {
                Ok(Some((config, contents))) => {
                    complained = None;
                    looks.serving = contents;
                    self.current.send_replace(Arc::new(config));
                    tracing::info!("new TLS files serve new connections");
                }
                Ok(None) if looks.last.is_none() => complained = None,
                Ok(None) => {}
                Err(error) => {
                    // Once for each thing that is wrong, not at every look.
                    let error = error.to_string();
                    if complained.as_ref() != Some(&error) {
                        tracing::error!(
                            error,
                            "the TLS files changed and are bad; the old ones serve"
                        );
                        complained = Some(error);
                    }
                }
            }
        }
    }
}

/// The alternative names of the certificate that the other end showed: DNS names, then URIs. Its authority was checked
/// when hands were shaken.
pub(super) fn certificate_names(connection: &ServerConnection) -> Vec<String> {
    let shown = connection.peer_certificates().and_then(<[_]>::first);
    shown
        .and_then(|certificate| webpki::EndEntityCert::try_from(certificate).ok())
        .map(|certificate| {
            let uris = certificate.valid_uri_names();
            let names = certificate.valid_dns_names().chain(uris);
            names.map(str::to_owned).collect()
        })
        .unwrap_or_default()
}

impl Contents {
    fn read(files: &TlsFiles) -> Result<Self, ConfigError> {
        let ca = files.client_ca.as_ref();
        Ok(Self {
            certificate: read("--tls-certificate", &files.certificate)?,
            key: read("--tls-key", &files.key)?,
            client_ca: ca
                .map(|(file, _)| read("--tls-client-ca", file))
                .transpose()?,
        })
    }

    fn config(&self, files: &TlsFiles, protocols: &[&[u8]]) -> Result<ServerConfig, ConfigError> {
        let provider = Arc::new(ring::default_provider());
        let chain = certificates(&self.certificate, &files.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| {
            ConfigError::new(format!(
                "{} holds no private key that can be read: it must be PEM and not encrypted (PKCS#8, PKCS#1 or SEC1)",
                files.key.display()
            ))
        })?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| ConfigError::new(format!("TLS: {error}")))?;
        let verifier = match (&self.client_ca, &files.client_ca) {
            (Some(read), Some((file, how))) => Some(verifier(read, (file, *how), provider)?),
            (None, _) | (_, None) => None,
        };
        let asks = verifier.is_some();
        let builder = match verifier {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder
            .with_single_cert(chain, key)
            .map_err(|error| unfit(&error, files))?;
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        if asks {
            // Each connection shows its certificate anew: one that has expired since opens no other.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(config)
    }
}

fn verifier(
    read: &[u8],
    (file, how): (&Path, ClientCertificates),
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, ConfigError> {
    let bad = |error: String| {
        ConfigError::new(format!(
            "{} holds a certificate that is no authority's: {error}",
            file.display()
        ))
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(read, file)? {
        roots
            .add(certificate)
            .map_err(|error| bad(error.to_string()))?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let verifier = match how {
        ClientCertificates::Required => verifier,
        ClientCertificates::Optional => verifier.allow_unauthenticated(),
    };
    verifier.build().map_err(|error| bad(error.to_string()))
}

fn read(flag: &str, file: &Path) -> Result<Vec<u8>, ConfigError> {
    fs::read(file).map_err(|error| {
        ConfigError::new(format!("{flag}: cannot read {}: {error}", file.display()))
    })
}

fn certificates(read: &[u8], file: &Path) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let found = CertificateDer::pem_slice_iter(read).collect::<Result<Vec<_>, _>>();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) | Err(_) => Err(ConfigError::new(format!(
            "{} holds no certificate that can be read: it must be PEM (-----BEGIN CERTIFICATE-----)",
            file.display()
        ))),
    }
}

fn unfit(error: &rustls::Error, files: &TlsFiles) -> ConfigError {
    let (key, certificate) = (files.key.display(), files.certificate.display());
    ConfigError::new(format!(
        "the key in {key} does not fit the certificate in {certificate}: {error}.\n\
         The file must begin with the server's own certificate, and the key must be the one that it was made for."
    ))
}

#[cfg(test)]
mod tests {
    use super::{Contents, Looks};

    fn contents(certificate: &str) -> Contents {
        Contents {
            certificate: certificate.into(),
            key: Vec::new(),
            client_ca: None,
        }
    }

    #[test]
    fn a_change_is_taken_when_two_looks_in_a_row_read_the_same() {
        let mut looks = Looks {
            serving: contents("old"),
            last: None,
        };
        let mut taken = |read: &str| looks.settled(contents(read)).is_some();
        assert!(!taken("old"));
        assert!(!taken("half"));
        assert!(!taken("whole"));
        assert!(taken("whole"));
        // As when the first of two files was put back.
        assert!(!taken("half"));
        assert!(!taken("old"));
        assert!(!taken("half"));
    }
}
