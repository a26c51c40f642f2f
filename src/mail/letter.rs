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
    /// The team's name; a letter about a team needs it.
    pub team_display_name: Option<String>,
    /// The name of the person who invites, if a person does.
    pub inviter: Option<String>,
    /// Where the person answers; an invitation, a new link and a new address need it.
    pub link: Option<String>,
    /// Until when the link is good.
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
        LetterKind::Invitation | LetterKind::NewLink | LetterKind::EmailChange => {
            let (Some(link), Some(until)) = (&letter.link, letter.expire_time) else {
                return Err(Error::internal("a letter with a link has none"));
            };
            (Some(link.as_str()), Some(locale.moment(until)))
        }
        LetterKind::AddedToTeam | LetterKind::EmailChangeNote => (None, None),
    };
    // What a letter does not have is undefined, so that a template that asks for it fails instead of printing "none".
    let until = until.map_or(Value::UNDEFINED, Value::from);
    let team = letter.team_display_name.as_deref().map(line);
    let team = team.map_or(Value::UNDEFINED, Value::from);
    let values = |link: Value| {
        context! {
            team => team.clone(),
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
mod tests;
