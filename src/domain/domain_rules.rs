//! A team's rules on the domains of the addresses that it admits.

use super::{
    email::{a_label, dotted_a_label},
    roles::Role,
    words::words,
};
use crate::error::{FieldViolation, Rule};

/// The rules of one team at most.
pub const MAX_RULES: usize = 200;

words! {
    /// What a rule does with the addresses that it matches.
    pub enum Effect {
        /// Admits any role.
        Allow = "ALLOW",
        /// Admits guests, and refuses every other role rather than lower it.
        GuestOnly = "GUEST_ONLY",
        /// Admits nobody.
        Deny = "DENY",
    }
}

/// One rule: a pattern and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainRule {
    pattern: String,
    effect: Effect,
}

impl DomainRule {
    /// Reads a pattern: a domain such as `acme.example`, which matches itself alone, or `*.acme.example`, which matches
    /// its subdomains at any depth but not itself. It is kept as an A-label. A wildcard may stand before a single label.
    ///
    /// # Errors
    /// A violation of `field`, with the rules of an address's domain.
    pub fn parse(field: &str, text: &str, effect: Effect) -> Result<Self, FieldViolation> {
        pattern(text.trim())
            .map(|pattern| Self { pattern, effect })
            .map_err(|rule| FieldViolation::new(field, rule))
    }

    /// The pattern, as it is stored and shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.pattern
    }

    /// What the rule does.
    #[must_use]
    pub const fn effect(&self) -> Effect {
        self.effect
    }

    /// How specifically the rule matches a domain, if it does: an exact pattern beats every wildcard, since it is the
    /// only one as long as the domain itself, and a longer wildcard beats a shorter.
    fn specificity(&self, email_domain: &str) -> Option<usize> {
        let Some(parent) = self.pattern.strip_prefix('*') else {
            return (self.pattern == email_domain).then_some(email_domain.len());
        };
        // What is left begins with a dot, as no domain does: it matches whole labels, and only with one more before.
        email_domain.ends_with(parent).then_some(parent.len())
    }
}

fn pattern(text: &str) -> Result<String, Rule> {
    if text.is_empty() {
        return Err(Rule::Required);
    }
    match text.strip_prefix("*.") {
        Some(parent) => a_label(parent).map(|parent| format!("*.{parent}")),
        None => dotted_a_label(text),
    }
}

/// All the rules of a team, no pattern twice. Their order means nothing, but is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DomainRules(Vec<DomainRule>);

impl DomainRules {
    /// Joins rules into a list.
    ///
    /// # Errors
    /// `TooMany` of `field` beyond 200 rules; else `Duplicate` of `field[i].domain` for every pattern that stands there
    /// before.
    pub fn parse(field: &str, rules: Vec<DomainRule>) -> Result<Self, Vec<FieldViolation>> {
        if rules.len() > MAX_RULES {
            return Err(vec![FieldViolation::new(field, Rule::TooMany)]);
        }
        let violations: Vec<_> = (0..rules.len())
            .filter(|&i| {
                rules[..i]
                    .iter()
                    .any(|rule| rule.pattern == rules[i].pattern)
            })
            .map(|i| FieldViolation::new(format!("{field}[{i}].domain"), Rule::Duplicate))
            .collect();
        if violations.is_empty() {
            Ok(Self(rules))
        } else {
            Err(violations)
        }
    }

    /// The rules, in the order given.
    #[must_use]
    pub fn as_slice(&self) -> &[DomainRule] {
        &self.0
    }

