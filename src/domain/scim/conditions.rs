//! What a filter means: conditions on what is stored, here of the users of a directory.

use chrono::DateTime;
use uuid::Uuid;

use super::{
    attributes::{Attribute, AttributePath, USER},
    filter::{Filter, Operator, Value},
    groups::known_id,
    users::EMAIL_TYPE,
};
use crate::{
    clock::Time,
    error::{ScimFault, ScimKind},
};

/// A condition. Each holds or does not hold; nothing is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// It holds for everybody, or for nobody.
    Constant(bool),
    /// The person or group has this id.
    Id(Uuid),
    /// Of a group: this person is in it.
    Member(Uuid),
    /// Of a group: somebody is in it.
    Peopled,
    /// A text compares so; one that is not there compares with nothing, but that it is not equal.
    Text(TextField, Operator, String),
    /// There is a text.
    Present(TextField),
    /// The directory lets the person in.
    Active,
    /// A time compares so.
    Time(TimeField, Operator, Time),
    /// It does not hold.
    Not(Box<Condition>),
    /// All of these hold.
    All(Vec<Condition>),
    /// One of these holds.
    Any(Vec<Condition>),
}

/// The texts of a user, or of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextField {
    /// The directory's id: the only one whose case counts.
    ExternalId,
    /// The directory's name of the account.
    UserName,
    /// How the directory shows the person.
    DisplayName,
    /// The given name.
    GivenName,
    /// The family name.
    FamilyName,
    /// The address.
    Email,
}

/// The times of a user, or of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeField {
    /// When the directory brought it.
    Created,
    /// When it was changed.
    LastModified,
}

/// What single comparisons mean for one kind of resource.
pub(super) struct Meaning {
    pub(super) compare: fn(&AttributePath, Operator, &Value) -> Result<Condition, ScimFault>,
    pub(super) present: fn(&AttributePath) -> Result<Condition, ScimFault>,
    pub(super) within: fn(&AttributePath, &Filter) -> Result<Condition, ScimFault>,
}

const OF_USERS: Meaning = Meaning {
    compare: |path, operator, value| compare(known(path)?, operator, value),
    present: |path| Ok(present(known(path)?)),
    within,
};

impl Filter {
    /// What the filter means for users.
    ///
    /// # Errors
    /// `invalidFilter`: an attribute that there is not, or a comparison that it has not.
    pub fn condition(&self) -> Result<Condition, ScimFault> {
        self.meant(&OF_USERS)
    }

    pub(super) fn meant(&self, meaning: &Meaning) -> Result<Condition, ScimFault> {
        let all = |terms: &[Self]| -> Result<Vec<Condition>, ScimFault> {
            terms.iter().map(|term| term.meant(meaning)).collect()
        };
        Ok(match self {
            Self::Compare(path, operator, value) => (meaning.compare)(path, *operator, value)?,
            Self::Present(path) => (meaning.present)(path)?,
            Self::Within(path, inner) => (meaning.within)(path, inner)?,
            Self::Not(inner) => Condition::Not(Box::new(inner.meant(meaning)?)),
            Self::All(terms) => Condition::All(all(terms)?),
            Self::Any(terms) => Condition::Any(all(terms)?),
        })
    }

    /// The same filter, told from outside of the attribute whose elements it speaks of. There is one element at most, so
    /// that what one of them holds all of them hold.
    fn told_of(&self, name: &str) -> Result<Self, ScimFault> {
        let path = |path: &AttributePath| {
            if path.schema.is_some() || path.part.is_some() {
                return Err(fault("within brackets stand the parts of the attribute"));
            }
            Ok(AttributePath {
                part: Some(path.name.clone()),
                ..AttributePath::plain(name)
            })
        };
        let all = |terms: &[Self]| -> Result<Vec<Self>, ScimFault> {
            terms.iter().map(|term| term.told_of(name)).collect()
        };
        Ok(match self {
            Self::Compare(part, operator, value) => {
                Self::Compare(path(part)?, *operator, value.clone())
            }
            Self::Present(part) => Self::Present(path(part)?),
            Self::Within(..) => return Err(fault("brackets stand within brackets")),
            Self::Not(inner) => Self::Not(Box::new(inner.told_of(name)?)),
            Self::All(terms) => Self::All(all(terms)?),
            Self::Any(terms) => Self::Any(all(terms)?),
        })
    }
}

