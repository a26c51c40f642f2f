//! `muster import`, as a shell sees it: exit codes, what it prints, which files it leaves.

use std::{
    fs, io,
    pin::Pin,
    process::{Output, Stdio},
    task::{Context, Poll},
    time::Duration,
};

use libtest_mimic::Trial;
use muster::{
    cli::{
        client,
        import::stream::{Broken, Upload, stream_csv, users},
        print::Progress,
        trust::TrustArgs,
    },
    config::Secret,
    proto::{
        CreateTeamRequest, DeliveryState, GetImportRequest, GetTeamRequest, ImportUsersHeader,
        InvitationFilter, ListInvitationsRequest, TeamCounts,
        invitation_service_client::InvitationServiceClient, team_service_client::TeamServiceClient,
        user_service_client::UserServiceClient,
    },
};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, ReadBuf};
use tonic::Code;

use crate::{
    backends::block_on,
    binary::{self, Folder, Server, code, complaint, said},
    fixtures::team_called,
    refusals::Outcome,
};

/// These start the program and run once.
pub(crate) fn trials() -> Vec<Trial> {
    binary::trials(
        module_path!(),
        [
            (
                "an_import_ends_with_0_and_tells_each_row_as_json",
                an_import_ends_with_0_and_tells_each_row_as_json,
            ),
            (
                "an_import_with_refused_rows_ends_with_1",
                an_import_with_refused_rows_ends_with_1,
            ),
            (
                "an_import_that_fails_ends_with_2_and_changes_nothing",
                an_import_that_fails_ends_with_2_and_changes_nothing,
            ),
            (
                "the_same_import_id_answers_the_same_and_does_nothing_new",
                the_same_import_id_answers_the_same_and_does_nothing_new,
            ),
            (
                "an_import_can_come_from_stdin",
                an_import_can_come_from_stdin,
            ),
            (
                "validate_only_changes_nothing",
                validate_only_changes_nothing,
            ),
            ("held_letters_are_not_queued", held_letters_are_not_queued),
            (
                "the_results_are_written_as_csv_over_what_was_there",
                the_results_are_written_as_csv_over_what_was_there,
            ),
            (
                "a_reader_that_fails_half_way_sends_no_end",
                a_reader_that_fails_half_way_sends_no_end,
            ),
        ],
    )
}

/// A server, and a team in it.
pub(crate) struct Stage {
    /// Where it works.
    pub(crate) folder: Folder,
    /// The server.
    pub(crate) server: Server,
    /// The team's id.
    pub(crate) team: String,
}

impl Stage {
    /// A team with default settings.
    pub(crate) fn new() -> Self {
        Self::with(team_called("acme"))
    }

    fn with(team: CreateTeamRequest) -> Self {
        let folder = Folder::new();
        let server = folder.serve();
        let key = folder.read("muster.key");
        let made = block_on(async {
            let mut teams = TeamServiceClient::new(server.keyed(&key));
            teams.create_team(team).await.answered()
        });
        Self {
            team: made.team.expect("the team").id,
            folder,
            server,
        }
    }

    /// Imports `people.csv` with these flags besides.
    fn import(&self, flags: &[&str]) -> Output {
        let arguments = [&["import", "people.csv", "--team", &self.team], flags].concat();
        let output = self.server.call(&self.folder, &arguments).output();
        output.expect("the program")
    }

    fn counts(&self) -> TeamCounts {
        let key = self.folder.read("muster.key");
        block_on(async {
            let mut teams = TeamServiceClient::new(self.server.keyed(&key));
            let team_id = self.team.clone();
            let answer = teams.get_team(GetTeamRequest { team_id }).await;
            answer.answered().counts.expect("counts")
        })
    }
}

