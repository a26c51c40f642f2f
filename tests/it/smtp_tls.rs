//! Letters through a mail server that speaks TLS: real handshakes, and what never travels without one.

use std::sync::Arc;

use chrono::TimeDelta;
use muster::{
    mail::{relay::Relay, transport::Transport},
    proto::DeliveryState,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer},
};

use crate::{
    binary::Folder,
    harness::{Harness, tests},
    relays::run_dry,
    smtp::{delivery, only, unsent},
    smtp_peer::{Encryption, SmtpPeer},
};

tests![
    smtps_delivers_with_a_login,
    starttls_delivers_and_the_password_comes_after_it,
    where_tls_is_required_and_not_offered_nothing_is_sent,
    a_certificate_that_nobody_vouches_for_is_refused,
    a_certificate_for_another_host_is_refused,
];

const EMAIL: &str = "ann.lee@a.example";
const LOGIN: (&str, &str) = ("muster", "secret");

/// An authority of our own, and a server's certificate that it signed.
struct Authority {
    folder: Folder,
    tls: TlsAcceptor,
}

impl Authority {
    fn vouching_for(host: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(params, key()).expect("an authority");
        let key = key();
        let server = CertificateParams::new([host.to_owned()])
            .and_then(|params| params.signed_by(&key, &ca))
            .expect("a certificate");
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![server.der().clone()], key.into())
            .expect("a TLS server");
        let folder = Folder::new();
        folder.write("ca.pem", &ca.pem());
        let tls = TlsAcceptor::from(Arc::new(config));
        Self { folder, tls }
    }

    /// The URL's parameter that trusts it.
    fn parameter(&self) -> String {
        format!("ca={}", self.folder.file("ca.pem").display())
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

async fn peer(encryption: Encryption) -> SmtpPeer {
    let peer = SmtpPeer::start_with(Some(LOGIN), encryption).await;
    peer.expect("a mail server")
}

/// To the peer, with the right login.
fn relay(h: &Harness, peer: &SmtpPeer, scheme: &str, parameters: &str) -> Relay {
    let ((user, password), port) = (LOGIN, peer.address().port());
    let url = format!("{scheme}://{user}:{password}@localhost:{port}?timeout=20&{parameters}");
    h.relay(Transport::parse(&url).expect("a mail URL"))
}

/// The first words of what the peer was told.
fn verbs(peer: &SmtpPeer) -> Vec<String> {
    let verb = |line: &String| line.split([' ', ':']).next().unwrap_or_default().to_owned();
    peer.commands().iter().map(verb).collect()
}

async fn smtps_delivers_with_a_login(h: &Harness) {
    let authority = Authority::vouching_for("localhost");
    let peer = peer(Encryption::FromTheStart(authority.tls.clone())).await;
    let invitation = unsent(h, EMAIL).await;
    run_dry(&relay(h, &peer, "smtps", &authority.parameter())).await;

    assert_eq!(only(&peer).to, [EMAIL]);
    assert_eq!(verbs(&peer)[..4], ["EHLO", "AUTH", "MAIL", "RCPT"]);
    assert_eq!(delivery(h, &invitation).await, DeliveryState::Sent);
}

async fn starttls_delivers_and_the_password_comes_after_it(h: &Harness) {
    let authority = Authority::vouching_for("localhost");
    let peer = peer(Encryption::OnDemand(authority.tls.clone())).await;
    let invitation = unsent(h, EMAIL).await;
    let parameters = format!("tls=required&{}", authority.parameter());
    run_dry(&relay(h, &peer, "smtp", &parameters)).await;

    assert_eq!(only(&peer).to, [EMAIL]);
    // The peer reads nothing in clear once it was told STARTTLS.
    let expected = ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT"];
    assert_eq!(verbs(&peer)[..6], expected);
    assert_eq!(delivery(h, &invitation).await, DeliveryState::Sent);
}

async fn where_tls_is_required_and_not_offered_nothing_is_sent(h: &Harness) {
    let peer = peer(Encryption::Never).await;
    let invitation = unsent(h, EMAIL).await;
    run_dry(&relay(h, &peer, "smtp", "tls=required")).await;

    let verbs = verbs(&peer);
    assert_eq!(verbs.first().map(String::as_str), Some("EHLO"));
    assert!(
        verbs[1..].iter().all(|verb| verb == "QUIT"),
        "told {verbs:?}"
    );
    assert_eq!(delivery(h, &invitation).await, DeliveryState::Queued);
}

async fn a_certificate_that_nobody_vouches_for_is_refused(h: &Harness) {
    let stranger = Authority::vouching_for("localhost");
    let trusted = Authority::vouching_for("localhost");
    let invitation = unsent(h, EMAIL).await;
    for parameters in [String::new(), trusted.parameter()] {
        refused(h, &stranger, &parameters).await;
    }
    assert_eq!(delivery(h, &invitation).await, DeliveryState::Queued);
}

async fn a_certificate_for_another_host_is_refused(h: &Harness) {
    let authority = Authority::vouching_for("mail.example");
    let invitation = unsent(h, EMAIL).await;
    refused(h, &authority, &authority.parameter()).await;
    assert_eq!(delivery(h, &invitation).await, DeliveryState::Queued);
}

/// Tries the waiting letter both ways on a server with this authority's certificate; it hears nothing worth hiding.
async fn refused(h: &Harness, server: &Authority, parameters: &str) {
    h.advance(TimeDelta::hours(1));
    let from_the_start = peer(Encryption::FromTheStart(server.tls.clone())).await;
    run_dry(&relay(h, &from_the_start, "smtps", parameters)).await;
    assert_eq!(from_the_start.connections(), 1, "it was tried");
    assert!(from_the_start.commands().is_empty());

    h.advance(TimeDelta::hours(1));
    let on_demand = peer(Encryption::OnDemand(server.tls.clone())).await;
    let parameters = format!("tls=required&{parameters}");
    run_dry(&relay(h, &on_demand, "smtp", &parameters)).await;
    assert_eq!(verbs(&on_demand), ["EHLO", "STARTTLS"]);
}
