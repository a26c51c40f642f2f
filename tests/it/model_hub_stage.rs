//! The model's hubs in a deployment: the calls about them, and what they look like.

use std::collections::{BTreeMap, BTreeSet};

use muster::proto::{
    AccessPath, AddHubAdminRequest, AddProjectMemberRequest, CreateProjectRequest,
    GrantProductAccessRequest, LeftAccess, ListHubsRequest, ListResidualAccessRequest,
    ProductAccess, ProductAccessFilter, ProjectRole, RemoveHubMemberRequest,
    RemoveProjectMemberRequest, ReportResidualAccessRequest, RevokeProductAccessRequest,
    add_project_member_request::Person, product_service_client::ProductServiceClient,
};
use tonic::Status;

use crate::{
    fixtures::time,
    harness::Keyed,
    model::{Model, Moment, Said},
    model_hub_steps::HubStep,
    model_hubs::{Access, Left, Path},
    model_stage::Place,
    model_steps::By,
    product_fixtures::{hub_of, new_member},
    refusals::Outcome,
};

impl Place<'_> {
    fn products(&self, by: By) -> ProductServiceClient<Keyed> {
        match by {
            By::Operator => self.h.products(),
            By::Service => ProductServiceClient::new(self.deployment.service.clone()),
            By::Person(who) => self.h.products_as(&self.users[who]),
        }
    }

    /// The number of a hub.
    fn hub(&self, id: &str) -> usize {
        let known = self.hubs.iter().position(|one| one == id);
        known.expect("a hub that the model knows")
    }

    fn path(&self, access: &ProductAccess) -> Path {
        let hub = self.hub(&access.hub_id);
        let project = match access.path() {
            AccessPath::Direct => None,
            AccessPath::Project => {
                let of_hub = (access.hub_id.clone(), access.project_id.clone());
                let known = self.projects.iter().position(|one| *one == of_hub);
                Some(known.expect("a project that the model knows"))
            }
            AccessPath::Group | AccessPath::Unspecified => panic!("{access:?}"),
        };
        (self.user(&access.user_id), hub, project)
    }

    /// What a removal says that became of somebody's access.
    pub(crate) fn left(&self, accesses: &[LeftAccess]) -> Vec<Left> {
        let left = accesses.iter().map(|one| {
            let through_project = one.path() == AccessPath::Project;
            (self.hub(&one.hub_id), through_project, one.state())
        });
        let mut left: Vec<Left> = left.collect();
        left.sort_unstable();
        left
    }

    /// Makes the call.
    pub(crate) async fn play_in_hub(&mut self, by: By, step: HubStep) -> Result<Said, Status> {
        let mut client = self.products(by);
        let team_id = self.team.clone();
        match step {
            HubStep::Create(remains) => {
                let product = if remains { "tandem" } else { "fusion" };
                let answer = client.create_hub(hub_of(&team_id, product)).await?;
                self.hubs.push(answer.into_inner().hub.expect("it").id);
            }
            HubStep::CreateProject(hub) => {
                let request = CreateProjectRequest {
                    team_id,
                    hub_id: self.hubs[hub].clone(),
                    display_name: "Bridge".to_owned(),
                    ..CreateProjectRequest::default()
                };
                let answer = client.create_project(request).await?.into_inner();
                let made = answer.project.expect("it");
                self.projects.push((made.hub_id, made.id));
            }
            HubStep::AddToProject(project, address) => {
                let (hub_id, project_id) = self.projects[project].clone();
                let request = AddProjectMemberRequest {
                    team_id,
                    hub_id,
                    project_id,
                    person: Some(Person::NewMember(new_member(&self.address(address)))),
                    role: ProjectRole::Member.into(),
                    ..AddProjectMemberRequest::default()
                };
                let answer = client.add_project_member(request).await?.into_inner();
                let outcome = answer.outcome();
                let (mut member, mut invitation) = (answer.member, answer.invitation);
                if member.is_none() {
                    // A hub's admin is not told who it is; the operator sees it.
                    let user = answer.project_member.expect("a place").user_id;
                    let seen = self.h.member(&self.team, &user).await;
                    invitation.clone_from(&seen.invitation);
                    member = Some(seen);
                }
                let admitted = self.learn(outcome, member, invitation);
                return Ok(Said::Admitted(vec![admitted]));
            }
            HubStep::TakeOut(project, who) => {
                let (hub_id, project_id) = self.projects[project].clone();
                let request = RemoveProjectMemberRequest {
                    team_id,
                    hub_id,
                    project_id,
                    user_id: self.users[who].clone(),
                    ..RemoveProjectMemberRequest::default()
                };
                client.remove_project_member(request).await?;
            }
            HubStep::AddAdmin(hub, who) => {
                let request = AddHubAdminRequest {
                    team_id,
                    hub_id: self.hubs[hub].clone(),
                    user_id: self.users[who].clone(),
                    ..AddHubAdminRequest::default()
                };
                client.add_hub_admin(request).await?;
            }
            HubStep::Grant(hub, who)
            | HubStep::Revoke(hub, who)
            | HubStep::RemoveFrom(hub, who)
            | HubStep::Report(hub, who) => {
                let of_person = (self.hubs[hub].clone(), self.users[who].clone());
                let accesses = self.change(client, step, of_person).await?;
                let each = accesses.iter().map(|one| (self.path(one), one.state()));
                let mut each: Vec<_> = each.collect();
                each.sort_unstable();
                return Ok(Said::Accesses(each));
            }
        }
        Ok(Said::Done)
    }

    /// What somebody has in a hub is given, taken back or reported; it as it is then.
    async fn change(
        &self,
        mut client: ProductServiceClient<Keyed>,
        step: HubStep,
        (hub_id, user_id): (String, String),
    ) -> Result<Vec<ProductAccess>, Status> {
        let team_id = self.team.clone();
        let (request_id, validate_only) = (String::new(), false);
        match step {
            HubStep::Grant(..) => {
                let request = GrantProductAccessRequest {
                    team_id,
                    hub_id,
                    user_id,
                    request_id,
                    validate_only,
                };
                let answer = client.grant_product_access(request).await?.into_inner();
                Ok(answer.access.into_iter().collect())
            }
            HubStep::Revoke(..) => {
                let request = RevokeProductAccessRequest {
                    team_id,
                    hub_id,
                    user_id,
                    request_id,
                    validate_only,
                };
                let answer = client.revoke_product_access(request).await?;
                Ok(answer.into_inner().accesses)
            }
            HubStep::RemoveFrom(..) => {
                let request = RemoveHubMemberRequest {
                    team_id,
                    hub_id,
                    user_id,
                    request_id,
                    validate_only,
                };
                let answer = client.remove_hub_member(request).await?;
                Ok(answer.into_inner().accesses)
            }
            HubStep::Report(..) => {
                let request = ReportResidualAccessRequest {
                    team_id,
                    hub_id,
                    user_id,
                    request_id,
                    validate_only,
                };
                let answer = client.report_residual_access(request).await?.into_inner();
                Ok(answer.access.into_iter().collect())
            }
            other => panic!("nothing to do with one person's access: {other:?}"),
        }
    }
}

