//! What a filter means for the groups of a directory.

use super::{
    attributes::AttributePath,
    conditions::{
        Condition, Meaning, TextField, TimeField, absent, constant, fault, folded, id, texts, time,
    },
    filter::{Filter, Operator, Value},
    groups::{GROUP, GroupAttribute, known_id},
};
use crate::error::ScimFault;

const OF_GROUPS: Meaning = Meaning {
    compare: |path, operator, value| compare(known(path)?, operator, value),
    present: |path| Ok(present(known(path)?)),
    within,
};

impl Filter {
    /// What the filter means for groups.
    ///
    /// # Errors
    /// `invalidFilter`: an attribute that there is not, or a comparison that it has not.
    pub fn group_condition(&self) -> Result<Condition, ScimFault> {
        self.meant(&OF_GROUPS)
    }
}

fn known(path: &AttributePath) -> Result<GroupAttribute, ScimFault> {
    let unknown = || fault("an attribute that groups do not have");
    GroupAttribute::named(path).ok_or_else(unknown)
}

const fn present(attribute: GroupAttribute) -> Condition {
    match attribute {
        GroupAttribute::ExternalId => Condition::Present(TextField::ExternalId),
        GroupAttribute::Members | GroupAttribute::MemberValue | GroupAttribute::MemberType => {
            Condition::Peopled
        }
        GroupAttribute::Id
        | GroupAttribute::DisplayName
        | GroupAttribute::Schemas
        | GroupAttribute::Meta
        | GroupAttribute::Created
        | GroupAttribute::LastModified
        | GroupAttribute::ResourceType
        | GroupAttribute::Derived => Condition::Constant(true),
    }
}

fn compare(
    attribute: GroupAttribute,
    operator: Operator,
    value: &Value,
) -> Result<Condition, ScimFault> {
    if *value == Value::Null {
        return absent(operator, present(attribute));
    }
    let text_of = |field| -> Result<Condition, ScimFault> {
        Ok(Condition::Text(field, operator, texts(value)?.to_owned()))
    };
    match attribute {
        GroupAttribute::Id => id(operator, texts(value)?),
        GroupAttribute::ExternalId => text_of(TextField::ExternalId),
        GroupAttribute::DisplayName => text_of(TextField::DisplayName),
        GroupAttribute::Members | GroupAttribute::MemberValue => {
            let member = member(texts(value)?);
            // Of many values, it is not plain what it is that they differ.
            match operator {
                Operator::Equal => Ok(member),
                Operator::NotEqual
                | Operator::Contains
                | Operator::StartsWith
                | Operator::EndsWith
                | Operator::Greater
                | Operator::GreaterOrEqual
                | Operator::Less
                | Operator::LessOrEqual => Err(fault("a member is this one, and nothing else")),
            }
        }
        GroupAttribute::MemberType => {
            let is_one = folded("User", operator, texts(value)?);
            Ok(Condition::All(vec![Condition::Peopled, is_one]))
        }
        GroupAttribute::ResourceType => Ok(constant("Group", operator, texts(value)?)),
        GroupAttribute::Schemas => Ok(folded(GROUP, operator, texts(value)?)),
        GroupAttribute::Created => time(TimeField::Created, operator, value),
        GroupAttribute::LastModified => time(TimeField::LastModified, operator, value),
        GroupAttribute::Meta => Err(fault("only its parts can be compared")),
        GroupAttribute::Derived => Err(fault("this cannot be asked for")),
    }
}

fn member(id: &str) -> Condition {
    known_id(id).map_or(Condition::Constant(false), Condition::Member)
}

/// Somebody in the group: he is this one, or one of these.
fn within(path: &AttributePath, inner: &Filter) -> Result<Condition, ScimFault> {
    if known(path)? != GroupAttribute::Members {
        return Err(fault("brackets are for attributes of many values"));
    }
    match inner {
        Filter::Compare(part, Operator::Equal, value)
            if part.schema.is_none()
                && part.part.is_none()
                && part.name.eq_ignore_ascii_case("value") =>
        {
            Ok(member(texts(value)?))
        }
        Filter::Any(terms) => {
            let terms = terms.iter().map(|term| within(path, term));
            Ok(Condition::Any(terms.collect::<Result<_, _>>()?))
        }
        Filter::Compare(..)
        | Filter::Present(_)
        | Filter::Within(..)
        | Filter::Not(_)
        | Filter::All(_) => Err(fault("members are found by their value")),
    }
}
