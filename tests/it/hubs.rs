//! Hubs and their own admins: who makes them, what the admins may do there, and what keeps a hub from going.

use muster::proto::{
    DeleteHubRequest, EventFilter, EventType, GetHubRequest, Hub, ListEventsRequest,
    ListHubsRequest, RemoveHubAdminRequest, RemoveHubMemberRequest, UpdateHubRequest,
    event::Payload,
};
use prost_types::FieldMask;
use tonic::Code;

use crate::{
    events::list,
    fixtures::{MICROSECOND, time},
    harness::{Harness, tests},
    product_fixtures::{grant_of, hub_admin, hub_of, project_of, revocation_of},
    races::at_once,
    refusals::Outcome,
    request_ids::request_id,
};

tests![
    a_hub_is_made_read_changed_and_deleted,
    what_is_no_hub_is_refused_with_every_field,
    a_hub_with_something_in_it_stays,
    a_team_has_five_hundred_hubs_at_most,
    another_teams_hub_is_not_found,
    a_rehearsal_makes_no_hub_and_a_repetition_makes_one,
];

pub(crate) async fn read(h: &Harness, hub: &Hub) -> Hub {
    let request = GetHubRequest {
        team_id: hub.team_id.clone(),
        hub_id: hub.id.clone(),
    };
    let answer = h.products().get_hub(request).await.answered();
    answer.hub.expect("the hub")
}

async fn listed(h: &Harness, team: &str, product: &str) -> Vec<Hub> {
    let request = ListHubsRequest {
        team_id: team.to_owned(),
        product_id: product.to_owned(),
        ..ListHubsRequest::default()
    };
    h.products().list_hubs(request).await.answered().hubs
}

pub(crate) fn update(hub: &Hub, paths: &[&str]) -> UpdateHubRequest {
    UpdateHubRequest {
        hub: Some(hub.clone()),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
        }),
        ..UpdateHubRequest::default()
    }
}

pub(crate) fn deletion(hub: &Hub) -> DeleteHubRequest {
    DeleteHubRequest {
        team_id: hub.team_id.clone(),
        hub_id: hub.id.clone(),
        ..DeleteHubRequest::default()
    }
}

pub(crate) fn removal(hub: &Hub, user: &str) -> RemoveHubMemberRequest {
    RemoveHubMemberRequest {
        team_id: hub.team_id.clone(),
        hub_id: hub.id.clone(),
        user_id: user.to_owned(),
        ..RemoveHubMemberRequest::default()
    }
}

