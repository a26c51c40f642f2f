//! Calls that change something: what every one of them may carry besides its own fields.

use prost::Message;
use ring::digest::{SHA256, digest};
use tonic::{Request, Response, Status};

use super::{Rpc, values::id};
use crate::{
    app::{Call, Manner},
    error::{Error, FieldViolation, Result},
    proto::{
        AcceptInvitationRequest, AddHubAdminRequest, AddProjectMemberRequest,
        BatchRemoveMembersRequest, BatchResendInvitationsRequest, BatchRevokeInvitationsRequest,
        ClaimDomainRequest, ConfirmEmailChangeRequest, CorrectEmailRequest, CreateDirectoryRequest,
        CreateGroupMappingRequest, CreateHubRequest, CreateInvitationRequest, CreateKeyRequest,
        CreateProjectRequest, CreateRoleRequest, CreateSsoConnectionRequest, CreateTeamRequest,
        CreateUserRequest, DeclineInvitationRequest, DeleteGroupMappingRequest, DeleteHubRequest,
        DeleteProjectRequest, DeleteRoleRequest, DeleteSsoConnectionRequest, DeleteTeamRequest,
        DeleteUserRequest, DisableMemberRequest, DisableUserRequest, EnableMemberRequest,
        EnableUserRequest, GrantProductAccessRequest, LeaveTeamRequest, ProvisionSsoUserRequest,
        ReleaseDirectoryRequest, ReleaseDomainRequest, ReleaseLettersRequest,
        RemoveHubAdminRequest, RemoveHubMemberRequest, RemoveMemberRequest,
        RemoveProjectMemberRequest, ReportResidualAccessRequest, RequestEmailChangeRequest,
        RequestNewInvitationRequest, ResendInvitationRequest, RevokeInvitationRequest,
        RevokeKeyRequest, RevokeProductAccessRequest, RotateDirectoryTokenRequest,
        SetRemovalRuleRequest, TerminateDirectoryRequest, TransferPrimaryAdminRequest,
        UpdateDirectoryRequest, UpdateHubRequest, UpdateMemberRequest, UpdateProjectMemberRequest,
        UpdateProjectRequest, UpdateRoleRequest, UpdateSsoConnectionRequest, UpdateTeamRequest,
        UpdateUserRequest, UpsertProductRequest, VerifyDomainRequest,
    },
};

/// A request that changes something.
pub(super) trait Mutation: Message {
    /// The caller's id for it.
    fn request_id(&mut self) -> &mut String;
    /// Whether only to tell what would be done.
    fn validate_only(&self) -> bool;
    /// The state that the resource must be in; empty for any.
    fn etag(&self) -> &str;
}

/// `Request, |request| whether it is a rehearsal, |request| its etag`.
macro_rules! mutations {
    ($($request:ident, |$a:ident| $validate_only:expr, |$b:ident| $etag:expr;)+) => {
        $(impl Mutation for $request {
            fn request_id(&mut self) -> &mut String {
                &mut self.request_id
            }

            fn validate_only(&self) -> bool {
                let $a = self;
                $validate_only
            }

            fn etag(&self) -> &str {
                let $b = self;
                $etag
            }
        })+
    };
}

