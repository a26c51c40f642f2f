//! The roles that groups give: who has them, who may say so, and what comes back.

use muster::proto::{
    CreateGroupMappingRequest, DirectoryGroup, EventFilter, EventType, GroupMapping,
    ListEventsRequest, ReleaseDirectoryRequest, Role, TransferPrimaryAdminRequest, event::Payload,
};
use tonic::Code;

use super::fixtures::{group, mapping_of, no_group, unmapping};
use crate::{
    directory_fixtures::{delta, entry, gone, staff},
    fixtures::{with_custom_roles, with_role},
    harness::{Harness, tests},
    races::at_once,
    refusals::Outcome,
    statements::{cost, hold_alike_of},
};

tests![
    whoever_is_in_a_mapped_group_is_at_least_what_it_gives,
    of_many_roles_the_highest_counts,
    an_admin_makes_him_more_and_not_less,
    a_role_is_mapped_by_those_who_may_and_is_one_of_three,
    a_group_takes_no_custom_roles,
    the_primary_admin_stays_what_he_is,
    with_the_directory_roles_stay_and_with_the_membership_they_are_forgotten,
    a_role_costs_the_same_whatever_the_size_of_its_group,
    of_a_mapping_and_a_change_by_hand_at_once_both_count,
];

/// What has a group give a role.
fn to_role(group: &DirectoryGroup, role: Role) -> CreateGroupMappingRequest {
    CreateGroupMappingRequest {
        team_id: group.team_id.clone(),
        directory_id: group.directory_id.clone(),
        group_id: group.id.clone(),
        role: role.into(),
        ..CreateGroupMappingRequest::default()
    }
}

impl Harness {
    /// Has a group give a role.
    pub(crate) async fn map_role(&self, group: &DirectoryGroup, role: Role) -> GroupMapping {
        let request = to_role(group, role);
        let answer = self.directories().create_group_mapping(request).await;
        answer.answered().mapping.expect("the mapping")
    }

    async fn unmap(&self, group: &DirectoryGroup, mapping: &GroupMapping) {
        let request = unmapping(group, mapping);
        let answer = self.directories().delete_group_mapping(request).await;
        answer.answered();
    }

    async fn role_of(&self, team: &str, user: &str) -> Role {
        self.member(team, user).await.role()
    }
}

async fn whoever_is_in_a_mapped_group_is_at_least_what_it_gives(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let groups = [group("g", "Admins", &["id0"])];
    let synced = h.sync_groups(delta(&directory), &staff(2), &groups).await;
    let [ann, bob] = [0, 1].map(|place: usize| synced.results[place].user_id.clone());
    let admins = h.only_group(&directory).await;
    let mapping = h.map_role(&admins, Role::SecondaryAdmin).await;
    assert_eq!(
        (mapping.role(), &*mapping.hub_id),
        (Role::SecondaryAdmin, "")
    );
    assert_eq!(h.role_of(&team.id, &ann).await, Role::SecondaryAdmin);
    assert_eq!(h.role_of(&team.id, &bob).await, Role::Member);
    // It is there already.
    assert_eq!(h.map_role(&admins, Role::SecondaryAdmin).await, mapping);

    let changed = [group("g", "Admins", &["id1"])];
    h.sync_groups(delta(&directory), &[], &changed).await;
    assert_eq!(h.role_of(&team.id, &ann).await, Role::Member);
    assert_eq!(h.role_of(&team.id, &bob).await, Role::SecondaryAdmin);
    h.sync_groups(delta(&directory), &[], &[no_group("g")])
        .await;
    assert_eq!(h.role_of(&team.id, &bob).await, Role::Member);

    let request = ListEventsRequest {
        filter: Some(EventFilter {
            team_id: team.id.clone(),
            ..EventFilter::default()
        }),
        ..ListEventsRequest::default()
    };
    let events = h.events().list_events(request).await.answered().events;
    let told = events.iter().filter_map(|event| match &event.payload {
        Some(Payload::Member(told)) if event.r#type() == EventType::MemberUpdated => {
            assert_eq!(told.changed_fields, ["role"]);
            Some((event.user_id.clone(), told.role()))
        }
        Some(Payload::Group(told)) if told.role() != Role::Unspecified => {
            Some((String::new(), told.role()))
        }
        _ => None,
    });
    let told: Vec<_> = told.collect();
    let expected = [
        (String::new(), Role::SecondaryAdmin),
        (ann.clone(), Role::SecondaryAdmin),
        (ann.clone(), Role::Member),
        (bob.clone(), Role::SecondaryAdmin),
        (String::new(), Role::SecondaryAdmin),
        (bob.clone(), Role::Member),
    ];
    let sorted = |mut all: Vec<(String, Role)>| {
        all.sort();
        all
    };
    assert_eq!(sorted(told), sorted(expected.to_vec()));
    h.is_sound(None).await;
}

