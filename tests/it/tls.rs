//! TLS at the front door: handshakes, whose certificates are taken, and what calls learn of them.

use std::{sync::Arc, time::Duration};

use muster::{
    config::{ClientCertificates, Connections, Settings, TlsFiles},
    proto::{ListTeamsRequest, team_service_client::TeamServiceClient},
    rpc::Peer,
    server::{self, Door, Tls},
};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::{
    Request,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity, Server},
};
use tonic_health::{
    pb::{health_client::HealthClient, health_server::HealthServer},
    server::{HealthReporter, HealthService},
};

use crate::{
    authorities::Authority,
    binary::Folder,
    harness::{Harness, tests},
    refusals::Outcome,
    server::health_of,
};

tests![
    calls_are_answered_over_tls,
    who_does_not_know_the_authority_does_not_call,
    a_certificates_names_reach_the_calls,
    where_certificates_are_required_none_and_strange_ones_are_refused,
    where_certificates_are_optional_none_is_taken_and_strange_ones_are_refused,
    a_tls_hello_that_never_ends_holds_nobody_up,
];

const NAMES: [&str; 2] = ["billing.example", "*.jobs.example"];
const URI: &str = "spiffe://example/billing";

/// The files that [`Authority::furnish`] wrote.
pub(crate) fn files(folder: &Folder) -> TlsFiles {
    TlsFiles {
        certificate: folder.file("chain.pem"),
        key: folder.file("key.pem"),
        client_ca: None,
        reload: Duration::from_hours(1),
    }
}

/// A channel that trusts this authority, with a certificate if there is one.
pub(crate) fn channel(
    address: &str,
    authority: &Authority,
    shown: Option<(String, String)>,
) -> Channel {
    let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority.pem()));
    if let Some((certificate, key)) = shown {
        tls = tls.identity(Identity::from_pem(certificate, key));
    }
    endpoint(address, tls).connect_lazy()
}

fn endpoint(address: &str, tls: ClientTlsConfig) -> Endpoint {
    let endpoint = Endpoint::from_shared(format!("https://{address}")).expect("an address");
    endpoint.tls_config(tls).expect("a TLS client")
}

/// Another server on the harness's store, which speaks TLS; it ends with the second part.
pub(crate) async fn secured(h: &Harness, files: &TlsFiles) -> (String, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let (stop, stopped) = oneshot::channel();
    let door = Door::new(listener, Some(Tls::load(files).expect("good files")));
    tokio::spawn(server::serve(h.ctx.clone(), door, async {
        drop(stopped.await);
    }));
    (address, stop)
}

async fn calls_are_answered_over_tls(h: &Harness) {
    let (folder, authority) = (Folder::new(), Authority::new());
    authority.furnish(&folder);
    let (address, _stop) = secured(h, &files(&folder)).await;
    TeamServiceClient::new(h.keyed_by(channel(&address, &authority, None)))
        .list_teams(ListTeamsRequest::default())
        .await
        .answered();
}

async fn who_does_not_know_the_authority_does_not_call(h: &Harness) {
    let (folder, authority) = (Folder::new(), Authority::new());
    authority.furnish(&folder);
    let (address, _stop) = secured(h, &files(&folder)).await;

    let mozilla = endpoint(&address, ClientTlsConfig::new().with_webpki_roots());
    assert!(mozilla.connect().await.is_err());
    let stranger = channel(&address, &Authority::new(), None);
    assert!(!answers(&stranger).await);
    let in_clear = Endpoint::from_shared(format!("http://{address}")).expect("an address");
    assert!(!answers(&in_clear.connect_lazy()).await);
    // And they broke nothing.
    assert!(answers(&channel(&address, &authority, None)).await);
}

/// Whether a connection is served.
pub(crate) async fn answers(channel: &Channel) -> bool {
    let mut health = HealthClient::new(channel.clone());
    health.check(health_of("")).await.is_ok()
}

