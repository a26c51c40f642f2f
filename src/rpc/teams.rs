//! `TeamService`.

use tonic::{Request, Response, Status};

use super::{
    Rpc, filters, members, memberships, mutations,
    pages::{self, List},
    removals, role_changes, team_settings,
    team_values::{show, show_counts},
    values::id,
};
use crate::{
    app::{self, Caller, teams::Created},
    clock::Time,
    domain::{
        email::Email,
        languages::Language,
        names::PersonName,
        pages::size,
        teams::TeamFilter,
        texts::{ExternalId, optional},
        users::Profile,
    },
    error::{Result, Rule, Violations},
    proto::{self, team_service_server::TeamService},
};

#[tonic::async_trait]
impl TeamService for Rpc {
    async fn create_team(
        &self,
        request: Request<proto::CreateTeamRequest>,
    ) -> Result<Response<proto::CreateTeamResponse>, Status> {
        self.mutate(request, create, async |rpc: Self, call, command| {
            app::teams::create(&rpc.ctx, &call, &command, show_created).await
        })
        .await
    }

    async fn get_team(
        &self,
        request: Request<proto::GetTeamRequest>,
    ) -> Result<Response<proto::GetTeamResponse>, Status> {
        self.call(request, async |rpc: Self, caller: Caller, message| {
            let (team, counts) =
                app::teams::get(&rpc.ctx, &caller, id("team_id", &message.team_id)?).await?;
            Ok(proto::GetTeamResponse {
                team: Some(show(&team)),
                counts: Some(show_counts(counts)),
            })
        })
        .await
    }

    async fn list_teams(
        &self,
        request: Request<proto::ListTeamsRequest>,
    ) -> Result<Response<proto::ListTeamsResponse>, Status> {
        self.call(
            request,
            async |rpc: Self, caller: Caller, mut message: proto::ListTeamsRequest| {
                let token = std::mem::take(&mut message.page_token);
                let size = size(std::mem::take(&mut message.page_size));
                let list = List::new("ListTeams", "id", &message);
                let after = pages::id(list.open(&rpc.ctx.secrets, &token)?)?;
                let wanted = message.filter.unwrap_or_default();
                let filter = TeamFilter {
                    external_id: optional(
                        ExternalId::parse,
                        "filter.external_id",
                        &wanted.external_id,
                    )?,
                    show_deleted: wanted.show_deleted,
                };
                let page = app::teams::list(&rpc.ctx, &caller, &filter, (after, size)).await?;
                Ok(proto::ListTeamsResponse {
                    teams: page.items.iter().map(show).collect(),
                    next_page_token: list.seal(&rpc.ctx.secrets, page.next.as_ref()),
                })
            },
        )
        .await
    }

    async fn update_team(
        &self,
        request: Request<proto::UpdateTeamRequest>,
    ) -> Result<Response<proto::UpdateTeamResponse>, Status> {
        self.mutate(
            request,
            team_settings::update,
            async |rpc: Self, call, (team, changes)| {
                let change = (team, &changes);
                app::teams::update(&rpc.ctx, &call, change, |team, _| {
                    let mut team = show(&team);
                    mutations::no_etag_of_rehearsal(&call, &mut team.etag);
                    proto::UpdateTeamResponse { team: Some(team) }
                })
                .await
            },
        )
        .await
    }

    async fn list_members(
        &self,
        request: Request<proto::ListMembersRequest>,
    ) -> Result<Response<proto::ListMembersResponse>, Status> {
        self.call(
            request,
            async |rpc: Self, caller: Caller, mut message: proto::ListMembersRequest| {
                let token = std::mem::take(&mut message.page_token);
                let size = size(std::mem::take(&mut message.page_size));
                let (team, filter) = filters::members(&message)?;
                let list = List::new("ListMembers", filter.order().word(), &message);
                let after = list.open(&rpc.ctx.secrets, &token)?;
                let page =
                    app::members::list(&rpc.ctx, &caller, (team, &filter), (after, size)).await?;
                let now = rpc.ctx.clock.now();
                let next_page_token = list.seal(&rpc.ctx.secrets, page.next.as_ref());
                Ok(proto::ListMembersResponse {
                    members: page
                        .items
                        .into_iter()
                        .map(|member| members::seen(member, now))
                        .collect(),
                    next_page_token,
                })
            },
        )
        .await
    }

    async fn get_member(
        &self,
        request: Request<proto::GetMemberRequest>,
    ) -> Result<Response<proto::GetMemberResponse>, Status> {
        self.call(
            request,
            async |rpc: Self, caller: Caller, message: proto::GetMemberRequest| {
                let mut violations = Violations::new();
                let team = violations.take(id("team_id", &message.team_id));
                let user = violations.take(id("user_id", &message.user_id));
                let (team, user) = violations.finish(team.zip(user))?;
                let member = app::members::get(&rpc.ctx, &caller, (team, user)).await?;
                Ok(proto::GetMemberResponse {
                    member: Some(members::seen(member, rpc.ctx.clock.now())),
                })
            },
        )
        .await
    }

    async fn check_membership(
        &self,
        request: Request<proto::CheckMembershipRequest>,
    ) -> Result<Response<proto::CheckMembershipResponse>, Status> {
        self.call(request, async |rpc: Self, caller: Caller, message| {
            let pair = memberships::check(&message)?;
            let active = app::memberships::check(&rpc.ctx, &caller, &[pair]).await?;
            Ok(memberships::checked(active.into_iter().next().flatten()))
        })
        .await
    }

