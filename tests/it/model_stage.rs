//! Where the model's steps are played: one team of a deployment, whose ids are known by the numbers that the model gives them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use muster::{
    ids,
    proto::{
        AcceptInvitationRequest, CorrectEmailRequest, DeclineInvitationRequest, DomainRule,
        DomainRuleEffect, ImportOutcome, Invitation, Member, RejoinPolicy,
        RequestNewInvitationRequest, ResendInvitationRequest, RevokeInvitationRequest, Role, Team,
        UpdateTeamRequest, VerifiedAccountPolicy,
        invitation_service_client::InvitationServiceClient, team_service_client::TeamServiceClient,
        user_service_client::UserServiceClient,
    },
};
use prost_types::FieldMask;
use tonic::Status;

use crate::{
    fixtures::{invitation_of, team_of, token},
    harness::{Harness, Keyed},
    model::{Admitted, Model, Said},
    model_admission::SECOND,
    model_steps::{By, Reply, Setting, Step},
    refusals::{Outcome, reason},
    stage::note,
    uploads::{by_rows, header, row},
};

/// A deployment in which the model's team is to be.
pub(crate) struct Deployment<'a> {
    pub(crate) h: &'a Harness,
    /// A service's calls.
    pub(crate) service: Keyed,
    /// A team in which the others are.
    pub(crate) elsewhere: String,
}

/// The model's team in a deployment.
pub(crate) struct Place<'a> {
    pub(crate) h: &'a Harness,
    pub(crate) deployment: &'a Deployment<'a>,
    name: String,
    pub(crate) began: DateTime<Utc>,
    pub(crate) team: String,
    pub(crate) users: Vec<String>,
    invitations: Vec<String>,
    pub(crate) hubs: Vec<String>,
    /// Each after its hub.
    pub(crate) projects: Vec<(String, String)>,
    /// By invitation, the links it got.
    tokens: BTreeMap<(usize, i32), String>,
    imports: u32,
}

impl<'a> Place<'a> {
    /// A new team.
    pub(crate) async fn new(deployment: &'a Deployment<'a>, model: &Model) -> Self {
        let h = deployment.h;
        // What a sequence left behind that failed is not this one's.
        h.deliver().await;
        h.advance(TimeDelta::days(1));
        let mut place = Self {
            h,
            deployment,
            name: ids::nonce().simple().to_string(),
            began: h.now(),
            team: String::new(),
            users: Vec::new(),
            invitations: Vec::new(),
            hubs: Vec::new(),
            projects: Vec::new(),
            tokens: BTreeMap::new(),
            imports: 0,
        };
        let request = team_of("acme", &place.address(0));
        let answer = h.teams().create_team(request).await.answered();
        place.team = answer.team.expect("the team").id;
        place.learn(ImportOutcome::Invited, answer.member, answer.invitation);
        place.read(model).await;
        place
    }

    /// An address as it is typed.
    pub(crate) fn address(&self, number: u8) -> String {
        let domain = if number < SECOND { "one" } else { "two" };
        format!("p{number}.{}@{domain}.example", self.name)
    }

    /// The number of an address.
    fn number(&self, typed: &str) -> Option<u8> {
        (0..=u8::MAX).find(|number| self.address(*number) == typed)
    }

    /// Whether a letter has come of which nobody knew.
    pub(crate) async fn has_letters(&self) -> bool {
        let letters = self.h.deliver().await;
        letters.iter().any(|one| self.number(&one.to).is_some())
    }

    /// The number of an account.
    pub(crate) fn user(&self, id: &str) -> usize {
        let known = self.users.iter().position(|one| one == id);
        known.expect("an account that the model knows")
    }

    /// The number of an invitation.
    pub(crate) fn invitation(&self, id: &str) -> usize {
        let known = self.invitations.iter().position(|one| one == id);
        known.expect("an invitation that the model knows")
    }

    /// Takes a step, after which the model is this; what was answered, and who got letters.
    pub(crate) async fn take(&mut self, step: &Step, model: &Model) -> (Said, Vec<(u8, bool)>) {
        let said = match self.play(step).await {
            Ok(said) => said,
            Err(status) => Said::Refused(status.code(), reason(&status)),
        };
        // A letter of a call that was refused comes with those of the next.
        if matches!(said, Said::Refused(..)) && model.letters.is_empty() {
            return (said, Vec::new());
        }
        (said, self.read(model).await)
    }

