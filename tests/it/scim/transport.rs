//! How directories' connections and calls are limited, secured and drained: as those of gRPC.

use std::{sync::Arc, time::Duration};

use muster::{
    config::{ClientCertificates, Settings, TlsFiles},
    server::{self, Door, Doors, Tls, Web},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use crate::{
    authorities::Authority,
    binary::Folder,
    harness::{Harness, tests},
    holding::Holder,
    scim::users::{ada, called},
    tls,
    waiting::{LOOK_EVERY, PATIENCE, until},
    web::{Answer, Scim},
};

tests![
    directories_speak_tls_in_both_versions_and_show_no_certificate,
    a_call_under_way_when_the_server_drains_is_answered with one_a_key,
    a_call_beyond_a_directorys_share_is_told_to_wait with one_a_key,
    a_request_that_never_ends_holds_nobody_up_for_long with impatient,
    what_is_sent_in_part_and_given_up_leaves_room with one_a_key,
    a_head_beyond_the_limit_is_refused,
];

fn one_a_key(settings: &mut Settings) {
    settings.calls.concurrent_calls_per_key = 1;
}

fn impatient(settings: &mut Settings) {
    settings.calls.longest_call = Duration::from_millis(200);
}

/// A request of this directory, as it stands on the wire.
fn request(token: &str, method: &str, rest: &str) -> String {
    format!(
        "{method} /scim/v2/Users HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\n{rest}\r\n"
    )
}

async fn all(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut told = Vec::new();
    // Whoever ends a connection of TLS without a word ends it too.
    let ended = timeout(PATIENCE, stream.read_to_end(&mut told)).await;
    drop(ended.expect("an end"));
    String::from_utf8(told).expect("text")
}

async fn directories_speak_tls_in_both_versions_and_show_no_certificate(h: &Harness) {
    let team = h.led_team("acme").await;
    let (_, token) = h.directory(&team.id).await;
    let (folder, authority) = (Folder::new(), Authority::new());
    authority.furnish(&folder);
    let files = TlsFiles {
        client_ca: Some((folder.file("ca.pem"), ClientCertificates::Required)),
        ..tls::files(&folder)
    };
    let secured = Tls::load_for_web(&files).expect("good files");
    let another = Another::start(h, Some(secured)).await;

    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(authority.pem().as_bytes()).expect("a certificate");
    roots.add(root).expect("an authority");
    for (offered, spoken) in [
        (&[&b"h2"[..], b"http/1.1"][..], &b"h2"[..]),
        (&[b"http/1.1"], b"http/1.1"),
    ] {
        let mut config = ClientConfig::builder()
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = offered.iter().map(|name| name.to_vec()).collect();
        let name = ServerName::try_from("localhost").expect("a name");
        let stream = TcpStream::connect(&another.web).await.expect("a socket");
        let connector = TlsConnector::from(Arc::new(config));
        let mut stream = connector.connect(name, stream).await.expect("TLS");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(spoken));
        if spoken == b"http/1.1" {
            let request = request(&token, "GET", "connection: close\r\n");
            stream.write_all(request.as_bytes()).await.expect("sent");
            assert!(all(&mut stream).await.starts_with("HTTP/1.1 200 "));
        }
    }
    let mut in_clear = TcpStream::connect(&another.web).await.expect("a socket");
    let request = request(&token, "GET", "connection: close\r\n");
    in_clear.write_all(request.as_bytes()).await.expect("sent");
    assert!(!all(&mut in_clear).await.contains("200"));
    another.ends_soon().await;
}

async fn a_call_under_way_when_the_server_drains_is_answered(h: &Harness) {
    let team = h.led_team("acme").await;
    let (_, token) = h.directory(&team.id).await;
    let another = Another::start(h, None).await;
    let body = ada().to_string();
    let mut stream = begun(&another.web, &token, &body).await;

    let web = another.web.clone();
    let end = tokio::spawn(another.ends_soon());
    until("connections are refused", async || {
        TcpStream::connect(&web).await.err()
    })
    .await;
    stream.write_all(&body.as_bytes()[1..]).await.expect("sent");
    let told = all(&mut stream).await;
    assert!(told.starts_with("HTTP/1.1 201 "), "{told}");
    end.await.expect("a good end");
    assert_eq!(h.scim_with(&token).await.count("id pr").await, 1);
}

async fn a_call_beyond_a_directorys_share_is_told_to_wait(h: &Harness) {
    let team = h.led_team("acme").await;
    let (_, token) = h.directory(&team.id).await;
    let scim = h.scim_with(&token).await;
    scim.get("/Users").await.ok(200);
    let holder = Holder::of(h, &team.id).await;
    let held = h.scim_with(&token).await;
    let held = tokio::spawn(async move {
        loop {
            // Whoever looks whether the place is taken needs one.
            match held.post(ada()).await.status {
                429 => {}
                other => return other,
            }
        }
    });
    until_looked_often(&scim).await;
    let refused = until_the_place_is_taken(&scim).await;
    assert_eq!(refused.headers["retry-after"], "1");
    holder.release().await;
    assert_eq!(held.await.expect("the call"), 201);
    until_it_answers(&scim).await;
}

