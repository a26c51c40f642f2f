//! `UserService`.

use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use super::{
    Rpc, accounts,
    filters::{self, Accounts},
    import_upload, imports, members,
    pages::{self, List},
    profiles, user_keys,
    values::{id, ids, timestamp},
};
use crate::{
    app::{self, Caller, correct_email::CorrectEmail},
    domain::{
        email::Email,
        imports::{ImportId, ImportPosition},
        pages::{read, size},
        texts::optional,
        users::Access,
    },
    error::{Result, Violations},
    proto::{self, user_service_server::UserService},
};

/// How many accounts one call may ask for.
const MAX_BATCH: usize = 1_000;

#[tonic::async_trait]
impl UserService for Rpc {
    async fn create_user(
        &self,
        request: Request<proto::CreateUserRequest>,
    ) -> Result<Response<proto::CreateUserResponse>, Status> {
        self.mutate(
            request,
            profiles::create,
            async |rpc: Self, call, command| {
                app::invitations::create(&rpc.ctx, &call, &command, |entered, now| {
                    let (outcome, member, invitation) = members::entered(entered, now);
                    proto::CreateUserResponse {
                        outcome,
                        member,
                        invitation,
                    }
                })
                .await
            },
        )
        .await
    }

    async fn get_user(
        &self,
        request: Request<proto::GetUserRequest>,
    ) -> Result<Response<proto::GetUserResponse>, Status> {
        self.call(
            request,
            async |rpc: Self, caller: Caller, message: proto::GetUserRequest| {
                let (team, key) = user_keys::wanted(&message)?;
                let user = app::users::get(&rpc.ctx, &caller, (team, &key)).await?;
                Ok(proto::GetUserResponse {
                    user: Some(members::user(user)),
                })
            },
        )
        .await
    }

    async fn batch_get_users(
        &self,
        request: Request<proto::BatchGetUsersRequest>,
    ) -> Result<Response<proto::BatchGetUsersResponse>, Status> {
        self.call(
            request,
            async |rpc: Self, caller: Caller, message: proto::BatchGetUsersRequest| {
                let mut violations = Violations::new();
                let wanted = ids("user_ids", &message.user_ids, (MAX_BATCH, &mut violations));
                let team = violations.take(optional(id, "team_id", &message.team_id));
                let (team, wanted) = violations.finish(team.zip(wanted))?;
                let (users, missing) =
                    app::users::batch_get(&rpc.ctx, &caller, (team, &wanted)).await?;
                Ok(proto::BatchGetUsersResponse {
                    users: users.into_iter().map(members::user).collect(),
                    missing_user_ids: missing.iter().map(Uuid::to_string).collect(),
                })
            },
        )
        .await
    }

    async fn list_users(
        &self,
        request: Request<proto::ListUsersRequest>,
    ) -> Result<Response<proto::ListUsersResponse>, Status> {
        self.call(
            request,
            async |rpc: Self, caller: Caller, mut message: proto::ListUsersRequest| {
                let token = std::mem::take(&mut message.page_token);
                let size = size(std::mem::take(&mut message.page_size));
                let wanted = filters::users(&message)?;
                let list = List::new("ListUsers", wanted.order().word(), &message);
                let cut = (list.open(&rpc.ctx.secrets, &token)?, size);
                let page = match wanted {
                    Accounts::All(filter) => app::users::list(&rpc.ctx, &caller, &filter, cut)
                        .await?
                        .map(members::user),
                    Accounts::OfTeam(team, filter) => {
                        app::members::list(&rpc.ctx, &caller, (team, &filter), cut)
                            .await?
                            .map(members::seen_user)
                    }
                };
                let next_page_token = list.seal(&rpc.ctx.secrets, page.next.as_ref());
                Ok(proto::ListUsersResponse {
                    users: page.items,
                    next_page_token,
                })
            },
        )
        .await
    }

    async fn update_user(
        &self,
        request: Request<proto::UpdateUserRequest>,
    ) -> Result<Response<proto::UpdateUserResponse>, Status> {
        self.mutate(
            request,
            profiles::update,
            async |rpc: Self, call, command| {
                app::users::update(&rpc.ctx, &call, &command, |user, _| {
                    let user = Some(accounts::changed(&call, user));
                    proto::UpdateUserResponse { user }
                })
                .await
            },
        )
        .await
    }

