//! Changes of a user (RFC 7644, 3.5.2) in all the shapes that Entra and Okta send.

use serde_json::Value;

use super::{
    attributes::Attribute,
    path::Path,
    users::{Draft, member, object, wrong},
};
use crate::error::{ScimFault, ScimKind};

mod emails;

/// What a request of changes says that it is.
const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// How many changes one request may hold.
pub const MAX_OPERATIONS: usize = 1000;

/// The changes of one request, in order; all of them are done, or none.
pub struct Patch {
    operations: Vec<Operation>,
}

/// One change.
struct Operation {
    manner: Manner,
    path: Option<Path>,
    value: Value,
}

/// What a change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    Add,
    Replace,
    Remove,
}

impl Patch {
    /// Reads the changes.
    ///
    /// # Errors
    /// `invalidSyntax`, `invalidPath`, `invalidValue` where one is missing, `noTarget` of a removal without a path,
    /// `tooMany`.
    pub fn read(body: &Value) -> Result<Self, ScimFault> {
        let syntax = |detail| ScimKind::InvalidSyntax.because(detail);
        let body = body.as_object().ok_or(syntax("changes are an object"))?;
        if let Some(schemas) = member(body, "schemas") {
            let schemas = schemas.as_array().ok_or(syntax("schemas are a list"))?;
            let is_it = |schema: &Value| {
                schema
                    .as_str()
                    .is_some_and(|it| it.eq_ignore_ascii_case(SCHEMA))
            };
            if !schemas.iter().any(is_it) {
                return Err(syntax("the schema of changes is PatchOp"));
            }
        }
        let operations = member(body, "Operations").and_then(Value::as_array);
        let operations = operations.ok_or(syntax("Operations are a list"))?;
        if operations.is_empty() {
            return Err(syntax("Operations hold nothing"));
        }
        if operations.len() > MAX_OPERATIONS {
            return Err(ScimKind::TooMany.because("a request holds at most 1000 operations"));
        }
        let operations = operations.iter().map(Operation::read);
        Ok(Self {
            operations: operations.collect::<Result<_, _>>()?,
        })
    }

    /// Changes a user. If it fails he is worth nothing: somewhere between before and after.
    ///
    /// # Errors
    /// `invalidPath`, `invalidValue`, `noTarget`, `mutability`, `tooMany`.
    pub fn apply(&self, user: &mut Draft) -> Result<(), ScimFault> {
        for operation in &self.operations {
            operation.apply(user)?;
        }
        Ok(())
    }
}

impl Operation {
    fn read(value: &Value) -> Result<Self, ScimFault> {
        let syntax = |detail| ScimKind::InvalidSyntax.because(detail);
        let operation = value
            .as_object()
            .ok_or(syntax("an operation is an object"))?;
        let word = member(operation, "op").and_then(Value::as_str);
        let manner = match word.unwrap_or_default().to_ascii_lowercase().as_str() {
            "add" => Manner::Add,
            "replace" => Manner::Replace,
            "remove" => Manner::Remove,
            _ => return Err(syntax("op is add, replace or remove")),
        };
        let path = match member(operation, "path") {
            None | Some(Value::Null) => None,
            Some(Value::String(path)) if path.trim().is_empty() => None,
            Some(Value::String(path)) => Some(Path::parse(path)?),
            Some(_) => return Err(ScimKind::InvalidPath.because("a path is a text")),
        };
        let value = member(operation, "value");
        match manner {
            Manner::Remove if path.is_none() => {
                return Err(ScimKind::NoTarget.because("a removal needs a path"));
            }
            Manner::Add | Manner::Replace if value.is_none() => {
                return Err(wrong("a value is missing"));
            }
            Manner::Add | Manner::Replace | Manner::Remove => {}
        }
        Ok(Self {
            manner,
            path,
            value: value.cloned().unwrap_or_default(),
        })
    }

    fn apply(&self, user: &mut Draft) -> Result<(), ScimFault> {
        if let Some(path) = &self.path {
            return change(user, path, (self.manner, &self.value));
        }
        // Without a path the value's members are the paths; what cannot be changed or is unknown is passed over, as in a
        // whole user.
        for (name, value) in object(&self.value)? {
            let Ok(path) = Path::parse(name) else {
                continue;
            };
            match path.meant().attribute() {
                None => {}
                Some(attribute) if is_fixed(attribute) => {}
                Some(_) => change(user, &path, (self.manner, value))?,
            }
        }
        Ok(())
    }
}

/// What only we give.
const fn is_fixed(attribute: Attribute) -> bool {
    match attribute {
        Attribute::Id
        | Attribute::Schemas
        | Attribute::Meta
        | Attribute::Created
        | Attribute::LastModified
        | Attribute::ResourceType
        | Attribute::Derived => true,
        Attribute::ExternalId
        | Attribute::UserName
        | Attribute::DisplayName
        | Attribute::Name
        | Attribute::GivenName
        | Attribute::FamilyName
        | Attribute::Emails
        | Attribute::EmailValue
        | Attribute::EmailType
        | Attribute::EmailPrimary
        | Attribute::Active
        | Attribute::Foreign => false,
    }
}

fn change(
    user: &mut Draft,
    path: &Path,
    (manner, value): (Manner, &Value),
) -> Result<(), ScimFault> {
    let attribute = path.meant().attribute();
    let attribute =
        attribute.ok_or(ScimKind::InvalidPath.because("the path names what users do not have"))?;
    if is_fixed(attribute) {
        return Err(ScimKind::Mutability.because("this cannot be changed"));
    }
    let is_of_emails = matches!(
        attribute,
        Attribute::Emails | Attribute::EmailValue | Attribute::EmailType | Attribute::EmailPrimary
    );
    if is_of_emails {
        return emails::change(&mut user.emails, (path, attribute), (manner, value));
    }
    if attribute == Attribute::Foreign {
        return Ok(());
    }
    if path.elements.is_some() {
        return Err(ScimKind::InvalidPath.because("brackets are for attributes of many values"));
    }
    // To replace a value by none is to take it away.
    if manner == Manner::Remove || (manner == Manner::Replace && value.is_null()) {
        return remove(user, attribute);
    }
    if value.is_null() {
        return Ok(());
    }
    if attribute == Attribute::Name {
        return user.merge_name(value);
    }
    user.set(attribute, value)
}

fn remove(user: &mut Draft, attribute: Attribute) -> Result<(), ScimFault> {
    match attribute {
        Attribute::ExternalId => user.external_id = None,
        Attribute::DisplayName => user.display_name = None,
        Attribute::GivenName => user.given_name = None,
        Attribute::FamilyName => user.family_name = None,
        Attribute::Name => (user.given_name, user.family_name) = (None, None),
        Attribute::UserName | Attribute::Active => {
            return Err(ScimKind::Mutability.because("this cannot be taken away"));
        }
        Attribute::Emails
        | Attribute::EmailValue
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

#[cfg(test)]
mod tests;