    /// Whether somebody with an address in this domain (its A-label, see `Email::domain`) may be given this role. The
    /// most specific rule that matches decides; if none does, he may unless the list has any `ALLOW`.
    #[must_use]
    pub fn admits(&self, email_domain: &str, role: Role) -> bool {
        let decisive = self
            .0
            .iter()
            .filter_map(|rule| Some((rule.specificity(email_domain)?, rule.effect)))
            .max_by_key(|(specificity, _)| *specificity);
        match decisive {
            Some((_, Effect::Allow)) => true,
            Some((_, Effect::GuestOnly)) => match role {
                Role::Guest => true,
                Role::PrimaryAdmin | Role::SecondaryAdmin | Role::SsoAdmin | Role::Member => false,
            },
            Some((_, Effect::Deny)) => false,
            None => !self.0.iter().any(|rule| rule.effect == Effect::Allow),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Effect::{Allow, Deny, GuestOnly};

    fn rules(list: &[(&str, Effect)]) -> DomainRules {
        let rules = list
            .iter()
            .map(|(text, effect)| DomainRule::parse("domain", text, *effect).unwrap())
            .collect();
        DomainRules::parse("domain_rules", rules).unwrap()
    }

    #[test]
    fn the_most_specific_rule_decides() {
        let rules = rules(&[
            ("*.example", Deny),
            ("*.acme.example", Allow),
            ("eu.acme.example", Deny),
            ("*.eu.acme.example", GuestOnly),
        ]);
        for (domain, member, guest) in [
            ("other.example", false, false),
            ("acme.example", false, false),
            ("us.acme.example", true, true),
            ("a.us.acme.example", true, true),
            ("eu.acme.example", false, false),
            ("a.eu.acme.example", false, true),
            ("notacme.example", false, false),
            ("elsewhere.test", false, false),
        ] {
            assert_eq!(rules.admits(domain, Role::Member), member, "{domain}");
            assert_eq!(rules.admits(domain, Role::Guest), guest, "{domain}");
        }
    }

    #[test]
    fn the_order_of_the_rules_means_nothing() {
        let list = [
            ("*.acme.example", Deny),
            ("eu.acme.example", Allow),
            ("*.example", Allow),
        ];
        let mut reversed = list;
        reversed.reverse();
        for domain in ["acme.example", "eu.acme.example", "us.acme.example", "a.b"] {
            assert_eq!(
                rules(&list).admits(domain, Role::Member),
                rules(&reversed).admits(domain, Role::Member)
            );
        }
    }

    #[test]
    fn a_wildcard_matches_whole_labels_below_its_domain_only() {
        let rules = rules(&[("*.acme.example", Deny)]);
        assert!(rules.admits("acme.example", Role::Member));
        assert!(rules.admits("notacme.example", Role::Member));
        assert!(!rules.admits("a.acme.example", Role::Member));
        assert!(!rules.admits("a.b.acme.example", Role::Member));
    }

    #[test]
    fn an_exact_rule_does_not_match_subdomains() {
        let rules = rules(&[("acme.example", Deny)]);
        assert!(!rules.admits("acme.example", Role::Guest));
        assert!(rules.admits("eu.acme.example", Role::Guest));
    }

    #[test]
    fn without_a_match_only_an_allow_in_the_list_refuses() {
        for (list, admitted) in [
            (vec![], true),
            (vec![("acme.example", Deny)], true),
            (vec![("acme.example", GuestOnly)], true),
            (vec![("acme.example", Allow)], false),
            (
                vec![("acme.example", Deny), ("*.globex.example", Allow)],
                false,
            ),
        ] {
            assert_eq!(
                rules(&list).admits("other.example", Role::Member),
                admitted,
                "{list:?}"
            );
        }
    }

    #[test]
    fn guest_only_refuses_every_role_but_guest() {
        let rules = rules(&[("acme.example", GuestOnly)]);
        for role in Role::ALL {
            assert_eq!(rules.admits("acme.example", *role), *role == Role::Guest);
        }
    }

    #[test]
    fn a_pattern_is_kept_as_its_a_label() {
        for (text, stored) in [
            ("ACME.example", "acme.example"),
            (" Bücher.example ", "xn--bcher-kva.example"),
            ("*.Bücher.example", "*.xn--bcher-kva.example"),
            ("*.edu", "*.edu"),
        ] {
            let rule = DomainRule::parse("domain", text, Allow).unwrap();
            assert_eq!(rule.as_str(), stored);
            assert_eq!(DomainRule::parse("domain", stored, Allow), Ok(rule));
        }
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        for (text, rule) in [
            ("", Rule::Required),
            ("localhost", Rule::Malformed),
            ("*", Rule::Malformed),
            ("*.", Rule::Malformed),
            ("*.*.acme.example", Rule::Malformed),
            ("a*.acme.example", Rule::Malformed),
            ("eu.*.acme.example", Rule::Malformed),
            ("@acme.example", Rule::Malformed),
            ("ada@acme.example", Rule::Malformed),
            ("127.0.0.1", Rule::Malformed),
            ("acme.example.", Rule::Malformed),
        ] {
            let violation = DomainRule::parse("domain", text, Deny).unwrap_err();
            assert_eq!(violation, FieldViolation::new("domain", rule), "{text:?}");
        }
    }

    #[test]
    fn every_pattern_that_stands_there_before_is_named() {
        let rules = ["a.example", "b.example", "A.example", "a.example"]
            .map(|text| DomainRule::parse("domain", text, Allow).unwrap());
        assert_eq!(
            DomainRules::parse("domain_rules", rules.to_vec()),
            Err(vec![
                FieldViolation::new("domain_rules[2].domain", Rule::Duplicate),
                FieldViolation::new("domain_rules[3].domain", Rule::Duplicate),
            ])
        );
    }

    #[test]
    fn a_list_has_at_most_200_rules() {
        let list = |length| {
            let rules = (0..length)
                .map(|i| DomainRule::parse("domain", &format!("d{i}.example"), Deny).unwrap())
                .collect();
            DomainRules::parse("domain_rules", rules)
        };
        assert!(list(200).is_ok());
        assert_eq!(
            list(201),
            Err(vec![FieldViolation::new("domain_rules", Rule::TooMany)])
        );
    }
}
