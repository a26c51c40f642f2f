//! What a process remembers of keys: a call costs no look-up, and no key outlives its end for longer than it is fresh.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use muster::{
    app::{
        Context,
        keys::{self, Handle, KeyCache, authenticate, authenticate_certificate, store_uses},
    },
    error::{Error, Reason},
    proto::{ApiKey, ListKeysRequest, ListTeamsRequest},
    store::{Store, StoreOptions},
};
use tonic::Code;

use crate::{
    fixtures::MICROSECOND,
    harness::{Harness, tests},
    keyring::{certified, halves, named},
    refusals::Outcome,
};

tests![
    a_call_with_a_key_that_is_remembered_costs_no_look_up,
    whatever_is_wrong_with_a_key_costs_the_same_statements,
    a_key_revoked_elsewhere_dies_in_five_seconds_and_not_later,
    a_key_revoked_here_dies_at_once,
    what_is_looked_up_while_the_key_is_revoked_is_not_remembered,
    a_clock_that_went_back_remembers_nothing,
    a_certificate_is_as_good_as_its_key,
    a_certificate_goes_over_to_the_next_key,
    the_last_use_is_stored_now_and_then_and_never_goes_back,
    what_cannot_be_stored_of_uses_is_stored_later,
];

/// The statements about keys that are sent while `work` runs.
async fn about_keys(h: &Harness, work: impl Future<Output = ()>) -> Vec<String> {
    h.ctx.store.record();
    work.await;
    let sent = h.ctx.store.recorded().into_iter();
    sent.map(|statement| statement.sql)
        .filter(|sql| sql.contains("api_keys"))
        .collect()
}

fn is_invalid<T>(answer: &Result<T, Error>) -> bool {
    matches!(
        answer,
        Err(Error::Unauthenticated(Reason::CredentialInvalid))
    )
}

async fn a_call_with_a_key_that_is_remembered_costs_no_look_up(h: &Harness) {
    let list = async || {
        let mut teams = h.teams();
        teams
            .list_teams(ListTeamsRequest::default())
            .await
            .answered();
    };
    let first = about_keys(h, list()).await;
    assert_eq!(first.len(), 1, "{first:?}");
    for _ in 0..3 {
        assert_eq!(about_keys(h, list()).await, Vec::<String>::new());
    }
    h.advance(TimeDelta::seconds(5) - MICROSECOND);
    assert_eq!(about_keys(h, list()).await, Vec::<String>::new());
    h.advance(MICROSECOND);
    assert_eq!(about_keys(h, list()).await, first);
    assert_eq!(about_keys(h, list()).await, Vec::<String>::new());
}

async fn whatever_is_wrong_with_a_key_costs_the_same_statements(h: &Harness) {
    let unknown = keys::fresh().expect("a key");
    let revoked = h.made(&named("revoked")).await;
    let mut ending = named("ending");
    ending.expire_time = Some(h.now() + TimeDelta::seconds(1));
    let expired = h.made(&ending).await;
    h.advance(TimeDelta::seconds(1));
    keys::revoke(&h.ctx.store, revoked.id(), h.now())
        .await
        .expect("a revocation");
    let (known, other) = (h.made(&named("known")).await, unknown.text());
    let (_, secret) = halves(other);
    let forged = format!("mst_{}_{secret}", known.id());
    let mut costs = Vec::new();
    for text in [other, revoked.text(), expired.text(), &forged] {
        let cost = about_keys(h, async {
            assert!(is_invalid(&authenticate(&h.ctx, text).await));
        });
        costs.push(cost.await);
    }
    assert_eq!(costs[0].len(), 1);
    for cost in &costs {
        assert_eq!(cost, &costs[0]);
    }
    // One that does not exist is asked for each time.
    let cost = about_keys(h, async {
        assert!(is_invalid(&authenticate(&h.ctx, other).await));
    });
    assert_eq!(cost.await, costs[0]);
}

async fn a_key_revoked_elsewhere_dies_in_five_seconds_and_not_later(h: &Harness) {
    let key = h.made(&named("billing")).await;
    h.teams_by(key.text()).await.answered();
    keys::revoke(&h.ctx.store, key.id(), h.now())
        .await
        .expect("a revocation");
    h.advance(TimeDelta::seconds(5) - MICROSECOND);
    h.teams_by(key.text()).await.answered();
    h.advance(MICROSECOND);
    h.teams_by(key.text())
        .await
        .refused(Code::Unauthenticated, "CREDENTIAL_INVALID");
}

async fn a_key_revoked_here_dies_at_once(h: &Harness) {
    let key = h.made(&certified("billing", "billing.example")).await;
    let names = ["billing.example".to_owned()];
    h.teams_by(key.text()).await.answered();
    let found = authenticate_certificate(&h.ctx, &names).await;
    assert_eq!(found.expect("the key").id, key.id());
    h.revoke_key(key.id()).await;
    h.teams_by(key.text())
        .await
        .refused(Code::Unauthenticated, "CREDENTIAL_INVALID");
    assert!(is_invalid(&authenticate_certificate(&h.ctx, &names).await));
}

async fn what_is_looked_up_while_the_key_is_revoked_is_not_remembered(h: &Harness) {
    let keys = keys::list(&h.ctx).await.expect("keys");
    let key = Arc::new(keys[0].clone());
    let memory = KeyCache::default();
    let handle = || Handle::Id(key.id.clone());
    let recall = || memory.recall(&handle(), (h.ctx.clock.steady(), Duration::from_secs(5)));
    let (nothing, early) = recall();
    assert!(nothing.is_none());
    memory.forget(&key.id);
    memory.remember(handle(), &key, (h.ctx.clock.steady(), early));
    let (nothing, ticket) = recall();
    assert!(nothing.is_none(), "it may have been read before it ended");
    memory.remember(handle(), &key, (h.ctx.clock.steady(), ticket));
    assert!(recall().0.is_some());
}

