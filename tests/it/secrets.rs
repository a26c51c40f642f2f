//! What nobody may find in an answer, a log or a dump: the tokens of a thousand links, and API keys.

use std::{collections::BTreeMap, process::Command, sync::Arc};

use libtest_mimic::Trial;
use muster::proto::{
    Entitlement, Team, UpdateTeamRequest, directory_service_client::DirectoryServiceClient,
    team_service_client::TeamServiceClient,
};
use prost_types::FieldMask;
use serde_json::json;
use tonic::{Code, service::interceptor::InterceptedService};

use crate::{
    answers::{Answer, Recorder},
    backends::{Backend, block_on},
    binary::{Folder, Server, code, complaint, said},
    directory_fixtures::{creation, directory_of},
    dumps::dump,
    id_token_actors::{TOKEN, headers, team_of},
    key_lives,
    keyring::halves,
    link_lives::{Life, letters},
    needles::Needles,
    raw_calls::{call_over, methods, name},
    refusals::Outcome,
    samples::{Things, encoded, sample},
    web::{Scim, id},
};

/// The built program on a database of its own, its log at the lowest level.
pub(crate) fn on_backend(backend: &Arc<Backend>) -> Vec<Trial> {
    let name = format!(
        "{}::secrets::no_answer_no_log_and_no_dump_holds_a_token_or_a_key",
        backend.name()
    );
    let backend = Arc::clone(backend);
    vec![Trial::test(name, move || {
        let database = backend.database();
        no_answer_no_log_and_no_dump_holds_a_token_or_a_key(&database.url);
        Ok(())
    })]
}

/// The signature of an ID token: what nobody can make but the provider.
const SIGNATURE: &str = "c2lnbmVkLWJ5LW5vYm9keS1idXQtYS1wcm92aWRlciE";

const CREATE_KEY: &str = "/muster.v1.KeyService/CreateKey";

fn no_answer_no_log_and_no_dump_holds_a_token_or_a_key(url: &str) {
    let folder = Folder::new();
    folder.write("secret", "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let configured = |mut command: Command| {
        command
            .env("MUSTER_DATABASE_URL", url)
            .env("MUSTER_SECRET_KEY_FILE", "secret")
            .env("MUSTER_LOG_FILTER", "trace")
            .env("MUSTER_TOKEN_CALLS_BURST", "10000")
            .env("MUSTER_RELAY_BATCH", "100")
            .env("MUSTER_RELAY_POLL", "20ms");
        command
    };
    let arguments = [
        "--listen",
        "127.0.0.1:0",
        "--http-listen",
        "127.0.0.1:0",
        "--operator-key-file",
        "key",
    ];
    let server = Server::start(configured(folder.muster(&arguments)));
    let run = |arguments: &[&str]| {
        said(
            &configured(folder.muster(arguments))
                .output()
                .expect("the program"),
        )
    };
    let printed = [
        folder.read("key"),
        run(&["keys", "create", "--name", "second"]),
    ];
    let [first, second] = printed.map(|key| key.trim().to_owned());

    let (recorder, waiting, made, token, idle) = block_on(async {
        let recorder = Recorder::new(server.channel());
        let mut life = Life::begin(&recorder, &first, &folder).await;
        let waiting = dump(url).await;
        life.live().await;
        let made = key_lives::live(&recorder, &second, &life.team).await;
        let tokens = letters(&folder);
        let voices = [&first, &made[1], &made[0]];
        for token in [tokens.values().next(), tokens.values().last()] {
            let things = things(&life.team, token.expect("a letter"), &made[2]);
            every_call(&recorder, &voices, &things).await;
            let actor = headers(&first, &[(TOKEN, &things["id_token"])]);
            let channel = InterceptedService::new(recorder.clone(), actor);
            let refused = TeamServiceClient::new(channel)
                .get_team(team_of(&life.team))
                .await;
            refused.refused(Code::Unauthenticated, "ID_TOKEN_INVALID");
        }
        let token = a_directory_calls(&server, &first, &life.team).await;
        (recorder, waiting, made, token, dump(url).await)
    });
    let listed = run(&["keys", "list"]);

    let tokens = letters(&folder);
    assert!(tokens.len() >= 1_000, "only {} tokens", tokens.len());
    let output = server.stop();
    let log = complaint(&output);
    assert_eq!(code(output.status), 0);
    assert!(log.contains("\"TRACE\""), "the log is not complete");
    let stopped = block_on(dump(url));

    let keys: Vec<_> = made.iter().chain([&first, &second]).collect();
    let secrets: Vec<_> = keys.iter().map(|key| halves(key).1).collect();
    let secrets = secrets
        .into_iter()
        .chain(tokens.values().map(String::as_str))
        .chain([SIGNATURE, secret_of(&token)]);
    let needles = Needles::of(secrets);
    for (place, bytes) in [
        ("the log", log.as_bytes()),
        ("a dump with letters that wait", &waiting),
        ("a dump with none", &idle),
        ("a dump after the end", &stopped),
        ("a list of keys", listed.as_bytes()),
    ] {
        assert!(needles.found(bytes).is_empty(), "{place} holds secrets");
    }
    let answers = recorder.answers();
    shown_once(&answers, &needles, made.len());
    every_call_was_answered(&answers);
    // What is there is found: the dump works.
    let address = b"spring0@a.example";
    assert!(idle.windows(address.len()).any(|text| text == address));
    no_address_in(&log);
}

