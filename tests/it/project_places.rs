//! Places in projects: how they change and end, and the access that comes by them.

use muster::proto::{
    AccessPath, AccessState, AddProjectMemberRequest, CreateProjectRequest, EventType,
    ImportOutcome, ProjectMember, ProjectRole, UpdateProjectMemberRequest,
};
use tonic::Code;

use crate::{
    harness::{Harness, tests},
    hubs::{event_types, removal},
    product_fixtures::{address_into_project, project_of},
    projects::{expulsion, people},
    races::at_once,
    refusals::Outcome,
    request_ids::{mask, request_id},
};

tests![
    a_place_in_a_project_is_changed_and_ends_with_the_access_by_it,
    who_leaves_a_hub_keeps_his_place_in_the_team,
    what_is_no_project_member_is_refused_with_every_field,
    of_sixteen_who_add_one_person_at_once_one_does,
    a_rehearsal_brings_nobody_in_and_a_repetition_brings_him_once,
];

fn with_role(member: &ProjectMember, role: ProjectRole) -> UpdateProjectMemberRequest {
    UpdateProjectMemberRequest {
        project_member: Some(ProjectMember {
            role: role.into(),
            ..member.clone()
        }),
        update_mask: Some(mask("role")),
        ..UpdateProjectMemberRequest::default()
    }
}

async fn a_place_in_a_project_is_changed_and_ends_with_the_access_by_it(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let (one, other) = (h.project(&hub, "One").await, h.project(&hub, "Two").await);
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let place = h.put_into(&one, &ann).await;
    h.put_into(&other, &ann).await;
    h.grant(&hub, &ann).await;

    let changed = h
        .products()
        .update_project_member(with_role(&place, ProjectRole::Admin))
        .await;
    let changed = changed.answered().project_member.expect("his place");
    assert_eq!(changed.role(), ProjectRole::Admin);
    let stale = h
        .products()
        .update_project_member(with_role(&place, ProjectRole::Viewer))
        .await;
    stale.refused(Code::Aborted, "ETAG_MISMATCH");
    let same = with_role(&changed, ProjectRole::Admin);
    h.products().update_project_member(same).await.answered();

    // A revocation leaves what comes by projects.
    let left = h.revoke(&hub, &ann).await;
    let states: Vec<_> = left.iter().map(|one| (one.path(), one.state())).collect();
    assert_eq!(
        states,
        [
            (AccessPath::Project, AccessState::Active),
            (AccessPath::Project, AccessState::Active),
            (AccessPath::Direct, AccessState::Ended),
        ]
    );
    h.products()
        .remove_project_member(expulsion(&place))
        .await
        .answered();
    let states = h.access_states(&team.id, &ann).await;
    assert_eq!(
        states,
        [AccessState::Ended, AccessState::Active, AccessState::Ended]
    );
    for refused in [
        h.products()
            .remove_project_member(expulsion(&place))
            .await
            .map(|_| ()),
        h.products()
            .update_project_member(same_of(&place))
            .await
            .map(|_| ()),
    ] {
        refused
            .map(tonic::Response::new)
            .missing("PROJECT_MEMBER_NOT_FOUND", &ann);
    }
    let updated = event_types(h, &team.id, &[EventType::ProjectMemberUpdated]).await;
    assert_eq!(updated.len(), 1);
    // Back in the project, the same access is active again.
    h.put_into(&one, &ann).await;
    assert_eq!(
        h.access_states(&team.id, &ann).await[0],
        AccessState::Active
    );
}

fn same_of(place: &ProjectMember) -> UpdateProjectMemberRequest {
    with_role(place, ProjectRole::Viewer)
}

