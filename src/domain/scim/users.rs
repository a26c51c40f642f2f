//! A user as SCIM shows and takes him: the attributes that we keep, read from JSON without a word about the rest.

use serde_json::{Map, Value};

use super::attributes::{Attribute, AttributePath};
use crate::{
    domain::{
        email::Email,
        names::{PersonName, is_hidden},
        texts::ExternalId,
    },
    error::{FieldViolation, Result, Rule, ScimFault, ScimKind, Violations},
};

/// The kind of the one address that we keep.
pub const EMAIL_TYPE: &str = "work";
/// How many addresses one user may be sent with.
pub(super) const MAX_EMAILS: usize = 100;
/// The characters of a user's texts at most.
const MAX_LINE: usize = 256;
/// What stands for a name that the directory does not tell.
const NAMELESS: &str = "-";

/// A user before anybody has looked whether he can be one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// The directory's name of the account.
    pub user_name: Option<String>,
    /// The directory's id.
    pub external_id: Option<String>,
    /// How the directory shows him.
    pub display_name: Option<String>,
    /// The given name.
    pub given_name: Option<String>,
    /// The family name.
    pub family_name: Option<String>,
    /// The addresses.
    pub emails: Vec<DraftEmail>,
    /// Whether the directory lets him in.
    pub active: bool,
}

/// An address with what is said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftEmail {
    /// The address.
    pub value: Option<String>,
    /// Its kind, such as `work`.
    pub kind: Option<String>,
    /// Whether it is the main one.
    pub primary: bool,
}

/// A user that a directory may have.
#[derive(Clone, PartialEq, Eq)]
pub struct ScimUser {
    /// The directory's name of the account.
    pub user_name: String,
    /// The directory's id.
    pub external_id: Option<ExternalId>,
    /// How the directory shows him.
    pub display_name: Option<String>,
    /// The address.
    pub email: Email,
    /// The given name.
    pub given_name: PersonName,
    /// The family name.
    pub family_name: PersonName,
    /// Whether the directory lets him in.
    pub active: bool,
}

impl Draft {
    /// Reads a whole user. What SCIM does not let us keep is passed over, as it says.
    ///
    /// # Errors
    /// `invalidSyntax`: no object. `invalidValue`: a value that is not of its attribute's type. `tooMany` addresses.
    pub fn read(body: &Value) -> Result<Self, ScimFault> {
        let object = body
            .as_object()
            .ok_or_else(|| ScimKind::InvalidSyntax.because("a user is an object"))?;
        let mut draft = Self {
            active: true,
            ..Self::default()
        };
        for (name, value) in object {
            let attribute = AttributePath::read(name).and_then(|path| path.attribute());
            if let (Some(attribute), false) = (attribute, value.is_null()) {
                draft.set(attribute, value)?;
            }
        }
        Ok(draft)
    }

    /// Gives a whole attribute a value. What cannot be changed is left as it is.
    pub(super) fn set(&mut self, attribute: Attribute, value: &Value) -> Result<(), ScimFault> {
        match attribute {
            Attribute::ExternalId => self.external_id = text(value)?,
            Attribute::UserName => self.user_name = text(value)?,
            Attribute::DisplayName => self.display_name = text(value)?,
            Attribute::GivenName => self.given_name = text(value)?,
            Attribute::FamilyName => self.family_name = text(value)?,
            Attribute::Name => {
                (self.given_name, self.family_name) = (None, None);
                self.merge_name(value)?;
            }
            Attribute::Emails => self.emails = emails(value)?,
            Attribute::Active => self.active = truth(value)?,
            Attribute::EmailValue
            | Attribute::EmailType
            | Attribute::EmailPrimary
            | Attribute::Id
            | Attribute::Schemas
            | Attribute::Meta
            | Attribute::Created
            | Attribute::LastModified
            | Attribute::ResourceType
            | Attribute::Derived
            | Attribute::Foreign => {}
        }
        Ok(())
    }

    /// Gives the names that an object holds; the others stay.
    pub(super) fn merge_name(&mut self, value: &Value) -> Result<(), ScimFault> {
        if value.is_null() {
            return Ok(());
        }
        let name = object(value)?;
        if let Some(given) = member(name, "givenName") {
            self.given_name = text(given)?;
        }
        if let Some(family) = member(name, "familyName") {
            self.family_name = text(family)?;
        }
        Ok(())
    }

    /// The address that we keep: the main one, else that of work, else the first; without any, the name of the account.
    fn address(&self) -> Option<&str> {
        let known = || self.emails.iter().filter(|email| email.value.is_some());
        let of_work = |email: &&DraftEmail| email.is_of(EMAIL_TYPE);
        let kept = known()
            .find(|email| email.primary)
            .or_else(|| known().find(of_work))
            .or_else(|| known().next());
        match kept {
            Some(email) => email.value.as_deref(),
            None => self.user_name.as_deref(),
        }
    }