async fn of_many_roles_the_highest_counts(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let groups = [
        group("a", "All", &["id0"]),
        group("b", "Admins", &["id0"]),
        group("c", "Identity", &["id0"]),
    ];
    let synced = h.sync_groups(delta(&directory), &staff(1), &groups).await;
    let ann = synced.results[0].user_id.clone();
    h.change(with_role(&team.id, &ann, Role::Guest)).await;
    let held = h.groups(&directory).await;
    let all = h.map_role(&held[0], Role::Member).await;
    assert_eq!(h.role_of(&team.id, &ann).await, Role::Member);
    let identity = h.map_role(&held[2], Role::SsoAdmin).await;
    assert_eq!(h.role_of(&team.id, &ann).await, Role::SsoAdmin);
    h.map_role(&held[1], Role::SecondaryAdmin).await;
    assert_eq!(h.role_of(&team.id, &ann).await, Role::SsoAdmin);
    h.unmap(&held[2], &identity).await;
    assert_eq!(h.role_of(&team.id, &ann).await, Role::SecondaryAdmin);
    h.unmap(&held[0], &all).await;
    h.sync_groups(delta(&directory), &[], &[group("b", "Admins", &[])])
        .await;
    // His own.
    assert_eq!(h.role_of(&team.id, &ann).await, Role::Guest);
    h.is_sound(None).await;
}

async fn an_admin_makes_him_more_and_not_less(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let groups = [group("g", "Admins", &["id0"])];
    let synced = h.sync_groups(delta(&directory), &staff(1), &groups).await;
    let ann = synced.results[0].user_id.clone();
    let admins = h.only_group(&directory).await;
    let mapping = h.map_role(&admins, Role::SecondaryAdmin).await;
    for less in [Role::Member, Role::Guest] {
        let mut teams = h.teams();
        let refused = teams.update_member(with_role(&team.id, &ann, less));
        refused
            .await
            .refused(Code::FailedPrecondition, "DIRECTORY_MANAGED");
    }
    let same = with_role(&team.id, &ann, Role::SecondaryAdmin);
    h.change(same).await;
    h.change(with_role(&team.id, &ann, Role::SsoAdmin)).await;
    // What he has by hand stays when the group gives nothing more, and an admin may take it down to what the group gives.
    h.change(with_role(&team.id, &ann, Role::SecondaryAdmin))
        .await;
    h.change(with_role(&team.id, &ann, Role::SsoAdmin)).await;
    h.unmap(&admins, &mapping).await;
    assert_eq!(h.role_of(&team.id, &ann).await, Role::SsoAdmin);
    h.change(with_role(&team.id, &ann, Role::Member)).await;
    h.is_sound(None).await;
}

async fn a_role_is_mapped_by_those_who_may_and_is_one_of_three(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let groups = [group("g", "Admins", &[])];
    h.sync_groups(delta(&directory), &[], &groups).await;
    let held = h.only_group(&directory).await;
    let sso = h
        .join_as(&team.id, "sso@acme.example", Role::SsoAdmin)
        .await;
    let second = h
        .join_as(&team.id, "second@acme.example", Role::SecondaryAdmin)
        .await;
    let wanted = to_role(&held, Role::SsoAdmin);
    let mut seconds = h.directories_as(&second);
    let refused = seconds.create_group_mapping(wanted.clone()).await;
    refused.denied("sso.update");
    let made = h.directories_as(&sso).create_group_mapping(wanted).await;
    let made = made.answered().mapping.expect("the mapping");
    assert_eq!(made.creator_user_id, sso);
    let refused = seconds.delete_group_mapping(unmapping(&held, &made)).await;
    refused.denied("sso.update");

    let hub = h.hub(&team.id, "acc").await;
    let both = CreateGroupMappingRequest {
        role: Role::Member.into(),
        ..mapping_of(&held, &hub)
    };
    let invalid = async |request: CreateGroupMappingRequest, rule: (&str, &str)| {
        let refused = h.directories().create_group_mapping(request).await;
        refused.invalid(&[rule]);
    };
    invalid(both, ("role", "EXCLUSIVE")).await;
    for role in [Role::PrimaryAdmin, Role::Guest] {
        invalid(to_role(&held, role), ("role", "UNKNOWN_VALUE")).await;
    }
    invalid(to_role(&held, Role::Unspecified), ("hub_id", "REQUIRED")).await;
}

async fn a_group_takes_no_custom_roles(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let groups = [group("g", "Admins", &["id0"])];
    let synced = h.sync_groups(delta(&directory), &staff(1), &groups).await;
    let ann = synced.results[0].user_id.clone();
    let admins = h.only_group(&directory).await;
    let mapping = h.map_role(&admins, Role::SecondaryAdmin).await;
    let custom = h.role(&team.id, "Readers", &["team.read"]).await;
    h.change(with_custom_roles(&team.id, &ann, &[&custom.id]))
        .await;
    h.unmap(&admins, &mapping).await;
    let member = h.member(&team.id, &ann).await;
    assert_eq!(
        (member.role(), member.custom_role_ids.len()),
        (Role::Member, 1)
    );
    h.is_sound(None).await;
}

