//! API keys through `KeyService`: what they are made of, who may make them, and how they end.

use chrono::TimeDelta;
use muster::proto::{
    ApiKey, ApiKeyFilter, CreateKeyRequest, EventType, GetTeamRequest, ListEventsRequest,
    ListKeysRequest, RevokeKeyRequest, Scope, key_service_client::KeyServiceClient,
    team_service_client::TeamServiceClient,
};
use prost_types::Timestamp;
use tonic::Code;

use crate::{
    events::list,
    fixtures::MICROSECOND,
    harness::{Harness, tests},
    keyring::{key_called, of_team},
    races::at_once,
    refusals::{Outcome, resource_name},
    request_ids::request_id,
};

tests![
    a_key_is_made_shown_once_listed_and_revoked,
    a_key_with_broken_fields_is_refused_with_all_of_them,
    a_key_of_a_team_sees_that_team_alone,
    a_key_is_good_until_it_expires,
    only_an_operator_who_acts_for_nobody_manages_keys,
    a_repeated_creation_answers_without_the_text,
    a_rehearsed_key_is_not_made,
    a_name_has_two_live_keys,
    a_certificate_belongs_to_one_live_key,
    of_sixteen_keys_of_one_name_at_once_two_are_made,
    of_sixteen_keys_of_one_certificate_at_once_one_is_made,
    to_revoke_twice_is_nothing_more_and_an_unknown_key_is_missing,
    the_events_of_keys_name_the_caller,
];

pub(crate) fn stamp(time: chrono::DateTime<chrono::Utc>) -> Timestamp {
    Timestamp {
        seconds: time.timestamp(),
        nanos: i32::try_from(time.timestamp_subsec_nanos()).expect("nanoseconds"),
    }
}

async fn make(h: &Harness, request: CreateKeyRequest) -> (ApiKey, String) {
    let answer = h.keys().create_key(request).await.answered();
    (answer.key.expect("the key"), answer.secret)
}

async fn all(h: &Harness) -> Vec<ApiKey> {
    let answer = h.keys().list_keys(ListKeysRequest::default()).await;
    answer.answered().keys
}

async fn a_key_is_made_shown_once_listed_and_revoked(h: &Harness) {
    let team = h.team("acme").await;
    let end = stamp(h.now() + TimeDelta::days(90));
    h.advance(MICROSECOND);
    let request = CreateKeyRequest {
        scopes: vec![Scope::TeamsRead.into(), Scope::ActAs.into()],
        team_id: team.id.clone(),
        expire_time: Some(end),
        certificate_name: "spiffe://acme.example/billing".to_owned(),
        ..key_called("billing")
    };
    let (key, text) = make(h, request.clone()).await;
    assert_eq!(text.split('_').nth(1), Some(key.id.as_str()));
    let expected = ApiKey {
        id: key.id.clone(),
        display_name: "billing".to_owned(),
        scopes: request.scopes,
        team_id: team.id.clone(),
        expire_time: Some(end),
        certificate_name: request.certificate_name,
        create_time: Some(stamp(h.now())),
        last_use_time: None,
        revoke_time: None,
    };
    assert_eq!(key, expected);
    assert_eq!(all(h).await.last(), Some(&key));
    let of_team = ListKeysRequest {
        filter: Some(ApiKeyFilter { team_id: team.id }),
        ..ListKeysRequest::default()
    };
    let listed = h.keys().list_keys(of_team).await.answered().keys;
    assert_eq!(listed, std::slice::from_ref(&key));

    h.teams_by(&text)
        .await
        .refused(Code::PermissionDenied, "PERMISSION_MISSING");
    let ended = h.revoke_key(&key.id).await;
    assert_eq!(
        ended,
        ApiKey {
            revoke_time: Some(stamp(h.now())),
            ..key
        }
    );
    assert_eq!(all(h).await.last(), Some(&ended));
    h.teams_by(&text)
        .await
        .refused(Code::Unauthenticated, "CREDENTIAL_INVALID");
}

