//! Who comes back, and what does not come back with him.

use muster::proto::{AccessPath, AccessState, EventType, LeftAccess, RemoveMemberRequest};

use crate::{
    fixtures::MICROSECOND,
    harness::{Harness, tests},
    hubs::{event_types, read},
    leaving::remove,
    product_fixtures::address_into_project,
    products,
    refusals::Outcome,
    removals::removal,
};

tests![
    places_in_projects_and_as_a_hubs_admin_end_with_the_membership,
    nobody_comes_back_by_himself,
    a_removal_in_the_team_of_two_paths_and_of_a_hub_only_are_apart,
    a_removed_guest_comes_back_by_a_project_only_if_the_team_says_so,
    of_a_removal_and_a_grant_at_once_none_leaves_access_behind,
];

async fn places_in_projects_and_as_a_hubs_admin_end_with_the_membership(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let project = h.project(&hub, "One").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    h.make_hub_admin(&hub, &ann).await;
    h.put_into(&project, &ann).await;
    let answer = remove(h, removal(&team.id, &ann)).await;
    assert_eq!(answer.accesses[0].path(), AccessPath::Project);
    assert!(
        answer.hubs[0].admin_user_ids.is_empty(),
        "he is nobody to ask"
    );
    assert!(read(h, &hub).await.admin_user_ids.is_empty());
    let types = [
        EventType::MemberRemoved,
        EventType::HubAdminRemoved,
        EventType::ProjectMemberRemoved,
        EventType::AccessEnded,
    ];
    assert_eq!(event_types(h, &team.id, &types).await, types);
    let request = muster::proto::DeleteProjectRequest {
        team_id: team.id.clone(),
        hub_id: hub.id.clone(),
        project_id: project.id,
        ..muster::proto::DeleteProjectRequest::default()
    };
    h.products().delete_project(request).await.answered();
}

async fn nobody_comes_back_by_himself(h: &Harness) {
    let team = h.led_team("acme").await;
    let (acc, tandem) = (
        h.hub(&team.id, "acc").await,
        h.hub(&team.id, "tandem").await,
    );
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    h.make_hub_admin(&acc, &ann).await;
    h.grant(&acc, &ann).await;
    h.grant(&tandem, &ann).await;
    remove(h, removal(&team.id, &ann)).await;
    h.deliver().await;
    // What was revoked in the hub brings nobody back into the team, nor does the team's door open a hub's.
    let refused = h
        .products()
        .grant_product_access(crate::product_fixtures::grant_of(&acc, &ann))
        .await;
    refused.refused(tonic::Code::FailedPrecondition, "NOT_A_MEMBER");
    h.advance(MICROSECOND);
    let request = crate::fixtures::invitation_of(&team.id, "ann@acme.example");
    let back = h.invitations().create_invitation(request).await.answered();
    assert_eq!(back.member.expect("the member").user_id, ann);
    h.deliver().await;
    let states = h.access_states(&team.id, &ann).await;
    assert_eq!(states, [AccessState::Ended, AccessState::Remains]);
    let refused = h
        .products_as(&ann)
        .create_project(crate::product_fixtures::project_of(&acc, "A"))
        .await;
    refused.denied("products.update");

    // Should he leave once more, what remains since the last time is told, and nobody is told of it twice.
    let preview = RemoveMemberRequest {
        validate_only: true,
        ..removal(&team.id, &ann)
    };
    let told = remove(h, preview).await;
    let states: Vec<_> = told.accesses.iter().map(LeftAccess::state).collect();
    assert_eq!(states, [AccessState::Remains]);
    assert_eq!(told.hubs[0].remaining_count, 1);

    h.grant(&tandem, &ann).await;
    let states = h.access_states(&team.id, &ann).await;
    assert_eq!(
        states,
        [AccessState::Ended, AccessState::Active],
        "granted, it is no work any more"
    );
}

async fn a_removal_in_the_team_of_two_paths_and_of_a_hub_only_are_apart(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "tandem").await;
    let project = h.project(&hub, "One").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    h.grant(&hub, &ann).await;
    h.put_into(&project, &ann).await;
    let answer = h
        .products()
        .remove_hub_member(crate::hubs::removal(&hub, &ann))
        .await
        .answered();
    assert!(
        answer
            .accesses
            .iter()
            .all(|one| one.state() == AccessState::Ended)
    );
    assert!(h.is_active(&team.id, &ann).await);

    h.grant(&hub, &ann).await;
    h.put_into(&project, &ann).await;
    let answer = remove(h, removal(&team.id, &ann)).await;
    assert_eq!(answer.accesses.len(), 2);
    assert_eq!(answer.hubs[0].remaining_count, 2);
    let letters = h.deliver().await;
    assert_eq!(letters.len(), 1, "one person, one letter");
    let closed = h.revoke(&hub, &ann).await;
    assert!(closed.iter().all(|one| one.state() == AccessState::Ended));
}

async fn a_removed_guest_comes_back_by_a_project_only_if_the_team_says_so(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let project = h.project(&hub, "One").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    remove(h, removal(&team.id, &ann)).await;
    let again = address_into_project(&project, "ann@acme.example");
    let refused = h.products().add_project_member(again.clone()).await;
    refused.refused(tonic::Code::FailedPrecondition, "REJOIN_REFUSED");
    let any = muster::proto::UpdateTeamRequest {
        team: Some(muster::proto::Team {
            id: team.id.clone(),
            rejoin_policy: muster::proto::RejoinPolicy::AnySource.into(),
            ..muster::proto::Team::default()
        }),
        update_mask: Some(crate::request_ids::mask("rejoin_policy")),
        ..muster::proto::UpdateTeamRequest::default()
    };
    h.teams().update_team(any).await.answered();
    let back = h.add_to_project(again).await;
    assert_eq!(back.outcome(), muster::proto::ImportOutcome::Revived);
    h.only_letter().await;
    let rules = products::rules_at(h, "acc", None).await;
    assert_eq!(rules.len(), 1);
}

async fn of_a_removal_and_a_grant_at_once_none_leaves_access_behind(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let project = h.project(&hub, "One").await;
    for round in 0..8 {
        let email = format!("p{round}@acme.example");
        let user = h.join(&team.id, &email).await.user;
        let (mut one, mut two, mut three) = (h.products(), h.products(), h.teams());
        let (granted, added, removed) = tokio::join!(
            one.grant_product_access(crate::product_fixtures::grant_of(&hub, &user)),
            two.add_project_member(crate::product_fixtures::into_project(&project, &user)),
            three.remove_member(removal(&team.id, &user)),
        );
        let removed = removed.answered();
        let came_first = [granted.is_ok(), added.is_ok()];
        let before = came_first.iter().filter(|first| **first).count();
        assert_eq!(removed.accesses.len(), before);
        let states = h.access_states(&team.id, &user).await;
        assert_eq!(states, vec![AccessState::Ended; before]);
        for refused in [granted.map(|_| ()), added.map(|_| ())] {
            if let Err(status) = refused {
                let refused: Result<tonic::Response<()>, _> = Err(status);
                refused.refused(tonic::Code::FailedPrecondition, "NOT_A_MEMBER");
            }
        }
    }
}
