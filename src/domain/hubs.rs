//! Hubs: a team's own sites of products.

use uuid::Uuid;

use super::{etags::Etag, names::DisplayName, products::ProductId, removal_rules::Contact};
use crate::{
    clock::Time,
    error::{Error, Reason, Result},
};

/// What it is called where a refusal names one.
pub const KIND: &str = "muster.v1.Hub";
/// How many a team may have: an answer about thousands of people describes them all.
pub const MAX_OF_TEAM: u64 = 500;
/// How many admins one may have.
pub const MAX_ADMINS: usize = 50;

/// A team's site of a product.
#[derive(Clone, PartialEq, Eq)]
pub struct Hub {
    /// Its id.
    pub id: Uuid,
    /// The team.
    pub team_id: Uuid,
    /// The product, for good.
    pub product_id: ProductId,
    /// Its name.
    pub display_name: DisplayName,
    /// Whom to ask about it.
    pub contact: Option<Contact>,
    /// Its own admins, in the order of their ids.
    pub admin_user_ids: Vec<Uuid>,
    /// When it was made.
    pub create_time: Time,
    /// When name or contact last changed.
    pub update_time: Time,
}

/// Changes to a hub; `None` leaves a part as it is.
#[derive(Debug, Clone, Default)]
pub struct HubChanges {
    /// Its name.
    pub display_name: Option<DisplayName>,
    /// Whom to ask about it; nobody if that is empty.
    pub contact: Option<Option<Contact>>,
}

impl Hub {
    /// Changes whenever the hub or its admins do.
    #[must_use]
    pub fn etag(&self) -> String {
        let mut etag = Etag::new()
            .text(&self.team_id.to_string())
            .text(&self.id.to_string())
            .text(self.display_name.as_str())
            .optional(self.contact.as_ref().map(Contact::as_str))
            .time(Some(self.create_time))
            .time(Some(self.update_time));
        for admin in &self.admin_user_ids {
            etag = etag.text(&admin.to_string());
        }
        etag.finish()
    }

    /// The hub with these changes, and the names of the fields that have another value then.
    #[must_use]
    pub fn changed(&self, changes: &HubChanges, now: Time) -> (Self, Vec<&'static str>) {
        let mut after = self.clone();
        if let Some(name) = &changes.display_name {
            after.display_name = name.clone();
        }
        if let Some(contact) = &changes.contact {
            after.contact.clone_from(contact);
        }
        let fields = [
            ("display_name", after.display_name != self.display_name),
            ("contact", after.contact != self.contact),
        ];
        let fields: Vec<_> = fields
            .into_iter()
            .filter_map(|(name, differs)| differs.then_some(name))
            .collect();
        if !fields.is_empty() {
            after.update_time = now;
        }
        (after, fields)
    }

    /// That it may have one more admin.
    ///
    /// # Errors
    /// `HUB_ADMINS_USED_UP`.
    pub fn another_admin(&self) -> Result<()> {
        if self.admin_user_ids.len() < MAX_ADMINS {
            Ok(())
        } else {
            Err(Error::Refused(Reason::HubAdminsUsedUp))
        }
    }
}

/// Whether a team that has so many hubs may have another one.
///
/// # Errors
/// `HUBS_USED_UP`.
pub fn another(count: u64) -> Result<()> {
    if count < MAX_OF_TEAM {
        Ok(())
    } else {
        Err(Error::Refused(Reason::HubsUsedUp))
    }
}

/// The refusal of a hub that the team does not have.
#[must_use]
pub fn missing(id: Uuid) -> Error {
    Error::not_found(Reason::HubNotFound, KIND, id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub(admins: usize) -> Hub {
        Hub {
            id: Uuid::from_u128(1),
            team_id: Uuid::from_u128(2),
            product_id: ProductId::parse("id", "acc").unwrap(),
            display_name: DisplayName::parse("display_name", "Europe").unwrap(),
            contact: None,
            admin_user_ids: (0..admins)
                .map(|one| Uuid::from_u128(one as u128))
                .collect(),
            create_time: Time::UNIX_EPOCH,
            update_time: Time::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_team_has_five_hundred_hubs_and_a_hub_fifty_admins_at_most() {
        assert!(another(499).is_ok());
        assert!(matches!(
            another(500),
            Err(Error::Refused(Reason::HubsUsedUp))
        ));
        assert!(hub(49).another_admin().is_ok());
        assert!(matches!(
            hub(50).another_admin(),
            Err(Error::Refused(Reason::HubAdminsUsedUp))
        ));
    }

    #[test]
    fn what_has_its_value_is_no_change() {
        let before = hub(1);
        let now = Time::UNIX_EPOCH + chrono::TimeDelta::days(1);
        let same = HubChanges {
            display_name: Some(before.display_name.clone()),
            contact: Some(None),
        };
        let (after, fields) = before.changed(&same, now);
        assert!(after == before && fields.is_empty());
        let other = HubChanges {
            contact: Some(Contact::parse("contact", "IT").ok()),
            ..HubChanges::default()
        };
        let (after, fields) = before.changed(&other, now);
        assert_eq!(fields, ["contact"]);
        assert_eq!(after.update_time, now);
        assert_ne!(after.etag(), before.etag());
        assert_ne!(hub(2).etag(), before.etag());
    }
}
