//! Filters: what Entra and Okta ask, what is refused, and that what is written reads as it was.

use proptest::prelude::*;

use super::{Filter, OPERATORS, Operator, Value};
use crate::domain::scim::{
    Condition, Path,
    attributes::AttributePath,
    conditions::{TextField, TimeField},
};
use crate::error::ScimKind;

fn condition(text: &str) -> Condition {
    Filter::parse(text)
        .and_then(|filter| filter.condition())
        .unwrap_or_else(|fault| panic!("{text}: {}", fault.detail))
}

fn is_refused(text: &str) -> bool {
    let read = Filter::parse(text).and_then(|filter| filter.condition());
    read.is_err_and(|fault| fault.kind == ScimKind::InvalidFilter)
}

fn text(field: TextField, operator: Operator, text: &str) -> Condition {
    Condition::Text(field, operator, text.to_owned())
}

#[test]
fn what_entra_and_okta_ask_is_understood() {
    let named = text(TextField::UserName, Operator::Equal, "ada@example.org");
    for asked in [
        r#"userName eq "ada@example.org""#,
        r#"USERNAME EQ "ada@example.org""#,
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ada@example.org""#,
        r#"  userName   eq   "ada@example.org"  "#,
        r#"(userName eq "ada@example.org")"#,
        r#"userName eq "\u0061da@example.org""#,
    ] {
        assert_eq!(condition(asked), named, "{asked}");
    }
    let outside = text(TextField::ExternalId, Operator::Equal, "00u1");
    assert_eq!(condition(r#"externalId eq "00u1""#), outside);
    let email = text(TextField::Email, Operator::Equal, "a@b.example");
    assert_eq!(condition(r#"emails.value eq "a@b.example""#), email);
    assert_eq!(condition(r#"emails eq "a@b.example""#), email);
    let work = Condition::All(vec![Condition::Constant(true), email]);
    for asked in [
        r#"emails[type eq "work" and value eq "a@b.example"]"#,
        r#"emails[type eq "work"].value eq "a@b.example""#,
    ] {
        assert_eq!(condition(asked), work, "{asked}");
    }
    for asked in ["active eq true", r#"active eq "True""#, "active eq True"] {
        assert_eq!(condition(asked), Condition::Active, "{asked}");
    }
    let changed = "2011-05-13T04:42:34Z";
    let time = chrono::DateTime::parse_from_rfc3339(changed)
        .unwrap()
        .to_utc();
    let since = Condition::Time(TimeField::LastModified, Operator::GreaterOrEqual, time);
    assert_eq!(
        condition(&format!(r#"meta.lastModified ge "{changed}""#)),
        since
    );
}

#[test]
fn and_binds_closer_than_or_and_not_needs_parentheses() {
    let a = || Condition::Present(TextField::ExternalId);
    let t = || Condition::Constant(true);
    let f = || Condition::Constant(false);
    assert_eq!(
        condition("externalId pr or id pr and title pr"),
        Condition::Any(vec![a(), Condition::All(vec![t(), f()])])
    );
    assert_eq!(
        condition("(externalId pr or id pr) and not(title pr)"),
        Condition::All(vec![
            Condition::Any(vec![a(), t()]),
            Condition::Not(Box::new(f()))
        ])
    );
    assert_eq!(
        condition("not (externalId pr) or title pr or id pr"),
        Condition::Any(vec![Condition::Not(Box::new(a())), f(), t()])
    );
}

#[test]
fn of_what_everybody_has_only_the_kind_of_resource_minds_its_case() {
    for (text, holds) in [
        (r#"meta.resourceType eq "User""#, true),
        (r#"meta.resourceType eq "user""#, false),
        (r#"meta.resourceType sw "us""#, false),
        (r#"emails.type eq "WORK""#, true),
        (r#"schemas co "CORE:2.0:user""#, true),
    ] {
        assert_eq!(condition(text), Condition::Constant(holds), "{text}");
    }
}

#[test]
fn no_value_is_absent() {
    let none = Condition::Not(Box::new(Condition::Present(TextField::ExternalId)));
    assert_eq!(condition("externalId eq null"), none);
    assert_eq!(condition(r#"title eq "x""#), Condition::Constant(false));
    assert_eq!(condition(r#"title ne "x""#), Condition::Constant(true));
    let other = "00000000-0000-7000-8000-00000000000A";
    let id = format!(r#"id eq "{other}""#);
    assert_eq!(condition(&id), Condition::Constant(false));
}

#[test]
fn what_cannot_be_asked_is_refused() {
    for asked in [
        "",
        " ",
        "userName",
        "userName eq",
        r#"userName eq "a"#,
        r#"userName eq "\q""#,
        r#"userName eq "\u0000""#,
        "userName eq ada",
        "userName eq 01",
        "userName eq 1",
        "userName co null",
        "userName gt true",
        r#"userName is "a""#,
        r#"userName eq "a" and"#,
        r#"userName eq "a" or or id pr"#,
        r#"userName eq "a") "#,
        r#"(userName eq "a""#,
        r#"userName eq "a" title pr"#,
        r#"not userName eq "a""#,
        r#"nobodys eq "a""#,
        r#"userName.part eq "a""#,
        r#"urn:other:User:userName eq "a""#,
        r#"name eq "a""#,
        r#"meta.version eq "a""#,
        r#"emails[type eq "work""#,
        "emails[emails[type pr]]",
        "emails[emails.type pr]",
        "emails[size pr]",
        r#"userName[type eq "work"]"#,
        "active gt true",
        r#"active eq "yes""#,
        r#"id co "a""#,
        r#"meta.created eq "yesterday""#,
        r#"meta.created co "2011-05-13T04:42:34Z""#,
        "1abc pr",
        "a..b pr",
        ".a pr",
        "urn: pr",
    ] {
        assert!(is_refused(asked), "{asked}");
    }
}

#[test]
fn nothing_that_is_expensive_is_read() {
    let deep = |depth| format!("{}id pr{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(condition(&deep(16)), Condition::Constant(true));
    assert!(is_refused(&deep(17)));
    assert!(is_refused(&deep(2000)));
    let nots = |depth| format!("{}id pr{}", "not (".repeat(depth), ")".repeat(depth));
    assert!(is_refused(&nots(17)));
    let long = |terms| vec!["id pr"; terms].join(" or ");
    assert!(matches!(condition(&long(50)), Condition::Any(terms) if terms.len() == 50));
    assert!(is_refused(&long(51)));
    let wide = |bytes: usize| format!(r#"userName eq "{}""#, "a".repeat(bytes - 14));
    assert_eq!(wide(4096).len(), 4096);
    assert!(!is_refused(&wide(4096)));
    assert!(is_refused(&wide(4097)));
}

fn names() -> impl Strategy<Value = AttributePath> {
    let schema = proptest::option::of("urn:[a-z]{1,4}(:[a-zA-Z0-9.]{1,4}){0,2}:[a-zA-Z0-9]{1,4}");
    let name = "[$]?[a-zA-Z][a-zA-Z0-9_-]{0,5}"
        .prop_filter("a keyword", |name| !name.eq_ignore_ascii_case("not"));
    let part = proptest::option::of("[a-zA-Z][a-zA-Z0-9_-]{0,5}");
    (schema, name, part).prop_map(|(schema, name, part)| AttributePath { schema, name, part })
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<String>().prop_map(Value::Text),
        any::<i32>().prop_map(|number| Value::Number(number.to_string())),
        "-?(0|[1-9][0-9]{0,3})([.][0-9]{1,3})?([eE][+-]?[0-9]{1,2})?".prop_map(Value::Number),
        any::<bool>().prop_map(Value::Bool),
        Just(Value::Null),
    ]
}

fn terms(is_within: bool) -> BoxedStrategy<Filter> {
    let operator = proptest::sample::select(OPERATORS.map(|(_, operator)| operator).to_vec());
    let compare = (names(), operator, values())
        .prop_map(|(path, operator, value)| Filter::Compare(path, operator, value));
    let leaf = prop_oneof![compare, names().prop_map(Filter::Present)];
    let leaf = if is_within {
        leaf.boxed()
    } else {
        let within = (names(), terms(true));
        let within = within.prop_map(|(path, inner)| Filter::Within(path, Box::new(inner)));
        prop_oneof![4 => leaf, 1 => within].boxed()
    };
    leaf.prop_recursive(3, 12, 3, |inner| {
        let many = || proptest::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            inner.clone().prop_map(|inner| Filter::Not(Box::new(inner))),
            many().prop_map(Filter::All),
            many().prop_map(Filter::Any),
        ]
    })
    .boxed()
}

proptest! {
    #[test]
    fn no_text_is_too_much_for_the_parsers(text in any::<String>()) {
        drop(Filter::parse(&text).map(|filter| filter.condition()));
        drop(Path::parse(&text));
    }

    #[test]
    fn nothing_that_looks_like_a_filter_is_too_much(
        text in r#"((not|and|or|eq|pr|co|id|emails|userName|"a"|"\\|\[|\]|\(|\)|[.]|:|true|null|-1e9| ){1,3}){0,20}"#
    ) {
        if let Ok(filter) = Filter::parse(&text) {
            drop(filter.condition());
            prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
        }
        if let Ok(path) = Path::parse(&text) {
            prop_assert_eq!(Path::parse(&path.to_string()), Ok(path));
        }
    }

    #[test]
    fn a_filter_reads_as_it_is_written(filter in terms(false)) {
        let written = filter.to_string();
        if written.len() <= 4096 && written.matches(' ').count() < 50 {
            prop_assert_eq!(Filter::parse(&written), Ok(filter));
        }
    }

    #[test]
    fn a_path_reads_as_it_is_written(
        attribute in names(),
        elements in proptest::option::of((terms(true), proptest::option::of("[a-z]{1,5}"))),
    ) {
        let path = Path { attribute, elements };
        let written = path.to_string();
        if written.len() <= 4096 && written.matches(' ').count() < 50 {
            prop_assert_eq!(Path::parse(&written), Ok(path));
        }
    }
}
