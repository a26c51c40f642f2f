//! A group as SCIM shows and takes it.

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use super::{
    attributes::AttributePath,
    users::{member, text, wrong},
};
use crate::{
    clock::Time,
    domain::{etags::Etag, names::GroupName, texts::ExternalId},
    error::{Result, ScimFault, ScimKind, Violations},
};

/// The schema of a group.
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// The attributes of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupAttribute {
    /// Our id of the group.
    Id,
    /// The directory's id of the group.
    ExternalId,
    /// Its name.
    DisplayName,
    /// Who is in it.
    Members,
    /// Our id of somebody in it.
    MemberValue,
    /// What kind of thing somebody in it is: a user.
    MemberType,
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
    /// What is told and cannot be asked for.
    Derived,
}

impl GroupAttribute {
    /// The attribute that a written name is, if there is one.
    #[must_use]
    pub fn named(path: &AttributePath) -> Option<Self> {
        let is_ours = path.schema.as_deref();
        if !is_ours.is_none_or(|schema| schema.eq_ignore_ascii_case(GROUP)) {
            return None;
        }
        let part = path.part.as_deref().map(str::to_ascii_lowercase);
        let name = path.name.to_ascii_lowercase();
        Some(match (name.as_str(), part.as_deref()) {
            ("id", None) => Self::Id,
            ("externalid", None) => Self::ExternalId,
            ("displayname", None) => Self::DisplayName,
            ("members", None) => Self::Members,
            ("members", Some("value")) => Self::MemberValue,
            ("members", Some("type")) => Self::MemberType,
            ("schemas", None) => Self::Schemas,
            ("meta", None) => Self::Meta,
            ("meta", Some("created")) => Self::Created,
            ("meta", Some("lastmodified")) => Self::LastModified,
            ("meta", Some("resourcetype")) => Self::ResourceType,
            ("meta", Some("location" | "version")) | ("members", Some("$ref" | "display")) => {
                Self::Derived
            }
            _ => return None,
        })
    }
}

/// A group before anybody has looked whether it can be one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupDraft {
    /// Its name.
    pub display_name: Option<String>,
    /// The directory's id.
    pub external_id: Option<String>,
    /// Who comes and who goes.
    pub members: MemberEdits,
}

/// What becomes of those who are in a group. Nobody is both added and removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberEdits {
    /// Whether all who were in it are in it no more, but for those who are added.
    pub replaced: bool,
    /// Who is in it then.
    pub added: BTreeSet<Uuid>,
    /// Who is not.
    pub removed: BTreeSet<Uuid>,
}

impl MemberEdits {
    /// These, and nobody else.
    #[must_use]
    pub const fn all(members: BTreeSet<Uuid>) -> Self {
        Self {
            replaced: true,
            added: members,
            removed: BTreeSet::new(),
        }
    }

    /// Puts people in.
    pub fn add(&mut self, members: BTreeSet<Uuid>) {
        self.removed.retain(|one| !members.contains(one));
        self.added.extend(members);
    }

    /// Takes people out.
    pub fn remove(&mut self, members: BTreeSet<Uuid>) {
        self.added.retain(|one| !members.contains(one));
        self.removed.extend(members);
    }
}

/// A group that a directory may have.
#[derive(Clone, PartialEq, Eq)]
pub struct ScimGroup {
    /// Its name.
    pub display_name: GroupName,
    /// The directory's id.
    pub external_id: Option<ExternalId>,
    /// Who comes and who goes.
    pub members: MemberEdits,
}

/// A group of a directory as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptGroup {
    /// Our id of the group.
    pub id: Uuid,
    /// By which id the directory has it, or what stands for none.
    pub key: String,
    /// The directory's id, if it gave one.
    pub external_id: Option<String>,
    /// Its name.
    pub display_name: String,
    /// When the directory brought it.
    pub create_time: Time,
    /// When it was last changed, or somebody came or went; each change has a time of its own.
    pub update_time: Time,
}