fn object(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

/// Two people, one of them twice.
pub(crate) const THREE: &str = "First Name,Last Name,Email,Shoe\n\
    Ann,Lee,ann@a.example,38\nBob,Ray,bob@a.example,44\nAnn,Lee,ANN@a.example,38\n";

fn an_import_ends_with_0_and_tells_each_row_as_json() {
    let stage = Stage::new();
    stage.folder.write("people.csv", THREE);
    let output = stage.import(&["--json", "--import-id", "spring"]);
    assert_eq!(code(output.status), 0, "{}", complaint(&output));

    let found = object(&output);
    let [ann, bob, _] = &found["results"].as_array().expect("results")[..] else {
        panic!("three results");
    };
    assert_eq!(
        found,
        json!({
            "team_id": stage.team,
            "import_id": "spring",
            "validate_only": false,
            "hold_letters": false,
            "row_count": 3,
            "outcome_counts": {"INVITED": 2, "DUPLICATE_ROW": 1},
            "ignored_columns": ["Shoe"],
            "results": [
                {"row": 1, "line": 2, "outcome": "INVITED",
                 "user_id": ann["user_id"], "invitation_id": ann["invitation_id"]},
                {"row": 2, "line": 3, "outcome": "INVITED",
                 "user_id": bob["user_id"], "invitation_id": bob["invitation_id"]},
                {"row": 3, "line": 4, "outcome": "DUPLICATE_ROW", "first_row": 1},
            ],
        })
    );
    assert_eq!(ann["user_id"].as_str().map(str::len), Some(36));

    let again = stage.import(&["--json"]);
    assert_eq!(code(again.status), 0, "ALREADY_INVITED is fine");
    assert_eq!(object(&again)["results"][0]["outcome"], "ALREADY_INVITED");
}

fn an_import_with_refused_rows_ends_with_1() {
    let stage = Stage::with(CreateTeamRequest {
        seat_limit: Some(2),
        ..team_called("acme")
    });
    stage.folder.write(
        "people.csv",
        "first name,last name,email\nAnn,Lee,ann@a.example\n,Lee,nobody\nBob,Ray,bob@a.example\n",
    );
    let output = stage.import(&["--json"]);
    assert_eq!(code(output.status), 1, "{}", complaint(&output));
    let results = &object(&output)["results"];
    assert_eq!(results[0]["outcome"], "INVITED");
    assert_eq!(
        results[1],
        json!({"row": 2, "line": 3, "outcome": "INVALID", "violations": [
            {"field": "given_name", "reason": "REQUIRED"},
            {"field": "email", "reason": "MALFORMED"},
        ]})
    );
    assert_eq!(
        results[2],
        json!({"row": 3, "line": 4, "outcome": "NO_SEAT"})
    );
}

fn an_import_that_fails_ends_with_2_and_changes_nothing() {
    let stage = Stage::new();
    let failed = |flags: &[&str]| {
        let output = stage.import(flags);
        assert_eq!(code(output.status), 2, "{flags:?}");
        assert_eq!(said(&output), "", "{flags:?}");
        complaint(&output)
    };
    failed(&[]);
    stage
        .folder
        .write("people.csv", "First Name,Last Name\nAnn,Lee\n");
    assert!(failed(&[]).contains("CSV_MALFORMED"));
    stage.folder.write("people.csv", THREE);
    failed(&["--import-id", "not an id"]);
    failed(&["--key-file", "nothing.key"]);
    failed(&["--address", "http://127.0.0.1:1"]);
    failed(&["--address", "http://192.0.2.1:50051"]);
    failed(&["--results", "no/such/folder.csv"]);
    failed(&["--no-such-flag"]);
    stage.folder.write("muster.key", "mst_0123456789ab_AAAA");
    assert!(failed(&[]).contains("CREDENTIAL_INVALID"));
    fs::remove_file(stage.folder.file("people.csv")).expect("removed");
    fs::create_dir(stage.folder.file("people.csv")).expect("a folder that cannot be read");
    failed(&[]);
}

fn the_same_import_id_answers_the_same_and_does_nothing_new() {
    let stage = Stage::new();
    stage.folder.write("people.csv", THREE);
    let first = stage.import(&["--json", "--import-id", "spring"]);
    let again = stage.import(&["--json", "--import-id", "spring"]);
    assert_eq!(code(again.status), 0);
    assert_eq!(object(&again), object(&first));
    assert_eq!(stage.counts().invited_members, 3);

    stage.folder.write(
        "people.csv",
        "First Name,Last Name,Email\nEve,Lee,eve@a.example\n",
    );
    let other = stage.import(&["--import-id", "spring"]);
    assert_eq!(code(other.status), 2);
    assert!(complaint(&other).contains("IMPORT_ID_REUSED"));
}

fn an_import_can_come_from_stdin() {
    let stage = Stage::new();
    stage.folder.write("people.csv", THREE);
    let file = fs::File::open(stage.folder.file("people.csv")).expect("a file");
    let arguments = ["import", "-", "--team", &stage.team, "--json"];
    let mut command = stage.server.call(&stage.folder, &arguments);
    let output = command.stdin(Stdio::from(file)).output();
    let output = output.expect("the program");
    assert_eq!(code(output.status), 0, "{}", complaint(&output));
    assert_eq!(object(&output)["row_count"], 3);
}

fn validate_only_changes_nothing() {
    let stage = Stage::new();
    stage.folder.write("people.csv", THREE);
    let output = stage.import(&["--json", "--validate-only"]);
    assert_eq!(code(output.status), 0, "{}", complaint(&output));
    let found = object(&output);
    assert_eq!(found["validate_only"], true);
    assert_eq!(found["outcome_counts"]["INVITED"], 2);
    assert_eq!(stage.counts().invited_members, 1, "the primary admin alone");
}

fn held_letters_are_not_queued() {
    let stage = Stage::new();
    stage.folder.write("people.csv", THREE);
    let output = stage.import(&["--json", "--hold-letters", "--import-id", "spring"]);
    assert_eq!(code(output.status), 0, "{}", complaint(&output));
    assert_eq!(object(&output)["hold_letters"], true);
    let request = ListInvitationsRequest {
        team_id: stage.team.clone(),
        filter: Some(InvitationFilter {
            import_id: "spring".to_owned(),
            delivery_states: vec![DeliveryState::Held.into()],
            ..InvitationFilter::default()
        }),
        ..ListInvitationsRequest::default()
    };
    let key = stage.folder.read("muster.key");
    let held = block_on(async {
        let mut client = InvitationServiceClient::new(stage.server.keyed(&key));
        let listed = client.list_invitations(request).await;
        listed.answered().invitations
    });
    assert_eq!(held.len(), 2);
}

fn the_results_are_written_as_csv_over_what_was_there() {
    let stage = Stage::new();
    stage.folder.write(
        "people.csv",
        "first name,last name,email\nAnn,Lee,ann@a.example\n=1+1,Lee,\nAnn,Lee,ann@A.example\n",
    );
    stage.folder.write("results.csv", &"old\n".repeat(1_000));
    let output = stage.import(&["--results", "results.csv"]);
    assert_eq!(code(output.status), 1, "{}", complaint(&output));
    let text = stage.folder.read("results.csv");
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("row,line,outcome,user_id,invitation_id,first_row,violations")
    );
    let first: Vec<_> = lines.next().expect("a row").split(',').collect();
    assert_eq!(
        (first[..3].to_vec(), &first[5..]),
        (vec!["1", "2", "INVITED"], &["", ""][..])
    );
    assert_eq!(lines.next(), Some("2,3,INVALID,,,,email:REQUIRED"));
    assert_eq!(lines.next(), Some("3,4,DUPLICATE_ROW,,,1,"));
    assert_eq!(lines.next(), None);
}