    async fn correct_email(
        &self,
        request: Request<proto::CorrectEmailRequest>,
    ) -> Result<Response<proto::CorrectEmailResponse>, Status> {
        self.mutate(request, correction, async |rpc: Self, call, command| {
            app::correct_email::run(&rpc.ctx, &call, &command, |entered, now| {
                let (outcome, member, invitation) = members::entered(entered, now);
                proto::CorrectEmailResponse {
                    outcome,
                    member,
                    invitation,
                }
            })
            .await
        })
        .await
    }

    async fn disable_user(
        &self,
        request: Request<proto::DisableUserRequest>,
    ) -> Result<Response<proto::DisableUserResponse>, Status> {
        let decode = |message: &proto::DisableUserRequest| named(&message.user_id);
        self.mutate(request, decode, async |rpc: Self, call, id| {
            let command = (id, Access::Disabled);
            app::accounts::set_access(&rpc.ctx, &call, command, |user, _| {
                let user = Some(accounts::changed(&call, user));
                proto::DisableUserResponse { user }
            })
            .await
        })
        .await
    }

    async fn enable_user(
        &self,
        request: Request<proto::EnableUserRequest>,
    ) -> Result<Response<proto::EnableUserResponse>, Status> {
        let decode = |message: &proto::EnableUserRequest| named(&message.user_id);
        self.mutate(request, decode, async |rpc: Self, call, id| {
            let command = (id, Access::Enabled);
            app::accounts::set_access(&rpc.ctx, &call, command, |user, _| {
                let user = Some(accounts::changed(&call, user));
                proto::EnableUserResponse { user }
            })
            .await
        })
        .await
    }

    async fn delete_user(
        &self,
        request: Request<proto::DeleteUserRequest>,
    ) -> Result<Response<proto::DeleteUserResponse>, Status> {
        let decode = |message: &proto::DeleteUserRequest| named(&message.user_id);
        self.mutate(request, decode, async |rpc: Self, call, id| {
            app::erasures::run(&rpc.ctx, &call, id, |erased, _| {
                accounts::erased(&call, erased)
            })
            .await
        })
        .await
    }

    async fn request_email_change(
        &self,
        request: Request<proto::RequestEmailChangeRequest>,
    ) -> Result<Response<proto::RequestEmailChangeResponse>, Status> {
        let decode = accounts::request;
        self.mutate(request, decode, async |rpc: Self, call, command| {
            app::email_changes::request(&rpc.ctx, &call, &command, |until, _| {
                let expire_time = until.map(timestamp);
                proto::RequestEmailChangeResponse { expire_time }
            })
            .await
        })
        .await
    }

    async fn confirm_email_change(
        &self,
        request: Request<proto::ConfirmEmailChangeRequest>,
    ) -> Result<Response<proto::ConfirmEmailChangeResponse>, Status> {
        let decode = accounts::confirm;
        self.mutate(request, decode, async |rpc: Self, call, token| {
            app::email_changes::confirm(&rpc.ctx, &call, &token, accounts::confirmed).await
        })
        .await
    }

    async fn list_user_teams(
        &self,
        request: Request<proto::ListUserTeamsRequest>,
    ) -> Result<Response<proto::ListUserTeamsResponse>, Status> {
        self.call(
            request,
            async |rpc: Self, caller: Caller, mut message: proto::ListUserTeamsRequest| {
                let token = std::mem::take(&mut message.page_token);
                let size = size(std::mem::take(&mut message.page_size));
                let list = List::new("ListUserTeams", "team", &message);
                let user = id("user_id", &message.user_id)?;
                let whose = (user, message.include_removed);
                let cut = (pages::id(list.open(&rpc.ctx.secrets, &token)?)?, size);
                let page = app::users::teams(&rpc.ctx, &caller, whose, cut).await?;
                let now = rpc.ctx.clock.now();
                let next_page_token = list.seal(&rpc.ctx.secrets, page.next.as_ref());
                let user_teams = page
                    .items
                    .into_iter()
                    .map(|(team, member)| proto::UserTeam {
                        team_display_name: team.settings.display_name.into_string(),
                        member: Some(members::member(member, now).0),
                    });
                Ok(proto::ListUserTeamsResponse {
                    user_teams: user_teams.collect(),
                    next_page_token,
                })
            },
        )
        .await
    }

