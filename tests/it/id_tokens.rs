//! ID tokens that do not count: each is refused, and tells which fault it has.

use chrono::TimeDelta;
use muster::{config::Settings, proto::SsoAlgorithm};
use serde_json::{Value, json};
use tonic::Code;
use tonic_types::StatusExt;

use crate::{
    harness::{Harness, tests},
    providers::{AUDIENCE, Provider},
    refusals::Outcome,
    sign_ins::{Acme, acme, acme_with, loopback},
    signers::{Signer, base64, by_secret, parts},
};

tests![
    of_forty_bad_tokens_none_is_taken with loopback,
    every_algorithm_of_the_connection_is_taken_and_no_other with loopback,
    clocks_may_differ_by_a_minute with loopback,
    keys_are_read_again_when_a_token_names_a_new_one with loopback,
    keys_without_ids_and_keys_that_changed_are_read_again_too with loopback,
    a_provider_is_asked_seldom_and_its_keys_serve_on_for_a_while with loopback,
    what_a_provider_answers_instead_of_keys_is_no_key with loopback,
    a_provider_that_is_too_slow_is_not_waited_for with impatient,
];

fn impatient(settings: &mut Settings) {
    loopback(settings);
    settings.providers.sso_keys_timeout = std::time::Duration::from_millis(50);
}

/// The fault of a token that is not taken.
async fn fault(h: &Harness, token: &str) -> String {
    let refused = h.sign_in(token).await;
    let status = refused.refused(Code::Unauthenticated, "ID_TOKEN_INVALID");
    let info = status.get_details_error_info().expect("ErrorInfo");
    info.metadata.get("fault").cloned().unwrap_or_default()
}

type Change = fn(&mut Value, i64);

/// Claims that do not count, signed well.
const BAD_CLAIMS: [(&str, Change); 27] = [
    ("ISSUER", |it, _| it["iss"] = "https://evil.example".into()),
    ("ISSUER", |it, _| {
        let slash = format!("{}/", it["iss"].as_str().expect("an issuer"));
        it["iss"] = slash.into();
    }),
    ("MALFORMED", |it, _| it["iss"] = json!(["a", "b"])),
    ("MALFORMED", |it, _| drop(without(it, "iss"))),
    ("AUDIENCE", |it, _| it["aud"] = "another".into()),
    ("AUDIENCE", |it, _| it["aud"] = json!(["another", "third"])),
    ("AUDIENCE", |it, _| it["aud"] = json!({"0": AUDIENCE})),
    ("AUDIENCE", |it, _| drop(without(it, "aud"))),
    ("AUDIENCE", |it, _| it["aud"] = json!([])),
    ("AUTHORIZED_PARTY", |it, _| {
        it["aud"] = json!([AUDIENCE, "another"]);
    }),
    ("AUTHORIZED_PARTY", |it, _| it["azp"] = "another".into()),
    ("AUTHORIZED_PARTY", |it, _| it["azp"] = Value::Null),
    ("EXPIRED", |it, now| it["exp"] = (now - 60).into()),
    ("EXPIRED", |it, now| {
        it["exp"] = (now + 3_600).to_string().into();
    }),
    ("EXPIRED", |it, _| drop(without(it, "exp"))),
    ("EXPIRED", |it, _| it["exp"] = Value::Null),
    ("EXPIRED", |it, _| it["exp"] = json!(1e300)),
    ("NOT_YET", |it, now| it["iat"] = (now + 61).into()),
    ("NOT_YET", |it, _| drop(without(it, "iat"))),
    ("NOT_YET", |it, now| it["nbf"] = (now + 61).into()),
    ("NOT_YET", |it, now| it["nbf"] = now.to_string().into()),
    ("SUBJECT", |it, _| drop(without(it, "sub"))),
    ("SUBJECT", |it, _| it["sub"] = 7.into()),
    ("SUBJECT", |it, _| it["sub"] = "a".repeat(256).into()),
    ("EMAIL", |it, _| it["email_verified"] = false.into()),
    ("EMAIL", |it, _| it["email_verified"] = "true".into()),
    ("EMAIL", |it, _| it["email"] = "ann@[127.0.0.1]".into()),
];

fn without(claims: &mut Value, name: &str) -> Option<Value> {
    claims.as_object_mut().expect("claims").remove(name)
}

