//! `InvitationService`.

use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    Rpc, members,
    pages::List,
    values::{id, ids, time, timestamp, word, words},
};
use crate::{
    app::{self, Caller},
    domain::{
        email::Email,
        imports::ImportId,
        invitations::{InvitationFilter, Step},
        languages::Language,
        names::PersonName,
        pages::size,
        roles::Role,
        texts::optional,
        tokens::LinkToken,
        users::Profile,
    },
    error::{Reason, Result, Rule, Violations},
    proto::{self, invitation_service_server::InvitationService},
};

/// How many invitations one call may resend.
const MAX_RESENDS: usize = 1_000;

/// How many invitations one call may revoke.
const MAX_REVOCATIONS: usize = 5_000;

#[tonic::async_trait]
impl InvitationService for Rpc {
    async fn create_invitation(
        &self,
        request: Request<proto::CreateInvitationRequest>,
    ) -> Result<Response<proto::CreateInvitationResponse>, Status> {
        self.mutate(request, create, async |rpc: Self, call, command| {
            app::invitations::create(&rpc.ctx, &call, &command, |entered, now| {
                let (outcome, member, invitation) = members::entered(entered, now);
                proto::CreateInvitationResponse {
                    outcome,
                    member,
                    invitation,
                }
            })
            .await
        })
        .await
    }

    async fn get_invitation(
        &self,
        request: Request<proto::GetInvitationRequest>,
    ) -> Result<Response<proto::GetInvitationResponse>, Status> {
        self.call(
            request,
            async |rpc: Self, caller: Caller, message: proto::GetInvitationRequest| {
                let (team, one) = key(&message.team_id, &message.invitation_id)?;
                let shown = app::invitations::get(&rpc.ctx, &caller, (team, one)).await?;
                Ok(proto::GetInvitationResponse {
                    invitation: Some(members::invitation(shown, rpc.ctx.clock.now())),
                })
            },
        )
        .await
    }

    async fn list_invitations(
        &self,
        request: Request<proto::ListInvitationsRequest>,
    ) -> Result<Response<proto::ListInvitationsResponse>, Status> {
        self.call(
            request,
            async |rpc: Self, caller: Caller, mut message: proto::ListInvitationsRequest| {
                let token = std::mem::take(&mut message.page_token);
                let size = size(std::mem::take(&mut message.page_size));
                let list = List::new("ListInvitations", "expire_time", &message);
                let (team, filter) = filter(message)?;
                let after = list.open(&rpc.ctx.secrets, &token)?;
                let page =
                    app::invitations::list(&rpc.ctx, &caller, (team, &filter), (after, size))
                        .await?;
                let now = rpc.ctx.clock.now();
                let next_page_token = list.seal(&rpc.ctx.secrets, page.next.as_ref());
                let invitations = page.items.into_iter();
                Ok(proto::ListInvitationsResponse {
                    invitations: invitations
                        .map(|shown| members::invitation(shown, now))
                        .collect(),
                    next_page_token,
                })
            },
        )
        .await
    }

    async fn resend_invitation(
        &self,
        request: Request<proto::ResendInvitationRequest>,
    ) -> Result<Response<proto::ResendInvitationResponse>, Status> {
        let decode = |one: &proto::ResendInvitationRequest| key(&one.team_id, &one.invitation_id);
        self.mutate(request, decode, async |rpc: Self, call, one| {
            app::resends::one(&rpc.ctx, &call, one, |shown, now| {
                proto::ResendInvitationResponse {
                    invitation: Some(members::invitation(shown, now)),
                }
            })
            .await
        })
        .await
    }

    async fn batch_resend_invitations(
        &self,
        request: Request<proto::BatchResendInvitationsRequest>,
    ) -> Result<Response<proto::BatchResendInvitationsResponse>, Status> {
        self.mutate(request, resends, async |rpc: Self, call, (team, wanted)| {
            let which = (team, &wanted[..]);
            app::resends::many(&rpc.ctx, &call, which, |reasons, _| {
                proto::BatchResendInvitationsResponse {
                    results: results(wanted.iter().copied().zip(reasons)),
                }
            })
            .await
        })
        .await
    }