    /// Reads the letters that are due.
    async fn read(&mut self, model: &Model) -> Vec<(u8, bool)> {
        let mut letters = Vec::new();
        for letter in self.h.deliver().await {
            // A sequence that failed may have left one on its way.
            let Some(number) = self.number(&letter.to) else {
                continue;
            };
            letters.push((number, letter.link().is_some()));
            let who = model.known(number).and_then(|who| model.open(who));
            if let (Some(open), true) = (who, letter.link().is_some()) {
                let sent = model.invitations[open].sent;
                self.tokens.insert((open, sent), token(&letter));
            }
        }
        letters.sort_unstable();
        letters
    }

    /// What an answer names, with the numbers that the model gives.
    pub(crate) fn learn(
        &mut self,
        outcome: ImportOutcome,
        member: Option<Member>,
        invitation: Option<Invitation>,
    ) -> Admitted {
        let user = member.map(|member| member.user_id);
        let invitation = invitation.map(|one| one.id);
        self.learn_ids(outcome, user, invitation)
    }

    fn learn_ids(
        &mut self,
        outcome: ImportOutcome,
        user: Option<String>,
        invitation: Option<String>,
    ) -> Admitted {
        if let Some(user) = &user {
            note(&mut self.users, user.clone());
        }
        if let Some(invitation) = &invitation {
            note(&mut self.invitations, invitation.clone());
        }
        Admitted {
            outcome,
            who: user.map(|id| self.user(&id)),
            invitation: invitation.map(|id| self.invitation(&id)),
            first_row: 0,
        }
    }

    pub(crate) fn teams(&self, by: By) -> TeamServiceClient<Keyed> {
        match by {
            By::Operator => self.h.teams(),
            By::Service => TeamServiceClient::new(self.deployment.service.clone()),
            By::Person(who) => self.h.teams_as(&self.users[who]),
        }
    }

    fn people(&self, by: By) -> UserServiceClient<Keyed> {
        match by {
            By::Operator => self.h.users(),
            By::Service => UserServiceClient::new(self.deployment.service.clone()),
            By::Person(who) => self.h.users_as(&self.users[who]),
        }
    }

    fn offers(&self, by: By) -> InvitationServiceClient<Keyed> {
        match by {
            By::Operator => self.h.invitations(),
            By::Service => InvitationServiceClient::new(self.deployment.service.clone()),
            By::Person(who) => self.h.invitations_as(&self.users[who]),
        }
    }

    async fn play(&mut self, step: &Step) -> Result<Said, Status> {
        match step {
            Step::Wait(seconds) => self.h.advance(TimeDelta::seconds(*seconds)),
            Step::Settle(setting) => self.settle(*setting).await?,
            Step::Elsewhere(address) => self.join_elsewhere(*address).await?,
            Step::Invite(by, address, role) => return self.invite(*by, *address, *role).await,
            Step::Import(by, rows) => return self.import(*by, rows).await,
            Step::CorrectEmail(by, who, address) => {
                let request = CorrectEmailRequest {
                    team_id: self.team.clone(),
                    user_id: self.users[*who].clone(),
                    email: self.address(*address),
                    ..CorrectEmailRequest::default()
                };
                let answer = self.people(*by).correct_email(request).await?.into_inner();
                let outcome = answer.outcome();
                let admitted = self.learn(outcome, answer.member, answer.invitation);
                return Ok(Said::Admitted(vec![admitted]));
            }
            Step::Resend(by, offer) => {
                let request = ResendInvitationRequest {
                    team_id: self.team.clone(),
                    invitation_id: self.invitations[*offer].clone(),
                    ..ResendInvitationRequest::default()
                };
                self.offers(*by).resend_invitation(request).await?;
            }
            Step::Revoke(by, offer) => {
                let request = RevokeInvitationRequest {
                    team_id: self.team.clone(),
                    invitation_id: self.invitations[*offer].clone(),
                    ..RevokeInvitationRequest::default()
                };
                self.offers(*by).revoke_invitation(request).await?;
            }
            Step::Answer(offer, older, reply) => return self.answer(*offer, *older, *reply).await,
            Step::InHub(by, step) => return self.play_in_hub(*by, *step).await,
            step => return self.go(step).await,
        }
        Ok(Said::Done)
    }

