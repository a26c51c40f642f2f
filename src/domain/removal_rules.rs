//! What a removal does to somebody's access to a product: dated data, and the one that holds at a moment.

use super::{
    names::{checked_texts, line},
    products::ProductId,
    words::words,
};
use crate::{
    clock::Time,
    error::{Error, FieldViolation, Reason, Result, Rule},
};

/// The characters of a hint or a contact at most.
const MAX_CONTACT: usize = 200;

words! {
    /// What becomes of the access to the data of somebody who is removed from a team.
    pub enum DataAccess {
        /// It ends.
        Inactive = "INACTIVE",
        /// It remains until that environment's own admin disables or removes the person.
        Active = "ACTIVE",
    }
}

checked_texts! {
    /// Whom to ask, in words: one line of 1 to 200 characters. Unlike a name it may be a link; it goes into no letter.
    pub struct Contact = contact;
}

fn contact(text: &str) -> Result<String, Rule> {
    line(text, MAX_CONTACT)
}

/// A rule of one product, which holds from a moment on until the next one does.
#[derive(Clone, PartialEq, Eq)]
pub struct RemovalRule {
    /// The product.
    pub product_id: ProductId,
    /// From when on it holds.
    pub valid_from: Time,
    /// Whether the person is removed from the product's own environment too.
    pub user_removed: bool,
    /// What becomes of the access to the data there.
    pub data_access: DataAccess,
    /// Whom to ask if somebody still gets in.
    pub contact_hint: Contact,
    /// When it was set.
    pub create_time: Time,
}

impl RemovalRule {
    /// Whether somebody still gets in once he is removed.
    #[must_use]
    pub const fn remains(&self) -> bool {
        match self.data_access {
            DataAccess::Inactive => false,
            DataAccess::Active => true,
        }
    }

    /// Whether it says what the other one does, of the same moment.
    fn says_as(&self, other: &Self) -> bool {
        (self.user_removed, self.data_access) == (other.user_removed, other.data_access)
            && self.contact_hint == other.contact_hint
    }

    /// What is to be done to set it, if the product has this one of the same moment: the past is never rewritten.
    ///
    /// # Errors
    /// `OUT_OF_RANGE` of `valid_from`, `REMOVAL_RULE_IN_FORCE`.
    pub fn beside(&self, same_moment: Option<&Self>, now: Time) -> Result<Setting> {
        if self.valid_from < now {
            return Err(FieldViolation::new("valid_from", Rule::OutOfRange).into());
        }
        match same_moment {
            None => Ok(Setting::New),
            Some(other) if self.says_as(other) => Ok(Setting::Same),
            // It holds already: somebody may have been removed by it in this very moment.
            Some(_) if self.valid_from == now => Err(Error::Refused(Reason::RemovalRuleInForce)),
            Some(_) => Ok(Setting::Instead),
        }
    }
}

/// How a rule is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// There is none of its moment.
    New,
    /// It takes the place of one that does not hold yet.
    Instead,
    /// It is there already.
    Same,
}

/// Which rules somebody wants.
#[derive(Clone, Default)]
pub struct RuleFilter {
    /// Only this product's.
    pub product_id: Option<ProductId>,
    /// Only those that hold at this moment.
    pub at: Option<Time>,
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn rule(valid_from: Time, data_access: DataAccess) -> RemovalRule {
        RemovalRule {
            product_id: ProductId::parse("id", "acc").unwrap(),
            valid_from,
            user_removed: true,
            data_access,
            contact_hint: Contact::parse("contact_hint", "An admin").unwrap(),
            create_time: valid_from,
        }
    }

    #[test]
    fn the_past_is_never_rewritten() {
        let now = Time::UNIX_EPOCH + TimeDelta::days(1);
        let (before, after) = (now - TimeDelta::microseconds(1), now + TimeDelta::days(1));
        let inactive = |time| rule(time, DataAccess::Inactive);
        let active = |time| rule(time, DataAccess::Active);
        assert!(matches!(
            inactive(before).beside(None, now),
            Err(Error::Invalid(_))
        ));
        assert_eq!(inactive(now).beside(None, now).unwrap(), Setting::New);
        let same = inactive(now).beside(Some(&inactive(now)), now);
        assert_eq!(same.unwrap(), Setting::Same);
        assert!(matches!(
            active(now).beside(Some(&inactive(now)), now),
            Err(Error::Refused(Reason::RemovalRuleInForce))
        ));
        let replaced = active(after).beside(Some(&inactive(after)), now);
        assert_eq!(replaced.unwrap(), Setting::Instead);
    }

    #[test]
    fn access_remains_where_the_data_stays_open() {
        assert!(rule(Time::UNIX_EPOCH, DataAccess::Active).remains());
        assert!(!rule(Time::UNIX_EPOCH, DataAccess::Inactive).remains());
    }

    #[test]
    fn a_contact_is_one_short_line() {
        assert_eq!(contact(" https://acme.example/it ").unwrap().len(), 23);
        assert_eq!(contact("a\nb"), Err(Rule::ControlCharacter));
        assert_eq!(contact(&"ї".repeat(201)), Err(Rule::TooLong));
        assert_eq!(contact(""), Err(Rule::Required));
    }
}
