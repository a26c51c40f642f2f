//! Holds the architecture's arrows: which folder of `src/` may name which, and who may name which crate.

use std::{
    fs,
    path::{Path, PathBuf},
};

use libtest_mimic::Trial;

/// The parts of the crate that have arrows, and which of each other they may name; `main.rs` and `lib.rs` have none.
const ARROWS: &[(&str, &[&str])] = &[
    ("proto", &[]),
    ("clock", &[]),
    ("error", &["proto"]),
    ("ids", &["error", "clock"]),
    ("secrets", &["error"]),
    ("config", &["error"]),
    ("telemetry", &["error", "clock", "config"]),
    ("domain", &["error", "clock"]),
    ("store", &["domain"]),
    ("mail", &["domain", "store"]),
    ("oidc", &["domain"]),
    ("app", &["domain", "mail", "oidc", "store"]),
    ("rpc", &["domain", "app", "proto"]),
    ("http", &["domain", "app", "proto"]),
    (
        "server",
        &["domain", "mail", "store", "app", "rpc", "http", "proto"],
    ),
    (
        "cli",
        &["domain", "mail", "store", "app", "server", "proto"],
    ),
];

/// What every part above `domain` may name besides.
const GROUND: &[&str] = &["error", "clock", "ids", "secrets", "config", "telemetry"];
const ABOVE: &[&str] = &[
    "store", "mail", "oidc", "app", "rpc", "http", "server", "cli",
];

/// Crates that only these parts may name.
const HOMES: &[(&str, &[&str])] = &[
    ("tonic", &["rpc", "server", "telemetry", "cli"]),
    ("sea_orm", &["store"]),
    ("lettre", &["mail"]),
    ("jsonwebtoken", &["oidc"]),
    ("hyper_util", &["oidc", "server"]),
    ("hyper_rustls", &["oidc"]),
    ("axum", &["http"]),
];

/// These tests need no database and run once.
pub(crate) fn trials() -> Vec<Trial> {
    let tests: [(&str, fn()); 6] = [
        ("every_arrow_points_down", every_arrow_points_down),
        (
            "every_module_says_what_lives_in_it",
            every_module_says_what_lives_in_it,
        ),
        (
            "an_arrow_that_points_up_is_noticed",
            an_arrow_that_points_up_is_noticed,
        ),
        (
            "a_rule_that_asks_for_the_time_is_noticed",
            a_rule_that_asks_for_the_time_is_noticed,
        ),
        (
            "a_crate_away_from_home_is_noticed",
            a_crate_away_from_home_is_noticed,
        ),
        (
            "what_a_layer_may_name_is_not_complained_of",
            what_a_layer_may_name_is_not_complained_of,
        ),
    ];
    let trial = |(name, test): (&str, fn())| {
        Trial::test(format!("layers::{name}"), move || {
            test();
            Ok(())
        })
    };
    tests.into_iter().map(trial).collect()
}

