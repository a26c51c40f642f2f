//! Changes of addresses: of all, of those that a filter chooses, of a part of them.

use serde_json::Value;

use super::{
    super::{
        attributes::{Attribute, AttributePath},
        filter::{Filter, Operator, Value as Wanted},
        path::Path,
        users::{DraftEmail, MAX_EMAILS, emails, object, text, truth, wrong},
    },
    Manner,
};
use crate::error::{ScimFault, ScimKind};

/// Changes addresses, of which one is the main one at most.
pub(super) fn change(
    all: &mut Vec<DraftEmail>,
    path: (&Path, Attribute),
    change: (Manner, &Value),
) -> Result<(), ScimFault> {
    let before: Vec<bool> = all.iter().map(|email| email.primary).collect();
    // Whole ones are looked at where they are read.
    let is_whole = path.0.elements.is_none() && path.1 == Attribute::Emails;
    changed(all, path, change)?;
    if is_whole || before.len() > all.len() {
        return Ok(());
    }
    settle(all, &before)
}

/// An address that has become the main one takes the place of the one before (RFC 7644, 3.5.2).
fn settle(all: &mut [DraftEmail], before: &[bool]) -> Result<(), ScimFault> {
    let was = |index: usize| before.get(index).copied().unwrap_or_default();
    let new = all.iter().enumerate();
    let mut new = new.filter(|(index, email)| email.primary && !was(*index));
    let Some((chosen, _)) = new.next() else {
        return Ok(());
    };
    if new.next().is_some() {
        return Err(wrong("only one address is the primary one"));
    }
    for (index, email) in all.iter_mut().enumerate() {
        email.primary = index == chosen;
    }
    Ok(())
}

fn changed(
    all: &mut Vec<DraftEmail>,
    (path, attribute): (&Path, Attribute),
    (manner, value): (Manner, &Value),
) -> Result<(), ScimFault> {
    let filter = path.elements.as_ref().map(|(filter, _)| filter);
    let is_removal = manner == Manner::Remove || (manner == Manner::Replace && value.is_null());
    let Some(filter) = filter else {
        if attribute == Attribute::Emails {
            return whole(all, (manner, value));
        }
        if all.is_empty() && !is_removal {
            all.push(DraftEmail::default());
        }
        return each(all.iter_mut(), attribute, (is_removal, value));
    };

    let mut matched = Vec::with_capacity(all.len());
    for email in all.iter() {
        matched.push(holds(filter, email)?);
    }
    if is_removal && attribute == Attribute::Emails {
        if !matched.contains(&true) {
            return Err(ScimKind::NoTarget.because("no address is so"));
        }
        let mut matched = matched.into_iter();
        all.retain(|_| !matched.next().unwrap_or_default());
        return Ok(());
    }
    if !matched.contains(&true) {
        // Whoever names the kind of an address that is not there wants one of that kind; so do Entra and Okta.
        let kind = wanted_kind(filter).filter(|_| !is_removal);
        let kind = kind.ok_or(ScimKind::NoTarget.because("no address is so"))?;
        room(all.len(), 1)?;
        all.push(DraftEmail {
            kind: Some(kind.to_owned()),
            ..DraftEmail::default()
        });
        matched.push(true);
    }
    let chosen = all.iter_mut().zip(matched);
    let chosen = chosen.filter_map(|(email, is_chosen)| is_chosen.then_some(email));
    if attribute != Attribute::Emails {
        return each(chosen, attribute, (is_removal, value));
    }
    let value = match value {
        // Some send the one element as a list.
        Value::Array(only) if only.len() == 1 => &only[0],
        other => other,
    };
    let value = object(value)?;
    for email in chosen {
        if manner == Manner::Replace {
            *email = DraftEmail {
                kind: email.kind.take(),
                ..DraftEmail::default()
            };
        }
        email.merge(value)?;
    }
    Ok(())
}

fn whole(all: &mut Vec<DraftEmail>, (manner, value): (Manner, &Value)) -> Result<(), ScimFault> {
    let given = emails(value)?;
    match manner {
        Manner::Replace => *all = given,
        // A removal may say which.
        Manner::Remove if !given.is_empty() => {
            let is_given = |one: &DraftEmail| given.iter().any(|it| is_like(one, it));
            all.retain(|email| !is_given(email));
        }
        Manner::Remove => all.clear(),
        Manner::Add => {
            let new: Vec<DraftEmail> = given.into_iter().filter(|it| !all.contains(it)).collect();
            room(all.len(), new.len())?;
            if new.iter().any(|email| email.primary) {
                for email in all.iter_mut() {
                    email.primary = false;
                }
            }
            all.extend(new);
        }
    }
    Ok(())
}

/// Whether an address is so in all that is told.
fn is_like(email: &DraftEmail, told: &DraftEmail) -> bool {
    let is_so = |own: Option<&str>, told: Option<&str>| {
        told.is_none_or(|told| compares(own, Operator::Equal, told))
    };
    *told != DraftEmail::default()
        && is_so(email.value.as_deref(), told.value.as_deref())
        && is_so(email.kind.as_deref(), told.kind.as_deref())
        && (email.primary || !told.primary)
}

