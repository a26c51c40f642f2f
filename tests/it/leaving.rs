//! What remains of people's access when they leave: as the rule of the day says, on every way out, in one transaction.

use chrono::TimeDelta;
use muster::proto::{
    AccessPath, AccessState, BatchRemoveMembersRequest, DataAccess, EventFilter, EventType, Hub,
    LeftHub, ListEventsRequest, ProductAccess, ProductAccessFilter, RemoveMemberRequest,
    RemoveMemberResponse, RevokeInvitationRequest, event::Payload,
};
use prost_types::Timestamp;

use crate::{
    events::list,
    fixtures::time,
    harness::{Harness, tests},
    refusals::Outcome,
    removals::{departure, removal},
    request_ids::request_id,
};

tests![
    each_of_the_eight_products_ends_or_remains_as_the_table_says_and_the_reverse_by_a_new_rule,
    a_rule_changed_tomorrow_does_not_change_what_was_answered_yesterday,
    every_way_out_ends_access,
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

pub(crate) async fn remove(h: &Harness, request: RemoveMemberRequest) -> RemoveMemberResponse {
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
    h.deliver().await;
    let batch = enter("batch", true).await;
    let request = BatchRemoveMembersRequest {
        team_id: team.id.clone(),
        user_ids: vec![batch.user],
        ..BatchRemoveMembersRequest::default()
    };
    h.teams().batch_remove_members(request).await.answered();
    h.deliver().await;
    let leaver = enter("leaver", true).await;
    let answer = h
        .teams_as(&leaver.user)
        .leave_team(departure(&team.id))
        .await;
    let answer = answer.answered();
    assert_eq!((answer.accesses.len(), answer.hubs.len()), (2, 2));
    h.deliver().await;
    let declined = enter("declined", false).await;
    h.decline(&declined.token).await;
    h.deliver().await;
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
