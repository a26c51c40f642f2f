//! Many who write at once through several servers, in each other's way, and transactions that commit late.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use muster::{
    ids,
    proto::{
        AcceptInvitationRequest, BatchRevokeInvitationsRequest, CorrectEmailRequest,
        CreateInvitationRequest, ImportUsersRequest, Invitation, ResendInvitationRequest,
        RevokeInvitationRequest, Role, Team, UpdateTeamRequest, event_service_client,
        invitation_service_client::InvitationServiceClient, team_service_client::TeamServiceClient,
        user_service_client::UserServiceClient,
    },
};
use prost_types::FieldMask;
use sea_orm::{ConnectionTrait, TransactionTrait};
use tonic::{Code, Response, Status};

use crate::{
    binary::Server,
    deployments::{Deployment, Look},
    fixtures::{invitation_of, team_called},
    harness::Keyed,
    refusals::{Outcome, reason},
    uploads::{by_rows, crowd, header, message},
};

/// Servers on one database, and what writers know of it.
pub(crate) struct Crowd {
    /// What the servers share.
    pub(crate) deployment: Deployment,
    /// The database.
    pub(crate) look: Look,
    /// The teams in which all meet.
    pub(crate) teams: Vec<String>,
    servers: Vec<Server>,
    key: String,
    invitations: Mutex<Vec<Invitation>>,
}

/// A number below another.
pub(crate) fn chance(below: usize) -> usize {
    let random = ids::nonce().as_u64_pair().1 >> 2;
    usize::try_from(random).expect("64 bits") % below
}

impl Crowd {
    /// So many servers and teams.
    pub(crate) async fn on(url: &str, servers: usize, teams: usize) -> Self {
        let deployment = Deployment::on(url);
        let servers: Vec<_> = (0..servers).map(|_| deployment.serve()).collect();
        let key = deployment.key();
        let mut made = Vec::new();
        for number in 0..teams {
            let mut client = TeamServiceClient::new(servers[0].keyed(&key));
            let request = team_called(&format!("team{number}"));
            let answer = client.create_team(request).await.answered();
            made.push(answer.team.expect("the team").id);
        }
        Self {
            deployment,
            look: Look::at(url).await,
            teams: made,
            servers,
            key,
            invitations: Mutex::default(),
        }
    }

    /// A new connection to one server or another.
    pub(crate) fn anywhere(&self) -> Keyed {
        self.servers[chance(self.servers.len())].keyed(&self.key)
    }

    /// `EventService` of each server.
    pub(crate) fn everywhere(
        &self,
    ) -> impl Iterator<Item = event_service_client::EventServiceClient<Keyed>> {
        let keyed = self.servers.iter().map(|server| server.keyed(&self.key));
        keyed.map(event_service_client::EventServiceClient::new)
    }

    fn team(&self) -> String {
        self.teams[chance(self.teams.len())].clone()
    }

    fn known(&self) -> Option<Invitation> {
        let all = self.lock();
        (!all.is_empty()).then(|| all[chance(all.len())].clone())
    }

