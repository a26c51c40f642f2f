//! A letter and how it becomes a mail message; when one is due, the outbox knows.

use lettre::{
    Address, Message, address,
    message::{
        Mailbox, MessageBuilder, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};
use minijinja::{Environment, UndefinedBehavior, Value, context};
use uuid::Uuid;

pub use super::sender::{BadSender, Sender};
use super::{
    locale::Locale,
    templates::{self, LAYOUT},
};
use crate::{
    clock::Time,
    domain::letters::LetterKind,
    error::{Error, Result},
};

/// A letter to one person. It has no `Debug`, since the link is a secret.
pub struct Letter {
    /// The outbox row; it makes the Message-ID, so that the rare twin is recognisable.
    pub id: Uuid,
    /// What the letter says.
    pub kind: LetterKind,
    /// A BCP 47 tag; English where we have no templates for it.
    pub language: String,
    /// Where it goes: an ASCII local part as typed, at an A-label domain.
    pub recipient: String,
    /// The person's given name.
    pub given_name: String,
    /// The person's family name.
    pub family_name: String,
    /// The team's name.
    pub team_display_name: String,
    /// The name of the person who invites, if a person does.
    pub inviter: Option<String>,
    /// Where the person answers; an invitation and a new link need it.
    pub link: Option<String>,
    /// Until when the link is good; an invitation and a new link need it.
    pub expire_time: Option<Time>,
}

/// Renders a letter as text and HTML, dated `date`. The same letter and date give the same bytes.
///
/// # Errors
/// `Internal` if the recipient is no address, if a letter that needs a link has none, or if a template is broken. The
/// error holds neither address nor link.
pub fn render(letter: &Letter, sender: &Sender, date: Time) -> Result<Message> {
    let locale = Locale::of(&letter.language);
    let words = write(letter, locale)?;
    let recipient = Mailbox::new(
        Some(line(&format!(
            "{} {}",
            letter.given_name, letter.family_name
        ))),
        address(&letter.recipient)?,
    );
    let parts = MultiPart::alternative()
        .boundary(format!("muster-{}", letter.id.simple()))
        .singlepart(SinglePart::plain(words.text))
        .singlepart(SinglePart::html(words.html));
    let envelope = Envelope {
        id: letter.id,
        date,
        recipient,
    };
    addressed(envelope, sender)?
        .subject(words.subject)
        .raw_header(header("Content-Language", locale.tag()))
        .multipart(parts)
        .map_err(|source| Error::Internal(Box::new(source)))
}

/// A short message that says that mail works, for an operator who wants to know. It is not one of the letters.
///
/// # Errors
/// `Internal` if the recipient is no address.
pub fn trial(id: Uuid, recipient: &str, sender: &Sender, date: Time) -> Result<Message> {
    let recipient = Mailbox::new(None, address(recipient)?);
    let envelope = Envelope {
        id,
        date,
        recipient,
    };
    addressed(envelope, sender)?
        .subject("muster can send mail")
        .singlepart(SinglePart::plain(
            "This message was sent by `muster mail test`. Nothing needs to be done.\n".to_owned(),
        ))
        .map_err(|source| Error::Internal(Box::new(source)))
}

/// To whom a message goes, when, and under which id.
struct Envelope {
    id: Uuid,
    date: Time,
    recipient: Mailbox,
}

/// The headers that every message has.
fn addressed(envelope: Envelope, sender: &Sender) -> Result<MessageBuilder> {
    // Given outright: lettre would read it back from the headers, where a strange name can hide the address.
    let route = address::Envelope::new(
        Some(sender.from.email.clone()),
        vec![envelope.recipient.email.clone()],
    )
    .map_err(|source| Error::Internal(Box::new(source)))?;
    let domain = &sender.message_id_domain;
    let message = Message::builder()
        .envelope(route)
        .from(sender.from.clone())
        .to(envelope.recipient)
        .date(envelope.date.into())
        .message_id(Some(format!("<{}@{domain}>", envelope.id)))
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "All"));
    Ok(match &sender.reply_to {
        Some(reply_to) => message.reply_to(reply_to.clone()),
        None => message,
    })
}

fn address(text: &str) -> Result<Address> {
    text.parse()
        .map_err(|_| Error::internal("a letter's recipient is no address"))
}

/// The finished words of a letter.
struct Words {
    subject: String,
    text: String,
    html: String,
}

