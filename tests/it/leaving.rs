//! What remains of people's access when they leave: as the rule of the day says, on every way out, in one transaction.

use chrono::TimeDelta;
use muster::proto::{
    AccessPath, AccessState, BatchRemoveMembersRequest, DataAccess, DeleteTeamRequest, EventFilter,
    EventType, Hub, LeftHub, ListEventsRequest, PreviewRemovalRequest, ProductAccess,
    ProductAccessFilter, Reason, RemoveMemberRequest, RemoveMemberResponse,
    RevokeInvitationRequest, Role, event::Payload,
};
use prost_types::Timestamp;

use crate::{
    events::list,
    fixtures::{MICROSECOND, time},
    harness::{Harness, tests},
    hubs::{event_types, read},
    product_fixtures::address_into_project,
    products,
    refusals::Outcome,
    removals::{departure, removal},
    request_ids::request_id,
    statements::{cost, hold_alike_of},
};

tests![
    each_of_the_eight_products_ends_or_remains_as_the_table_says_and_the_reverse_by_a_new_rule,
    a_rule_changed_tomorrow_does_not_change_what_was_answered_yesterday,
    every_way_out_ends_access,
    a_team_that_is_deleted_tells_what_remains,
    places_in_projects_and_as_a_hubs_admin_end_with_the_membership,
    nobody_comes_back_by_himself,
    a_removal_in_the_team_of_two_paths_and_of_a_hub_only_are_apart,
    a_batch_answers_for_each_person_and_describes_each_hub_once,
    a_preview_is_the_answer_of_the_removal_and_does_nothing,
    a_batch_of_leavers_costs_the_same_whatever_its_size,
    a_removed_guest_comes_back_by_a_project_only_if_the_team_says_so,
];

const EIGHT: [(&str, DataAccess); 8] = [
    ("acc", DataAccess::Inactive),
    ("bim-360", DataAccess::Inactive),
    ("flow-production-tracking", DataAccess::Inactive),
    ("forma", DataAccess::Inactive),
    ("fusion", DataAccess::Inactive),
    ("info360", DataAccess::Active),
    ("tandem", DataAccess::Active),
    ("upchain", DataAccess::Active),
];

fn reversed(access: DataAccess) -> DataAccess {
    match access {
        DataAccess::Inactive => DataAccess::Active,
        DataAccess::Active | DataAccess::Unspecified => DataAccess::Inactive,
    }
}

fn becomes(access: DataAccess) -> AccessState {
    match access {
        DataAccess::Active => AccessState::Remains,
        DataAccess::Inactive | DataAccess::Unspecified => AccessState::Ended,
    }
}

async fn remove(h: &Harness, request: RemoveMemberRequest) -> RemoveMemberResponse {
    h.teams().remove_member(request).await.answered()
}

async fn of_person(h: &Harness, team: &str, user: &str) -> Vec<ProductAccess> {
    let filter = ProductAccessFilter {
        user_id: user.to_owned(),
        ..ProductAccessFilter::default()
    };
    h.accesses(team, filter).await
}

/// What events tell of a person's access.
async fn told(
    h: &Harness,
    team: &str,
    user: &str,
) -> Vec<(EventType, AccessState, Option<Timestamp>)> {
    let request = ListEventsRequest {
        filter: Some(EventFilter {
            team_id: team.to_owned(),
            user_id: user.to_owned(),
            types: vec![
                EventType::AccessEnded.into(),
                EventType::AccessRemains.into(),
            ],
        }),
        ..ListEventsRequest::default()
    };
    let events = list(h, request).await.into_iter();
    events
        .map(|event| match (event.r#type(), event.payload) {
            (kind, Some(Payload::Access(access))) => (kind, access.state(), access.rule_valid_from),
            other => panic!("{other:?}"),
        })
        .collect()
}

