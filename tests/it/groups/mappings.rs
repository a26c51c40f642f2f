//! What groups give access to, and who may say so.

use muster::proto::{
    AccessPath, AccessState, CreateGroupMappingRequest, EventType,
    ListDirectoryGroupMembersRequest, Remedy, Role,
};
use tonic::Code;

use super::fixtures::{group, mapping_of, unmapping};
use crate::{
    directory_fixtures::{delta, entry, staff},
    explanations::explain,
    harness::{Harness, tests},
    hubs::{deletion, event_types, removal},
    refusals::Outcome,
    request_ids::request_id,
    statements::{cost, hold_alike_of},
};

tests![
    whoever_is_in_a_mapped_group_has_access_until_he_is_not,
    a_mapping_is_made_once_and_by_those_who_may,
    a_group_has_twenty_mappings_at_most,
    nothing_but_group_and_mapping_end_what_they_give,
    a_mapping_costs_the_same_whatever_the_size_of_its_group,
];

use EventType::{
    AccessEnded as Ended, AccessGranted as Granted, GroupMappingCreated as Mapped,
    GroupMappingDeleted as Unmapped,
};

const ACTIVE: (AccessPath, AccessState) = (AccessPath::Group, AccessState::Active);
const ENDED: (AccessPath, AccessState) = (AccessPath::Group, AccessState::Ended);

async fn whoever_is_in_a_mapped_group_has_access_until_he_is_not(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let groups = [group("g", "Staff", &["id0"])];
    let synced = h.sync_groups(delta(&directory), &staff(2), &groups).await;
    let [ann, bob] = [0, 1].map(|place: usize| synced.results[place].user_id.clone());
    let staff = h.only_group(&directory).await;
    let (acc, tandem) = (
        h.hub(&team.id, "acc").await,
        h.hub(&team.id, "tandem").await,
    );
    let mapping = h.map(&staff, &acc).await;
    assert_eq!((&mapping.group_id, &mapping.hub_id), (&staff.id, &acc.id));
    assert_eq!(mapping.creator_user_id, "");
    let given = h.all_access(&team.id, &ann).await;
    assert_eq!(given.len(), 1);
    assert_eq!((given[0].path(), given[0].state()), ACTIVE);
    let through = (&given[0].group_id, &given[0].hub_id, &*given[0].project_id);
    assert_eq!(through, (&staff.id, &acc.id, ""));
    assert_eq!(h.paths(&team.id, &bob).await, []);
    h.map(&staff, &tandem).await;
    assert_eq!(h.paths(&team.id, &ann).await, [ACTIVE; 2]);
    assert_eq!(h.only_group(&directory).await.mappings.len(), 2);

    // Who comes into it has it at once; who is in it no more has it no more, even where it would remain if he left the team.
    let changed = [group("g", "Staff", &["id1"])];
    h.sync_groups(delta(&directory), &[], &changed).await;
    assert_eq!(h.paths(&team.id, &ann).await, [ENDED; 2]);
    assert_eq!(h.paths(&team.id, &bob).await, [ACTIVE; 2]);
    // It is the same access when he is back.
    h.sync_groups(delta(&directory), &[], &groups).await;
    let again = h.all_access(&team.id, &ann).await;
    assert_eq!((again[0].state(), again.len()), (AccessState::Active, 2));
    assert_eq!(again[0].id, given[0].id);
    assert_eq!(again[0].end_time, None);

    let gone = unmapping(&staff, &mapping);
    let mut client = h.directories();
    client.delete_group_mapping(gone.clone()).await.answered();
    assert_eq!(h.paths(&team.id, &ann).await, [ENDED, ACTIVE]);
    let twice = client.delete_group_mapping(gone).await;
    twice.missing("GROUP_MAPPING_NOT_FOUND", &mapping.id);
    let types = [
        EventType::AccessGranted,
        EventType::AccessEnded,
        EventType::AccessRemains,
        EventType::GroupMappingCreated,
        EventType::GroupMappingDeleted,
    ];
    let expected = [
        Mapped, Granted, Mapped, Granted, Ended, Ended, Granted, Granted, Ended, Ended, Granted,
        Granted, Unmapped, Ended,
    ];
    assert_eq!(event_types(h, &team.id, &types).await, expected);
    h.is_sound(None).await;
}

