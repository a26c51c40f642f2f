//! `DirectoryService`: which function reads each request, and which one answers it.

use tonic::{Request, Response, Status, Streaming};

use super::{Rpc, directories, groups, syncs};
use crate::proto::{self, directory_service_server::DirectoryService};

#[tonic::async_trait]
impl DirectoryService for Rpc {
    async fn create_directory(
        &self,
        request: Request<proto::CreateDirectoryRequest>,
    ) -> Result<Response<proto::CreateDirectoryResponse>, Status> {
        self.mutate(request, directories::create, directories::created)
            .await
    }

    async fn get_directory(
        &self,
        request: Request<proto::GetDirectoryRequest>,
    ) -> Result<Response<proto::GetDirectoryResponse>, Status> {
        self.call(request, directories::get).await
    }

    async fn update_directory(
        &self,
        request: Request<proto::UpdateDirectoryRequest>,
    ) -> Result<Response<proto::UpdateDirectoryResponse>, Status> {
        self.mutate(request, directories::update, directories::updated)
            .await
    }

    async fn rotate_directory_token(
        &self,
        request: Request<proto::RotateDirectoryTokenRequest>,
    ) -> Result<Response<proto::RotateDirectoryTokenResponse>, Status> {
        self.mutate(request, directories::rotate, directories::rotated)
            .await
    }

    async fn sync_directory(
        &self,
        request: Request<Streaming<proto::SyncDirectoryRequest>>,
    ) -> Result<Response<proto::SyncDirectoryResponse>, Status> {
        self.call(request, syncs::sync).await
    }

    async fn list_directory_groups(
        &self,
        request: Request<proto::ListDirectoryGroupsRequest>,
    ) -> Result<Response<proto::ListDirectoryGroupsResponse>, Status> {
        self.call(request, groups::list).await
    }

    async fn list_directory_group_members(
        &self,
        request: Request<proto::ListDirectoryGroupMembersRequest>,
    ) -> Result<Response<proto::ListDirectoryGroupMembersResponse>, Status> {
        self.call(request, groups::members).await
    }

    async fn create_group_mapping(
        &self,
        request: Request<proto::CreateGroupMappingRequest>,
    ) -> Result<Response<proto::CreateGroupMappingResponse>, Status> {
        self.mutate(request, groups::map, groups::mapped).await
    }

    async fn delete_group_mapping(
        &self,
        request: Request<proto::DeleteGroupMappingRequest>,
    ) -> Result<Response<proto::DeleteGroupMappingResponse>, Status> {
        self.mutate(request, groups::unmap, groups::unmapped).await
    }

    async fn release_directory(
        &self,
        request: Request<proto::ReleaseDirectoryRequest>,
    ) -> Result<Response<proto::ReleaseDirectoryResponse>, Status> {
        self.mutate(request, directories::release, directories::released)
            .await
    }

    async fn terminate_directory(
        &self,
        request: Request<proto::TerminateDirectoryRequest>,
    ) -> Result<Response<proto::TerminateDirectoryResponse>, Status> {
        self.mutate(request, directories::terminate, directories::terminated)
            .await
    }
}