/// Somebody with access to every hub is removed: each answer, list and event says what the table says.
async fn leaves_as(
    h: &Harness,
    (team, hubs): (&str, &[Hub]),
    email: &str,
    table: &[DataAccess],
) -> String {
    let user = h.join(team, email).await.user;
    for hub in hubs {
        h.grant(hub, &user).await;
    }
    let answer = remove(h, removal(team, &user)).await;
    let now = h.now();
    for (hub, access) in hubs.iter().zip(table) {
        let left = answer.accesses.iter().find(|one| one.hub_id == hub.id);
        let left = left.expect("its answer");
        assert_eq!(left.state(), becomes(*access), "{}", hub.product_id);
        assert_eq!(left.path(), AccessPath::Direct);
        let described = answer.hubs.iter().find(|one| one.hub_id == hub.id);
        let described: &LeftHub = described.expect("its hub");
        assert_eq!(described.data_access(), *access);
        assert_eq!(described.user_removed, *access == DataAccess::Inactive);
        assert_eq!(
            (described.contact.as_str(), &described.product_id),
            ("IT, room 7", &hub.product_id)
        );
        assert!(!described.contact_hint.is_empty());
        let counts = (described.ended_count, described.remaining_count);
        let expected = if *access == DataAccess::Active {
            (0, 1)
        } else {
            (1, 0)
        };
        assert_eq!(counts, expected);
    }
    assert_eq!(
        (answer.accesses.len(), answer.hubs.len()),
        (hubs.len(), hubs.len())
    );
    let first_that_remain = answer
        .accesses
        .iter()
        .map(|one| one.state() == AccessState::Ended);
    assert!(first_that_remain.is_sorted(), "what remains comes first");
    let listed = of_person(h, team, &user).await;
    for (access, rule) in listed.iter().zip(table) {
        assert_eq!(access.state(), becomes(*rule), "{}", access.product_id);
        assert_eq!(time(access.end_time), now);
        assert!(access.rule_valid_from.is_some());
    }
    let events = told(h, team, &user).await;
    let expected: Vec<_> = listed
        .iter()
        .map(|one| {
            let kind = match one.state() {
                AccessState::Remains => EventType::AccessRemains,
                _ => EventType::AccessEnded,
            };
            (kind, one.state(), one.rule_valid_from)
        })
        .collect();
    assert_eq!(events, expected);
    h.deliver().await;
    user
}

async fn each_of_the_eight_products_ends_or_remains_as_the_table_says_and_the_reverse_by_a_new_rule(
    h: &Harness,
) {
    let team = h.led_team("acme").await.id;
    let mut hubs = Vec::new();
    for (product, _) in EIGHT {
        hubs.push(h.hub(&team, product).await);
    }
    let table = EIGHT.map(|(_, access)| access);
    let ann = leaves_as(h, (&team, &hubs), "ann@acme.example", &table).await;
    let (list, events) = (of_person(h, &team, &ann).await, told(h, &team, &ann).await);
    assert_eq!(time(list[0].rule_valid_from).timestamp(), 0);

    h.advance(TimeDelta::days(1));
    for (product, access) in EIGHT {
        h.set_rule(product, reversed(access)).await;
    }
    let reverse = table.map(reversed);
    let bob = leaves_as(h, (&team, &hubs), "bob@acme.example", &reverse).await;
    let by = of_person(h, &team, &bob).await;
    assert_eq!(time(by[0].rule_valid_from), h.now());
    assert_eq!(of_person(h, &team, &ann).await, list);
    assert_eq!(told(h, &team, &ann).await, events);
}

async fn a_rule_changed_tomorrow_does_not_change_what_was_answered_yesterday(h: &Harness) {
    let team = h.led_team("acme").await.id;
    let (acc, tandem) = (h.hub(&team, "acc").await, h.hub(&team, "tandem").await);
    let mut gone = Vec::new();
    for name in ["ann", "bob"] {
        let user = h.join(&team, &format!("{name}@acme.example")).await.user;
        h.grant(&acc, &user).await;
        h.grant(&tandem, &user).await;
        gone.push(user);
    }
    // Tomorrow's rules are known today already, and decide nothing today.
    for (product, access) in [
        ("acc", DataAccess::Active),
        ("tandem", DataAccess::Inactive),
    ] {
        let mut rule = crate::product_fixtures::rule_of(product, access);
        let tomorrow = h.now() + TimeDelta::days(1);
        rule.valid_from = Some(Timestamp {
            seconds: tomorrow.timestamp(),
            nanos: 0,
        });
        h.products().set_removal_rule(rule).await.answered();
    }
    let request = RemoveMemberRequest {
        request_id: request_id(1),
        ..removal(&team, &gone[0])
    };
    let answer = remove(h, request.clone()).await;
    h.deliver().await;
    let (listed, events) = (
        of_person(h, &team, &gone[0]).await,
        told(h, &team, &gone[0]).await,
    );
    let states: Vec<_> = listed.iter().map(ProductAccess::state).collect();
    assert_eq!(states, [AccessState::Ended, AccessState::Remains]);

    h.advance(TimeDelta::hours(23));
    assert_eq!(
        remove(h, request).await,
        answer,
        "asked again, it answers the same"
    );
    h.advance(TimeDelta::hours(1));
    assert_eq!(of_person(h, &team, &gone[0]).await, listed);
    assert_eq!(told(h, &team, &gone[0]).await, events);
    let second = remove(h, removal(&team, &gone[1])).await;
    h.deliver().await;
    let states: Vec<_> = second
        .accesses
        .iter()
        .map(|one| (one.hub_id.as_str(), one.state()))
        .collect();
    assert_eq!(
        states,
        [
            (&*acc.id, AccessState::Remains),
            (&*tandem.id, AccessState::Ended)
        ]
    );
}

