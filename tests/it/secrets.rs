//! What nobody may find in a log or a dump: the tokens of a hundred links, and API keys.

use std::{collections::BTreeMap, fs, path::Path, process::Command, sync::Arc};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use libtest_mimic::Trial;
use muster::{
    mail::eml,
    proto::{
        AcceptInvitationRequest, CreateInvitationRequest, CreateKeyRequest, CreateTeamRequest,
        DeclineInvitationRequest, DeliveryState, ImportUsersEnd, ImportUsersHeader,
        ImportUsersRequest, ImportUsersRow, ImportUsersRows, InvitationFilter,
        ListInvitationsRequest, PeekInvitationRequest, ReleaseLettersRequest,
        ResendInvitationRequest, RevokeInvitationRequest, import_users_end::Count,
        import_users_request::Part, invitation_service_client::InvitationServiceClient,
        key_service_client::KeyServiceClient, team_service_client::TeamServiceClient,
        user_service_client::UserServiceClient,
    },
};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::{
    backends::{Backend, block_on},
    binary::{Folder, Server, code, complaint, said},
    fixtures::{invitation_of, team_called},
    harness::Keyed,
    keyring::key_called,
    refusals::Outcome,
    request_ids::request_id,
    waiting::until,
};

/// The built program on a database of its own, its log at the lowest level.
pub(crate) fn on_backend(backend: &Arc<Backend>) -> Vec<Trial> {
    let name = format!(
        "{}::secrets::neither_the_log_nor_a_dump_holds_a_token_or_a_key",
        backend.name()
    );
    let backend = Arc::clone(backend);
    vec![Trial::test(name, move || {
        let database = backend.database();
        neither_the_log_nor_a_dump_holds_a_token_or_a_key(&database.url);
        Ok(())
    })]
}

fn neither_the_log_nor_a_dump_holds_a_token_or_a_key(url: &str) {
    let folder = Folder::new();
    folder.write("secret", "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let configured = |mut command: Command| {
        command
            .env("MUSTER_DATABASE_URL", url)
            .env("MUSTER_SECRET_KEY_FILE", "secret")
            .env("MUSTER_LOG_FILTER", "trace")
            .env("MUSTER_RELAY_POLL", "20ms");
        command
    };
    let arguments = ["--listen", "127.0.0.1:0", "--operator-key-file", "key"];
    let server = Server::start(configured(folder.muster(&arguments)));
    let made = configured(folder.muster(&["keys", "create", "--name", "second"])).output();
    let second = said(&made.expect("the program"));
    let mut keys = vec![folder.read("key"), second];
    for key in &mut keys {
        *key = key.trim().to_owned();
    }
    // Its answer is stored, since it can be repeated.
    keys.push(block_on(repeatable(&server, &keys[0])));

    let (waiting, idle) = block_on(async {
        let mut life = Life {
            invitations: InvitationServiceClient::new(server.keyed(&keys[0])),
            server: &server,
            folder: &folder,
            key: &keys[1],
            team: String::new(),
        };
        // Held letters wait with their tokens, which are known once they are released.
        life.begin().await;
        let waiting = dump(url).await;
        life.live().await;
        (waiting, dump(url).await)
    });

    let tokens = letters(&folder);
    assert!(tokens.len() >= 100, "only {} tokens", tokens.len());
    let output = server.stop();
    let log = complaint(&output);
    assert_eq!(code(output.status), 0);
    assert!(log.contains("\"TRACE\""), "the log is not complete");
    let stopped = block_on(dump(url));

    let secrets = tokens.values().map(String::as_str);
    let secrets = secrets.chain(keys.iter().filter_map(|key| key.splitn(3, '_').nth(2)));
    let forms: Vec<_> = secrets.flat_map(forms).collect();
    for (place, bytes) in [
        ("the log", log.as_bytes()),
        ("a dump with letters that wait", &waiting),
        ("a dump with none", &idle),
        ("a dump after the end", &stopped),
    ] {
        assert_eq!(hits(bytes, &forms), 0, "{place} holds secrets");
    }
    // What is there is found: both the search and the dump work.
    assert!(hits(&idle, &[b"p0@a.example".to_vec()]) > 0);
    no_address_in(&log);
}

