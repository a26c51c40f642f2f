//! What tests of directories begin with: a team that may have one, and the one that it has.

use muster::proto::{
    CreateDirectoryRequest, Directory, DirectoryEntry, DirectoryProvider, Entitlement,
    GetDirectoryRequest, SyncDirectoryEnd, SyncDirectoryEntries, SyncDirectoryHeader,
    SyncDirectoryRequest, SyncDirectoryResponse, SyncMode, SyncOutcome, SyncResult,
    directory_service_client::DirectoryServiceClient, sync_directory_request::Part,
};
use tonic::{Response, Status};

use crate::{
    fixtures::NewTeam,
    harness::{Harness, Keyed},
    refusals::{Outcome, reason},
};

/// The settings of a directory.
pub(crate) fn directory_of(team: &str, name: &str) -> Directory {
    Directory {
        team_id: team.to_owned(),
        display_name: name.to_owned(),
        provider: DirectoryProvider::Entra.into(),
        ..Directory::default()
    }
}

/// What makes a directory.
pub(crate) fn creation(directory: Directory) -> CreateDirectoryRequest {
    CreateDirectoryRequest {
        directory: Some(directory),
        ..CreateDirectoryRequest::default()
    }
}

/// How many entries the tests put into one message.
const ENTRIES_A_MESSAGE: usize = 2_000;

/// A full snapshot of a directory.
pub(crate) fn full(directory: &Directory) -> SyncDirectoryHeader {
    SyncDirectoryHeader {
        team_id: directory.team_id.clone(),
        directory_id: directory.id.clone(),
        mode: SyncMode::Full.into(),
        ..SyncDirectoryHeader::default()
    }
}

/// What changed in a directory.
pub(crate) fn delta(directory: &Directory) -> SyncDirectoryHeader {
    SyncDirectoryHeader {
        mode: SyncMode::Delta.into(),
        ..full(directory)
    }
}

/// Ann Lee, active, under this id and address.
pub(crate) fn entry(id: &str, email: &str) -> DirectoryEntry {
    DirectoryEntry {
        external_id: id.to_owned(),
        email: email.to_owned(),
        given_name: "Ann".to_owned(),
        family_name: "Lee".to_owned(),
        active: true,
        removed: false,
    }
}

/// Ann Lee, who may not sign in.
pub(crate) fn inactive(id: &str, email: &str) -> DirectoryEntry {
    DirectoryEntry {
        active: false,
        ..entry(id, email)
    }
}

/// Somebody who is gone.
pub(crate) fn gone(id: &str) -> DirectoryEntry {
    DirectoryEntry {
        external_id: id.to_owned(),
        removed: true,
        ..DirectoryEntry::default()
    }
}

/// So many people of a domain that a team has.
pub(crate) fn staff(count: usize) -> Vec<DirectoryEntry> {
    (0..count)
        .map(|number| entry(&format!("id{number}"), &format!("ann{number}@acme.example")))
        .collect()
}

/// The whole stream of a sync.
pub(crate) fn parts(header: SyncDirectoryHeader, entries: &[DirectoryEntry]) -> Vec<Part> {
    let mut parts = vec![Part::Header(header)];
    parts.extend(entries.chunks(ENTRIES_A_MESSAGE).map(|some| {
        Part::Entries(SyncDirectoryEntries {
            entries: some.to_vec(),
        })
    }));
    parts.push(Part::End(SyncDirectoryEnd {
        entry_count: i64::try_from(entries.len()).expect("a count"),
        group_count: 0,
    }));
    parts
}

/// How many entries had each outcome.
pub(crate) fn counted(answer: &SyncDirectoryResponse) -> Vec<(SyncOutcome, i32)> {
    let counts = answer.outcome_counts.iter();
    counts.map(|one| (one.outcome(), one.count)).collect()
}

/// The outcomes that are told, in their order.
pub(crate) fn told(answer: &SyncDirectoryResponse) -> Vec<SyncOutcome> {
    answer.results.iter().map(SyncResult::outcome).collect()
}

impl Harness {
    /// The call `SyncDirectory` with these parts.
    pub(crate) async fn sync_parts(
        &self,
        parts: Vec<Part>,
    ) -> Result<Response<SyncDirectoryResponse>, Status> {
        let messages = parts
            .into_iter()
            .map(|part| SyncDirectoryRequest { part: Some(part) });
        let stream = tokio_stream::iter(messages.collect::<Vec<_>>());
        self.directories().sync_directory(stream).await
    }

    /// A sync that is taken.
    pub(crate) async fn sync(
        &self,
        header: SyncDirectoryHeader,
        entries: &[DirectoryEntry],
    ) -> SyncDirectoryResponse {
        self.sync_parts(parts(header, entries)).await.answered()
    }

    /// A team that has the domain acme.example, and its directory.
    pub(crate) async fn synced_team(&self) -> (NewTeam, Directory) {
        let team = self.led_team("acme").await;
        self.own_domain(&team.id, "acme.example").await;
        let (directory, _) = self.directory(&team.id).await;
        (team, directory)
    }

    /// Makes somebody a member of the directory of his team, which has the domain of his address from then on.
    pub(crate) async fn take_over(&self, team: &str, user: &str) {
        let user = self.user(user).await;
        let (_, domain) = user.email.split_once('@').expect("an address");
        self.own_domain(team, domain).await;
        let (directory, _) = self.directory(team).await;
        let wanted = DirectoryEntry {
            given_name: user.given_name,
            family_name: user.family_name,
            ..entry("kept", &user.email)
        };
        let answer = self.sync(delta(&directory), &[wanted]).await;
        assert_eq!(told(&answer), [SyncOutcome::TakenOver]);
    }

    /// `DirectoryService` with the operator's key.
    pub(crate) fn directories(&self) -> DirectoryServiceClient<Keyed> {
        DirectoryServiceClient::new(self.keyed_channel())
    }

    /// `DirectoryService` on behalf of a person.
    pub(crate) fn directories_as(&self, user: &str) -> DirectoryServiceClient<Keyed> {
        DirectoryServiceClient::with_interceptor(self.channel(), self.acting_as(user))
    }

    /// Lets a team have a directory.
    pub(crate) async fn entitle(&self, team: &str) {
        self.set_team(team, "entitlements", |wanted| {
            wanted.entitlements = vec![Entitlement::DirectorySync.into()];
        })
        .await;
    }

    /// Makes the directory of a team that may have one, and its token.
    pub(crate) async fn directory(&self, team: &str) -> (Directory, String) {
        self.entitle(team).await;
        let request = creation(directory_of(team, "Entra"));
        let made = self
            .directories()
            .create_directory(request)
            .await
            .answered();
        (made.directory.expect("the directory"), made.token)
    }

    /// The directory of a team, as it stands.
    pub(crate) async fn directory_now(&self, team: &str) -> Directory {
        let request = GetDirectoryRequest {
            team_id: team.to_owned(),
        };
        let answer = self.directories().get_directory(request).await.answered();
        answer.directory.expect("the directory")
    }

    /// What fields of a team's directory and of a group of it hold; they are made if there are none.
    pub(crate) async fn directory_things(&self, team: &str) -> Vec<(&'static str, String)> {
        self.entitle(team).await;
        let request = creation(directory_of(team, "Entra"));
        if let Err(refused) = self.directories().create_directory(request).await {
            assert_eq!(reason(&refused), "DIRECTORY_EXISTS");
        }
        let directory = self.directory_now(team).await;
        let mut things = self.group_things(&directory).await;
        things.push(("directory_id", directory.id));
        things
    }
}
