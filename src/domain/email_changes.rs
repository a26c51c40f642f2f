//! Changing one's own address: a link to the new one, which is confirmed once.

use chrono::TimeDelta;
use uuid::Uuid;

use super::{invitations::Step, words::words};
use crate::{
    clock::Time,
    error::{Error, Reason, Result},
};

/// How long a link is good. Whoever asks sits before his mailbox; a day is for mail that is slow.
pub const VALID: TimeDelta = TimeDelta::hours(24);

words! {
    /// How a change of an address ended.
    pub enum ChangeEnd {
        /// The link was confirmed.
        Confirmed = "CONFIRMED",
        /// A newer one replaced it, it was taken back, or the person was erased.
        Superseded = "SUPERSEDED",
        /// Its time had passed when its address was wiped.
        Expired = "EXPIRED",
    }
}

/// An address that waits for its link, or did.
#[derive(Clone)]
pub struct EmailChange {
    /// Its id.
    pub id: Uuid,
    /// The account.
    pub user_id: Uuid,
    /// The new address as it was typed, while the change is open.
    pub email: Option<String>,
    /// The address that the account had, until it was told.
    pub old_email: Option<String>,
    /// How it ended, if it did.
    pub end: Option<ChangeEnd>,
    /// The first moment at which it can no longer be confirmed.
    pub expire_time: Time,
}

impl EmailChange {
    /// Confirms it.
    ///
    /// # Errors
    /// `EMAIL_CHANGE_NOT_FOUND` of one that another replaced, `EMAIL_CHANGE_EXPIRED`; confirmed before is none.
    pub fn confirm(&self, now: Time) -> Result<Step> {
        match self.end {
            Some(ChangeEnd::Confirmed) => Ok(Step::Taken),
            Some(ChangeEnd::Superseded) => Err(Self::not_found()),
            Some(ChangeEnd::Expired) => Err(Error::Refused(Reason::EmailChangeExpired)),
            None if now >= self.expire_time => Err(Error::Refused(Reason::EmailChangeExpired)),
            None => Ok(Step::Take),
        }
    }

    /// That there is none that a link opens.
    #[must_use]
    pub fn not_found() -> Error {
        let kind = "muster.v1.EmailChange";
        Error::not_found(Reason::EmailChangeNotFound, kind, "the link's")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_confirmed_once_in_time_and_while_it_is_the_newest() {
        let now = Time::UNIX_EPOCH;
        let change = |end: Option<ChangeEnd>| EmailChange {
            id: Uuid::nil(),
            user_id: Uuid::nil(),
            email: None,
            old_email: None,
            end,
            expire_time: now + VALID,
        };
        let last = now + VALID - TimeDelta::microseconds(1);
        let confirm = |end, at| match change(end).confirm(at) {
            Ok(step) => Ok(step),
            Err(Error::Refused(reason)) => Err(reason),
            Err(Error::NotFound(resource)) => Err(resource.reason),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(confirm(None, last), Ok(Step::Take));
        let expired = Err(Reason::EmailChangeExpired);
        assert_eq!(confirm(None, now + VALID), expired);
        assert_eq!(confirm(Some(ChangeEnd::Expired), now + VALID), expired);
        let confirmed = Some(ChangeEnd::Confirmed);
        assert_eq!(confirm(confirmed, now + VALID), Ok(Step::Taken));
        let superseded = Err(Reason::EmailChangeNotFound);
        assert_eq!(confirm(Some(ChangeEnd::Superseded), now), superseded);
    }
}
