//! What a person can be in a team.

use super::words::words;

words! {
    /// A role as people see it. The members' table holds every one but the first, which is the team's row to name.
    pub enum Role {
        /// The one who answers for the team.
        PrimaryAdmin = "PRIMARY_ADMIN",
        /// An admin.
        SecondaryAdmin = "SECONDARY_ADMIN",
        /// An admin who may also manage SSO and directories.
        SsoAdmin = "SSO_ADMIN",
        /// Somebody who works in the team.
        Member = "MEMBER",
        /// Somebody invited from outside.
        Guest = "GUEST",
    }
}

impl Role {
    /// Which of two roles is the higher one; numbers say nothing else.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Guest => 0,
            Self::Member => 1,
            Self::SecondaryAdmin => 2,
            Self::SsoAdmin => 3,
            Self::PrimaryAdmin => 4,
        }
    }

    /// Whether it has authority of its own.
    #[must_use]
    pub const fn is_admin(self) -> bool {
        match self {
            Self::PrimaryAdmin | Self::SecondaryAdmin | Self::SsoAdmin => true,
            Self::Member | Self::Guest => false,
        }
    }
}