    async fn import_users(
        &self,
        request: Request<Streaming<proto::ImportUsersRequest>>,
    ) -> Result<Response<proto::ImportUsersResponse>, Status> {
        self.call(request, async |rpc: Self, caller: Caller, stream| {
            let _permit = rpc.import_permit(&caller.key_id)?;
            let command = import_upload::read(stream, rpc.import_limits()).await?;
            // The upload may have taken minutes.
            app::keys::still_good(&rpc.ctx, &caller.key_id).await?;
            let done = app::imports::run(&rpc.ctx, &caller, &command).await?;
            Ok(proto::ImportUsersResponse {
                import: Some(imports::import(done.import, command.validate_only)),
                results: done.results.into_iter().map(imports::result).collect(),
            })
        })
        .await
    }

    async fn get_import(
        &self,
        request: Request<proto::GetImportRequest>,
    ) -> Result<Response<proto::GetImportResponse>, Status> {
        self.call(
            request,
            async |rpc: Self, caller: Caller, message: proto::GetImportRequest| {
                let (team, import) = imports::key(&message.team_id, &message.import_id)?;
                let import = app::imports::get(&rpc.ctx, &caller, (team, &import)).await?;
                Ok(proto::GetImportResponse {
                    import: Some(imports::import(import, false)),
                })
            },
        )
        .await
    }

    async fn list_imports(
        &self,
        request: Request<proto::ListImportsRequest>,
    ) -> Result<Response<proto::ListImportsResponse>, Status> {
        self.call(
            request,
            async |rpc: Self, caller: Caller, mut message: proto::ListImportsRequest| {
                let token = std::mem::take(&mut message.page_token);
                let size = size(std::mem::take(&mut message.page_size));
                let list = List::new("ListImports", "newest", &message);
                let team = id("team_id", &message.team_id)?;
                let after = read(list.open(&rpc.ctx.secrets, &token)?, ImportPosition::read)?;
                let page = app::imports::list(&rpc.ctx, &caller, team, (after, size)).await?;
                let next_page_token = list.seal(&rpc.ctx.secrets, page.next.as_ref());
                let imports = page
                    .items
                    .into_iter()
                    .map(|one| imports::import(one, false));
                Ok(proto::ListImportsResponse {
                    imports: imports.collect(),
                    next_page_token,
                })
            },
        )
        .await
    }

    async fn list_import_results(
        &self,
        request: Request<proto::ListImportResultsRequest>,
    ) -> Result<Response<proto::ListImportResultsResponse>, Status> {
        self.call(
            request,
            async |rpc: Self, caller: Caller, mut message: proto::ListImportResultsRequest| {
                let token = std::mem::take(&mut message.page_token);
                let size = size(std::mem::take(&mut message.page_size));
                let list = List::new("ListImportResults", "row", &message);
                let (team, import, outcomes) = imports::results_of(&message)?;
                let after = read(list.open(&rpc.ctx.secrets, &token)?, |position| {
                    position
                        .0
                        .as_slice()
                        .try_into()
                        .ok()
                        .map(u32::from_be_bytes)
                })?;
                let of: (Uuid, &ImportId) = (team, &import);
                let which = (&outcomes[..], (after, size));
                let page = app::imports::list_results(&rpc.ctx, &caller, of, which).await?;
                let next_page_token = list.seal(&rpc.ctx.secrets, page.next.as_ref());
                Ok(proto::ListImportResultsResponse {
                    results: page.items.into_iter().map(imports::result).collect(),
                    next_page_token,
                })
            },
        )
        .await
    }
}

fn named(user: &str) -> Result<Uuid> {
    Ok(id("user_id", user)?)
}

fn correction(message: &proto::CorrectEmailRequest) -> Result<CorrectEmail> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    let user = violations.take(id("user_id", &message.user_id));
    let email = violations.take(Email::parse("email", &message.email));
    let command = (|| {
        Some(CorrectEmail {
            team_id: team?,
            user_id: user?,
            email: email?,
        })
    })();
    violations.finish(command)
}
