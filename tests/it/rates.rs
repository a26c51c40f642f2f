//! How often a key may call, and how often somebody may try a credential.

use std::time::Duration;

use chrono::TimeDelta;
use http::uri::PathAndQuery;
use muster::{
    config::{ClientCertificates, Settings, TlsFiles},
    domain::{
        keys::Scope,
        new_keys::{NewKey, Scopes},
    },
    proto::{
        AcceptInvitationRequest, DeclineInvitationRequest, EventFilter, ListTeamsRequest,
        PeekInvitationRequest, RequestNewInvitationRequest, WatchEventsRequest,
        invitation_service_client::InvitationServiceClient, team_service_client::TeamServiceClient,
    },
};
use tonic::{
    Code, Request, Response, Status, client::Grpc, service::interceptor::InterceptedService,
};
use tonic_health::pb::health_client::HealthClient;
use tonic_prost::ProstCodec;

use crate::{
    authorities::Authority,
    binary::Folder,
    harness::{BearerKey, Harness, Keyed, tests},
    keyring::{certified, named},
    refusals::{Outcome, details, retry_delay},
    server::{new_key, serves},
    tls::{channel, files, secured},
    uploads::{by_rows_of_one, crowd, held},
    watching::watch,
};

tests![
    a_key_that_calls_too_often_is_refused_until_its_time_has_come with three_calls,
    a_call_counts_whatever_becomes_of_it with three_calls,
    a_watch_counts_when_it_is_opened_an_import_once_and_health_never with three_calls,
    calls_with_tokens_have_a_narrower_rate with three_tokens,
    unknown_keys_are_looked_up_at_a_rate_that_shuts_out_nobody_who_was_good with three_unknown,
    a_good_key_that_is_denied_or_speaks_for_nobody_stays_known with three_unknown,
    unknown_certificates_are_looked_up_at_the_same_rate with three_unknown,
    a_key_that_was_revoked_is_unknown_again with three_unknown,
];

fn three_calls(settings: &mut Settings) {
    settings.calls.calls_burst = 3;
    settings.calls.calls_per_second = 1;
}

fn three_tokens(settings: &mut Settings) {
    settings.calls.token_calls_burst = 3;
    settings.calls.token_calls_per_second = 2;
}

fn three_unknown(settings: &mut Settings) {
    settings.calls.new_credentials_burst = 3;
    settings.calls.new_credentials_per_second = 1;
}

fn keyed(h: &Harness, key: &str) -> Keyed {
    InterceptedService::new(h.anonymous_channel(), BearerKey::new(key))
}

async fn list(keyed: &Keyed) -> Result<Response<()>, Status> {
    let mut teams = TeamServiceClient::new(keyed.clone());
    let answer = teams.list_teams(ListTeamsRequest::default()).await;
    answer.map(|_| Response::new(()))
}

/// Holds that a call is refused for so long.
fn limited<T: std::fmt::Debug>(answer: Result<Response<T>, Status>, wait: Duration) {
    let status = answer.refused(Code::ResourceExhausted, "RATE_LIMITED");
    assert!(details(&status).quota_failure().is_some());
    assert_eq!(retry_delay(&status), wait);
}

const SECOND: Duration = Duration::from_secs(1);

async fn a_key_that_calls_too_often_is_refused_until_its_time_has_come(h: &Harness) {
    let [hasty, other] = [new_key(h).await, new_key(h).await].map(|key| keyed(h, &key));
    for _ in 0..3 {
        list(&hasty).await.answered();
    }
    limited(list(&hasty).await, SECOND);
    h.advance(TimeDelta::milliseconds(400));
    limited(list(&hasty).await, Duration::from_millis(600));
    list(&other).await.answered();
    // Being refused costs nothing.
    h.advance(TimeDelta::milliseconds(600));
    list(&hasty).await.answered();
    limited(list(&hasty).await, SECOND);
    // A rest gives no more than it did at first.
    h.advance(TimeDelta::hours(1));
    for _ in 0..3 {
        list(&hasty).await.answered();
    }
    limited(list(&hasty).await, SECOND);
}

async fn a_watch_counts_when_it_is_opened_an_import_once_and_health_never(h: &Harness) {
    let team = h.team("acme").await.id;
    for _ in 0..5 {
        serves(&HealthClient::new(h.anonymous_channel()), "").await;
    }
    let parts = by_rows_of_one(held(&team, "march"), &crowd("p", 20));
    h.import(parts).await.answered();
    watch(&mut h.events(), "", EventFilter::default()).await;
    let request = WatchEventsRequest::default();
    limited(h.events().watch_events(request).await, SECOND);
    limited(list(&h.keyed_channel()).await, SECOND);
}

/// A key that may read events and nothing else.
async fn reader(h: &Harness) -> String {
    let new = NewKey {
        scopes: Scopes::parse("scopes", vec![Scope::EventsRead]).expect("scopes"),
        ..named("reader")
    };
    h.made(&new).await.text().to_owned()
}

async fn unimplemented(keyed: &Keyed) -> Result<Response<()>, Status> {
    let mut client = Grpc::new(keyed.clone());
    client.ready().await.expect("a connection");
    let path = PathAndQuery::from_static("/muster.v1.TeamService/Nothing");
    let codec = ProstCodec::<(), ()>::default();
    client.unary(Request::new(()), path, codec).await
}

