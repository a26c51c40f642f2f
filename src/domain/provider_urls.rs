//! Addresses of OpenID providers: who issues tokens, and where the keys are.

use http::{Uri, uri::Authority};

use super::email::a_label;
use crate::error::{FieldViolation, Rule};

/// The characters of an issuer at most.
pub const MAX_ISSUER: usize = 255;
/// The characters of a key set's address at most.
pub const MAX_KEYS_URI: usize = 1_024;

/// An address that may be asked: https at a host by name. It has no user, whose password would be stored, and no fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderUrl {
    text: String,
    is_loopback: bool,
}

impl ProviderUrl {
    /// Reads an address. It is kept to the letter, since tokens name issuers to the letter.
    ///
    /// # Errors
    /// A violation of `field`: `Required`, `TooLong`, or `Malformed` for everything else, IP addresses and names without a dot
    /// included.
    pub fn parse(field: &str, text: &str, most: usize) -> Result<Self, FieldViolation> {
        read(text, most).map_err(|rule| FieldViolation::new(field, rule))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is this machine's, where anything may listen. Also http is let pass then.
    #[must_use]
    pub const fn is_loopback(&self) -> bool {
        self.is_loopback
    }
}

fn read(text: &str, most: usize) -> Result<ProviderUrl, Rule> {
    if text.is_empty() {
        return Err(Rule::Required);
    }
    if text.len() > most {
        return Err(Rule::TooLong);
    }
    // `Uri` takes a fragment and drops it.
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains('#') {
        return Err(Rule::Malformed);
    }
    let uri: Uri = text.parse().map_err(|_| Rule::Malformed)?;
    let authority = uri.authority().ok_or(Rule::Malformed)?;
    if authority.as_str().contains('@') {
        return Err(Rule::Malformed);
    }
    let is_loopback = is_loopback(authority);
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if is_loopback => {}
        _ => return Err(Rule::Malformed),
    }
    if !is_loopback && !is_name(authority.host()) {
        return Err(Rule::Malformed);
    }
    Ok(ProviderUrl {
        text: text.to_owned(),
        is_loopback,
    })
}

fn is_loopback(authority: &Authority) -> bool {
    matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]")
}

/// A name with a dot, and no IP address in any of its spellings. One that the root's dot ends is none of those that people
/// write.
fn is_name(host: &str) -> bool {
    a_label(host).is_ok_and(|name| name.contains('.') && name.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<bool, Rule> {
        ProviderUrl::parse("issuer", text, MAX_ISSUER)
            .map(|url| {
                assert_eq!(url.as_str(), text);
                url.is_loopback()
            })
            .map_err(|violation| violation.rule)
    }

    #[test]
    fn https_at_a_host_by_name_may_be_asked() {
        for text in [
            "https://login.acme.example",
            "https://login.acme.example/",
            "https://Login.Acme.example:8443/tenant/v2.0?p=B2C_1",
        ] {
            assert_eq!(parsed(text), Ok(false), "{text}");
        }
    }

    #[test]
    fn this_machine_is_known_whatever_the_scheme() {
        for text in [
            "http://localhost:9400",
            "http://127.0.0.1:9400/jwks",
            "https://[::1]:1",
        ] {
            assert_eq!(parsed(text), Ok(true), "{text}");
        }
    }

    #[test]
    fn what_must_not_be_asked_is_refused() {
        assert_eq!(parsed(""), Err(Rule::Required));
        let long = format!("https://acme.example/{}", "a".repeat(MAX_ISSUER));
        assert_eq!(parsed(&long), Err(Rule::TooLong));
        for text in [
            "http://acme.example",
            "ftp://acme.example",
            "acme.example",
            "/jwks",
            "https://",
            "https://user:secret@acme.example",
            "https://acme.example/#top",
            "https://acme.example/a b",
            "https://acme.example/\u{e9}",
            "https://intranet/jwks",
            "https://acme.example./jwks",
            "https://127.0.0.2/",
            "https://10.0.0.1/",
            "https://[fd00::1]/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://169.254.169.254/latest/meta-data",
        ] {
            assert_eq!(parsed(text), Err(Rule::Malformed), "{text}");
        }
    }
}
