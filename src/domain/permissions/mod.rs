//! Who may do what: the permissions, and what each role holds. `power` says what a caller may do in one team, `rpcs`
//! which permission and scope each call needs.

use super::{roles::Role, words::words};

mod power;
mod rpcs;

pub use power::{Power, denied};
pub use rpcs::{RULES, Rule, rule_of};

words! {
    /// One thing that one may be allowed to do.
    pub enum Permission {
        /// To read a team's settings and counts.
        TeamRead = "team.read",
        /// To change a team's settings, but what is the operator's to set.
        TeamUpdate = "team.update",
        /// To delete a team.
        TeamDelete = "team.delete",
        /// To leave a team.
        TeamLeave = "team.leave",
        /// To make, change and delete custom roles.
        RolesUpdate = "roles.update",
        /// To read a team's people.
        MembersRead = "members.read",
        /// To ask whether somebody is a member, and what he may do.
        MembersCheck = "members.check",
        /// To invite people, and to correct the address of somebody invited.
        MembersInvite = "members.invite",
        /// To change people's roles and the profiles that are nobody else's yet.
        MembersUpdate = "members.update",
        /// To disable people in the team, and enable them.
        MembersDisable = "members.disable",
        /// To remove people.
        MembersRemove = "members.remove",
        /// To read invitations.
        InvitationsRead = "invitations.read",
        /// To send new links.
        InvitationsResend = "invitations.resend",
        /// To take invitations back.
        InvitationsRevoke = "invitations.revoke",
        /// To read imports and their results.
        ImportsRead = "imports.read",
        /// To import people, and to release the letters of an import.
        ImportsCreate = "imports.create",
        /// To read a team's events.
        EventsRead = "events.read",
        /// To change hubs, projects and product access.
        ProductsUpdate = "products.update",
        /// To make somebody a secondary admin, or an admin a member.
        AdminsGrant = "admins.grant",
        /// To remove or disable an admin, or take his invitation back.
        AdminsRemove = "admins.remove",
        /// To make somebody an SSO admin.
        SsoAdminsGrant = "sso_admins.grant",
        /// To hand the primary admin's role over.
        PrimaryTransfer = "primary.transfer",
        /// To change SSO, domains and directories.
        SsoUpdate = "sso.update",
        /// To say what a directory says of its people.
        DirectorySync = "directory.sync",
        /// To make teams.
        TeamsCreate = "teams.create",
        /// To delete a team in which others are.
        TeamsDelete = "teams.delete",
        /// To list every team.
        TeamsList = "teams.list",
        /// To set the id by which another system knows a team.
        ExternalIdsUpdate = "external_ids.update",
        /// To set how many seats a team has.
        SeatsUpdate = "seats.update",
        /// To set what a team's plan includes.
        EntitlementsUpdate = "entitlements.update",
        /// To read accounts across teams.
        UsersRead = "users.read",
        /// To change accounts across teams.
        UsersUpdate = "users.update",
        /// To change products and what a removal does there.
        ProductsManage = "products.manage",
        /// To verify that a domain is a team's.
        DomainsVerify = "domains.verify",
        /// To make, list and revoke API keys.
        KeysUpdate = "keys.update",
    }
}

impl Permission {
    /// Whether a role holds it: domain.md's table.
    const fn is_held_by(self, role: Role) -> bool {
        let is_admin = role.is_admin();
        match self {
            Self::TeamRead
            | Self::TeamUpdate
            | Self::RolesUpdate
            | Self::MembersRead
            | Self::MembersCheck
            | Self::MembersInvite
            | Self::MembersUpdate
            | Self::MembersDisable
            | Self::MembersRemove
            | Self::InvitationsRead
            | Self::InvitationsResend
            | Self::InvitationsRevoke
            | Self::ImportsRead
            | Self::ImportsCreate
            | Self::EventsRead
            | Self::ProductsUpdate
            | Self::AdminsGrant
            | Self::AdminsRemove => is_admin,
            Self::SsoAdminsGrant | Self::SsoUpdate | Self::DirectorySync => {
                matches!(role, Role::PrimaryAdmin | Role::SsoAdmin)
            }
            Self::PrimaryTransfer | Self::TeamDelete => matches!(role, Role::PrimaryAdmin),
            // Also the primary admin, who is told that he must hand his role over first.
            Self::TeamLeave => true,
            Self::TeamsCreate
            | Self::TeamsDelete
            | Self::TeamsList
            | Self::ExternalIdsUpdate
            | Self::SeatsUpdate
            | Self::EntitlementsUpdate
            | Self::UsersRead
            | Self::UsersUpdate
            | Self::ProductsManage
            | Self::DomainsVerify
            | Self::KeysUpdate => false,
        }
    }

    /// Whether a service holds it that acts for nobody.
    const fn is_held_by_services(self) -> bool {
        match self {
            Self::TeamRead
            | Self::MembersRead
            | Self::MembersCheck
            | Self::MembersInvite
            | Self::MembersUpdate
            | Self::MembersDisable
            | Self::MembersRemove
            | Self::InvitationsRead
            | Self::InvitationsResend
            | Self::InvitationsRevoke
            | Self::ImportsRead
            | Self::ImportsCreate
            | Self::EventsRead
            | Self::DirectorySync => true,
            Self::TeamUpdate
            | Self::TeamDelete
            | Self::TeamLeave
            | Self::RolesUpdate
            | Self::ProductsUpdate
            | Self::AdminsGrant
            | Self::AdminsRemove
            | Self::SsoAdminsGrant
            | Self::PrimaryTransfer
            | Self::SsoUpdate
            | Self::TeamsCreate
            | Self::TeamsDelete
            | Self::TeamsList
            | Self::ExternalIdsUpdate
            | Self::SeatsUpdate
            | Self::EntitlementsUpdate
            | Self::UsersRead
            | Self::UsersUpdate
            | Self::ProductsManage
            | Self::DomainsVerify
            | Self::KeysUpdate => false,
        }
    }

    /// Whether a custom role may hold it: what a secondary admin holds, but for what concerns admins.
    #[must_use]
    pub const fn is_for_custom_roles(self) -> bool {
        self.is_held_by(Role::SecondaryAdmin)
            && !matches!(
                self,
                Self::AdminsGrant
                    | Self::AdminsRemove
                    | Self::SsoAdminsGrant
                    | Self::PrimaryTransfer
                    | Self::TeamLeave
            )
    }

    /// Whether everybody holds it where it concerns himself alone.
    const fn is_held_of_oneself(self) -> bool {
        matches!(
            self,
            Self::MembersRead | Self::MembersCheck | Self::EventsRead
        )
    }

    /// What giving somebody this role needs besides; nothing for the roles without authority.
    const fn to_grant(role: Role) -> Option<Self> {
        match role {
            Role::PrimaryAdmin => Some(Self::PrimaryTransfer),
            Role::SecondaryAdmin => Some(Self::AdminsGrant),
            Role::SsoAdmin => Some(Self::SsoAdminsGrant),
            Role::Member | Role::Guest => None,
        }
    }
}
