//! Syncs of a directory: what its entries say, and what each of them may change.

use std::collections::HashMap;

use uuid::Uuid;

use super::{
    email::Email,
    imports::{RowViolation, brief},
    names::PersonName,
    texts::ExternalId,
    users::User,
    words::words,
};
use crate::error::{Error, FieldViolation, Result, Rule, Violations};

mod results;

pub use results::{SyncResult, count};

/// The entries of a sync at most, however a process is set.
pub const MAX_ENTRIES: usize = 50_000;
/// The bytes of a sync's texts at most.
pub const MAX_BYTES: usize = 32 * 1024 * 1024;
/// The characters of a cursor at most.
pub const MAX_CURSOR: usize = 1_024;
/// How many results an answer shows, so that they fit into one message.
pub const MAX_RESULTS: usize = 5_000;
/// Fewer people than this leave whatever their share is.
pub const GUARD_LEAST: usize = 10;
/// One in so many may leave at once.
const GUARD_SHARE: usize = 5;

words! {
    /// What became of an entry: the first that applies.
    pub enum SyncOutcome {
        /// A field breaks a rule.
        Invalid = "INVALID",
        /// An earlier entry has the same external id or address.
        Duplicate = "DUPLICATE",
        /// Is as the directory says.
        Unchanged = "UNCHANGED",
        /// Is a member who was none before.
        Added = "ADDED",
        /// Was invited, and is a member.
        Joined = "JOINED",
        /// Was a member before, and is one again.
        Revived = "REVIVED",
        /// Was a member by another way, and is the directory's now.
        TakenOver = "TAKEN_OVER",
        /// Has another name, address or external id.
        Updated = "UPDATED",
        /// Is disabled.
        Disabled = "DISABLED",
        /// Is disabled no more.
        Enabled = "ENABLED",
        /// Is a member no more.
        Removed = "REMOVED",
        /// The account is not the directory's to have or to change.
        EmailMismatch = "EMAIL_MISMATCH",
        /// Somebody else has the address.
        EmailTaken = "EMAIL_TAKEN",
        /// The team's rules refuse the address.
        DomainRefused = "DOMAIN_REFUSED",
        /// Every seat is taken.
        NoSeat = "NO_SEAT",
        /// An operator disabled the account.
        UserDisabled = "USER_DISABLED",
        /// The primary admin is neither disabled nor removed.
        PrimaryAdminProtected = "PRIMARY_ADMIN_PROTECTED",
    }
}

/// How a sync is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncMode {
    /// All that the directory has: who is not there is gone.
    Full,
    /// What changed in it.
    Delta,
}

/// An entry as it was sent.
pub struct RawEntry {
    /// The directory's own id of the person.
    pub external_id: String,
    /// His address.
    pub email: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Whether he may sign in there.
    pub active: bool,
    /// Whether he is gone there.
    pub removed: bool,
}

/// Somebody as his directory wants him.
pub struct Wanted {
    /// The directory's own id of him.
    pub external_id: ExternalId,
    /// What the directory calls him when he signs in.
    pub user_name: String,
    /// His address.
    pub email: Email,
    /// Given name.
    pub given_name: PersonName,
    /// Family name.
    pub family_name: PersonName,
    /// Whether he is disabled otherwise.
    pub is_active: bool,
}

/// What an entry says.
pub enum Said {
    /// So somebody is to be.
    Person(Box<Wanted>),
    /// Somebody is gone.
    Gone,
    /// Fields break rules.
    Invalid(Vec<RowViolation>),
    /// The entry of this number, from 1, came first.
    Duplicate(u32),
}

/// An entry before the database is asked.
pub struct Entry {
    /// The external id, if it is one: whoever has it is not gone, whatever else the entry says.
    pub external_id: Option<ExternalId>,
    /// What it says.
    pub said: Said,
}

/// Judges every entry, in order: of two with one external id or one address, the first counts.
#[must_use]
pub fn judge(mode: SyncMode, raws: &[RawEntry]) -> Vec<Entry> {
    let mut ids = HashMap::with_capacity(raws.len());
    let mut addresses = HashMap::with_capacity(raws.len());
    (1..)
        .zip(raws)
        .map(|(number, raw)| {
            let external_id = ExternalId::parse("external_id", &raw.external_id);
            let said = match read(mode, raw) {
                Err(violations) => Said::Invalid(brief(violations)),
                Ok(said) => first(&mut ids, raw.external_id.clone(), number)
                    .or_else(|| match &said {
                        Said::Person(wanted) => {
                            let normal = wanted.email.normal().to_owned();
                            first(&mut addresses, normal, number)
                        }
                        Said::Gone | Said::Invalid(_) | Said::Duplicate(_) => None,
                    })
                    .map_or(said, Said::Duplicate),
            };
            Entry {
                external_id: external_id.ok(),
                said,
            }
        })
        .collect()
}

/// The number of the entry that has this already.
fn first(known: &mut HashMap<String, u32>, key: String, number: u32) -> Option<u32> {
    let first = *known.entry(key).or_insert(number);
    (first != number).then_some(first)
}

fn read(mode: SyncMode, raw: &RawEntry) -> Result<Said, Vec<FieldViolation>> {
    let mut violations = Violations::new();
    let external_id = violations.take(ExternalId::parse("external_id", &raw.external_id));
    if raw.removed {
        // Of a snapshot, it would be said twice, and perhaps not the same.
        if mode == SyncMode::Full {
            violations.add("removed", Rule::Exclusive);
        }
        let violations = violations.into_vec();
        return if violations.is_empty() {
            Ok(Said::Gone)
        } else {
            Err(violations)
        };
    }
    let email = violations.take(Email::parse("email", &raw.email));
    let given_name = violations.take(PersonName::parse("given_name", &raw.given_name));
    let family_name = violations.take(PersonName::parse("family_name", &raw.family_name));
    match (external_id, email, given_name, family_name) {
        (Some(external_id), Some(email), Some(given_name), Some(family_name)) => {
            Ok(Said::Person(Box::new(Wanted {
                external_id,
                user_name: email.typed().to_owned(),
                email,
                given_name,
                family_name,
                is_active: raw.active,
            })))
        }
        _ => Err(violations.into_vec()),
    }
}

