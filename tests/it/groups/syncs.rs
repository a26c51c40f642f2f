//! What a sync makes of groups.

use muster::proto::{
    EventType, SyncDirectoryHeader, SyncGroupOutcome as Group, SyncGroupOutcomeCount,
};
use tonic::Code;

use super::fixtures::{group, grouped, no_group, told, with_groups};
use crate::{
    directory_fixtures::{delta, entry, full, gone, staff},
    harness::{Harness, tests},
    hubs::event_types,
    refusals::Outcome,
    repeated_calls::event_count,
    statements::{cost, hold_alike_of},
};

tests![
    a_group_is_what_its_directory_says_of_it,
    a_snapshot_ends_the_groups_that_it_lacks_if_it_says_that_it_has_all,
    what_is_said_of_groups_is_judged_one_by_one,
    a_rehearsal_of_groups_keeps_nothing,
    a_directory_has_a_thousand_groups_at_most,
    a_sync_of_groups_costs_the_same_whatever_their_size,
];

const OF_GROUPS: [EventType; 5] = [
    EventType::GroupCreated,
    EventType::GroupUpdated,
    EventType::GroupDeleted,
    EventType::GroupMemberAdded,
    EventType::GroupMemberRemoved,
];

async fn a_group_is_what_its_directory_says_of_it(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let people = staff(3);
    let groups = [
        group("g", "Staff", &["id0", "id1", "id1", "nobody"]),
        group("e", "Empty", &[]),
    ];
    let answer = h.sync_groups(full(&directory), &people, &groups).await;
    assert_eq!(told(&answer), [Group::Created; 2]);
    let first = &answer.group_results[0];
    let counts = (first.added_member_count, first.unknown_member_count);
    assert_eq!((first.group, &*first.external_id), (1, "g"));
    assert_eq!(counts, (2, 1));
    let held = h.groups(&directory).await;
    let shown: Vec<_> = held
        .iter()
        .map(|one| (&*one.external_id, &*one.display_name, one.member_count))
        .collect();
    assert_eq!(shown, [("g", "Staff", 2), ("e", "Empty", 0)]);
    assert_eq!(held[0].id, first.group_id);
    assert_eq!(h.people_of(&held[0]).await, ["id0", "id1"]);

    // Said again, nothing is written, and he who is not known is told again.
    let before = event_count(h).await;
    let answer = h.sync_groups(full(&directory), &people, &groups).await;
    assert_eq!(told(&answer), [Group::Unchanged]);
    let unchanged = SyncGroupOutcomeCount {
        outcome: Group::Unchanged.into(),
        count: 2,
    };
    assert_eq!(answer.group_outcome_counts, [unchanged]);
    assert_eq!(event_count(h).await, before);

    // A delta replaces a group as a whole, once its people are there.
    let new = [entry("id9", "ann9@acme.example"), gone("id1")];
    let renamed = [group("g", "Everybody", &["id1", "id2", "id9"])];
    let answer = h.sync_groups(delta(&directory), &new, &renamed).await;
    assert_eq!(told(&answer), [Group::Updated]);
    let result = &answer.group_results[0];
    let counts = (result.added_member_count, result.removed_member_count);
    assert_eq!((counts, result.unknown_member_count), ((2, 1), 1));
    let held = h.groups(&directory).await;
    assert_eq!(held[0].display_name, "Everybody");
    assert_eq!(h.people_of(&held[0]).await, ["id2", "id9"]);

    let answer = h
        .sync_groups(delta(&directory), &[], &[no_group("g"), no_group("x")])
        .await;
    assert_eq!(told(&answer), [Group::Removed]);
    assert_eq!(h.only_group(&directory).await.external_id, "e");
    let expected = [
        [EventType::GroupCreated; 2].to_vec(),
        // The first two; then who left the team; then the delta, and the end.
        [EventType::GroupMemberAdded; 2].to_vec(),
        vec![EventType::GroupMemberRemoved, EventType::GroupUpdated],
        vec![EventType::GroupMemberRemoved],
        [EventType::GroupMemberAdded; 2].to_vec(),
        [EventType::GroupMemberRemoved; 2].to_vec(),
        vec![EventType::GroupDeleted],
    ];
    let events = event_types(h, &team.id, &OF_GROUPS).await;
    assert_eq!(events, expected.concat());
    h.is_sound(None).await;
}

