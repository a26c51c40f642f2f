//! The letters that muster sends, and where one stands.

use super::words::words;

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
        /// A newer letter or the end of the invitation came first.
        Cancelled = "CANCELLED",
    }
}
