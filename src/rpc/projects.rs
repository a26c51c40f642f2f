//! Projects, as `ProductService` reads and shows them.

use uuid::Uuid;

use super::{
    Rpc, hubs, mutations,
    pages::{self, List},
    values::{id, paths, timestamp},
};
use crate::{
    app::{self, Call, Caller},
    domain::{
        names::DisplayName,
        pages::size,
        projects::{Project, ProjectRole},
    },
    error::{Result, Rule, Violations},
    proto,
};

type Place = (Uuid, Uuid);

pub(super) fn create(message: &proto::CreateProjectRequest) -> Result<(Place, DisplayName)> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    let hub = violations.take(id("hub_id", &message.hub_id));
    let name = violations.take(DisplayName::parse("display_name", &message.display_name));
    violations.finish(team.zip(hub).zip(name))
}

pub(super) async fn created(
    rpc: Rpc,
    call: Call,
    (place, name): (Place, DisplayName),
) -> Result<proto::CreateProjectResponse> {
    app::projects::create(&rpc.ctx, &call, (place, &name), |project, _| {
        let mut project = show(&project);
        if call.is_rehearsal() {
            // Nothing is made, so there are no id and times to show.
            project.id.clear();
            (project.create_time, project.update_time) = (None, None);
        }
        mutations::no_etag_of_rehearsal(&call, &mut project.etag);
        let project = Some(project);
        proto::CreateProjectResponse { project }
    })
    .await
}

pub(super) async fn list(
    rpc: Rpc,
    caller: Caller,
    mut message: proto::ListProjectsRequest,
) -> Result<proto::ListProjectsResponse> {
    let token = std::mem::take(&mut message.page_token);
    let size = size(std::mem::take(&mut message.page_size));
    let place = hubs::place(&message.team_id, &message.hub_id)?;
    let list = List::new("ListProjects", "id", &message);
    let after = pages::id(list.open(&rpc.ctx.secrets, &token)?)?;
    let page = app::projects::list(&rpc.ctx, &caller, place, (after, size)).await?;
    Ok(proto::ListProjectsResponse {
        projects: page.items.iter().map(show).collect(),
        next_page_token: list.seal(&rpc.ctx.secrets, page.next.as_ref()),
    })
}

pub(super) fn update(
    message: &proto::UpdateProjectRequest,
) -> Result<((Place, Uuid), DisplayName)> {
    let mut violations = Violations::new();
    let mask = message.update_mask.as_ref();
    paths(mask, &["display_name"], &mut violations);
    let Some(project) = &message.project else {
        violations.add("project", Rule::Required);
        return violations.finish(None);
    };
    let team = violations.take(id("project.team_id", &project.team_id));
    let hub = violations.take(id("project.hub_id", &project.hub_id));
    let own = violations.take(id("project.id", &project.id));
    let name = DisplayName::parse("project.display_name", &project.display_name);
    let name = violations.take(name);
    violations.finish(team.zip(hub).zip(own).zip(name))
}

pub(super) async fn updated(
    rpc: Rpc,
    call: Call,
    (which, name): ((Place, Uuid), DisplayName),
) -> Result<proto::UpdateProjectResponse> {
    app::projects::update(&rpc.ctx, &call, (which, &name), |project, _| {
        let mut project = show(&project);
        mutations::no_etag_of_rehearsal(&call, &mut project.etag);
        let project = Some(project);
        proto::UpdateProjectResponse { project }
    })
    .await
}

pub(super) fn delete(message: &proto::DeleteProjectRequest) -> Result<(Place, Uuid)> {
    key(&message.team_id, &message.hub_id, &message.project_id)
}

pub(super) async fn deleted(
    rpc: Rpc,
    call: Call,
    which: (Place, Uuid),
) -> Result<proto::DeleteProjectResponse> {
    app::projects::delete(&rpc.ctx, &call, which, |(), _| {
        proto::DeleteProjectResponse {}
    })
    .await
}

/// Reads a team, its hub and a project there.
pub(super) fn key(team: &str, hub: &str, project: &str) -> Result<(Place, Uuid)> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", team));
    let hub = violations.take(id("hub_id", hub));
    let project = violations.take(id("project_id", project));
    violations.finish(team.zip(hub).zip(project))
}

fn show(project: &Project) -> proto::Project {
    proto::Project {
        id: project.id.to_string(),
        team_id: project.team_id.to_string(),
        hub_id: project.hub_id.to_string(),
        display_name: project.display_name.as_str().to_owned(),
        create_time: Some(timestamp(project.create_time)),
        update_time: Some(timestamp(project.update_time)),
        etag: project.etag(),
    }
}

pub(super) const fn role(role: ProjectRole) -> proto::ProjectRole {
    match role {
        ProjectRole::Admin => proto::ProjectRole::Admin,
        ProjectRole::Member => proto::ProjectRole::Member,
        ProjectRole::Viewer => proto::ProjectRole::Viewer,
    }
}

pub(super) const fn read_role(role: proto::ProjectRole) -> Option<ProjectRole> {
    match role {
        proto::ProjectRole::Unspecified => None,
        proto::ProjectRole::Admin => Some(ProjectRole::Admin),
        proto::ProjectRole::Member => Some(ProjectRole::Member),
        proto::ProjectRole::Viewer => Some(ProjectRole::Viewer),
    }
}