/// A file whose medium fails after so many bytes.
struct Torn(&'static [u8]);

impl AsyncRead for Torn {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.0.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let (now, later) = self.0.split_at(self.0.len().min(into.remaining()));
        into.put_slice(now);
        self.0 = later;
        Poll::Ready(Ok(()))
    }
}

fn a_reader_that_fails_half_way_sends_no_end() {
    let stage = Stage::new();
    let key = stage.folder.read("muster.key").trim().to_owned();
    block_on(async {
        let address = format!("http://{}", stage.server.address);
        let connection =
            client::connect(&address, &TrustArgs::default(), &Secret::from(key.clone())).await;
        let mut client = users(connection.expect("a connection"));
        let upload = Upload {
            header: ImportUsersHeader {
                team_id: stage.team.clone(),
                import_id: "torn".to_owned(),
                ..ImportUsersHeader::default()
            },
            timeout: Duration::from_secs(20),
            progress: Progress::silent(),
        };
        let answer = stream_csv(&mut client, &upload, Torn(THREE.as_bytes())).await;
        assert!(matches!(answer, Err(Broken::Reading(_))));

        let request = GetImportRequest {
            team_id: stage.team.clone(),
            import_id: "torn".to_owned(),
        };
        let mut users = UserServiceClient::new(stage.server.keyed(&key));
        let import = users.get_import(request).await;
        import.refused(Code::NotFound, "IMPORT_NOT_FOUND");
    });
    assert_eq!(stage.counts().invited_members, 1);
}