/// How many events of these types a team has.
pub(crate) async fn event_types(h: &Harness, team: &str, types: &[EventType]) -> Vec<EventType> {
    let request = ListEventsRequest {
        filter: Some(EventFilter {
            team_id: team.to_owned(),
            types: types.iter().map(|one| (*one).into()).collect(),
            ..EventFilter::default()
        }),
        ..ListEventsRequest::default()
    };
    let events = list(h, request).await;
    events.iter().map(muster::proto::Event::r#type).collect()
}

const OF_HUBS: [EventType; 5] = [
    EventType::HubCreated,
    EventType::HubUpdated,
    EventType::HubDeleted,
    EventType::HubAdminAdded,
    EventType::HubAdminRemoved,
];

async fn a_hub_is_made_read_changed_and_deleted(h: &Harness) {
    let team = h.led_team("acme").await;
    let made = h.hub(&team.id, "acc").await;
    assert_eq!(
        (made.team_id.as_str(), made.product_id.as_str()),
        (&*team.id, "acc")
    );
    assert_eq!(
        (made.display_name.as_str(), made.contact.as_str()),
        ("Our acc", "IT, room 7")
    );
    assert_eq!(time(made.create_time), h.now());
    assert_eq!(read(h, &made).await, made);
    h.advance(MICROSECOND);
    let other = h.hub(&team.id, "fusion").await;
    assert_eq!(listed(h, &team.id, "").await, [made.clone(), other.clone()]);
    assert_eq!(listed(h, &team.id, "fusion").await, [other]);

    h.advance(MICROSECOND);
    let wanted = Hub {
        display_name: "Europe".to_owned(),
        contact: String::new(),
        ..made.clone()
    };
    let both = update(&wanted, &["display_name", "contact"]);
    let changed = h.products().update_hub(both.clone()).await.answered().hub;
    let changed = changed.expect("the hub");
    assert_eq!(
        (changed.display_name.as_str(), changed.contact.as_str()),
        ("Europe", "")
    );
    assert_eq!(time(changed.update_time), h.now());
    let refused = h.products().update_hub(both).await;
    refused.refused(Code::Aborted, "ETAG_MISMATCH");
    let stale = DeleteHubRequest {
        etag: made.etag.clone(),
        ..deletion(&made)
    };
    let refused = h.products().delete_hub(stale).await;
    refused.refused(Code::Aborted, "ETAG_MISMATCH");

    let admin = h.make_hub_admin(&made, &team.admin).await;
    assert_eq!(admin.admin_user_ids, [&*team.admin]);
    assert_ne!(admin.etag, changed.etag);
    h.make_hub_admin(&made, &team.admin).await;
    let request = RemoveHubAdminRequest {
        team_id: team.id.clone(),
        hub_id: made.id.clone(),
        user_id: team.admin.clone(),
        ..RemoveHubAdminRequest::default()
    };
    for _ in 0..2 {
        let removed = h.products().remove_hub_admin(request.clone()).await;
        let removed = removed.answered().hub.expect("the hub");
        assert_eq!(removed.admin_user_ids, Vec::<String>::new());
    }
    h.make_hub_admin(&made, &team.admin).await;
    h.products().delete_hub(deletion(&made)).await.answered();
    let gone = h.products().delete_hub(deletion(&made)).await;
    gone.missing("HUB_NOT_FOUND", &made.id);

    let said = event_types(h, &team.id, &OF_HUBS).await;
    assert_eq!(
        said,
        [
            EventType::HubCreated,
            EventType::HubCreated,
            EventType::HubUpdated,
            EventType::HubAdminAdded,
            EventType::HubAdminRemoved,
            EventType::HubAdminAdded,
            EventType::HubAdminRemoved,
            EventType::HubDeleted,
        ]
    );
    let request = ListEventsRequest {
        filter: Some(EventFilter {
            team_id: team.id.clone(),
            types: vec![EventType::HubUpdated.into()],
            ..EventFilter::default()
        }),
        ..ListEventsRequest::default()
    };
    let updated = list(h, request).await.remove(0);
    let Some(Payload::Hub(hub)) = updated.payload else {
        panic!("{updated:?}");
    };
    assert_eq!((hub.hub_id, hub.product_id), (made.id, "acc".to_owned()));
    assert_eq!(hub.changed_fields, ["display_name", "contact"]);
}

async fn what_is_no_hub_is_refused_with_every_field(h: &Harness) {
    let team = h.team("acme").await.id;
    let mut request = hub_of("no", "");
    request.display_name.clear();
    "a\u{202e}b".clone_into(&mut request.contact);
    let refused = h.products().create_hub(request).await;
    refused.invalid(&[
        ("team_id", "MALFORMED"),
        ("product_id", "REQUIRED"),
        ("display_name", "REQUIRED"),
        ("contact", "CONTROL_CHARACTER"),
    ]);
    let hub = h.hub(&team, "acc").await;
    let refused = h.products().update_hub(update(&hub, &["product_id"])).await;
    refused.invalid(&[("update_mask.paths[0]", "UNKNOWN_PATH")]);
    let refused = h.products().update_hub(UpdateHubRequest::default()).await;
    refused.invalid(&[("hub", "REQUIRED"), ("update_mask", "REQUIRED")]);
}

async fn a_hub_with_something_in_it_stays(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let not_empty = async || {
        let refused = h.products().delete_hub(deletion(&hub)).await;
        refused.refused(Code::FailedPrecondition, "HUB_NOT_EMPTY");
    };
    let project = h.project(&hub, "Bridge").await;
    not_empty().await;
    let request = muster::proto::DeleteProjectRequest {
        team_id: team.id.clone(),
        hub_id: hub.id.clone(),
        project_id: project.id,
        ..muster::proto::DeleteProjectRequest::default()
    };
    h.products().delete_project(request).await.answered();
    h.grant(&hub, &team.admin).await;
    not_empty().await;
    h.revoke(&hub, &team.admin).await;
    h.make_hub_admin(&hub, &team.admin).await;
    h.products().delete_hub(deletion(&hub)).await.answered();
    assert!(h.access_states(&team.id, &team.admin).await.is_empty());
}

async fn a_team_has_five_hundred_hubs_at_most(h: &Harness) {
    let team = h.team("acme").await.id;
    let mut last = None;
    for _ in 0..500 {
        last = Some(h.hub(&team, "acc").await);
    }
    let refused = h.products().create_hub(hub_of(&team, "acc")).await;
    refused.refused(Code::FailedPrecondition, "HUBS_USED_UP");
    let last = last.expect("a hub");
    h.products().delete_hub(deletion(&last)).await.answered();
    // Of two at once, one gets the last place.
    let answers = at_once(2, |_| {
        let (mut client, request) = (h.products(), hub_of(&team, "acc"));
        async move { client.create_hub(request).await }
    });
    let made = answers.await.into_iter().flatten().count();
    assert_eq!(made, 1);
}

async fn another_teams_hub_is_not_found(h: &Harness) {
    let (team, other) = (h.led_team("acme").await, h.led_team("other").await);
    let hub = Hub {
        team_id: team.id.clone(),
        ..h.hub(&other.id, "acc").await
    };
    let mut client = h.products();
    for refused in [
        client
            .update_hub(update(&hub, &["contact"]))
            .await
            .map(|_| ()),
        client.delete_hub(deletion(&hub)).await.map(|_| ()),
        client
            .create_project(project_of(&hub, "A"))
            .await
            .map(|_| ()),
        client
            .add_hub_admin(hub_admin(&hub, &team.admin))
            .await
            .map(|_| ()),
        client
            .grant_product_access(grant_of(&hub, &team.admin))
            .await
            .map(|_| ()),
        client
            .revoke_product_access(revocation_of(&hub, &team.admin))
            .await
            .map(|_| ()),
        client
            .remove_hub_member(removal(&hub, &team.admin))
            .await
            .map(|_| ()),
    ] {
        refused
            .map(tonic::Response::new)
            .missing("HUB_NOT_FOUND", &hub.id);
    }
}

async fn a_rehearsal_makes_no_hub_and_a_repetition_makes_one(h: &Harness) {
    let team = h.team("acme").await.id;
    let mut request = hub_of(&team, "acc");
    request.validate_only = true;
    let shown = h
        .products()
        .create_hub(request.clone())
        .await
        .answered()
        .hub;
    let shown = shown.expect("a hub");
    assert!(shown.id.is_empty() && shown.etag.is_empty() && shown.create_time.is_none());
    assert!(listed(h, &team, "").await.is_empty());
    request.validate_only = false;
    request.request_id = request_id(1);
    let first = h.products().create_hub(request.clone()).await.answered();
    let second = h.products().create_hub(request).await.answered();
    assert_eq!(first, second);
    assert_eq!(listed(h, &team, "").await.len(), 1);
}
