//! Products, the words by which they are known, and their dated removal rules.

use chrono::TimeDelta;
use muster::proto::{
    DataAccess, EventFilter, EventType, ListEventsRequest, ListProductsRequest,
    ListRemovalRulesRequest, Product, RemovalRule, SetRemovalRuleRequest, UpsertProductRequest,
    event::Payload,
};
use prost_types::Timestamp;
use std::collections::BTreeMap;
use tonic::Code;

use crate::{
    events::list,
    fixtures::{MICROSECOND, time},
    harness::{Harness, tests},
    keyring::service,
    product_fixtures::{hub_of, rule_of},
    raw_calls::Voice,
    refusals::{Outcome, resource_name},
    request_ids::request_id,
};

tests![
    the_eight_products_are_there_with_both_columns_of_their_rules,
    a_product_is_found_by_id_name_and_aliases_whatever_their_case,
    a_product_is_made_changed_and_listed,
    no_two_products_share_a_word,
    a_product_that_is_not_there_is_made_only_if_that_is_wished,
    what_is_no_product_is_refused_with_every_field,
    whoever_may_read_teams_reads_products_and_only_the_operator_changes_them,
    a_rehearsal_changes_no_product_and_a_repetition_answers_the_same,
];

/// The table of the domain: user removed, access to data.
const EIGHT: [(&str, &str, bool, DataAccess); 8] = [
    (
        "acc",
        "Autodesk Construction Cloud",
        true,
        DataAccess::Inactive,
    ),
    ("bim-360", "BIM 360", true, DataAccess::Inactive),
    (
        "flow-production-tracking",
        "Flow Production Tracking",
        true,
        DataAccess::Inactive,
    ),
    ("forma", "Forma", true, DataAccess::Inactive),
    ("fusion", "Fusion", true, DataAccess::Inactive),
    ("info360", "Info360", false, DataAccess::Active),
    ("tandem", "Tandem", false, DataAccess::Active),
    ("upchain", "Upchain", false, DataAccess::Active),
];

pub(crate) async fn listed(h: &Harness) -> Vec<Product> {
    let request = ListProductsRequest::default();
    h.products()
        .list_products(request)
        .await
        .answered()
        .products
}

pub(crate) async fn rules_at(
    h: &Harness,
    product: &str,
    at: Option<Timestamp>,
) -> Vec<RemovalRule> {
    let request = ListRemovalRulesRequest {
        product_id: product.to_owned(),
        at,
        ..ListRemovalRulesRequest::default()
    };
    let answer = h.products().list_removal_rules(request).await;
    answer.answered().removal_rules
}

fn product(id: &str, name: &str, aliases: &[&str]) -> UpsertProductRequest {
    UpsertProductRequest {
        product: Some(Product {
            id: id.to_owned(),
            display_name: name.to_owned(),
            aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
            ..Product::default()
        }),
        allow_missing: true,
        ..UpsertProductRequest::default()
    }
}

async fn upsert(h: &Harness, request: UpsertProductRequest) -> Product {
    let answer = h.products().upsert_product(request).await.answered();
    answer.product.expect("the product")
}

pub(crate) fn stamp(h: &Harness, later: TimeDelta) -> Timestamp {
    let then = h.now() + later;
    Timestamp {
        seconds: then.timestamp(),
        nanos: i32::try_from(then.timestamp_subsec_nanos()).expect("nanoseconds"),
    }
}

async fn the_eight_products_are_there_with_both_columns_of_their_rules(h: &Harness) {
    let products = listed(h).await;
    let names: Vec<_> = products
        .iter()
        .map(|one| (one.id.as_str(), one.display_name.as_str()))
        .collect();
    let expected: Vec<_> = EIGHT.iter().map(|(id, name, ..)| (*id, *name)).collect();
    assert_eq!(names, expected);
    let now = Some(stamp(h, TimeDelta::zero()));
    for at in [None, now] {
        let rules = rules_at(h, "", at).await;
        let said: Vec<_> = rules
            .iter()
            .map(|rule| {
                let id = rule.product_id.as_str();
                (id, rule.user_removed, rule.data_access())
            })
            .collect();
        let expected: Vec<_> = EIGHT
            .iter()
            .map(|(id, _, removed, access)| (*id, *removed, *access))
            .collect();
        assert_eq!(said, expected);
        assert!(rules.iter().all(|rule| !rule.contact_hint.is_empty()));
    }
}