async fn the_primary_admin_stays_what_he_is(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let groups = [group("g", "Admins", &["id0"])];
    let synced = h.sync_groups(delta(&directory), &staff(1), &groups).await;
    let ann = synced.results[0].user_id.clone();
    let admins = h.only_group(&directory).await;
    let mapping = h.map_role(&admins, Role::SecondaryAdmin).await;
    let to = |user: &str| TransferPrimaryAdminRequest {
        team_id: team.id.clone(),
        user_id: user.to_owned(),
        ..TransferPrimaryAdminRequest::default()
    };
    let mut teams = h.teams();
    teams.transfer_primary_admin(to(&ann)).await.answered();
    assert_eq!(h.role_of(&team.id, &ann).await, Role::PrimaryAdmin);
    h.unmap(&admins, &mapping).await;
    assert_eq!(h.role_of(&team.id, &ann).await, Role::PrimaryAdmin);
    // Whoever was it is an admin by himself then, or more by his groups.
    h.map_role(&admins, Role::SsoAdmin).await;
    assert_eq!(h.role_of(&team.id, &ann).await, Role::PrimaryAdmin);
    teams
        .transfer_primary_admin(to(&team.admin))
        .await
        .answered();
    assert_eq!(h.role_of(&team.id, &ann).await, Role::SsoAdmin);
    h.sync_groups(delta(&directory), &[], &[no_group("g")])
        .await;
    assert_eq!(h.role_of(&team.id, &ann).await, Role::SecondaryAdmin);
    h.is_sound(None).await;
}

async fn with_the_directory_roles_stay_and_with_the_membership_they_are_forgotten(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let groups = [group("g", "Admins", &["id0", "id1"])];
    let synced = h.sync_groups(delta(&directory), &staff(2), &groups).await;
    let [ann, bob] = [0, 1].map(|place: usize| synced.results[place].user_id.clone());
    h.map_role(&h.only_group(&directory).await, Role::SecondaryAdmin)
        .await;
    h.sync(delta(&directory), &[gone("id1")]).await;
    h.is_sound(None).await;
    let back = entry("id1", &h.user(&bob).await.email);
    h.sync(delta(&directory), &[back]).await;
    assert_eq!(h.role_of(&team.id, &bob).await, Role::Member);

    let release = ReleaseDirectoryRequest {
        team_id: team.id.clone(),
        directory_id: directory.id.clone(),
        ..ReleaseDirectoryRequest::default()
    };
    h.directories().release_directory(release).await.answered();
    assert_eq!(h.role_of(&team.id, &ann).await, Role::SecondaryAdmin);
    h.change(with_role(&team.id, &ann, Role::Member)).await;
    h.is_sound(None).await;
}

async fn a_role_costs_the_same_whatever_the_size_of_its_group(h: &Harness) {
    hold_alike_of((5, 50), async |name, count| {
        let team = h.led_team(&name).await;
        let (directory, _) = h.directory(&team.id).await;
        let people: Vec<_> = (0..count)
            .map(|number| {
                let email = format!("ann{number}@{name}.example");
                entry(&format!("id{number}"), &email)
            })
            .collect();
        let ids: Vec<&str> = people.iter().map(|one| &*one.external_id).collect();
        let groups = [group("g", "Admins", &ids)];
        h.sync_groups(delta(&directory), &people, &groups).await;
        let held = h.only_group(&directory).await;
        cost(h, async {
            let mapping = h.map_role(&held, Role::SsoAdmin).await;
            h.unmap(&held, &mapping).await;
            h.map_role(&held, Role::SecondaryAdmin).await;
            h.sync_groups(delta(&directory), &[], &[group("g", "Admins", &[])])
                .await;
        })
        .await
    })
    .await;
}

async fn of_a_mapping_and_a_change_by_hand_at_once_both_count(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    for round in 0..8 {
        let (id, email) = (format!("a{round}"), format!("ann{round}@acme.example"));
        let groups = [group(&id, "Admins", &[&id])];
        let person = entry(&id, &email);
        let synced = h.sync_groups(delta(&directory), &[person], &groups).await;
        let user = synced.results[0].user_id.clone();
        let held = h.groups(&directory).await;
        let held = held.iter().find(|one| one.external_id == id);
        let wanted = to_role(held.expect("the group"), Role::SecondaryAdmin);
        let by_hand = with_role(&team.id, &user, Role::Guest);
        at_once(2, |number| {
            let (mut client, wanted) = (h.directories(), wanted.clone());
            let (mut teams, by_hand) = (h.teams(), by_hand.clone());
            async move {
                if number == 0 {
                    client.create_group_mapping(wanted).await.answered();
                } else if let Err(refused) = teams.update_member(by_hand).await {
                    assert_eq!(crate::refusals::reason(&refused), "DIRECTORY_MANAGED");
                }
            }
        })
        .await;
        assert_eq!(h.role_of(&team.id, &user).await, Role::SecondaryAdmin);
    }
    h.is_sound(None).await;
}
