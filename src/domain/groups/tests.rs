//! Tests of what groups are judged by.

use super::*;

fn raw(external_id: &str, display_name: &str) -> RawGroup {
    RawGroup {
        external_id: external_id.to_owned(),
        display_name: display_name.to_owned(),
        members: Vec::new(),
        removed: false,
    }
}

fn told(mode: SyncMode, raws: &[RawGroup]) -> Vec<String> {
    let told = judge(mode, raws).into_iter().map(|one| match one.said {
        Said::Called(name) => name.as_str().to_owned(),
        Said::Gone => "gone".to_owned(),
        Said::Invalid(violations) => {
            let words = violations
                .iter()
                .map(|one| format!("{} {}", one.field, one.reason));
            words.collect::<Vec<_>>().join(", ")
        }
        Said::Duplicate(first) => format!("as {first}"),
    });
    told.collect()
}

#[test]
fn of_two_groups_with_one_id_the_first_valid_one_counts() {
    let raws = [
        raw("a", ""),
        raw("a", "Staff"),
        raw("a", "Others"),
        raw("b", "Staff"),
    ];
    let expected = ["display_name REQUIRED", "Staff", "as 2", "Staff"];
    assert_eq!(told(SyncMode::Full, &raws), expected);
}

#[test]
fn a_group_is_removed_by_a_delta_alone() {
    let gone = || RawGroup {
        removed: true,
        ..raw("a", "")
    };
    assert_eq!(told(SyncMode::Delta, &[gone()]), ["gone"]);
    assert_eq!(told(SyncMode::Full, &[gone()]), ["removed EXCLUSIVE"]);
    let nameless = [raw(" ", "")];
    let expected = ["external_id REQUIRED, display_name REQUIRED"];
    assert_eq!(told(SyncMode::Delta, &nameless), expected);
}

#[test]
fn there_are_bounds() {
    assert!(bounded(MAX_GROUPS, MAX_MEMBERS).is_ok());
    for (groups, members, reason) in [
        (MAX_GROUPS + 1, 0, Reason::GroupsUsedUp),
        (0, MAX_MEMBERS + 1, Reason::GroupMembersUsedUp),
    ] {
        let refused = bounded(groups, members);
        assert!(matches!(refused, Err(Error::Refused(given)) if given == reason));
    }
    assert!(another_mapping(MAX_MAPPINGS - 1).is_ok());
    let refused = another_mapping(MAX_MAPPINGS);
    assert!(matches!(
        refused,
        Err(Error::Refused(Reason::GroupMappingsUsedUp))
    ));
}
