//! Domains of addresses that teams claim, and which of them are verified.

use uuid::Uuid;

use super::email::dotted_a_label;
use crate::{
    clock::Time,
    error::{Error, FieldViolation, Reason, Result, Rule},
};

/// What it is called where a refusal names one.
pub const KIND: &str = "muster.v1.TeamDomain";
/// How many a team may claim.
pub const MAX_OF_TEAM: u64 = 100;

/// A domain as its A-label, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DomainName(String);

impl DomainName {
    /// Reads a domain in any spelling, with at least one dot.
    ///
    /// # Errors
    /// A violation of `field`, with the rules of an address's domain.
    pub fn parse(field: &str, text: &str) -> Result<Self, FieldViolation> {
        let text = text.trim();
        if text.is_empty() {
            return Err(FieldViolation::new(field, Rule::Required));
        }
        dotted_a_label(text)
            .map(Self)
            .map_err(|rule| FieldViolation::new(field, rule))
    }

    /// The A-label.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A team's claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamDomain {
    /// The team.
    pub team_id: Uuid,
    /// The domain.
    pub domain: DomainName,
    /// When it was claimed.
    pub claim_time: Time,
    /// When an operator verified it.
    pub verify_time: Option<Time>,
}

/// Whether a team that claims so many may claim another one.
///
/// # Errors
/// `DOMAINS_USED_UP`.
pub fn another(count: u64) -> Result<()> {
    if count < MAX_OF_TEAM {
        Ok(())
    } else {
        Err(Error::Refused(Reason::DomainsUsedUp))
    }
}

/// The refusal of a domain that the team does not claim.
#[must_use]
pub fn missing(domain: &DomainName) -> Error {
    Error::not_found(Reason::DomainNotFound, KIND, domain.as_str())
}
