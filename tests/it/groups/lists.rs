//! The lists of a directory's groups and of a group's people.

use muster::{
    domain::pages::Position,
    proto::{ListDirectoryGroupMembersRequest, ListDirectoryGroupsRequest},
};

use super::fixtures::group;
use crate::{
    directory_fixtures::{delta, entry},
    fixtures::NewTeam,
    harness::Harness,
    lists::List,
    multitude::{OTHERS, id_of},
    plan_cases::{Case, case},
    product_multitude::{ACCESSES, PROJECT},
};

fn lists_of(team: &str, directory: &str, group: &str) -> [List; 2] {
    [
        List::DirectoryGroups(ListDirectoryGroupsRequest {
            team_id: team.to_owned(),
            directory_id: directory.to_owned(),
            ..ListDirectoryGroupsRequest::default()
        }),
        List::DirectoryGroupMembers(ListDirectoryGroupMembersRequest {
            team_id: team.to_owned(),
            directory_id: directory.to_owned(),
            group_id: group.to_owned(),
            ..ListDirectoryGroupMembersRequest::default()
        }),
    ]
}

/// Both lists of a team; they have several pages of one.
pub(crate) async fn lists_of_groups(h: &Harness, team: &NewTeam) -> [List; 2] {
    let (directory, _) = h.directory(&team.id).await;
    let people = ["a", "b", "c"].map(|name| entry(name, &format!("{name}@{}.example", team.id)));
    let groups = [group("g", "G", &["a", "b", "c"]), group("h", "H", &[])];
    h.sync_groups(delta(&directory), &people, &groups).await;
    let held = h.groups(&directory).await;
    lists_of(&team.id, &directory.id, &held[0].id)
}

/// Both lists of a multitude, of which many are in one group, on neither the first nor the last page.
pub(crate) fn group_cases(team: &NewTeam) -> Vec<Case> {
    let directory = id_of(PROJECT, 0).to_string();
    let middle = id_of(PROJECT, 1_000).to_string();
    let [groups, people] = lists_of(&team.id, &directory, &middle);
    let position = |kind, number| Position(id_of(kind, number).as_bytes().to_vec());
    vec![
        case(groups, "id", position(PROJECT, OTHERS - 100)),
        case(people, "user_id", position(7, ACCESSES - 200)),
    ]
}