async fn a_key_with_broken_fields_is_refused_with_all_of_them(h: &Harness) {
    let scopes = |scopes: &[Scope]| scopes.iter().map(|scope| (*scope).into()).collect();
    let bad = CreateKeyRequest {
        display_name: " ".to_owned(),
        scopes: vec![99, 0],
        team_id: "acme".to_owned(),
        expire_time: Some(Timestamp {
            seconds: 1,
            nanos: -1,
        }),
        certificate_name: "a b".to_owned(),
        request_id: "again".to_owned(),
        ..CreateKeyRequest::default()
    };
    h.keys().create_key(bad).await.invalid(&[
        ("display_name", "REQUIRED"),
        ("scopes[0]", "UNKNOWN_VALUE"),
        ("scopes[1]", "UNKNOWN_VALUE"),
        ("team_id", "MALFORMED"),
        ("expire_time", "OUT_OF_RANGE"),
        ("certificate_name", "MALFORMED"),
        ("request_id", "MALFORMED"),
    ]);
    let team = h.team("acme").await.id;
    for (given, team_id, expected) in [
        (scopes(&[]), String::new(), ("scopes", "REQUIRED")),
        (
            scopes(&[Scope::ActAs, Scope::ActAs]),
            team.clone(),
            ("scopes", "DUPLICATE"),
        ),
        (
            scopes(&[Scope::Operator, Scope::ActAs]),
            String::new(),
            ("scopes", "EXCLUSIVE"),
        ),
        (
            scopes(&[Scope::Operator]),
            team.clone(),
            ("team_id", "EXCLUSIVE"),
        ),
    ] {
        let request = CreateKeyRequest {
            scopes: given,
            team_id,
            ..key_called("billing")
        };
        h.keys().create_key(request).await.invalid(&[expected]);
    }
    let past = CreateKeyRequest {
        expire_time: Some(stamp(h.now())),
        ..key_called("billing")
    };
    h.keys()
        .create_key(past)
        .await
        .invalid(&[("expire_time", "OUT_OF_RANGE")]);
    let nowhere = CreateKeyRequest {
        scopes: scopes(&[Scope::TeamsRead]),
        team_id: h.unknown_id(),
        ..key_called("billing")
    };
    let team_id = nowhere.team_id.clone();
    h.keys()
        .create_key(nowhere)
        .await
        .missing("TEAM_NOT_FOUND", &team_id);
    let malformed = ListKeysRequest {
        filter: Some(ApiKeyFilter {
            team_id: "acme".to_owned(),
        }),
        ..ListKeysRequest::default()
    };
    h.keys()
        .list_keys(malformed)
        .await
        .invalid(&[("filter.team_id", "MALFORMED")]);
    assert_eq!(all(h).await.len(), 1, "the harness's own");
}

async fn a_key_of_a_team_sees_that_team_alone(h: &Harness) {
    let (own, other) = (h.team("acme").await.id, h.team("other").await.id);
    let text = h.made(&of_team("billing", &own)).await;
    let mut teams = TeamServiceClient::new(h.with_key(text.text()));
    let team_id = own.clone();
    teams.get_team(GetTeamRequest { team_id }).await.answered();
    let team_id = other.clone();
    teams
        .get_team(GetTeamRequest { team_id })
        .await
        .missing("TEAM_NOT_FOUND", &other);
}

async fn a_key_is_good_until_it_expires(h: &Harness) {
    let request = CreateKeyRequest {
        expire_time: Some(stamp(h.now() + TimeDelta::seconds(2))),
        ..key_called("billing")
    };
    let (_, text) = make(h, request).await;
    h.teams_by(&text).await.answered();
    h.advance(TimeDelta::seconds(2) - MICROSECOND);
    h.teams_by(&text).await.answered();
    h.advance(MICROSECOND);
    h.teams_by(&text)
        .await
        .refused(Code::Unauthenticated, "CREDENTIAL_INVALID");
}

async fn only_an_operator_who_acts_for_nobody_manages_keys(h: &Harness) {
    let every: Vec<i32> = (2..=9).collect();
    let request = CreateKeyRequest {
        scopes: every,
        ..key_called("all but operator")
    };
    let (key, text) = make(h, request).await;
    let mut keys = KeyServiceClient::new(h.with_key(&text));
    let create = key_called("more");
    let revoke = RevokeKeyRequest {
        key_id: key.id,
        ..RevokeKeyRequest::default()
    };
    let denied = (Code::PermissionDenied, "PERMISSION_MISSING");
    keys.create_key(create.clone())
        .await
        .refused(denied.0, denied.1);
    keys.list_keys(ListKeysRequest::default())
        .await
        .refused(denied.0, denied.1);
    keys.revoke_key(revoke.clone())
        .await
        .refused(denied.0, denied.1);

    let admin = h.team("acme").await.admin.parse().expect("ASCII");
    let mut create = tonic::Request::new(create);
    create.metadata_mut().insert("muster-actor", admin);
    h.keys()
        .create_key(create)
        .await
        .refused(denied.0, denied.1);
    assert_eq!(all(h).await.len(), 2);
}

async fn a_repeated_creation_answers_without_the_text(h: &Harness) {
    let request = CreateKeyRequest {
        request_id: request_id(1),
        ..key_called("billing")
    };
    let (key, text) = make(h, request.clone()).await;
    h.teams_by(&text).await.answered();
    let again = make(h, request).await;
    assert_eq!(again, (key, String::new()));
    assert_eq!(all(h).await.len(), 2);
}

async fn a_rehearsed_key_is_not_made(h: &Harness) {
    let rehearsal = CreateKeyRequest {
        validate_only: true,
        ..key_called("billing")
    };
    let before = all(h).await;
    for _ in 0..3 {
        let (key, text) = make(h, rehearsal.clone()).await;
        assert_eq!((key.id.as_str(), text.as_str()), ("", ""));
        assert_eq!(
            (key.display_name.as_str(), key.create_time),
            ("billing", None)
        );
    }
    assert_eq!(all(h).await, before);
    for _ in 0..2 {
        make(h, key_called("billing")).await;
    }
    h.keys()
        .create_key(rehearsal)
        .await
        .refused(Code::FailedPrecondition, "KEYS_USED_UP");
}