async fn until_the_place_is_taken(scim: &Scim) -> Answer {
    until("the place is taken", async || {
        let answer = scim.get("/ServiceProviderConfig").await;
        (answer.status == 429).then_some(answer)
    })
    .await
}

/// Waits until a place is not only taken by whoever looked a moment ago.
async fn until_looked_often(scim: &Scim) {
    let mut looks = 0;
    until("the place is taken and stays so", async || {
        let is_taken = scim.get("/ServiceProviderConfig").await.status == 429;
        looks = if is_taken { looks + 1 } else { 0 };
        (looks > 20).then_some(())
    })
    .await;
}

/// A request whose first byte has come, and which has its directory's only place.
async fn begun(web: &str, token: &str, body: &str) -> TcpStream {
    let rest = format!("content-length: {}\r\n", body.len());
    let begun = request(token, "POST", &rest) + &body[..1];
    let stream = until("the place is free", async || {
        let mut stream = TcpStream::connect(web).await.expect("a socket");
        stream.write_all(begun.as_bytes()).await.expect("sent");
        let mut first = [0];
        // Whoever has no place is told so at once.
        let refused = timeout(LOOK_EVERY * 10, stream.peek(&mut first)).await;
        refused.is_err().then_some(stream)
    });
    let stream = stream.await;
    until_looked_often(&Scim::at(web, token)).await;
    stream
}

/// A call gives its place back when its work has ended, which may be a moment after its answer.
async fn until_it_answers(scim: &Scim) {
    until("the place is free", async || {
        let answer = scim.post(called("bob")).await;
        (answer.status == 201 || answer.status == 409).then_some(())
    })
    .await;
}

async fn a_request_that_never_ends_holds_nobody_up_for_long(h: &Harness) {
    let team = h.led_team("acme").await;
    let (_, token) = h.directory(&team.id).await;
    let web = h.web().await;
    let mut stream = TcpStream::connect(web).await.expect("a socket");
    let begun = request(&token, "POST", "content-length: 100\r\n") + "{";
    stream.write_all(begun.as_bytes()).await.expect("sent");
    let told = all(&mut stream).await;
    assert!(told.starts_with("HTTP/1.1 503 "), "{told}");
    assert!(told.contains("retry-after"), "{told}");
}

async fn what_is_sent_in_part_and_given_up_leaves_room(h: &Harness) {
    let team = h.led_team("acme").await;
    let (_, token) = h.directory(&team.id).await;
    let scim = h.scim_with(&token).await;
    let stream = begun(&h.web().await.to_string(), &token, &ada().to_string()).await;
    drop(stream);
    until_it_answers(&scim).await;
}

async fn a_head_beyond_the_limit_is_refused(h: &Harness) {
    let web = h.web().await;
    let mut stream = TcpStream::connect(web).await.expect("a socket");
    let limit = h.ctx.settings.connections.max_metadata;
    let long = "a".repeat(usize::try_from(limit).expect("a size") + 1);
    let head = request("mdt_x", "GET", &format!("x: {long}\r\n"));
    // It may be told before all of it was taken.
    drop(stream.write_all(head.as_bytes()).await);
    let told = all(&mut stream).await;
    assert!(
        told.is_empty() || told.starts_with("HTTP/1.1 431 "),
        "{told}"
    );
}

/// Another server on the same store, with both doors, which the test ends.
struct Another {
    web: String,
    stop: oneshot::Sender<()>,
    serving: tokio::task::JoinHandle<muster::error::Result<()>>,
}

impl Another {
    async fn start(h: &Harness, tls: Option<Tls>) -> Self {
        let bind = async || TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (grpc, web) = (bind().await, bind().await);
        let address = web.local_addr().expect("an address").to_string();
        let doors = Doors {
            grpc: Door::new(grpc, None),
            web: Some(Web {
                door: Door::of_web(web, tls),
                url: String::new(),
            }),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = server::serve(h.ctx.clone(), doors, async { drop(stopped.await) });
        Self {
            web: address,
            stop,
            serving: tokio::spawn(serving),
        }
    }

    /// Ends it; it ends well, and long before the drain timeout.
    async fn ends_soon(self) {
        drop(self.stop);
        let ended = timeout(Duration::from_secs(15), self.serving).await;
        ended
            .expect("in time")
            .expect("a server")
            .expect("a good end");
    }
}
