//! `RoleService`.

use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    Rpc, mutations,
    pages::{self, List},
    values::{id, paths, timestamp},
};
use crate::{
    app::{self, Call, Caller},
    domain::{
        custom_roles::{CustomRole, RoleChanges, permissions},
        names::DisplayName,
        pages::size,
    },
    error::{Result, Rule, Violations},
    proto::{self, role_service_server::RoleService},
};

#[tonic::async_trait]
impl RoleService for Rpc {
    async fn list_roles(
        &self,
        request: Request<proto::ListRolesRequest>,
    ) -> Result<Response<proto::ListRolesResponse>, Status> {
        self.call(
            request,
            async |rpc: Self, caller: Caller, mut message: proto::ListRolesRequest| {
                let token = std::mem::take(&mut message.page_token);
                let size = size(std::mem::take(&mut message.page_size));
                let team = id("team_id", &message.team_id)?;
                let list = List::new("ListRoles", "id", &message);
                let after = pages::id(list.open(&rpc.ctx.secrets, &token)?)?;
                let page = app::roles::list(&rpc.ctx, &caller, team, (after, size)).await?;
                Ok(proto::ListRolesResponse {
                    roles: page.items.iter().map(show).collect(),
                    next_page_token: list.seal(&rpc.ctx.secrets, page.next.as_ref()),
                })
            },
        )
        .await
    }

    async fn create_role(
        &self,
        request: Request<proto::CreateRoleRequest>,
    ) -> Result<Response<proto::CreateRoleResponse>, Status> {
        self.mutate(request, create, async |rpc: Self, call, command| {
            app::roles::create(&rpc.ctx, &call, &command, |role, _| {
                proto::CreateRoleResponse {
                    role: Some(made(&call, &role)),
                }
            })
            .await
        })
        .await
    }

    async fn update_role(
        &self,
        request: Request<proto::UpdateRoleRequest>,
    ) -> Result<Response<proto::UpdateRoleResponse>, Status> {
        self.mutate(
            request,
            update,
            async |rpc: Self, call, (place, changes)| {
                app::roles::update(&rpc.ctx, &call, (place, &changes), |role, _| {
                    let mut role = show(&role);
                    mutations::no_etag_of_rehearsal(&call, &mut role.etag);
                    proto::UpdateRoleResponse { role: Some(role) }
                })
                .await
            },
        )
        .await
    }

    async fn delete_role(
        &self,
        request: Request<proto::DeleteRoleRequest>,
    ) -> Result<Response<proto::DeleteRoleResponse>, Status> {
        self.mutate(request, delete, async |rpc: Self, call, place| {
            app::roles::delete(&rpc.ctx, &call, place, |(), _| proto::DeleteRoleResponse {}).await
        })
        .await
    }
}

fn create(message: &proto::CreateRoleRequest) -> Result<app::roles::Create> {
    let mut violations = Violations::new();
    let team_id = violations.take(id("team_id", &message.team_id));
    let name = violations.take(DisplayName::parse("display_name", &message.display_name));
    let permissions = permissions("permissions", &message.permissions, &mut violations);
    let command =
        team_id
            .zip(name)
            .zip(permissions)
            .map(
                |((team_id, display_name), permissions)| app::roles::Create {
                    team_id,
                    display_name,
                    permissions,
                },
            );
    violations.finish(command)
}

fn update(message: &proto::UpdateRoleRequest) -> Result<((Uuid, Uuid), RoleChanges)> {
    let mut violations = Violations::new();
    let allowed = ["display_name", "permissions"];
    let paths = paths(message.update_mask.as_ref(), &allowed, &mut violations);
    let Some(role) = &message.role else {
        violations.add("role", Rule::Required);
        return violations.finish(None);
    };
    let team = violations.take(id("role.team_id", &role.team_id));
    let own = violations.take(id("role.id", &role.id));
    let mut changes = RoleChanges::default();
    if paths.contains(&"display_name") {
        let name = DisplayName::parse("role.display_name", &role.display_name);
        changes.display_name = violations.take(name);
    }
    if paths.contains(&"permissions") {
        let field = "role.permissions";
        changes.permissions = permissions(field, &role.permissions, &mut violations);
    }
    violations.finish(team.zip(own).map(|place| (place, changes)))
}

fn delete(message: &proto::DeleteRoleRequest) -> Result<(Uuid, Uuid)> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    let role = violations.take(id("role_id", &message.role_id));
    violations.finish(team.zip(role))
}

fn show(role: &CustomRole) -> proto::CustomRole {
    let permissions = role.permissions.iter().map(|one| one.word().to_owned());
    proto::CustomRole {
        id: role.id.to_string(),
        team_id: role.team_id.to_string(),
        display_name: role.display_name.as_str().to_owned(),
        permissions: permissions.collect(),
        create_time: Some(timestamp(role.create_time)),
        update_time: Some(timestamp(role.update_time)),
        etag: role.etag(),
    }
}

/// A rehearsal makes nothing, so it has no id and times to show.
fn made(call: &Call, role: &CustomRole) -> proto::CustomRole {
    let shown = show(role);
    if !call.is_rehearsal() {
        return shown;
    }
    proto::CustomRole {
        id: String::new(),
        create_time: None,
        update_time: None,
        etag: String::new(),
        ..shown
    }
}
