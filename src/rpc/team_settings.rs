//! A team's settings from the wire.

use uuid::Uuid;

use super::values::{id, paths, word, words};
use crate::{
    app,
    domain::{
        domain_rules::{DomainRule, DomainRules, Effect, MAX_RULES},
        languages::Language,
        names::DisplayName,
        teams::{
            Entitlement, InvitationTtl, RejoinPolicy, TeamSettings, VerifiedAccountPolicy,
            seat_limit,
        },
        texts::{ExternalId, optional},
    },
    error::{Result, Rule, Violations},
    proto,
};

/// Reads the settings of a new team.
pub(super) fn settings(
    message: &proto::CreateTeamRequest,
    violations: &mut Violations,
) -> Option<TeamSettings> {
    let display_name = violations.take(DisplayName::parse("display_name", &message.display_name));
    let external_id = violations.take(optional(
        ExternalId::parse,
        "external_id",
        &message.external_id,
    ));
    let seat_limit = violations.take(seat_limit("seat_limit", message.seat_limit));
    let invitation_ttl = ttl("invitation_ttl", message.invitation_ttl, violations);
    let policy = policy(
        "verified_account_policy",
        message.verified_account_policy,
        violations,
    );
    let language = language("default_language", &message.default_language, violations);
    let domain_rules = rules("domain_rules", &message.domain_rules, violations);
    let entitlements = entitlements("entitlements", &message.entitlements, violations);
    let rejoin = rejoin("rejoin_policy", message.rejoin_policy, violations);
    Some(TeamSettings {
        display_name: display_name?,
        external_id: external_id?,
        seat_limit: seat_limit?,
        invitation_ttl: invitation_ttl?,
        verified_account_policy: policy?,
        default_language: language?,
        domain_rules: domain_rules?,
        entitlements,
        rejoin_policy: rejoin?,
    })
}

fn ttl(
    field: &str,
    given: Option<prost_types::Duration>,
    violations: &mut Violations,
) -> Option<InvitationTtl> {
    match given {
        None => Some(InvitationTtl::default()),
        Some(time) => violations.take(InvitationTtl::parse(field, time.seconds, time.nanos)),
    }
}

fn policy(field: &str, number: i32, violations: &mut Violations) -> Option<VerifiedAccountPolicy> {
    let given = violations.take(word(field, number, |policy| match policy {
        proto::VerifiedAccountPolicy::Unspecified => None,
        proto::VerifiedAccountPolicy::AddAtOnce => Some(VerifiedAccountPolicy::AddAtOnce),
        proto::VerifiedAccountPolicy::AskFirst => Some(VerifiedAccountPolicy::AskFirst),
    }))?;
    Some(given.unwrap_or(VerifiedAccountPolicy::AddAtOnce))
}

fn rejoin(field: &str, number: i32, violations: &mut Violations) -> Option<RejoinPolicy> {
    let given = violations.take(word(field, number, |policy| match policy {
        proto::RejoinPolicy::Unspecified => None,
        proto::RejoinPolicy::AdminsOnly => Some(RejoinPolicy::AdminsOnly),
        proto::RejoinPolicy::AnySource => Some(RejoinPolicy::AnySource),
    }))?;
    Some(given.unwrap_or(RejoinPolicy::AdminsOnly))
}

fn language(field: &str, text: &str, violations: &mut Violations) -> Option<Language> {
    let given = violations.take(optional(Language::parse, field, text))?;
    Some(given.unwrap_or_default())
}

fn rules(
    field: &str,
    given: &[proto::DomainRule],
    violations: &mut Violations,
) -> Option<DomainRules> {
    if given.len() > MAX_RULES {
        violations.add(field, Rule::TooMany);
        return None;
    }
    let mut rules = Vec::with_capacity(given.len());
    let mut sound = true;
    for (index, rule) in given.iter().enumerate() {
        let place = format!("{field}[{index}].effect");
        let effect = violations.take(word(&place, rule.effect, |effect| match effect {
            proto::DomainRuleEffect::Unspecified => None,
            proto::DomainRuleEffect::Allow => Some(Effect::Allow),
            proto::DomainRuleEffect::GuestOnly => Some(Effect::GuestOnly),
            proto::DomainRuleEffect::Deny => Some(Effect::Deny),
        }));
        if effect == Some(None) {
            violations.add(place, Rule::Required);
        }
        // The pattern is judged whatever the effect is, and every rule whatever the others are.
        let judged = effect.flatten().unwrap_or(Effect::Deny);
        let place = format!("{field}[{index}].domain");
        let parsed = violations.take(DomainRule::parse(&place, &rule.domain, judged));
        sound &= parsed.is_some() && effect.flatten().is_some();
        rules.extend(parsed);
    }
    if !sound {
        return None;
    }
    match DomainRules::parse(field, rules) {
        Ok(rules) => Some(rules),
        Err(broken) => {
            for violation in broken {
                violations.add(violation.field, violation.rule);
            }
            None
        }
    }
}

/// Each once, in the order of their declaration.
fn entitlements(field: &str, given: &[i32], violations: &mut Violations) -> Vec<Entitlement> {
    let given = words(field, given, violations, |entitlement| match entitlement {
        proto::Entitlement::Unspecified => None,
        proto::Entitlement::DirectorySync => Some(Entitlement::DirectorySync),
    });
    let all = Entitlement::ALL.iter().copied();
    all.filter(|one| given.contains(one)).collect()
}

/// What an update mask of a team may name.
const UPDATABLE: [&str; 9] = [
    "rejoin_policy",
    "entitlements",
    "display_name",
    "external_id",
    "seat_limit",
    "invitation_ttl",
    "verified_account_policy",
    "default_language",
    "domain_rules",
];

/// Reads changes to the settings of a team.
pub(super) fn update(message: &proto::UpdateTeamRequest) -> Result<(Uuid, app::teams::Update)> {
    let mut violations = Violations::new();
    let team = message.team.clone().unwrap_or_default();
    let team_id = violations.take(id("team.id", &team.id));
    let mut changes = app::teams::Update::default();
    for path in paths(message.update_mask.as_ref(), &UPDATABLE, &mut violations) {
        let field = format!("team.{path}");
        match path {
            "display_name" => {
                changes.display_name =
                    violations.take(DisplayName::parse(&field, &team.display_name));
            }
            "external_id" => {
                changes.external_id =
                    violations.take(optional(ExternalId::parse, &field, &team.external_id));
            }
            "seat_limit" => {
                changes.seat_limit = violations.take(seat_limit(&field, team.seat_limit));
            }
            "invitation_ttl" => {
                changes.invitation_ttl = ttl(&field, team.invitation_ttl, &mut violations);
            }
            "verified_account_policy" => {
                changes.verified_account_policy =
                    policy(&field, team.verified_account_policy, &mut violations);
            }
            "default_language" => {
                changes.default_language =
                    language(&field, &team.default_language, &mut violations);
            }
            "domain_rules" => {
                changes.domain_rules = rules(&field, &team.domain_rules, &mut violations);
            }
            "entitlements" => {
                changes.entitlements =
                    Some(entitlements(&field, &team.entitlements, &mut violations));
            }
            "rejoin_policy" => {
                changes.rejoin_policy = rejoin(&field, team.rejoin_policy, &mut violations);
            }
            // `paths` has noted every other one.
            _ => {}
        }
    }
    violations.finish(team_id.map(|team_id| (team_id, changes)))
}
