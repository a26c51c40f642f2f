//! How a request names an account.

use uuid::Uuid;

use super::values::id;
use crate::{
    app::users::Key,
    domain::{email::Email, texts::optional},
    error::{FieldViolation, Result, Rule, Violations},
    proto::{self, get_user_request},
};

/// Reads which account is wanted, and of which team's people.
pub(super) fn wanted(message: &proto::GetUserRequest) -> Result<(Option<Uuid>, Key)> {
    let mut violations = Violations::new();
    let key = match &message.key {
        None => Err(FieldViolation::new("key", Rule::Required)),
        Some(get_user_request::Key::UserId(text)) => id("user_id", text).map(Key::Id),
        Some(get_user_request::Key::Email(text)) => Email::parse("email", text).map(Key::Email),
        Some(get_user_request::Key::SsoIdentity(it)) => {
            let issuer = given("sso_identity.issuer", &it.issuer);
            let subject = violations.take(given("sso_identity.subject", &it.subject));
            issuer.map(|issuer| Key::Identity(issuer, subject.unwrap_or_default()))
        }
    };
    let key = violations.take(key);
    let team = violations.take(optional(id, "team_id", &message.team_id));
    violations.finish(team.zip(key))
}

/// A text to be compared with, of a length that anything could have.
fn given(field: &str, text: &str) -> Result<String, FieldViolation> {
    match text.len() {
        0 => Err(FieldViolation::new(field, Rule::Required)),
        1..=1_024 => Ok(text.to_owned()),
        _ => Err(FieldViolation::new(field, Rule::TooLong)),
    }
}
