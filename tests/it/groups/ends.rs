//! What becomes of access by groups when somebody leaves, or the directory goes.

use muster::proto::{
    AccessPath as Path, AccessState as State, DeleteTeamRequest, DeleteUserRequest, Directory, Hub,
    ReleaseDirectoryRequest, TerminateDirectoryRequest,
};

use super::fixtures::{group, no_group};
use crate::{
    directory_fixtures::{delta, entry, gone, staff},
    fixtures::NewTeam,
    harness::{Harness, tests},
    refusals::Outcome,
};

tests![
    who_leaves_loses_what_groups_gave_as_the_rules_say,
    a_group_that_goes_takes_its_access_with_it,
    of_a_released_directory_everybody_keeps_what_he_has,
    of_a_terminated_directory_the_primary_admin_alone_keeps_what_he_has,
    a_deleted_team_and_an_erased_person_leave_no_group_behind,
];

/// A directory with two people in a group that gives access to two hubs; the people, the primary admin the last of them.
async fn mapped(h: &Harness) -> (NewTeam, Directory, [Hub; 2], [String; 2]) {
    let (team, directory) = h.synced_team().await;
    let boss = h.user(&team.admin).await;
    let mut people = staff(1);
    let mut primary = entry("boss", &boss.email);
    primary.given_name = boss.given_name;
    primary.family_name = boss.family_name;
    people.push(primary);
    let groups = [group("g", "Staff", &["id0", "boss"])];
    let synced = h.sync_groups(delta(&directory), &people, &groups).await;
    let held = h.only_group(&directory).await;
    assert_eq!(held.member_count, 2);
    let hubs = [
        h.hub(&team.id, "acc").await,
        h.hub(&team.id, "tandem").await,
    ];
    for hub in &hubs {
        h.map(&held, hub).await;
    }
    let users = [synced.results[0].user_id.clone(), team.admin.clone()];
    (team, directory, hubs, users)
}

async fn who_leaves_loses_what_groups_gave_as_the_rules_say(h: &Harness) {
    let (team, directory, _, [ann, boss]) = mapped(h).await;
    let left = h.sync(delta(&directory), &[gone("id0")]).await;
    assert_eq!(
        (left.ended_access_count, left.remaining_access_count),
        (1, 1)
    );
    let expected = [(Path::Group, State::Ended), (Path::Group, State::Remains)];
    assert_eq!(h.paths(&team.id, &ann).await, expected);
    assert_eq!(h.people_of(&h.only_group(&directory).await).await, ["boss"]);
    h.deliver().await;
    h.is_sound(None).await;
    // Back in the team he has nothing, and back in the group all.
    h.sync(delta(&directory), &staff(1)).await;
    assert_eq!(h.paths(&team.id, &ann).await, expected);
    let groups = [group("g", "Staff", &["id0", "boss"])];
    h.sync_groups(delta(&directory), &[], &groups).await;
    let active = [(Path::Group, State::Active); 2];
    assert_eq!(h.paths(&team.id, &ann).await, active);
    assert_eq!(h.paths(&team.id, &boss).await, active);
    h.is_sound(None).await;
}

async fn a_group_that_goes_takes_its_access_with_it(h: &Harness) {
    let (team, directory, hubs, [ann, _]) = mapped(h).await;
    h.sync_groups(delta(&directory), &[], &[no_group("g")])
        .await;
    let ended = [(Path::Group, State::Ended); 2];
    assert_eq!(h.paths(&team.id, &ann).await, ended);
    h.is_sound(None).await;
    // Of another group of that id nothing comes back by itself.
    let groups = [group("g", "Staff", &["id0"])];
    h.sync_groups(delta(&directory), &[], &groups).await;
    assert_eq!(h.paths(&team.id, &ann).await, ended);
    h.map(&h.only_group(&directory).await, &hubs[0]).await;
    let paths = h.paths(&team.id, &ann).await;
    assert_eq!(paths[2..], [(Path::Group, State::Active)]);
}

async fn of_a_released_directory_everybody_keeps_what_he_has(h: &Harness) {
    let (team, directory, hubs, [ann, boss]) = mapped(h).await;
    h.grant(&hubs[0], &ann).await;
    h.revoke(&hubs[0], &boss).await;
    let request = ReleaseDirectoryRequest {
        team_id: team.id.clone(),
        directory_id: directory.id.clone(),
        ..ReleaseDirectoryRequest::default()
    };
    let done = h.directories_as(&boss).release_directory(request).await;
    assert_eq!(done.answered().released_member_count, 2);
    let (own, ended) = ((Path::Direct, State::Active), (Path::Group, State::Ended));
    for user in [&ann, &boss] {
        let mut paths = h.paths(&team.id, user).await;
        paths.sort();
        assert_eq!(paths, [own, own, ended, ended]);
    }
    let all = h.all_access(&team.id, &boss).await;
    let mut own = all.iter().filter(|one| one.path() == Path::Direct);
    assert!(own.all(|one| one.granter_user_id == boss));
    h.is_sound(None).await;
    let (next, _) = h.directory(&team.id).await;
    assert_eq!(h.groups(&next).await, []);
}

async fn of_a_terminated_directory_the_primary_admin_alone_keeps_what_he_has(h: &Harness) {
    let (team, directory, _, [ann, boss]) = mapped(h).await;
    let request = TerminateDirectoryRequest {
        team_id: team.id.clone(),
        directory_id: directory.id.clone(),
        ..TerminateDirectoryRequest::default()
    };
    let done = h.directories().terminate_directory(request).await;
    let done = done.answered();
    assert_eq!(done.removed_member_count, 1);
    assert_eq!(
        (done.ended_access_count, done.remaining_access_count),
        (1, 1)
    );
    let expected = [(Path::Group, State::Ended), (Path::Group, State::Remains)];
    assert_eq!(h.paths(&team.id, &ann).await, expected);
    let mut paths = h.paths(&team.id, &boss).await;
    paths.sort();
    let (own, ended) = ((Path::Direct, State::Active), (Path::Group, State::Ended));
    assert_eq!(paths, [own, own, ended, ended]);
    h.deliver().await;
    h.is_sound(None).await;
}

async fn a_deleted_team_and_an_erased_person_leave_no_group_behind(h: &Harness) {
    let (team, directory, _, [ann, _]) = mapped(h).await;
    let erase = DeleteUserRequest {
        user_id: ann,
        ..DeleteUserRequest::default()
    };
    h.users().delete_user(erase).await.answered();
    assert_eq!(h.people_of(&h.only_group(&directory).await).await, ["boss"]);
    h.is_sound(None).await;
    let delete = DeleteTeamRequest {
        team_id: team.id.clone(),
        force: true,
        ..DeleteTeamRequest::default()
    };
    h.teams().delete_team(delete).await.answered();
    h.deliver().await;
    h.is_sound(None).await;
}