fn write(letter: &Letter, locale: Locale) -> Result<Words> {
    let (link, until) = match letter.kind {
        LetterKind::Invitation | LetterKind::NewLink => {
            let (Some(link), Some(until)) = (&letter.link, letter.expire_time) else {
                return Err(Error::internal("a letter with a link has none"));
            };
            (Some(link.as_str()), Some(locale.moment(until)))
        }
        LetterKind::AddedToTeam => (None, None),
    };
    // What a letter does not have is undefined, so that a template that asks for it fails instead of printing "none".
    let until = until.map_or(Value::UNDEFINED, Value::from);
    let values = |link: Value| {
        context! {
            team => line(&letter.team_display_name),
            given_name => line(&letter.given_name),
            family_name => line(&letter.family_name),
            inviter => letter.inviter.as_deref().map(line),
            link => link,
            until => until.clone(),
        }
    };
    let plain = values(link.map_or(Value::UNDEFINED, Value::from));
    let escaped = values(link.map_or(Value::UNDEFINED, escaped_link));

    let templates = templates::of(letter.kind, locale);
    // A name may spell an encoded word (RFC 2047), which would decode to characters that names must not have.
    let subject = fill("subject.txt", templates.subject, plain.clone())?.replace("=?", "= ?");
    let text = fill("body.txt", templates.text, plain)?;
    let content = fill("body.html", templates.html, escaped)?;
    let html = fill(
        "layout.html",
        LAYOUT,
        context! {
            locale => locale.tag(),
            subject => subject.as_str(),
            content => Value::from_safe_string(content),
        },
    )?;
    Ok(Words {
        subject,
        text,
        html,
    })
}

/// Fills one template; a name that ends in `.html` has its values escaped.
fn fill(name: &str, template: &str, values: Value) -> Result<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
        .render_named_str(name, template, values)
        .map_err(|source| Error::Internal(Box::new(source)))
}

/// A name as one line: whatever breaks or steers a line becomes a space, so that it can never end a header.
fn line(name: &str) -> String {
    name.chars()
        .map(|character| match character {
            '\u{2028}' | '\u{2029}' => ' ',
            character if character.is_control() => ' ',
            character => character,
        })
        .collect()
}

