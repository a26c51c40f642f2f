//! Which permission and which scope each call needs: one table for every RPC.

use super::Permission::{self, self as P};
use crate::domain::keys::Scope::{
    self, EventsRead, IdentityWrite, ImportsWrite, InvitationsAnswer, MembersCheck, Operator,
    TeamsRead, TeamsWrite,
};

/// What one RPC needs.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Service and method.
    pub rpc: &'static str,
    /// The base permission in the team; none where the mailed token is the authority, and where whoever has the scope may read.
    pub permission: Option<Permission>,
    /// The scope of the key; `operator` includes every one.
    pub scope: Scope,
}

const fn rule(rpc: &'static str, permission: Permission, scope: Scope) -> Rule {
    Rule {
        rpc,
        permission: Some(permission),
        scope,
    }
}

const fn link(rpc: &'static str) -> Rule {
    Rule {
        rpc,
        permission: None,
        scope: InvitationsAnswer,
    }
}

/// What an ID token is the authority for.
const fn signed_in(rpc: &'static str) -> Rule {
    Rule {
        rpc,
        permission: None,
        scope: IdentityWrite,
    }
}

/// What belongs to no team and is nobody's secret.
const fn open(rpc: &'static str) -> Rule {
    Rule {
        rpc,
        permission: None,
        scope: TeamsRead,
    }
}