    async fn batch_check_memberships(
        &self,
        request: Request<proto::BatchCheckMembershipsRequest>,
    ) -> Result<Response<proto::BatchCheckMembershipsResponse>, Status> {
        self.call(request, async |rpc: Self, caller: Caller, message| {
            let pairs = memberships::checks(&message)?;
            let active = app::memberships::check(&rpc.ctx, &caller, &pairs).await?;
            Ok(proto::BatchCheckMembershipsResponse {
                results: active.into_iter().map(memberships::checked).collect(),
            })
        })
        .await
    }

    async fn test_permissions(
        &self,
        request: Request<proto::TestPermissionsRequest>,
    ) -> Result<Response<proto::TestPermissionsResponse>, Status> {
        self.call(request, async |rpc: Self, caller: Caller, message| {
            let (whose, asked) = memberships::test(&message)?;
            let held = app::memberships::test(&rpc.ctx, &caller, whose, &asked).await?;
            Ok(proto::TestPermissionsResponse {
                permissions: held.iter().map(|one| one.word().to_owned()).collect(),
            })
        })
        .await
    }

    async fn update_member(
        &self,
        request: Request<proto::UpdateMemberRequest>,
    ) -> Result<Response<proto::UpdateMemberResponse>, Status> {
        let decode = role_changes::update;
        self.mutate(request, decode, async |rpc: Self, call, command| {
            app::members::update(&rpc.ctx, &call, &command, |member, now| {
                let (mut member, _) = members::member(member, now);
                mutations::no_etag_of_rehearsal(&call, &mut member.etag);
                if let Some(open) = &mut member.invitation {
                    mutations::no_etag_of_rehearsal(&call, &mut open.etag);
                }
                proto::UpdateMemberResponse {
                    member: Some(member),
                }
            })
            .await
        })
        .await
    }

    async fn disable_member(
        &self,
        request: Request<proto::DisableMemberRequest>,
    ) -> Result<Response<proto::DisableMemberResponse>, Status> {
        removals::disable_member(self, request).await
    }

    async fn enable_member(
        &self,
        request: Request<proto::EnableMemberRequest>,
    ) -> Result<Response<proto::EnableMemberResponse>, Status> {
        removals::enable_member(self, request).await
    }

    async fn remove_member(
        &self,
        request: Request<proto::RemoveMemberRequest>,
    ) -> Result<Response<proto::RemoveMemberResponse>, Status> {
        removals::remove_member(self, request).await
    }

    async fn batch_remove_members(
        &self,
        request: Request<proto::BatchRemoveMembersRequest>,
    ) -> Result<Response<proto::BatchRemoveMembersResponse>, Status> {
        removals::batch_remove_members(self, request).await
    }

    async fn leave_team(
        &self,
        request: Request<proto::LeaveTeamRequest>,
    ) -> Result<Response<proto::LeaveTeamResponse>, Status> {
        removals::leave_team(self, request).await
    }

    async fn transfer_primary_admin(
        &self,
        request: Request<proto::TransferPrimaryAdminRequest>,
    ) -> Result<Response<proto::TransferPrimaryAdminResponse>, Status> {
        removals::transfer_primary_admin(self, request).await
    }

    async fn delete_team(
        &self,
        request: Request<proto::DeleteTeamRequest>,
    ) -> Result<Response<proto::DeleteTeamResponse>, Status> {
        removals::delete_team(self, request).await
    }
}

fn create(message: &proto::CreateTeamRequest) -> Result<app::teams::Create> {
    let mut violations = Violations::new();
    let settings = team_settings::settings(message, &mut violations);
    let admin = if let Some(admin) = &message.primary_admin {
        primary_admin(admin, &mut violations)
    } else {
        violations.add("primary_admin", Rule::Required);
        None
    };
    let command = settings
        .zip(admin)
        .map(|(settings, primary_admin)| app::teams::Create {
            settings,
            primary_admin,
        });
    violations.finish(command)
}

fn primary_admin(
    admin: &proto::PrimaryAdmin,
    violations: &mut Violations,
) -> Option<(Email, Profile)> {
    let email = violations.take(Email::parse("primary_admin.email", &admin.email));
    let given = violations.take(PersonName::parse(
        "primary_admin.given_name",
        &admin.given_name,
    ));
    let family = violations.take(PersonName::parse(
        "primary_admin.family_name",
        &admin.family_name,
    ));
    let language = violations.take(optional(
        Language::parse,
        "primary_admin.language",
        &admin.language,
    ));
    Some((email?, Profile::named(given?, family?, language?)))
}

/// A rehearsal makes nothing, so it has no ids and times to show.
fn show_created(created: Created, now: Time) -> proto::CreateTeamResponse {
    let mut team = show(&created.team);
    if created.is_rehearsal {
        team = proto::Team {
            id: String::new(),
            primary_admin_user_id: String::new(),
            create_time: None,
            update_time: None,
            etag: String::new(),
            ..team
        };
    }
    let (outcome, member, invitation) = members::entered(created.entered, now);
    proto::CreateTeamResponse {
        team: Some(team),
        member,
        invitation,
        outcome,
    }
}