async fn a_name_has_two_live_keys(h: &Harness) {
    let ending = CreateKeyRequest {
        expire_time: Some(stamp(h.now() + TimeDelta::days(1))),
        ..key_called("billing")
    };
    make(h, ending).await;
    let (second, _) = make(h, key_called("billing")).await;
    let third = async || h.keys().create_key(key_called("billing")).await;
    let refused = (Code::FailedPrecondition, "KEYS_USED_UP");
    third().await.refused(refused.0, refused.1);
    make(h, key_called("Billing")).await;

    h.revoke_key(&second.id).await;
    third().await.answered();
    h.advance(TimeDelta::days(1) - MICROSECOND);
    third().await.refused(refused.0, refused.1);
    h.advance(MICROSECOND);
    third().await.answered();
    third().await.refused(refused.0, refused.1);
}

async fn a_certificate_belongs_to_one_live_key(h: &Harness) {
    let of = |name: &str| CreateKeyRequest {
        certificate_name: "billing.acme.example".to_owned(),
        ..key_called(name)
    };
    let ending = CreateKeyRequest {
        expire_time: Some(stamp(h.now() + TimeDelta::days(1))),
        ..of("billing")
    };
    let (first, _) = make(h, ending).await;
    let refused = h.keys().create_key(of("books")).await;
    let refused = refused.refused(Code::AlreadyExists, "CERTIFICATE_NAME_TAKEN");
    assert_eq!(resource_name(&refused), first.id);
    h.advance(TimeDelta::days(1));
    let (second, _) = make(h, of("books")).await;
    h.revoke_key(&second.id).await;
    make(h, of("billing")).await;
}

async fn of_sixteen_keys_of_one_name_at_once_two_are_made(h: &Harness) {
    for round in 0..5 {
        let answers = at_once(16, |_| {
            let mut client = h.keys();
            async move { client.create_key(key_called(&format!("key {round}"))).await }
        });
        let (made, refused): (Vec<_>, Vec<_>) = answers.await.into_iter().partition(Result::is_ok);
        assert_eq!((made.len(), refused.len()), (2, 14));
        for answer in refused {
            answer.refused(Code::FailedPrecondition, "KEYS_USED_UP");
        }
    }
}

async fn of_sixteen_keys_of_one_certificate_at_once_one_is_made(h: &Harness) {
    for round in 0..5 {
        let answers = at_once(16, |number| {
            let mut client = h.keys();
            let request = CreateKeyRequest {
                certificate_name: format!("{round}.acme.example"),
                ..key_called(&format!("key {round} {number}"))
            };
            async move { client.create_key(request).await }
        });
        let (made, refused): (Vec<_>, Vec<_>) = answers.await.into_iter().partition(Result::is_ok);
        assert_eq!((made.len(), refused.len()), (1, 15));
        for answer in refused {
            answer.refused(Code::AlreadyExists, "CERTIFICATE_NAME_TAKEN");
        }
    }
}

async fn to_revoke_twice_is_nothing_more_and_an_unknown_key_is_missing(h: &Harness) {
    let (key, _) = make(h, key_called("billing")).await;
    let first = h.revoke_key(&key.id).await;
    h.advance(TimeDelta::hours(1));
    let events = list(h, ListEventsRequest::default()).await;
    assert_eq!(h.revoke_key(&key.id).await, first);
    assert_eq!(list(h, ListEventsRequest::default()).await, events);
    let nobody = RevokeKeyRequest {
        key_id: "0123456789ab".to_owned(),
        ..RevokeKeyRequest::default()
    };
    h.keys()
        .revoke_key(nobody)
        .await
        .missing("KEY_NOT_FOUND", "0123456789ab");
    // The whole text where the id belongs is not repeated in the answer.
    let (_, text) = make(h, key_called("billing")).await;
    let whole = RevokeKeyRequest {
        key_id: text,
        ..RevokeKeyRequest::default()
    };
    let refused = h.keys().revoke_key(whole).await;
    refused.invalid(&[("key_id", "MALFORMED")]);
    h.keys()
        .revoke_key(RevokeKeyRequest::default())
        .await
        .invalid(&[("key_id", "REQUIRED")]);
}

async fn the_events_of_keys_name_the_caller(h: &Harness) {
    let own = all(h).await.remove(0).id;
    let (key, _) = make(h, key_called("billing")).await;
    h.revoke_key(&key.id).await;
    let events = list(h, ListEventsRequest::default()).await;
    let [.., made, ended] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(made.r#type(), EventType::KeyCreated);
    assert_eq!(ended.r#type(), EventType::KeyRevoked);
    for event in [made, ended] {
        assert_eq!(event.caller_key_id, own);
        assert_ne!(event.call_id, "");
    }
}
