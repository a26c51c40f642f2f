//! `SsoService`: which function reads each request, and which one answers it.

use tonic::{Request, Response, Status};

use super::{Rpc, sign_ins, sso, team_domains};
use crate::proto::{self, sso_service_server::SsoService};

#[tonic::async_trait]
impl SsoService for Rpc {
    async fn create_sso_connection(
        &self,
        request: Request<proto::CreateSsoConnectionRequest>,
    ) -> Result<Response<proto::CreateSsoConnectionResponse>, Status> {
        self.mutate(request, sso::create, sso::created).await
    }

    async fn get_sso_connection(
        &self,
        request: Request<proto::GetSsoConnectionRequest>,
    ) -> Result<Response<proto::GetSsoConnectionResponse>, Status> {
        self.call(request, sso::get).await
    }

    async fn list_sso_connections(
        &self,
        request: Request<proto::ListSsoConnectionsRequest>,
    ) -> Result<Response<proto::ListSsoConnectionsResponse>, Status> {
        self.call(request, sso::list).await
    }

    async fn update_sso_connection(
        &self,
        request: Request<proto::UpdateSsoConnectionRequest>,
    ) -> Result<Response<proto::UpdateSsoConnectionResponse>, Status> {
        self.mutate(request, sso::update, sso::updated).await
    }

    async fn delete_sso_connection(
        &self,
        request: Request<proto::DeleteSsoConnectionRequest>,
    ) -> Result<Response<proto::DeleteSsoConnectionResponse>, Status> {
        self.mutate(request, sso::delete, sso::deleted).await
    }

    async fn claim_domain(
        &self,
        request: Request<proto::ClaimDomainRequest>,
    ) -> Result<Response<proto::ClaimDomainResponse>, Status> {
        self.mutate(request, team_domains::claim, team_domains::claimed)
            .await
    }

    async fn verify_domain(
        &self,
        request: Request<proto::VerifyDomainRequest>,
    ) -> Result<Response<proto::VerifyDomainResponse>, Status> {
        self.mutate(request, team_domains::verify, team_domains::verified)
            .await
    }

    async fn release_domain(
        &self,
        request: Request<proto::ReleaseDomainRequest>,
    ) -> Result<Response<proto::ReleaseDomainResponse>, Status> {
        self.mutate(request, team_domains::release, team_domains::released)
            .await
    }

    async fn list_domains(
        &self,
        request: Request<proto::ListDomainsRequest>,
    ) -> Result<Response<proto::ListDomainsResponse>, Status> {
        self.call(request, team_domains::list).await
    }

    async fn provision_sso_user(
        &self,
        request: Request<proto::ProvisionSsoUserRequest>,
    ) -> Result<Response<proto::ProvisionSsoUserResponse>, Status> {
        self.mutate(request, sign_ins::provision, sign_ins::provisioned)
            .await
    }
}