fn room(there: usize, more: usize) -> Result<(), ScimFault> {
    if there + more > MAX_EMAILS {
        return Err(ScimKind::TooMany.because("a user has at most 100 addresses"));
    }
    Ok(())
}

/// Changes a part of each of these addresses.
fn each<'a>(
    chosen: impl Iterator<Item = &'a mut DraftEmail>,
    attribute: Attribute,
    (is_removal, value): (bool, &Value),
) -> Result<(), ScimFault> {
    let value = if is_removal { &Value::Null } else { value };
    for email in chosen {
        if attribute == Attribute::EmailValue {
            email.value = text(value)?;
        } else if attribute == Attribute::EmailType {
            email.kind = text(value)?;
        } else {
            email.primary = !value.is_null() && truth(value)?;
        }
    }
    Ok(())
}

/// The kind that a filter asks for, if that is all it asks for.
fn wanted_kind(filter: &Filter) -> Option<&str> {
    match filter {
        Filter::Compare(path, Operator::Equal, Wanted::Text(kind)) if is_named(path, "type") => {
            Some(kind)
        }
        Filter::Compare(..)
        | Filter::Present(_)
        | Filter::Within(..)
        | Filter::Not(_)
        | Filter::All(_)
        | Filter::Any(_) => None,
    }
}

fn is_named(path: &AttributePath, name: &str) -> bool {
    path.schema.is_none() && path.part.is_none() && path.name.eq_ignore_ascii_case(name)
}

/// Whether an address is as a filter says.
fn holds(filter: &Filter, email: &DraftEmail) -> Result<bool, ScimFault> {
    Ok(match filter {
        Filter::Not(inner) => !holds(inner, email)?,
        Filter::All(terms) => {
            let mut all = true;
            for term in terms {
                all &= holds(term, email)?;
            }
            all
        }
        Filter::Any(terms) => {
            let mut any = false;
            for term in terms {
                any |= holds(term, email)?;
            }
            any
        }
        Filter::Within(..) => return Err(bad("brackets stand within brackets")),
        Filter::Present(path) => match part(path, email)? {
            Part::Text(text) => text.is_some(),
            Part::Truth(_) => true,
        },
        Filter::Compare(path, operator, value) => match (part(path, email)?, value) {
            (Part::Text(text), Wanted::Null) => is_equal(*operator, text.is_none())?,
            (Part::Text(text), Wanted::Text(value)) => compares(text, *operator, value),
            (Part::Truth(own), value) => {
                let value = match value {
                    Wanted::Bool(value) => *value,
                    Wanted::Text(text) => truth(&Value::from(text.as_str()))
                        .map_err(|_| bad("this compares with true or false"))?,
                    Wanted::Number(_) | Wanted::Null => {
                        return Err(bad("this compares with true or false"));
                    }
                };
                is_equal(*operator, own == value)?
            }
            (Part::Text(_), Wanted::Number(_) | Wanted::Bool(_)) => {
                return Err(bad("this compares with a text"));
            }
        },
    })
}

/// A part of an address.
enum Part<'a> {
    Text(Option<&'a str>),
    Truth(bool),
}

fn part<'a>(path: &AttributePath, email: &'a DraftEmail) -> Result<Part<'a>, ScimFault> {
    if is_named(path, "value") {
        Ok(Part::Text(email.value.as_deref()))
    } else if is_named(path, "type") {
        Ok(Part::Text(email.kind.as_deref()))
    } else if is_named(path, "primary") {
        Ok(Part::Truth(email.primary))
    } else if is_named(path, "display") {
        Ok(Part::Text(None))
    } else {
        Err(bad("addresses have no such part"))
    }
}

fn is_equal(operator: Operator, are_equal: bool) -> Result<bool, ScimFault> {
    match operator {
        Operator::Equal => Ok(are_equal),
        Operator::NotEqual => Ok(!are_equal),
        Operator::Contains
        | Operator::StartsWith
        | Operator::EndsWith
        | Operator::Greater
        | Operator::GreaterOrEqual
        | Operator::Less
        | Operator::LessOrEqual => Err(bad("this is equal or not, and nothing else")),
    }
}

fn compares(own: Option<&str>, operator: Operator, value: &str) -> bool {
    let Some(own) = own else {
        return operator == Operator::NotEqual;
    };
    let (own, value) = (own.to_ascii_lowercase(), value.to_ascii_lowercase());
    match operator {
        Operator::Equal => own == value,
        Operator::NotEqual => own != value,
        Operator::Contains => own.contains(&value),
        Operator::StartsWith => own.starts_with(&value),
        Operator::EndsWith => own.ends_with(&value),
        Operator::Greater => own > value,
        Operator::GreaterOrEqual => own >= value,
        Operator::Less => own < value,
        Operator::LessOrEqual => own <= value,
    }
}

const fn bad(detail: &'static str) -> ScimFault {
    ScimKind::InvalidFilter.because(detail)
}
