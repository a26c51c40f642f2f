//! Hubs, projects and access that tests begin with.

use muster::proto::{
    AccessState, AddHubAdminRequest, AddProjectMemberRequest, AddProjectMemberResponse,
    CreateHubRequest, CreateProjectRequest, DataAccess, GrantProductAccessRequest, Hub,
    ListProductAccessRequest, NewProjectMember, ProductAccess, ProductAccessFilter, Project,
    ProjectMember, ProjectRole, RevokeProductAccessRequest, SetRemovalRuleRequest,
    add_project_member_request::Person,
};

use crate::{harness::Harness, refusals::Outcome};

/// What makes a hub.
pub(crate) fn hub_of(team: &str, product: &str) -> CreateHubRequest {
    CreateHubRequest {
        team_id: team.to_owned(),
        product_id: product.to_owned(),
        display_name: format!("Our {product}"),
        contact: "IT, room 7".to_owned(),
        ..CreateHubRequest::default()
    }
}

/// What makes a project.
pub(crate) fn project_of(hub: &Hub, name: &str) -> CreateProjectRequest {
    CreateProjectRequest {
        team_id: hub.team_id.clone(),
        hub_id: hub.id.clone(),
        display_name: name.to_owned(),
        ..CreateProjectRequest::default()
    }
}

/// What makes somebody an admin of a hub.
pub(crate) fn hub_admin(hub: &Hub, user: &str) -> AddHubAdminRequest {
    AddHubAdminRequest {
        team_id: hub.team_id.clone(),
        hub_id: hub.id.clone(),
        user_id: user.to_owned(),
        ..AddHubAdminRequest::default()
    }
}

/// What gives somebody access.
pub(crate) fn grant_of(hub: &Hub, user: &str) -> GrantProductAccessRequest {
    GrantProductAccessRequest {
        team_id: hub.team_id.clone(),
        hub_id: hub.id.clone(),
        user_id: user.to_owned(),
        ..GrantProductAccessRequest::default()
    }
}

/// What takes it back.
pub(crate) fn revocation_of(hub: &Hub, user: &str) -> RevokeProductAccessRequest {
    RevokeProductAccessRequest {
        team_id: hub.team_id.clone(),
        hub_id: hub.id.clone(),
        user_id: user.to_owned(),
        ..RevokeProductAccessRequest::default()
    }
}

/// What puts somebody into a project who is in the team.
pub(crate) fn into_project(project: &Project, user: &str) -> AddProjectMemberRequest {
    AddProjectMemberRequest {
        person: Some(Person::UserId(user.to_owned())),
        ..in_project(project)
    }
}

/// What puts an address into a project.
pub(crate) fn address_into_project(project: &Project, email: &str) -> AddProjectMemberRequest {
    AddProjectMemberRequest {
        person: Some(Person::NewMember(new_member(email))),
        ..in_project(project)
    }
}

/// Somebody at an address who is wanted in a project.
pub(crate) fn new_member(email: &str) -> NewProjectMember {
    NewProjectMember {
        email: email.to_owned(),
        given_name: "Gus".to_owned(),
        family_name: "Guest".to_owned(),
        language: String::new(),
    }
}

fn in_project(project: &Project) -> AddProjectMemberRequest {
    AddProjectMemberRequest {
        team_id: project.team_id.clone(),
        hub_id: project.hub_id.clone(),
        project_id: project.id.clone(),
        role: ProjectRole::Member.into(),
        ..AddProjectMemberRequest::default()
    }
}

/// What sets a rule from now on.
pub(crate) fn rule_of(product: &str, access: DataAccess) -> SetRemovalRuleRequest {
    SetRemovalRuleRequest {
        product_id: product.to_owned(),
        user_removed: access == DataAccess::Inactive,
        data_access: access.into(),
        contact_hint: "The new owner".to_owned(),
        ..SetRemovalRuleRequest::default()
    }
}

impl Harness {
    /// A hub of a team.
    pub(crate) async fn hub(&self, team: &str, product: &str) -> Hub {
        let answer = self.products().create_hub(hub_of(team, product)).await;
        answer.answered().hub.expect("the hub")
    }

    /// A project in a hub.
    pub(crate) async fn project(&self, hub: &Hub, name: &str) -> Project {
        let answer = self.products().create_project(project_of(hub, name)).await;
        answer.answered().project.expect("the project")
    }

    /// Somebody who is in the team, and now an admin of a hub.
    pub(crate) async fn make_hub_admin(&self, hub: &Hub, user: &str) -> Hub {
        let answer = self.products().add_hub_admin(hub_admin(hub, user)).await;
        answer.answered().hub.expect("the hub")
    }

    /// Access for somebody who is in the team.
    pub(crate) async fn grant(&self, hub: &Hub, user: &str) -> ProductAccess {
        let request = grant_of(hub, user);
        let answer = self.products().grant_product_access(request).await;
        answer.answered().access.expect("the access")
    }

    /// The end of somebody's access, and all that he has there then.
    pub(crate) async fn revoke(&self, hub: &Hub, user: &str) -> Vec<ProductAccess> {
        let request = revocation_of(hub, user);
        let answer = self.products().revoke_product_access(request).await;
        answer.answered().accesses
    }

    /// Somebody put into a project.
    pub(crate) async fn add_to_project(
        &self,
        request: AddProjectMemberRequest,
    ) -> AddProjectMemberResponse {
        self.products().add_project_member(request).await.answered()
    }

    /// Somebody who is in the team put into a project.
    pub(crate) async fn put_into(&self, project: &Project, user: &str) -> ProjectMember {
        let answer = self.add_to_project(into_project(project, user)).await;
        answer.project_member.expect("his place")
    }

    /// A team's access, narrowed.
    pub(crate) async fn accesses(
        &self,
        team: &str,
        filter: ProductAccessFilter,
    ) -> Vec<ProductAccess> {
        let request = ListProductAccessRequest {
            team_id: team.to_owned(),
            filter: Some(filter),
            ..ListProductAccessRequest::default()
        };
        let answer = self.products().list_product_access(request).await;
        answer.answered().accesses
    }

    /// Where each of a person's accesses stands, in the order of the first grants.
    pub(crate) async fn access_states(&self, team: &str, user: &str) -> Vec<AccessState> {
        let filter = ProductAccessFilter {
            user_id: user.to_owned(),
            ..ProductAccessFilter::default()
        };
        let accesses = self.accesses(team, filter).await;
        accesses.iter().map(ProductAccess::state).collect()
    }

    /// A rule of a product from now on.
    pub(crate) async fn set_rule(&self, product: &str, access: DataAccess) {
        let request = rule_of(product, access);
        let answer = self.products().set_removal_rule(request).await;
        answer.answered();
    }
}
