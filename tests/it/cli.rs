//! The commands but `import`, as a shell sees them: exit codes, what they print, which files they leave.

use std::fs;

use clap::CommandFactory;
use libtest_mimic::Trial;
use muster::cli::Cli;

use crate::{
    backends::block_on,
    binary::{self, Folder, code, complaint, said},
    cli_import::{Stage, THREE},
    waiting::until,
};

/// These start the program and run once.
pub(crate) fn trials() -> Vec<Trial> {
    binary::trials(
        module_path!(),
        [
            (
                "keys_are_made_listed_and_revoked",
                keys_are_made_listed_and_revoked,
            ),
            ("keys_are_made_with_limits", keys_are_made_with_limits),
            (
                "migrate_tells_by_its_exit_code_whether_something_is_missing",
                migrate_tells_by_its_exit_code_whether_something_is_missing,
            ),
            (
                "health_tells_by_its_exit_code_whether_it_serves",
                health_tells_by_its_exit_code_whether_it_serves,
            ),
            ("the_version_names_the_commit", the_version_names_the_commit),
            (
                "every_help_names_every_variable",
                every_help_names_every_variable,
            ),
            ("mail_test_writes_a_letter", mail_test_writes_a_letter),
            ("the_demo_ends_well", the_demo_ends_well),
        ],
    )
}

fn keys_are_made_listed_and_revoked() {
    let stage = Stage::new();
    stage.folder.write("people.csv", THREE);
    let folder = &stage.folder;
    let made = folder.run(&["keys", "create", "--name", "billing"]);
    assert_eq!(code(made.status), 0, "{}", complaint(&made));
    let key = said(&made).trim().to_owned();
    let [_, id, secret] = key.splitn(3, '_').collect::<Vec<_>>()[..] else {
        panic!("mst_<id>_<secret>");
    };
    let import = || {
        let arguments = ["import", "people.csv", "--team", &stage.team];
        let mut command = stage.server.call(folder, &arguments);
        let output = command.env("MUSTER_KEY", &key).output();
        output.expect("the program")
    };
    assert_eq!(code(import().status), 0);

    let listed = said(&folder.run(&["keys", "list"]));
    assert_eq!(listed.lines().count(), 2);
    assert!(listed.contains(id) && listed.contains("billing"));
    assert!(!listed.contains(secret));

    assert_eq!(code(folder.run(&["keys", "revoke", id]).status), 0);
    // The server looks the key up anew within seconds.
    let refused = block_on(until("the key is refused", async || {
        Some(import()).filter(|output| code(output.status) != 0)
    }));
    assert_eq!(code(refused.status), 2);
    assert!(complaint(&refused).contains("CREDENTIAL_INVALID"));
    assert_eq!(code(folder.run(&["keys", "revoke", "nobody"]).status), 2);

    let file = ["keys", "create", "--name", "x", "--out", "x.key"];
    assert_eq!(code(folder.run(&file).status), 0);
    assert_eq!(folder.mode("x.key"), 0o600);
    let kept = folder.read("x.key");
    assert_eq!(code(folder.run(&file).status), 2, "it was overwritten");
    assert_eq!(folder.read("x.key"), kept);
    assert_eq!(said(&folder.run(&["keys", "list"])).lines().count(), 3);
}

fn keys_are_made_with_limits() {
    let stage = Stage::new();
    let folder = &stage.folder;
    let create = |arguments: &[&str]| {
        let all = [&["keys", "create", "--name", "billing"], arguments].concat();
        folder.run(&all)
    };
    let limits = [
        "--scope",
        "teams:read,events:read",
        "--scope",
        "act_as",
        "--team",
        &stage.team,
        "--expires",
        "90d",
        "--certificate-name",
        "billing.example",
    ];
    let made = create(&limits);
    assert_eq!(code(made.status), 0, "{}", complaint(&made));
    let listed = said(&folder.run(&["keys", "list"]));
    let line = listed.lines().find(|line| line.contains("billing"));
    let line = line.expect("the key");
    for part in [
        "teams:read,events:read,act_as",
        &stage.team,
        "live until",
        "never used",
        "billing.example",
    ] {
        assert!(line.contains(part), "{line}");
    }

    let out = ["--out", "billing.key"];
    for refused in [
        &limits[..],
        &["--scope", "everything"],
        &["--scope", "operator,act_as"],
        &["--team", &stage.team],
        &[
            "--scope",
            "act_as",
            "--team",
            "00000000-0000-7000-8000-000000000000",
        ],
        &["--expires", "0d"],
        &["--certificate-name", "a b"],
    ] {
        let refused = create(&[refused, &out].concat());
        assert_eq!(code(refused.status), 2, "{}", complaint(&refused));
        assert!(!folder.file("billing.key").exists(), "a file of no key");
    }
    assert_eq!(code(create(&[]).status), 0);
    let third = create(&[]);
    assert_eq!(code(third.status), 2);
    assert!(complaint(&third).contains("KEYS_USED_UP"));
}

