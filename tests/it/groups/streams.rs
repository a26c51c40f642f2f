//! Streams of groups: what may follow what, and how much of it.

use muster::proto::{
    DirectoryGroupEntry, SyncDirectoryEnd, SyncDirectoryEntries, SyncDirectoryGroups,
    SyncDirectoryHeader, sync_directory_request::Part,
};
use tonic::Code;

use super::fixtures::{group, grouped};
use crate::{
    directory_fixtures::{delta, staff},
    harness::{Harness, tests},
    refusals::{Outcome, violations},
};

tests![
    a_group_goes_on_in_another_message,
    a_stream_of_groups_is_taken_as_a_whole_or_not_at_all,
    a_stream_of_too_many_groups_is_refused with few_entries,
];

fn few_entries(settings: &mut muster::config::Settings) {
    settings.syncs.sync_entries = 5;
}

/// More of the people of a group.
fn more(id: &str, members: &[&str]) -> DirectoryGroupEntry {
    DirectoryGroupEntry {
        continues: true,
        ..group(id, "", members)
    }
}

async fn a_group_goes_on_in_another_message(h: &Harness) {
    let (_, directory) = h.synced_team().await;
    let mut parts = grouped(
        delta(&directory),
        &staff(3),
        &[group("e", "E", &[]), group("g", "G", &["id0"])],
    );
    parts.pop();
    for groups in [vec![more("g", &["id1"])], vec![more("g", &["id2"])]] {
        parts.push(Part::Groups(SyncDirectoryGroups { groups }));
    }
    parts.push(Part::End(SyncDirectoryEnd {
        entry_count: 3,
        group_count: 4,
    }));
    let answer = h.sync_parts(parts).await.answered();
    assert_eq!(answer.group_results.len(), 2);
    assert_eq!(answer.group_results[1].added_member_count, 3);
    let held = h.groups(&directory).await;
    assert_eq!(h.people_of(&held[1]).await, ["id0", "id1", "id2"]);
}

async fn a_stream_of_groups_is_taken_as_a_whole_or_not_at_all(h: &Harness) {
    let (_, directory) = h.synced_team().await;
    let good = || grouped(delta(&directory), &[], &[group("g", "G", &[])]);
    let gone = DirectoryGroupEntry {
        removed: true,
        ..more("g", &[])
    };
    let mut after = good();
    after.insert(2, Part::Entries(SyncDirectoryEntries::default()));
    let mut uncounted = good();
    uncounted.pop();
    uncounted.push(Part::End(SyncDirectoryEnd::default()));
    let broken = |groups: &[DirectoryGroupEntry]| grouped(delta(&directory), &[], groups);
    for (parts, field) in [
        (after, "entries"),
        (uncounted, "end.group_count"),
        (broken(&[more("g", &[])]), "groups.continues"),
        (
            broken(&[group("g", "G", &[]), more("h", &[])]),
            "groups.continues",
        ),
        (broken(&[group("g", "G", &[]), gone]), "groups.continues"),
    ] {
        let refused = h.sync_parts(parts).await;
        let status = refused.refused(Code::InvalidArgument, "MALFORMED_MESSAGE");
        assert_eq!(violations(&status)[0].0, field);
    }
    let header = SyncDirectoryHeader {
        groups_included: true,
        ..delta(&directory)
    };
    let refused = h.sync_parts(grouped(header, &[], &[])).await;
    refused.invalid(&[("header.groups_included", "EXCLUSIVE")]);
    assert_eq!(h.groups(&directory).await, []);
}

async fn a_stream_of_too_many_groups_is_refused(h: &Harness) {
    let (_, directory) = h.synced_team().await;
    let many: Vec<_> = (0..1_001)
        .map(|number| group(&format!("g{number}"), "G", &[]))
        .collect();
    let crowded = [
        group("g", "G", &["1", "2", "3"]),
        group("h", "H", &["1", "2", "3"]),
    ];
    for (groups, field) in [(&many[..], "groups"), (&crowded[..], "group_members")] {
        let refused = h.sync_parts(grouped(delta(&directory), &[], groups)).await;
        let status = refused.refused(Code::InvalidArgument, "SYNC_TOO_LARGE");
        assert_eq!(violations(&status)[0].0, field);
    }
}
