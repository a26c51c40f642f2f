//! A team with some hubs, projects and access, and their lists.

use muster::proto::{
    AccessState, ListHubsRequest, ListProductAccessRequest, ListProjectMembersRequest,
    ListProjectsRequest, ProductAccessFilter,
};

use crate::{fixtures::NewTeam, harness::Harness, lists::List};

/// Every list of a team's hubs; all have several pages of one.
pub(crate) async fn lists_of_hubs(h: &Harness, team: &NewTeam) -> Vec<List> {
    let hubs = [h.hub(&team.id, "acc").await, h.hub(&team.id, "acc").await];
    let bob = h.invite(&team.id, "bob@hubs.example").await.user;
    let project = h.project(&hubs[0], "One").await;
    h.project(&hubs[0], "Two").await;
    for user in [&team.admin, &bob] {
        h.put_into(&project, user).await;
        h.grant(&hubs[0], user).await;
        h.grant(&hubs[1], user).await;
    }
    let (team_id, hub_id) = (&team.id, &hubs[0].id);
    let access = |filter: Option<ProductAccessFilter>| {
        List::ProductAccess(ListProductAccessRequest {
            team_id: team_id.clone(),
            filter,
            ..ListProductAccessRequest::default()
        })
    };
    let plain = ProductAccessFilter::default;
    vec![
        List::Hubs(ListHubsRequest {
            team_id: team_id.clone(),
            ..ListHubsRequest::default()
        }),
        List::Hubs(ListHubsRequest {
            team_id: team_id.clone(),
            product_id: "acc".to_owned(),
            ..ListHubsRequest::default()
        }),
        List::Projects(ListProjectsRequest {
            team_id: team_id.clone(),
            hub_id: hub_id.clone(),
            ..ListProjectsRequest::default()
        }),
        List::ProjectMembers(ListProjectMembersRequest {
            team_id: team_id.clone(),
            hub_id: hub_id.clone(),
            project_id: project.id.clone(),
            ..ListProjectMembersRequest::default()
        }),
        access(None),
        access(Some(ProductAccessFilter {
            hub_id: hub_id.clone(),
            ..plain()
        })),
        access(Some(ProductAccessFilter {
            states: vec![AccessState::Active.into()],
            ..plain()
        })),
    ]
}
