//! Groups of directories and what they give, as `DirectoryService` reads and shows them.

use uuid::Uuid;

use super::{
    Rpc, members,
    pages::{self, List},
    values::{id, timestamp},
};
use crate::{
    app::{self, Call, Caller, directories::mappings::Which},
    domain::{
        groups::{Mapping, Seen, Target},
        pages::size,
        roles::Role,
        texts::ExternalId,
    },
    error::{Result, Rule, Violations},
    proto,
};

/// How many groups a page has at most, so that it fits into a message with all their mappings.
const MOST: u64 = 200;

pub(super) async fn list(
    rpc: Rpc,
    caller: Caller,
    mut message: proto::ListDirectoryGroupsRequest,
) -> Result<proto::ListDirectoryGroupsResponse> {
    let token = std::mem::take(&mut message.page_token);
    let size = size(std::mem::take(&mut message.page_size)).min(MOST);
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    let directory = violations.take(id("directory_id", &message.directory_id));
    let place = violations.finish(team.zip(directory))?;
    let list = List::new("ListDirectoryGroups", "id", &message);
    let after = pages::id(list.open(&rpc.ctx.secrets, &token)?)?;
    let page = app::directories::groups::list(&rpc.ctx, &caller, place, (after, size)).await?;
    Ok(proto::ListDirectoryGroupsResponse {
        groups: page.items.iter().map(show).collect(),
        next_page_token: list.seal(&rpc.ctx.secrets, page.next.as_ref()),
    })
}

pub(super) async fn members(
    rpc: Rpc,
    caller: Caller,
    mut message: proto::ListDirectoryGroupMembersRequest,
) -> Result<proto::ListDirectoryGroupMembersResponse> {
    let token = std::mem::take(&mut message.page_token);
    let size = size(std::mem::take(&mut message.page_size));
    let mut violations = Violations::new();
    let (team, directory) = (&message.team_id, &message.directory_id);
    let which = which((team, directory, &message.group_id), &mut violations);
    let which = violations.finish(which)?;
    let list = List::new("ListDirectoryGroupMembers", "user_id", &message);
    let after = pages::id(list.open(&rpc.ctx.secrets, &token)?)?;
    let group = (which.place, which.group);
    let page = app::directories::groups::members(&rpc.ctx, &caller, group, (after, size)).await?;
    let people = page.items.iter();
    Ok(proto::ListDirectoryGroupMembersResponse {
        members: people
            .map(|(user, external_id)| proto::DirectoryGroupMember {
                user_id: user.to_string(),
                external_id: shown_id(external_id),
            })
            .collect(),
        next_page_token: list.seal(&rpc.ctx.secrets, page.next.as_ref()),
    })
}

pub(super) fn map(message: &proto::CreateGroupMappingRequest) -> Result<(Which, Target)> {
    let mut violations = Violations::new();
    let (team, directory) = (&message.team_id, &message.directory_id);
    let which = which((team, directory, &message.group_id), &mut violations);
    let target = match (message.hub_id.as_str(), message.role) {
        (hub, 0) => violations.take(id("hub_id", hub)).map(Target::Hub),
        ("", given) => role(given, &mut violations).map(Target::Role),
        (_, _) => {
            violations.add("role", Rule::Exclusive);
            None
        }
    };
    violations.finish(which.zip(target))
}

/// The primary admin's role is handed over, and a guest is the least that somebody can be.
fn role(given: i32, violations: &mut Violations) -> Option<Role> {
    match proto::Role::try_from(given) {
        Ok(proto::Role::SecondaryAdmin) => Some(Role::SecondaryAdmin),
        Ok(proto::Role::SsoAdmin) => Some(Role::SsoAdmin),
        Ok(proto::Role::Member) => Some(Role::Member),
        Ok(proto::Role::Unspecified | proto::Role::PrimaryAdmin | proto::Role::Guest) | Err(_) => {
            violations.add("role", Rule::UnknownValue);
            None
        }
    }
}

pub(super) async fn mapped(
    rpc: Rpc,
    call: Call,
    command: (Which, Target),
) -> Result<proto::CreateGroupMappingResponse> {
    app::directories::mappings::create(&rpc.ctx, &call, command, |mapping, now| {
        let known = mapping.create_time < now;
        let mut shown = show_mapping(&mapping);
        if call.is_rehearsal() && !known {
            // What would be new has no id.
            shown.id.clear();
        }
        proto::CreateGroupMappingResponse {
            mapping: Some(shown),
        }
    })
    .await
}

pub(super) fn unmap(message: &proto::DeleteGroupMappingRequest) -> Result<(Which, Uuid)> {
    let mut violations = Violations::new();
    let (team, directory) = (&message.team_id, &message.directory_id);
    let which = which((team, directory, &message.group_id), &mut violations);
    let mapping = violations.take(id("mapping_id", &message.mapping_id));
    violations.finish(which.zip(mapping))
}

pub(super) async fn unmapped(
    rpc: Rpc,
    call: Call,
    command: (Which, Uuid),
) -> Result<proto::DeleteGroupMappingResponse> {
    app::directories::mappings::delete(&rpc.ctx, &call, command, |(), _| {
        proto::DeleteGroupMappingResponse {}
    })
    .await
}

fn which(
    (team, directory, group): (&str, &str, &str),
    violations: &mut Violations,
) -> Option<Which> {
    let team = violations.take(id("team_id", team));
    let directory = violations.take(id("directory_id", directory));
    let group = violations.take(id("group_id", group));
    Some(Which {
        place: team.zip(directory)?,
        group: group?,
    })
}

fn show(seen: &Seen) -> proto::DirectoryGroup {
    let group = &seen.group;
    proto::DirectoryGroup {
        id: group.id.to_string(),
        team_id: group.team_id.to_string(),
        directory_id: group.directory_id.to_string(),
        external_id: shown_id(group.external_id.as_str()),
        display_name: group.display_name.as_str().to_owned(),
        member_count: i32::try_from(seen.members).unwrap_or(i32::MAX),
        mappings: seen.mappings.iter().map(show_mapping).collect(),
        create_time: Some(timestamp(group.create_time)),
        update_time: Some(timestamp(group.update_time)),
    }
}

/// What stands for an id that nobody gave is nobody's to see.
fn shown_id(key: &str) -> String {
    if ExternalId::is_none(key) {
        String::new()
    } else {
        key.to_owned()
    }
}

fn show_mapping(mapping: &Mapping) -> proto::GroupMapping {
    let creator = mapping.creator_user_id;
    proto::GroupMapping {
        id: mapping.id.to_string(),
        team_id: mapping.team_id.to_string(),
        group_id: mapping.group_id.to_string(),
        hub_id: mapping
            .target
            .hub()
            .map(|id| id.to_string())
            .unwrap_or_default(),
        role: mapping
            .target
            .role()
            .map_or(proto::Role::Unspecified, members::role)
            .into(),
        creator_user_id: creator.map(|id| id.to_string()).unwrap_or_default(),
        create_time: Some(timestamp(mapping.create_time)),
    }
}
