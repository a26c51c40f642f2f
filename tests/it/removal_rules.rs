//! Removal rules: dated, and never rewritten.

use chrono::TimeDelta;
use muster::proto::{DataAccess, EventType, ListRemovalRulesRequest, SetRemovalRuleRequest};
use prost_types::Timestamp;
use tonic::Code;

use crate::{
    harness::{Harness, tests},
    product_fixtures::rule_of,
    products::{of_types, rules_at, stamp},
    refusals::Outcome,
};

tests![
    a_rule_holds_from_its_moment_on_and_the_past_is_never_rewritten,
    a_rule_that_does_not_hold_yet_is_replaced,
    what_is_no_rule_is_refused_with_every_field,
    of_sixteen_rules_of_one_moment_one_is_set,
];

async fn a_rule_holds_from_its_moment_on_and_the_past_is_never_rewritten(h: &Harness) {
    let before = stamp(h, TimeDelta::zero());
    h.advance(TimeDelta::days(1));
    let now = stamp(h, TimeDelta::zero());
    let set = h
        .products()
        .set_removal_rule(rule_of("fusion", DataAccess::Active))
        .await;
    let set = set.answered().removal_rule.expect("the rule");
    assert_eq!(set.valid_from, Some(now));
    assert_eq!(set.data_access(), DataAccess::Active);
    assert!(!set.user_removed);
    let all = rules_at(h, "fusion", None).await;
    assert_eq!(all.len(), 2);
    assert_eq!(all[1], set);
    let then = rules_at(h, "fusion", Some(before)).await;
    assert_eq!(then, all[..1], "yesterday's is what it was");
    assert_eq!(
        rules_at(h, "fusion", Some(now)).await,
        std::slice::from_ref(&set)
    );
    let others = rules_at(h, "", Some(now)).await;
    assert_eq!(others.len(), 8, "one a product");

    let early = SetRemovalRuleRequest {
        valid_from: Some(before),
        ..rule_of("fusion", DataAccess::Inactive)
    };
    let refused = h.products().set_removal_rule(early).await;
    refused.invalid(&[("valid_from", "OUT_OF_RANGE")]);
    let other = rule_of("fusion", DataAccess::Inactive);
    let refused = h.products().set_removal_rule(other).await;
    refused.refused(Code::FailedPrecondition, "REMOVAL_RULE_IN_FORCE");
    h.set_rule("fusion", DataAccess::Active).await;
    assert_eq!(rules_at(h, "fusion", None).await, all);
    let events = of_types(h, &[EventType::RemovalRuleSet]).await;
    assert_eq!(events.len(), 1, "the same rule again is no change");
    assert_eq!(events[0].1.rule_valid_from, Some(now));
}

async fn a_rule_that_does_not_hold_yet_is_replaced(h: &Harness) {
    let tomorrow = stamp(h, TimeDelta::days(1));
    let from_tomorrow = |access: DataAccess| SetRemovalRuleRequest {
        valid_from: Some(tomorrow),
        ..rule_of("tandem", access)
    };
    for access in [
        DataAccess::Inactive,
        DataAccess::Active,
        DataAccess::Inactive,
    ] {
        let set = h.products().set_removal_rule(from_tomorrow(access)).await;
        set.answered();
        let rules = rules_at(h, "tandem", None).await;
        assert_eq!(rules.len(), 2);
        assert_eq!(rules[1].data_access(), access);
    }
    let today = rules_at(h, "tandem", Some(stamp(h, TimeDelta::zero()))).await;
    assert_eq!(today[0].data_access(), DataAccess::Active);
    let then = rules_at(h, "tandem", Some(tomorrow)).await;
    assert_eq!(then[0].data_access(), DataAccess::Inactive);
    h.advance(TimeDelta::days(1));
    let late = from_tomorrow(DataAccess::Active);
    let refused = h.products().set_removal_rule(late).await;
    refused.refused(Code::FailedPrecondition, "REMOVAL_RULE_IN_FORCE");
}

async fn what_is_no_rule_is_refused_with_every_field(h: &Harness) {
    let request = SetRemovalRuleRequest {
        product_id: "?".to_owned(),
        valid_from: Some(Timestamp {
            seconds: i64::MAX,
            nanos: 0,
        }),
        contact_hint: "a".repeat(201),
        ..SetRemovalRuleRequest::default()
    };
    let refused = h.products().set_removal_rule(request).await;
    refused.invalid(&[
        ("product_id", "MALFORMED"),
        ("valid_from", "OUT_OF_RANGE"),
        ("data_access", "REQUIRED"),
        ("contact_hint", "TOO_LONG"),
    ]);
    let nobody = rule_of("vault", DataAccess::Active);
    let refused = h.products().set_removal_rule(nobody).await;
    refused.missing("PRODUCT_NOT_FOUND", "vault");
    let request = ListRemovalRulesRequest {
        product_id: "vault".to_owned(),
        ..ListRemovalRulesRequest::default()
    };
    let refused = h.products().list_removal_rules(request).await;
    refused.missing("PRODUCT_NOT_FOUND", "vault");
}

async fn of_sixteen_rules_of_one_moment_one_is_set(h: &Harness) {
    let answers = crate::races::at_once(16, |number| {
        let mut rule = rule_of("fusion", DataAccess::Active);
        rule.contact_hint = format!("Number {number}");
        let mut client = h.products();
        async move { client.set_removal_rule(rule).await }
    });
    let mut set = 0;
    for answer in answers.await {
        match answer {
            Ok(_) => set += 1,
            refused => {
                refused.refused(Code::FailedPrecondition, "REMOVAL_RULE_IN_FORCE");
            }
        }
    }
    assert_eq!(set, 1);
    assert_eq!(rules_at(h, "fusion", None).await.len(), 2);
}
