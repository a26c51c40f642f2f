//! SSO connections: which OpenID provider signs a team's people in, and how its tokens are read.

use uuid::Uuid;

use super::{
    etags::Etag,
    names::{DisplayName, checked_texts, is_hidden, is_joiner},
    provider_urls::ProviderUrl,
    words::words,
};
use crate::{
    clock::Time,
    error::{Error, Reason, Result, Rule, Violations},
};

/// What it is called where a refusal names one.
pub const KIND: &str = "muster.v1.SsoConnection";
/// How many a team may have.
pub const MAX_OF_TEAM: u64 = 10;
/// The bytes of a key set at most.
pub const MAX_KEYS_BYTES: usize = 64 * 1024;
/// The code points of an audience or a claim's name at most.
const MAX_TEXT: usize = 255;

words! {
    /// With what a token may be signed. Nothing with a shared secret, and not `none`.
    pub enum Algorithm {
        /// RSASSA-PKCS1-v1_5 with SHA-256.
        Rs256 = "RS256",
        /// The same with SHA-384.
        Rs384 = "RS384",
        /// The same with SHA-512.
        Rs512 = "RS512",
        /// RSASSA-PSS with SHA-256.
        Ps256 = "PS256",
        /// ECDSA on P-256 with SHA-256.
        Es256 = "ES256",
        /// ECDSA on P-384 with SHA-384.
        Es384 = "ES384",
        /// Ed25519.
        EdDsa = "EdDSA",
    }
}

checked_texts! {
    /// The `aud` that tokens must name, kept to the letter.
    pub struct Audience = exact;
    /// The name of a claim, kept to the letter.
    pub struct ClaimName = exact;
}

/// One line of text without blanks around it, of at most 255 code points.
fn exact(text: &str) -> Result<String, Rule> {
    if text.trim().is_empty() {
        return Err(Rule::Required);
    }
    if text.chars().count() > MAX_TEXT {
        return Err(Rule::TooLong);
    }
    if text.chars().any(|c| is_hidden(c) || is_joiner(c)) {
        return Err(Rule::ControlCharacter);
    }
    if text.trim() != text {
        return Err(Rule::Malformed);
    }
    Ok(text.to_owned())
}

/// Where a provider's keys are from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// They are read there.
    Uri(ProviderUrl),
    /// These, as a JSON Web Key Set.
    Set(String),
}

/// Which claims say what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimNames {
    /// The address.
    pub email: ClaimName,
    /// That the address is verified.
    pub email_verified: ClaimName,
    /// The given name.
    pub given_name: ClaimName,
    /// The family name.
    pub family_name: ClaimName,
}

/// What may be changed of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsoSettings {
    /// Its name.
    pub display_name: DisplayName,
    /// The `aud` that tokens must name.
    pub audience: Audience,
    /// The keys.
    pub keys: KeySource,
    /// With what tokens may be signed: each once, in the order of [`Algorithm::ALL`].
    pub algorithms: Vec<Algorithm>,
    /// Which claims say what.
    pub claims: ClaimNames,
    /// Whether a first sign-in makes an account and a membership.
    pub jit_enabled: bool,
    /// Whether a sign-in gives the account the names of its token.
    pub profile_refresh_enabled: bool,
}

/// A connection of a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsoConnection {
    /// Its id.
    pub id: Uuid,
    /// The team.
    pub team_id: Uuid,
    /// Whose tokens it takes, for good.
    pub issuer: ProviderUrl,
    /// What may be changed.
    pub settings: SsoSettings,
    /// When it was made.
    pub create_time: Time,
    /// When it last changed.
    pub update_time: Time,
}

impl SsoSettings {
    /// All that it holds, in one order.
    fn words(&self) -> Vec<&str> {
        let keys = match &self.keys {
            KeySource::Uri(url) => ["uri", url.as_str()],
            KeySource::Set(set) => ["set", set],
        };
        let flag = |flag| if flag { "yes" } else { "no" };
        let mut words = vec![
            self.display_name.as_str(),
            self.audience.as_str(),
            self.claims.email.as_str(),
            self.claims.email_verified.as_str(),
            self.claims.given_name.as_str(),
            self.claims.family_name.as_str(),
            flag(self.jit_enabled),
            flag(self.profile_refresh_enabled),
        ];
        words.extend(keys);
        words.extend(self.algorithms.iter().map(|one| one.word()));
        words
    }
}

