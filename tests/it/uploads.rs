//! How tests send imports, and what they look at afterwards.

use std::collections::BTreeMap;

use muster::{
    config::Settings,
    proto::{
        Import, ImportOutcome, ImportResult, ImportUsersEnd, ImportUsersHeader, ImportUsersRequest,
        ImportUsersResponse, ImportUsersRow, ImportUsersRows, Invitation, InvitationFilter,
        ListImportResultsRequest, ListImportsRequest, ListInvitationsRequest, ListUsersRequest,
        TeamCounts, import_users_end::Count, import_users_request::Part,
    },
    store,
};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Response, Status};

use crate::{harness::Harness, refusals::Outcome};

/// How many rows the tests put into one message.
const ROWS_A_MESSAGE: usize = 500;

/// How many bytes the tests put into one message; a prime, so that it cuts where it may.
const BYTES_A_MESSAGE: usize = 65_521;

/// What an import is to do, nothing particular asked.
pub(crate) fn header(team: &str, import: &str) -> ImportUsersHeader {
    ImportUsersHeader {
        team_id: team.to_owned(),
        import_id: import.to_owned(),
        ..ImportUsersHeader::default()
    }
}

/// The same with its letters held.
pub(crate) fn held(team: &str, import: &str) -> ImportUsersHeader {
    ImportUsersHeader {
        hold_letters: true,
        ..header(team, import)
    }
}

/// A row for Ann Lee.
pub(crate) fn row(email: &str) -> ImportUsersRow {
    ImportUsersRow {
        given_name: "Ann".to_owned(),
        family_name: "Lee".to_owned(),
        email: email.to_owned(),
    }
}

/// Rows for Ann Lee under so many addresses.
pub(crate) fn crowd(name: &str, count: usize) -> Vec<ImportUsersRow> {
    (0..count)
        .map(|number| row(&format!("{name}{number}@acme.example")))
        .collect()
}

/// The whole stream of an import by rows.
pub(crate) fn by_rows(header: ImportUsersHeader, rows: &[ImportUsersRow]) -> Vec<Part> {
    let mut parts = vec![Part::Header(header)];
    parts.extend(rows.chunks(ROWS_A_MESSAGE).map(rows_part));
    parts.push(row_end(rows.len()));
    parts
}

/// The whole stream of an import by CSV.
pub(crate) fn by_csv(header: ImportUsersHeader, bytes: &[u8]) -> Vec<Part> {
    let mut parts = vec![Part::Header(header)];
    let chunks = bytes.chunks(BYTES_A_MESSAGE);
    parts.extend(chunks.map(|chunk| Part::Csv(chunk.to_vec())));
    parts.push(byte_end(bytes.len()));
    parts
}

/// Some rows of a stream.
pub(crate) fn rows_part(rows: &[ImportUsersRow]) -> Part {
    Part::Rows(ImportUsersRows {
        rows: rows.to_vec(),
    })
}

/// The end of a stream of so many rows.
pub(crate) fn row_end(count: usize) -> Part {
    end(Count::RowCount(i64::try_from(count).expect("a count")))
}

/// The end of a stream of so many bytes.
pub(crate) fn byte_end(count: usize) -> Part {
    end(Count::ByteCount(i64::try_from(count).expect("a count")))
}

fn end(count: Count) -> Part {
    Part::End(ImportUsersEnd { count: Some(count) })
}

/// The message of a part.
pub(crate) fn message(part: Part) -> ImportUsersRequest {
    ImportUsersRequest { part: Some(part) }
}

/// The outcomes of results, in their order.
pub(crate) fn outcomes(results: &[ImportResult]) -> Vec<ImportOutcome> {
    results.iter().map(ImportResult::outcome).collect()
}

/// Everything that an import could have written, as far as anybody can see it.
#[derive(Debug, PartialEq)]
pub(crate) struct Census {
    counts: TeamCounts,
    users: usize,
    imports: Vec<String>,
    invitations: BTreeMap<String, Invitation>,
    queued: u64,
}

impl Census {
    /// The same without the imports: a row that is refused is still one of an import.
    pub(crate) fn people(self) -> Self {
        Self {
            imports: Vec::new(),
            ..self
        }
    }
}

impl Harness {
    /// The call `ImportUsers` with these parts.
    pub(crate) async fn import(
        &self,
        parts: Vec<Part>,
    ) -> Result<Response<ImportUsersResponse>, Status> {
        let stream = tokio_stream::iter(parts.into_iter().map(message));
        self.users().import_users(stream).await
    }

    /// An import by rows that goes through; its results.
    pub(crate) async fn import_rows(
        &self,
        header: ImportUsersHeader,
        rows: &[ImportUsersRow],
    ) -> Vec<ImportResult> {
        self.import(by_rows(header, rows)).await.answered().results
    }