impl GroupDraft {
    /// Reads a whole group. What SCIM does not let us keep is passed over, as it says.
    ///
    /// # Errors
    /// `invalidSyntax`: no object. `invalidValue`: a value that is not of its attribute's type.
    pub fn read(body: &Value) -> Result<Self, ScimFault> {
        let object = body
            .as_object()
            .ok_or_else(|| ScimKind::InvalidSyntax.because("a group is an object"))?;
        let mut draft = Self {
            members: MemberEdits::all(BTreeSet::new()),
            ..Self::default()
        };
        for (name, value) in object {
            let named = AttributePath::read(name);
            if let Some(attribute) = named.as_ref().and_then(GroupAttribute::named) {
                draft.set(attribute, value)?;
            }
        }
        Ok(draft)
    }

    /// Gives a whole attribute a value. What cannot be changed is left as it is.
    pub(super) fn set(
        &mut self,
        attribute: GroupAttribute,
        value: &Value,
    ) -> Result<(), ScimFault> {
        match attribute {
            GroupAttribute::ExternalId => self.external_id = text(value)?,
            GroupAttribute::DisplayName => self.display_name = text(value)?,
            GroupAttribute::Members => self.members = MemberEdits::all(members(value)?),
            GroupAttribute::Id
            | GroupAttribute::MemberValue
            | GroupAttribute::MemberType
            | GroupAttribute::Schemas
            | GroupAttribute::Meta
            | GroupAttribute::Created
            | GroupAttribute::LastModified
            | GroupAttribute::ResourceType
            | GroupAttribute::Derived => {}
        }
        Ok(())
    }

    /// The group, if it can be one.
    ///
    /// # Errors
    /// All violations at once.
    pub fn check(self) -> Result<ScimGroup> {
        let mut violations = Violations::new();
        let name = self.display_name.as_deref().unwrap_or_default();
        let display_name = violations.take(GroupName::parse("displayName", name));
        let external_id = match &self.external_id {
            Some(id) => violations.take(ExternalId::parse("externalId", id).map(Some)),
            None => Some(None),
        };
        let group = display_name.zip(external_id);
        let members = self.members;
        violations.finish(group.map(|(display_name, external_id)| ScimGroup {
            display_name,
            external_id,
            members,
        }))
    }
}

/// Members as they are sent: a list, a single one, or only his id.
pub(super) fn members(value: &Value) -> Result<BTreeSet<Uuid>, ScimFault> {
    let many = match value {
        Value::Null => return Ok(BTreeSet::new()),
        Value::Array(many) => many.as_slice(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            std::slice::from_ref(value)
        }
    };
    let ids = many.iter().map(member_id);
    let ids: Result<Vec<_>, ScimFault> = ids.collect();
    Ok(ids?.into_iter().flatten().collect())
}

/// A text that is none of our ids is nobody's, and left out as others are whom the directory does not have.
fn member_id(value: &Value) -> Result<Option<Uuid>, ScimFault> {
    let id = match value {
        Value::Object(object) => member(object, "value"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Some(value)
        }
    };
    let id = id.and_then(Value::as_str);
    let id = id.ok_or(wrong("a member is told by the id of a user"))?;
    Ok(known_id(id))
}

/// Our id; other ways to write the same are not it.
pub(super) fn known_id(text: &str) -> Option<Uuid> {
    let id = Uuid::try_parse(text).ok();
    id.filter(|id| id.to_string() == text)
}

impl KeptGroup {
    /// Changes whenever the group does.
    #[must_use]
    pub fn etag(&self) -> String {
        Etag::new()
            .text(&self.id.to_string())
            .optional(self.external_id.as_deref())
            .text(&self.display_name)
            .time(Some(self.create_time))
            .time(Some(self.update_time))
            .finish()
    }

    /// What changes begin with.
    #[must_use]
    pub fn draft(&self) -> GroupDraft {
        GroupDraft {
            display_name: Some(self.display_name.clone()),
            external_id: self.external_id.clone(),
            members: MemberEdits::default(),
        }
    }
}
