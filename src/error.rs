//! The one closed error of the crate, and the words for broken fields; what they become on the wire is `rpc/status.rs`.

use std::{
    fmt::{self, Write},
    time::Duration,
};

use uuid::Uuid;

pub use crate::proto::Reason;

/// Whatever can go wrong past decoding.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields break rules; every one of them is named.
    #[error("{} field violations", .0.len())]
    Invalid(Vec<FieldViolation>),
    /// A message, a stream or a file that cannot be understood or is too much in one call.
    #[error("{}", reason_name(*.0))]
    Malformed(Reason, Vec<FieldViolation>),
    /// No credential, or a bad one.
    #[error("{}", reason_name(*.0))]
    Unauthenticated(Reason),
    /// An ID token that does not count; why.
    #[error("the ID token's fault is {0}")]
    BadToken(&'static str),
    /// An OpenID provider does not show its keys.
    #[error("a provider's keys cannot be read")]
    KeysUnavailable,
    /// A SCIM request that cannot be understood or done.
    #[error("the SCIM request is refused as {}", .0.kind.word())]
    Scim(ScimFault),
    /// The caller may not do this.
    #[error("not permitted: {0:?}")]
    Denied(Missing),
    /// What was named does not exist, or belongs to another team.
    #[error("{} not found", .0.kind)]
    NotFound(Resource),
    /// What would be made exists.
    #[error("{}", reason_name(*.0))]
    AlreadyExists(Reason, Resource),
    /// A rule of the domain says no.
    #[error("{}", reason_name(*.0))]
    Refused(Reason),
    /// What an account's teams do not let happen to their primary admin; some of those teams.
    #[error("the primary admin of {} teams", .0.len())]
    PrimaryOf(Vec<Uuid>),
    /// A sync would remove so many of so many people whom a directory has.
    #[error("{0} of {1} members of a directory would leave")]
    Guarded(usize, usize),
    /// A rate that passes with time.
    #[error("{}", reason_name(*.0))]
    Exhausted(Reason, Duration),
    /// Others kept changing the same rows; `Store::write` tries again before anybody sees it.
    #[error("conflicting writes")]
    Conflict,
    /// The resource is not what the caller read.
    #[error("the etag is of another state")]
    Stale,
    /// Events that were asked for are deleted; the position after which all are there.
    #[error("events are gone up to {0}")]
    EventsGone(String),
    /// The call's time is over. Nothing was stored, unless that was under way already.
    #[error("late")]
    Late,
    /// The caller went away in the middle of his request; nobody sees the answer.
    #[error("the caller went away")]
    Left,
    /// The database is away, or the server is draining.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A bug, or something that nobody foresaw.
    #[error("internal")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What most functions answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An internal error from words, for states that cannot be.
    pub fn internal(what: impl Into<String>) -> Self {
        Self::Internal(what.into().into())
    }

    /// What it says with all its causes, for whoever reads the log.
    #[must_use]
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(next) = cause {
            // Writing into a string cannot fail.
            let _ = write!(text, ": {next}");
            cause = next.source();
        }
        text
    }

    /// A stored value that no longer is what it was when it was stored. It does not show the value.
    #[must_use]
    pub fn kept(violation: &FieldViolation) -> Self {
        let (field, rule) = (&violation.field, violation.rule.name());
        Self::internal(format!("a stored {field} is {rule}"))
    }

    /// A missing thing, told by its reason.
    pub fn not_found(reason: Reason, kind: &'static str, name: impl fmt::Display) -> Self {
        Self::NotFound(Resource {
            reason,
            kind,
            name: name.to_string(),
        })
    }
}

impl From<FieldViolation> for Error {
    fn from(violation: FieldViolation) -> Self {
        Self::Invalid(vec![violation])
    }
}

/// What is wrong with a SCIM request, in the words of RFC 7644, 3.12. It never holds what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScimFault {
    /// Which of the standard's faults it is.
    pub kind: ScimKind,
    /// What a person should know.
    pub detail: &'static str,
}

/// The standard's faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScimKind {
    /// A filter that cannot be read, or that asks of an attribute what nobody can.
    InvalidFilter,
    /// The path of a change that cannot be read, or names nothing.
    InvalidPath,
    /// The body is not of the request's form.
    InvalidSyntax,
    /// A value is missing, or cannot be the attribute's.
    InvalidValue,
    /// A path that finds nothing to change.
    NoTarget,
    /// The attribute cannot be changed, or not be taken away.
    Mutability,
    /// More than one request may have.
    TooMany,
    /// Another resource has the value.
    Uniqueness,
}

impl ScimKind {
    /// The standard's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::InvalidPath => "invalidPath",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidValue => "invalidValue",
            Self::NoTarget => "noTarget",
            Self::Mutability => "mutability",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
        }
    }

    /// A fault of this kind.
    #[must_use]
    pub const fn because(self, detail: &'static str) -> ScimFault {
        ScimFault { kind: self, detail }
    }
}

impl From<ScimFault> for Error {
    fn from(fault: ScimFault) -> Self {
        Self::Scim(fault)
    }
}