async fn a_call_counts_whatever_becomes_of_it(h: &Harness) {
    let reader = reader(h).await;
    let nobody = InterceptedService::new(
        h.anonymous_channel(),
        BearerKey::new(&reader).acting_as("nobody"),
    );
    let reader = keyed(h, &reader);
    let answer = list(&reader).await;
    answer.refused(Code::PermissionDenied, "PERMISSION_MISSING");
    let answer = list(&nobody).await;
    answer.refused(Code::Unauthenticated, "ACTOR_INVALID");
    let unknown = unimplemented(&reader).await.map(drop);
    assert_eq!(
        unknown.map_err(|status| status.code()),
        Err(Code::Unimplemented)
    );
    limited(list(&reader).await, SECOND);
    limited(list(&nobody).await, SECOND);
    limited(unimplemented(&reader).await, SECOND);
}

async fn calls_with_tokens_have_a_narrower_rate(h: &Harness) {
    let channel = h.keyed_channel();
    let client = || InvitationServiceClient::new(channel.clone());
    // Each of them counts, and each is refused.
    let [mut one, mut two, mut three, mut four] = [client(), client(), client(), client()];
    let mut peek = async || one.peek_invitation(PeekInvitationRequest::default()).await;
    let mut accept = async || {
        two.accept_invitation(AcceptInvitationRequest::default())
            .await
    };
    let mut decline = async || {
        three
            .decline_invitation(DeclineInvitationRequest::default())
            .await
    };
    let mut renew = async || {
        four.request_new_invitation(RequestNewInvitationRequest::default())
            .await
    };
    let wait = SECOND / 2;
    guessed(peek().await);
    guessed(accept().await);
    guessed(decline().await);
    limited(peek().await, wait);
    limited(accept().await, wait);
    limited(decline().await, wait);
    limited(renew().await, wait);
    list(&channel).await.answered();
    h.advance(TimeDelta::milliseconds(500));
    guessed(renew().await);
    limited(peek().await, wait);
}

/// A call that got as far as its token, which is none.
fn guessed<T: std::fmt::Debug>(answer: Result<Response<T>, Status>) {
    answer.refused(Code::InvalidArgument, "INVALID");
}

async fn unknown_keys_are_looked_up_at_a_rate_that_shuts_out_nobody_who_was_good(h: &Harness) {
    let good = keyed(h, &new_key(h).await);
    list(&good).await.answered();
    let unknown = |number: usize| {
        let key = format!("mst_01234567890{number}_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        keyed(h, &key)
    };
    for number in 0..2 {
        let answer = list(&unknown(number)).await;
        answer.refused(Code::Unauthenticated, "CREDENTIAL_INVALID");
    }
    let before = h.ctx.store.statements();
    for number in 0..9 {
        limited(list(&unknown(number)).await, SECOND);
    }
    let asked = h.ctx.store.statements() - before;
    assert!(asked < 3, "{asked}: the database was not asked");
    for _ in 0..9 {
        list(&good).await.answered();
    }
    let newcomer = keyed(h, &new_key(h).await);
    limited(list(&newcomer).await, SECOND);
    h.advance(TimeDelta::seconds(1));
    list(&newcomer).await.answered();
    list(&newcomer).await.answered();
}

async fn a_good_key_that_is_denied_or_speaks_for_nobody_stays_known(h: &Harness) {
    let reader = reader(h).await;
    let nobody = InterceptedService::new(
        h.anonymous_channel(),
        BearerKey::new(&reader).acting_as("nobody"),
    );
    let reader = keyed(h, &reader);
    for _ in 0..5 {
        let answer = list(&reader).await;
        answer.refused(Code::PermissionDenied, "PERMISSION_MISSING");
        let answer = list(&nobody).await;
        answer.refused(Code::Unauthenticated, "ACTOR_INVALID");
    }
    // It took one of three; nor does what it calls make room for it again.
    let newcomer = async |name: &str| {
        let key = h.made(&named(name)).await;
        list(&keyed(h, key.text())).await
    };
    newcomer("one").await.answered();
    newcomer("two").await.answered();
    limited(newcomer("three").await, SECOND);
}

async fn unknown_certificates_are_looked_up_at_the_same_rate(h: &Harness) {
    let (folder, authority) = (Folder::new(), Authority::new());
    authority.furnish(&folder);
    let files = TlsFiles {
        client_ca: Some((folder.file("ca.pem"), ClientCertificates::Required)),
        ..files(&folder)
    };
    let (address, _stop) = secured(h, &files).await;
    let call = async |name: &str| {
        let channel = channel(&address, &authority, Some(authority.issue(&[name])));
        let mut teams = TeamServiceClient::new(channel);
        let answer = teams.list_teams(ListTeamsRequest::default()).await;
        answer.map(|_| Response::new(()))
    };
    h.made(&certified("good", "good.example")).await;
    for _ in 0..5 {
        call("good.example").await.answered();
    }
    for name in ["a.example", "b.example"] {
        let answer = call(name).await;
        answer.refused(Code::Unauthenticated, "CREDENTIAL_INVALID");
    }
    limited(call("c.example").await, SECOND);
    limited(call("a.example").await, SECOND);
    call("good.example").await.answered();
}

async fn a_key_that_was_revoked_is_unknown_again(h: &Harness) {
    let key = new_key(h).await;
    let revoked = keyed(h, &key);
    list(&revoked).await.answered();
    let id = key.split('_').nth(1).expect("an id");
    let known = muster::app::keys::revoke(&h.ctx.store, id, h.now()).await;
    assert!(known.expect("revoked"));
    // Remembered no longer; and there is room for three unknown ones again.
    h.advance(TimeDelta::seconds(5));
    // The first time it still counts as one that was good.
    for _ in 0..4 {
        let answer = list(&revoked).await;
        answer.refused(Code::Unauthenticated, "CREDENTIAL_INVALID");
    }
    limited(list(&revoked).await, SECOND);
}