fn migrate_tells_by_its_exit_code_whether_something_is_missing() {
    let folder = Folder::new();
    let run = |what| code(folder.run(&["migrate", what]).status);
    assert_eq!(run("status"), 1);
    // A server that may not migrate does not start on it.
    let serve = ["--listen", "127.0.0.1:0", "--migrate", "check"];
    assert_eq!(code(folder.run(&serve).status), 2);
    assert_eq!(run("up"), 0);
    assert_eq!(run("status"), 0);
    assert_eq!(run("up"), 0);
    let nowhere = [
        "migrate",
        "up",
        "--database-url",
        "sqlite://no/such/folder/m.db",
    ];
    assert_eq!(code(folder.run(&nowhere).status), 2);
}

fn health_tells_by_its_exit_code_whether_it_serves() {
    let folder = Folder::new();
    let server = folder.serve();
    block_on(server.becomes_healthy());
    let health = |flags: &[&str]| {
        let arguments = [&["health"], flags].concat();
        let output = server.call(&folder, &arguments).output();
        code(output.expect("the program").status)
    };
    assert_eq!(health(&[]), 0);
    assert_eq!(health(&["--service", "muster.v1.UserService"]), 0);
    assert_eq!(health(&["--service", "muster.v1.Nobody"]), 1);
    assert_eq!(health(&["--address", "http://127.0.0.1:1"]), 2);
}

fn the_version_names_the_commit() {
    let version = said(&Folder::new().run(&["--version"]));
    let (_, commit) = version.split_once('(').expect("a commit");
    let commit = commit.trim_end().trim_end_matches(')');
    assert!(commit.len() >= 7, "{version}");
    assert!(version.contains(env!("CARGO_PKG_VERSION")));
}

fn every_help_names_every_variable() {
    let folder = Folder::new();
    let mut seen = 0;
    let mut open = vec![(Vec::new(), Cli::command())];
    while let Some((path, command)) = open.pop() {
        let help = [&path[..], &["--help".to_owned()]].concat();
        let help: Vec<_> = help.iter().map(String::as_str).collect();
        let output = folder.run(&help);
        assert_eq!(code(output.status), 0, "{help:?}");
        let text = said(&output);
        for variable in command.get_arguments().filter_map(clap::Arg::get_env) {
            let variable = variable.to_str().expect("ASCII");
            assert!(text.contains(variable), "{help:?} lacks {variable}");
            seen += 1;
        }
        for inner in command.get_subcommands() {
            open.push((
                [&path[..], &[inner.get_name().to_owned()]].concat(),
                inner.clone(),
            ));
        }
    }
    assert!(seen > 60, "{seen}");
}

fn mail_test_writes_a_letter() {
    let folder = Folder::new();
    let sent = folder.run(&["mail", "test", "--to", "me@a.example"]);
    assert_eq!(code(sent.status), 0, "{}", complaint(&sent));
    let letters: Vec<_> = fs::read_dir(folder.file("outbox"))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].extension().is_some_and(|end| end == "eml"));
    let raw = fs::read_to_string(&letters[0]).expect("a letter");
    assert!(raw.contains("me@a.example"));

    let nobody = [
        "mail",
        "test",
        "--to",
        "me@a.example",
        "--mail",
        "smtp://127.0.0.1:1",
    ];
    assert_eq!(code(folder.run(&nobody).status), 2);
    assert_eq!(
        code(folder.run(&["mail", "test", "--to", "nobody"]).status),
        2
    );
}

fn the_demo_ends_well() {
    let folder = Folder::new();
    let output = folder.run(&["demo", "--exit", "--folder", "demo"]);
    assert_eq!(code(output.status), 0, "{}", complaint(&output));
    let letters = fs::read_dir(folder.file("demo/outbox")).expect("letters");
    assert_eq!(
        letters.count(),
        5_001,
        "one a person, and the primary admin's"
    );
}