async fn a_product_is_found_by_id_name_and_aliases_whatever_their_case(h: &Harness) {
    let team = h.team("acme").await.id;
    for (word, id) in [
        ("ACC", "acc"),
        ("autodesk construction cloud", "acc"),
        ("bim  360", "bim-360"),
        ("ShotGrid", "flow-production-tracking"),
        ("SPACEMAKER", "forma"),
        ("Fusion 360", "fusion"),
        ("tandem", "tandem"),
    ] {
        assert_eq!(h.hub(&team, word).await.product_id, id, "{word}");
    }
    // Every alias that was ever shown finds its product.
    for product in listed(h).await {
        assert!(!product.aliases.is_empty());
        for alias in &product.aliases {
            assert_eq!(h.hub(&team, alias).await.product_id, product.id, "{alias}");
        }
    }
    let nobody = h.products().create_hub(hub_of(&team, "Fusion 361")).await;
    nobody.missing("PRODUCT_NOT_FOUND", "Fusion 361");
}

async fn a_product_is_made_changed_and_listed(h: &Harness) {
    let made = upsert(h, product("vault", "Vault", &["Vault Pro", "AutoVault"])).await;
    assert_eq!(made.aliases, ["AutoVault", "Vault Pro"]);
    assert_eq!(time(made.create_time), h.now());
    h.advance(MICROSECOND);
    let same = upsert(h, product("vault", "Vault", &["AutoVault", "Vault Pro"])).await;
    assert_eq!(same, made, "the same set is no change");
    let changed = upsert(h, product("vault", "Vault", &["PDM"])).await;
    assert_eq!(changed.aliases, ["PDM"]);
    assert_eq!(changed.create_time, made.create_time);
    assert_eq!(time(changed.update_time), h.now());
    assert!(listed(h).await.contains(&changed));
    let team = h.team("acme").await.id;
    h.hub(&team, "pdm").await;
    let gone = h.products().create_hub(hub_of(&team, "AutoVault")).await;
    gone.missing("PRODUCT_NOT_FOUND", "AutoVault");

    let stale = UpsertProductRequest {
        product: Some(Product {
            display_name: "Vault 2".to_owned(),
            ..made
        }),
        ..UpsertProductRequest::default()
    };
    let refused = h.products().upsert_product(stale).await;
    refused.refused(Code::Aborted, "ETAG_MISMATCH");

    let events = of_types(h, &[EventType::ProductUpdated]).await;
    let said: Vec<_> = events.into_iter().map(|(_, product)| product).collect();
    let fields = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(said[0].changed_fields, fields(&["display_name", "aliases"]));
    assert_eq!(said[1].changed_fields, fields(&["aliases"]));
    assert_eq!(said.len(), 2);
    assert!(said.iter().all(|one| one.product_id == "vault"));
}

pub(crate) async fn of_types(
    h: &Harness,
    types: &[EventType],
) -> Vec<(EventType, muster::proto::ProductEvent)> {
    let request = ListEventsRequest {
        filter: Some(EventFilter {
            types: types.iter().map(|one| (*one).into()).collect(),
            ..EventFilter::default()
        }),
        ..ListEventsRequest::default()
    };
    let events = list(h, request).await.into_iter();
    events
        .map(|event| match (event.r#type(), event.payload) {
            (kind, Some(Payload::Product(product))) if event.team_id.is_empty() => (kind, product),
            (kind, other) => panic!("{kind:?} {other:?}"),
        })
        .collect()
}