async fn every_way_out_ends_access(h: &Harness) {
    let team = h.led_team("acme").await;
    let (acc, tandem) = (
        h.hub(&team.id, "acc").await,
        h.hub(&team.id, "tandem").await,
    );
    let mut left = Vec::new();
    let mut enter = async |name: &str, joins: bool| {
        let invited = h.invite(&team.id, &format!("{name}@acme.example")).await;
        if joins {
            h.accept(&invited.token).await.answered();
        }
        h.grant(&acc, &invited.user).await;
        h.grant(&tandem, &invited.user).await;
        left.push(invited.user.clone());
        invited
    };
    let removed = enter("removed", true).await;
    remove(h, removal(&team.id, &removed.user)).await;
    let batch = enter("batch", true).await;
    let request = BatchRemoveMembersRequest {
        team_id: team.id.clone(),
        user_ids: vec![batch.user],
        ..BatchRemoveMembersRequest::default()
    };
    h.teams().batch_remove_members(request).await.answered();
    let leaver = enter("leaver", true).await;
    let answer = h
        .teams_as(&leaver.user)
        .leave_team(departure(&team.id))
        .await;
    let answer = answer.answered();
    assert_eq!((answer.accesses.len(), answer.hubs.len()), (2, 2));
    let declined = enter("declined", false).await;
    h.decline(&declined.token).await;
    let revoked = enter("revoked", false).await;
    let request = RevokeInvitationRequest {
        team_id: team.id.clone(),
        invitation_id: revoked.id,
        ..RevokeInvitationRequest::default()
    };
    h.invitations().revoke_invitation(request).await.answered();
    h.deliver().await;
    for user in left {
        let states = h.access_states(&team.id, &user).await;
        assert_eq!(states, [AccessState::Ended, AccessState::Remains], "{user}");
        assert_eq!(told(h, &team.id, &user).await.len(), 2);
    }
}

async fn a_team_that_is_deleted_tells_what_remains(h: &Harness) {
    let team = h.led_team("acme").await;
    let (acc, tandem) = (
        h.hub(&team.id, "acc").await,
        h.hub(&team.id, "tandem").await,
    );
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    for user in [&ann, &team.admin] {
        h.grant(&acc, user).await;
        h.grant(&tandem, user).await;
        h.make_hub_admin(&tandem, user).await;
    }
    let request = DeleteTeamRequest {
        team_id: team.id.clone(),
        force: true,
        ..DeleteTeamRequest::default()
    };
    let answer = h.teams().delete_team(request).await.answered();
    let counts: Vec<_> = answer
        .hubs
        .iter()
        .map(|one| (one.hub_id.as_str(), one.ended_count, one.remaining_count))
        .collect();
    assert_eq!(counts, [(&*acc.id, 2, 0), (&*tandem.id, 0, 2)]);
    assert!(answer.hubs.iter().all(|one| one.admin_user_ids.is_empty()));
    // Whoever could be told has left too.
    assert!(h.deliver().await.is_empty());
}

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

