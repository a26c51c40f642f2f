//! Groups that tests begin with.

use muster::proto::{
    AccessPath, AccessState, CreateGroupMappingRequest, DeleteGroupMappingRequest, Directory,
    DirectoryEntry, DirectoryGroup, DirectoryGroupEntry, GroupMapping, Hub,
    ListDirectoryGroupMembersRequest, ListDirectoryGroupsRequest, ProductAccess,
    ProductAccessFilter, SyncDirectoryEnd, SyncDirectoryGroups, SyncDirectoryHeader,
    SyncDirectoryResponse, SyncGroupOutcome, SyncGroupResult, sync_directory_request::Part,
};

use crate::{
    directory_fixtures::{delta, full, parts},
    harness::Harness,
    refusals::Outcome,
};

/// A group of a directory, with these people.
pub(crate) fn group(id: &str, name: &str, members: &[&str]) -> DirectoryGroupEntry {
    DirectoryGroupEntry {
        external_id: id.to_owned(),
        display_name: name.to_owned(),
        member_external_ids: members.iter().map(|id| (*id).to_owned()).collect(),
        ..DirectoryGroupEntry::default()
    }
}

/// A group that is gone.
pub(crate) fn no_group(id: &str) -> DirectoryGroupEntry {
    DirectoryGroupEntry {
        removed: true,
        ..group(id, "", &[])
    }
}

/// A snapshot with all groups.
pub(crate) fn with_groups(directory: &Directory) -> SyncDirectoryHeader {
    SyncDirectoryHeader {
        groups_included: true,
        ..full(directory)
    }
}

/// The whole stream of a sync of people and groups.
pub(crate) fn grouped(
    header: SyncDirectoryHeader,
    entries: &[DirectoryEntry],
    groups: &[DirectoryGroupEntry],
) -> Vec<Part> {
    let mut all = parts(header, entries);
    all.pop();
    all.push(Part::Groups(SyncDirectoryGroups {
        groups: groups.to_vec(),
    }));
    let count = |size: usize| i64::try_from(size).expect("a count");
    all.push(Part::End(SyncDirectoryEnd {
        entry_count: count(entries.len()),
        group_count: count(groups.len()),
    }));
    all
}

/// What became of each group that is told.
pub(crate) fn told(answer: &SyncDirectoryResponse) -> Vec<SyncGroupOutcome> {
    let results = answer.group_results.iter();
    results.map(SyncGroupResult::outcome).collect()
}

/// What maps a group to a hub.
pub(crate) fn mapping_of(group: &DirectoryGroup, hub: &Hub) -> CreateGroupMappingRequest {
    CreateGroupMappingRequest {
        team_id: group.team_id.clone(),
        directory_id: group.directory_id.clone(),
        group_id: group.id.clone(),
        hub_id: hub.id.clone(),
        ..CreateGroupMappingRequest::default()
    }
}

/// What ends a mapping.
pub(crate) fn unmapping(
    group: &DirectoryGroup,
    mapping: &GroupMapping,
) -> DeleteGroupMappingRequest {
    DeleteGroupMappingRequest {
        team_id: group.team_id.clone(),
        directory_id: group.directory_id.clone(),
        group_id: group.id.clone(),
        mapping_id: mapping.id.clone(),
        ..DeleteGroupMappingRequest::default()
    }
}

impl Harness {
    /// A sync of people and groups that is taken.
    pub(crate) async fn sync_groups(
        &self,
        header: SyncDirectoryHeader,
        entries: &[DirectoryEntry],
        groups: &[DirectoryGroupEntry],
    ) -> SyncDirectoryResponse {
        let answer = self.sync_parts(grouped(header, entries, groups)).await;
        answer.answered()
    }

    /// A directory's groups.
    pub(crate) async fn groups(&self, directory: &Directory) -> Vec<DirectoryGroup> {
        let request = ListDirectoryGroupsRequest {
            team_id: directory.team_id.clone(),
            directory_id: directory.id.clone(),
            ..ListDirectoryGroupsRequest::default()
        };
        let answer = self.directories().list_directory_groups(request).await;
        answer.answered().groups
    }

    /// Its only group.
    pub(crate) async fn only_group(&self, directory: &Directory) -> DirectoryGroup {
        let mut groups = self.groups(directory).await;
        assert_eq!(groups.len(), 1);
        groups.remove(0)
    }

    /// Who is in a group, by the directory's ids.
    pub(crate) async fn people_of(&self, group: &DirectoryGroup) -> Vec<String> {
        let request = ListDirectoryGroupMembersRequest {
            team_id: group.team_id.clone(),
            directory_id: group.directory_id.clone(),
            group_id: group.id.clone(),
            ..ListDirectoryGroupMembersRequest::default()
        };
        let mut client = self.directories();
        let answer = client.list_directory_group_members(request).await;
        let people = answer.answered().members.into_iter();
        let mut ids: Vec<String> = people.map(|one| one.external_id).collect();
        ids.sort();
        ids
    }

    /// Has a group give access to a hub.
    pub(crate) async fn map(&self, group: &DirectoryGroup, hub: &Hub) -> GroupMapping {
        let request = mapping_of(group, hub);
        let answer = self.directories().create_group_mapping(request).await;
        answer.answered().mapping.expect("the mapping")
    }

    /// All that somebody has, or had, in the hubs of a team.
    pub(crate) async fn all_access(&self, team: &str, user: &str) -> Vec<ProductAccess> {
        let filter = ProductAccessFilter {
            user_id: user.to_owned(),
            ..ProductAccessFilter::default()
        };
        self.accesses(team, filter).await
    }

    /// The same by paths and states.
    pub(crate) async fn paths(&self, team: &str, user: &str) -> Vec<(AccessPath, AccessState)> {
        let all = self.all_access(team, user).await;
        all.iter().map(|one| (one.path(), one.state())).collect()
    }

    /// A group of a team's directory and its mapping, which are made if there are none.
    pub(crate) async fn group_things(&self, directory: &Directory) -> Vec<(&'static str, String)> {
        if self.groups(directory).await.is_empty() {
            let groups = [group("things", "Staff", &[])];
            self.sync_groups(delta(directory), &[], &groups).await;
        }
        let group = self.groups(directory).await.remove(0);
        let mapping = if let Some(mapping) = group.mappings.first() {
            mapping.id.clone()
        } else {
            let hub = self.hub(&directory.team_id, "acc").await;
            self.map(&group, &hub).await.id
        };
        vec![("group_id", group.id), ("mapping_id", mapping)]
    }
}
