//! Every list of the contract in one table, so that what is claimed of lists is claimed of all of them.

use std::{collections::BTreeSet, fmt};

use muster::proto::{
    self, ApiKey, CustomRole, DirectoryGroup, DirectoryGroupMember, Event, Hub, Import,
    ImportResult, Invitation, ListDirectoryGroupMembersRequest, ListDirectoryGroupsRequest,
    ListDomainsRequest, ListEventsRequest, ListHubsRequest, ListImportResultsRequest,
    ListImportsRequest, ListInvitationsRequest, ListKeysRequest, ListMembersRequest,
    ListProductAccessRequest, ListProductsRequest, ListProjectMembersRequest, ListProjectsRequest,
    ListRemovalRulesRequest, ListResidualAccessRequest, ListRolesRequest,
    ListSsoConnectionsRequest, ListTeamsRequest, ListUserTeamsRequest, ListUsersRequest, Member,
    Product, ProductAccess, Project, ProjectMember, RemovalRule, SsoConnection, Team, TeamDomain,
    User, UserTeam,
};
use prost::Message;
use prost_types::FileDescriptorSet;
use tonic::Status;

use crate::harness::Harness;

/// One page's ids, and the token of the next.
pub(crate) type PageOf = (Vec<String>, String);

/// One line a list: its request, its path, its call, and the id of a row.
macro_rules! lists {
    ($($name:ident($request:ident) = $path:literal, $client:ident.$call:ident, $rows:ident, $id:expr;)+) => {
        /// A list as it can be asked for; page size and token are given with each page.
        #[derive(Clone)]
        pub(crate) enum List { $($name($request)),+ }

        /// The paths of all of them.
        pub(crate) const PATHS: &[&str] = &[$($path),+];

        impl List {
            /// One page, or the refusal.
            pub(crate) async fn page(
                &self,
                h: &Harness,
                page_size: i32,
                page_token: String,
            ) -> Result<PageOf, Status> {
                match self {$(
                    Self::$name(request) => {
                        let mut request = request.clone();
                        request.page_size = page_size;
                        request.page_token = page_token;
                        let answer = h.$client().$call(request).await?.into_inner();
                        let ids = answer.$rows.into_iter().map($id);
                        Ok((ids.collect(), answer.next_page_token))
                    }
                )+}
            }
        }

        impl fmt::Debug for List {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Self::$name(request) => request.fmt(f)),+ }
            }
        }
    };
}