    /// What a team and the deployment hold.
    pub(crate) async fn census(&self, team: &str) -> Census {
        let invitations = self.invitations_of(team, InvitationFilter::default()).await;
        let imports = self.imports(team).await;
        Census {
            counts: self.counts(team).await,
            users: self.user_count().await,
            imports: imports.into_iter().map(|one| one.import_id).collect(),
            invitations: invitations
                .into_iter()
                .map(|one| (one.id.clone(), one))
                .collect(),
            queued: self.queued().await,
        }
    }

    /// How many letters wait for the relay.
    pub(crate) async fn queued(&self) -> u64 {
        store::outbox::queued(&self.ctx.store)
            .await
            .expect("a count")
    }

    /// How many accounts there are.
    pub(crate) async fn user_count(&self) -> usize {
        let mut request = ListUsersRequest {
            page_size: 1_000,
            ..ListUsersRequest::default()
        };
        let mut count = 0;
        loop {
            let page = self.users().list_users(request.clone()).await.answered();
            count += page.users.len();
            if page.next_page_token.is_empty() {
                return count;
            }
            request.page_token = page.next_page_token;
        }
    }

    /// All invitations of a team that a filter leaves.
    pub(crate) async fn invitations_of(
        &self,
        team: &str,
        filter: InvitationFilter,
    ) -> Vec<Invitation> {
        let mut request = ListInvitationsRequest {
            team_id: team.to_owned(),
            page_size: 1_000,
            page_token: String::new(),
            filter: Some(filter),
        };
        let mut all = Vec::new();
        loop {
            let mut client = self.invitations();
            let page = client.list_invitations(request.clone()).await.answered();
            all.extend(page.invitations);
            if page.next_page_token.is_empty() {
                return all;
            }
            request.page_token = page.next_page_token;
        }
    }

    /// The imports of a team, newest first.
    pub(crate) async fn imports(&self, team: &str) -> Vec<Import> {
        let request = ListImportsRequest {
            team_id: team.to_owned(),
            ..ListImportsRequest::default()
        };
        self.users().list_imports(request).await.answered().imports
    }

    /// The stored results of an import with one of these outcomes; all if there are none.
    pub(crate) async fn results_of(
        &self,
        team: &str,
        import: &str,
        outcomes: &[ImportOutcome],
    ) -> Vec<ImportResult> {
        let mut request = ListImportResultsRequest {
            team_id: team.to_owned(),
            import_id: import.to_owned(),
            page_size: 1_000,
            page_token: String::new(),
            outcomes: outcomes.iter().map(|one| i32::from(*one)).collect(),
        };
        let mut all = Vec::new();
        loop {
            let mut client = self.users();
            let page = client.list_import_results(request.clone()).await.answered();
            all.extend(page.results);
            if page.next_page_token.is_empty() {
                return all;
            }
            request.page_token = page.next_page_token;
        }
    }
}

/// Room for one import only.
pub(crate) fn one_at_once(settings: &mut Settings) {
    settings.concurrent_imports = 1;
}

/// An import whose stream is open.
pub(crate) struct Upload {
    /// Where its parts go in.
    pub(crate) parts: mpsc::Sender<ImportUsersRequest>,
    /// The call.
    pub(crate) call: JoinHandle<Result<Response<ImportUsersResponse>, Status>>,
}

impl Upload {
    /// Begins an import.
    async fn begin(h: &Harness, header: ImportUsersHeader) -> Self {
        let (parts, stream) = mpsc::channel(1);
        let mut client = h.users();
        let call =
            tokio::spawn(async move { client.import_users(ReceiverStream::new(stream)).await });
        let upload = Self { parts, call };
        // Whoever is refused at once may hear it before he has sent anything.
        let _ = upload.parts.send(message(Part::Header(header))).await;
        upload
    }

    /// Sends a part.
    pub(crate) async fn send(&self, part: Part) {
        let sent = self.parts.send(message(part)).await;
        sent.expect("an open stream");
    }

    /// Closes the stream and waits for the answer.
    pub(crate) async fn close(self) -> Result<Response<ImportUsersResponse>, Status> {
        drop(self.parts);
        self.call.await.expect("no panic")
    }
}

/// Where there is room for one import only: one that certainly has its place, and the refusal of its rival.
pub(crate) async fn in_place(h: &Harness, header: ImportUsersHeader) -> (Upload, Status) {
    let mut one = Upload::begin(h, header.clone()).await;
    let mut other = Upload::begin(h, header).await;
    let (placed, refused) = tokio::select! {
        answer = &mut one.call => (other, answer),
        answer = &mut other.call => (one, answer),
    };
    (placed, refused.expect("no panic").expect_err("a rival"))
}

/// The same in messages of one row each.
pub(crate) fn by_rows_of_one(header: ImportUsersHeader, rows: &[ImportUsersRow]) -> Vec<Part> {
    let mut parts = vec![Part::Header(header)];
    parts.extend(rows.chunks(1).map(rows_part));
    parts.push(row_end(rows.len()));
    parts
}