    async fn revoke_invitation(
        &self,
        request: Request<proto::RevokeInvitationRequest>,
    ) -> Result<Response<proto::RevokeInvitationResponse>, Status> {
        let decode = |one: &proto::RevokeInvitationRequest| key(&one.team_id, &one.invitation_id);
        self.mutate(request, decode, async |rpc: Self, call, one| {
            app::revocations::one(&rpc.ctx, &call, one, |shown, now| {
                proto::RevokeInvitationResponse {
                    invitation: Some(members::invitation(shown, now)),
                }
            })
            .await
        })
        .await
    }

    async fn batch_revoke_invitations(
        &self,
        request: Request<proto::BatchRevokeInvitationsRequest>,
    ) -> Result<Response<proto::BatchRevokeInvitationsResponse>, Status> {
        self.mutate(
            request,
            revocation,
            async |rpc: Self, call, wanted| match wanted {
                Revocation::Invitations(team, wanted) => {
                    let which = (team, &wanted[..]);
                    app::revocations::many(&rpc.ctx, &call, which, |reasons, _| {
                        proto::BatchRevokeInvitationsResponse {
                            results: results(wanted.iter().copied().zip(reasons)),
                            member_user_ids: Vec::new(),
                        }
                    })
                    .await
                }
                Revocation::Import(team, import) => {
                    let which = (team, import.as_str());
                    app::revocations::of_import(&rpc.ctx, &call, which, |done, _| {
                        proto::BatchRevokeInvitationsResponse {
                            results: results(done.invitations.into_iter()),
                            member_user_ids: done.members.iter().map(Uuid::to_string).collect(),
                        }
                    })
                    .await
                }
            },
        )
        .await
    }

    async fn release_letters(
        &self,
        request: Request<proto::ReleaseLettersRequest>,
    ) -> Result<Response<proto::ReleaseLettersResponse>, Status> {
        let decode = |message: &proto::ReleaseLettersRequest| {
            super::imports::key(&message.team_id, &message.import_id)
        };
        self.mutate(request, decode, async |rpc: Self, call, (team, import)| {
            let which = (team, import.as_str());
            app::letters::release(&rpc.ctx, &call, which, |released, _| {
                proto::ReleaseLettersResponse {
                    released_count: i32::try_from(released.letters).unwrap_or(i32::MAX),
                    no_seat_invitation_ids: released.no_seat.iter().map(Uuid::to_string).collect(),
                    denied_invitation_ids: released.denied.iter().map(Uuid::to_string).collect(),
                }
            })
            .await
        })
        .await
    }

    async fn peek_invitation(
        &self,
        request: Request<proto::PeekInvitationRequest>,
    ) -> Result<Response<proto::PeekInvitationResponse>, Status> {
        self.call(
            request,
            async |rpc: Self, caller: Caller, message: proto::PeekInvitationRequest| {
                let token = LinkToken::parse("token", &message.token)?;
                let offer = app::links::peek(&rpc.ctx, &caller, &token).await?;
                Ok(proto::PeekInvitationResponse {
                    team_display_name: offer.team_display_name,
                    inviter_display_name: offer.inviter.unwrap_or_default(),
                    role: members::role(offer.role).into(),
                    expire_time: Some(timestamp(offer.expire_time)),
                })
            },
        )
        .await
    }

    async fn accept_invitation(
        &self,
        request: Request<proto::AcceptInvitationRequest>,
    ) -> Result<Response<proto::AcceptInvitationResponse>, Status> {
        let decode = |message: &proto::AcceptInvitationRequest| token(&message.token);
        self.mutate(request, decode, async |rpc: Self, call, token| {
            app::links::accept(&rpc.ctx, &call, &token, |(member, step), now| {
                proto::AcceptInvitationResponse {
                    member: Some(members::member(member, now).0),
                    already_accepted: step == Step::Taken,
                }
            })
            .await
        })
        .await
    }

    async fn decline_invitation(
        &self,
        request: Request<proto::DeclineInvitationRequest>,
    ) -> Result<Response<proto::DeclineInvitationResponse>, Status> {
        let decode = |message: &proto::DeclineInvitationRequest| token(&message.token);
        self.mutate(request, decode, async |rpc: Self, call, token| {
            let done = |(), _| proto::DeclineInvitationResponse {};
            app::links::decline(&rpc.ctx, &call, &token, done).await
        })
        .await
    }

