//! Mailed links, of invitations and of new addresses: everything that can happen to them over the wire.

use std::{collections::BTreeMap, fs};

use muster::{
    mail::eml,
    proto::{
        AcceptInvitationRequest, BatchResendInvitationsRequest, ConfirmEmailChangeRequest,
        CreateInvitationRequest, CreateTeamRequest, DeclineInvitationRequest, DeleteUserRequest,
        DeliveryState, ImportUsersRow, InvitationFilter, ListInvitationsRequest,
        PeekInvitationRequest, ReleaseLettersRequest, RequestEmailChangeRequest,
        RequestNewInvitationRequest, ResendInvitationRequest, RevokeInvitationRequest,
        invitation_service_client::InvitationServiceClient, team_service_client::TeamServiceClient,
        user_service_client::UserServiceClient,
    },
};

use crate::{
    answers::{Recorded, Recorder},
    binary::Folder,
    fixtures::{invitation_of, team_called},
    refusals::Outcome,
    uploads::{by_rows, held, message, row},
    waiting::until,
};

const IMPORTS: [&str; 3] = ["spring", "summer", "autumn"];
const IMPORTED: usize = 300;
const SINGLE: usize = 25;
/// More than one call resends.
const RESENT: usize = 120;
/// Who asks for another address.
const CHANGED: usize = 8;

/// A team whose links live and die.
pub(crate) struct Life<'a> {
    invitations: InvitationServiceClient<Recorded>,
    users: UserServiceClient<Recorded>,
    folder: &'a Folder,
    /// The team's id.
    pub(crate) team: String,
}

impl<'a> Life<'a> {
    /// A team, and imports whose letters are held: they wait with their tokens, which are known once they are released.
    pub(crate) async fn begin(recorder: &Recorder, key: &str, folder: &'a Folder) -> Self {
        let mut teams = TeamServiceClient::new(recorder.keyed(key));
        let request: CreateTeamRequest = team_called("acme");
        let team = teams.create_team(request).await.answered().team;
        let life = Self {
            invitations: InvitationServiceClient::new(recorder.keyed(key)),
            users: UserServiceClient::new(recorder.keyed(key)),
            folder,
            team: team.expect("the team").id,
        };
        let mut users = UserServiceClient::new(recorder.keyed(key));
        for import in IMPORTS {
            let person = |n| row(&format!("{import}{n}@a.example"));
            let rows: Vec<ImportUsersRow> = (0..IMPORTED).map(person).collect();
            let parts = by_rows(held(&life.team, import), &rows);
            let stream = tokio_stream::iter(parts.into_iter().map(message));
            let answer = users.import_users(stream).await.answered();
            assert_eq!(answer.results.len(), IMPORTED);
        }
        life.sent(1).await;
        life
    }

    /// Single invitations, releases, resends, and then answers of every kind.
    pub(crate) async fn live(&mut self) {
        let mut single = Vec::new();
        for n in 0..SINGLE {
            let request: CreateInvitationRequest =
                invitation_of(&self.team, &format!("s{n}@a.example"));
            let answer = self.invitations.create_invitation(request).await.answered();
            single.push(answer.invitation.expect("an invitation").id);
        }
        let mut count = 1 + SINGLE;
        self.sent(count).await;
        let first = letters(self.folder);
        for invitation_id in &single[..SINGLE - 5] {
            let request = ResendInvitationRequest {
                team_id: self.team.clone(),
                invitation_id: invitation_id.clone(),
                ..ResendInvitationRequest::default()
            };
            self.invitations.resend_invitation(request).await.answered();
        }
        count += SINGLE - 5;
        self.sent(count).await;
        for import in IMPORTS {
            let request = ReleaseLettersRequest {
                team_id: self.team.clone(),
                import_id: import.to_owned(),
                ..ReleaseLettersRequest::default()
            };
            self.invitations.release_letters(request).await.answered();
            count += IMPORTED;
            self.sent(count).await;
        }
        let imported = self.of_import(IMPORTS[0]).await;
        self.resend(&imported[..RESENT]).await;
        self.sent(count + RESENT).await;
        self.answer(&first).await;
    }

    async fn of_import(&mut self, import: &str) -> Vec<String> {
        let filter = InvitationFilter {
            import_id: import.to_owned(),
            ..InvitationFilter::default()
        };
        let request = ListInvitationsRequest {
            team_id: self.team.clone(),
            page_size: 1_000,
            filter: Some(filter),
            ..ListInvitationsRequest::default()
        };
        let listed = self.invitations.list_invitations(request).await.answered();
        let ids = listed.invitations.into_iter();
        ids.map(|invitation| invitation.id).collect()
    }

