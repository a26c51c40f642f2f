//! Projects and the people in them: how they come in, and the access that they have by that.

use muster::proto::{
    AccessPath, AccessState, AddProjectMemberRequest, DeleteProjectRequest, EventType,
    ImportOutcome, ListProjectMembersRequest, ListProjectsRequest, MemberSource, MemberState,
    ProductAccess, ProductAccessFilter, Project, ProjectMember, ProjectRole,
    RemoveProjectMemberRequest, Role, UpdateProjectRequest,
};
use tonic::Code;

use crate::{
    fixtures::{MICROSECOND, WEEK, invitation_of},
    harness::{Harness, tests},
    hubs::event_types,
    product_fixtures::{address_into_project, into_project},
    refusals::Outcome,
    request_ids::mask,
};

tests![
    a_project_is_made_listed_changed_and_deleted,
    somebody_unknown_comes_into_the_team_as_a_guest,
    who_is_in_the_team_keeps_his_role_and_gets_the_project_only,
    an_expired_offer_waits_as_it_is_for_who_is_put_into_a_project,
    a_projects_guests_are_refused_as_any_invitation_would_be with few,
];

fn few(settings: &mut muster::config::Settings) {
    settings.single_invitations_per_hour = 2;
}

pub(crate) async fn projects(h: &Harness, one: &Project) -> Vec<Project> {
    let request = ListProjectsRequest {
        team_id: one.team_id.clone(),
        hub_id: one.hub_id.clone(),
        ..ListProjectsRequest::default()
    };
    h.products()
        .list_projects(request)
        .await
        .answered()
        .projects
}

pub(crate) async fn people(h: &Harness, project: &Project) -> Vec<ProjectMember> {
    let request = ListProjectMembersRequest {
        team_id: project.team_id.clone(),
        hub_id: project.hub_id.clone(),
        project_id: project.id.clone(),
        ..ListProjectMembersRequest::default()
    };
    let answer = h.products().list_project_members(request).await;
    answer.answered().project_members
}

fn renamed(project: &Project, name: &str) -> UpdateProjectRequest {
    UpdateProjectRequest {
        project: Some(Project {
            display_name: name.to_owned(),
            ..project.clone()
        }),
        update_mask: Some(mask("display_name")),
        ..UpdateProjectRequest::default()
    }
}

fn deletion(project: &Project) -> DeleteProjectRequest {
    DeleteProjectRequest {
        team_id: project.team_id.clone(),
        hub_id: project.hub_id.clone(),
        project_id: project.id.clone(),
        ..DeleteProjectRequest::default()
    }
}

pub(crate) fn expulsion(member: &ProjectMember) -> RemoveProjectMemberRequest {
    RemoveProjectMemberRequest {
        team_id: member.team_id.clone(),
        hub_id: member.hub_id.clone(),
        project_id: member.project_id.clone(),
        user_id: member.user_id.clone(),
        ..RemoveProjectMemberRequest::default()
    }
}

async fn of_person(h: &Harness, team: &str, user: &str) -> Vec<ProductAccess> {
    let filter = ProductAccessFilter {
        user_id: user.to_owned(),
        ..ProductAccessFilter::default()
    };
    h.accesses(team, filter).await
}

async fn a_project_is_made_listed_changed_and_deleted(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let made = h.project(&hub, " Bridge ").await;
    assert_eq!(made.display_name, "Bridge");
    h.advance(MICROSECOND);
    let other = h.project(&hub, "Bridge").await;
    assert_eq!(projects(h, &made).await, [made.clone(), other.clone()]);
    h.advance(MICROSECOND);
    let answer = h.products().update_project(renamed(&made, "Tunnel")).await;
    let changed = answer.answered().project.expect("the project");
    assert_eq!(changed.display_name, "Tunnel");
    assert_ne!(changed.etag, made.etag);
    let stale = h.products().update_project(renamed(&made, "Road")).await;
    stale.refused(Code::Aborted, "ETAG_MISMATCH");

    let member = h.put_into(&made, &team.admin).await;
    let refused = h.products().delete_project(deletion(&made)).await;
    refused.refused(Code::FailedPrecondition, "PROJECT_NOT_EMPTY");
    let gone = h.products().remove_project_member(expulsion(&member)).await;
    gone.answered();
    h.products()
        .delete_project(deletion(&made))
        .await
        .answered();
    assert_eq!(projects(h, &made).await, [other]);
    for refused in [
        h.products()
            .delete_project(deletion(&made))
            .await
            .map(|_| ()),
        h.products()
            .update_project(renamed(&made, "X"))
            .await
            .map(|_| ()),
        h.products()
            .add_project_member(into_project(&made, &team.admin))
            .await
            .map(|_| ()),
        h.products()
            .remove_project_member(expulsion(&member))
            .await
            .map(|_| ()),
    ] {
        refused
            .map(tonic::Response::new)
            .missing("PROJECT_NOT_FOUND", &made.id);
    }
    let types = [
        EventType::ProjectCreated,
        EventType::ProjectUpdated,
        EventType::ProjectMemberAdded,
        EventType::ProjectMemberRemoved,
        EventType::ProjectDeleted,
    ];
    let said = event_types(h, &team.id, &types).await;
    assert_eq!(said.len(), 6);
    assert_eq!(said[0], said[1]);
    assert_eq!(said[1..], types);
}

