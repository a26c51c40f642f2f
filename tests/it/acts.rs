//! What each generated step does on the stage.

use muster::proto::{
    AcceptInvitationRequest, BatchResendInvitationsRequest, BatchRevokeInvitationsRequest,
    CorrectEmailRequest, CreateInvitationRequest, CreateTeamRequest, CreateUserRequest,
    DeclineInvitationRequest, DomainRule, DomainRuleEffect, ReleaseLettersRequest,
    RequestNewInvitationRequest, ResendInvitationRequest, RevokeInvitationRequest, Team,
    UpdateTeamRequest, UpdateUserRequest, User, VerifiedAccountPolicy,
};
use prost_types::{Duration, FieldMask};

use crate::{
    fixtures::{invitation_of, team_of, token, with_role},
    stage::{Stage, note, pick, settled},
    steps::{Form, How, ImportManner, Link, Reply, Setting, Step, Who},
    uploads::{by_rows, header, row},
};

impl Stage<'_> {
    /// Takes a step, and reads the letters that it caused.
    pub(crate) async fn take(&mut self, step: &Step) {
        match step {
            Step::Wait(time) => self.h.advance(*time),
            Step::CreateTeam(admin, seats, how) => self.create_team(*admin, *seats, *how).await,
            Step::UpdateTeam(team, setting, how) => self.update_team(*team, *setting, *how).await,
            Step::Invite(team, who, role, Form::CreateInvitation, how) => {
                let request = CreateInvitationRequest {
                    role: (*role).into(),
                    ..invitation_of(&self.team(*team), &self.address(*who))
                };
                let call = async |it| self.h.invitations().create_invitation(it).await;
                if let Some(answer) = self.call(*how, request, call).await {
                    self.learn(answer.member, answer.invitation);
                }
            }
            Step::Invite(team, who, role, Form::CreateUser, how) => {
                let request = CreateUserRequest {
                    team_id: self.team(*team),
                    email: self.address(*who),
                    given_name: "Ann".to_owned(),
                    family_name: "Lee".to_owned(),
                    role: (*role).into(),
                    language: "uk".to_owned(),
                    ..CreateUserRequest::default()
                };
                let call = async |it| self.h.users().create_user(it).await;
                if let Some(answer) = self.call(*how, request, call).await {
                    self.learn(answer.member, answer.invitation);
                }
            }
            Step::Import(team, rows, manner) => self.import(*team, rows, *manner).await,
            Step::Answer(link, reply, how) => self.answer(*link, *reply, *how).await,
            Step::CorrectEmail(member, who, how) => {
                let place = pick(&self.members, *member).cloned();
                self.correct(place, *who, *how).await;
            }
            Step::CorrectAdmin(team, who, how) => {
                let team = self.team(*team);
                // A team's first member is the admin it began with.
                let place = self.members.iter().find(|(of, _)| *of == team).cloned();
                self.correct(place, *who, *how).await;
            }
            Step::UpdateMember(member, role, how) => {
                let Some((team, user)) = pick(&self.members, *member) else {
                    return;
                };
                let request = with_role(team, user, *role);
                let call = async |it| self.h.teams().update_member(it).await;
                self.call(*how, request, call).await;
            }
            Step::Part(departure, how) => self.part(departure, *how).await,
            Step::UpdateUser(member, name, how) => self.rename(*member, *name, *how).await,
            _ => self.with_invitations(step).await,
        }
        let mut letters = self.h.deliver().await;
        letters.sort_by(|a, b| a.to.cmp(&b.to));
        let links = letters.iter().filter(|letter| letter.link().is_some());
        self.tokens.extend(links.map(token));
    }

    async fn create_team(&mut self, admin: Who, seats: Option<i32>, how: How) {
        // Few teams, so that people meet in them.
        if self.teams.len() == 3 {
            return;
        }
        let request = CreateTeamRequest {
            seat_limit: seats,
            ..team_of("acme", &self.address(admin))
        };
        let call = async |it| self.h.teams().create_team(it).await;
        if let Some(answer) = self.call(how, request, call).await {
            self.teams.push(answer.team.expect("the team").id);
            self.learn(answer.member, answer.invitation);
        }
    }

    async fn update_team(&self, team: u8, setting: Setting, how: How) {
        let mut wanted = Team {
            id: self.team(team),
            ..Team::default()
        };
        let path = match setting {
            Setting::AskFirst(asks) => {
                if asks {
                    wanted.set_verified_account_policy(VerifiedAccountPolicy::AskFirst);
                }
                "verified_account_policy"
            }
            Setting::Seats(limit) => {
                wanted.seat_limit = limit;
                "seat_limit"
            }
            Setting::GuestsOnly(only) => {
                wanted.domain_rules = if only {
                    vec![DomainRule {
                        domain: "two.example".to_owned(),
                        effect: DomainRuleEffect::GuestOnly.into(),
                    }]
                } else {
                    Vec::new()
                };
                "domain_rules"
            }
            Setting::Days(days) => {
                wanted.invitation_ttl = Some(Duration {
                    seconds: days * 86_400,
                    nanos: 0,
                });
                "invitation_ttl"
            }
            Setting::Name(number) => {
                wanted.display_name = format!("Acme {number}");
                "display_name"
            }
        };
        let request = UpdateTeamRequest {
            team: Some(wanted),
            update_mask: Some(FieldMask {
                paths: vec![path.to_owned()],
            }),
            ..UpdateTeamRequest::default()
        };
        let call = async |it| self.h.teams().update_team(it).await;
        self.call(how, request, call).await;
    }

    async fn import(&mut self, team: u8, rows: &[Option<Who>], manner: ImportManner) {
        let mut header = header(&self.team(team), &import_id(manner.id));
        header.hold_letters = manner.held;
        header.validate_only = manner.rehearsed;
        let rows: Vec<_> = rows
            .iter()
            .map(|who| row(&who.map_or("nobody".to_owned(), |who| self.address(who))))
            .collect();
        let before = self.events().await.len();
        let Some(answer) = settled(self.h.import(by_rows(header.clone(), &rows)).await) else {
            assert_eq!(self.events().await.len(), before, "a refused import");
            return;
        };
        if manner.rehearsed {
            assert_eq!(self.events().await.len(), before, "a rehearsed import");
            return;
        }
        for result in answer.results {
            let team = header.team_id.clone();
            if !result.user_id.is_empty() {
                note(&mut self.members, (team.clone(), result.user_id));
            }
            if !result.invitation_id.is_empty() {
                note(&mut self.invitations, (team, result.invitation_id));
            }
        }
    }

    async fn answer(&self, link: Link, reply: Reply, how: How) {
        let known = match link {
            Link::Recent(ago) => self.tokens.iter().rev().nth(usize::from(ago)),
            Link::Any(number) => pick(&self.tokens, number),
            Link::Unknown => None,
        };
        let token = known.cloned().unwrap_or_else(|| "A".repeat(43));
        let request_id = String::new();
        match reply {
            Reply::Accept => {
                let request = AcceptInvitationRequest { token, request_id };
                let call = async |it| self.h.invitations().accept_invitation(it).await;
                self.call(how, request, call).await;
            }
            Reply::Decline => {
                let request = DeclineInvitationRequest { token, request_id };
                let call = async |it| self.h.invitations().decline_invitation(it).await;
                self.call(how, request, call).await;
            }
            Reply::AskForNew => {
                let request = RequestNewInvitationRequest { token, request_id };
                let call = async |it| self.h.invitations().request_new_invitation(it).await;
                self.call(how, request, call).await;
            }
        }
    }

    async fn correct(&mut self, place: Option<(String, String)>, who: Who, how: How) {
        let Some((team_id, user_id)) = place else {
            return;
        };
        let request = CorrectEmailRequest {
            team_id,
            user_id,
            email: self.address(who),
            ..CorrectEmailRequest::default()
        };
        let call = async |it| self.h.users().correct_email(it).await;
        if let Some(answer) = self.call(how, request, call).await {
            self.learn(answer.member, answer.invitation);
        }
    }

    async fn rename(&self, member: u8, name: u8, how: How) {
        let Some((_, user)) = pick(&self.members, member) else {
            return;
        };
        let request = UpdateUserRequest {
            user: Some(User {
                id: user.clone(),
                given_name: format!("Ann {name}"),
                ..User::default()
            }),
            update_mask: Some(FieldMask {
                paths: vec!["given_name".to_owned()],
            }),
            ..UpdateUserRequest::default()
        };
        let call = async |it| self.h.users().update_user(it).await;
        self.call(how, request, call).await;
    }

    /// The steps of an admin with invitations that exist.
    async fn with_invitations(&self, step: &Step) {
        let request_id = String::new();
        match step {
            Step::Resend(one, how) => {
                let Some((team_id, invitation_id)) = pick(&self.invitations, *one).cloned() else {
                    return;
                };
                let request = ResendInvitationRequest {
                    team_id,
                    invitation_id,
                    ..ResendInvitationRequest::default()
                };
                let call = async |it| self.h.invitations().resend_invitation(it).await;
                self.call(*how, request, call).await;
            }
            Step::Revoke(one, how) => {
                let Some((team_id, invitation_id)) = pick(&self.invitations, *one).cloned() else {
                    return;
                };
                let request = RevokeInvitationRequest {
                    team_id,
                    invitation_id,
                    ..RevokeInvitationRequest::default()
                };
                let call = async |it| self.h.invitations().revoke_invitation(it).await;
                self.call(*how, request, call).await;
            }
            Step::BatchResend(team, some, how) => {
                let request = BatchResendInvitationsRequest {
                    team_id: self.team(*team),
                    invitation_ids: self.some(some),
                    request_id,
                };
                let call = async |it| self.h.invitations().batch_resend_invitations(it).await;
                self.call(*how, request, call).await;
            }
            Step::BatchRevoke(team, some, how) => {
                let request = BatchRevokeInvitationsRequest {
                    team_id: self.team(*team),
                    invitation_ids: self.some(some),
                    import_id: String::new(),
                    request_id,
                };
                let call = async |it| self.h.invitations().batch_revoke_invitations(it).await;
                self.call(*how, request, call).await;
            }
            Step::TakeBack(team, import, how) => {
                let request = BatchRevokeInvitationsRequest {
                    team_id: self.team(*team),
                    invitation_ids: Vec::new(),
                    import_id: import_id(*import),
                    request_id,
                };
                let call = async |it| self.h.invitations().batch_revoke_invitations(it).await;
                self.call(*how, request, call).await;
            }
            Step::Release(team, import, how) => {
                let request = ReleaseLettersRequest {
                    team_id: self.team(*team),
                    import_id: import_id(*import),
                    request_id,
                };
                let call = async |it| self.h.invitations().release_letters(it).await;
                self.call(*how, request, call).await;
            }
            other => panic!("nothing to do with invitations: {other:?}"),
        }
    }
}

fn import_id(number: u8) -> String {
    format!("import{number}")
}
