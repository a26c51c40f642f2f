//! The first moments of a deployment: its secret, its first key, and what a start refuses.

use std::{process::Command, sync::Arc, thread};

use libtest_mimic::Trial;
use muster::proto::{ListTeamsRequest, team_service_client::TeamServiceClient};
use tonic::Code;

use crate::{
    backends::{Backend, block_on},
    binary::{self, Folder, Server, code, complaint, said},
    refusals::Outcome,
};

/// These work on embedded databases and run once.
pub(crate) fn trials() -> Vec<Trial> {
    binary::trials(
        module_path!(),
        [
            (
                "an_empty_folder_gets_a_secret_and_a_key_for_their_owner_alone",
                an_empty_folder_gets_a_secret_and_a_key_for_their_owner_alone,
            ),
            (
                "an_existing_key_file_refuses_the_start_and_no_key_is_made",
                an_existing_key_file_refuses_the_start_and_no_key_is_made,
            ),
            (
                "a_key_from_the_environment_or_a_file_is_taken",
                a_key_from_the_environment_or_a_file_is_taken,
            ),
            (
                "a_malformed_operator_key_refuses_the_start",
                a_malformed_operator_key_refuses_the_start,
            ),
            (
                "a_second_start_keeps_secret_and_key",
                a_second_start_keeps_secret_and_key,
            ),
            (
                "a_lost_secret_refuses_the_start",
                a_lost_secret_refuses_the_start,
            ),
            (
                "two_first_starts_at_once_in_one_folder_make_one_secret_and_one_key",
                two_first_starts_at_once_in_one_folder_make_one_secret_and_one_key,
            ),
            (
                "beyond_loopback_it_serves_only_if_told_that_there_is_no_tls",
                beyond_loopback_it_serves_only_if_told_that_there_is_no_tls,
            ),
            (
                "secrets_on_the_command_line_are_refused_and_not_repeated",
                secrets_on_the_command_line_are_refused_and_not_repeated,
            ),
            ("sigterm_ends_it_well", sigterm_ends_it_well),
        ],
    )
}

/// These start on a migrated, empty database of the backend.
pub(crate) fn on_backend(backend: &Arc<Backend>) -> Vec<Trial> {
    let name = format!(
        "{}::first_start::two_first_starts_at_once_on_one_database_make_one_key",
        backend.name()
    );
    let backend = Arc::clone(backend);
    vec![Trial::test(name, move || {
        let database = backend.database();
        two_first_starts_at_once_on_one_database_make_one_key(&database.url);
        Ok(())
    })]
}

/// A key that opens the server.
#[track_caller]
fn opens(server: &Server, key: &str) {
    list_teams(server, key).answered();
}

#[track_caller]
fn does_not_open(server: &Server, key: &str) {
    list_teams(server, key).refused(Code::Unauthenticated, "CREDENTIAL_INVALID");
}

fn list_teams(
    server: &Server,
    key: &str,
) -> Result<tonic::Response<muster::proto::ListTeamsResponse>, tonic::Status> {
    block_on(async {
        let mut teams = TeamServiceClient::new(server.keyed(key));
        teams.list_teams(ListTeamsRequest::default()).await
    })
}

/// How many keys the database in a folder has.
fn keys(folder: &Folder) -> usize {
    let listed = folder.run(&["keys", "list"]);
    assert_eq!(code(listed.status), 0, "{}", complaint(&listed));
    said(&listed).lines().count()
}

fn refused(folder: &Folder, arguments: &[&str]) -> String {
    let output = folder.run(arguments);
    assert_eq!(code(output.status), 2, "{}", complaint(&output));
    complaint(&output)
}

const SERVE: [&str; 2] = ["--listen", "127.0.0.1:0"];
const OTHERS_KEY: &str = "mst_0123456789ab_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn an_empty_folder_gets_a_secret_and_a_key_for_their_owner_alone() {
    let folder = Folder::new();
    let server = folder.serve();
    for file in ["muster.secret", "muster.key"] {
        assert_eq!(folder.mode(file), 0o600, "{file}");
    }
    opens(&server, &folder.read("muster.key"));
    does_not_open(&server, OTHERS_KEY);
}

fn an_existing_key_file_refuses_the_start_and_no_key_is_made() {
    let folder = Folder::new();
    folder.write("muster.key", "mine");
    refused(&folder, &SERVE);
    assert_eq!(folder.read("muster.key"), "mine");
    assert_eq!(keys(&folder), 0);

    // What it made until then is good for the next start.
    std::fs::remove_file(folder.file("muster.key")).expect("removed");
    let server = folder.serve();
    opens(&server, &folder.read("muster.key"));
}