/// Tokens that are no good whatever they say.
fn forged(acme: &Acme, claims: &Value) -> Vec<(&'static str, String)> {
    let signer = &acme.signer;
    let good = signer.token(claims);
    let public = signer.jwk().to_string();
    let modulus = signer.jwk()["n"].as_str().expect("a modulus").to_owned();
    let with = |change: fn(&mut Value)| {
        let mut header = signer.header();
        change(&mut header);
        header
    };
    let none = with(|header| header["alg"] = "none".into());
    let secret = with(|header| header["alg"] = "HS256".into());
    let (content, signature) = good.rsplit_once('.').expect("a signature");
    let (head, _) = content.split_once('.').expect("two parts");
    let mut other = claims.clone();
    other["email"] = "boss@acme.example".into();
    vec![
        ("MALFORMED", format!("{}.", parts(&none, claims))),
        ("MALFORMED", format!("{}.{signature}", parts(&none, claims))),
        ("ALGORITHM", by_secret(&secret, claims, public.as_bytes())),
        ("ALGORITHM", by_secret(&secret, claims, modulus.as_bytes())),
        (
            "SIGNATURE",
            format!("{head}.{}.{signature}", base64(other.to_string())),
        ),
        ("SIGNATURE", Signer::rs256("one", 1).token(claims)),
        ("SIGNATURE", format!("{content}.")),
        ("KEY", Signer::rs256("two", 1).token(claims)),
        ("ALGORITHM", Signer::rsa_by("one", 0, "PS256").token(claims)),
        ("ALGORITHM", Signer::ec("one", "ES256").token(claims)),
        // A key that the token itself brings is nobody's.
        ("KEY", {
            let stranger = Signer::rs256("mine", 1);
            let mut header = stranger.header();
            header["jwk"] = stranger.jwk();
            header["jku"] = "https://evil.example/jwks".into();
            stranger.token_of(&header, claims)
        }),
        (
            "MALFORMED",
            signer.token_of(&with(|it| it["typ"] = "at+jwt".into()), claims),
        ),
        (
            "MALFORMED",
            signer.token_of(&with(|it| it["crit"] = json!(["exp"])), claims),
        ),
        ("MALFORMED", content.to_owned()),
        ("MALFORMED", format!("{good}.{signature}")),
        ("MALFORMED", "a.b.c".to_owned()),
        ("MALFORMED", format!("{good}{}", "A".repeat(16 * 1024))),
    ]
}

async fn of_forty_bad_tokens_none_is_taken(h: &Harness) {
    let acme = acme(h).await;
    let now = h.now().timestamp();
    let good = acme.provider.claims(h, "1", "ann@acme.example");
    let mut tokens = forged(&acme, &good);
    tokens.extend(BAD_CLAIMS.map(|(fault, change)| {
        let mut claims = good.clone();
        change(&mut claims, now);
        (fault, acme.signer.token(&claims))
    }));
    assert!(tokens.len() >= 40, "{}", tokens.len());
    for (index, (expected, token)) in tokens.iter().enumerate() {
        assert_eq!(fault(h, token).await, *expected, "token {index}");
    }
    h.sign_in("").await.invalid(&[("id_token", "REQUIRED")]);
    assert_eq!(h.counts(&acme.team.id).await.active_members, 1);
    // What they were made of is good.
    h.sign_in(&acme.signer.token(&good)).await.answered();
}

async fn every_algorithm_of_the_connection_is_taken_and_no_other(h: &Harness) {
    let team = h.led_team("acme").await;
    h.own_domain(&team.id, "acme.example").await;
    let signers = [
        (SsoAlgorithm::Rs256, Signer::rsa_by("a", 0, "RS256")),
        (SsoAlgorithm::Rs384, Signer::rsa_by("b", 0, "RS384")),
        (SsoAlgorithm::Rs512, Signer::rsa_by("c", 0, "RS512")),
        (SsoAlgorithm::Ps256, Signer::rsa_by("d", 1, "PS256")),
        (SsoAlgorithm::Es256, Signer::ec("e", "ES256")),
        (SsoAlgorithm::Es384, Signer::ec("f", "ES384")),
        (SsoAlgorithm::Eddsa, Signer::ed("g")),
    ];
    let all: Vec<&Signer> = signers.iter().map(|(_, signer)| signer).collect();
    for (algorithm, taken) in &signers {
        let provider = Provider::with(&all).await;
        let mut connection = provider.connection(&team.id);
        connection.algorithms = vec![(*algorithm).into()];
        h.connect(connection).await;
        for signer in &all {
            let email = format!("{}@acme.example", taken.id);
            let token = signer.token(&provider.claims(h, "1", &email));
            if signer.id == taken.id {
                h.sign_in(&token).await.answered();
            } else {
                assert_eq!(fault(h, &token).await, "ALGORITHM");
            }
        }
    }
}

async fn clocks_may_differ_by_a_minute(h: &Harness) {
    let acme = acme(h).await;
    let now = h.now().timestamp();
    let token = acme.token_with(h, ("1", "ann@acme.example"), |claims| {
        claims["iat"] = (now + 60).into();
        claims["nbf"] = (now + 60).into();
        claims["exp"] = json!(1_772_366_341.0);
        claims["aud"] = json!([AUDIENCE]);
        claims["azp"] = AUDIENCE.into();
    });
    h.sign_in(&token).await.answered();
    h.advance(TimeDelta::seconds(1));
    assert_eq!(fault(h, &token).await, "EXPIRED");
}

