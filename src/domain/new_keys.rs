//! Keys that are to be made: what they may be limited to, and what goes together.

use uuid::Uuid;

use super::{
    keys::Scope,
    names::{DisplayName, checked_texts},
};
use crate::{
    clock::Time,
    error::{Error, FieldViolation, Reason, Result, Rule},
};

/// The characters of a certificate's name at most: those of a domain name.
const MAX_CERTIFICATE_NAME: usize = 253;

/// The live keys that one name may have, so that a new one can replace an old one without a gap.
const SLOTS: [i32; 2] = [1, 2];

checked_texts! {
    /// A subject alternative name of a client certificate, as it stands there: 1 to 253 visible ASCII characters.
    pub struct CertificateName = certificate_name;
}

fn certificate_name(text: &str) -> Result<String, Rule> {
    if text.is_empty() {
        return Err(Rule::Required);
    }
    if text.len() > MAX_CERTIFICATE_NAME {
        return Err(Rule::TooLong);
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Rule::Malformed);
    }
    Ok(text.to_owned())
}

/// What a key may be used for: one scope or more, each once, and `operator` alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Reads them.
    ///
    /// # Errors
    /// `Required` if there is none, `Duplicate`, `Exclusive` if `operator` has company.
    pub fn parse(field: &str, scopes: Vec<Scope>) -> Result<Self, FieldViolation> {
        let twice = |(at, scope): (usize, &Scope)| scopes[..at].contains(scope);
        let broken = if scopes.is_empty() {
            Some(Rule::Required)
        } else if scopes.iter().enumerate().any(twice) {
            Some(Rule::Duplicate)
        } else if scopes.len() > 1 && scopes.contains(&Scope::Operator) {
            Some(Rule::Exclusive)
        } else {
            None
        };
        broken.map_or(Ok(Self(scopes)), |rule| {
            Err(FieldViolation::new(field, rule))
        })
    }

    /// The operator's.
    #[must_use]
    pub fn operator() -> Self {
        Self(vec![Scope::Operator])
    }

    /// Each of them.
    #[must_use]
    pub fn as_slice(&self) -> &[Scope] {
        &self.0
    }

    /// The team that a key with them is bound to.
    ///
    /// # Errors
    /// `Exclusive` for the operator's key, which sees every team.
    pub fn bound(&self, field: &str, team: Option<Uuid>) -> Result<Option<Uuid>, FieldViolation> {
        if team.is_some() && self.0.contains(&Scope::Operator) {
            return Err(FieldViolation::new(field, Rule::Exclusive));
        }
        Ok(team)
    }
}

/// A key that is to be made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The name of the service that gets it.
    pub display_name: DisplayName,
    /// What it may be used for.
    pub scopes: Scopes,
    /// The only team that it sees; every team if none. It goes with [`Scopes::bound`].
    pub team_id: Option<Uuid>,
    /// From when on it is no longer good; never if none.
    pub expire_time: Option<Time>,
    /// The name in a client certificate that is as good as the secret.
    pub certificate_name: Option<CertificateName>,
}

impl NewKey {
    /// An operator's key without limits.
    #[must_use]
    pub fn operator(display_name: DisplayName) -> Self {
        Self {
            display_name,
            scopes: Scopes::operator(),
            team_id: None,
            expire_time: None,
            certificate_name: None,
        }
    }

    /// That it would be good at `now`.
    ///
    /// # Errors
    /// `OutOfRange` for an end that is past.
    pub fn begins(&self, now: Time) -> Result<()> {
        if self.expire_time.is_none_or(|end| now < end) {
            Ok(())
        } else {
            Err(FieldViolation::new("expire_time", Rule::OutOfRange).into())
        }
    }
}

/// The slot of a new key among the slots of the live keys of its name, of which older ones have none.
///
/// # Errors
/// `KEYS_USED_UP`.
pub fn free_slot(taken: &[Option<i32>]) -> Result<i32> {
    SLOTS
        .into_iter()
        .find(|slot| taken.len() < SLOTS.len() && !taken.contains(&Some(*slot)))
        .ok_or(Error::Refused(Reason::KeysUsedUp))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operator_stands_alone_and_sees_every_team() {
        let scopes = |scopes: &[Scope]| {
            Scopes::parse("scopes", scopes.to_vec()).map_err(|broken| broken.rule)
        };
        assert_eq!(scopes(&[]), Err(Rule::Required));
        let twice = [Scope::ActAs, Scope::TeamsRead, Scope::ActAs];
        assert_eq!(scopes(&twice), Err(Rule::Duplicate));
        let both = [Scope::TeamsRead, Scope::Operator];
        assert_eq!(scopes(&both), Err(Rule::Exclusive));
        let team = Some(Uuid::nil());
        for (one, bound) in [
            (Scope::Operator, Err(Rule::Exclusive)),
            (Scope::TeamsRead, Ok(team)),
        ] {
            let scopes = scopes(&[one]).expect("one scope");
            let found = scopes.bound("team_id", team);
            assert_eq!(found.map_err(|broken| broken.rule), bound);
            assert_eq!(scopes.bound("team_id", None), Ok(None));
        }
    }

    #[test]
    fn a_certificate_name_is_visible_ascii() {
        let parse = |text: &str| {
            CertificateName::parse("certificate_name", text)
                .map(CertificateName::into_string)
                .map_err(|broken| broken.rule)
        };
        for good in ["a", "billing.acme.example", "spiffe://acme.example/billing"] {
            assert_eq!(parse(good), Ok(good.to_owned()));
        }
        assert_eq!(parse(""), Err(Rule::Required));
        assert_eq!(parse(&"a".repeat(254)), Err(Rule::TooLong));
        for bad in [" a", "a b", "a\n", "b\u{fc}ro.example"] {
            assert_eq!(parse(bad), Err(Rule::Malformed), "{bad}");
        }
    }

    #[test]
    fn a_key_must_begin_before_it_ends() {
        let now = Time::UNIX_EPOCH + chrono::TimeDelta::days(9);
        let name = DisplayName::parse("display_name", "billing").expect("a name");
        let ending = |expire_time| NewKey {
            expire_time,
            ..NewKey::operator(name.clone())
        };
        assert!(ending(None).begins(now).is_ok());
        assert!(ending(Some(now)).begins(now).is_err());
        let later = now + chrono::TimeDelta::microseconds(1);
        assert!(ending(Some(later)).begins(now).is_ok());
    }

    #[test]
    fn a_name_has_two_live_keys_at_most() {
        let slot = |taken: &[Option<i32>]| free_slot(taken).ok();
        assert_eq!(slot(&[]), Some(1));
        assert_eq!(slot(&[None]), Some(1));
        assert_eq!(slot(&[Some(1)]), Some(2));
        assert_eq!(slot(&[Some(2)]), Some(1));
        for taken in [
            &[Some(1), Some(2)][..],
            &[None, Some(1)],
            &[None, None],
            &[None, None, None],
        ] {
            assert!(
                matches!(free_slot(taken), Err(Error::Refused(Reason::KeysUsedUp))),
                "{taken:?}"
            );
        }
    }
}
