//! Which resources a call asks for, how many of them, and how much of each.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::{
    domain::scim::{attributes, groups},
    error::{Result, ScimKind},
};

/// The most resources of one answer, and as many as it holds unless told otherwise.
pub(super) const MAX_COUNT: u64 = 200;

/// The most attributes that may be named.
const MAX_NAMES: usize = 100;

/// What may stand behind the question mark.
pub(super) struct Query {
    /// Which.
    pub(super) filter: Option<String>,
    /// From which on; the first is 1.
    pub(super) start: u64,
    /// How many.
    pub(super) count: u64,
    wanted: Option<HashSet<String>>,
    unwanted: HashSet<String>,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            filter: None,
            start: 1,
            count: MAX_COUNT,
            wanted: None,
            unwanted: HashSet::new(),
        }
    }
}

impl Query {
    /// Reads it; what we do not know is passed over.
    pub(super) fn read(text: Option<&str>) -> Result<Self> {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(text.unwrap_or_default().as_bytes()) {
            query.take(&name, &value)?;
        }
        Ok(query)
    }

    /// Reads the body of a search (RFC 7644, 3.4.3).
    pub(super) fn of_search(body: &Value) -> Result<Self> {
        let wrong = ScimKind::InvalidSyntax.because("a search is an object");
        let mut query = Self::default();
        for (name, value) in body.as_object().ok_or(wrong)? {
            match value {
                Value::String(text) => query.take(name, text)?,
                Value::Number(number) => query.take(name, &number.to_string())?,
                Value::Array(many) => {
                    let many: Vec<&str> = many.iter().filter_map(Value::as_str).collect();
                    query.take(name, &many.join(","))?;
                }
                Value::Null | Value::Bool(_) | Value::Object(_) => {}
            }
        }
        Ok(query)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<()> {
        let whole = |value: &str| {
            let number = value.trim().parse::<i64>().ok();
            number.ok_or(ScimKind::InvalidValue.because("startIndex and count are whole numbers"))
        };
        match name.to_ascii_lowercase().as_str() {
            "filter" => self.filter = Some(value.to_owned()),
            // Less than the first is the first, and less than none is none (RFC 7644, 3.4.2.4).
            "startindex" => self.start = u64::try_from(whole(value)?).unwrap_or(1).max(1),
            "count" => self.count = u64::try_from(whole(value)?).unwrap_or(0).min(MAX_COUNT),
            "attributes" => self.wanted = Some(names(value)?),
            "excludedattributes" => self.unwanted = names(value)?,
            _ => {}
        }
        Ok(())
    }

    /// After so many, so many.
    pub(super) const fn range(&self) -> (u64, u64) {
        (self.start - 1, self.count)
    }

    /// Whether an attribute, or a part of it, is wanted.
    pub(super) fn shows(&self, attribute: &str) -> bool {
        let is_of = |name: &String| {
            let rest = name.strip_prefix(attribute);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        match &self.wanted {
            Some(wanted) => wanted.iter().any(is_of),
            None => !self.unwanted.contains(attribute),
        }
    }

    /// As much of a resource as is wanted; what it is always is.
    pub(super) fn shown(&self, mut resource: Value) -> Value {
        let Some(object) = resource.as_object_mut() else {
            return resource;
        };
        if let Some(wanted) = &self.wanted {
            object.retain(|name, value| keep(wanted, name, value));
        } else {
            object.retain(|name, value| leave(&self.unwanted, name, value));
        }
        resource
    }
}

/// The names of a list, without their schema, in small letters.
fn names(list: &str) -> Result<HashSet<String>> {
    let names = list.split(',').map(|name| name.trim().to_ascii_lowercase());
    let schemas =
        [attributes::USER, groups::GROUP].map(|it| format!("{}:", it.to_ascii_lowercase()));
    let short = names.map(|name| {
        let mut schemas = schemas.iter();
        let short = schemas.find_map(|schema| name.strip_prefix(schema.as_str()));
        short.map_or_else(|| name.clone(), str::to_owned)
    });
    let names: HashSet<String> = short.filter(|name| !name.is_empty()).collect();
    if names.len() > MAX_NAMES {
        return Err(ScimKind::InvalidValue
            .because("at most 100 attributes are named")
            .into());
    }
    Ok(names)
}

fn is_always_shown(name: &str) -> bool {
    matches!(name, "id" | "schemas")
}

/// Whether an attribute is wanted; of one whose parts are wanted, only those stay.
fn keep(wanted: &HashSet<String>, name: &str, value: &mut Value) -> bool {
    let lower = name.to_ascii_lowercase();
    if is_always_shown(name) || wanted.contains(&lower) {
        return true;
    }
    let is_wanted = |part: &str| {
        let path = format!("{lower}.{}", part.to_ascii_lowercase());
        wanted.contains(&path)
    };
    each_object(value, |object| object.retain(|part, _| is_wanted(part)))
}

/// Whether an attribute stays that may be unwanted, or parts of it.
fn leave(unwanted: &HashSet<String>, name: &str, value: &mut Value) -> bool {
    let lower = name.to_ascii_lowercase();
    if is_always_shown(name) {
        return true;
    }
    if unwanted.contains(&lower) {
        return false;
    }
    let is_unwanted = |part: &str| {
        let path = format!("{lower}.{}", part.to_ascii_lowercase());
        unwanted.contains(&path)
    };
    each_object(value, |object| object.retain(|part, _| !is_unwanted(part)));
    true
}

/// Changes the objects of an attribute; whether anything is left of them.
fn each_object(value: &mut Value, change: impl Fn(&mut Map<String, Value>)) -> bool {
    match value {
        Value::Object(object) => {
            change(object);
            !object.is_empty()
        }
        Value::Array(many) => {
            let objects = many.iter_mut().filter_map(Value::as_object_mut);
            objects.for_each(&change);
            many.retain(|one| one.as_object().is_none_or(|object| !object.is_empty()));
            !many.is_empty()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