/// A key that is made by a call with a request id.
async fn repeatable(server: &Server, key: &str) -> String {
    let mut client = KeyServiceClient::new(server.keyed(key));
    let request = CreateKeyRequest {
        request_id: request_id(1),
        ..key_called("third")
    };
    let answer = client.create_key(request).await.answered();
    assert_ne!(answer.secret, "");
    answer.secret
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

/// Everything that can happen to a link.
struct Life<'a> {
    invitations: InvitationServiceClient<Keyed>,
    server: &'a Server,
    folder: &'a Folder,
    key: &'a str,
    team: String,
}

const IMPORTED: usize = 60;

impl Life<'_> {
    /// A team, and an import whose letters are held.
    async fn begin(&mut self) {
        let mut teams = TeamServiceClient::new(self.server.keyed(self.key));
        let request: CreateTeamRequest = team_called("acme");
        let team = teams.create_team(request).await.answered().team;
        self.team = team.expect("the team").id;
        let rows = (0..IMPORTED).map(|n| ImportUsersRow {
            given_name: "Ann".to_owned(),
            family_name: "Lee".to_owned(),
            email: format!("p{n}@a.example"),
        });
        let parts = [
            Part::Header(ImportUsersHeader {
                team_id: self.team.clone(),
                import_id: "spring".to_owned(),
                hold_letters: true,
                ..ImportUsersHeader::default()
            }),
            Part::Rows(ImportUsersRows {
                rows: rows.collect(),
            }),
            Part::End(ImportUsersEnd {
                count: Some(Count::RowCount(60)),
            }),
        ];
        let stream = tokio_stream::iter(parts.map(|part| ImportUsersRequest { part: Some(part) }));
        let mut users = UserServiceClient::new(self.server.keyed(self.key));
        let answer = users.import_users(stream).await.answered();
        assert_eq!(answer.results.len(), IMPORTED);
        self.sent(1).await;
    }

    /// Single invitations, resends, answers of every kind, the release; it ends when every letter is sent.
    async fn live(&mut self) {
        let team_id = self.team.clone();
        let mut ids = Vec::new();
        for n in 0..25 {
            let request: CreateInvitationRequest =
                invitation_of(&team_id, &format!("s{n}@a.example"));
            let answer = self.invitations.create_invitation(request).await.answered();
            ids.push(answer.invitation.expect("an invitation").id);
        }
        self.sent(26).await;
        let first = letters(self.folder);
        for invitation_id in &ids[..20] {
            let request = ResendInvitationRequest {
                team_id: team_id.clone(),
                invitation_id: invitation_id.clone(),
                ..ResendInvitationRequest::default()
            };
            self.invitations.resend_invitation(request).await.answered();
        }
        self.sent(46).await;
        let import_id = "spring".to_owned();
        let request = ReleaseLettersRequest {
            team_id,
            import_id,
            ..ReleaseLettersRequest::default()
        };
        self.invitations.release_letters(request).await.answered();
        self.sent(46 + IMPORTED).await;
        self.answer(&first).await;
    }

    /// What people do with their links; the old ones are dead for most.
    async fn answer(&mut self, first: &BTreeMap<String, String>) {
        for token in first.values() {
            let token = token.clone();
            let peek = PeekInvitationRequest { token };
            drop(self.invitations.peek_invitation(peek).await);
        }
        let all = letters(self.folder);
        let newer = all.iter().filter(|(name, _)| !first.contains_key(*name));
        for (n, (_, token)) in newer.enumerate() {
            let token = token.clone();
            match n % 4 {
                0 | 1 => {
                    let request = AcceptInvitationRequest {
                        token,
                        ..AcceptInvitationRequest::default()
                    };
                    self.invitations.accept_invitation(request).await.answered();
                }
                2 => {
                    let request = DeclineInvitationRequest {
                        token,
                        ..DeclineInvitationRequest::default()
                    };
                    let answer = self.invitations.decline_invitation(request).await;
                    answer.answered();
                }
                _ => {}
            }
        }
        let request = ListInvitationsRequest {
            team_id: self.team.clone(),
            page_size: 1_000,
            filter: Some(InvitationFilter::default()),
            ..ListInvitationsRequest::default()
        };
        let listed = self.invitations.list_invitations(request).await.answered();
        for invitation in listed.invitations.iter().skip(60) {
            let request = RevokeInvitationRequest {
                team_id: self.team.clone(),
                invitation_id: invitation.id.clone(),
                ..RevokeInvitationRequest::default()
            };
            drop(self.invitations.revoke_invitation(request).await);
        }
    }

    /// Waits until so many letters are in the folder and none is queued.
    async fn sent(&self, count: usize) {
        until("the letters are sent", async || {
            let mut invitations = self.invitations.clone();
            let filter = InvitationFilter {
                delivery_states: vec![DeliveryState::Queued.into()],
                ..InvitationFilter::default()
            };
            let request = ListInvitationsRequest {
                team_id: self.team.clone(),
                filter: Some(filter),
                ..ListInvitationsRequest::default()
            };
            let queued = invitations.list_invitations(request).await.answered();
            let none = queued.invitations.is_empty() && letters(self.folder).len() == count;
            none.then_some(())
        })
        .await;
    }
}