/// Every RPC. What it needs besides, for a target or a role above `MEMBER`, is `Power`'s to say.
pub const RULES: &[Rule] = &[
    rule("TeamService/CreateTeam", P::TeamsCreate, Operator),
    rule("TeamService/GetTeam", P::TeamRead, TeamsRead),
    rule("TeamService/ListTeams", P::TeamsList, Operator),
    rule("TeamService/UpdateTeam", P::TeamUpdate, TeamsWrite),
    rule("TeamService/ListMembers", P::MembersRead, TeamsRead),
    rule("TeamService/GetMember", P::MembersRead, TeamsRead),
    rule("TeamService/UpdateMember", P::MembersUpdate, TeamsWrite),
    rule("TeamService/DisableMember", P::MembersDisable, TeamsWrite),
    rule("TeamService/EnableMember", P::MembersDisable, TeamsWrite),
    rule("TeamService/RemoveMember", P::MembersRemove, TeamsWrite),
    rule(
        "TeamService/BatchRemoveMembers",
        P::MembersRemove,
        TeamsWrite,
    ),
    rule("TeamService/LeaveTeam", P::TeamLeave, TeamsWrite),
    rule(
        "TeamService/TransferPrimaryAdmin",
        P::PrimaryTransfer,
        TeamsWrite,
    ),
    rule("TeamService/DeleteTeam", P::TeamDelete, TeamsWrite),
    rule("RoleService/ListRoles", P::TeamRead, TeamsRead),
    rule("RoleService/CreateRole", P::RolesUpdate, TeamsWrite),
    rule("RoleService/UpdateRole", P::RolesUpdate, TeamsWrite),
    rule("RoleService/DeleteRole", P::RolesUpdate, TeamsWrite),
    rule("SsoService/CreateSsoConnection", P::SsoUpdate, TeamsWrite),
    rule("SsoService/GetSsoConnection", P::TeamRead, TeamsRead),
    rule("SsoService/ListSsoConnections", P::TeamRead, TeamsRead),
    rule("SsoService/UpdateSsoConnection", P::SsoUpdate, TeamsWrite),
    rule("SsoService/DeleteSsoConnection", P::SsoUpdate, TeamsWrite),
    rule("SsoService/ClaimDomain", P::SsoUpdate, TeamsWrite),
    rule("SsoService/VerifyDomain", P::DomainsVerify, Operator),
    rule("SsoService/ReleaseDomain", P::SsoUpdate, TeamsWrite),
    rule("SsoService/ListDomains", P::TeamRead, TeamsRead),
    signed_in("SsoService/ProvisionSsoUser"),
    rule("DirectoryService/CreateDirectory", P::SsoUpdate, TeamsWrite),
    rule("DirectoryService/GetDirectory", P::TeamRead, TeamsRead),
    rule("DirectoryService/UpdateDirectory", P::SsoUpdate, TeamsWrite),
    rule(
        "DirectoryService/RotateDirectoryToken",
        P::SsoUpdate,
        TeamsWrite,
    ),
    rule(
        "DirectoryService/ReleaseDirectory",
        P::SsoUpdate,
        TeamsWrite,
    ),
    rule(
        "DirectoryService/TerminateDirectory",
        P::SsoUpdate,
        TeamsWrite,
    ),
    rule(
        "DirectoryService/ListDirectoryGroups",
        P::TeamRead,
        TeamsRead,
    ),
    rule(
        "DirectoryService/ListDirectoryGroupMembers",
        P::TeamRead,
        TeamsRead,
    ),
    rule(
        "DirectoryService/CreateGroupMapping",
        P::SsoUpdate,
        TeamsWrite,
    ),
    rule(
        "DirectoryService/DeleteGroupMapping",
        P::SsoUpdate,
        TeamsWrite,
    ),
    rule(
        "DirectoryService/SyncDirectory",
        P::DirectorySync,
        IdentityWrite,
    ),
    rule("ProductService/UpsertProduct", P::ProductsManage, Operator),
    open("ProductService/ListProducts"),
    rule("ProductService/SetRemovalRule", P::ProductsManage, Operator),
    open("ProductService/ListRemovalRules"),
    rule("ProductService/CreateHub", P::ProductsUpdate, TeamsWrite),
    rule("ProductService/GetHub", P::TeamRead, TeamsRead),
    rule("ProductService/ListHubs", P::TeamRead, TeamsRead),
    rule("ProductService/UpdateHub", P::ProductsUpdate, TeamsWrite),
    rule("ProductService/DeleteHub", P::ProductsUpdate, TeamsWrite),
    rule("ProductService/AddHubAdmin", P::ProductsUpdate, TeamsWrite),
    rule(
        "ProductService/RemoveHubAdmin",
        P::ProductsUpdate,
        TeamsWrite,
    ),
    rule(
        "ProductService/RemoveHubMember",
        P::ProductsUpdate,
        TeamsWrite,
    ),
    rule(
        "ProductService/CreateProject",
        P::ProductsUpdate,
        TeamsWrite,
    ),
    rule("ProductService/ListProjects", P::TeamRead, TeamsRead),
    rule(
        "ProductService/UpdateProject",
        P::ProductsUpdate,
        TeamsWrite,
    ),
    rule(
        "ProductService/DeleteProject",
        P::ProductsUpdate,
        TeamsWrite,
    ),
    rule(
        "ProductService/AddProjectMember",
        P::ProductsUpdate,
        TeamsWrite,
    ),
    rule(
        "ProductService/ListProjectMembers",
        P::MembersRead,
        TeamsRead,
    ),
    rule(
        "ProductService/UpdateProjectMember",
        P::ProductsUpdate,
        TeamsWrite,
    ),
    rule(
        "ProductService/RemoveProjectMember",
        P::ProductsUpdate,
        TeamsWrite,
    ),
    rule(
        "ProductService/GrantProductAccess",
        P::ProductsUpdate,
        TeamsWrite,
    ),
    rule(
        "ProductService/RevokeProductAccess",
        P::ProductsUpdate,
        TeamsWrite,
    ),
    rule(
        "ProductService/ListProductAccess",
        P::MembersRead,
        TeamsRead,
    ),
    rule(
        "ProductService/ListResidualAccess",
        P::MembersRead,
        TeamsRead,
    ),
    rule(
        "ProductService/ReportResidualAccess",
        P::ProductsUpdate,
        TeamsWrite,
    ),
    rule("ProductService/ExplainAccess", P::MembersRead, TeamsRead),
    rule("TeamService/PreviewRemoval", P::MembersRemove, TeamsRead),
    rule("TeamService/CheckMembership", P::MembersCheck, MembersCheck),
    rule(
        "TeamService/BatchCheckMemberships",
        P::MembersCheck,
        MembersCheck,
    ),
    rule("TeamService/TestPermissions", P::MembersCheck, MembersCheck),
    rule("UserService/CreateUser", P::MembersInvite, TeamsWrite),
    rule("UserService/GetUser", P::MembersRead, TeamsRead),
    rule("UserService/BatchGetUsers", P::MembersRead, TeamsRead),
    rule("UserService/ListUsers", P::MembersRead, TeamsRead),
    rule("UserService/UpdateUser", P::MembersUpdate, TeamsWrite),
    rule("UserService/CorrectEmail", P::MembersInvite, TeamsWrite),
    rule("UserService/DisableUser", P::UsersUpdate, Operator),
    rule("UserService/EnableUser", P::UsersUpdate, Operator),
    rule("UserService/DeleteUser", P::UsersUpdate, Operator),
    rule("UserService/RequestEmailChange", P::UsersUpdate, TeamsWrite),
    link("UserService/ConfirmEmailChange"),
    rule("UserService/ListUserTeams", P::UsersRead, TeamsRead),
    rule("UserService/ImportUsers", P::ImportsCreate, ImportsWrite),
    rule("UserService/GetImport", P::ImportsRead, TeamsRead),
    rule("UserService/ListImports", P::ImportsRead, TeamsRead),
    rule("UserService/ListImportResults", P::ImportsRead, TeamsRead),
    rule(
        "InvitationService/CreateInvitation",
        P::MembersInvite,
        TeamsWrite,
    ),
    rule(
        "InvitationService/GetInvitation",
        P::InvitationsRead,
        TeamsRead,
    ),
    rule(
        "InvitationService/ListInvitations",
        P::InvitationsRead,
        TeamsRead,
    ),
    rule(
        "InvitationService/ResendInvitation",
        P::InvitationsResend,
        TeamsWrite,
    ),
    rule(
        "InvitationService/BatchResendInvitations",
        P::InvitationsResend,
        TeamsWrite,
    ),
    rule(
        "InvitationService/RevokeInvitation",
        P::InvitationsRevoke,
        TeamsWrite,
    ),
    rule(
        "InvitationService/BatchRevokeInvitations",
        P::InvitationsRevoke,
        TeamsWrite,
    ),
    rule(
        "InvitationService/ReleaseLetters",
        P::ImportsCreate,
        ImportsWrite,
    ),
    link("InvitationService/PeekInvitation"),
    link("InvitationService/AcceptInvitation"),
    link("InvitationService/DeclineInvitation"),
    link("InvitationService/RequestNewInvitation"),
    rule("EventService/ListEvents", P::EventsRead, EventsRead),
    rule("EventService/WatchEvents", P::EventsRead, EventsRead),
    rule("KeyService/CreateKey", P::KeysUpdate, Operator),
    rule("KeyService/ListKeys", P::KeysUpdate, Operator),
    rule("KeyService/RevokeKey", P::KeysUpdate, Operator),
];

/// The rule of a method's path, such as `/muster.v1.TeamService/GetTeam`.
#[must_use]
pub fn rule_of(path: &str) -> Option<&'static Rule> {
    let rpc = path.strip_prefix("/muster.v1.")?;
    RULES.iter().find(|rule| rule.rpc == rpc)
}
