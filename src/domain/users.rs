//! People's accounts.

use uuid::Uuid;

use super::{
    etags::Etag,
    languages::Language,
    members::PeopleOrder,
    names::PersonName,
    search::Prefix,
    texts::{ExternalId, JobTitle, Phone, TimeZone},
    words::words,
};
use crate::{
    clock::Time,
    error::{Error, Reason, Result},
};

words! {
    /// Why an account is disabled; enabled means for no reason.
    pub enum UserDisabledReason {
        /// No invitation was accepted yet.
        PendingAcceptance = "PENDING_ACCEPTANCE",
        /// An operator disabled it, or erased the person.
        Admin = "ADMIN",
    }
}

/// What an operator makes of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Disabled everywhere.
    Disabled,
    /// Enabled, unless for another reason.
    Enabled,
}

/// An account as it is stored.
#[derive(Clone)]
pub struct User {
    /// Its id.
    pub id: Uuid,
    /// The address as it was typed.
    pub email: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// A BCP 47 tag, if known.
    pub language: Option<String>,
    /// Phone.
    pub phone: Option<String>,
    /// IANA time zone.
    pub time_zone: Option<String>,
    /// Job title.
    pub job_title: Option<String>,
    /// The id in another system.
    pub external_id: Option<String>,
    /// When the person proved to own the address.
    pub verify_time: Option<Time>,
    /// When an operator disabled it, while it is.
    pub disable_time: Option<Time>,
    /// When the person was erased.
    pub delete_time: Option<Time>,
    /// When the account was made.
    pub create_time: Time,
    /// When it last changed.
    pub update_time: Time,
}

impl User {
    /// Why the account is disabled. Whatever verifies an account also ends `PENDING_ACCEPTANCE`.
    #[must_use]
    pub fn disabled_reasons(&self) -> Vec<UserDisabledReason> {
        let mut reasons = Vec::new();
        if self.verify_time.is_none() {
            reasons.push(UserDisabledReason::PendingAcceptance);
        }
        if self.is_disabled_by_admin() {
            reasons.push(UserDisabledReason::Admin);
        }
        reasons
    }

    /// Whether an operator disabled it, or erased the person. Nobody can be made a primary admin then.
    #[must_use]
    pub const fn is_disabled_by_admin(&self) -> bool {
        self.disable_time.is_some() || self.delete_time.is_some()
    }

    /// That it may be given the primary admin's role, or another address. The caller holds the account's lock.
    ///
    /// # Errors
    /// `USER_DISABLED`.
    pub const fn undisabled(&self) -> Result<()> {
        if self.is_disabled_by_admin() {
            Err(Error::Refused(Reason::UserDisabled))
        } else {
            Ok(())
        }
    }
}

impl User {
    /// The name as others see it.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name)
    }

    /// Nothing of it but the id and the name.
    #[must_use]
    pub fn name_only(self) -> Self {
        Self {
            given_name: self.given_name,
            family_name: self.family_name,
            ..Self::blank(self.id)
        }
    }

    /// What a team may still know of it that the person left then, or has not left: the address only as long as the account
    /// is as the team knew it, and of somebody erased not even what stands where his name stood.
    #[must_use]
    pub fn known_to_team(self, left: Option<Time>) -> Self {
        if self.delete_time.is_some() {
            Self::blank(self.id)
        } else if left.is_none_or(|then| self.update_time <= then) {
            self
        } else {
            self.name_only()
        }
    }

    /// An account of which nothing is known but its id.
    const fn blank(id: Uuid) -> Self {
        Self {
            id,
            given_name: String::new(),
            family_name: String::new(),
            email: String::new(),
            language: None,
            phone: None,
            time_zone: None,
            job_title: None,
            external_id: None,
            verify_time: None,
            disable_time: None,
            delete_time: None,
            create_time: Time::UNIX_EPOCH,
            update_time: Time::UNIX_EPOCH,
        }
    }

    /// Whether the person may sign in and act.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.disabled_reasons().is_empty()
    }

    /// Changes whenever the account does.
    #[must_use]
    pub fn etag(&self) -> String {
        let mut etag = Etag::new()
            .text(&self.id.to_string())
            .text(&self.email)
            .text(&self.given_name)
            .text(&self.family_name)
            .optional(self.language.as_deref())
            .optional(self.phone.as_deref())
            .optional(self.time_zone.as_deref())
            .optional(self.job_title.as_deref())
            .optional(self.external_id.as_deref())
            .time(self.verify_time)
            .time(Some(self.create_time))
            .time(Some(self.update_time));
        // Only where there is something to say, so that a replica of the version before answers the same etags.
        for (name, time) in [
            ("disable_time", self.disable_time),
            ("delete_time", self.delete_time),
        ] {
            if time.is_some() {
                etag = etag.text(name).time(time);
            }
        }
        etag.finish()
    }
}

