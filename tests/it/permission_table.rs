//! Who may do what, as domain and documents have it: written down once more, to hold the code against.

/// Each call's base permission, and its key's scope.
pub(crate) const CALLS: &[(&str, &str, &str)] = &[
    ("TeamService/CreateTeam", "teams.create", "operator"),
    ("TeamService/GetTeam", "team.read", "teams:read"),
    ("TeamService/ListTeams", "teams.list", "operator"),
    ("TeamService/UpdateTeam", "team.update", "teams:write"),
    ("TeamService/ListMembers", "members.read", "teams:read"),
    ("TeamService/GetMember", "members.read", "teams:read"),
    ("TeamService/UpdateMember", "members.update", "teams:write"),
    (
        "TeamService/DisableMember",
        "members.disable",
        "teams:write",
    ),
    ("TeamService/EnableMember", "members.disable", "teams:write"),
    ("TeamService/RemoveMember", "members.remove", "teams:write"),
    (
        "TeamService/BatchRemoveMembers",
        "members.remove",
        "teams:write",
    ),
    ("TeamService/LeaveTeam", "team.leave", "teams:write"),
    (
        "TeamService/TransferPrimaryAdmin",
        "primary.transfer",
        "teams:write",
    ),
    ("TeamService/DeleteTeam", "team.delete", "teams:write"),
    ("RoleService/ListRoles", "team.read", "teams:read"),
    ("RoleService/CreateRole", "roles.update", "teams:write"),
    ("RoleService/UpdateRole", "roles.update", "teams:write"),
    ("RoleService/DeleteRole", "roles.update", "teams:write"),
    (
        "TeamService/CheckMembership",
        "members.check",
        "members:check",
    ),
    (
        "TeamService/BatchCheckMemberships",
        "members.check",
        "members:check",
    ),
    (
        "TeamService/TestPermissions",
        "members.check",
        "members:check",
    ),
    ("UserService/CreateUser", "members.invite", "teams:write"),
    ("UserService/GetUser", "members.read", "teams:read"),
    ("UserService/BatchGetUsers", "members.read", "teams:read"),
    ("UserService/ListUsers", "members.read", "teams:read"),
    ("UserService/UpdateUser", "members.update", "teams:write"),
    ("UserService/CorrectEmail", "members.invite", "teams:write"),
    ("UserService/ListUserTeams", "users.read", "teams:read"),
    ("UserService/ImportUsers", "imports.create", "imports:write"),
    ("UserService/GetImport", "imports.read", "teams:read"),
    ("UserService/ListImports", "imports.read", "teams:read"),
    (
        "UserService/ListImportResults",
        "imports.read",
        "teams:read",
    ),
    (
        "InvitationService/CreateInvitation",
        "members.invite",
        "teams:write",
    ),
    (
        "InvitationService/GetInvitation",
        "invitations.read",
        "teams:read",
    ),
    (
        "InvitationService/ListInvitations",
        "invitations.read",
        "teams:read",
    ),
    (
        "InvitationService/ResendInvitation",
        "invitations.resend",
        "teams:write",
    ),
    (
        "InvitationService/BatchResendInvitations",
        "invitations.resend",
        "teams:write",
    ),
    (
        "InvitationService/RevokeInvitation",
        "invitations.revoke",
        "teams:write",
    ),
    (
        "InvitationService/BatchRevokeInvitations",
        "invitations.revoke",
        "teams:write",
    ),
    (
        "InvitationService/ReleaseLetters",
        "imports.create",
        "imports:write",
    ),
    ("InvitationService/PeekInvitation", "", "invitations:answer"),
    (
        "InvitationService/AcceptInvitation",
        "",
        "invitations:answer",
    ),
    (
        "InvitationService/DeclineInvitation",
        "",
        "invitations:answer",
    ),
    (
        "InvitationService/RequestNewInvitation",
        "",
        "invitations:answer",
    ),
    ("KeyService/CreateKey", "keys.update", "operator"),
    ("KeyService/ListKeys", "keys.update", "operator"),
    ("KeyService/RevokeKey", "keys.update", "operator"),
    ("EventService/ListEvents", "events.read", "events:read"),
    ("EventService/WatchEvents", "events.read", "events:read"),
];

/// Who holds a permission: Primary, Secondary, ssO admin, and a serVice that acts for nobody; Members and Guests hold one. The operator
/// holds all, but that he has no membership to end.
pub(crate) const HOLDERS: &[(&str, &str)] = &[
    ("team.read", "PSOV"),
    ("team.update", "PSO"),
    ("team.delete", "P"),
    ("team.leave", "PSOMG"),
    ("roles.update", "PSO"),
    ("members.read", "PSOV"),
    ("members.check", "PSOV"),
    ("members.invite", "PSOV"),
    ("members.update", "PSOV"),
    ("members.disable", "PSOV"),
    ("members.remove", "PSOV"),
    ("invitations.read", "PSOV"),
    ("invitations.resend", "PSOV"),
    ("invitations.revoke", "PSOV"),
    ("imports.read", "PSOV"),
    ("imports.create", "PSOV"),
    ("events.read", "PSOV"),
    ("admins.grant", "PSO"),
    ("admins.remove", "PSO"),
    ("sso_admins.grant", "PO"),
    ("primary.transfer", "P"),
    ("teams.create", ""),
    ("teams.list", ""),
    ("users.read", ""),
    ("keys.update", ""),
];

/// What a call needs besides where its target, or what it makes somebody, is an admin: to make or keep one, or to end one.
pub(crate) const GRANTS: &[&str] = &[
    "TeamService/UpdateMember",
    "UserService/UpdateUser",
    "UserService/CreateUser",
    "UserService/CorrectEmail",
    "InvitationService/CreateInvitation",
    "InvitationService/ResendInvitation",
];
pub(crate) const ENDS: &[&str] = &[
    "TeamService/DisableMember",
    "TeamService/EnableMember",
    "TeamService/RemoveMember",
    "InvitationService/RevokeInvitation",
];