/// Hubs with their admins, and who has, or had, access to them.
#[derive(Debug, PartialEq, Default)]
pub(crate) struct HubsView {
    admins: Vec<BTreeSet<usize>>,
    accesses: BTreeMap<Path, Access>,
    /// What is still to be ended in the products.
    residual: BTreeSet<Path>,
}

impl HubsView {
    /// As the rules have it.
    pub(crate) fn of(model: &Model) -> Self {
        let hubs = &model.hubs;
        let residual = hubs.accesses.iter().filter(|(_, one)| one.is_residual());
        Self {
            admins: hubs.sites.iter().map(|hub| hub.admins.clone()).collect(),
            residual: residual.map(|(path, _)| *path).collect(),
            accesses: hubs.accesses.clone(),
        }
    }

    /// As the calls answer.
    pub(crate) async fn answered(place: &Place<'_>) -> Self {
        if place.hubs.is_empty() {
            return Self::default();
        }
        let team_id = place.team.clone();
        let hubs = ListHubsRequest {
            team_id: team_id.clone(),
            ..ListHubsRequest::default()
        };
        let residual = ListResidualAccessRequest {
            team_id,
            ..ListResidualAccessRequest::default()
        };
        let h = place.h;
        let (mut first, mut second) = (h.products(), h.products());
        let (hubs, accesses, residual) = tokio::join!(
            first.list_hubs(hubs),
            h.accesses(&place.team, ProductAccessFilter::default()),
            second.list_residual_access(residual),
        );
        let (hubs, residual) = (hubs.answered().hubs, residual.answered());
        let mut admins = vec![BTreeSet::new(); place.hubs.len()];
        for hub in &hubs {
            let own = hub.admin_user_ids.iter().map(|id| place.user(id));
            admins[place.hub(&hub.id)] = own.collect();
        }
        let seen = accesses
            .iter()
            .map(|one| (place.path(one), seen(place, one)));
        let listed = residual.accesses.iter().map(|one| place.path(one));
        Self {
            admins,
            accesses: seen.collect(),
            residual: listed.collect(),
        }
    }
}

fn seen(place: &Place<'_>, one: &ProductAccess) -> Access {
    let moment = |at| -> Moment { (time(at) - place.began).num_seconds() };
    let granter = Some(&one.granter_user_id).filter(|id| !id.is_empty());
    Access {
        state: one.state(),
        granted: moment(one.grant_time),
        granter: granter.map(|id| place.user(id)),
        ended: one.end_time.map(|at| moment(Some(at))),
        reported: one.report_time.map(|at| moment(Some(at))),
        ruled: one.rule_valid_from.is_some(),
    }
}