/// A link for HTML. The engine would write its slashes as entities, which some mail clients do not take for a link.
fn escaped_link(link: &str) -> Value {
    Value::from_safe_string(
        link.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;"),
    )
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;
    use crate::mail::eml;

    const LINK: &str =
        "https://teams.example/invitations/q7f3Zk0mJt8B_pX2-ahW5cYd9LrNeV1sUo4iGyTbQwE";

    fn time() -> Time {
        Utc.with_ymd_and_hms(2026, 11, 30, 14, 5, 0)
            .single()
            .expect("a time")
    }

    fn letter(kind: LetterKind, language: &str) -> Letter {
        let linked = kind != LetterKind::AddedToTeam;
        Letter {
            id: Uuid::from_u128(7),
            kind,
            language: language.to_owned(),
            recipient: "olena@xn--80ak6aa92e.example".to_owned(),
            given_name: "Олена".to_owned(),
            family_name: "Коваль".to_owned(),
            team_display_name: "Завод №1".to_owned(),
            inviter: Some("Леся Українка".to_owned()),
            link: linked.then(|| LINK.to_owned()),
            expire_time: linked.then(time),
        }
    }

    fn sender() -> Sender {
        Sender::parse(
            "muster <no-reply@teams.example>",
            Some("help@teams.example"),
        )
        .expect("a sender")
    }

    fn rendered(letter: &Letter) -> (Message, eml::Parts) {
        let message = render(letter, &sender(), time()).expect("a message");
        let parts = eml::parts(&message.formatted()).expect("two parts");
        (message, parts)
    }

    fn headers(message: &Message) -> String {
        let raw = String::from_utf8(message.formatted()).expect("ASCII");
        let (headers, _) = raw.split_once("\r\n\r\n").expect("a body");
        headers.replace("\r\n ", " ").replace("\r\n\t", " ")
    }

    #[test]
    fn every_letter_in_every_language_says_what_it_must() {
        for &kind in LetterKind::ALL {
            for locale in Locale::ALL {
                let letter = letter(kind, locale.tag());
                let (message, parts) = rendered(&letter);
                let subject = message.headers().get_raw("Subject").expect("a subject");
                assert!(subject.contains("Завод №1"), "{subject}");
                assert!(!subject.contains(['\r', '\n']), "{subject}");
                assert_eq!(subject, subject.trim());
                assert!(
                    parts
                        .html
                        .contains(&format!("<html lang=\"{}\">", locale.tag()))
                );
                for part in [&parts.text, &parts.html] {
                    assert!(part.contains("Завод №1"), "{part}");
                    assert_eq!(part.contains(LINK), letter.link.is_some(), "{part}");
                    assert_eq!(
                        part.contains(&locale.moment(time())),
                        letter.link.is_some(),
                        "{part}"
                    );
                    assert!(part.contains("Леся Українка"), "{part}");
                    assert!(!part.contains("{{"), "{part}");
                }
            }
        }
    }

    #[test]
    fn a_letter_of_nobody_names_nobody() {
        for &kind in LetterKind::ALL {
            for locale in Locale::ALL {
                let mut letter = letter(kind, locale.tag());
                letter.inviter = None;
                let (_, parts) = rendered(&letter);
                for part in [&parts.text, &parts.html] {
                    assert!(part.contains("Завод №1"), "{part}");
                    let words = part.replace("text-decoration:none", "");
                    assert!(!words.contains("none"), "{part}");
                }
            }
        }
    }

    #[test]
    fn the_headers_tell_machines_what_it_is() {
        let (message, _) = rendered(&letter(LetterKind::Invitation, "uk-UA"));
        let headers = headers(&message);
        for expected in [
            "Auto-Submitted: auto-generated",
            "X-Auto-Response-Suppress: All",
            "Content-Language: uk",
            "Message-ID: <00000000-0000-0000-0000-000000000007@teams.example>",
            "From: muster <no-reply@teams.example>",
            "Reply-To: help@teams.example",
            "Date: Mon, 30 Nov 2026 14:05:00 +0000",
            "Content-Type: multipart/alternative;",
            "MIME-Version: 1.0",
        ] {
            assert!(headers.contains(expected), "{expected} in\n{headers}");
        }
        assert!(headers.contains("<olena@xn--80ak6aa92e.example>"));
    }

    #[test]
    fn the_same_letter_renders_to_the_same_bytes() {
        let letter = letter(LetterKind::NewLink, "en");
        let first = render(&letter, &sender(), time()).expect("a message");
        let second = render(&letter, &sender(), time()).expect("a message");
        assert_eq!(first.formatted(), second.formatted());
    }

    #[test]
    fn hostile_names_stay_text() {
        let mut letter = letter(LetterKind::Invitation, "en");
        letter.given_name = "<b>Eve</b>".to_owned();
        letter.inviter = Some("<b>Mallory</b>".to_owned());
        letter.team_display_name = "{{ link }}{% raw %}".to_owned();
        let (message, parts) = rendered(&letter);
        assert!(parts.text.contains("<b>Eve</b>"));
        assert!(!parts.html.contains("<b>"));
        assert!(parts.html.contains("&lt;b&gt;Eve&lt;&#x2f;b&gt;"));
        for part in [&parts.text, &parts.html] {
            assert!(part.contains("{{ link }}{% raw %}"), "{part}");
        }
        let subject = message.headers().get_raw("Subject").expect("a subject");
        assert!(subject.contains("{{ link }}"));
    }

    #[test]
    fn a_line_break_in_a_name_makes_no_header() {
        for language in ["en", "uk"] {
            let mut letter = letter(LetterKind::Invitation, language);
            letter.inviter = Some("Eve\r\nX-Evil: yes".to_owned());
            letter.given_name = "Eve\r\nBcc: all@example.org".to_owned();
            letter.family_name = "\"<x@y.example>, \n\n.\u{2028}".to_owned();
            letter.team_display_name = "Team\r\nX-Evil: yes\r\n\r\nbody".to_owned();
            let (message, _) = rendered(&letter);
            let headers = headers(&message);
            for line in headers.lines() {
                assert!(
                    !line.starts_with("Bcc:") && !line.starts_with("X-Evil:"),
                    "{headers}"
                );
            }
            assert_eq!(message.envelope().to().len(), 1);
            assert_eq!(headers.lines().count(), 11, "{headers}");
        }
    }

    #[test]
    fn a_name_cannot_spell_an_encoded_word() {
        let mut letter = letter(LetterKind::Invitation, "en");
        letter.given_name = "=?utf-8?q?Eve=0A?=".to_owned();
        letter.family_name = String::new();
        letter.team_display_name = "=?utf-8?q?=E2=80=AEEve?=".to_owned();
        let headers = headers(&rendered(&letter).0);
        assert!(!headers.contains("=?utf-8?q?"), "{headers}");
    }

    #[test]
    fn a_letter_that_needs_a_link_is_not_written_without_one() {
        let mut letter = letter(LetterKind::NewLink, "en");
        letter.link = None;
        assert!(render(&letter, &sender(), time()).is_err());
    }

    #[test]
    fn a_trial_goes_where_it_is_sent() {
        let message =
            trial(Uuid::from_u128(8), "root@example.org", &sender(), time()).expect("a message");
        assert_eq!(message.envelope().to()[0].to_string(), "root@example.org");
        assert!(headers(&message).contains("Message-ID: <00000000-0000-0000-0000-000000000008@"));
        assert!(trial(Uuid::nil(), "root", &sender(), time()).is_err());
    }

    #[test]
    fn an_error_does_not_tell_the_address() {
        let mut letter = letter(LetterKind::AddedToTeam, "en");
        letter.recipient = "eve(at)example.org".to_owned();
        let error = render(&letter, &sender(), time()).expect_err("an error");
        assert!(!format!("{error:?}").contains("eve"));
    }
}
