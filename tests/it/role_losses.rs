//! What people lose: with an admin's role goes what else he held, and nobody takes what he does not hold himself.

use muster::proto::{
    EventFilter, EventType, ListEventsRequest, Member, Role, UpdateMemberRequest, event::Payload,
    team_service_client::TeamServiceClient,
};
use prost_types::FieldMask;

use crate::{
    events::list,
    fixtures::{with_custom_roles, with_role},
    harness::{Harness, tests},
    keyring::service,
    refusals::Outcome,
    roles::{deletion, holding, update},
};

tests![
    who_is_an_admin_no_more_loses_his_custom_roles,
    custom_roles_that_the_same_change_names_stay,
    an_invited_admin_who_is_none_any_more_loses_his_custom_roles,
    another_admins_role_leaves_the_custom_roles,
    custom_roles_are_taken_by_those_who_hold_what_they_hold,
    a_role_is_narrowed_by_those_who_hold_what_it_held,
];

/// A team, a secondary admin with a custom role, and that role.
async fn equipped(h: &Harness, name: &str) -> (String, String, String) {
    let team = h.led_team(name).await.id;
    let email = format!("second@{name}.example");
    let admin = h.join_as(&team, &email, Role::SecondaryAdmin).await;
    let role = h.role(&team, "Removers", &["members.remove"]).await.id;
    h.change(with_custom_roles(&team, &admin, &[&role])).await;
    (team, admin, role)
}

/// The changed fields of the last event of a member's change.
async fn changed_fields(h: &Harness, user: &str) -> Vec<String> {
    let request = ListEventsRequest {
        filter: Some(EventFilter {
            user_id: user.to_owned(),
            types: vec![EventType::MemberUpdated.into()],
            ..EventFilter::default()
        }),
        ..ListEventsRequest::default()
    };
    match list(h, request).await.pop().and_then(|last| last.payload) {
        Some(Payload::Member(member)) => member.changed_fields,
        other => panic!("{other:?}"),
    }
}

async fn who_is_an_admin_no_more_loses_his_custom_roles(h: &Harness) {
    for (name, role) in [("acme", Role::Member), ("other", Role::Guest)] {
        let (team, admin, _) = equipped(h, name).await;
        let changed = h.change(with_role(&team, &admin, role)).await;
        assert_eq!(changed.custom_role_ids, [""; 0]);
        assert_eq!(h.member(&team, &admin).await.custom_role_ids, [""; 0]);
        let fields = changed_fields(h, &admin).await;
        assert_eq!(fields, ["role", "custom_role_ids"]);
    }
}

async fn custom_roles_that_the_same_change_names_stay(h: &Harness) {
    let (team, admin, role) = equipped(h, "acme").await;
    let request = UpdateMemberRequest {
        member: Some(Member {
            team_id: team.clone(),
            user_id: admin.clone(),
            role: Role::Member.into(),
            custom_role_ids: vec![role.clone()],
            ..Member::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["role".to_owned(), "custom_role_ids".to_owned()],
        }),
        ..UpdateMemberRequest::default()
    };
    let changed = h.change(request).await;
    assert_eq!(
        (changed.role(), changed.custom_role_ids),
        (Role::Member, vec![role])
    );
    assert_eq!(changed_fields(h, &admin).await, ["role"]);
}

async fn an_invited_admin_who_is_none_any_more_loses_his_custom_roles(h: &Harness) {
    let team = h.led_team("acme").await.id;
    let role = h.role(&team, "Removers", &["members.remove"]).await.id;
    let ann = h.invite(&team, "ann@acme.example").await;
    let second = Role::SecondaryAdmin;
    h.change(with_role(&team, &ann.user, second)).await;
    h.change(with_custom_roles(&team, &ann.user, &[&role]))
        .await;
    let changed = h.change(with_role(&team, &ann.user, Role::Member)).await;
    assert_eq!(changed.custom_role_ids, [""; 0]);
    let joined = h.accept(&ann.token).await.answered().member;
    assert_eq!(joined.expect("the member").custom_role_ids, [""; 0]);
}

async fn another_admins_role_leaves_the_custom_roles(h: &Harness) {
    let (team, admin, role) = equipped(h, "acme").await;
    let changed = h.change(with_role(&team, &admin, Role::SsoAdmin)).await;
    assert_eq!(changed.custom_role_ids, [role]);
}

async fn custom_roles_are_taken_by_those_who_hold_what_they_hold(h: &Harness) {
    let team = h.led_team("acme").await.id;
    let host = h
        .join_with(&team, "updater@acme.example", &["members.update"])
        .await;
    let update = h.role(&team, "Updaters", &["members.update"]).await.id;
    let ruling = h.role(&team, "Rulers", &["roles.update"]).await.id;
    let ann = h.join(&team, "ann@acme.example").await.user;
    h.change(with_custom_roles(&team, &ann, &[&update, &ruling]))
        .await;

    let key = h.made(&service("service", Some(&team), &[])).await;
    let by_service = TeamServiceClient::new(h.with_key(key.text()));
    for mut client in [h.teams_as(&host), by_service] {
        for left in [&[][..], &[&*update]] {
            let less = with_custom_roles(&team, &ann, left);
            client.update_member(less).await.denied("roles.update");
        }
        // A lesser role takes nothing from him.
        let guest = with_role(&team, &ann, Role::Guest);
        client.update_member(guest).await.answered();
    }
    let held = h.member(&team, &ann).await.custom_role_ids;
    assert_eq!(held.len(), 2);

    // What he gave he takes, and his own everybody.
    h.change(with_custom_roles(&team, &ann, &[&update])).await;
    let none = with_custom_roles(&team, &ann, &[]);
    h.teams_as(&host).update_member(none).await.answered();
    let himself = with_custom_roles(&team, &host, &[]);
    h.teams_as(&host).update_member(himself).await.answered();
}

async fn a_role_is_narrowed_by_those_who_hold_what_it_held(h: &Harness) {
    let team = h.led_team("acme").await.id;
    let maker = h
        .join_with(&team, "maker@acme.example", &["roles.update"])
        .await;
    let role = h
        .role(&team, "Removers", &["roles.update", "members.remove"])
        .await;
    let mut client = h.roles_as(&maker);
    let less = update(&holding(&role, &["roles.update"]));
    let refused = client.update_role(less.clone()).await;
    refused.denied("members.remove");
    h.roles().update_role(less).await.answered();
    // One that nobody holds takes nothing from anybody.
    let unused = h.role(&team, "Readers", &["team.read"]).await.id;
    let deleted = client.delete_role(deletion(&team, &unused)).await;
    deleted.answered();
}
