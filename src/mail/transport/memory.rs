//! Keeps letters in memory, for tests that read them, and fails on demand.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lettre::Message;

use super::SendError;
use crate::mail::eml;

/// A mailbox in memory; its clones are the same one.
#[derive(Clone, Default)]
pub struct MemoryMailbox(Arc<Mutex<Contents>>);

#[derive(Default)]
struct Contents {
    letters: Vec<SentMail>,
    failure: Option<(usize, SendError)>,
}

/// A letter that was sent. It has no `Debug`, since it holds a link.
#[derive(Clone)]
pub struct SentMail {
    /// The recipient's address.
    pub to: String,
    /// The subject, decoded.
    pub subject: String,
    /// The plain text, decoded.
    pub text: String,
    /// The HTML, decoded.
    pub html: String,
    /// The whole message as it would travel.
    pub raw: Vec<u8>,
    /// With its angle brackets.
    pub message_id: String,
}

impl SentMail {
    /// The link to the invitation, if the letter has one.
    #[must_use]
    pub fn link(&self) -> Option<String> {
        eml::link(&self.raw)
    }
}

impl MemoryMailbox {
    /// Takes the letters out, oldest first.
    #[must_use]
    pub fn take(&self) -> Vec<SentMail> {
        std::mem::take(&mut self.contents().letters)
    }

    /// How many letters lie in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.contents().letters.len()
    }

    /// Whether no letter lies in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Answers the next `count` letters with `error`; a second call replaces the first.
    pub fn fail_next(&self, count: usize, error: SendError) {
        self.contents().failure = Some((count, error));
    }

    /// Keeps one message.
    pub(super) fn send(&self, message: &Message) -> Result<(), SendError> {
        let mut contents = self.contents();
        if let Some((count, error)) = contents.failure.take()
            && count > 0
        {
            contents.failure = Some((count - 1, error.clone()));
            return Err(error);
        }
        contents.letters.push(keep(message));
        Ok(())
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keep(message: &Message) -> SentMail {
    let raw = message.formatted();
    let (text, html) = eml::parts(&raw)
        .map(|parts| (parts.text, parts.html))
        .unwrap_or_default();
    let header = |name| {
        message
            .headers()
            .get_raw(name)
            .unwrap_or_default()
            .to_owned()
    };
    SentMail {
        to: message
            .envelope()
            .to()
            .first()
            .map(ToString::to_string)
            .unwrap_or_default(),
        subject: header("Subject"),
        text,
        html,
        message_id: header("Message-ID"),
        raw,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fails_as_often_as_told_and_then_keeps() {
        let mailbox = MemoryMailbox::default();
        let message = Message::builder()
            .from("a@example.org".parse().expect("an address"))
            .to("b@example.org".parse().expect("an address"))
            .subject("Привіт")
            .body(String::new())
            .expect("a message");
        let error = SendError::Later("451 later".to_owned());
        mailbox.fail_next(2, error.clone());
        assert_eq!(mailbox.send(&message), Err(error.clone()));
        assert_eq!(mailbox.send(&message), Err(error));
        assert_eq!(mailbox.send(&message), Ok(()));
        assert_eq!(mailbox.len(), 1);
        let letters = mailbox.take();
        assert!(mailbox.is_empty());
        assert_eq!(
            (letters[0].to.as_str(), letters[0].subject.as_str()),
            ("b@example.org", "Привіт")
        );
    }
}
