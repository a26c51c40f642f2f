//! The files of TLS, as the program takes them: what keeps it from starting, and what happens when they change.

use std::{net::TcpStream, process::Command};

use libtest_mimic::Trial;

use crate::{
    authorities::Authority,
    backends::block_on,
    binary::{self, Folder, Server, code, complaint, said},
    tls::{answers, channel},
    waiting::until,
};

/// These start the program and run once.
pub(crate) fn trials() -> Vec<Trial> {
    binary::trials(
        module_path!(),
        [
            (
                "bad_files_keep_the_server_from_starting",
                bad_files_keep_the_server_from_starting,
            ),
            (
                "new_files_serve_new_connections_and_bad_ones_change_nothing",
                new_files_serve_new_connections_and_bad_ones_change_nothing,
            ),
            (
                "with_tls_the_server_listens_beyond_this_machine_and_commands_reach_it",
                with_tls_the_server_listens_beyond_this_machine_and_commands_reach_it,
            ),
            (
                "out_of_descriptors_the_server_waits_and_goes_on",
                out_of_descriptors_the_server_waits_and_goes_on,
            ),
            (
                "the_server_opens_as_many_files_as_it_ever_may",
                the_server_opens_as_many_files_as_it_ever_may,
            ),
        ],
    )
}

const TLS: [&str; 4] = ["--tls-certificate", "chain.pem", "--tls-key", "key.pem"];

fn bad_files_keep_the_server_from_starting() {
    let folder = Folder::new();
    Authority::new().furnish(&folder);
    let (_, another) = Authority::new().issue(&["localhost"]);
    folder.write("another.pem", &another);
    folder.write("garbage.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    let cases: [(&[&str], &str); 7] = [
        (&["--tls-certificate", "chain.pem"], "--tls-key"),
        (&["--tls-key", "key.pem"], "--tls-certificate"),
        (&["--tls-client-ca", "ca.pem"], "--tls-certificate"),
        (
            &["--tls-certificate", "chain.pem", "--tls-key", "missing.pem"],
            "missing.pem",
        ),
        (
            &["--tls-certificate", "garbage.pem", "--tls-key", "key.pem"],
            "garbage.pem",
        ),
        (
            &["--tls-certificate", "chain.pem", "--tls-key", "another.pem"],
            "another.pem",
        ),
        (
            &["--tls-certificate", "chain.pem", "--tls-key", "chain.pem"],
            "chain.pem",
        ),
    ];
    for (flags, named) in cases {
        let output = folder.run(&[&["--listen", "127.0.0.1:0"], flags].concat());
        assert_eq!(code(output.status), 2, "{flags:?}");
        assert!(complaint(&output).contains(named), "{flags:?}");
        assert!(!folder.file("muster.db").exists(), "it came too far");
    }
}

fn new_files_serve_new_connections_and_bad_ones_change_nothing() {
    let (folder, first) = (Folder::new(), Authority::new());
    first.furnish(&folder);
    let listen = ["--listen", "127.0.0.1:0", "--tls-reload", "5ms"];
    let server = Server::start(folder.muster(&[&listen[..], &TLS].concat()));
    block_on(async {
        let old = channel(&server.address, &first, None);
        until("the first files serve", async || {
            answers(&old).await.then_some(())
        })
        .await;

        // The key of another: as while a file is written and the other one not yet.
        let second = Authority::new();
        let (chain, key) = second.issue(&["127.0.0.1"]);
        folder.write("key.pem", &key);
        until("the bad pair is noticed", async || {
            server.log().contains("are bad").then_some(())
        })
        .await;
        assert!(answers(&channel(&server.address, &first, None)).await);

        folder.write("chain.pem", &chain);
        until("the second files serve", async || {
            let new = channel(&server.address, &second, None);
            answers(&new).await.then_some(())
        })
        .await;
        assert!(!answers(&channel(&server.address, &first, None)).await);
        // It trusts the first authority alone, so it is the connection that it was.
        assert!(answers(&old).await);
    });
}

fn with_tls_the_server_listens_beyond_this_machine_and_commands_reach_it() {
    let (folder, authority) = (Folder::new(), Authority::new());
    authority.furnish(&folder);
    let (chain, key) = authority.issue(&["probe.example"]);
    folder.write("probe.pem", &chain);
    folder.write("probe.key", &key);
    let asks = ["--listen", "0.0.0.0:0", "--tls-client-ca", "ca.pem"];
    let server = Server::start(folder.muster(&[&asks[..], &TLS].concat()));
    let (_, port) = server.address.rsplit_once(':').expect("a port");
    let address = format!("https://127.0.0.1:{port}");
    let ask = |more: &[&str]| folder.run(&[&["health", "--address", &address], more].concat());
    let shown = [
        "--ca",
        "ca.pem",
        "--client-certificate",
        "probe.pem",
        "--client-key",
        "probe.key",
    ];
    block_on(until("it serves", async || {
        (code(ask(&shown).status) == 0).then_some(())
    }));
    assert_eq!(said(&ask(&shown)).trim(), "SERVING");
    let named = |name| ask(&[&shown[..], &["--server-name", name]].concat());
    assert_eq!(code(named("localhost").status), 0);
    assert_eq!(code(named("another.example").status), 2);
    assert_eq!(code(ask(&shown[2..]).status), 2, "Mozilla vouched for it");
    assert_eq!(code(ask(&shown[..2]).status), 2, "no certificate was shown");

    folder.write("people.csv", "First Name,Last Name,Email\n");
    let team = "01920000-0000-7000-8000-000000000000";
    let arguments = [
        "import",
        "people.csv",
        "--address",
        &address,
        "--team",
        team,
    ];
    let output = folder.run(&[&arguments[..], &shown].concat());
    assert!(
        complaint(&output).contains("TEAM_NOT_FOUND"),
        "it got there"
    );
}

/// A server whose process begins with this limit of open files, as the shell sets it.
fn limited(folder: &Folder, ulimit: &str, timeout: &str) -> Server {
    let program = env!("CARGO_BIN_EXE_muster");
    let script = format!("ulimit {ulimit} && exec \"$0\" \"$@\"");
    let plain = folder.muster(&[]);
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", &script, program, "--listen", "127.0.0.1:0"])
        .args(["--pool-size", "1", "--handshake-timeout", timeout])
        .current_dir(plain.get_current_dir().expect("a folder"))
        .env_clear();
    Server::start(shell)
}

/// Connections that say nothing.
fn silent(server: &Server) -> Vec<TcpStream> {
    let connect = |_| TcpStream::connect(&server.address).expect("queued");
    (0..100).map(connect).collect()
}

fn out_of_descriptors_the_server_waits_and_goes_on() {
    let folder = Folder::new();
    // The shell's limit is the hard one too: the server cannot raise it.
    let server = limited(&folder, "-n 48", "500ms");
    block_on(server.becomes_healthy());
    let silent = silent(&server);
    block_on(until("it is out of descriptors", async || {
        server.log().contains("accepting rests").then_some(())
    }));
    // Those that say nothing are still there, and go one after another.
    block_on(server.becomes_healthy());
    drop(silent);
    let ended = server.stop();
    assert_eq!(code(ended.status), 0, "{}", complaint(&ended));
}

fn the_server_opens_as_many_files_as_it_ever_may() {
    let folder = Folder::new();
    let server = limited(&folder, "-S -n 48", "1h");
    let silent = silent(&server);
    // It is taken after all of those.
    block_on(server.becomes_healthy());
    assert!(!server.log().contains("accepting rests"));
    drop(silent);
}