/// Somebody whom a directory has by one of its ids.
#[derive(Clone)]
pub struct Managed {
    /// The id.
    pub external_id: String,
    /// The person.
    pub user_id: Uuid,
    /// What the directory calls him when he signs in.
    pub user_name: String,
    /// The normal form of his address.
    pub email: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Whether his account is verified.
    pub is_verified: bool,
    /// Whether he is in the team.
    pub is_present: bool,
    /// Whether the directory disabled him.
    pub is_disabled: bool,
}

impl Managed {
    /// Whether he is as an entry wants him; `is_own` says whether its address is in a domain that the team has verified.
    #[must_use]
    pub fn is(&self, wanted: &Wanted, is_own: bool) -> bool {
        self.is_present
            && self.user_name == wanted.user_name
            && self.email == wanted.email.normal()
            && self.given_name == wanted.given_name.as_str()
            && self.family_name == wanted.family_name.as_str()
            && self.is_disabled != wanted.is_active
            && (self.is_verified || !is_own || !wanted.is_active)
    }
}

/// An account that a directory has, or would have, as its team sees it.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Account {
    /// The account.
    pub user: User,
    /// The normal form of its address.
    pub email: String,
    /// Whether the address is in a domain that the team has verified.
    pub is_own: bool,
    /// Whether the person is in another team.
    pub is_elsewhere: bool,
    /// Whether another team waits for his answer.
    pub waits_elsewhere: bool,
    /// Whether he is the team's primary admin.
    pub is_primary: bool,
    /// Whether he has joined the team and is there.
    pub is_member: bool,
}

/// What an entry changes of somebody whom the directory has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is answered.
    pub outcome: SyncOutcome,
    /// The fields of the account that have another value.
    pub fields: Vec<&'static str>,
    /// Whether he is disabled or enabled.
    pub disabled: Option<bool>,
    /// Why his profile stays as it is, though the entry says otherwise.
    pub refused: Option<SyncOutcome>,
}

impl Account {
    /// Whether it is nobody's but this team's to change.
    const fn is_theirs(&self) -> bool {
        self.is_own || !self.is_elsewhere
    }

    /// Whether nobody has proved to be the person, and no other team has to do with him: the account is what its team says.
    const fn is_nobodys(&self) -> bool {
        self.user.verify_time.is_none() && !self.is_elsewhere
    }

    /// What an entry changes. `is_own` and `is_taken` are said of the entry's address. Whether somebody may sign in is the directory's to
    /// say in any case; his profile changes as a whole or not at all.
    #[must_use]
    pub fn change(
        &self,
        wanted: &Wanted,
        is_disabled: bool,
        (is_own, is_taken): (bool, bool),
    ) -> Change {
        let mut fields = Vec::new();
        let moves = self.email != wanted.email.normal();
        for (name, differs) in [
            (
                "given_name",
                self.user.given_name != wanted.given_name.as_str(),
            ),
            (
                "family_name",
                self.user.family_name != wanted.family_name.as_str(),
            ),
            ("email", moves),
        ] {
            if differs {
                fields.push(name);
            }
        }
        let is_others = !fields.is_empty() && !self.is_theirs();
        let may_move = !moves || self.is_nobodys() || is_own && !self.waits_elsewhere;
        let refused = if is_others || !may_move {
            Some(SyncOutcome::EmailMismatch)
        } else if moves && is_taken {
            Some(SyncOutcome::EmailTaken)
        } else {
            None
        };
        let is_own = if refused.is_some() {
            fields.clear();
            self.is_own
        } else {
            is_own
        };
        if self.user.verify_time.is_none() && wanted.is_active && is_own {
            fields.push("verify_time");
        }
        let protected = self.is_primary && !wanted.is_active;
        let disabled = (is_disabled == wanted.is_active && !protected).then_some(!is_disabled);
        let outcome = match (disabled, refused) {
            (Some(true), _) => SyncOutcome::Disabled,
            (Some(false), _) => SyncOutcome::Enabled,
            (None, _) if protected => SyncOutcome::PrimaryAdminProtected,
            (None, Some(refused)) => refused,
            (None, None) if fields.is_empty() => SyncOutcome::Unchanged,
            (None, None) => SyncOutcome::Updated,
        };
        Change {
            outcome,
            fields,
            disabled,
            refused,
        }
    }

    /// That the directory may have it, which it has not yet.
    ///
    /// # Errors
    /// What is answered otherwise.
    pub const fn adopt(&self, is_active: bool) -> Result<(), SyncOutcome> {
        if self.user.is_disabled_by_admin() {
            return Err(SyncOutcome::UserDisabled);
        }
        if !self.is_own && (self.is_member || !self.is_nobodys()) {
            return Err(SyncOutcome::EmailMismatch);
        }
        if self.is_primary && !is_active {
            return Err(SyncOutcome::PrimaryAdminProtected);
        }
        Ok(())
    }
}

/// That so many of a directory's members may leave at once, unless the caller says that they may.
///
/// # Errors
/// `REMOVAL_GUARD`.
pub fn guard(leaving: usize, members: usize, is_overridden: bool) -> Result<()> {
    let many = leaving >= GUARD_LEAST && leaving.saturating_mul(GUARD_SHARE) > members;
    if many && !is_overridden {
        Err(Error::Guarded(leaving, members))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