fn a_key_from_the_environment_or_a_file_is_taken() {
    for variable in ["MUSTER_OPERATOR_KEY", "MUSTER_OPERATOR_KEY_FILE"] {
        let folder = Folder::new();
        folder.write("given.key", OTHERS_KEY);
        let value = if variable.ends_with("_FILE") {
            "given.key"
        } else {
            OTHERS_KEY
        };
        let mut command = folder.muster(&SERVE);
        command.env(variable, value);
        let server = Server::start(command);
        opens(&server, OTHERS_KEY);
        assert!(!folder.file("muster.key").exists());
        assert_eq!(folder.read("given.key"), OTHERS_KEY);
    }
}

fn a_malformed_operator_key_refuses_the_start() {
    let folder = Folder::new();
    let mut command = folder.muster(&SERVE);
    command.env("MUSTER_OPERATOR_KEY", "letmein-please");
    let output = command.output().expect("the program");
    assert_eq!(code(output.status), 2);
    assert!(!complaint(&output).contains("letmein-please"));
    assert_eq!(keys(&folder), 0);
}

fn a_second_start_keeps_secret_and_key() {
    let folder = Folder::new();
    let first = folder.serve();
    let (secret, key) = (folder.read("muster.secret"), folder.read("muster.key"));
    assert_eq!(code(first.stop().status), 0);

    let second = folder.serve();
    opens(&second, &key);
    assert_eq!(folder.read("muster.secret"), secret);
    assert_eq!(folder.read("muster.key"), key);
    assert_eq!(keys(&folder), 1);
}

fn a_lost_secret_refuses_the_start() {
    let folder = Folder::new();
    assert_eq!(code(folder.serve().stop().status), 0);
    let kept = folder.read("muster.secret");
    std::fs::remove_file(folder.file("muster.secret")).expect("removed");
    refused(&folder, &SERVE);
    assert!(!folder.file("muster.secret").exists(), "a new one was made");

    folder.write("muster.secret", &kept);
    opens(&folder.serve(), &folder.read("muster.key"));
}

fn two_first_starts_at_once_in_one_folder_make_one_secret_and_one_key() {
    let folder = Folder::new();
    let servers = twice(|| folder.muster(&SERVE));
    for server in &servers {
        opens(server, &folder.read("muster.key"));
    }
    assert_eq!(keys(&folder), 1);
}

fn two_first_starts_at_once_on_one_database_make_one_key(url: &str) {
    let folder = Folder::new();
    folder.write("secret", "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let arguments = [&SERVE[..], &["--operator-key-file", "muster.key"]].concat();
    let servers = twice(|| {
        let mut command = folder.muster(&arguments);
        command
            .env("MUSTER_DATABASE_URL", url)
            .env("MUSTER_SECRET_KEY_FILE", "secret");
        command
    });
    for server in &servers {
        opens(server, &folder.read("muster.key"));
    }
    let mut list = folder.muster(&["keys", "list"]);
    list.env("MUSTER_DATABASE_URL", url);
    let listed = list.output().expect("the program");
    assert_eq!(said(&listed).lines().count(), 1);
}

fn twice(command: impl Fn() -> Command) -> Vec<Server> {
    let starting = [command(), command()].map(|command| thread::spawn(|| Server::start(command)));
    let servers = starting.map(|one| one.join().expect("a server"));
    servers.into()
}

fn beyond_loopback_it_serves_only_if_told_that_there_is_no_tls() {
    let folder = Folder::new();
    let beyond = ["serve", "--listen", "0.0.0.0:0"];
    refused(&folder, &beyond);
    assert!(
        !folder.file("muster.db").exists(),
        "it touched the database"
    );

    let told = [&beyond[..], &["--insecure-no-tls"]].concat();
    let server = Server::start(folder.muster(&told));
    assert_eq!(code(server.stop().status), 0);
}

fn secrets_on_the_command_line_are_refused_and_not_repeated() {
    let folder = Folder::new();
    for arguments in [
        &["--secret-key", "k1:hunter2"][..],
        &["--operator-key", "hunter2"],
        &[
            "serve",
            "--database-url",
            "postgres://u:hunter2@localhost/m",
        ],
        &["--mail", "smtps://u:hunter2@localhost"],
        &["import", "x.csv", "--team", "t", "--key", "hunter2"],
        &[
            "keys",
            "list",
            "--database-url",
            "postgres://localhost/m?password=hunter2",
        ],
        &[
            "mail",
            "test",
            "--to",
            "a@a.example",
            "--mail",
            "smtp://u:hunter2@localhost",
        ],
    ] {
        let complaint = refused(&folder, arguments);
        assert!(!complaint.contains("hunter2"), "{arguments:?}");
    }
    assert!(!folder.file("muster.db").exists());
}

fn sigterm_ends_it_well() {
    let folder = Folder::new();
    let server = folder.serve();
    opens(&server, &folder.read("muster.key"));
    let output = server.stop();
    assert_eq!(code(output.status), 0, "{}", complaint(&output));
}