async fn who_leaves_a_hub_keeps_his_place_in_the_team(h: &Harness) {
    let team = h.led_team("acme").await;
    let (hub, other) = (
        h.hub(&team.id, "acc").await,
        h.hub(&team.id, "fusion").await,
    );
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    for name in ["One", "Two"] {
        let project = h.project(&hub, name).await;
        h.put_into(&project, &ann).await;
    }
    h.grant(&hub, &ann).await;
    h.grant(&other, &ann).await;
    let before = h.member(&team.id, &ann).await;
    let left = h
        .products()
        .remove_hub_member(removal(&hub, &ann))
        .await
        .answered();
    assert_eq!(left.accesses.len(), 3);
    assert!(
        left.accesses
            .iter()
            .all(|one| one.state() == AccessState::Ended)
    );
    assert_eq!(h.member(&team.id, &ann).await, before);
    let states = h.access_states(&team.id, &ann).await;
    assert_eq!(states[3], AccessState::Active, "the other hub's");
    h.products()
        .remove_hub_member(removal(&hub, &ann))
        .await
        .answered();
    let ended = event_types(h, &team.id, &[EventType::AccessEnded]).await;
    let out = event_types(h, &team.id, &[EventType::ProjectMemberRemoved]).await;
    assert_eq!((ended.len(), out.len()), (3, 2));
    let nobody = h
        .products()
        .remove_hub_member(removal(&hub, &team.admin))
        .await;
    nobody.missing("ACCESS_NOT_FOUND", &team.admin);
}

async fn what_is_no_project_member_is_refused_with_every_field(h: &Harness) {
    let refused = h
        .products()
        .add_project_member(AddProjectMemberRequest::default())
        .await;
    refused.invalid(&[
        ("team_id", "REQUIRED"),
        ("hub_id", "REQUIRED"),
        ("project_id", "REQUIRED"),
        ("person", "REQUIRED"),
        ("role", "REQUIRED"),
    ]);
    let team = h.team("acme").await.id;
    let hub = h.hub(&team, "acc").await;
    let project = h.project(&hub, "One").await;
    let mut request = address_into_project(&project, "no address");
    request.role = 9;
    let refused = h.products().add_project_member(request).await;
    refused.invalid(&[("new_member.email", "MALFORMED"), ("role", "UNKNOWN_VALUE")]);
    let nameless = CreateProjectRequest {
        display_name: "<b>".to_owned(),
        ..project_of(&hub, "x")
    };
    let refused = h.products().create_project(nameless).await;
    refused.invalid(&[("display_name", "LOOKS_LIKE_LINK")]);
}

async fn of_sixteen_who_add_one_person_at_once_one_does(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let project = h.project(&hub, "One").await;
    let answers = at_once(16, |_| {
        let request = address_into_project(&project, "gus@else.example");
        let mut client = h.products();
        async move { client.add_project_member(request).await }
    });
    let outcomes: Vec<_> = answers
        .await
        .into_iter()
        .map(|answer| answer.answered().outcome())
        .collect();
    let invited = outcomes
        .iter()
        .filter(|one| **one == ImportOutcome::Invited);
    assert_eq!(invited.count(), 1);
    h.only_letter().await;
    let types = [EventType::ProjectMemberAdded, EventType::AccessGranted];
    assert_eq!(event_types(h, &team.id, &types).await, types);
}

async fn a_rehearsal_brings_nobody_in_and_a_repetition_brings_him_once(h: &Harness) {
    let team = h.led_team("acme").await;
    let vera = h.verified("vera@else.example").await.id;
    let hub = h.hub(&team.id, "acc").await;
    let project = h.project(&hub, "One").await;
    let mut request = address_into_project(&project, "vera@else.example");
    request.validate_only = true;
    let shown = h.add_to_project(request.clone()).await;
    assert_eq!(shown.outcome(), ImportOutcome::Verified);
    let place = shown.project_member.expect("his place");
    assert_eq!((place.user_id, place.etag), (String::new(), String::new()));
    assert!(shown.member.is_none() && people(h, &project).await.is_empty());
    request.validate_only = false;
    request.request_id = request_id(1);
    let first = h.add_to_project(request.clone()).await;
    assert_eq!(first.member.as_ref().expect("the member").user_id, vera);
    assert_eq!(h.add_to_project(request).await, first);
    h.only_letter().await;
}