    async fn request_new_invitation(
        &self,
        request: Request<proto::RequestNewInvitationRequest>,
    ) -> Result<Response<proto::RequestNewInvitationResponse>, Status> {
        let decode = |message: &proto::RequestNewInvitationRequest| token(&message.token);
        self.mutate(request, decode, async |rpc: Self, call, token| {
            let done = |(), _| proto::RequestNewInvitationResponse {};
            app::links::request_new(&rpc.ctx, &call, &token, done).await
        })
        .await
    }
}

fn create(message: &proto::CreateInvitationRequest) -> Result<app::invitations::Create> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    let email = violations.take(Email::parse("email", &message.email));
    let given = violations.take(PersonName::parse("given_name", &message.given_name));
    let family = violations.take(PersonName::parse("family_name", &message.family_name));
    let role = violations.take(word("role", message.role, members::read_inviting_role));
    let language = violations.take(optional(Language::parse, "language", &message.language));
    let command = (|| {
        Some(app::invitations::Create {
            team_id: team?,
            email: email?,
            profile: Profile::named(given?, family?, language?),
            role: role?.unwrap_or(Role::Member),
        })
    })();
    violations.finish(command)
}

fn token(text: &str) -> Result<LinkToken> {
    Ok(LinkToken::parse("token", text)?)
}

fn resends(message: &proto::BatchResendInvitationsRequest) -> Result<(Uuid, Vec<Uuid>)> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    let limit = (MAX_RESENDS, &mut violations);
    let wanted = ids("invitation_ids", &message.invitation_ids, limit);
    violations.finish(team.zip(wanted))
}

fn key(team: &str, invitation: &str) -> Result<(Uuid, Uuid)> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", team));
    let invitation = violations.take(id("invitation_id", invitation));
    violations.finish(team.zip(invitation))
}

fn filter(message: proto::ListInvitationsRequest) -> Result<(Uuid, InvitationFilter)> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    let given = message.filter.unwrap_or_default();
    let import = violations.take(optional(
        ImportId::parse,
        "filter.import_id",
        &given.import_id,
    ));
    let mut moment = |field: &str, stamp: Option<prost_types::Timestamp>| {
        stamp.and_then(|stamp| violations.take(time(field, stamp)))
    };
    let expire_time_from = moment("filter.expire_time_from", given.expire_time_from);
    let expire_time_before = moment("filter.expire_time_before", given.expire_time_before);
    let filter = InvitationFilter {
        states: words(
            "filter.states",
            &given.states,
            &mut violations,
            members::read_invitation_state,
        ),
        delivery_states: words(
            "filter.delivery_states",
            &given.delivery_states,
            &mut violations,
            members::read_delivery,
        ),
        import_id: import.flatten().map(|id| id.as_str().to_owned()),
        expire_time_from,
        expire_time_before,
    };
    violations.finish(team.map(|team| (team, filter)))
}

/// What is to be taken back: one of the two.
enum Revocation {
    Invitations(Uuid, Vec<Uuid>),
    Import(Uuid, ImportId),
}

fn revocation(message: &proto::BatchRevokeInvitationsRequest) -> Result<Revocation> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    if message.import_id.is_empty() {
        let limit = (MAX_REVOCATIONS, &mut violations);
        let wanted = ids("invitation_ids", &message.invitation_ids, limit);
        let wanted = team.zip(wanted);
        return violations.finish(wanted.map(|(team, ids)| Revocation::Invitations(team, ids)));
    }
    if !message.invitation_ids.is_empty() {
        violations.add("invitation_ids", Rule::Exclusive);
    }
    let import = violations.take(ImportId::parse("import_id", &message.import_id));
    let wanted = team.zip(import);
    violations.finish(wanted.map(|(team, import)| Revocation::Import(team, import)))
}

fn results(
    answers: impl Iterator<Item = (Uuid, Option<Reason>)>,
) -> Vec<proto::BatchInvitationResult> {
    answers
        .map(|(invitation, reason)| proto::BatchInvitationResult {
            invitation_id: invitation.to_string(),
            reason: reason.unwrap_or(Reason::Unspecified).into(),
        })
        .collect()
}