async fn a_clock_that_went_back_remembers_nothing(h: &Harness) {
    let key = h.made(&named("billing")).await;
    h.teams_by(key.text()).await.answered();
    keys::revoke(&h.ctx.store, key.id(), h.now() - TimeDelta::hours(2))
        .await
        .expect("a revocation");
    h.advance(-MICROSECOND);
    h.teams_by(key.text())
        .await
        .refused(Code::Unauthenticated, "CREDENTIAL_INVALID");
}

async fn a_certificate_is_as_good_as_its_key(h: &Harness) {
    let mut ending = certified("billing", "spiffe://acme.example/billing");
    ending.expire_time = Some(h.now() + TimeDelta::seconds(1));
    let key = h.made(&ending).await;
    let other = h.made(&certified("books", "books.example")).await;
    let names = [
        "nobody.example".to_owned(),
        "spiffe://acme.example/billing".to_owned(),
        "books.example".to_owned(),
    ];
    let ask = async |names: &[String]| authenticate_certificate(&h.ctx, names).await;
    let first = about_keys(h, async {
        assert_eq!(ask(&names).await.expect("the key").id, key.id());
    });
    assert_eq!(first.await.len(), 1);
    let warm = about_keys(h, async {
        assert_eq!(ask(&names).await.expect("the key").id, key.id());
    });
    assert_eq!(warm.await, Vec::<String>::new());
    assert!(is_invalid(&ask(&names[..1]).await));
    assert!(is_invalid(&ask(&["BOOKS.example".to_owned()]).await));

    h.advance(TimeDelta::seconds(1) - MICROSECOND);
    assert_eq!(ask(&names).await.expect("the key").id, key.id());
    h.advance(MICROSECOND);
    assert_eq!(
        ask(&names).await.expect("the key").id,
        other.id(),
        "the next name of the certificate has a key that lives"
    );
    assert!(is_invalid(&ask(&names[..2]).await));
}

async fn a_certificate_goes_over_to_the_next_key(h: &Harness) {
    let names = ["billing.example".to_owned()];
    let mut ending = certified("billing", "billing.example");
    ending.expire_time = Some(h.now() + TimeDelta::seconds(1));
    h.made(&ending).await;
    let ask = async || authenticate_certificate(&h.ctx, &names).await;
    ask().await.expect("the key");
    let refused = h.not_made(&certified("books", "billing.example")).await;
    assert!(matches!(
        refused,
        Error::AlreadyExists(Reason::CertificateNameTaken, _)
    ));
    h.advance(TimeDelta::seconds(1));
    let next = h.made(&certified("books", "billing.example")).await;
    assert_eq!(ask().await.expect("the key").id, next.id());
}

async fn key(h: &Harness, id: &str) -> ApiKey {
    let listed = h.keys().list_keys(ListKeysRequest::default()).await;
    let mut keys = listed.answered().keys.into_iter();
    keys.find(|key| key.id == id).expect("the key")
}

async fn last_use(h: &Harness, id: &str) -> Option<i64> {
    let used = key(h, id).await.last_use_time;
    used.map(|time| time.seconds * 1_000_000 + i64::from(time.nanos) / 1_000)
}

async fn the_last_use_is_stored_now_and_then_and_never_goes_back(h: &Harness) {
    let made = h.made(&named("billing")).await;
    store_uses(&h.ctx).await.expect("stored");
    assert_eq!(last_use(h, made.id()).await, None);
    let wrong = format!("mst_{}_{}", made.id(), "A".repeat(43));
    assert!(is_invalid(&authenticate(&h.ctx, &wrong).await));
    for _ in 0..10 {
        h.teams_by(made.text()).await.answered();
        h.advance(TimeDelta::milliseconds(1));
    }
    assert_eq!(last_use(h, made.id()).await, None, "no write a call");
    let used = h.now() - TimeDelta::milliseconds(1);
    assert_eq!(
        store_uses(&h.ctx).await.expect("stored"),
        2,
        "this one and the operator's"
    );
    assert_eq!(last_use(h, made.id()).await, Some(used.timestamp_micros()));

    // Another process whose clock is behind saw it too, and told of it later.
    h.advance(TimeDelta::hours(-1));
    let other = Context {
        keys: KeyCache::default(),
        ..h.ctx.clone()
    };
    authenticate(&other, made.text()).await.expect("the key");
    assert_eq!(store_uses(&other).await.expect("stored"), 1);
    assert_eq!(last_use(h, made.id()).await, Some(used.timestamp_micros()));
    assert_eq!(store_uses(&other).await.expect("stored"), 0, "once");
}

async fn what_cannot_be_stored_of_uses_is_stored_later(h: &Harness) {
    let made = h.made(&named("billing")).await;
    let own = Context {
        keys: KeyCache::default(),
        ..h.ctx.clone()
    };
    let used = h.now();
    authenticate(&own, made.text()).await.expect("the key");
    let options = StoreOptions {
        url: h.database_url.clone(),
        pool_size: 1,
    };
    let store = Store::connect(&options).await.expect("a store");
    store.clone().close().await.expect("closed");
    let gone = Context {
        store,
        ..own.clone()
    };
    store_uses(&gone).await.expect_err("no database");
    h.advance(TimeDelta::seconds(1));
    assert_eq!(store_uses(&own).await.expect("stored"), 1);
    assert_eq!(last_use(h, made.id()).await, Some(used.timestamp_micros()));
}
