//! Email addresses: the one normal form that decides whose an address is, and the typed form that people see.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization;

use super::names::{is_hidden, is_joiner};
use crate::error::{FieldViolation, Rule};

/// A normal form's bytes at most: what SMTP carries (RFC 5321, 4.5.3.1.3, without the angle brackets).
const MAX_BYTES: usize = 254;
/// A local part's bytes at most (RFC 5321, 4.5.3.1.1).
const MAX_LOCAL_BYTES: usize = 64;
/// A domain's bytes at most, as an A-label without the root's dot (RFC 1035, 2.3.4).
const MAX_DOMAIN_BYTES: usize = 253;
/// The bytes of one label of a domain at most (RFC 1035, 2.3.4).
const MAX_LABEL_BYTES: usize = 63;
/// What is looked at at all. A normal form's byte stands for at most one character of up to four bytes, unless the text
/// is padded with characters that UTS-46 ignores, which nobody types that often.
const MAX_TYPED_BYTES: usize = 4 * MAX_BYTES;

/// An address. Two are equal when their normal forms are, however they were typed.
#[derive(Clone)]
pub struct Email {
    typed: String,
    normal: String,
}

impl Email {
    /// Reads an address.
    ///
    /// The normal form is the text trimmed (Unicode's white space, nothing else) and in NFC, its domain by UTS-46
    /// (non-transitional, STD3) an A-label with at least one dot, its local part an ASCII dot-atom in lower case. Dots
    /// and plus signs stay: no provider's tricks.
    ///
    /// # Errors
    /// A violation of `field`: `Required` for nothing, `NotAscii` for a local part beyond ASCII, `ControlCharacter`
    /// for a character that does not show, `TooLong` beyond 64 bytes of local part, 63 of a label or 254 in all, and
    /// `Malformed` for everything else, IP addresses included.
    pub fn parse(field: &str, text: &str) -> Result<Self, FieldViolation> {
        Self::read(text).map_err(|rule| FieldViolation::new(field, rule))
    }

    fn read(text: &str) -> Result<Self, Rule> {
        let typed: String = text.trim().nfc().collect();
        if typed.is_empty() {
            return Err(Rule::Required);
        }
        if typed.len() > MAX_TYPED_BYTES {
            return Err(Rule::TooLong);
        }
        let Some((local, domain)) = typed.split_once('@') else {
            return Err(fault(&typed));
        };
        check_local(local)?;
        let domain = dotted_a_label(domain)?;
        let normal = format!("{}@{domain}", local.to_ascii_lowercase());
        if normal.len() > MAX_BYTES {
            return Err(Rule::TooLong);
        }
        Ok(Self { typed, normal })
    }

    /// As it was typed, trimmed and in NFC: for people to see.
    #[must_use]
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// The normal form: for comparing, finding and storing.
    #[must_use]
    pub fn normal(&self) -> &str {
        &self.normal
    }

    /// The domain's A-label, in lower case.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.normal.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// Where letters go: the local part as typed, since only its own server may fold it, at the A-label.
    #[must_use]
    pub fn mailbox(&self) -> String {
        let local = self.typed.split_once('@').map_or("", |(local, _)| local);
        format!("{local}@{}", self.domain())
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.normal == other.normal
    }
}

impl Eq for Email {}

impl Hash for Email {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.normal.hash(state);
    }
}

/// Shows nothing of the address, so that no log does.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(..)")
    }
}

/// A domain with at least one dot as its A-label.
pub(super) fn dotted_a_label(domain: &str) -> Result<String, Rule> {
    let domain = a_label(domain)?;
    if domain.contains('.') {
        Ok(domain)
    } else {
        Err(Rule::Malformed)
    }
}

/// A domain as its A-label by UTS-46, non-transitional, with STD3's characters.
///
/// Hyphens are refused at a label's ends only (STD3), since names with `--` inside exist. The lengths are checked here
/// rather than by `idna`, whose one error could not tell a long domain from a wrong one.
pub(super) fn a_label(domain: &str) -> Result<String, Rule> {
    let ascii = Uts46::new()
        .to_ascii(
            domain.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Ignore,
        )
        .map_err(|_| fault(domain))?;
    if ascii.split('.').any(str::is_empty) || ends_in_number(&ascii) {
        return Err(Rule::Malformed);
    }
    if ascii.len() > MAX_DOMAIN_BYTES || ascii.split('.').any(|label| label.len() > MAX_LABEL_BYTES)
    {
        return Err(Rule::TooLong);
    }
    Ok(ascii.into_owned())
}

/// Whether the last label reads as a number, which makes the whole an IPv4 address in one of its many spellings
/// (WHATWG URL, "ends in a number"). No top-level domain is one.
fn ends_in_number(ascii: &str) -> bool {
    let last = ascii.rsplit('.').next().unwrap_or_default();
    match last.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => last.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// An ASCII dot-atom of at most 64 bytes (RFC 5322, 3.2.3).
fn check_local(local: &str) -> Result<(), Rule> {
    if local.chars().any(|c| is_hidden(c) || is_joiner(c)) {
        return Err(Rule::ControlCharacter);
    }
    if !local.is_ascii() {
        return Err(Rule::NotAscii);
    }
    let is_atom = |atom: &str| !atom.is_empty() && atom.bytes().all(is_atext);
    if !local.split('.').all(is_atom) {
        return Err(Rule::Malformed);
    }
    if local.len() > MAX_LOCAL_BYTES {
        return Err(Rule::TooLong);
    }
    Ok(())
}

/// RFC 5322's `atext`.
const fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'/'
                | b'='
                | b'?'
                | b'^'
                | b'_'
                | b'`'
                | b'{'
                | b'|'
                | b'}'
                | b'~'
        )
}

/// Why a text that is no address is none, as far as characters that nobody sees explain it.
fn fault(text: &str) -> Rule {
    if text.chars().any(is_hidden) {
        Rule::ControlCharacter
    } else {
        Rule::Malformed
    }
}

#[cfg(test)]
mod tests;
