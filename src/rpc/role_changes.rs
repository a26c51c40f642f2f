//! What a member is to become, as `UpdateMember` asks for it.

use uuid::Uuid;

use super::{
    members::read_inviting_role,
    values::{id, paths, word},
};
use crate::{
    app::members::Update,
    domain::{custom_roles::MAX_OF_MEMBER, role_changes::Wanted},
    error::{Result, Rule, Violations},
    proto,
};

/// Reads the whole request.
pub(super) fn update(message: &proto::UpdateMemberRequest) -> Result<Update> {
    let mut violations = Violations::new();
    let allowed = ["role", "custom_role_ids"];
    let paths = paths(message.update_mask.as_ref(), &allowed, &mut violations);
    let Some(member) = &message.member else {
        violations.add("member", Rule::Required);
        return violations.finish(None);
    };
    let team = violations.take(id("member.team_id", &member.team_id));
    let user = violations.take(id("member.user_id", &member.user_id));
    let mut wanted = Wanted::default();
    if paths.contains(&"role") {
        match violations.take(word("member.role", member.role, read_inviting_role)) {
            Some(None) => violations.add("member.role", Rule::Required),
            given => wanted.role = given.flatten(),
        }
    }
    if paths.contains(&"custom_role_ids") {
        wanted.custom_role_ids = custom_roles(&member.custom_role_ids, &mut violations);
    }
    let command = team.zip(user).map(|(team_id, user_id)| Update {
        team_id,
        user_id,
        wanted,
    });
    violations.finish(command)
}

/// None at all are some, too: the member is to have none.
fn custom_roles(texts: &[String], violations: &mut Violations) -> Option<Vec<Uuid>> {
    let field = "member.custom_role_ids";
    if texts.len() > MAX_OF_MEMBER {
        violations.add(field, Rule::TooMany);
        return None;
    }
    let mut ids = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let place = format!("{field}[{index}]");
        match violations.take(id(&place, text)) {
            Some(id) if ids.contains(&id) => violations.add(place, Rule::Duplicate),
            given => ids.extend(given),
        }
    }
    ids.sort_unstable();
    Some(ids)
}