async fn no_two_products_share_a_word(h: &Harness) {
    for taken in [
        product("vault", "Fusion", &[]),
        product("vault", "Vault", &["FUSION 360"]),
        product("vault", "Vault", &["Pdm", "acc"]),
        product("shotgrid", "Vault", &[]),
    ] {
        let refused = h.products().upsert_product(taken.clone()).await;
        let refused = refused.refused(Code::AlreadyExists, "PRODUCT_ALIAS_TAKEN");
        let of = resource_name(&refused);
        assert!(
            ["fusion", "acc", "flow-production-tracking"].contains(&of.as_str()),
            "{of}"
        );
    }
    // An alias that one gives up is free for another.
    upsert(h, product("fusion", "Fusion", &[])).await;
    let vault = upsert(h, product("vault", "Vault", &["Fusion 360"])).await;
    assert_eq!(vault.aliases, ["Fusion 360"]);
}

async fn a_product_that_is_not_there_is_made_only_if_that_is_wished(h: &Harness) {
    let only_change = UpsertProductRequest {
        allow_missing: false,
        ..product("vault", "Vault", &[])
    };
    let refused = h.products().upsert_product(only_change.clone()).await;
    refused.missing("PRODUCT_NOT_FOUND", "vault");
    upsert(h, product("vault", "Vault", &[])).await;
    upsert(h, only_change).await;
}

async fn what_is_no_product_is_refused_with_every_field(h: &Harness) {
    let refused = h
        .products()
        .upsert_product(product("No", "", &["<b>", "ok", "OK"]))
        .await;
    refused.invalid(&[
        ("product.id", "MALFORMED"),
        ("product.display_name", "REQUIRED"),
        ("product.aliases[0]", "LOOKS_LIKE_LINK"),
        ("product.aliases[2]", "DUPLICATE"),
    ]);
    let many = vec!["a"; 21];
    let refused = h
        .products()
        .upsert_product(product("a-b", "A", &many))
        .await;
    refused.invalid(&[("product.aliases", "TOO_MANY")]);
    let nothing = UpsertProductRequest::default();
    let refused = h.products().upsert_product(nothing).await;
    refused.invalid(&[("product", "REQUIRED")]);
}

async fn whoever_may_read_teams_reads_products_and_only_the_operator_changes_them(h: &Harness) {
    let team = h.led_team("acme").await;
    let mut admin = h.products_as(&team.admin);
    let request = ListProductsRequest::default();
    assert_eq!(
        admin.list_products(request).await.answered().products,
        listed(h).await
    );
    let made = product("vault", "Vault", &[]);
    admin.upsert_product(made).await.denied("products.manage");
    let rule = rule_of("fusion", DataAccess::Active);
    admin.set_removal_rule(rule).await.denied("products.manage");

    // A service of one team reads them too.
    let key = h.made(&service("one", Some(&team.id), &[])).await;
    let voice = Voice {
        key: key.text().to_owned(),
        actor: None,
    };
    let methods = crate::raw_calls::methods();
    let by_name: BTreeMap<_, _> = methods.iter().map(|one| (one.name(), one)).collect();
    for (name, is_let) in [
        ("ListProducts", true),
        ("ListRemovalRules", true),
        ("UpsertProduct", false),
        ("SetRemovalRule", false),
    ] {
        let answer = crate::raw_calls::call(h, by_name[name], &voice, vec![Vec::new()]).await;
        assert_eq!(answer.is_ok(), is_let, "{name}");
    }
}

async fn a_rehearsal_changes_no_product_and_a_repetition_answers_the_same(h: &Harness) {
    let rehearsal = UpsertProductRequest {
        validate_only: true,
        ..product("vault", "Vault", &[])
    };
    assert_eq!(upsert(h, rehearsal).await.etag, "");
    let rehearsal = SetRemovalRuleRequest {
        validate_only: true,
        ..rule_of("fusion", DataAccess::Active)
    };
    h.products().set_removal_rule(rehearsal).await.answered();
    assert_eq!(listed(h).await.len(), 8);
    assert_eq!(rules_at(h, "", None).await.len(), 8);

    let repeated = SetRemovalRuleRequest {
        request_id: request_id(1),
        ..rule_of("fusion", DataAccess::Active)
    };
    let first = h
        .products()
        .set_removal_rule(repeated.clone())
        .await
        .answered();
    h.advance(TimeDelta::hours(1));
    let second = h.products().set_removal_rule(repeated).await.answered();
    assert_eq!(first, second);
    assert_eq!(rules_at(h, "fusion", None).await.len(), 2);
}
