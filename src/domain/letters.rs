//! The letters that muster sends, and where one stands.

use chrono::TimeDelta;

use super::words::words;
use crate::clock::Time;

words! {
    /// What a letter says.
    pub enum LetterKind {
        /// The link to a team.
        Invitation = "invitation",
        /// Somebody with a verified account is in a team now.
        AddedToTeam = "added_to_team",
        /// A new link; the old one is dead.
        NewLink = "new_link",
        /// The link that confirms a new address, to that address.
        EmailChange = "email_change",
        /// Another address was asked for, to the one that the account has.
        EmailChangeNote = "email_change_note",
        /// Somebody left, or was reported, and still gets into a hub.
        ResidualAccess = "residual_access",
    }
}

words! {
    /// Where a letter stands.
    pub enum DeliveryState {
        /// Waits to be released.
        Held = "HELD",
        /// Waits for the mail server.
        Queued = "QUEUED",
        /// The mail server took it.
        Sent = "SENT",
        /// The mail server refused it for good, or for too long.
        Failed = "FAILED",
        /// A newer letter came first, or what it was for ended.
        Cancelled = "CANCELLED",
    }
}

/// The least between two letters to one person about one hub. What comes to remain there meanwhile waits for the second.
pub const RESIDUAL_APART: TimeDelta = TimeDelta::hours(1);

/// When a letter about a hub goes to somebody to whom the last one about it went then.
#[must_use]
pub fn residual_due(last: Option<Time>, now: Time) -> Time {
    last.map_or(now, |last| now.max(last + RESIDUAL_APART))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_letter_about_a_hub_goes_at_once_and_the_next_an_hour_after_it() {
        let now = Time::UNIX_EPOCH + TimeDelta::days(9);
        let minute = TimeDelta::minutes(1);
        assert_eq!(residual_due(None, now), now);
        assert_eq!(residual_due(Some(now), now), now + RESIDUAL_APART);
        assert_eq!(
            residual_due(Some(now - RESIDUAL_APART + minute), now),
            now + minute
        );
        assert_eq!(residual_due(Some(now - RESIDUAL_APART), now), now);
        assert_eq!(residual_due(Some(now - TimeDelta::days(2)), now), now);
    }
}