async fn a_mapping_is_made_once_and_by_those_who_may(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let groups = [group("g", "Staff", &["id0"])];
    h.sync_groups(delta(&directory), &staff(1), &groups).await;
    let held = h.only_group(&directory).await;
    let hub = h.hub(&team.id, "acc").await;
    let wanted = CreateGroupMappingRequest {
        request_id: request_id(1),
        ..mapping_of(&held, &hub)
    };
    let secondary = h
        .join_as(&team.id, "sec@acme.example", Role::SecondaryAdmin)
        .await;
    let refused = h
        .directories_as(&secondary)
        .create_group_mapping(wanted.clone())
        .await;
    refused.denied("sso.update");
    let rehearsal = CreateGroupMappingRequest {
        validate_only: true,
        ..mapping_of(&held, &hub)
    };
    let told = h.directories().create_group_mapping(rehearsal).await;
    assert_eq!(told.answered().mapping.expect("a mapping").id, "");
    assert_eq!(h.only_group(&directory).await.mappings, []);

    let mut client = h.directories_as(&team.admin);
    let made = client.create_group_mapping(wanted.clone()).await.answered();
    let mapping = made.mapping.clone().expect("the mapping");
    assert_eq!(mapping.creator_user_id, team.admin);
    let again = client.create_group_mapping(wanted).await.answered();
    assert_eq!(again, made);
    assert_eq!(h.map(&held, &hub).await, mapping);
    let refused = h
        .directories_as(&secondary)
        .delete_group_mapping(unmapping(&held, &mapping))
        .await;
    refused.denied("sso.update");

    let unknown = h.unknown_id();
    let with = |change: fn(&mut CreateGroupMappingRequest, String)| {
        let mut request = mapping_of(&held, &hub);
        change(&mut request, unknown.clone());
        request
    };
    for (request, reason) in [
        (with(|it, id| it.directory_id = id), "DIRECTORY_NOT_FOUND"),
        (with(|it, id| it.group_id = id), "GROUP_NOT_FOUND"),
        (with(|it, id| it.hub_id = id), "HUB_NOT_FOUND"),
    ] {
        let refused = h.directories().create_group_mapping(request).await;
        refused.missing(reason, &unknown);
    }
    let nameless = CreateGroupMappingRequest::default();
    let refused = h.directories().create_group_mapping(nameless).await;
    let fields = ["team_id", "directory_id", "group_id", "hub_id"];
    refused.invalid(&fields.map(|field| (field, "REQUIRED")));
    let people = ListDirectoryGroupMembersRequest {
        team_id: team.id.clone(),
        directory_id: directory.id.clone(),
        group_id: unknown.clone(),
        ..ListDirectoryGroupMembersRequest::default()
    };
    let refused = h.directories().list_directory_group_members(people).await;
    refused.missing("GROUP_NOT_FOUND", &unknown);
}

async fn a_group_has_twenty_mappings_at_most(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let groups = [group("g", "Staff", &[])];
    h.sync_groups(delta(&directory), &[], &groups).await;
    let held = h.only_group(&directory).await;
    for _ in 0..20 {
        h.map(&held, &h.hub(&team.id, "acc").await).await;
    }
    let one_more = mapping_of(&held, &h.hub(&team.id, "acc").await);
    let refused = h.directories().create_group_mapping(one_more).await;
    refused.refused(Code::FailedPrecondition, "GROUP_MAPPINGS_USED_UP");
}

async fn nothing_but_group_and_mapping_end_what_they_give(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let groups = [group("g", "Staff", &["id0"])];
    let synced = h.sync_groups(delta(&directory), &staff(1), &groups).await;
    let ann = &synced.results[0].user_id;
    let held = h.only_group(&directory).await;
    let hub = h.hub(&team.id, "acc").await;
    let mapping = h.map(&held, &hub).await;
    let own = (AccessPath::Direct, AccessState::Active);
    let ended = (AccessPath::Direct, AccessState::Ended);
    h.grant(&hub, ann).await;
    assert_eq!(h.paths(&team.id, ann).await, [ACTIVE, own]);
    let explained = explain(h, &team.id, ann).await.accesses;
    let remedies: Vec<_> = explained[0].remedies().collect();
    assert_eq!(remedies, [Remedy::Directory]);

    h.revoke(&hub, ann).await;
    assert_eq!(h.paths(&team.id, ann).await, [ACTIVE, ended]);
    h.grant(&hub, ann).await;
    let project = h.project(&hub, "One").await;
    h.put_into(&project, ann).await;
    let left = h.products().remove_hub_member(removal(&hub, ann)).await;
    assert_eq!(left.answered().accesses[0].state(), AccessState::Active);
    let all = [ACTIVE, ended, (AccessPath::Project, AccessState::Ended)];
    assert_eq!(h.paths(&team.id, ann).await, all);

    // A mapping alone keeps a hub, even of a group that nobody is in.
    let empty = [group("g", "Staff", &[])];
    h.sync_groups(delta(&directory), &[], &empty).await;
    let mut projects = h.products();
    let delete = muster::proto::DeleteProjectRequest {
        team_id: team.id.clone(),
        hub_id: hub.id.clone(),
        project_id: project.id.clone(),
        ..muster::proto::DeleteProjectRequest::default()
    };
    projects.delete_project(delete).await.answered();
    let refused = h.products().delete_hub(deletion(&hub)).await;
    refused.refused(Code::FailedPrecondition, "HUB_NOT_EMPTY");
    let gone = unmapping(&held, &mapping);
    h.directories().delete_group_mapping(gone).await.answered();
    h.products().delete_hub(deletion(&hub)).await.answered();
    h.is_sound(None).await;
}

async fn a_mapping_costs_the_same_whatever_the_size_of_its_group(h: &Harness) {
    hold_alike_of((5, 50), async |name, count| {
        let team = h.led_team(&name).await;
        let (directory, _) = h.directory(&team.id).await;
        let people: Vec<_> = (0..count)
            .map(|number| {
                entry(
                    &format!("id{number}"),
                    &format!("ann{number}@{name}.example"),
                )
            })
            .collect();
        let ids: Vec<&str> = people.iter().map(|one| &*one.external_id).collect();
        let groups = [group("g", "Staff", &ids)];
        h.sync_groups(delta(&directory), &people, &groups).await;
        let held = h.only_group(&directory).await;
        let hub = h.hub(&team.id, "acc").await;
        cost(h, async {
            let mapping = h.map(&held, &hub).await;
            let gone = unmapping(&held, &mapping);
            h.directories().delete_group_mapping(gone).await.answered();
            h.map(&held, &hub).await;
        })
        .await
    })
    .await;
}
