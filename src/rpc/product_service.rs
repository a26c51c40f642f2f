//! `ProductService`: which function reads each request, and which one answers it.

use tonic::{Request, Response, Status};

use super::{Rpc, access, hubs, products, project_members, projects, residual};
use crate::proto::{self, product_service_server::ProductService};

#[tonic::async_trait]
impl ProductService for Rpc {
    async fn upsert_product(
        &self,
        request: Request<proto::UpsertProductRequest>,
    ) -> Result<Response<proto::UpsertProductResponse>, Status> {
        self.mutate(request, products::upsert, products::upserted)
            .await
    }

    async fn list_products(
        &self,
        request: Request<proto::ListProductsRequest>,
    ) -> Result<Response<proto::ListProductsResponse>, Status> {
        self.call(request, products::list).await
    }

    async fn set_removal_rule(
        &self,
        request: Request<proto::SetRemovalRuleRequest>,
    ) -> Result<Response<proto::SetRemovalRuleResponse>, Status> {
        self.mutate(request, products::set_rule, products::rule_set)
            .await
    }

    async fn list_removal_rules(
        &self,
        request: Request<proto::ListRemovalRulesRequest>,
    ) -> Result<Response<proto::ListRemovalRulesResponse>, Status> {
        self.call(request, products::list_rules).await
    }

    async fn create_hub(
        &self,
        request: Request<proto::CreateHubRequest>,
    ) -> Result<Response<proto::CreateHubResponse>, Status> {
        self.mutate(request, hubs::create, hubs::created).await
    }

    async fn get_hub(
        &self,
        request: Request<proto::GetHubRequest>,
    ) -> Result<Response<proto::GetHubResponse>, Status> {
        self.call(request, hubs::get).await
    }

    async fn list_hubs(
        &self,
        request: Request<proto::ListHubsRequest>,
    ) -> Result<Response<proto::ListHubsResponse>, Status> {
        self.call(request, hubs::list).await
    }

    async fn update_hub(
        &self,
        request: Request<proto::UpdateHubRequest>,
    ) -> Result<Response<proto::UpdateHubResponse>, Status> {
        self.mutate(request, hubs::update, hubs::updated).await
    }

    async fn delete_hub(
        &self,
        request: Request<proto::DeleteHubRequest>,
    ) -> Result<Response<proto::DeleteHubResponse>, Status> {
        self.mutate(request, hubs::delete, hubs::deleted).await
    }

    async fn add_hub_admin(
        &self,
        request: Request<proto::AddHubAdminRequest>,
    ) -> Result<Response<proto::AddHubAdminResponse>, Status> {
        self.mutate(request, hubs::add_admin, hubs::admin_added)
            .await
    }

    async fn remove_hub_admin(
        &self,
        request: Request<proto::RemoveHubAdminRequest>,
    ) -> Result<Response<proto::RemoveHubAdminResponse>, Status> {
        self.mutate(request, hubs::remove_admin, hubs::admin_removed)
            .await
    }

    async fn remove_hub_member(
        &self,
        request: Request<proto::RemoveHubMemberRequest>,
    ) -> Result<Response<proto::RemoveHubMemberResponse>, Status> {
        self.mutate(request, access::leave_hub, access::hub_left)
            .await
    }

    async fn create_project(
        &self,
        request: Request<proto::CreateProjectRequest>,
    ) -> Result<Response<proto::CreateProjectResponse>, Status> {
        self.mutate(request, projects::create, projects::created)
            .await
    }

    async fn list_projects(
        &self,
        request: Request<proto::ListProjectsRequest>,
    ) -> Result<Response<proto::ListProjectsResponse>, Status> {
        self.call(request, projects::list).await
    }

    async fn update_project(
        &self,
        request: Request<proto::UpdateProjectRequest>,
    ) -> Result<Response<proto::UpdateProjectResponse>, Status> {
        self.mutate(request, projects::update, projects::updated)
            .await
    }

    async fn delete_project(
        &self,
        request: Request<proto::DeleteProjectRequest>,
    ) -> Result<Response<proto::DeleteProjectResponse>, Status> {
        self.mutate(request, projects::delete, projects::deleted)
            .await
    }

    async fn add_project_member(
        &self,
        request: Request<proto::AddProjectMemberRequest>,
    ) -> Result<Response<proto::AddProjectMemberResponse>, Status> {
        self.mutate(request, project_members::add, project_members::added)
            .await
    }

    async fn list_project_members(
        &self,
        request: Request<proto::ListProjectMembersRequest>,
    ) -> Result<Response<proto::ListProjectMembersResponse>, Status> {
        self.call(request, project_members::list).await
    }

    async fn update_project_member(
        &self,
        request: Request<proto::UpdateProjectMemberRequest>,
    ) -> Result<Response<proto::UpdateProjectMemberResponse>, Status> {
        self.mutate(request, project_members::update, project_members::updated)
            .await
    }

    async fn remove_project_member(
        &self,
        request: Request<proto::RemoveProjectMemberRequest>,
    ) -> Result<Response<proto::RemoveProjectMemberResponse>, Status> {
        self.mutate(request, project_members::remove, project_members::removed)
            .await
    }

    async fn grant_product_access(
        &self,
        request: Request<proto::GrantProductAccessRequest>,
    ) -> Result<Response<proto::GrantProductAccessResponse>, Status> {
        self.mutate(request, access::grant, access::granted).await
    }

    async fn revoke_product_access(
        &self,
        request: Request<proto::RevokeProductAccessRequest>,
    ) -> Result<Response<proto::RevokeProductAccessResponse>, Status> {
        self.mutate(request, access::revoke, access::revoked).await
    }

    async fn list_product_access(
        &self,
        request: Request<proto::ListProductAccessRequest>,
    ) -> Result<Response<proto::ListProductAccessResponse>, Status> {
        self.call(request, access::list).await
    }

    async fn list_residual_access(
        &self,
        request: Request<proto::ListResidualAccessRequest>,
    ) -> Result<Response<proto::ListResidualAccessResponse>, Status> {
        self.call(request, residual::list).await
    }

    async fn report_residual_access(
        &self,
        request: Request<proto::ReportResidualAccessRequest>,
    ) -> Result<Response<proto::ReportResidualAccessResponse>, Status> {
        self.mutate(request, residual::report, residual::reported)
            .await
    }

    async fn explain_access(
        &self,
        request: Request<proto::ExplainAccessRequest>,
    ) -> Result<Response<proto::ExplainAccessResponse>, Status> {
        self.call(request, residual::explain).await
    }
}
