//! The paths of changes (RFC 7644, 3.5.2): an attribute, elements of it, a part of them.

use std::fmt;

use super::{attributes::AttributePath, filter::Filter, reader::Reader};
use crate::error::{ScimFault, ScimKind};

/// A path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The attribute, with its part if no elements are chosen.
    pub attribute: AttributePath,
    /// Which of its elements, and which part of those.
    pub elements: Option<(Filter, Option<String>)>,
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// `invalidPath`: another form, or as much as makes a [`Filter`] too much.
    pub fn parse(text: &str) -> Result<Self, ScimFault> {
        let mut reader = Reader::new(text, ScimKind::InvalidPath)?;
        reader.spaces();
        let attribute = reader.attribute()?;
        let mut elements = None;
        if reader.eat('[') {
            let filter = Filter::within(&mut reader)?;
            let part = if reader.eat('.') {
                let part = reader.attribute()?;
                if part.schema.is_some() || part.part.is_some() {
                    return Err(reader.fault("the part of an element has no parts"));
                }
                Some(part.name)
            } else {
                None
            };
            elements = Some((filter, part));
        }
        reader.end()?;
        Ok(Self {
            attribute,
            elements,
        })
    }

    /// The attribute with the part that is meant, whichever elements are chosen.
    #[must_use]
    pub fn meant(&self) -> AttributePath {
        let mut meant = self.attribute.clone();
        if let Some((_, Some(part))) = &self.elements {
            meant.part = Some(part.clone());
        }
        meant
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.attribute)?;
        let Some((filter, part)) = &self.elements else {
            return Ok(());
        };
        write!(f, "[{filter}]")?;
        match part {
            Some(part) => write!(f, ".{part}"),
            None => Ok(()),
        }
    }
}
