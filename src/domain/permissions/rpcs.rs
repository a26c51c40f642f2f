//! Which permission and which scope each call needs: one table for every RPC.

use super::Permission::{self, self as P};
use crate::domain::keys::Scope::{
    self, EventsRead, ImportsWrite, InvitationsAnswer, MembersCheck, Operator, TeamsRead,
    TeamsWrite,
};

/// What one RPC needs.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Service and method.
    pub rpc: &'static str,
    /// The base permission in the team; none where the mailed token is the authority.
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
