//! Hubs' own admins: who is one, what they may do, and where it ends.

use muster::proto::{
    AddProjectMemberRequest, EventType, ExplainAccessRequest, GetHubRequest, ImportOutcome,
    ListProductAccessRequest, ListProjectMembersRequest, ListProjectsRequest, ProductAccessFilter,
    Role,
};
use tonic::Code;

use crate::{
    harness::{Harness, tests},
    hubs::{deletion, event_types, read, removal, update},
    product_fixtures::{
        address_into_project, grant_of, hub_admin, hub_of, into_project, project_of, revocation_of,
    },
    races::at_once,
    refusals::Outcome,
};

tests![
    a_hubs_admin_looks_after_its_projects_and_access,
    a_hubs_admin_learns_nothing_of_the_teams_people,
    a_hubs_admin_may_do_nothing_elsewhere_nor_to_the_hub_itself,
    a_hubs_admin_without_authority_in_the_team_has_none_in_the_hub,
    who_is_not_in_the_team_is_no_admin_of_its_hubs,
    a_hub_has_fifty_admins_at_most,
    of_sixteen_who_name_one_admin_at_once_one_does,
];

async fn a_hubs_admin_looks_after_its_projects_and_access(h: &Harness) {
    let team = h.led_team("acme").await;
    let own = h.hub(&team.id, "acc").await;
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
}

async fn a_hubs_admin_may_do_nothing_elsewhere_nor_to_the_hub_itself(h: &Harness) {
    let team = h.led_team("acme").await;
    let (own, other) = (h.hub(&team.id, "acc").await, h.hub(&team.id, "acc").await);
    let keeper = h
        .join_as(&team.id, "keeper@acme.example", Role::Guest)
        .await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    h.make_hub_admin(&own, &keeper).await;
    let mut client = h.products_as(&keeper);
    let access = |hub: &str| ListProductAccessRequest {
        team_id: team.id.clone(),
        filter: Some(ProductAccessFilter {
            hub_id: hub.to_owned(),
            ..ProductAccessFilter::default()
        }),
        ..ListProductAccessRequest::default()
    };
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

/// Only of those in his hub, and no more than that they are in it.
async fn a_hubs_admin_learns_nothing_of_the_teams_people(h: &Harness) {
    let team = h.led_team("acme").await;
    let own = h.hub(&team.id, "acc").await;
    let keeper = h
        .join_as(&team.id, "keeper@acme.example", Role::Guest)
        .await;
    h.make_hub_admin(&own, &keeper).await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let project = h.project(&own, "A").await;
    let explain = ExplainAccessRequest {
        team_id: team.id.clone(),
        user_id: ann.clone(),
        hub_id: own.id.clone(),
        ..ExplainAccessRequest::default()
    };
    let mut client = h.products_as(&keeper);
    let told = client.explain_access(explain.clone()).await;
    told.missing("MEMBER_NOT_FOUND", &ann);
    for request in [
        into_project(&project, &ann),
        address_into_project(&project, "ann@acme.example"),
    ] {
        let rehearsal = AddProjectMemberRequest {
            validate_only: true,
            ..request
        };
        let told = client.add_project_member(rehearsal).await.answered();
        assert_eq!(told.outcome(), ImportOutcome::AlreadyMember);
        assert_eq!((told.member, told.invitation), (None, None));
    }
    let guest = address_into_project(&project, "gus@else.example");
    let told = client.add_project_member(guest).await.answered();
    assert_eq!(told.outcome(), ImportOutcome::Invited);
    assert_eq!((told.member, told.invitation), (None, None));
    h.only_letter().await;
    h.put_into(&project, &ann).await;
    client.explain_access(explain).await.answered();
}