    fn newest(&self) -> Vec<String> {
        let all = self.lock();
        all.iter().rev().take(3).map(|one| one.id.clone()).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Invitation>> {
        self.invitations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes so many calls; how many a rule refused.
    pub(crate) async fn write(&self, calls: usize) -> usize {
        let mut refused = 0;
        for _ in 0..calls {
            let keyed = self.anywhere();
            let outcome = match (chance(12), self.known()) {
                (0..4, _) | (_, None) => self.invite(keyed).await,
                (4, _) => self.update(keyed).await,
                (5, _) => self.accept(keyed).await,
                (6, _) => self.import(keyed).await,
                (kind, Some(known)) => self.change(keyed, known, kind).await,
            };
            if let Err(status) = outcome {
                let by_rule = [
                    Code::FailedPrecondition,
                    Code::NotFound,
                    Code::ResourceExhausted,
                    Code::Aborted,
                ];
                let reason = reason(&status);
                assert!(by_rule.contains(&status.code()), "{reason}");
                refused += 1;
            }
        }
        refused
    }

    /// One of a few people, so that all invite the same.
    async fn invite(&self, keyed: Keyed) -> Result<(), Status> {
        let email = format!("p{}@acme.example", chance(40));
        let mut request = CreateInvitationRequest {
            request_id: ids::nonce().to_string(),
            ..invitation_of(&self.team(), &email)
        };
        request.set_role([Role::Member, Role::Guest][chance(2)]);
        let mut client = InvitationServiceClient::new(keyed);
        let answer = client.create_invitation(request).await?.into_inner();
        self.lock().extend(answer.invitation);
        Ok(())
    }

    async fn update(&self, keyed: Keyed) -> Result<(), Status> {
        let request = UpdateTeamRequest {
            team: Some(Team {
                id: self.team(),
                display_name: format!("Team {}", chance(9)),
                ..Team::default()
            }),
            update_mask: Some(FieldMask {
                paths: vec!["display_name".to_owned()],
            }),
            request_id: ids::nonce().to_string(),
            ..UpdateTeamRequest::default()
        };
        done(TeamServiceClient::new(keyed).update_team(request).await)
    }

    async fn accept(&self, keyed: Keyed) -> Result<(), Status> {
        let tokens = self.deployment.tokens();
        let request = AcceptInvitationRequest {
            token: tokens[chance(tokens.len())].clone(),
            request_id: ids::nonce().to_string(),
        };
        let mut client = InvitationServiceClient::new(keyed);
        done(client.accept_invitation(request).await)
    }

    async fn import(&self, keyed: Keyed) -> Result<(), Status> {
        let header = header(&self.team(), &ids::nonce().to_string());
        let parts = by_rows(header, &crowd("p", 10 + chance(40)));
        let parts: Vec<ImportUsersRequest> = parts.into_iter().map(message).collect();
        let mut client = UserServiceClient::new(keyed);
        done(client.import_users(tokio_stream::iter(parts)).await)
    }

    async fn change(&self, keyed: Keyed, known: Invitation, kind: usize) -> Result<(), Status> {
        let mut client = InvitationServiceClient::new(keyed.clone());
        let request_id = ids::nonce().to_string();
        let (team_id, invitation_id) = (known.team_id, known.id);
        match kind {
            7 => {
                let request = ResendInvitationRequest {
                    team_id,
                    invitation_id,
                    request_id,
                    ..ResendInvitationRequest::default()
                };
                done(client.resend_invitation(request).await)
            }
            8 => {
                let request = RevokeInvitationRequest {
                    team_id,
                    invitation_id,
                    request_id,
                    ..RevokeInvitationRequest::default()
                };
                done(client.revoke_invitation(request).await)
            }
            9 => {
                let request = BatchRevokeInvitationsRequest {
                    team_id,
                    invitation_ids: self.newest(),
                    request_id,
                    ..BatchRevokeInvitationsRequest::default()
                };
                done(client.batch_revoke_invitations(request).await)
            }
            _ => {
                let request = CorrectEmailRequest {
                    team_id,
                    user_id: known.user_id,
                    email: format!("p{}@acme.example", chance(60)),
                    request_id,
                    ..CorrectEmailRequest::default()
                };
                done(UserServiceClient::new(keyed).correct_email(request).await)
            }
        }
    }

    /// Transactions beside the servers': they take a team's lock or write an event, stay open for moments, and commit or
    /// not. So calls that have drawn their numbers, and these events, commit late.
    pub(crate) async fn hold(&self) {
        let statement = match chance(2) {
            0 => format!(
                "SELECT id FROM teams WHERE id = '{}' FOR NO KEY UPDATE",
                self.team()
            ),
            _ => format!(
                "INSERT INTO events (batch, ordinal, create_time, type, team_id, changed_fields) \
                 SELECT base + pg_current_xact_id()::text::bigint, 1, 0, 'TEAM_UPDATED', '{}', 'external_id' \
                 FROM event_log",
                self.team()
            ),
        };
        let transaction = self.look.0.begin().await.expect("a transaction");
        let run = transaction.execute_unprepared(&statement).await;
        run.expect("a statement");
        let moment = u64::try_from(chance(60)).expect("small");
        tokio::time::sleep(Duration::from_millis(moment)).await;
        let end = if chance(3) == 0 {
            transaction.rollback().await
        } else {
            transaction.commit().await
        };
        end.expect("an end");
    }
}

fn done<A>(outcome: Result<Response<A>, Status>) -> Result<(), Status> {
    outcome.map(drop)
}