fn every_arrow_points_down() {
    let complaints: Vec<String> = sources()
        .iter()
        .flat_map(|(path, text)| complaints(path, text))
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

fn every_module_says_what_lives_in_it() {
    let silent: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .collect();
    assert!(
        silent.is_empty(),
        "{:?}",
        silent.iter().map(|(path, _)| path).collect::<Vec<_>>()
    );
}

fn an_arrow_that_points_up_is_noticed() {
    let text = "use crate::{store, domain::{words, email::Email}, app::{teams}};";
    assert_eq!(complaints(Path::new("domain/teams.rs"), text).len(), 2);
    assert_eq!(
        complaints(
            Path::new("store/mod.rs"),
            "fn f() { crate::rpc::status::of(1) }"
        )
        .len(),
        1
    );
    assert_eq!(
        complaints(Path::new("store/teams.rs"), "use super::super::app;").len(),
        1
    );
    assert_eq!(
        complaints(Path::new("store/mod.rs"), "use super::app;").len(),
        1
    );
    assert_eq!(
        complaints(Path::new("rpc/teams.rs"), "use crate::store;").len(),
        1
    );
}

fn a_rule_that_asks_for_the_time_is_noticed() {
    let asks = "use crate::{clock::Clock, error::Error};";
    assert_eq!(complaints(Path::new("domain/teams.rs"), asks).len(), 1);
    let is_told = "use crate::{clock::Time, error::Error};";
    assert_eq!(
        complaints(Path::new("domain/teams.rs"), is_told),
        Vec::<String>::new()
    );
}

fn a_crate_away_from_home_is_noticed() {
    assert_eq!(
        complaints(Path::new("app/teams.rs"), "use tonic::Status;").len(),
        1
    );
    assert_eq!(
        complaints(Path::new("app/teams.rs"), "use tonic_types::StatusExt;").len(),
        1
    );
    assert_eq!(
        complaints(Path::new("domain/teams.rs"), "fn f() -> sea_orm::DbErr {}").len(),
        1
    );
    assert_eq!(
        complaints(Path::new("app/mail.rs"), "use {std::fmt, lettre::Message};").len(),
        1
    );
}

fn what_a_layer_may_name_is_not_complained_of() {
    let text = "use crate::{error::Result, domain::members};\n// not crate::app, nor tonic::Code\nuse super::words;";
    assert_eq!(
        complaints(Path::new("store/teams.rs"), text),
        Vec::<String>::new()
    );
    assert_eq!(
        complaints(
            Path::new("rpc/teams.rs"),
            "use crate::app; use tonic::Status;"
        ),
        Vec::<String>::new()
    );
}

/// What is wrong in one file; its path is relative to `src/`.
fn complaints(path: &Path, text: &str) -> Vec<String> {
    let part = part(path);
    let code = without_comments(text);
    let words = words(&code);
    let mut found = Vec::new();

    for target in crate_paths(&words, depth(path)) {
        let known = ARROWS.iter().any(|(part, _)| *part == target);
        let free = ABOVE.contains(&part) && GROUND.contains(&target);
        let allowed = |allowed: &[&str]| target == part || free || allowed.contains(&target);
        if known && !arrows(part).is_none_or(allowed) {
            found.push(format!("{}: {part} may not name {target}", path.display()));
        }
    }
    // Rules are told the time and never ask for it.
    let asks = |path: &[&str]| path[..2] == ["clock", "::"] && path[2] != "Time";
    if part == "domain" && words.windows(3).any(asks) {
        found.push(format!(
            "{}: domain may name no more of clock than Time",
            path.display()
        ));
    }
    for (name, homes) in HOMES {
        let derived = format!("{name}_");
        let named = words
            .windows(2)
            .any(|pair| (pair[0] == *name || pair[0].starts_with(&derived)) && pair[1] == "::");
        if named && arrows(part).is_some() && !homes.contains(&part) {
            found.push(format!("{}: {part} may not name {name}", path.display()));
        }
    }
    found
}

/// What a part may name; none for main.rs and lib.rs, which hold no rules.
fn arrows(part: &str) -> Option<&'static [&'static str]> {
    ARROWS
        .iter()
        .find(|(name, _)| *name == part)
        .map(|(_, allowed)| *allowed)
}

/// `store/teams.rs` and `store.rs` belong to `store`.
fn part(path: &Path) -> &str {
    let first = path
        .iter()
        .next()
        .and_then(|first| first.to_str())
        .unwrap_or_default();
    first.strip_suffix(".rs").unwrap_or(first)
}

/// How many `super` lead from the file's module to the crate's root.
fn depth(path: &Path) -> usize {
    let folders = path.iter().count() - 1;
    if path.ends_with("mod.rs") {
        folders
    } else {
        folders + 1
    }
}

fn without_comments(text: &str) -> String {
    let code = text
        .lines()
        .map(|line| line.split_once("//").map_or(line, |(code, _)| code));
    code.collect::<Vec<_>>().join("\n")
}

/// Identifiers, `::` and single signs, in order.
fn words(code: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let length = if is_name(first) {
            rest.find(|c| !is_name(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        words.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    words
}

/// The first name of each path that begins at the crate's root, through `crate` or enough `super`s.
fn crate_paths<'a>(words: &[&'a str], depth: usize) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let mut supers = 0;
        let mut next = at;
        while words[next..].starts_with(&["super", "::"]) {
            supers += 1;
            next += 2;
        }
        if words[at..].starts_with(&["crate", "::"]) {
            next = at + 2;
            found.extend(heads(&words[next..]));
        } else if supers >= depth {
            found.extend(heads(&words[next..]));
        }
        at = next.max(at + 1);
    }
    found
}

/// The first names after `crate::`: one, or those of the `{..}` that follows.
fn heads<'a>(words: &[&'a str]) -> Vec<&'a str> {
    if words.first() != Some(&"{") {
        return words.first().copied().into_iter().collect();
    }
    let (mut heads, mut nesting) = (Vec::new(), 0);
    for pair in words.windows(2) {
        match pair[0] {
            "{" => nesting += 1,
            "}" => nesting -= 1,
            _ => {}
        }
        if nesting == 0 {
            break;
        }
        if nesting == 1 && matches!(pair[0], "{" | ",") {
            heads.push(pair[1]);
        }
    }
    heads
}

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of src").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                let path = path
                    .strip_prefix(&root)
                    .expect("a path below src")
                    .to_owned();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "no sources were found");
    found
}
