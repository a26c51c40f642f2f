//! A user of a directory as he is stored.

use uuid::Uuid;

use super::users::{Draft, DraftEmail, EMAIL_TYPE};
use crate::{clock::Time, domain::etags::Etag};

/// A user of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptUser {
    /// Our id of the person.
    pub id: Uuid,
    /// By which id the directory has him, or what stands for none.
    pub key: String,
    /// The directory's id, if it gave one.
    pub external_id: Option<String>,
    /// The directory's name of the account.
    pub user_name: String,
    /// How the directory shows him.
    pub display_name: Option<String>,
    /// The address.
    pub email: String,
    /// The given name.
    pub given_name: String,
    /// The family name.
    pub family_name: String,
    /// Whether the directory lets him in.
    pub active: bool,
    /// When the directory brought him.
    pub create_time: Time,
    /// When he was last changed.
    pub update_time: Time,
}

impl KeptUser {
    /// Changes whenever the user does.
    #[must_use]
    pub fn etag(&self) -> String {
        Etag::new()
            .text(&self.id.to_string())
            .optional(self.external_id.as_deref())
            .text(&self.user_name)
            .optional(self.display_name.as_deref())
            .text(&self.email)
            .text(&self.given_name)
            .text(&self.family_name)
            .number(i64::from(self.active))
            .time(Some(self.create_time))
            .time(Some(self.update_time))
            .finish()
    }

    /// What changes begin with.
    #[must_use]
    pub fn draft(&self) -> Draft {
        Draft {
            user_name: Some(self.user_name.clone()),
            external_id: self.external_id.clone(),
            display_name: self.display_name.clone(),
            given_name: Some(self.given_name.clone()),
            family_name: Some(self.family_name.clone()),
            emails: vec![DraftEmail {
                value: Some(self.email.clone()),
                kind: Some(EMAIL_TYPE.to_owned()),
                primary: true,
            }],
            active: self.active,
        }
    }
}