async fn somebody_unknown_comes_into_the_team_as_a_guest(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "fusion").await;
    let project = h.project(&hub, "Bridge").await;
    let added = h
        .add_to_project(address_into_project(&project, "gus@else.example"))
        .await;
    assert_eq!(added.outcome(), ImportOutcome::Invited);
    let member = added.member.expect("the member");
    assert_eq!(
        (member.role(), member.source()),
        (Role::Guest, MemberSource::Project)
    );
    assert_eq!(member.state(), MemberState::Invited);
    assert!(added.invitation.is_some());
    let place = added.project_member.expect("his place");
    assert_eq!(
        (place.user_id.as_str(), place.role()),
        (&*member.user_id, ProjectRole::Member)
    );
    let token = h.only_token().await;
    let [access] = &of_person(h, &team.id, &member.user_id).await[..] else {
        panic!("one access");
    };
    assert_eq!(
        (access.path(), access.project_id.as_str()),
        (AccessPath::Project, &*project.id)
    );
    assert_eq!(
        (access.state(), access.product_id.as_str()),
        (AccessState::Active, "fusion")
    );
    h.accept(&token).await.answered();
    assert_eq!(people(h, &project).await, [place]);
    assert_eq!(
        of_person(h, &team.id, &member.user_id).await,
        std::slice::from_ref(access)
    );

    // A verified account is in at once, as by any invitation.
    h.verified("vera@else.example").await;
    let vera = h
        .add_to_project(address_into_project(&project, "vera@else.example"))
        .await;
    assert_eq!(vera.outcome(), ImportOutcome::Verified);
    assert_eq!(vera.member.expect("the member").role(), Role::Guest);
    h.only_letter().await;
}

async fn who_is_in_the_team_keeps_his_role_and_gets_the_project_only(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let project = h.project(&hub, "Bridge").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let invited = h.invite(&team.id, "bob@acme.example").await;
    for (request, user, outcome) in [
        (
            address_into_project(&project, "Ann@ACME.example"),
            &ann,
            ImportOutcome::AlreadyMember,
        ),
        (
            into_project(&project, &team.admin),
            &team.admin,
            ImportOutcome::AlreadyMember,
        ),
        (
            address_into_project(&project, "bob@acme.example"),
            &invited.user,
            ImportOutcome::AlreadyInvited,
        ),
    ] {
        let before = h.member(&team.id, user).await;
        let added = h.add_to_project(request).await;
        assert_eq!(added.outcome(), outcome);
        assert_eq!(added.member.as_ref(), Some(&before));
        assert_eq!(h.member(&team.id, user).await, before);
        assert_eq!(h.access_states(&team.id, user).await, [AccessState::Active]);
    }
    // Once more, with another role: nothing changes.
    let again = AddProjectMemberRequest {
        role: ProjectRole::Admin.into(),
        ..into_project(&project, &ann)
    };
    let again = h.add_to_project(again).await.project_member;
    assert_eq!(again.expect("his place").role(), ProjectRole::Member);
    assert_eq!(people(h, &project).await.len(), 3);

    let gone = h.invite(&team.id, "gone@acme.example").await;
    h.decline(&gone.token).await;
    for nobody in [gone.user, h.unknown_id()] {
        let refused = h
            .products()
            .add_project_member(into_project(&project, &nobody))
            .await;
        refused.refused(Code::FailedPrecondition, "NOT_A_MEMBER");
    }
}

async fn an_expired_offer_waits_as_it_is_for_who_is_put_into_a_project(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let project = h.project(&hub, "A").await;
    let mut offer = invitation_of(&team.id, "bob@acme.example");
    offer.set_role(Role::SecondaryAdmin);
    let bob = h.invite_from(offer).await;
    h.advance(WEEK);
    let before = h.member(&team.id, &bob.user).await;
    let request = address_into_project(&project, "bob@acme.example");
    let answer = h.products().add_project_member(request).await.answered();
    assert_eq!(answer.outcome(), ImportOutcome::AlreadyInvited);
    assert_eq!(h.member(&team.id, &bob.user).await, before);
    assert_eq!(people(h, &project).await.len(), 1);
}

async fn a_projects_guests_are_refused_as_any_invitation_would_be(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let project = h.project(&hub, "Bridge").await;
    let mut limited = muster::proto::UpdateTeamRequest {
        team: Some(muster::proto::Team {
            id: team.id.clone(),
            seat_limit: Some(2),
            ..muster::proto::Team::default()
        }),
        update_mask: Some(mask("seat_limit")),
        ..muster::proto::UpdateTeamRequest::default()
    };
    h.teams().update_team(limited.clone()).await.answered();
    h.advance(WEEK);
    h.add_to_project(address_into_project(&project, "one@else.example"))
        .await;
    h.only_letter().await;
    let another = address_into_project(&project, "two@else.example");
    let refused = h.products().add_project_member(another.clone()).await;
    refused.refused(Code::FailedPrecondition, "NO_SEAT");
    assert_eq!(people(h, &project).await.len(), 1);
    limited.team.as_mut().expect("a team").seat_limit = None;
    h.teams().update_team(limited).await.answered();
    h.add_to_project(another).await;
    h.only_letter().await;
    let third = address_into_project(&project, "three@else.example");
    let refused = h.products().add_project_member(third).await;
    refused.refused(Code::ResourceExhausted, "INVITATIONS_USED_UP");
}
