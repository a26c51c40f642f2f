//! What accounts say of people, from the wire.

use super::{
    members,
    values::{id, paths, word},
};
use crate::{
    app::{self, users::Update},
    domain::{
        email::Email,
        languages::Language,
        names::PersonName,
        texts::{ExternalId, JobTitle, Phone, TimeZone, optional},
        users::{Profile, ProfileChanges},
    },
    error::{Result, Rule, Violations},
    proto,
};

/// Reads a new account and its membership.
pub(super) fn create(message: &proto::CreateUserRequest) -> Result<app::invitations::Create> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    let email = violations.take(Email::parse("email", &message.email));
    let role = violations.take(word("role", message.role, members::read_inviting_role));
    if role == Some(None) {
        violations.add("role", Rule::Required);
    }
    let profile = profile(message, &mut violations);
    let command = (|| {
        Some(app::invitations::Create {
            team_id: team?,
            email: email?,
            profile: profile?,
            role: role??,
        })
    })();
    violations.finish(command)
}

fn profile(message: &proto::CreateUserRequest, violations: &mut Violations) -> Option<Profile> {
    let given = violations.take(PersonName::parse("given_name", &message.given_name));
    let family = violations.take(PersonName::parse("family_name", &message.family_name));
    let language = violations.take(Language::parse("language", &message.language));
    let phone = violations.take(optional(Phone::parse, "phone", &message.phone));
    let zone = violations.take(optional(TimeZone::parse, "time_zone", &message.time_zone));
    let title = violations.take(optional(JobTitle::parse, "job_title", &message.job_title));
    let external_id = violations.take(optional(
        ExternalId::parse,
        "external_id",
        &message.external_id,
    ));
    Some(Profile {
        given_name: given?,
        family_name: family?,
        language: Some(language?),
        phone: phone?,
        time_zone: zone?,
        job_title: title?,
        external_id: external_id?,
    })
}

/// What an update mask of an account may name.
const UPDATABLE: [&str; 7] = [
    "given_name",
    "family_name",
    "language",
    "phone",
    "time_zone",
    "job_title",
    "external_id",
];

/// Reads changes of a profile.
pub(super) fn update(message: &proto::UpdateUserRequest) -> Result<Update> {
    let mut violations = Violations::new();
    let user = message.user.clone().unwrap_or_default();
    let user_id = violations.take(id("user.id", &user.id));
    let mut changes = ProfileChanges::default();
    for path in paths(message.update_mask.as_ref(), &UPDATABLE, &mut violations) {
        let field = format!("user.{path}");
        match path {
            "given_name" => {
                changes.given_name = violations.take(PersonName::parse(&field, &user.given_name));
            }
            "family_name" => {
                changes.family_name = violations.take(PersonName::parse(&field, &user.family_name));
            }
            "language" => {
                changes.language =
                    violations.take(optional(Language::parse, &field, &user.language));
            }
            "phone" => {
                changes.phone = violations.take(optional(Phone::parse, &field, &user.phone));
            }
            "time_zone" => {
                changes.time_zone =
                    violations.take(optional(TimeZone::parse, &field, &user.time_zone));
            }
            "job_title" => {
                changes.job_title =
                    violations.take(optional(JobTitle::parse, &field, &user.job_title));
            }
            "external_id" => {
                changes.external_id =
                    violations.take(optional(ExternalId::parse, &field, &user.external_id));
            }
            // `paths` has noted every other one.
            _ => {}
        }
    }
    let team_id = violations.take(optional(id, "team_id", &message.team_id));
    violations.finish(team_id.zip(user_id).map(|(team_id, user_id)| Update {
        team_id,
        user_id,
        changes,
    }))
}