async fn a_batch_answers_for_each_person_and_describes_each_hub_once(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let bob = h.join(&team.id, "bob@acme.example").await.user;
    for product in [
        "acc", "fusion", "forma", "bim-360", "tandem", "upchain", "info360", "acc", "acc", "acc",
    ] {
        let hub = h.hub(&team.id, product).await;
        h.grant(&hub, &ann).await;
    }
    let stranger = h.unknown_id();
    let request = BatchRemoveMembersRequest {
        team_id: team.id.clone(),
        user_ids: vec![ann, stranger, team.admin.clone(), bob],
        ..BatchRemoveMembersRequest::default()
    };
    let answer = h.teams().batch_remove_members(request).await.answered();
    assert_eq!(answer.hubs.len(), 10);
    let said: Vec<_> = answer
        .results
        .iter()
        .map(|one| (one.refusal(), one.accesses.len(), one.access_count))
        .collect();
    assert_eq!(
        said,
        [
            (Reason::Unspecified, 8, 10),
            (Reason::MemberNotFound, 0, 0),
            (Reason::PrimaryAdminProtected, 0, 0),
            (Reason::Unspecified, 0, 0),
        ]
    );
    let shown = &answer.results[0].accesses;
    assert!(
        shown[..3]
            .iter()
            .all(|one| one.state() == AccessState::Remains)
    );
    assert_eq!(
        h.deliver().await.len(),
        3,
        "one for each hub where something remains"
    );
}

async fn a_preview_is_the_answer_of_the_removal_and_does_nothing(h: &Harness) {
    let team = h.led_team("acme").await;
    let (acc, tandem) = (
        h.hub(&team.id, "acc").await,
        h.hub(&team.id, "tandem").await,
    );
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    h.grant(&acc, &ann).await;
    h.grant(&tandem, &ann).await;
    let keeper = h
        .join_as(&team.id, "keeper@acme.example", Role::Guest)
        .await;
    h.make_hub_admin(&tandem, &keeper).await;
    let user_ids = vec![ann.clone(), team.admin.clone(), h.unknown_id()];
    let events = list(h, ListEventsRequest::default()).await.len();
    let request = PreviewRemovalRequest {
        team_id: team.id.clone(),
        user_ids: user_ids.clone(),
        ..PreviewRemovalRequest::default()
    };
    let preview = h
        .teams_as(&team.admin)
        .preview_removal(request.clone())
        .await
        .answered();
    assert!(h.is_active(&team.id, &ann).await);
    let states = h.access_states(&team.id, &ann).await;
    assert_eq!(states, [AccessState::Active, AccessState::Active]);
    assert_eq!(list(h, ListEventsRequest::default()).await.len(), events);
    assert!(h.deliver().await.is_empty());

    let removal = BatchRemoveMembersRequest {
        team_id: team.id.clone(),
        user_ids,
        ..BatchRemoveMembersRequest::default()
    };
    let answer = h
        .teams_as(&team.admin)
        .batch_remove_members(removal)
        .await
        .answered();
    assert_eq!(
        (preview.results, preview.hubs),
        (answer.results, answer.hubs)
    );
    h.only_letter().await;
    h.teams_as(&keeper)
        .preview_removal(request)
        .await
        .denied("members.remove");
    let nobody = PreviewRemovalRequest::default();
    let refused = h.teams().preview_removal(nobody).await;
    refused.invalid(&[("team_id", "REQUIRED"), ("user_ids", "REQUIRED")]);
}

async fn a_batch_of_leavers_costs_the_same_whatever_its_size(h: &Harness) {
    hold_alike_of((5, 60), async |name, count| {
        let team = h.led_team(&name).await;
        let (acc, tandem) = (
            h.hub(&team.id, "acc").await,
            h.hub(&team.id, "tandem").await,
        );
        let project = h.project(&acc, "One").await;
        let emails: Vec<String> = (0..count).map(|n| format!("p{n}@{name}.example")).collect();
        let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
        let people = h.import_held(&team.id, "many", &emails).await;
        let user_ids: Vec<String> = people.into_iter().map(|one| one.user_id).collect();
        for (index, user) in user_ids.iter().enumerate() {
            h.grant(&tandem, user).await;
            h.put_into(&project, user).await;
            if index < 40 {
                h.make_hub_admin(&acc, user).await;
            }
        }
        let request = BatchRemoveMembersRequest {
            team_id: team.id.clone(),
            user_ids,
            ..BatchRemoveMembersRequest::default()
        };
        let cost = cost(h, async {
            let answer = h.teams().batch_remove_members(request).await.answered();
            assert!(answer.results.iter().all(|one| one.access_count == 2));
        });
        let cost = cost.await;
        h.only_letter().await;
        cost
    })
    .await;
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