mutations! {
    CreateTeamRequest, |it| it.validate_only, |_it| "";
    UpdateTeamRequest, |it| it.validate_only, |it| it.team.as_ref().map_or("", |team| &team.etag);
    UpdateMemberRequest, |it| it.validate_only, |it| it.member.as_ref().map_or("", |member| &member.etag);
    DisableMemberRequest, |it| it.validate_only, |it| &it.etag;
    EnableMemberRequest, |it| it.validate_only, |it| &it.etag;
    RemoveMemberRequest, |it| it.validate_only, |it| &it.etag;
    BatchRemoveMembersRequest, |it| it.validate_only, |_it| "";
    LeaveTeamRequest, |it| it.validate_only, |_it| "";
    TransferPrimaryAdminRequest, |it| it.validate_only, |it| &it.etag;
    DeleteTeamRequest, |it| it.validate_only, |it| &it.etag;
    CreateRoleRequest, |it| it.validate_only, |_it| "";
    UpdateRoleRequest, |it| it.validate_only, |it| it.role.as_ref().map_or("", |role| &role.etag);
    DeleteRoleRequest, |it| it.validate_only, |it| &it.etag;
    CreateUserRequest, |it| it.validate_only, |_it| "";
    UpdateUserRequest, |it| it.validate_only, |it| it.user.as_ref().map_or("", |user| &user.etag);
    CorrectEmailRequest, |_it| false, |it| &it.etag;
    DisableUserRequest, |it| it.validate_only, |it| &it.etag;
    EnableUserRequest, |it| it.validate_only, |it| &it.etag;
    DeleteUserRequest, |it| it.validate_only, |it| &it.etag;
    RequestEmailChangeRequest, |it| it.validate_only, |it| &it.etag;
    ConfirmEmailChangeRequest, |_it| false, |_it| "";
    CreateInvitationRequest, |it| it.validate_only, |_it| "";
    ResendInvitationRequest, |_it| false, |it| &it.etag;
    BatchResendInvitationsRequest, |_it| false, |_it| "";
    RevokeInvitationRequest, |_it| false, |it| &it.etag;
    BatchRevokeInvitationsRequest, |_it| false, |_it| "";
    CreateKeyRequest, |it| it.validate_only, |_it| "";
    RevokeKeyRequest, |_it| false, |_it| "";
    ReleaseLettersRequest, |_it| false, |_it| "";
    UpsertProductRequest, |it| it.validate_only, |it| it.product.as_ref().map_or("", |product| &product.etag);
    SetRemovalRuleRequest, |it| it.validate_only, |_it| "";
    CreateHubRequest, |it| it.validate_only, |_it| "";
    UpdateHubRequest, |it| it.validate_only, |it| it.hub.as_ref().map_or("", |hub| &hub.etag);
    DeleteHubRequest, |it| it.validate_only, |it| &it.etag;
    AddHubAdminRequest, |it| it.validate_only, |_it| "";
    RemoveHubAdminRequest, |it| it.validate_only, |_it| "";
    RemoveHubMemberRequest, |it| it.validate_only, |_it| "";
    CreateProjectRequest, |it| it.validate_only, |_it| "";
    UpdateProjectRequest, |it| it.validate_only, |it| it.project.as_ref().map_or("", |project| &project.etag);
    DeleteProjectRequest, |it| it.validate_only, |it| &it.etag;
    AddProjectMemberRequest, |it| it.validate_only, |_it| "";
    UpdateProjectMemberRequest, |it| it.validate_only, |it| it.project_member.as_ref().map_or("", |member| &member.etag);
    RemoveProjectMemberRequest, |it| it.validate_only, |it| &it.etag;
    GrantProductAccessRequest, |it| it.validate_only, |_it| "";
    ReportResidualAccessRequest, |it| it.validate_only, |_it| "";
    RevokeProductAccessRequest, |it| it.validate_only, |_it| "";
    CreateSsoConnectionRequest, |it| it.validate_only, |_it| "";
    UpdateSsoConnectionRequest, |it| it.validate_only, |it| it.connection.as_ref().map_or("", |connection| &connection.etag);
    DeleteSsoConnectionRequest, |it| it.validate_only, |it| &it.etag;
    ClaimDomainRequest, |it| it.validate_only, |_it| "";
    VerifyDomainRequest, |it| it.validate_only, |_it| "";
    ReleaseDomainRequest, |it| it.validate_only, |_it| "";
    ProvisionSsoUserRequest, |it| it.validate_only, |_it| "";
    CreateDirectoryRequest, |it| it.validate_only, |_it| "";
    UpdateDirectoryRequest, |it| it.validate_only, |it| it.directory.as_ref().map_or("", |directory| &directory.etag);
    ReleaseDirectoryRequest, |it| it.validate_only, |it| &it.etag;
    TerminateDirectoryRequest, |it| it.validate_only, |it| &it.etag;
    CreateGroupMappingRequest, |it| it.validate_only, |_it| "";
    DeleteGroupMappingRequest, |it| it.validate_only, |_it| "";
    RotateDirectoryTokenRequest, |it| it.validate_only, |it| &it.etag;
    AcceptInvitationRequest, |_it| false, |_it| "";
    DeclineInvitationRequest, |_it| false, |_it| "";
    RequestNewInvitationRequest, |_it| false, |_it| "";
}

impl Rpc {
    /// Runs one call that changes something, as [`Rpc::call`] does.
    pub(super) async fn mutate<Q, C, A, D, W, R>(
        &self,
        request: Request<Q>,
        decode: D,
        work: W,
    ) -> Result<Response<A>, Status>
    where
        Q: Mutation + Default + 'static,
        C: Send + 'static,
        A: Send + 'static,
        D: FnOnce(&Q) -> Result<C> + Send + 'static,
        W: FnOnce(Self, Call, C) -> R + Send + 'static,
        R: Future<Output = Result<A>> + Send + 'static,
    {
        self.call(request, |rpc, caller, mut message| async move {
            let manner = manner(&mut message);
            let (manner, command) = both(manner, decode(&message))?;
            work(rpc, Call::new(&caller, manner), command).await
        })
        .await
    }
}

/// Takes the request id out of a request, so that what is left is what must be the same.
fn manner(request: &mut impl Mutation) -> Result<Manner, FieldViolation> {
    let given = std::mem::take(request.request_id());
    let request_id = if given.is_empty() {
        None
    } else {
        let fingerprint = digest(&SHA256, &request.encode_to_vec());
        Some((id("request_id", &given)?, fingerprint.as_ref().to_vec()))
    };
    let etag = request.etag();
    Ok(Manner {
        request_id,
        etag: (!etag.is_empty()).then(|| etag.to_owned()),
        validate_only: request.validate_only(),
    })
}

/// The state that a rehearsal shows will never be: its etag would be good for nothing.
pub(super) fn no_etag_of_rehearsal(call: &Call, etag: &mut String) {
    if call.is_rehearsal() {
        etag.clear();
    }
}

/// Both parts of a request, or every bad field of either.
fn both<C>(manner: Result<Manner, FieldViolation>, command: Result<C>) -> Result<(Manner, C)> {
    match (manner, command) {
        (Ok(manner), Ok(command)) => Ok((manner, command)),
        (Err(violation), Ok(_)) => Err(violation.into()),
        (Err(violation), Err(Error::Invalid(mut violations))) => {
            violations.push(violation);
            Err(Error::Invalid(violations))
        }
        (_, Err(error)) => Err(error),
    }
}
