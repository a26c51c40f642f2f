//! `muster config`: what it finds wrong, and what it shows of settings and never of secrets.

use std::process::{Command, Output};

use libtest_mimic::Trial;

use crate::{
    authorities::Authority,
    binary::{self, Folder, code, complaint, said},
};

/// These start the program and run once.
pub(crate) fn trials() -> Vec<Trial> {
    binary::trials(
        module_path!(),
        [
            (
                "check_finds_what_would_keep_a_server_from_starting",
                check_finds_what_would_keep_a_server_from_starting,
            ),
            (
                "check_takes_what_a_server_would_start_with",
                check_takes_what_a_server_would_start_with,
            ),
            (
                "print_tells_each_value_and_where_it_comes_from",
                print_tells_each_value_and_where_it_comes_from,
            ),
            (
                "neither_shows_a_secret_in_any_form",
                neither_shows_a_secret_in_any_form,
            ),
        ],
    )
}

fn run(folder: &Folder, what: &str, flags: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command: Command = folder.muster(&[&["config", what], flags].concat());
    command.envs(variables.iter().copied());
    command.output().expect("the program")
}

fn check_finds_what_would_keep_a_server_from_starting() {
    let folder = Folder::new();
    Authority::new().furnish(&folder);
    let (_, another) = Authority::new().issue(&["localhost"]);
    folder.write("another.pem", &another);
    let pair = ["--tls-certificate", "chain.pem", "--tls-key", "another.pem"];
    let flags: [&[&str]; 11] = [
        &["--listen", "0.0.0.0:50051"],
        &["--relay-poll", "1h", "--relay-lease", "1m"],
        &["--statement-timeout", "61s"],
        &["--longest-call", "59s"],
        &["--longest-import", "59s"],
        &["--max-streams", "0"],
        &["--database-url", "mysql://localhost/muster"],
        &["--mail", "pigeon://here"],
        &["--mail-from", "nobody"],
        &["--log-filter", "muster=loud"],
        &pair,
    ];
    for flags in flags {
        let output = run(&folder, "check", flags, &[]);
        assert_eq!(code(output.status), 2, "{flags:?}");
        assert!(said(&output).is_empty() && !complaint(&output).is_empty());
    }
    let variables = [
        ("MUSTER_DATABASE_URL", "postgres://muster@db/muster"),
        ("MUSTER_SECRET_KEY", "k1:short"),
        ("MUSTER_SECRET_KEY_FILE", "missing"),
        ("MUSTER_OPERATOR_KEY", "mst_half"),
        ("MUSTER_MAIL_FILE", "missing"),
        ("MUSTER_TLS_KEY", "key.pem"),
    ];
    for variable in variables {
        let output = run(&folder, "check", &[], &[variable]);
        assert_eq!(code(output.status), 2, "{variable:?}");
    }
}

fn check_takes_what_a_server_would_start_with() {
    let folder = Folder::new();
    Authority::new().furnish(&folder);
    assert_eq!(code(run(&folder, "check", &[], &[]).status), 0);
    let tls = ["--tls-certificate", "chain.pem", "--tls-key", "key.pem"];
    let flags = [&tls[..], &["--listen", "0.0.0.0:50051"]].concat();
    assert_eq!(code(run(&folder, "check", &flags, &[]).status), 0);
    // Nothing was opened or made.
    assert!(!folder.file("muster.db").exists() && !folder.file("muster.secret").exists());
}

/// The value and the source of a setting, as printed.
fn row(printed: &str, name: &str) -> Option<(String, String)> {
    printed.lines().find_map(|line| {
        let rest = line.strip_prefix(name)?.strip_prefix(' ')?.trim();
        let (value, source) = rest.rsplit_once(' ')?;
        Some((value.trim().to_owned(), source.to_owned()))
    })
}

fn print_tells_each_value_and_where_it_comes_from() {
    let folder = Folder::new();
    let variables = [
        ("MUSTER_MAX_STREAMS", "17"),
        ("MUSTER_POOL_SIZE", "3"),
        ("MUSTER_INSECURE_NO_TLS", "yes"),
    ];
    let output = run(&folder, "print", &["--pool-size", "4"], &variables);
    assert_eq!(code(output.status), 0, "{}", complaint(&output));
    let printed = said(&output);
    for (name, value, source) in [
        ("--max-streams", "17", "environment"),
        ("--pool-size", "4", "flag"),
        ("--insecure-no-tls", "true", "environment"),
        ("--keepalive-interval", "30s", "default"),
        ("--database-url", "sqlite://muster.db", "default"),
        ("--mail", "file:./outbox", "default"),
        ("--mail-from", "muster <no-reply@localhost>", "default"),
        ("--tls-key", "-", "default"),
    ] {
        let expected = (value.to_owned(), source.to_owned());
        assert_eq!(row(&printed, name), Some(expected), "{name}");
    }
}

/// In no value below may this word be seen.
const PLANTED: &str = "Pl4nted";

fn neither_shows_a_secret_in_any_form() {
    let folder = Folder::new();
    let planted: [&[(&str, &str)]; 7] = [
        &[
            ("MUSTER_DATABASE_URL", "postgres://muster:Pl4nted@db/muster"),
            (
                "MUSTER_SECRET_KEY",
                "k1:Pl4ntedPl4ntedPl4ntedPl4ntedPl4ntedPl4ntedPl4ntedPl4nted",
            ),
            ("MUSTER_OPERATOR_KEY", "mst_0123456789ab_Pl4nted"),
            ("MUSTER_MAIL", "smtps://muster:Pl4nted@mail.example"),
        ],
        &[(
            "MUSTER_DATABASE_URL",
            "postgres://db/muster?user=muster&password=Pl4nted",
        )],
        &[(
            "MUSTER_DATABASE_URL",
            "postgres://muster:a?Pl4nted@db/muster",
        )],
        &[("MUSTER_DATABASE_URL", "postgres:muster:Pl4nted@db/muster")],
        &[("MUSTER_DATABASE_URL", "Pl4nted")],
        &[("MUSTER_MAIL", "smtp://muster:a@Pl4nted@mail.example")],
        &[("MUSTER_MAIL", "Pl4nted")],
    ];
    folder.write("url", "postgres://muster:Pl4nted@db/muster");
    folder.write("mail", "smtps://muster:Pl4nted@mail.example");
    let files: &[(&str, &str)] = &[
        ("MUSTER_DATABASE_URL_FILE", "url"),
        ("MUSTER_MAIL_FILE", "mail"),
    ];
    for variables in planted.into_iter().chain([files]) {
        for what in ["check", "print"] {
            let output = run(&folder, what, &[], variables);
            let all = said(&output) + &complaint(&output);
            assert!(!all.contains(PLANTED), "{what} {variables:?}");
        }
    }
    let flags = ["--database-url", "postgres://muster:Pl4nted@db/muster"];
    let output = run(&folder, "print", &flags, &[]);
    assert_eq!(code(output.status), 2);
    assert!(!complaint(&output).contains(PLANTED));
}