fn within(path: &AttributePath, inner: &Filter) -> Result<Condition, ScimFault> {
    match known(path)? {
        Attribute::Emails => inner.told_of("emails")?.condition(),
        Attribute::Foreign => Ok(Condition::Constant(false)),
        Attribute::Name
        | Attribute::Id
        | Attribute::ExternalId
        | Attribute::UserName
        | Attribute::DisplayName
        | Attribute::GivenName
        | Attribute::FamilyName
        | Attribute::EmailValue
        | Attribute::EmailType
        | Attribute::EmailPrimary
        | Attribute::Active
        | Attribute::Schemas
        | Attribute::Meta
        | Attribute::Created
        | Attribute::LastModified
        | Attribute::ResourceType
        | Attribute::Derived => Err(fault("brackets are for attributes of many values")),
    }
}

fn known(path: &AttributePath) -> Result<Attribute, ScimFault> {
    let unknown = || fault("an attribute that users do not have");
    path.attribute().ok_or_else(unknown)
}

pub(super) const fn fault(detail: &'static str) -> ScimFault {
    ScimKind::InvalidFilter.because(detail)
}

/// The text that an attribute is, if it is one of those that are stored.
const fn text(attribute: Attribute) -> Option<TextField> {
    match attribute {
        Attribute::ExternalId => Some(TextField::ExternalId),
        Attribute::UserName => Some(TextField::UserName),
        Attribute::DisplayName => Some(TextField::DisplayName),
        Attribute::GivenName => Some(TextField::GivenName),
        Attribute::FamilyName => Some(TextField::FamilyName),
        Attribute::Emails | Attribute::EmailValue => Some(TextField::Email),
        Attribute::Id
        | Attribute::Name
        | Attribute::EmailType
        | Attribute::EmailPrimary
        | Attribute::Active
        | Attribute::Schemas
        | Attribute::Meta
        | Attribute::Created
        | Attribute::LastModified
        | Attribute::ResourceType
        | Attribute::Derived
        | Attribute::Foreign => None,
    }
}

const fn present(attribute: Attribute) -> Condition {
    match attribute {
        Attribute::ExternalId => Condition::Present(TextField::ExternalId),
        Attribute::DisplayName => Condition::Present(TextField::DisplayName),
        Attribute::Foreign => Condition::Constant(false),
        Attribute::Id
        | Attribute::UserName
        | Attribute::Name
        | Attribute::GivenName
        | Attribute::FamilyName
        | Attribute::Emails
        | Attribute::EmailValue
        | Attribute::EmailType
        | Attribute::EmailPrimary
        | Attribute::Active
        | Attribute::Schemas
        | Attribute::Meta
        | Attribute::Created
        | Attribute::LastModified
        | Attribute::ResourceType
        | Attribute::Derived => Condition::Constant(true),
    }
}

fn compare(
    attribute: Attribute,
    operator: Operator,
    value: &Value,
) -> Result<Condition, ScimFault> {
    if *value == Value::Null {
        return absent(operator, present(attribute));
    }
    if let Some(field) = text(attribute) {
        return Ok(Condition::Text(field, operator, texts(value)?.to_owned()));
    }
    match attribute {
        Attribute::Id => id(operator, texts(value)?),
        Attribute::Active => {
            let wanted = truth(value)?;
            Ok(equality(operator, |()| {
                if wanted {
                    Condition::Active
                } else {
                    Condition::Not(Box::new(Condition::Active))
                }
            })?)
        }
        Attribute::EmailPrimary => {
            let is_it = truth(value)?;
            equality(operator, |()| Condition::Constant(is_it))
        }
        Attribute::EmailType => Ok(folded(EMAIL_TYPE, operator, texts(value)?)),
        // Of these, the only one whose case counts (RFC 7643, 3.1).
        Attribute::ResourceType => Ok(constant("User", operator, texts(value)?)),
        Attribute::Schemas => Ok(folded(USER, operator, texts(value)?)),
        Attribute::Created => time(TimeField::Created, operator, value),
        Attribute::LastModified => time(TimeField::LastModified, operator, value),
        // Nobody has it, so that it is equal to nothing.
        Attribute::Foreign => Ok(Condition::Constant(operator == Operator::NotEqual)),
        Attribute::Name | Attribute::Meta => Err(fault("only its parts can be compared")),
        Attribute::Derived => Err(fault("this cannot be asked for")),
        Attribute::ExternalId
        | Attribute::UserName
        | Attribute::DisplayName
        | Attribute::GivenName
        | Attribute::FamilyName
        | Attribute::Emails
        | Attribute::EmailValue => Err(fault("this compares with a text")),
    }
}