async fn keys_are_read_again_when_a_token_names_a_new_one(h: &Harness) {
    let mut acme = acme(h).await;
    let old = acme.token(h, "1", "ann@acme.example");
    h.sign_in(&old).await.answered();
    h.sign_in(&old).await.answered();
    assert_eq!(acme.provider.asked(), 1);

    let next = Signer::rs256("two", 1);
    acme.provider.show(&[&next]);
    acme.signer = next;
    let new = acme.token(h, "1", "ann@acme.example");
    // It was asked this very moment.
    assert_eq!(fault(h, &new).await, "KEY");
    assert_eq!(acme.provider.asked(), 1);
    h.advance(TimeDelta::seconds(30));
    h.sign_in(&new).await.answered();
    assert_eq!(acme.provider.asked(), 2);
    assert_eq!(fault(h, &old).await, "KEY");
}

async fn keys_without_ids_and_keys_that_changed_are_read_again_too(h: &Harness) {
    let acme = acme(h).await;
    let claims = || acme.provider.claims(h, "1", "ann@acme.example");
    let nameless = |signer: &Signer| {
        let mut header = signer.header();
        header.as_object_mut().expect("a header").remove("kid");
        signer.token_of(&header, &claims())
    };
    h.sign_in(&nameless(&acme.signer)).await.answered();
    let same_id = Signer::rs256("one", 1);
    acme.provider.show(&[&same_id]);
    h.advance(TimeDelta::seconds(29));
    assert_eq!(fault(h, &nameless(&same_id)).await, "SIGNATURE");
    assert_eq!(acme.provider.asked(), 1);
    h.advance(TimeDelta::seconds(1));
    h.sign_in(&nameless(&same_id)).await.answered();
    h.sign_in(&same_id.token(&claims())).await.answered();
    assert_eq!(fault(h, &nameless(&acme.signer)).await, "SIGNATURE");
    assert_eq!(acme.provider.asked(), 2);
}

async fn a_provider_is_asked_seldom_and_its_keys_serve_on_for_a_while(h: &Harness) {
    let acme = acme(h).await;
    let token = acme.token_with(h, ("1", "ann@acme.example"), |claims| {
        claims["exp"] = (h.now() + TimeDelta::days(1)).timestamp().into();
    });
    h.sign_in(&token).await.answered();
    for _ in 0..10 {
        let strange =
            Signer::rs256("strange", 1).token(&acme.provider.claims(h, "1", "a@b.example"));
        assert_eq!(fault(h, &strange).await, "KEY");
    }
    assert_eq!(acme.provider.asked(), 1);
    // A revoked key is forgotten after ten minutes.
    acme.provider.answer(500, "");
    h.advance(TimeDelta::minutes(10));
    h.sign_in(&token).await.answered();
    h.sign_in(&token).await.answered();
    assert_eq!(acme.provider.asked(), 2);
    h.advance(TimeDelta::minutes(50));
    let refused = h.sign_in(&token).await;
    refused.refused(Code::Unavailable, "SSO_KEYS_UNAVAILABLE");
    acme.provider.show(&[&acme.signer]);
    h.advance(TimeDelta::seconds(30));
    h.sign_in(&token).await.answered();
}

async fn what_a_provider_answers_instead_of_keys_is_no_key(h: &Harness) {
    let acme = acme(h).await;
    let token = acme.token_with(h, ("1", "ann@acme.example"), |claims| {
        claims["exp"] = (h.now() + TimeDelta::days(1)).timestamp().into();
    });
    let good = crate::providers::key_set(&[&acme.signer]);
    let long = format!("{{\"pad\":\"{}\",{}", "x".repeat(64 * 1024), &good[1..]);
    for (status, body) in [(302, &*good), (404, &good), (200, &long)] {
        acme.provider.answer(status, body);
        h.advance(TimeDelta::hours(1));
        let refused = h.sign_in(&token).await;
        refused.refused(Code::Unavailable, "SSO_KEYS_UNAVAILABLE");
    }
    for body in [
        "",
        "[]",
        "{\"keys\":7}",
        "<html>",
        "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\",\"kid\":\"one\"}]}",
    ] {
        acme.provider.answer(200, body);
        h.advance(TimeDelta::hours(1));
        assert_eq!(fault(h, &token).await, "KEY", "{body}");
    }
    acme.provider.answer(200, &good);
    h.advance(TimeDelta::hours(1));
    h.sign_in(&token).await.answered();
}

async fn a_provider_that_is_too_slow_is_not_waited_for(h: &Harness) {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let silent = silent.expect("a free port");
    let address = silent.local_addr().expect("an address");
    let acme = acme_with(h, |connection| {
        connection.jwks_uri = format!("http://{address}/jwks");
    })
    .await;
    let refused = h.sign_in(&acme.token(h, "1", "ann@acme.example")).await;
    refused.refused(Code::Unavailable, "SSO_KEYS_UNAVAILABLE");
}
