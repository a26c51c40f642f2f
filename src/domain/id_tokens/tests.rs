//! Which claims count, and which do not.

use chrono::{DateTime, TimeDelta};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::domain::{
    names::DisplayName,
    provider_urls::ProviderUrl,
    sso::{Algorithm, Audience, ClaimNames, KeySource, SsoSettings},
};

fn now() -> Time {
    DateTime::from_timestamp(1_772_366_400, 0).unwrap()
}

fn connection() -> SsoConnection {
    let claim = |name: &str| ClaimName::parse("claim", name).unwrap();
    SsoConnection {
        id: Uuid::from_u128(1),
        team_id: Uuid::from_u128(2),
        issuer: ProviderUrl::parse("issuer", "https://idp.example", 255).unwrap(),
        settings: SsoSettings {
            display_name: DisplayName::parse("display_name", "Provider").unwrap(),
            audience: Audience::parse("audience", "client").unwrap(),
            keys: KeySource::Set(String::new()),
            algorithms: vec![Algorithm::Rs256],
            claims: ClaimNames {
                email: claim("upn"),
                email_verified: claim("edov"),
                given_name: claim("first"),
                family_name: claim("last"),
            },
            jit_enabled: true,
            profile_refresh_enabled: false,
        },
        create_time: now(),
        update_time: now(),
    }
}

fn claims() -> Value {
    json!({
        "iss": "https://idp.example", "aud": "client", "sub": "s", "iat": now().timestamp(),
        "exp": now().timestamp() + 60, "upn": "Ann@Acme.example", "edov": true, "first": "Ann", "last": "Lee",
    })
}

fn read(change: impl FnOnce(&mut Value)) -> Result<SignIn, TokenFault> {
    let mut claims = claims();
    change(&mut claims);
    sign_in(&connection(), claims.as_object().unwrap(), now())
}

fn fault(change: impl FnOnce(&mut Value)) -> Option<TokenFault> {
    read(change).err()
}

#[test]
fn the_connection_says_which_claims_are_read() {
    let sign_in = read(|_| {}).ok().unwrap();
    assert_eq!(sign_in.subject, "s");
    assert_eq!(sign_in.email.unwrap().normal(), "ann@acme.example");
    assert_eq!(sign_in.given_name.unwrap().as_str(), "Ann");
    assert_eq!(sign_in.family_name.unwrap().as_str(), "Lee");
    // Without an address there is nothing that would have to be verified.
    let without = read(|it| it["upn"] = Value::Null);
    assert_eq!(without.err(), Some(TokenFault::Email));
    let without = read(|it| drop(it.as_object_mut().unwrap().remove("upn")));
    assert!(without.ok().unwrap().email.is_none());
    // A name that cannot be kept is none.
    let odd = read(|it| it["first"] = "<b>".into());
    assert!(odd.ok().unwrap().given_name.is_none());
}

#[test]
fn each_claim_that_is_wrong_is_a_fault_of_its_own() {
    let at = |delta: TimeDelta| (now() + delta).timestamp();
    let (minute, second) = (TimeDelta::minutes(1), TimeDelta::seconds(1));
    assert_eq!(fault(|it| it["iss"] = "x".into()), Some(TokenFault::Issuer));
    assert_eq!(fault(|it| it["aud"] = 1.into()), Some(TokenFault::Audience));
    let party = Some(TokenFault::AuthorizedParty);
    assert_eq!(fault(|it| it["aud"] = json!(["client", "x"])), party);
    assert_eq!(fault(|it| it["azp"] = "x".into()), party);
    let expired = Some(TokenFault::Expired);
    assert_eq!(fault(|it| it["exp"] = at(-minute).into()), expired);
    assert_eq!(fault(|it| it["exp"] = "9999999999".into()), expired);
    assert_eq!(fault(|it| it["exp"] = json!(1e16)), expired);
    let early = Some(TokenFault::NotYet);
    assert_eq!(fault(|it| it["iat"] = at(minute + second).into()), early);
    assert_eq!(fault(|it| it["nbf"] = at(minute + second).into()), early);
    assert_eq!(fault(|it| it["nbf"] = Value::Null), early);
    let nobody = Some(TokenFault::Subject);
    assert_eq!(fault(|it| it["sub"] = "".into()), nobody);
    assert_eq!(fault(|it| it["sub"] = "a\nb".into()), nobody);
    assert_eq!(
        fault(|it| it["edov"] = "true".into()),
        Some(TokenFault::Email)
    );
    assert_eq!(fault(|it| it["upn"] = "no".into()), Some(TokenFault::Email));
}

#[test]
fn clocks_may_differ_by_a_minute() {
    let stamp = now().timestamp();
    assert!(read(|it| it["exp"] = (stamp - 59).into()).is_ok());
    assert!(read(|it| it["exp"] = json!(1_772_366_341.5)).is_ok());
    assert!(read(|it| it["iat"] = (stamp + 60).into()).is_ok());
    assert!(read(|it| it["nbf"] = (stamp + 60).into()).is_ok());
}
