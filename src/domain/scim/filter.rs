//! Filters (RFC 7644, 3.4.2.2) as they are written, whatever attributes they speak of.

use std::fmt;

use super::{
    attributes::AttributePath,
    reader::{MAX_DEPTH, Reader},
};
use crate::error::{ScimFault, ScimKind};

/// A filter. Lists have at least two elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// An attribute compares so with a value.
    Compare(AttributePath, Operator, Value),
    /// An attribute has a value.
    Present(AttributePath),
    /// One element of an attribute holds all that.
    Within(AttributePath, Box<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// All of these hold.
    All(Vec<Filter>),
    /// One of these holds.
    Any(Vec<Filter>),
}

/// How to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// Equal.
    Equal,
    /// Not equal.
    NotEqual,
    /// Contains.
    Contains,
    /// Begins with.
    StartsWith,
    /// Ends with.
    EndsWith,
    /// Comes after.
    Greater,
    /// Comes after, or is equal.
    GreaterOrEqual,
    /// Comes before.
    Less,
    /// Comes before, or is equal.
    LessOrEqual,
}

/// With what to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number, as it was written.
    Number(String),
    /// True or false.
    Bool(bool),
    /// No value.
    Null,
}

const OPERATORS: [(&str, Operator); 9] = [
    ("eq", Operator::Equal),
    ("ne", Operator::NotEqual),
    ("co", Operator::Contains),
    ("sw", Operator::StartsWith),
    ("ew", Operator::EndsWith),
    ("gt", Operator::Greater),
    ("ge", Operator::GreaterOrEqual),
    ("lt", Operator::Less),
    ("le", Operator::LessOrEqual),
];

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// `invalidFilter`: another form, or longer than 4096 bytes, deeper than 16 or of more than 50 comparisons.
    pub fn parse(text: &str) -> Result<Self, ScimFault> {
        let mut reader = Reader::new(text, ScimKind::InvalidFilter)?;
        let filter = any(&mut reader, Place::OUTSIDE)?;
        reader.end()?;
        Ok(filter)
    }

    /// Reads what stands within brackets, after the first of them.
    pub(super) fn within(reader: &mut Reader<'_>) -> Result<Self, ScimFault> {
        bracketed(reader, Place::OUTSIDE)
    }
}

/// Where in a filter something stands.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    is_within: bool,
}

impl Place {
    const OUTSIDE: Self = Self {
        depth: 0,
        is_within: false,
    };

