//! What an ID token says whose signature is good: who signed in, or why it does not count.

use serde_json::{Map, Value};

use super::{
    email::Email,
    names::PersonName,
    sso::{ClaimName, SsoConnection},
    words::words,
};
use crate::{
    clock::Time,
    error::{Error, Result},
};

/// By how many seconds the provider's clock may differ from ours.
const LEEWAY: i64 = 60;
/// The bytes of a subject at most (OpenID Connect Core 1.0, section 2).
const MAX_SUBJECT: usize = 255;

words! {
    /// Why a token does not count.
    pub enum TokenFault {
        /// It is no token.
        Malformed = "MALFORMED",
        /// No connection takes tokens of its issuer.
        Issuer = "ISSUER",
        /// It is signed with what the connection does not take.
        Algorithm = "ALGORITHM",
        /// The provider has no key of that id and kind.
        Key = "KEY",
        /// The signature is not that key's.
        Signature = "SIGNATURE",
        /// It was made for somebody else.
        Audience = "AUDIENCE",
        /// It was given to somebody else.
        AuthorizedParty = "AUTHORIZED_PARTY",
        /// It is past its time, or has none.
        Expired = "EXPIRED",
        /// Its time has not come, or it does not say when it was made.
        NotYet = "NOT_YET",
        /// It does not say who signed in.
        Subject = "SUBJECT",
        /// The address in it is not verified, or is none.
        Email = "EMAIL",
        /// Nobody has signed in with it before.
        Identity = "IDENTITY",
    }
}

impl From<TokenFault> for Error {
    fn from(fault: TokenFault) -> Self {
        Self::BadToken(fault.word())
    }
}

/// Somebody who signed in.
#[derive(Clone)]
pub struct SignIn {
    /// Who he is to the issuer.
    pub subject: String,
    /// His verified address, if the token has one.
    pub email: Option<Email>,
    /// His given name, if it can be kept.
    pub given_name: Option<PersonName>,
    /// His family name, if it can be kept.
    pub family_name: Option<PersonName>,
}

/// Reads the claims of a token whose signature is good, by OpenID Connect Core 1.0, section 3.1.3.7.
///
/// # Errors
/// The first fault.
pub fn sign_in(
    connection: &SsoConnection,
    claims: &Map<String, Value>,
    now: Time,
) -> Result<SignIn, TokenFault> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(connection.issuer.as_str()) {
        return Err(TokenFault::Issuer);
    }
    audience(claims, connection.settings.audience.as_str())?;
    times(claims, now.timestamp())?;
    let subject = text("sub").ok_or(TokenFault::Subject)?;
    let is_plain = |c: char| !c.is_control();
    if subject.is_empty() || subject.len() > MAX_SUBJECT || !subject.chars().all(is_plain) {
        return Err(TokenFault::Subject);
    }
    let names = &connection.settings.claims;
    let name = |claim: &ClaimName| {
        let given = text(claim.as_str())?;
        PersonName::parse("name", given).ok()
    };
    Ok(SignIn {
        subject: subject.to_owned(),
        email: email(claims, (&names.email, &names.email_verified))?,
        given_name: name(&names.given_name),
        family_name: name(&names.family_name),
    })
}

/// That the token was made for the audience, and given to it alone.
fn audience(claims: &Map<String, Value>, ours: &str) -> Result<(), TokenFault> {
    let (named, is_only) = match claims.get("aud") {
        Some(Value::String(only)) => (only == ours, true),
        Some(Value::Array(all)) => {
            let is_ours = |one: &Value| one.as_str() == Some(ours);
            (all.iter().any(is_ours), all.len() == 1)
        }
        _ => (false, true),
    };
    if !named {
        return Err(TokenFault::Audience);
    }
    match claims.get("azp") {
        None if is_only => Ok(()),
        Some(party) if party.as_str() == Some(ours) => Ok(()),
        _ => Err(TokenFault::AuthorizedParty),
    }
}

fn times(claims: &Map<String, Value>, now: i64) -> Result<(), TokenFault> {
    let end = claims.get("exp").and_then(moment);
    if end.is_none_or(|end| now >= end.saturating_add(LEEWAY)) {
        return Err(TokenFault::Expired);
    }
    let has_come = |claim: &Value| moment(claim).is_some_and(|at| at <= now.saturating_add(LEEWAY));
    let is_made = claims.get("iat").is_some_and(has_come);
    if is_made && claims.get("nbf").is_none_or(has_come) {
        Ok(())
    } else {
        Err(TokenFault::NotYet)
    }
}

/// Seconds since 1970 (RFC 7519, `NumericDate`).
fn moment(claim: &Value) -> Option<i64> {
    let whole = |seconds: f64| {
        // Beyond that a float holds no whole seconds, and no clock shows them.
        let is_near = seconds.abs() < 1e15;
        #[expect(clippy::cast_possible_truncation, reason = "far within an i64")]
        is_near.then_some(seconds.floor() as i64)
    };
    claim.as_i64().or_else(|| claim.as_f64().and_then(whole))
}

/// The address, which must be verified if there is one.
fn email(
    claims: &Map<String, Value>,
    (name, verified): (&ClaimName, &ClaimName),
) -> Result<Option<Email>, TokenFault> {
    let Some(address) = claims.get(name.as_str()) else {
        return Ok(None);
    };
    // Text that says so is no promise: "false" would be one too.
    if claims.get(verified.as_str()) != Some(&Value::Bool(true)) {
        return Err(TokenFault::Email);
    }
    let text = address.as_str().ok_or(TokenFault::Email)?;
    let email = Email::parse("email", text).map_err(|_| TokenFault::Email)?;
    Ok(Some(email))
}

#[cfg(test)]
mod tests;