/// The token of each letter in the outbox folder, by the letter's name.
fn letters(folder: &Folder) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(folder.file("outbox")) else {
        return BTreeMap::new();
    };
    entries
        .filter_map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name()?.to_str()?.to_owned();
            if !name.to_ascii_lowercase().ends_with(".eml") || name.starts_with('.') {
                return None;
            }
            let link = eml::link(&fs::read(path).ok()?)?;
            let (_, token) = link.rsplit_once('/')?;
            Some((name, token.to_owned()))
        })
        .collect()
}

/// A secret as it is written, and its bytes as they are, in hex and in the other base64.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(secret).expect("base64");
    assert_eq!(bytes.len(), 32);
    let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let hex = digits.concat();
    vec![
        secret.as_bytes().to_vec(),
        STANDARD_NO_PAD.encode(&bytes).into_bytes(),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
        bytes,
    ]
}

/// At how many places one of the forms begins.
fn hits(place: &[u8], forms: &[Vec<u8>]) -> usize {
    // A log at the lowest level is long: most places are ruled out by their first two bytes.
    let mut begins = vec![false; 1 << 16];
    for form in forms {
        begins[usize::from(u16::from_be_bytes([form[0], form[1]]))] = true;
    }
    (0..place.len() - 1)
        .filter(|&at| begins[usize::from(u16::from_be_bytes([place[at], place[at + 1]]))])
        .filter(|&at| forms.iter().any(|form| place[at..].starts_with(form)))
        .count()
}

/// Every cell of every table, bytes in hex; with SQLite also its files as they lie there.
async fn dump(url: &str) -> Vec<u8> {
    let mut dump = rows(url).await.into_bytes();
    if let Some(file) = url.strip_prefix("sqlite://") {
        for suffix in ["", "-wal", "-shm"] {
            let file = format!("{file}{suffix}");
            // After a clean end there is no log beside the database.
            if Path::new(&file).exists() {
                dump.extend(fs::read(file).expect("a file of the database"));
            }
        }
    }
    dump
}

async fn rows(url: &str) -> String {
    let database = sea_orm::Database::connect(url).await.expect("a database");
    let backend = database.get_database_backend();
    let ask = async |sql: String| -> Vec<String> {
        let statement = Statement::from_string(backend, sql);
        let rows = database.query_all_raw(statement).await.expect("rows");
        rows.iter()
            .map(|row| row.try_get("", "text").expect("text"))
            .collect()
    };
    let mut dump = String::new();
    if backend == DbBackend::Sqlite {
        let tables = "SELECT name AS text FROM sqlite_master WHERE type = 'table'";
        for table in ask(tables.to_owned()).await {
            let columns = format!("SELECT name AS text FROM pragma_table_info('{table}')");
            for column in ask(columns).await {
                let cells = format!("SELECT quote({column}) AS text FROM {table}");
                dump.push_str(&ask(cells).await.join("\n"));
            }
        }
    } else {
        let tables = "SELECT tablename::text AS text FROM pg_tables WHERE schemaname = 'public'";
        for table in ask(tables.to_owned()).await {
            let cells = format!("SELECT t::text AS text FROM {table} t");
            dump.push_str(&ask(cells).await.join("\n"));
        }
    }
    database.close().await.expect("closed");
    dump
}