    async fn settle(&self, setting: Setting) -> Result<(), Status> {
        let mut team = Team {
            id: self.team.clone(),
            ..Team::default()
        };
        let path = match setting {
            Setting::Seats(limit) => {
                team.seat_limit = limit;
                "seat_limit"
            }
            Setting::AskFirst(asks) => {
                if asks {
                    team.set_verified_account_policy(VerifiedAccountPolicy::AskFirst);
                }
                "verified_account_policy"
            }
            Setting::AnySource(any) => {
                if any {
                    team.set_rejoin_policy(RejoinPolicy::AnySource);
                }
                "rejoin_policy"
            }
            Setting::GuestsOnly(only) => {
                let rule = DomainRule {
                    domain: "two.example".to_owned(),
                    effect: DomainRuleEffect::GuestOnly.into(),
                };
                team.domain_rules = Some(rule).filter(|_| only).into_iter().collect();
                "domain_rules"
            }
        };
        let request = UpdateTeamRequest {
            team: Some(team),
            update_mask: Some(FieldMask {
                paths: vec![path.to_owned()],
            }),
            ..UpdateTeamRequest::default()
        };
        self.h.teams().update_team(request).await.map(drop)
    }

    async fn join_elsewhere(&mut self, address: u8) -> Result<(), Status> {
        let request = invitation_of(&self.deployment.elsewhere, &self.address(address));
        let answer = self.h.invitations().create_invitation(request).await?;
        note(
            &mut self.users,
            answer.into_inner().member.expect("he").user_id,
        );
        let letters = self.h.deliver().await;
        if letters[0].link().is_some() {
            self.h.accept(&token(&letters[0])).await?;
        }
        Ok(())
    }

    async fn invite(&mut self, by: By, address: u8, role: Role) -> Result<Said, Status> {
        let mut request = invitation_of(&self.team, &self.address(address));
        request.set_role(role);
        let answer = self
            .offers(by)
            .create_invitation(request)
            .await?
            .into_inner();
        let outcome = answer.outcome();
        let admitted = self.learn(outcome, answer.member, answer.invitation);
        Ok(Said::Admitted(vec![admitted]))
    }

    async fn import(&mut self, by: By, rows: &[Option<u8>]) -> Result<Said, Status> {
        self.imports += 1;
        let rows: Vec<_> = rows
            .iter()
            .map(|one| row(&one.map_or("nobody".to_owned(), |number| self.address(number))))
            .collect();
        let header = header(&self.team, &format!("import{}", self.imports));
        let parts = by_rows(header, &rows).into_iter();
        let parts = parts.map(|part| muster::proto::ImportUsersRequest { part: Some(part) });
        let stream = tokio_stream::iter(parts.collect::<Vec<_>>());
        let answer = self.people(by).import_users(stream).await?.into_inner();
        let results = answer.results.into_iter().map(|one| {
            let id = |id: &String| Some(id.clone()).filter(|id| !id.is_empty());
            let ids = (id(&one.user_id), id(&one.invitation_id));
            Admitted {
                first_row: one.first_row,
                ..self.learn_ids(one.outcome(), ids.0, ids.1)
            }
        });
        Ok(Said::Admitted(results.collect()))
    }

    async fn answer(&self, offer: usize, older: i32, reply: Reply) -> Result<Said, Status> {
        let links = self.tokens.range((offer, 0)..(offer + 1, 0));
        let mut newest = links.rev().map(|(_, token)| token.clone());
        let older = usize::try_from(older).expect("few links");
        let token = newest.nth(older).expect("a link");
        let mut offers = self.h.invitations();
        let request_id = String::new();
        match reply {
            Reply::Accept => {
                let request = AcceptInvitationRequest { token, request_id };
                let answer = offers.accept_invitation(request).await?;
                return Ok(Said::Joined(answer.into_inner().already_accepted));
            }
            Reply::Decline => {
                let request = DeclineInvitationRequest { token, request_id };
                offers.decline_invitation(request).await?;
            }
            Reply::AskForNew => {
                let request = RequestNewInvitationRequest { token, request_id };
                offers.request_new_invitation(request).await?;
            }
        }
        Ok(Said::Done)
    }
}
