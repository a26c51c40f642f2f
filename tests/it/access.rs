//! Access to hubs: giving it, taking it back, and looking at it.

use chrono::TimeDelta;
use muster::proto::{
    AccessPath, AccessState, EventFilter, EventType, ListEventsRequest, ListProductAccessRequest,
    ProductAccess, ProductAccessFilter, event::Payload,
};
use tonic::Code;

use crate::{
    events::list,
    fixtures::{MICROSECOND, time},
    harness::{Harness, tests},
    hubs::event_types,
    product_fixtures::{grant_of, revocation_of},
    races::at_once,
    refusals::Outcome,
    request_ids::request_id,
};

tests![
    access_is_granted_taken_back_and_granted_again,
    access_is_listed_by_person_hub_product_and_state,
    a_list_of_access_names_every_bad_filter,
    access_is_for_those_who_are_in_the_team,
    of_sixteen_who_grant_at_once_one_does,
    of_a_grant_and_the_end_of_the_hub_one_wins,
    a_rehearsal_gives_nothing_and_a_repetition_answers_the_same,
];

async fn access_is_granted_taken_back_and_granted_again(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let request = grant_of(&hub, &ann);
    let granted = h
        .products_as(&team.admin)
        .grant_product_access(request)
        .await;
    let granted = granted.answered().access.expect("the access");
    assert_eq!(
        (granted.path(), granted.state()),
        (AccessPath::Direct, AccessState::Active)
    );
    assert_eq!(
        (granted.user_id.as_str(), granted.hub_id.as_str()),
        (&*ann, &*hub.id)
    );
    assert_eq!(
        (
            granted.product_id.as_str(),
            granted.granter_user_id.as_str()
        ),
        ("acc", &*team.admin)
    );
    assert_eq!(time(granted.grant_time), h.now());
    h.advance(MICROSECOND);
    assert_eq!(
        h.grant(&hub, &ann).await,
        granted,
        "whoever has it keeps it"
    );

    for _ in 0..2 {
        let [ended] = &h.revoke(&hub, &ann).await[..] else {
            panic!("one access");
        };
        let expected = ProductAccess {
            state: AccessState::Ended.into(),
            end_time: ended.end_time,
            ..granted.clone()
        };
        assert_eq!(ended, &expected);
        assert_eq!(time(ended.end_time), h.now());
    }
    h.advance(TimeDelta::days(1));
    let again = h.grant(&hub, &ann).await;
    assert_eq!(
        (again.id.as_str(), again.state()),
        (&*granted.id, AccessState::Active)
    );
    assert_eq!((time(again.grant_time), again.end_time), (h.now(), None));
    assert_eq!(again.granter_user_id, "");

    let nobody = h
        .products()
        .revoke_product_access(revocation_of(&hub, &team.admin))
        .await;
    nobody.missing("ACCESS_NOT_FOUND", &team.admin);
    let request = ListEventsRequest {
        filter: Some(EventFilter {
            team_id: team.id.clone(),
            user_id: ann.clone(),
            types: vec![
                EventType::AccessGranted.into(),
                EventType::AccessEnded.into(),
            ],
        }),
        ..ListEventsRequest::default()
    };
    let said: Vec<_> = list(h, request)
        .await
        .into_iter()
        .map(|event| match event.payload {
            Some(Payload::Access(access)) => {
                assert_eq!(
                    (access.hub_id.as_str(), access.product_id.as_str()),
                    (&*hub.id, "acc")
                );
                assert_eq!(access.path(), AccessPath::Direct);
                access.state()
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        said,
        [AccessState::Active, AccessState::Ended, AccessState::Active]
    );
}

async fn access_is_listed_by_person_hub_product_and_state(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let (first, second) = (
        h.hub(&team.id, "acc").await,
        h.hub(&team.id, "fusion").await,
    );
    let mut all = Vec::new();
    for (hub, user) in [(&first, &ann), (&second, &ann), (&first, &team.admin)] {
        h.advance(MICROSECOND);
        all.push(h.grant(hub, user).await.id);
    }
    h.revoke(&second, &ann).await;
    let plain = ProductAccessFilter::default;
    let cases = [
        (plain(), vec![0, 1, 2]),
        (
            ProductAccessFilter {
                user_id: ann.clone(),
                ..plain()
            },
            vec![0, 1],
        ),
        (
            ProductAccessFilter {
                hub_id: first.id.clone(),
                ..plain()
            },
            vec![0, 2],
        ),
        (
            ProductAccessFilter {
                product_id: "fusion".to_owned(),
                ..plain()
            },
            vec![1],
        ),
        (
            ProductAccessFilter {
                states: vec![AccessState::Ended.into()],
                ..plain()
            },
            vec![1],
        ),
        (
            ProductAccessFilter {
                user_id: ann.clone(),
                hub_id: first.id.clone(),
                product_id: "acc".to_owned(),
                states: vec![AccessState::Active.into(), AccessState::Active.into()],
            },
            vec![0],
        ),
        (
            ProductAccessFilter {
                user_id: ann.clone(),
                product_id: "tandem".to_owned(),
                ..plain()
            },
            vec![],
        ),
    ];
    for (filter, expected) in cases {
        let found = h.accesses(&team.id, filter.clone()).await;
        let found: Vec<_> = found.into_iter().map(|one| one.id).collect();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|index: usize| all[index].clone())
            .collect();
        assert_eq!(found, expected, "{filter:?}");
    }
}

async fn a_list_of_access_names_every_bad_filter(h: &Harness) {
    let team = h.led_team("acme").await;
    let plain = ProductAccessFilter::default;
    let ask = async |filter: ProductAccessFilter| {
        let request = ListProductAccessRequest {
            team_id: team.id.clone(),
            filter: Some(filter),
            ..ListProductAccessRequest::default()
        };
        h.products().list_product_access(request).await
    };
    let nowhere = h.unknown_id();
    let refused = ask(ProductAccessFilter {
        hub_id: nowhere.clone(),
        ..plain()
    })
    .await;
    refused.missing("HUB_NOT_FOUND", &nowhere);
    let refused = ask(ProductAccessFilter {
        product_id: "vault".to_owned(),
        ..plain()
    })
    .await;
    refused.missing("PRODUCT_NOT_FOUND", "vault");
    let refused = ask(ProductAccessFilter {
        user_id: "?".to_owned(),
        hub_id: "?".to_owned(),
        product_id: "?".to_owned(),
        states: vec![0],
    });
    refused.await.invalid(&[
        ("filter.user_id", "MALFORMED"),
        ("filter.hub_id", "MALFORMED"),
        ("filter.product_id", "MALFORMED"),
        ("filter.states[0]", "UNKNOWN_VALUE"),
    ]);
}

async fn access_is_for_those_who_are_in_the_team(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let invited = h.invite(&team.id, "bob@acme.example").await;
    h.grant(&hub, &invited.user).await;
    let gone = h.invite(&team.id, "gone@acme.example").await;
    h.decline(&gone.token).await;
    for nobody in [gone.user, h.unknown_id(), h.led_team("other").await.admin] {
        let refused = h
            .products()
            .grant_product_access(grant_of(&hub, &nobody))
            .await;
        refused.refused(Code::FailedPrecondition, "NOT_A_MEMBER");
    }
}

async fn of_sixteen_who_grant_at_once_one_does(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let answers = at_once(16, |_| {
        let (mut client, request) = (h.products(), grant_of(&hub, &team.admin));
        async move { client.grant_product_access(request).await }
    });
    let first = h.grant(&hub, &team.admin).await;
    for answer in answers.await {
        assert_eq!(answer.answered().access.as_ref(), Some(&first));
    }
    let granted = event_types(h, &team.id, &[EventType::AccessGranted]).await;
    assert_eq!(granted.len(), 1);
    let answers = at_once(16, |_| {
        let (mut client, request) = (h.products(), revocation_of(&hub, &team.admin));
        async move { client.revoke_product_access(request).await }
    });
    for answer in answers.await {
        answer.answered();
    }
    let ended = event_types(h, &team.id, &[EventType::AccessEnded]).await;
    assert_eq!(ended.len(), 1);
}

async fn of_a_grant_and_the_end_of_the_hub_one_wins(h: &Harness) {
    let team = h.led_team("acme").await;
    for _ in 0..10 {
        let hub = h.hub(&team.id, "acc").await;
        let (mut one, mut other) = (h.products(), h.products());
        let (grant, end) = (grant_of(&hub, &team.admin), crate::hubs::deletion(&hub));
        let (granted, ended) = tokio::join!(one.grant_product_access(grant), other.delete_hub(end));
        match granted {
            Ok(_) => {
                ended.refused(Code::FailedPrecondition, "HUB_NOT_EMPTY");
            }
            Err(status) => {
                Err::<tonic::Response<()>, _>(status).missing("HUB_NOT_FOUND", &hub.id);
                ended.answered();
            }
        }
    }
}

async fn a_rehearsal_gives_nothing_and_a_repetition_answers_the_same(h: &Harness) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "acc").await;
    let mut request = grant_of(&hub, &team.admin);
    request.validate_only = true;
    let shown = h
        .products()
        .grant_product_access(request.clone())
        .await
        .answered();
    assert_eq!(shown.access.expect("an access").id, "");
    assert!(h.access_states(&team.id, &team.admin).await.is_empty());
    request.validate_only = false;
    request.request_id = request_id(1);
    let first = h
        .products()
        .grant_product_access(request.clone())
        .await
        .answered();
    h.revoke(&hub, &team.admin).await;
    let second = h.products().grant_product_access(request).await.answered();
    assert_eq!(first, second);
    let states = h.access_states(&team.id, &team.admin).await;
    assert_eq!(states, [AccessState::Ended], "a repetition does nothing");
    let mut end = revocation_of(&hub, &team.admin);
    h.grant(&hub, &team.admin).await;
    end.validate_only = true;
    let shown = h.products().revoke_product_access(end).await.answered();
    assert_eq!(shown.accesses[0].state(), AccessState::Ended);
    let states = h.access_states(&team.id, &team.admin).await;
    assert_eq!(states, [AccessState::Active]);
}
