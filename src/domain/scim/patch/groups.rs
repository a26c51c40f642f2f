//! Changes of a group: its names, and who is in it.

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use super::{
    super::{
        filter::{Filter, Operator, Value as Wanted},
        groups::{GroupAttribute, GroupDraft, MemberEdits, known_id, members},
        path::Path,
        users::object,
    },
    Manner, Operation, Patch,
};
use crate::error::{ScimFault, ScimKind};

impl Patch {
    /// Changes a group. If it fails it is worth nothing: somewhere between before and after.
    ///
    /// # Errors
    /// `invalidPath`, `invalidValue`, `mutability`.
    pub fn apply_to_group(&self, group: &mut GroupDraft) -> Result<(), ScimFault> {
        for operation in &self.operations {
            apply(operation, group)?;
        }
        Ok(())
    }
}

fn apply(operation: &Operation, group: &mut GroupDraft) -> Result<(), ScimFault> {
    let (manner, value) = (operation.manner, &operation.value);
    if let Some(path) = &operation.path {
        return change(group, path, (manner, value));
    }
    // As with users, what cannot be changed or is unknown is passed over.
    for (name, value) in object(value)? {
        let Ok(path) = Path::parse(name) else {
            continue;
        };
        match GroupAttribute::named(&path.meant()) {
            Some(
                GroupAttribute::DisplayName | GroupAttribute::ExternalId | GroupAttribute::Members,
            ) => change(group, &path, (manner, value))?,
            None
            | Some(
                GroupAttribute::Id
                | GroupAttribute::MemberValue
                | GroupAttribute::MemberType
                | GroupAttribute::Schemas
                | GroupAttribute::Meta
                | GroupAttribute::Created
                | GroupAttribute::LastModified
                | GroupAttribute::ResourceType
                | GroupAttribute::Derived,
            ) => {}
        }
    }
    Ok(())
}

fn change(
    group: &mut GroupDraft,
    path: &Path,
    (manner, value): (Manner, &Value),
) -> Result<(), ScimFault> {
    let attribute = GroupAttribute::named(&path.meant());
    let attribute =
        attribute.ok_or(ScimKind::InvalidPath.because("the path names what groups do not have"))?;
    let is_removal = manner == Manner::Remove || (manner == Manner::Replace && value.is_null());
    if attribute == GroupAttribute::Members {
        return change_members(&mut group.members, path, (manner, is_removal, value));
    }
    match attribute {
        GroupAttribute::ExternalId | GroupAttribute::DisplayName if path.elements.is_some() => {
            return Err(ScimKind::InvalidPath.because("brackets are for members"));
        }
        GroupAttribute::ExternalId if is_removal => group.external_id = None,
        GroupAttribute::DisplayName if is_removal => {
            return Err(ScimKind::Mutability.because("this cannot be taken away"));
        }
        GroupAttribute::ExternalId | GroupAttribute::DisplayName => {
            // To add no value is no change.
            if !value.is_null() {
                group.set(attribute, value)?;
            }
        }
        GroupAttribute::Members
        | GroupAttribute::MemberValue
        | GroupAttribute::MemberType
        | GroupAttribute::Id
        | GroupAttribute::Schemas
        | GroupAttribute::Meta
        | GroupAttribute::Created
        | GroupAttribute::LastModified
        | GroupAttribute::ResourceType
        | GroupAttribute::Derived => {
            return Err(ScimKind::Mutability.because("this cannot be changed"));
        }
    }
    Ok(())
}

fn change_members(
    edits: &mut MemberEdits,
    path: &Path,
    (manner, is_removal, value): (Manner, bool, &Value),
) -> Result<(), ScimFault> {
    if let Some((filter, _)) = &path.elements {
        if !is_removal {
            // Somebody in a group is he himself; there is nothing of him to change.
            return Err(ScimKind::Mutability.because("a member cannot be changed"));
        }
        let mut chosen = BTreeSet::new();
        choose(filter, &mut chosen)?;
        edits.remove(chosen);
        return Ok(());
    }
    match manner {
        // A removal may say whom.
        Manner::Remove if !value.is_null() => edits.remove(members(value)?),
        Manner::Replace | Manner::Remove => *edits = MemberEdits::all(members(value)?),
        Manner::Add => edits.add(members(value)?),
    }
    Ok(())
}

/// Those whom a filter names by their ids.
fn choose(filter: &Filter, chosen: &mut BTreeSet<Uuid>) -> Result<(), ScimFault> {
    match filter {
        Filter::Compare(path, Operator::Equal, Wanted::Text(id))
            if path.schema.is_none()
                && path.part.is_none()
                && path.name.eq_ignore_ascii_case("value") =>
        {
            // Who is none of ours is not in it.
            chosen.extend(known_id(id));
            Ok(())
        }
        Filter::Any(terms) => terms.iter().try_for_each(|term| choose(term, chosen)),
        Filter::Compare(..)
        | Filter::Present(_)
        | Filter::Within(..)
        | Filter::Not(_)
        | Filter::All(_) => Err(ScimKind::InvalidPath.because("members are chosen by their value")),
    }
}

#[cfg(test)]
mod tests;