async fn a_snapshot_ends_the_groups_that_it_lacks_if_it_says_that_it_has_all(h: &Harness) {
    let (_, directory) = h.synced_team().await;
    let people = staff(1);
    let groups = [group("g", "G", &["id0"]), group("e", "E", &["id0"])];
    let all = with_groups(&directory);
    h.sync_groups(all.clone(), &people, &groups).await;
    // Others say nothing of what they do not send.
    for header in [full(&directory), delta(&directory)] {
        let answer = h.sync_groups(header, &people, &groups[..1]).await;
        assert_eq!(told(&answer), []);
        assert_eq!(h.groups(&directory).await.len(), 2);
    }
    // Not even an invalid one is gone.
    let invalid = [group("g", "", &[])];
    let answer = h.sync_groups(all.clone(), &people, &invalid).await;
    assert_eq!(told(&answer), [Group::Invalid, Group::Removed]);
    let last = &answer.group_results[1];
    assert_eq!((last.group, &*last.external_id), (0, "e"));
    assert_eq!(last.removed_member_count, 1);
    assert_eq!(h.only_group(&directory).await.external_id, "g");
    let answer = h.sync_groups(all, &people, &[]).await;
    assert_eq!(told(&answer), [Group::Removed]);
    // What comes again is another group.
    let answer = h.sync_groups(delta(&directory), &[], &groups[..1]).await;
    assert_eq!(told(&answer), [Group::Created]);
}

async fn what_is_said_of_groups_is_judged_one_by_one(h: &Harness) {
    let (_, directory) = h.synced_team().await;
    let groups = [
        group("", " ", &[]),
        group("g", "G", &[]),
        group("g", "H", &[]),
        no_group("e"),
    ];
    let answer = h.sync_groups(full(&directory), &[], &groups).await;
    let expected = [
        Group::Invalid,
        Group::Created,
        Group::Duplicate,
        Group::Invalid,
    ];
    assert_eq!(told(&answer), expected);
    let broken = |place: usize| {
        let violations = answer.group_results[place].violations.iter();
        let broken = violations.map(|one| (one.field.clone(), one.reason.clone()));
        broken.collect::<Vec<_>>()
    };
    let said = |field: &str, reason: &str| (field.to_owned(), reason.to_owned());
    let expected = [
        said("external_id", "REQUIRED"),
        said("display_name", "REQUIRED"),
    ];
    assert_eq!(broken(0), expected);
    assert_eq!(answer.group_results[2].first_group, 2);
    assert_eq!(broken(3), [said("removed", "EXCLUSIVE")]);
}

async fn a_rehearsal_of_groups_keeps_nothing(h: &Harness) {
    let (_, directory) = h.synced_team().await;
    let header = SyncDirectoryHeader {
        validate_only: true,
        ..with_groups(&directory)
    };
    let groups = [group("g", "G", &["id0"])];
    let answer = h.sync_groups(header, &staff(1), &groups).await;
    assert_eq!(told(&answer), [Group::Created]);
    assert_eq!(answer.group_results[0].group_id, "");
    assert_eq!(answer.group_results[0].added_member_count, 1);
    assert_eq!(h.groups(&directory).await, []);
}

async fn a_directory_has_a_thousand_groups_at_most(h: &Harness) {
    let (_, directory) = h.synced_team().await;
    let ids: Vec<String> = (0..=1_000).map(|number| format!("g{number}")).collect();
    let groups: Vec<_> = ids.iter().map(|id| group(id, "G", &[])).collect();
    h.sync_groups(delta(&directory), &[], &groups[..1_000])
        .await;
    let one_more = grouped(delta(&directory), &staff(1), &groups[1_000..]);
    let refused = h.sync_parts(one_more).await;
    refused.refused(Code::FailedPrecondition, "GROUPS_USED_UP");
    // Not even the person came.
    let swapped = [no_group("g0"), group("g1000", "G", &["id0"])];
    let answer = h.sync_groups(delta(&directory), &[], &swapped).await;
    assert_eq!(answer.group_results[1].unknown_member_count, 1);
}

async fn a_sync_of_groups_costs_the_same_whatever_their_size(h: &Harness) {
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
        let groups = |name: &str, members: &[&str]| {
            let all = ids.iter().map(|id| group(id, name, members));
            all.collect::<Vec<_>>()
        };
        let few = &ids[..2];
        let first = groups("G", few);
        h.sync_groups(delta(&directory), &people, &first).await;
        for group in h.groups(&directory).await.iter().take(2) {
            h.map(group, &h.hub(&team.id, "acc").await).await;
        }
        let mut next = groups("H", &ids[1..3]);
        next[0].member_external_ids = ids.iter().map(|id| (*id).to_owned()).collect();
        next[1].member_external_ids.clear();
        let cost = cost(h, async {
            let answer = h.sync_groups(delta(&directory), &[], &next).await;
            assert_eq!(told(&answer), vec![Group::Updated; count]);
        })
        .await;
        h.is_sound(Some(&team.id)).await;
        cost
    })
    .await;
}
