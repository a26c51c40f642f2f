//! The names of attributes: how they are written, and which of them we keep.

use std::fmt;

/// The schema of a user.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// What begins the name of every extension of a schema.
const EXTENSION: &str = "urn:ietf:params:scim:schemas:extension:";

/// Attributes of the standard's user that we do not keep: sent ones are ignored, and nobody has them.
const FOREIGN: [&str; 17] = [
    "nickname",
    "profileurl",
    "title",
    "usertype",
    "preferredlanguage",
    "locale",
    "timezone",
    "password",
    "phonenumbers",
    "ims",
    "photos",
    "addresses",
    "groups",
    "entitlements",
    "roles",
    "x509certificates",
    "manager",
];

/// A written name: a schema, an attribute, one of its parts. Names are equal whatever their case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributePath {
    /// The schema, if it is named.
    pub schema: Option<String>,
    /// The attribute.
    pub name: String,
    /// The part of it.
    pub part: Option<String>,
}

impl AttributePath {
    /// Reads a name. The last colon ends the schema; what a dot follows is a part.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (schema, rest) = match text.rsplit_once(':') {
            Some((schema, rest)) => (Some(schema), rest),
            None => (None, text),
        };
        let (name, part) = match rest.split_once('.') {
            Some((name, part)) => (name, Some(part)),
            None => (rest, None),
        };
        let is_good = schema.is_none_or(is_urn) && is_name(name) && part.is_none_or(is_name);
        is_good.then(|| Self {
            schema: schema.map(str::to_owned),
            name: name.to_owned(),
            part: part.map(str::to_owned),
        })
    }

    /// A plain name.
    pub(super) fn plain(name: &str) -> Self {
        Self {
            schema: None,
            name: name.to_owned(),
            part: None,
        }
    }

    /// The attribute that it names, if there is one.
    #[must_use]
    pub fn attribute(&self) -> Option<Attribute> {
        let whole = self.to_string();
        let is_extension = whole
            .get(..EXTENSION.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(EXTENSION));
        if is_extension {
            return Some(Attribute::Foreign);
        }
        if let Some(schema) = &self.schema
            && !schema.eq_ignore_ascii_case(USER)
        {
            return None;
        }
        let part = self.part.as_deref().map(str::to_ascii_lowercase);
        let name = self.name.to_ascii_lowercase();
        let attribute = match (name.as_str(), part.as_deref()) {
            ("id", None) => Attribute::Id,
            ("externalid", None) => Attribute::ExternalId,
            ("username", None) => Attribute::UserName,
            ("displayname", None) => Attribute::DisplayName,
            ("name", None) => Attribute::Name,
            ("name", Some("givenname")) => Attribute::GivenName,
            ("name", Some("familyname")) => Attribute::FamilyName,
            ("emails", None) => Attribute::Emails,
            ("emails", Some("value")) => Attribute::EmailValue,
            ("emails", Some("type")) => Attribute::EmailType,
            ("emails", Some("primary")) => Attribute::EmailPrimary,
            ("active", None) => Attribute::Active,
            ("schemas", None) => Attribute::Schemas,
            ("meta", None) => Attribute::Meta,
            ("meta", Some("created")) => Attribute::Created,
            ("meta", Some("lastmodified")) => Attribute::LastModified,
            ("meta", Some("resourcetype")) => Attribute::ResourceType,
            ("meta", Some("location" | "version")) => Attribute::Derived,
            ("name", Some("formatted" | "middlename" | "honorificprefix" | "honorificsuffix"))
            | ("emails", Some("display")) => Attribute::Foreign,
            (foreign, _) if FOREIGN.contains(&foreign) => Attribute::Foreign,
            _ => return None,
        };
        Some(attribute)
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}:")?;
        }
        f.write_str(&self.name)?;
        match &self.part {
            Some(part) => write!(f, ".{part}"),
            None => Ok(()),
        }
    }
}

/// The attributes of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribute {
    /// Our id of the person.
    Id,
    /// The directory's id of the person.
    ExternalId,
    /// The directory's name of the account.
    UserName,
    /// How the directory shows the person.
    DisplayName,
    /// All names.
    Name,
    /// The given name.
    GivenName,
    /// The family name.
    FamilyName,
    /// The address with what is said of it; there is one.
    Emails,
    /// The address.
    EmailValue,
    /// The kind of the address.
    EmailType,
    /// Whether it is the main address.
    EmailPrimary,
    /// Whether the directory lets the person in.
    Active,
    /// The schemas of the resource.
    Schemas,
    /// All that is said about the resource itself.
    Meta,
    /// When it was made.
    Created,
    /// When it was changed.
    LastModified,
    /// What it is.
    ResourceType,
    /// What is told of the resource and cannot be asked for.
    Derived,
    /// Known to the standard, and not kept.
    Foreign,
}

fn is_urn(text: &str) -> bool {
    // Letters and signs were looked at when the word was read.
    text.get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
        && !text.ends_with(':')
}

/// A letter first, then letters, digits and a few signs; `$ref` is one too.
fn is_name(text: &str) -> bool {
    let rest = text.strip_prefix('$').unwrap_or(text);
    rest.starts_with(|c: char| c.is_ascii_alphabetic())
        && rest
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
