//! Hubs and their own admins: who makes them, what the admins may do there, and what keeps a hub from going.

use muster::proto::{
    DeleteHubRequest, EventFilter, EventType, GetHubRequest, Hub, ListEventsRequest,
    ListHubsRequest, ListProductAccessRequest, ListProjectMembersRequest, ListProjectsRequest,
    ProductAccessFilter, RemoveHubAdminRequest, RemoveHubMemberRequest, Role, UpdateHubRequest,
    event::Payload,
};
use prost_types::FieldMask;
use tonic::Code;

use crate::{
    events::list,
    fixtures::{MICROSECOND, time},
    harness::{Harness, tests},
    product_fixtures::{
        address_into_project, grant_of, hub_admin, hub_of, into_project, project_of, revocation_of,
    },
    races::at_once,
    refusals::Outcome,
    request_ids::request_id,
};

tests![
    a_hub_is_made_read_changed_and_deleted,
    what_is_no_hub_is_refused_with_every_field,
    a_hub_with_something_in_it_stays,
    a_team_has_five_hundred_hubs_at_most,
    a_hubs_admin_looks_after_its_projects_and_access_and_nothing_else,
    a_hubs_admin_without_authority_in_the_team_has_none_in_the_hub,
    who_is_not_in_the_team_is_no_admin_of_its_hubs,
    a_hub_has_fifty_admins_at_most,
    of_sixteen_who_name_one_admin_at_once_one_does,
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

fn update(hub: &Hub, paths: &[&str]) -> UpdateHubRequest {
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
    request.contact = "a\u{202e}b".to_owned();
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
    let made = answers.await.into_iter().filter(Result::is_ok).count();
    assert_eq!(made, 1);
}

async fn a_hubs_admin_looks_after_its_projects_and_access_and_nothing_else(h: &Harness) {
    let team = h.led_team("acme").await;
    let (own, other) = (h.hub(&team.id, "acc").await, h.hub(&team.id, "acc").await);
    let keeper = h
        .join_as(&team.id, "keeper@acme.example", Role::Guest)
        .await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let mut client = h.products_as(&keeper);
    client
        .create_project(project_of(&own, "A"))
        .await
        .denied("products.update");
    let place = GetHubRequest {
        team_id: team.id.clone(),
        hub_id: own.id.clone(),
    };
    client.get_hub(place.clone()).await.denied("team.read");

    h.make_hub_admin(&own, &keeper).await;
    client.get_hub(place).await.answered();
    let project = client.create_project(project_of(&own, "A")).await;
    let project = project.answered().project.expect("the project");
    let projects = ListProjectsRequest {
        team_id: team.id.clone(),
        hub_id: own.id.clone(),
        ..ListProjectsRequest::default()
    };
    client.list_projects(projects.clone()).await.answered();
    client
        .add_project_member(into_project(&project, &ann))
        .await
        .answered();
    let guest = address_into_project(&project, "gus@else.example");
    client.add_project_member(guest).await.answered();
    h.only_letter().await;
    let people = ListProjectMembersRequest {
        team_id: team.id.clone(),
        hub_id: own.id.clone(),
        project_id: project.id.clone(),
        ..ListProjectMembersRequest::default()
    };
    let people = client.list_project_members(people).await.answered();
    assert_eq!(people.project_members.len(), 2);
    let granted = client.grant_product_access(grant_of(&own, &ann)).await;
    let granted = granted.answered().access.expect("the access");
    assert_eq!(granted.granter_user_id, keeper);
    let access = |hub: &str| ListProductAccessRequest {
        team_id: team.id.clone(),
        filter: Some(ProductAccessFilter {
            hub_id: hub.to_owned(),
            ..ProductAccessFilter::default()
        }),
        ..ListProductAccessRequest::default()
    };
    let all = client.list_product_access(access(&own.id)).await.answered();
    assert_eq!(all.accesses.len(), 3);
    client
        .revoke_product_access(revocation_of(&own, &ann))
        .await
        .answered();
    client
        .remove_hub_member(removal(&own, &ann))
        .await
        .answered();

    client
        .list_product_access(access(""))
        .await
        .denied("members.read");
    client
        .list_product_access(access(&other.id))
        .await
        .denied("members.read");
    for refused in [
        client
            .create_project(project_of(&other, "A"))
            .await
            .map(|_| ()),
        client
            .grant_product_access(grant_of(&other, &ann))
            .await
            .map(|_| ()),
        client.create_hub(hub_of(&team.id, "acc")).await.map(|_| ()),
        client
            .add_hub_admin(hub_admin(&own, &ann))
            .await
            .map(|_| ()),
        client.delete_hub(deletion(&own)).await.map(|_| ()),
        client
            .update_hub(update(&own, &["contact"]))
            .await
            .map(|_| ()),
    ] {
        refused.map(tonic::Response::new).denied("products.update");
    }
    // Whoever looks at nothing but what he has himself needs to be no admin at all.
    let own_access = ListProductAccessRequest {
        team_id: team.id.clone(),
        filter: Some(ProductAccessFilter {
            user_id: ann.clone(),
            ..ProductAccessFilter::default()
        }),
        ..ListProductAccessRequest::default()
    };
    h.products_as(&ann)
        .list_product_access(own_access)
        .await
        .answered();
}

async fn a_hubs_admin_without_authority_in_the_team_has_none_in_the_hub(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let invited = h.invite(&team.id, "late@acme.example").await;
    h.make_hub_admin(&hub, &invited.user).await;
    let mut client = h.products_as(&invited.user);
    let refused = client.create_project(project_of(&hub, "A")).await;
    refused.denied("products.update");
    h.accept(&invited.token).await.answered();
    client
        .create_project(project_of(&hub, "A"))
        .await
        .answered();
    let stranger = h.led_team("other").await.admin;
    let refused = h
        .products_as(&stranger)
        .create_project(project_of(&hub, "B"))
        .await;
    refused.missing("TEAM_NOT_FOUND", &team.id);
}

async fn who_is_not_in_the_team_is_no_admin_of_its_hubs(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let gone = h.invite(&team.id, "gone@acme.example").await;
    h.decline(&gone.token).await;
    for nobody in [gone.user, h.unknown_id(), h.led_team("other").await.admin] {
        let refused = h.products().add_hub_admin(hub_admin(&hub, &nobody)).await;
        refused.refused(Code::FailedPrecondition, "NOT_A_MEMBER");
    }
}

async fn a_hub_has_fifty_admins_at_most(h: &Harness) {
    let team = h.team("acme").await.id;
    let hub = h.hub(&team, "acc").await;
    let emails: Vec<String> = (0..51).map(|n| format!("p{n}@acme.example")).collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    let people = h.import_held(&team, "many", &emails).await;
    for one in &people[..50] {
        h.make_hub_admin(&hub, &one.user_id).await;
    }
    let last = hub_admin(&hub, &people[50].user_id);
    let refused = h.products().add_hub_admin(last).await;
    refused.refused(Code::FailedPrecondition, "HUB_ADMINS_USED_UP");
    h.make_hub_admin(&hub, &people[0].user_id).await;
    let known = read(h, &hub).await.admin_user_ids;
    assert!(known.len() == 50 && known.is_sorted());
}

async fn of_sixteen_who_name_one_admin_at_once_one_does(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let answers = at_once(16, |_| {
        let (mut client, request) = (h.products(), hub_admin(&hub, &team.admin));
        async move { client.add_hub_admin(request).await }
    });
    for answer in answers.await {
        let hub = answer.answered().hub.expect("the hub");
        assert_eq!(hub.admin_user_ids, [&*team.admin]);
    }
    let added = event_types(h, &team.id, &[EventType::HubAdminAdded]).await;
    assert_eq!(added.len(), 1);
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
