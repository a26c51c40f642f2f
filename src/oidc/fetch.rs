//! Reading a provider's keys over the network, within limits.

use std::time::Duration;

use http::{Request, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::time::timeout;
use tokio_rustls::rustls::crypto::ring;
use uuid::Uuid;

use super::{addresses::OpenInternet, keys::Keys};
use crate::{
    config::ProviderSettings,
    domain::{provider_urls::ProviderUrl, sso::MAX_KEYS_BYTES},
};

type Body = Empty<&'static [u8]>;
type Connector = HttpsConnector<HttpConnector<OpenInternet>>;

/// Asks providers. It follows no redirections: only what was configured is asked.
#[derive(Clone)]
pub(super) struct Fetch {
    client: Client<Connector, Body>,
    timeout: Duration,
    with_loopback: bool,
}

impl Fetch {
    pub(super) fn new(settings: &ProviderSettings) -> Self {
        let with_loopback = settings.sso_loopback;
        let mut plain = HttpConnector::new_with_resolver(OpenInternet { with_loopback });
        plain.enforce_http(false);
        plain.set_connect_timeout(Some(settings.sso_keys_timeout));
        let secure = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(ring::default_provider())
            .expect("ring has the protocols that rustls takes by default");
        let secure = if with_loopback {
            secure.https_or_http()
        } else {
            secure.https_only()
        };
        let connector = secure.enable_http1().wrap_connector(plain);
        Self {
            client: Client::builder(TokioExecutor::new())
                // Keys are read every few minutes: a connection is not worth keeping.
                .pool_max_idle_per_host(0)
                .build(connector),
            timeout: settings.sso_keys_timeout,
            with_loopback,
        }
    }

    /// Whether this address may be asked here.
    pub(super) const fn may_ask(&self, url: &ProviderUrl) -> bool {
        self.with_loopback || !url.is_loopback()
    }

    /// The keys that are there now; nothing if they cannot be read.
    pub(super) async fn keys(&self, (connection, url): (Uuid, &ProviderUrl)) -> Option<Keys> {
        if !self.may_ask(url) {
            return None;
        }
        let read = timeout(self.timeout, self.read(url)).await;
        let read = read.unwrap_or_else(|_| Err("it took too long".to_owned()));
        // Neither what it answered instead, which could be anything that can be reached from here, nor the address, whose query
        // may be a secret.
        read.inspect_err(|why| {
            tracing::warn!(
                sso.connection.id = %connection,
                why,
                "cannot read a provider's keys"
            );
        })
        .ok()
    }

    async fn read(&self, url: &ProviderUrl) -> Result<Keys, String> {
        let uri: Uri = url.as_str().parse().map_err(|_| "no address".to_owned())?;
        let request = Request::get(uri)
            .header("accept", "application/jwk-set+json, application/json")
            .body(Body::new())
            .map_err(|error| error.to_string())?;
        let answer = self.client.request(request).await;
        let answer = answer.map_err(|error| error.to_string())?;
        if answer.status() != http::StatusCode::OK {
            return Err(format!("it answers {}", answer.status()));
        }
        let body = Limited::new(answer.into_body(), MAX_KEYS_BYTES);
        let body = body.collect().await.map_err(|error| error.to_string())?;
        Ok(Keys::parse(&body.to_bytes()))
    }
}
