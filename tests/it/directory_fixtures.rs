//! What tests of directories begin with: a team that may have one, and the one that it has.

use muster::proto::{
    CreateDirectoryRequest, Directory, DirectoryProvider, Entitlement, GetDirectoryRequest,
    directory_service_client::DirectoryServiceClient,
};

use crate::{
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

impl Harness {
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

    /// What fields of a team's directory hold; it is made if there is none.
    pub(crate) async fn directory_things(&self, team: &str) -> Vec<(&'static str, String)> {
        self.entitle(team).await;
        let request = creation(directory_of(team, "Entra"));
        if let Err(refused) = self.directories().create_directory(request).await {
            assert_eq!(reason(&refused), "DIRECTORY_EXISTS");
        }
        vec![("directory_id", self.directory_now(team).await.id)]
    }
}