    fn deeper(self, reader: &Reader<'_>) -> Result<Self, ScimFault> {
        if self.depth >= MAX_DEPTH {
            return Err(reader.fault("it nests deeper than 16"));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }
}

fn any(reader: &mut Reader<'_>, place: Place) -> Result<Filter, ScimFault> {
    let mut terms = vec![all(reader, place)?];
    while reader.keyword("or") {
        terms.push(all(reader, place)?);
    }
    Ok(single(terms, Filter::Any))
}

fn all(reader: &mut Reader<'_>, place: Place) -> Result<Filter, ScimFault> {
    let mut terms = vec![one(reader, place)?];
    loop {
        reader.spaces();
        if !reader.keyword("and") {
            return Ok(single(terms, Filter::All));
        }
        terms.push(one(reader, place)?);
    }
}

fn single(mut terms: Vec<Filter>, of: fn(Vec<Filter>) -> Filter) -> Filter {
    match terms.pop() {
        Some(only) if terms.is_empty() => only,
        last => {
            terms.extend(last);
            of(terms)
        }
    }
}

fn one(reader: &mut Reader<'_>, place: Place) -> Result<Filter, ScimFault> {
    reader.spaces();
    if reader.eat('(') {
        return group(reader, place);
    }
    let word = reader.word();
    if word.eq_ignore_ascii_case("not") && reader.sees('(') {
        reader.spaces();
        reader.eat('(');
        return Ok(Filter::Not(Box::new(group(reader, place)?)));
    }
    let fault = reader.fault("the name of an attribute is expected");
    let path = AttributePath::read(word).ok_or(fault)?;
    if !reader.eat('[') {
        return compared(reader, path);
    }
    if place.is_within {
        return Err(reader.fault("brackets stand within brackets"));
    }
    let inner = bracketed(reader, place)?;
    if !reader.eat('.') {
        return Ok(Filter::Within(path, Box::new(inner)));
    }
    // Not of the standard, but what Entra sends: the element that is meant, and a part of it.
    let part = reader.attribute()?;
    let compared = compared(reader, part)?;
    let both = Filter::All(vec![inner, compared]);
    Ok(Filter::Within(path, Box::new(both)))
}

fn group(reader: &mut Reader<'_>, place: Place) -> Result<Filter, ScimFault> {
    let filter = any(reader, place.deeper(reader)?)?;
    reader.spaces();
    if reader.eat(')') {
        Ok(filter)
    } else {
        Err(reader.fault("a parenthesis is not closed"))
    }
}

fn bracketed(reader: &mut Reader<'_>, place: Place) -> Result<Filter, ScimFault> {
    let place = Place {
        is_within: true,
        ..place.deeper(reader)?
    };
    let filter = any(reader, place)?;
    reader.spaces();
    if reader.eat(']') {
        Ok(filter)
    } else {
        Err(reader.fault("a bracket is not closed"))
    }
}

fn compared(reader: &mut Reader<'_>, path: AttributePath) -> Result<Filter, ScimFault> {
    reader.term()?;
    reader.spaces();
    let word = reader.word();
    if word.eq_ignore_ascii_case("pr") {
        return Ok(Filter::Present(path));
    }
    let known = OPERATORS.iter();
    let operator = known
        .filter(|(name, _)| word.eq_ignore_ascii_case(name))
        .map(|(_, operator)| *operator)
        .next()
        .ok_or_else(|| reader.fault("an operator is expected"))?;
    reader.spaces();
    Ok(Filter::Compare(path, operator, value(reader)?))
}

fn value(reader: &mut Reader<'_>) -> Result<Value, ScimFault> {
    if reader.sees_quote() {
        return Ok(Value::Text(reader.quoted()?));
    }
    let fault = reader.fault("a value as JSON writes it is expected");
    if reader.sees_number() {
        let number = reader.number();
        let is_number = serde_json::from_str::<serde_json::Number>(number).is_ok();
        return is_number
            .then(|| Value::Number(number.to_owned()))
            .ok_or(fault);
    }
    match reader.word() {
        "true" => Ok(Value::Bool(true)),
        "false" => Ok(Value::Bool(false)),
        "null" => Ok(Value::Null),
        // As Entra writes them.
        word if word.eq_ignore_ascii_case("true") => Ok(Value::Bool(true)),
        word if word.eq_ignore_ascii_case("false") => Ok(Value::Bool(false)),
        _ => Err(fault),
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare(path, operator, value) => {
                let known = OPERATORS.iter().find(|(_, known)| known == operator);
                write!(f, "{path} {} {value}", known.map_or("", |(name, _)| name))
            }
            Self::Present(path) => write!(f, "{path} pr"),
            Self::Within(path, inner) => write!(f, "{path}[{inner}]"),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::All(terms) => joined(f, terms, " and "),
            Self::Any(terms) => joined(f, terms, " or "),
        }
    }
}

/// Lists within lists stand in parentheses, whether they must or not.
fn joined(f: &mut fmt::Formatter<'_>, terms: &[Filter], word: &str) -> fmt::Result {
    for (index, term) in terms.iter().enumerate() {
        if index > 0 {
            f.write_str(word)?;
        }
        match term {
            Filter::All(_) | Filter::Any(_) => write!(f, "({term})")?,
            Filter::Compare(..) | Filter::Present(_) | Filter::Within(..) | Filter::Not(_) => {
                write!(f, "{term}")?;
            }
        }
    }
    Ok(())
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{}", serde_json::Value::from(text.as_str())),
            Self::Number(number) => f.write_str(number),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Null => f.write_str("null"),
        }
    }
}

#[cfg(test)]
mod tests;