lists! {
    Teams(ListTeamsRequest) = "TeamService/ListTeams", teams.list_teams, teams, |row: Team| row.id;
    Members(ListMembersRequest) = "TeamService/ListMembers", teams.list_members, members,
        |row: Member| row.user_id;
    Users(ListUsersRequest) = "UserService/ListUsers", users.list_users, users, |row: User| row.id;
    UserTeams(ListUserTeamsRequest) = "UserService/ListUserTeams", users.list_user_teams, user_teams,
        |row: UserTeam| row.member.map(|member| member.team_id).unwrap_or_default();
    Invitations(ListInvitationsRequest) = "InvitationService/ListInvitations",
        invitations.list_invitations, invitations, |row: Invitation| row.id;
    Imports(ListImportsRequest) = "UserService/ListImports", users.list_imports, imports,
        |row: Import| row.import_id;
    ImportResults(ListImportResultsRequest) = "UserService/ListImportResults",
        users.list_import_results, results, |row: ImportResult| row.row.to_string();
    Roles(ListRolesRequest) = "RoleService/ListRoles", roles.list_roles, roles,
        |row: CustomRole| row.id;
    Products(ListProductsRequest) = "ProductService/ListProducts", products.list_products, products,
        |row: Product| row.id;
    RemovalRules(ListRemovalRulesRequest) = "ProductService/ListRemovalRules", products.list_removal_rules,
        removal_rules, |row: RemovalRule| format!("{} {:?}", row.product_id, row.valid_from);
    Hubs(ListHubsRequest) = "ProductService/ListHubs", products.list_hubs, hubs, |row: Hub| row.id;
    Projects(ListProjectsRequest) = "ProductService/ListProjects", products.list_projects, projects,
        |row: Project| row.id;
    ProjectMembers(ListProjectMembersRequest) = "ProductService/ListProjectMembers",
        products.list_project_members, project_members, |row: ProjectMember| row.user_id;
    ProductAccess(ListProductAccessRequest) = "ProductService/ListProductAccess",
        products.list_product_access, accesses, |row: ProductAccess| row.id;
    ResidualAccess(ListResidualAccessRequest) = "ProductService/ListResidualAccess",
        products.list_residual_access, accesses, |row: ProductAccess| row.id;
    SsoConnections(ListSsoConnectionsRequest) = "SsoService/ListSsoConnections",
        sso.list_sso_connections, connections, |row: SsoConnection| row.id;
    Domains(ListDomainsRequest) = "SsoService/ListDomains", sso.list_domains, domains,
        |row: TeamDomain| row.domain;
    DirectoryGroups(ListDirectoryGroupsRequest) = "DirectoryService/ListDirectoryGroups",
        directories.list_directory_groups, groups, |row: DirectoryGroup| row.id;
    DirectoryGroupMembers(ListDirectoryGroupMembersRequest) = "DirectoryService/ListDirectoryGroupMembers",
        directories.list_directory_group_members, members, |row: DirectoryGroupMember| row.user_id;
    Events(ListEventsRequest) = "EventService/ListEvents", events.list_events, events,
        |row: Event| row.position;
    Keys(ListKeysRequest) = "KeyService/ListKeys", keys.list_keys, keys, |row: ApiKey| row.id;
}

impl List {
    /// The page after `token`; panics if it is refused.
    pub(crate) async fn go_on(&self, h: &Harness, size: i32, token: String) -> PageOf {
        match self.page(h, size, token).await {
            Ok(page) => page,
            Err(status) => panic!("{self:?}: {status}"),
        }
    }

    /// All of it, in pages of `size`.
    pub(crate) async fn by_pages_of(&self, h: &Harness, size: i32) -> Vec<String> {
        let (mut found, mut token) = (Vec::new(), String::new());
        loop {
            let (page, next) = self.go_on(h, size, token).await;
            assert!(page.len() <= usize::try_from(size).expect("a size"));
            found.extend(page);
            if next.is_empty() {
                return found;
            }
            token = next;
        }
    }

    /// All of it, which pages of 1, 2, 3 and 1,000 must agree about.
    pub(crate) async fn all(&self, h: &Harness) -> Vec<String> {
        let all = self.by_pages_of(h, 1_000).await;
        for size in 1..=3 {
            assert_eq!(self.by_pages_of(h, size).await, all, "{self:?} by {size}");
        }
        let different: BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len(), "{self:?} repeats nobody");
        all
    }
}

/// The paths of every call of the contract that takes a page token and answers once.
pub(crate) fn paths_of_the_contract() -> BTreeSet<String> {
    let contract = FileDescriptorSet::decode(proto::DESCRIPTORS).expect("descriptors");
    let files = || {
        contract
            .file
            .iter()
            .filter(|file| file.package() == "muster.v1")
    };
    let is_paged = |input: &str| {
        let messages = files().flat_map(|file| &file.message_type);
        messages
            .filter(|message| input == format!(".muster.v1.{}", message.name()))
            .any(|message| {
                message
                    .field
                    .iter()
                    .any(|field| field.name() == "page_token")
            })
    };
    let mut paths = BTreeSet::new();
    for service in files().flat_map(|file| &file.service) {
        for method in &service.method {
            let is_unary = !method.client_streaming() && !method.server_streaming();
            if is_unary && is_paged(method.input_type()) {
                paths.insert(format!("{}/{}", service.name(), method.name()));
            }
        }
    }
    paths
}