/// What stands where an erased person's address and names stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// The address that is shown. Its domain is reserved (RFC 6761): no letter can ever arrive there.
    pub email: String,
    /// Stands for the normal form. No address has one without an `@`, so that nobody is ever taken for him.
    pub key: String,
}

impl Placeholder {
    /// The given name.
    pub const GIVEN_NAME: &str = "Erased";
    /// The family name.
    pub const FAMILY_NAME: &str = "User";

    /// The one of an account.
    #[must_use]
    pub fn of(id: Uuid) -> Self {
        Self {
            email: format!("erased-{id}@erased.invalid"),
            key: format!("erased:{id}"),
        }
    }
}

#[cfg(test)]
impl User {
    /// An account that nobody has verified.
    pub(crate) const fn example(id: Uuid) -> Self {
        Self::blank(id)
    }
}

/// What a new account holds beside its address.
#[derive(Clone)]
pub struct Profile {
    /// Given name.
    pub given_name: PersonName,
    /// Family name.
    pub family_name: PersonName,
    /// Language, if known.
    pub language: Option<Language>,
    /// Phone.
    pub phone: Option<Phone>,
    /// Time zone.
    pub time_zone: Option<TimeZone>,
    /// Job title.
    pub job_title: Option<JobTitle>,
    /// The id in another system.
    pub external_id: Option<ExternalId>,
}

impl Profile {
    /// A profile of names and perhaps a language.
    #[must_use]
    pub const fn named(
        given_name: PersonName,
        family_name: PersonName,
        language: Option<Language>,
    ) -> Self {
        Self {
            given_name,
            family_name,
            language,
            phone: None,
            time_zone: None,
            job_title: None,
            external_id: None,
        }
    }
}

/// Changes to a profile: `None` leaves a field, `Some(None)` clears an optional one.
#[derive(Clone, Default)]
pub struct ProfileChanges {
    /// Given name.
    pub given_name: Option<PersonName>,
    /// Family name.
    pub family_name: Option<PersonName>,
    /// Language.
    pub language: Option<Option<Language>>,
    /// Phone.
    pub phone: Option<Option<Phone>>,
    /// Time zone.
    pub time_zone: Option<Option<TimeZone>>,
    /// Job title.
    pub job_title: Option<Option<JobTitle>>,
    /// The id in another system.
    pub external_id: Option<Option<ExternalId>>,
}

impl ProfileChanges {
    /// The names of the fields that these changes give another value.
    #[must_use]
    pub fn of(&self, user: &User) -> Vec<&'static str> {
        let fields = [
            (
                "given_name",
                differs(self.given_name.as_ref(), |new| {
                    new.as_str() == user.given_name
                }),
            ),
            (
                "family_name",
                differs(self.family_name.as_ref(), |new| {
                    new.as_str() == user.family_name
                }),
            ),
            (
                "language",
                differs(self.language.as_ref(), |new| {
                    new.as_ref().map(Language::as_str) == user.language.as_deref()
                }),
            ),
            (
                "phone",
                differs(self.phone.as_ref(), |new| {
                    new.as_ref().map(Phone::as_str) == user.phone.as_deref()
                }),
            ),
            (
                "time_zone",
                differs(self.time_zone.as_ref(), |new| {
                    new.as_ref().map(TimeZone::as_str) == user.time_zone.as_deref()
                }),
            ),
            (
                "job_title",
                differs(self.job_title.as_ref(), |new| {
                    new.as_ref().map(JobTitle::as_str) == user.job_title.as_deref()
                }),
            ),
            (
                "external_id",
                differs(self.external_id.as_ref(), |new| {
                    new.as_ref().map(ExternalId::as_str) == user.external_id.as_deref()
                }),
            ),
        ];
        fields
            .into_iter()
            .filter_map(|(name, differs)| differs.then_some(name))
            .collect()
    }
}

fn differs<T>(new: Option<&T>, is_old: impl Fn(&T) -> bool) -> bool {
    new.is_some_and(|new| !is_old(new))
}

/// Which accounts of the deployment a list holds.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// Only verified accounts, or only others.
    pub verified: Option<bool>,
    /// Only accounts made then or later.
    pub create_time_from: Option<Time>,
    /// Only people whose name or address begins with this.
    pub query: Option<Prefix>,
    /// Erased ones too.
    pub show_deleted: bool,
}

impl UserFilter {
    /// The order of the accounts.
    #[must_use]
    pub const fn order(&self) -> PeopleOrder {
        if self.query.is_some() {
            PeopleOrder::Key
        } else {
            PeopleOrder::Account
        }
    }
}
