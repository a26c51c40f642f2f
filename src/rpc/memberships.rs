//! Questions about memberships, read and answered.

use uuid::Uuid;

use super::{members, values::id};
use crate::{
    domain::{permissions::Permission, roles::Role},
    error::{Result, Rule, Violations},
    proto,
};

/// How many questions one call may ask.
const MAX_CHECKS: usize = 1_000;

/// How many permissions one call may ask about.
const MAX_PERMISSIONS: usize = 100;

/// Reads one question.
pub(super) fn check(message: &proto::CheckMembershipRequest) -> Result<(Uuid, Uuid)> {
    let mut violations = Violations::new();
    let pair = pair("", message, &mut violations);
    violations.finish(pair)
}

/// Reads many.
pub(super) fn checks(message: &proto::BatchCheckMembershipsRequest) -> Result<Vec<(Uuid, Uuid)>> {
    let mut violations = Violations::new();
    match message.checks.len() {
        0 => violations.add("checks", Rule::Required),
        1..=MAX_CHECKS => {}
        _ => {
            violations.add("checks", Rule::TooMany);
            return violations.finish(None);
        }
    }
    let mut pairs = Vec::with_capacity(message.checks.len());
    for (index, one) in message.checks.iter().enumerate() {
        pairs.extend(pair(&format!("checks[{index}]."), one, &mut violations));
    }
    violations.finish(Some(pairs))
}

fn pair(
    place: &str,
    message: &proto::CheckMembershipRequest,
    violations: &mut Violations,
) -> Option<(Uuid, Uuid)> {
    let team = violations.take(id(&format!("{place}team_id"), &message.team_id));
    let user = violations.take(id(&format!("{place}user_id"), &message.user_id));
    team.zip(user)
}

/// The answer to one question.
pub(super) fn checked(active: Option<Role>) -> proto::CheckMembershipResponse {
    proto::CheckMembershipResponse {
        active: active.is_some(),
        role: active
            .map_or(proto::Role::Unspecified, members::role)
            .into(),
    }
}

/// Reads whose permissions are asked for, and which.
pub(super) fn test(
    message: &proto::TestPermissionsRequest,
) -> Result<((Uuid, Uuid), Vec<Permission>)> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    let actor = violations.take(id("actor_user_id", &message.actor_user_id));
    let asked = permissions("permissions", &message.permissions, &mut violations);
    violations.finish(team.zip(actor).map(|pair| (pair, asked)))
}

fn permissions(field: &str, words: &[String], violations: &mut Violations) -> Vec<Permission> {
    match words.len() {
        0 => violations.add(field, Rule::Required),
        1..=MAX_PERMISSIONS => {}
        _ => {
            violations.add(field, Rule::TooMany);
            return Vec::new();
        }
    }
    let mut all = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        match Permission::of(word) {
            Some(permission) => all.push(permission),
            None => violations.add(format!("{field}[{index}]"), Rule::UnknownValue),
        }
    }
    all
}