/// A directory comes in by SCIM, is understood and is not; its token.
async fn a_directory_calls(server: &Server, key: &str, team: &str) -> String {
    let mut teams = TeamServiceClient::new(server.keyed(key));
    let entitled = UpdateTeamRequest {
        team: Some(Team {
            id: team.to_owned(),
            entitlements: vec![Entitlement::DirectorySync.into()],
            ..Team::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["entitlements".to_owned()],
        }),
        ..UpdateTeamRequest::default()
    };
    teams.update_team(entitled).await.answered();
    let mut directories = DirectoryServiceClient::new(server.keyed(key));
    let request = creation(directory_of(team, "Entra"));
    let made = directories.create_directory(request).await.answered();
    let scim = Scim::at(&server.web(), &made.token);
    let user =
        json!({"userName": "scim@a.example", "displayName": "Scim", "externalId": "of a.example"});
    let user = id(&scim.post(user).await.ok(201));
    scim.get("/Users?filter=userName%20eq%20%22scim@a.example%22")
        .await
        .ok(200);
    scim.get("/scim@a.example").await.refused(404, None);
    let bad = json!([{"op": "replace", "path": "emails", "value": "a.example"}]);
    scim.patch(&user, bad)
        .await
        .refused(400, Some("invalidValue"));
    let mut other = made.token.clone();
    other.push('x');
    Scim::at(&server.web(), &other)
        .get("/Users")
        .await
        .refused(401, None);
    made.token
}

/// What nobody may find of a directory's token.
fn secret_of(token: &str) -> &str {
    let halves = token.strip_prefix("mdt_");
    let halves = halves.and_then(|rest| rest.split_once('_'));
    halves.expect("mdt_<id>_<secret>").1
}

/// The text of each key that a call made stands in one answer of that call, and no other secret in any.
fn shown_once(answers: &[Answer], needles: &Needles, made: usize) {
    let mut shown = BTreeMap::<usize, usize>::new();
    for answer in answers {
        for number in needles.found(&answer.bytes) {
            assert_eq!(answer.path, CREATE_KEY, "an answer holds a secret");
            *shown.entry(number).or_default() += 1;
        }
    }
    let once: BTreeMap<_, _> = (0..made).map(|number| (number, 1)).collect();
    assert_eq!(shown, once);
}

/// What a sample of a call can be about.
fn things(team: &str, token: &str, key: &str) -> Things {
    let text = |text: &str| text.to_owned();
    BTreeMap::from([
        ("team_id", text(team)),
        ("token", text(token)),
        ("key_id", text(halves(key).0)),
        ("import_id", text("spring")),
        ("user_id", text(team)),
        ("invitation_id", text(team)),
        ("role_id", text(team)),
        ("display_name", text("sample")),
        ("email", text("sample@a.example")),
        ("role", text("ROLE_MEMBER")),
        // Of {"alg":"RS256"} and {"iss":"https://idp.example"}.
        (
            "id_token",
            format!("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIn0.{SIGNATURE}"),
        ),
    ])
}

/// Every call of the contract by each of these keys, whatever comes of it.
async fn every_call(recorder: &Recorder, keys: &[&String], things: &Things) {
    for method in methods() {
        let messages = encoded(&sample(&method, things));
        for key in keys {
            drop(call_over(recorder.keyed(key), &method, messages.clone()).await);
        }
    }
}

fn every_call_was_answered(answers: &[Answer]) {
    for method in methods() {
        let path = format!("/muster.v1.{}", name(&method));
        let heard = |answer: &Answer| answer.path == path && !answer.bytes.is_empty();
        assert!(answers.iter().any(heard), "{path}");
    }
}

/// Addresses may be in what libraries trace; never in our own lines, nor in any that runs by default.
fn no_address_in(log: &str) {
    let mut seen = 0;
    for line in log.lines() {
        let ours = line.contains("\"target\":\"muster");
        let quiet = line.contains("\"level\":\"TRACE\"") || line.contains("\"level\":\"DEBUG\"");
        if ours || !quiet {
            seen += 1;
            assert!(!line.contains("a.example"), "an address: {line}");
        }
    }
    assert!(seen > 100, "{seen} lines");
}
