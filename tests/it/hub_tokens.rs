//! A team with some hubs, projects and access, and their lists.

use muster::proto::{
    AccessState, ListHubsRequest, ListProductAccessRequest, ListProjectMembersRequest,
    ListProjectsRequest, ListResidualAccessRequest, ProductAccessFilter,
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
    // Of two people something remains.
    let remaining = h.hub(&team.id, "tandem").await;
    for name in ["cid", "dan"] {
        let user = h
            .invite(&team.id, &format!("{name}@hubs.example"))
            .await
            .user;
        h.grant(&remaining, &user).await;
        h.remove(&team.id, &user).await;
    }
    h.deliver().await;
    let residual = |hub: &str| {
        List::ResidualAccess(ListResidualAccessRequest {
            team_id: team.id.clone(),
            hub_id: hub.to_owned(),
            ..ListResidualAccessRequest::default()
        })
    };
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
        residual(""),
        residual(&remaining.id),
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