/// Changes to a connection; `None` leaves a part as it is.
#[derive(Debug, Clone, Default)]
pub struct SsoChanges {
    /// Its name.
    pub display_name: Option<DisplayName>,
    /// The audience.
    pub audience: Option<Audience>,
    /// The keys.
    pub keys: Option<KeySource>,
    /// The algorithms.
    pub algorithms: Option<Vec<Algorithm>>,
    /// The claim with the address.
    pub email_claim: Option<ClaimName>,
    /// The claim that it is verified.
    pub email_verified_claim: Option<ClaimName>,
    /// The claim with the given name.
    pub given_name_claim: Option<ClaimName>,
    /// The claim with the family name.
    pub family_name_claim: Option<ClaimName>,
    /// Whether first sign-ins make members.
    pub jit_enabled: Option<bool>,
    /// Whether names are refreshed.
    pub profile_refresh_enabled: Option<bool>,
}

impl SsoConnection {
    /// Changes whenever the connection does.
    #[must_use]
    pub fn etag(&self) -> String {
        Etag::new()
            .text(&self.team_id.to_string())
            .text(&self.id.to_string())
            .time(Some(self.create_time))
            .time(Some(self.update_time))
            // Two changes within one microsecond are not told apart by the time alone.
            .text(&self.settings.words().join("\n"))
            .finish()
    }

    /// The connection with these changes, and the names of the fields that have another value then.
    #[must_use]
    pub fn changed(&self, changes: &SsoChanges, now: Time) -> (Self, Vec<&'static str>) {
        let mut after = self.clone();
        let (old, new) = (&self.settings, &mut after.settings);
        let mut fields = Vec::new();
        let mut note = |name, differs| {
            if differs {
                fields.push(name);
            }
        };
        note(
            "display_name",
            set(&mut new.display_name, changes.display_name.as_ref()),
        );
        note(
            "audience",
            set(&mut new.audience, changes.audience.as_ref()),
        );
        let keys = set(&mut new.keys, changes.keys.as_ref());
        let is_uri = |keys: &KeySource| matches!(keys, KeySource::Uri(_));
        note("jwks_uri", keys && (is_uri(&old.keys) || is_uri(&new.keys)));
        note("jwks", keys && !(is_uri(&old.keys) && is_uri(&new.keys)));
        note(
            "algorithms",
            set(&mut new.algorithms, changes.algorithms.as_ref()),
        );
        let names = &mut new.claims;
        note(
            "email_claim",
            set(&mut names.email, changes.email_claim.as_ref()),
        );
        note(
            "email_verified_claim",
            set(
                &mut names.email_verified,
                changes.email_verified_claim.as_ref(),
            ),
        );
        note(
            "given_name_claim",
            set(&mut names.given_name, changes.given_name_claim.as_ref()),
        );
        note(
            "family_name_claim",
            set(&mut names.family_name, changes.family_name_claim.as_ref()),
        );
        note(
            "jit_enabled",
            set(&mut new.jit_enabled, changes.jit_enabled.as_ref()),
        );
        note(
            "profile_refresh_enabled",
            set(
                &mut new.profile_refresh_enabled,
                changes.profile_refresh_enabled.as_ref(),
            ),
        );
        if !fields.is_empty() {
            after.update_time = now;
        }
        (after, fields)
    }
}

/// Gives a part another value; whether it had another one.
fn set<T: Clone + PartialEq>(part: &mut T, value: Option<&T>) -> bool {
    match value {
        Some(value) if value != part => {
            part.clone_from(value);
            true
        }
        _ => false,
    }
}

/// Puts algorithms in order.
#[must_use]
pub fn algorithms(
    field: &str,
    given: &[Option<Algorithm>],
    violations: &mut Violations,
) -> Option<Vec<Algorithm>> {
    if given.is_empty() {
        violations.add(field, Rule::Required);
        return None;
    }
    if given.len() > Algorithm::ALL.len() {
        violations.add(field, Rule::TooMany);
        return None;
    }
    let mut all = Vec::with_capacity(given.len());
    for (index, one) in given.iter().enumerate() {
        match one {
            None => violations.add(format!("{field}[{index}]"), Rule::UnknownValue),
            Some(one) if all.contains(one) => {
                violations.add(format!("{field}[{index}]"), Rule::Duplicate);
            }
            Some(one) => all.push(*one),
        }
    }
    all.sort_unstable();
    Some(all)
}

/// Whether a team that has so many connections may have another one.
///
/// # Errors
/// `SSO_CONNECTIONS_USED_UP`.
pub fn another(count: u64) -> Result<()> {
    if count < MAX_OF_TEAM {
        Ok(())
    } else {
        Err(Error::Refused(Reason::SsoConnectionsUsedUp))
    }
}

/// The refusal of a connection that the team does not have.
#[must_use]
pub fn missing(id: Uuid) -> Error {
    Error::not_found(Reason::SsoConnectionNotFound, KIND, id)
}