    /// The user, if he can be one.
    ///
    /// # Errors
    /// All violations at once; `emails.value` is the address, whatever it was taken from.
    pub fn check(&self) -> Result<ScimUser> {
        let mut violations = Violations::new();
        let user_name = self.user_name.as_deref().unwrap_or_default();
        let user_name = violations.take(line("userName", user_name));
        let display_name = match &self.display_name {
            Some(name) => violations.take(line("displayName", name).map(Some)),
            None => Some(None),
        };
        let external_id = match &self.external_id {
            Some(id) => violations.take(ExternalId::parse("externalId", id).map(Some)),
            None => Some(None),
        };
        let address = self.address().unwrap_or_default();
        let email = violations.take(Email::parse("emails.value", address));
        let local = address.split_once('@').map_or("", |(local, _)| local);
        let mut name = |field, name: Option<&str>, other: &str| {
            let name = name.unwrap_or_default();
            match name.trim() {
                "" => PersonName::parse(field, other)
                    .or_else(|_| PersonName::parse(field, NAMELESS))
                    .ok(),
                _ => violations.take(PersonName::parse(field, name)),
            }
        };
        let given_name = name("name.givenName", self.given_name.as_deref(), local);
        let family_name = name("name.familyName", self.family_name.as_deref(), NAMELESS);
        let user = (|| {
            Some(ScimUser {
                user_name: user_name?,
                external_id: external_id?,
                display_name: display_name?,
                email: email?,
                given_name: given_name?,
                family_name: family_name?,
                active: self.active,
            })
        })();
        violations.finish(user)
    }
}

impl DraftEmail {
    pub(super) fn is_of(&self, kind: &str) -> bool {
        let own = self.kind.as_deref();
        own.is_some_and(|own| own.eq_ignore_ascii_case(kind))
    }
}

/// One line of text, kept as it is.
fn line(field: &'static str, text: &str) -> Result<String, FieldViolation> {
    let rule = if text.trim().is_empty() {
        Rule::Required
    } else if text.chars().nth(MAX_LINE).is_some() {
        Rule::TooLong
    } else if text.chars().any(is_hidden) {
        Rule::ControlCharacter
    } else if text.trim() != text {
        Rule::Malformed
    } else {
        return Ok(text.to_owned());
    };
    Err(FieldViolation::new(field, rule))
}

pub(super) const fn wrong(detail: &'static str) -> ScimFault {
    ScimKind::InvalidValue.because(detail)
}

/// A member of an object, whatever the case of its name.
pub(super) fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let exact = object.get(name);
    exact.or_else(|| {
        let mut all = object.iter();
        all.find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

pub(super) fn object(value: &Value) -> Result<&Map<String, Value>, ScimFault> {
    value.as_object().ok_or(wrong("an object is expected"))
}

/// A text; null and the empty text are none.
pub(super) fn text(value: &Value) -> Result<Option<String>, ScimFault> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if text.is_empty() => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(wrong("a text is expected"))
        }
    }
}

/// A boolean, also as Entra writes it.
pub(super) fn truth(value: &Value) -> Result<bool, ScimFault> {
    match value {
        Value::Bool(value) => Ok(*value),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            Err(wrong("true or false is expected"))
        }
    }
}

/// Addresses: a list, a single one, or only its text.
pub(super) fn emails(value: &Value) -> Result<Vec<DraftEmail>, ScimFault> {
    let many = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(many) => many.as_slice(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            std::slice::from_ref(value)
        }
    };
    if many.len() > MAX_EMAILS {
        return Err(ScimKind::TooMany.because("a user has at most 100 addresses"));
    }
    let emails: Vec<DraftEmail> = many.iter().map(email).collect::<Result<_, _>>()?;
    if emails.iter().filter(|email| email.primary).count() > 1 {
        return Err(wrong("only one address is the primary one"));
    }
    Ok(emails)
}

fn email(value: &Value) -> Result<DraftEmail, ScimFault> {
    if value.is_string() {
        return Ok(DraftEmail {
            value: text(value)?,
            ..DraftEmail::default()
        });
    }
    let mut email = DraftEmail::default();
    email.merge(object(value)?)?;
    Ok(email)
}

impl DraftEmail {
    /// Takes what an object says; the rest stays.
    pub(super) fn merge(&mut self, object: &Map<String, Value>) -> Result<(), ScimFault> {
        if let Some(value) = member(object, "value") {
            self.value = text(value)?;
        }
        if let Some(kind) = member(object, "type") {
            self.kind = text(kind)?;
        }
        match member(object, "primary") {
            None => {}
            Some(Value::Null) => self.primary = false,
            Some(primary) => self.primary = truth(primary)?,
        }
        Ok(())
    }
}