/// To be no value is to be absent.
pub(super) fn absent(operator: Operator, present: Condition) -> Result<Condition, ScimFault> {
    match operator {
        Operator::Equal => Ok(Condition::Not(Box::new(present))),
        Operator::NotEqual => Ok(present),
        Operator::Contains
        | Operator::StartsWith
        | Operator::EndsWith
        | Operator::Greater
        | Operator::GreaterOrEqual
        | Operator::Less
        | Operator::LessOrEqual => Err(fault("null is equal or not, and nothing else")),
    }
}

pub(super) fn texts(value: &Value) -> Result<&str, ScimFault> {
    match value {
        // No database takes it, and nothing that is stored holds it.
        Value::Text(text) if text.contains('\0') => Err(fault("a text holds no NUL")),
        Value::Text(text) => Ok(text),
        Value::Number(_) | Value::Bool(_) | Value::Null => Err(fault("this compares with a text")),
    }
}

/// A boolean, also as Entra writes it.
fn truth(value: &Value) -> Result<bool, ScimFault> {
    match value {
        Value::Bool(value) => Ok(*value),
        Value::Text(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::Text(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Value::Text(_) | Value::Number(_) | Value::Null => {
            Err(fault("this compares with true or false"))
        }
    }
}

/// A condition of what is equal or not, and has no order.
pub(super) fn equality(
    operator: Operator,
    equal: impl Fn(()) -> Condition,
) -> Result<Condition, ScimFault> {
    match operator {
        Operator::Equal => Ok(equal(())),
        Operator::NotEqual => Ok(Condition::Not(Box::new(equal(())))),
        Operator::Contains
        | Operator::StartsWith
        | Operator::EndsWith
        | Operator::Greater
        | Operator::GreaterOrEqual
        | Operator::Less
        | Operator::LessOrEqual => Err(fault("this is equal or not, and nothing else")),
    }
}

pub(super) fn id(operator: Operator, text: &str) -> Result<Condition, ScimFault> {
    let id = known_id(text);
    equality(operator, |()| {
        id.map_or(Condition::Constant(false), Condition::Id)
    })
}

/// What everybody's text is, compared whatever its case.
pub(super) fn folded(own: &str, operator: Operator, text: &str) -> Condition {
    constant(
        &own.to_ascii_lowercase(),
        operator,
        &text.to_ascii_lowercase(),
    )
}

/// What everybody's text is, compared.
pub(super) fn constant(own: &str, operator: Operator, text: &str) -> Condition {
    let holds = match operator {
        Operator::Equal => own == text,
        Operator::NotEqual => own != text,
        Operator::Contains => own.contains(text),
        Operator::StartsWith => own.starts_with(text),
        Operator::EndsWith => own.ends_with(text),
        Operator::Greater => own > text,
        Operator::GreaterOrEqual => own >= text,
        Operator::Less => own < text,
        Operator::LessOrEqual => own <= text,
    };
    Condition::Constant(holds)
}

pub(super) fn time(
    field: TimeField,
    operator: Operator,
    value: &Value,
) -> Result<Condition, ScimFault> {
    let time = DateTime::parse_from_rfc3339(texts(value)?);
    let time = time.map_err(|_| fault("this compares with a time, as RFC 3339 writes it"))?;
    match operator {
        Operator::Equal
        | Operator::NotEqual
        | Operator::Greater
        | Operator::GreaterOrEqual
        | Operator::Less
        | Operator::LessOrEqual => Ok(Condition::Time(field, operator, time.to_utc())),
        Operator::Contains | Operator::StartsWith | Operator::EndsWith => {
            Err(fault("a time is no text"))
        }
    }
}
