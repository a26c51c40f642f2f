//! Who the letters come from, as the configuration names it.

use std::str::FromStr;

use lettre::message::Mailbox;

/// Who the letters come from.
#[derive(Clone)]
pub struct Sender {
    /// `From`, and the envelope's sender.
    pub from: Mailbox,
    /// `Reply-To`, if answers go elsewhere.
    pub reply_to: Option<Mailbox>,
    /// What stands behind the @ of a Message-ID.
    pub message_id_domain: String,
}

/// A mailbox that letters cannot come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sender is a mailbox such as `Example <no-reply@example.org>`, its address ASCII")]
pub struct BadSender;

impl Sender {
    /// The sender for two mailboxes, such as `Example <no-reply@example.org>` or a bare address. Message-IDs get the
    /// domain of `from`.
    ///
    /// # Errors
    /// [`BadSender`] if either is no mailbox, or its address is not ASCII: few servers take any other (RFC 6531).
    pub fn parse(from: &str, reply_to: Option<&str>) -> Result<Self, BadSender> {
        let from = mailbox(from)?;
        let message_id_domain = from.email.domain().to_owned();
        Ok(Self {
            from,
            reply_to: reply_to.map(mailbox).transpose()?,
            message_id_domain,
        })
    }
}

impl FromStr for Sender {
    type Err = BadSender;

    /// The sender whom nobody answers elsewhere.
    fn from_str(from: &str) -> Result<Self, BadSender> {
        Self::parse(from, None)
    }
}

fn mailbox(text: &str) -> Result<Mailbox, BadSender> {
    let mailbox: Mailbox = text.parse().map_err(|_| BadSender)?;
    let address: &str = mailbox.email.as_ref();
    let sound = address.is_ascii() && !text.chars().any(char::is_control);
    sound.then_some(mailbox).ok_or(BadSender)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_a_mailbox_with_or_without_a_name() {
        for (text, name) in [
            ("no-reply@example.org", None),
            ("muster <no-reply@example.org>", Some("muster")),
            ("Команда <no-reply@example.org>", Some("Команда")),
            ("\"A, B\" <no-reply@example.org>", Some("A, B")),
        ] {
            let sender = Sender::parse(text, Some("help@example.net")).expect(text);
            assert_eq!(sender.from.name.as_deref(), name);
            assert_eq!(sender.from.email.to_string(), "no-reply@example.org");
            assert_eq!(sender.message_id_domain, "example.org");
        }
    }

    #[test]
    fn a_machine_without_a_domain_can_send() {
        let sender: Sender = "muster <no-reply@localhost>".parse().expect("a sender");
        assert_eq!(sender.message_id_domain, "localhost");
    }

    #[test]
    fn what_is_no_ascii_mailbox_is_refused() {
        for text in [
            "",
            "muster",
            "a@",
            "a@приклад.укр",
            "a@example.org\r\nBcc: b@example.org",
        ] {
            assert_eq!(Sender::parse(text, None).err(), Some(BadSender), "{text}");
            let reply_to = Sender::parse("a@example.org", Some(text));
            assert_eq!(reply_to.err(), Some(BadSender), "{text}");
        }
    }
}