/// A door of its own, behind which somebody writes down who comes.
struct Porter {
    address: String,
    seen: mpsc::UnboundedReceiver<Peer>,
    _stop: DropGuard,
}

impl Porter {
    async fn start(files: &TlsFiles, limits: &Connections) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let door = Door::new(listener, Some(Tls::load(files).expect("good files")));
        let stop = CancellationToken::new();
        let connections = door.connections(limits, stop.clone());
        let (written, seen) = mpsc::unbounded_channel();
        let health = HealthServer::with_interceptor(
            HealthService::from_health_reporter(HealthReporter::new()),
            move |request: Request<()>| {
                let peer = request.extensions().get::<Peer>().cloned();
                drop(written.send(peer.expect("a peer")));
                Ok(request)
            },
        );
        let service = Server::builder().add_service(health);
        tokio::spawn(service.serve_with_incoming(connections));
        Self {
            address,
            seen,
            _stop: stop.drop_guard(),
        }
    }

    /// What the connection of a caller with this certificate knows of him; none if he is refused.
    async fn names(
        &mut self,
        server: &Authority,
        shown: Option<(String, String)>,
    ) -> Option<Arc<[String]>> {
        if !answers(&channel(&self.address, server, shown)).await {
            assert!(self.seen.is_empty(), "a refused caller came through");
            return None;
        }
        let peer = self.seen.recv().await.expect("a peer");
        assert!(peer.address.is_some_and(|at| at.ip().is_loopback()));
        Some(peer.certificate_names)
    }
}

/// A door that asks for certificates of its own authority.
async fn asking(how: ClientCertificates) -> (Porter, Authority) {
    let (folder, authority) = (Folder::new(), Authority::new());
    authority.furnish(&folder);
    let files = TlsFiles {
        client_ca: Some((folder.file("ca.pem"), how)),
        ..files(&folder)
    };
    let limits = Settings::default().connections;
    (Porter::start(&files, &limits).await, authority)
}

async fn a_certificates_names_reach_the_calls(_: &Harness) {
    for how in [ClientCertificates::Required, ClientCertificates::Optional] {
        let (mut porter, authority) = asking(how).await;
        let shown = authority.issue_for(&NAMES, &[URI]);
        let names = porter.names(&authority, Some(shown)).await;
        let expected = [NAMES[0], NAMES[1], URI].map(str::to_owned);
        assert_eq!(names.as_deref(), Some(&expected[..]));
    }
}

async fn where_certificates_are_required_none_and_strange_ones_are_refused(_: &Harness) {
    let (mut porter, authority) = asking(ClientCertificates::Required).await;
    assert_eq!(porter.names(&authority, None).await, None);
    let strange = Authority::new().issue_for(&NAMES, &[URI]);
    assert_eq!(porter.names(&authority, Some(strange)).await, None);
}

async fn where_certificates_are_optional_none_is_taken_and_strange_ones_are_refused(_: &Harness) {
    let (mut porter, authority) = asking(ClientCertificates::Optional).await;
    let names = porter.names(&authority, None).await;
    assert_eq!(names.as_deref(), Some(&[][..]));
    let strange = Authority::new().issue_for(&NAMES, &[URI]);
    assert_eq!(porter.names(&authority, Some(strange)).await, None);
}

async fn a_tls_hello_that_never_ends_holds_nobody_up(_: &Harness) {
    let (folder, authority) = (Folder::new(), Authority::new());
    authority.furnish(&folder);
    let mut limits = Settings::default().connections;
    limits.handshake_timeout = Duration::from_hours(1);
    let mut porter = Porter::start(&files(&folder), &limits).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        let mut stream = tokio::net::TcpStream::connect(&porter.address)
            .await
            .expect("a connection");
        // The first bytes of a hello of 512.
        let begun = tokio::io::AsyncWriteExt::write_all(&mut stream, &[22, 3, 1, 2, 0, 1]).await;
        begun.expect("written");
        silent.push(stream);
    }
    assert!(porter.names(&authority, None).await.is_some());
}