/// What a caller lacks, in the words that clients see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missing {
    /// The permission.
    pub permission: Option<&'static str>,
    /// The scope of the API key, if that is what is missing.
    pub scope: Option<&'static str>,
    /// The team in which it is missing.
    pub team_id: Option<Uuid>,
}

/// A thing that an error speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Why it is spoken of.
    pub reason: Reason,
    /// What it is, such as `muster.v1.Team`.
    pub kind: &'static str,
    /// Its id.
    pub name: String,
}

/// A reason as clients see it: without the enum's prefix.
#[must_use]
pub fn reason_name(reason: Reason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("REASON_").unwrap_or(name)
}

/// One broken rule of one field. It never holds the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldViolation {
    /// The path in the request, such as `primary_admin.email`.
    pub field: String,
    /// The rule.
    pub rule: Rule,
}

impl FieldViolation {
    /// A violation of `rule` by `field`.
    pub fn new(field: impl Into<String>, rule: Rule) -> Self {
        Self {
            field: field.into(),
            rule,
        }
    }
}

/// The rules that a field can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Nothing was given.
    Required,
    /// Longer than the limit.
    TooLong,
    /// More elements than the limit.
    TooMany,
    /// Outside the numbers allowed.
    OutOfRange,
    /// Not of the field's form.
    Malformed,
    /// The local part of an address has characters outside ASCII.
    NotAscii,
    /// A control, bidirectional or invisible character.
    ControlCharacter,
    /// Reads like a link, and would be one in a letter.
    LooksLikeLink,
    /// A value that this server does not know, or that is not allowed here.
    UnknownValue,
    /// A path that cannot be updated.
    UnknownPath,
    /// Stands there twice.
    Duplicate,
    /// The record has more or fewer cells than the header.
    ColumnCount,
    /// Not as many as were announced.
    CountMismatch,
    /// Only one of two may be given.
    Exclusive,
    /// Not UTF-8.
    NotUtf8,
    /// A quote was opened and never closed.
    UnclosedQuote,
}

impl Rule {
    /// The word that clients see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Required => "REQUIRED",
            Self::TooLong => "TOO_LONG",
            Self::TooMany => "TOO_MANY",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::Malformed => "MALFORMED",
            Self::NotAscii => "NOT_ASCII",
            Self::ControlCharacter => "CONTROL_CHARACTER",
            Self::LooksLikeLink => "LOOKS_LIKE_LINK",
            Self::UnknownValue => "UNKNOWN_VALUE",
            Self::UnknownPath => "UNKNOWN_PATH",
            Self::Duplicate => "DUPLICATE",
            Self::ColumnCount => "COLUMN_COUNT",
            Self::CountMismatch => "COUNT_MISMATCH",
            Self::Exclusive => "EXCLUSIVE",
            Self::NotUtf8 => "NOT_UTF8",
            Self::UnclosedQuote => "UNCLOSED_QUOTE",
        }
    }

    /// What a person should do about it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Required => "give a value",
            Self::TooLong => "give a shorter value",
            Self::TooMany => "give fewer elements",
            Self::OutOfRange => "give a value within the documented limits",
            Self::Malformed => "give a value of the documented form",
            Self::NotAscii => "use an address whose part before the @ is plain ASCII",
            Self::ControlCharacter => "leave control and invisible characters out",
            Self::LooksLikeLink => "leave out <, >, www. and ://",
            Self::UnknownValue => "use one of the documented values",
            Self::UnknownPath => "name only fields that can be updated",
            Self::Duplicate => "name it once",
            Self::ColumnCount => "give as many cells as the header has",
            Self::CountMismatch => "send exactly as much as `end` announces",
            Self::Exclusive => "give exactly one of the alternatives",
            Self::NotUtf8 => "save the file as UTF-8",
            Self::UnclosedQuote => "close the quote",
        }
    }
}

/// How many violations one answer names: what its headers hold with room to spare (16 KiB).
pub const MAX_VIOLATIONS: usize = 50;

/// Collects the violations of a whole message, so that one answer names them all, up to [`MAX_VIOLATIONS`].
#[derive(Debug, Default)]
pub struct Violations(Vec<FieldViolation>);

impl Violations {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Notes one.
    pub fn add(&mut self, field: impl Into<String>, rule: Rule) {
        self.note(FieldViolation::new(field, rule));
    }

    fn note(&mut self, violation: FieldViolation) {
        if self.0.len() < MAX_VIOLATIONS {
            self.0.push(violation);
        }
    }

    /// The value, or a note of why there is none.
    pub fn take<T>(&mut self, parsed: Result<T, FieldViolation>) -> Option<T> {
        parsed.map_err(|violation| self.note(violation)).ok()
    }

    /// What was noted so far.
    #[must_use]
    pub fn into_vec(self) -> Vec<FieldViolation> {
        self.0
    }

    /// The finished value. There is one whenever nothing was noted, since every missing part was.
    ///
    /// # Errors
    /// [`Error::Invalid`] with all that was noted.
    pub fn finish<T>(self, value: Option<T>) -> Result<T> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(Error::Invalid(self.0)),
        }
    }
}