    async fn resend(&mut self, ids: &[String]) {
        for some in ids.chunks(100) {
            let request = BatchResendInvitationsRequest {
                team_id: self.team.clone(),
                invitation_ids: some.to_vec(),
                ..BatchResendInvitationsRequest::default()
            };
            let answer = self.invitations.batch_resend_invitations(request).await;
            assert_eq!(answer.answered().results.len(), some.len());
        }
    }

    /// What people do with their links; the old ones are dead for most.
    async fn answer(&mut self, first: &BTreeMap<String, String>) {
        for token in first.values() {
            drop(self.peek(token).await);
            let request = RequestNewInvitationRequest {
                token: token.clone(),
                ..RequestNewInvitationRequest::default()
            };
            drop(self.invitations.request_new_invitation(request).await);
        }
        let all = letters(self.folder);
        let mut joined = Vec::new();
        let newer = all.iter().filter(|(name, _)| !first.contains_key(*name));
        // Of the resent ones both links are there.
        for (n, (_, token)) in newer.enumerate().step_by(4) {
            let token = token.clone();
            drop(self.peek(&token).await);
            match n % 16 {
                0 | 4 => {
                    let request = AcceptInvitationRequest {
                        token,
                        ..AcceptInvitationRequest::default()
                    };
                    let answer = self.invitations.accept_invitation(request).await;
                    joined.extend(answer.ok().and_then(|done| done.into_inner().member));
                }
                8 => {
                    let request = DeclineInvitationRequest {
                        token,
                        ..DeclineInvitationRequest::default()
                    };
                    drop(self.invitations.decline_invitation(request).await);
                }
                _ => {}
            }
        }
        for invitation_id in self.of_import(IMPORTS[1]).await.into_iter().skip(200) {
            let request = RevokeInvitationRequest {
                team_id: self.team.clone(),
                invitation_id,
                ..RevokeInvitationRequest::default()
            };
            drop(self.invitations.revoke_invitation(request).await);
        }
        let joined = joined.into_iter().map(|member| member.user_id);
        self.change_addresses(joined.take(CHANGED).collect()).await;
    }

    /// People who joined ask for other addresses; some confirm, some come too late or twice, one is erased.
    async fn change_addresses(&mut self, people: Vec<String>) {
        assert_eq!(people.len(), CHANGED);
        for (n, user_id) in people.iter().enumerate() {
            let request = RequestEmailChangeRequest {
                user_id: user_id.clone(),
                email: format!("changed{n}@a.example"),
                ..RequestEmailChangeRequest::default()
            };
            let answer = self.users.request_email_change(request).await;
            answer.answered();
        }
        let links = until("the links to new addresses are in the folder", async || {
            Some(changes(self.folder)).filter(|links| links.len() == CHANGED)
        });
        let links = links.await;
        let request = DeleteUserRequest {
            user_id: people[0].clone(),
            ..DeleteUserRequest::default()
        };
        self.users.delete_user(request).await.answered();
        for token in links.iter().chain(&links[..2]) {
            let request = ConfirmEmailChangeRequest {
                token: token.clone(),
                ..ConfirmEmailChangeRequest::default()
            };
            drop(self.users.confirm_email_change(request).await);
        }
    }

    async fn peek(&mut self, token: &str) -> Result<(), tonic::Status> {
        let token = token.to_owned();
        let peek = PeekInvitationRequest { token };
        self.invitations.peek_invitation(peek).await.map(drop)
    }

    /// Waits until so many letters are in the folder and none is queued.
    async fn sent(&self, count: usize) {
        until("the letters are in the folder", async || {
            (names(self.folder).len() == count).then_some(())
        })
        .await;
        until("no letter is queued", async || {
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
            queued.invitations.is_empty().then_some(())
        })
        .await;
        assert_eq!(names(self.folder).len(), count);
    }
}

/// The tokens of the links to new addresses in the outbox folder.
fn changes(folder: &Folder) -> Vec<String> {
    let token = |name: String| {
        let letter = fs::read(folder.file("outbox").join(&name)).ok()?;
        let link = eml::link(&letter)?;
        let (_, token) = link.split_once("/email-changes/")?;
        Some(token.to_owned())
    };
    names(folder).into_iter().filter_map(token).collect()
}

/// The files of the letters in the outbox folder.
fn names(folder: &Folder) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder.file("outbox")) else {
        return Vec::new();
    };
    let names = entries.filter_map(|entry| entry.expect("an entry").file_name().into_string().ok());
    names
        .filter(|name| name.to_ascii_lowercase().ends_with(".eml") && !name.starts_with('.'))
        .collect()
}

/// The token of each letter in the outbox folder, by the letter's name.
pub(crate) fn letters(folder: &Folder) -> BTreeMap<String, String> {
    let letter = |name: String| {
        let letter = fs::read(folder.file("outbox").join(&name)).ok()?;
        let link = eml::link(&letter)?;
        let (_, token) = link.rsplit_once('/')?;
        Some((name, token.to_owned()))
    };
    names(folder).into_iter().filter_map(letter).collect()
}
