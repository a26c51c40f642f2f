//! Reads back the messages that [`letter`](super::letter) renders, for those who look into an outbox; no general parser.

use base64::{Engine, engine::general_purpose::STANDARD};

/// The two bodies of a letter. They hold the link, so there is no `Debug`.
#[derive(Clone)]
pub struct Parts {
    /// The plain text.
    pub text: String,
    /// The HTML.
    pub html: String,
}

/// The pages that links open.
pub(super) const PAGES: [&str; 2] = ["/invitations/", "/email-changes/"];

/// The link of a letter in its raw form, as an `.eml` file has it: the first word of its text that leads to an
/// invitation, or to a new address.
#[must_use]
pub fn link(raw: &[u8]) -> Option<String> {
    parts(raw)?
        .text
        .split_whitespace()
        .find(|word| {
            (word.starts_with("https://") || word.starts_with("http://"))
                && PAGES.iter().any(|page| word.contains(page))
        })
        .map(str::to_owned)
}

/// The bodies of a letter in its raw form, decoded, with `\n` as line end.
#[must_use]
pub fn parts(raw: &[u8]) -> Option<Parts> {
    let raw = std::str::from_utf8(raw).ok()?;
    let (headers, body) = raw.split_once("\r\n\r\n")?;
    let (_, boundary) = headers.split_once("boundary=\"")?;
    let (boundary, _) = boundary.split_once('"')?;
    let delimiter = format!("--{boundary}");
    let (mut text, mut html) = (None, None);
    for part in body.split(delimiter.as_str()) {
        let Some((headers, body)) = part.split_once("\r\n\r\n") else {
            continue;
        };
        // The line break before a delimiter belongs to the delimiter.
        let body = decode(headers, body.strip_suffix("\r\n").unwrap_or(body))?;
        if headers.contains("text/plain") {
            text = Some(body);
        } else if headers.contains("text/html") {
            html = Some(body);
        }
    }
    Some(Parts {
        text: text?,
        html: html?,
    })
}

/// Undoes the transfer encoding that lettre chose.
fn decode(headers: &str, body: &str) -> Option<String> {
    let bytes = if headers.contains("base64") {
        let body: String = body.split_ascii_whitespace().collect();
        STANDARD.decode(body).ok()?
    } else if headers.contains("quoted-printable") {
        unquote(body)?
    } else {
        body.as_bytes().to_vec()
    };
    Some(String::from_utf8(bytes).ok()?.replace("\r\n", "\n"))
}

/// Undoes quoted-printable: `=` and a line break is nothing, `=` and two digits a byte.
fn unquote(body: &str) -> Option<Vec<u8>> {
    let body = body.replace("=\r\n", "");
    let mut pieces = body.split('=');
    let mut bytes = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        let digits = piece.get(..2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(piece.get(2..)?.as_bytes());
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(encoding: &str, body: &str) -> Vec<u8> {
        format!(
            "Subject: x\r\nContent-Type: multipart/alternative;\r\n boundary=\"b\"\r\n\r\n\
             --b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n\
             --b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n<p>\r\n--b--\r\n"
        )
        .into_bytes()
    }

    #[test]
    fn the_link_is_found_under_every_transfer_encoding() {
        let link_text = "http://localhost:8080/invitations/ab-_9";
        let encoded = STANDARD.encode(format!("Слово {link_text}\r\n"));
        for (encoding, body) in [
            (
                "7bit",
                format!("See https://example.org/\r\n{link_text}\r\nbye"),
            ),
            (
                "quoted-printable",
                "=D0=A1 http://localhost:8080/invi=\r\ntations/ab-_9=\r\n\r\n=3D".to_owned(),
            ),
            ("base64", format!("{}\r\n{}", &encoded[..8], &encoded[8..])),
        ] {
            let found = link(&message(encoding, &body));
            assert_eq!(found.as_deref(), Some(link_text), "{encoding}");
        }
    }

    #[test]
    fn what_is_no_letter_has_no_link() {
        for raw in ["", "x\r\n\r\ny", "boundary=\"b\"\r\n\r\n--b--"] {
            assert_eq!(link(raw.as_bytes()), None, "{raw}");
        }
        assert_eq!(link(&message("quoted-printable", "=Z")), None);
    }
}
