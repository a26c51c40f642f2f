//! Directories: who keeps a team's members, and the tokens by which they are known.

use uuid::Uuid;

use super::{
    etags::Etag,
    keys::{composed, parted},
    names::DisplayName,
    teams::{Entitlement, Team},
    words::words,
};
use crate::{
    clock::Time,
    error::{Error, Reason, Resource, Result},
};

/// What it is called where a refusal names one.
pub const KIND: &str = "muster.v1.Directory";
/// What tokens begin with.
const PREFIX: &str = "mdt_";

words! {
    /// Whose directory it is.
    pub enum Provider {
        /// Microsoft Entra ID.
        Entra = "ENTRA",
        /// Okta.
        Okta = "OKTA",
        /// Another one.
        Other = "OTHER",
    }
}

/// The directory of a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// Its id.
    pub id: Uuid,
    /// The team.
    pub team_id: Uuid,
    /// What people call it.
    pub display_name: DisplayName,
    /// Whose it is.
    pub provider: Provider,
    /// The part of its token that is not secret.
    pub token_id: String,
    /// What the last sync said comes after it.
    pub cursor: Option<String>,
    /// When it was made.
    pub create_time: Time,
    /// When its name or token last changed.
    pub update_time: Time,
    /// When it was last synced.
    pub last_sync_time: Option<Time>,
}

impl Directory {
    /// Changes whenever its name or token does. Syncs come all the time, and would make every etag stale.
    #[must_use]
    pub fn etag(&self) -> String {
        Etag::new()
            .text(&self.team_id.to_string())
            .text(&self.id.to_string())
            .text(self.display_name.as_str())
            .text(&self.token_id)
            .time(Some(self.create_time))
            .time(Some(self.update_time))
            .finish()
    }
}

impl Team {
    /// That its plan lets a directory manage its people.
    ///
    /// # Errors
    /// `DIRECTORY_ENTITLEMENT_MISSING`.
    pub fn may_sync(&self) -> Result<()> {
        if self
            .settings
            .entitlements
            .contains(&Entitlement::DirectorySync)
        {
            Ok(())
        } else {
            Err(Error::Refused(Reason::DirectoryEntitlementMissing))
        }
    }
}

/// That a team may have a directory beside the one that it has.
///
/// # Errors
/// `DIRECTORY_EXISTS`.
pub fn another(held: Option<&Directory>) -> Result<()> {
    let Some(held) = held else {
        return Ok(());
    };
    let reason = Reason::DirectoryExists;
    Err(Error::AlreadyExists(
        reason,
        Resource {
            reason,
            kind: KIND,
            name: held.id.to_string(),
        },
    ))
}

/// The refusal of a directory that the team does not have.
#[must_use]
pub fn missing(name: Uuid) -> Error {
    Error::not_found(Reason::DirectoryNotFound, KIND, name)
}

/// The text of a directory's token, which the directory holds. It has no Debug on purpose.
#[derive(Clone, PartialEq, Eq)]
pub struct DirectoryToken {
    id: String,
    text: String,
}

impl DirectoryToken {
    /// A token of fresh random bytes.
    #[must_use]
    pub fn new(id: [u8; 6], secret: [u8; 32]) -> Self {
        let (id, text) = composed(PREFIX, id, secret);
        Self { id, text }
    }

    /// Reads what a caller sent.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let id = parted(PREFIX, text)?;
        Some(Self {
            id: id.to_owned(),
            text: text.to_owned(),
        })
    }

    /// The part that names it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The whole token: show it once, to its owner.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> Directory {
        let now = Time::UNIX_EPOCH;
        Directory {
            id: Uuid::from_u128(1),
            team_id: Uuid::from_u128(2),
            display_name: DisplayName::parse("name", "Entra").unwrap(),
            provider: Provider::Entra,
            token_id: "000102a0ff09".to_owned(),
            cursor: None,
            create_time: now,
            update_time: now,
            last_sync_time: None,
        }
    }

    #[test]
    fn a_token_is_no_api_key_and_reads_as_it_was_written() {
        let token = DirectoryToken::new([0, 1, 2, 0xa0, 0xff, 9], [0xff; 32]);
        assert_eq!(token.id(), "000102a0ff09");
        assert!(token.text().starts_with("mdt_000102a0ff09_"));
        assert!(DirectoryToken::parse(token.text()).is_some_and(|same| same == token));
        let key = token.text().replacen("mdt_", "mst_", 1);
        for other in ["", "mdt_", &key, &token.text()[..20]] {
            assert!(DirectoryToken::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_sync_leaves_the_etag_and_another_name_or_token_does_not() {
        let stands = directory();
        let mut synced = stands.clone();
        synced.cursor = Some("next".to_owned());
        synced.last_sync_time = Some(Time::UNIX_EPOCH);
        assert_eq!(synced.etag(), stands.etag());
        let mut renamed = stands.clone();
        renamed.display_name = DisplayName::parse("name", "Okta").unwrap();
        let mut rotated = stands.clone();
        rotated.token_id = "000102a0ff0a".to_owned();
        assert_ne!(renamed.etag(), stands.etag());
        assert_ne!(rotated.etag(), stands.etag());
    }

    #[test]
    fn a_team_has_one_directory() {
        assert!(another(None).is_ok());
        let refused = another(Some(&directory()));
        assert!(matches!(
            refused,
            Err(Error::AlreadyExists(Reason::DirectoryExists, _))
        ));
    }
}
