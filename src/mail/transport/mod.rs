//! How a message leaves: to a mail server, into a folder, or into a test's memory.

mod file;
mod memory;
mod server;
mod smtp;

use std::path::PathBuf;

use lettre::{Address, Message};

use super::eml::PAGES;

pub use self::{
    file::Folder,
    memory::{MemoryMailbox, SentMail},
    smtp::Smtp,
};

/// Where messages go. It has no `Debug`, since it may know a password.
#[derive(Clone)]
pub enum Transport {
    /// To a mail server.
    Smtp(Smtp),
    /// Into a folder, one `.eml` file a letter.
    File(Folder),
    /// Into memory; for tests, and not to be had by a URL.
    Memory(MemoryMailbox),
}

impl Transport {
    /// The transport that a URL names.
    ///
    /// - `file:./outbox`: a folder, relative to the working directory or absolute;
    /// - `smtps://user:password@host:465`: TLS from the first byte;
    /// - `smtp://user:password@host:587?tls=required`: `STARTTLS`, and nothing is sent without it. `tls=opportunistic`
    ///   does without it where the server has none, `tls=none` never asks. Where `tls` is missing it is `required`, but
    ///   `none` for `localhost` and loopback addresses: a relay on the same machine seldom has a certificate, and nobody
    ///   listens in between. A password is refused beside `opportunistic` and `none`, save on loopback.
    ///
    /// The port is 465 for `smtps`, 25 where `tls` is `none`, else 587. `hello=name` is what the client calls itself
    /// (its default is `[127.0.0.1]`, which strict servers dislike), `timeout=30` how many seconds one letter may take, 1
    /// to 600, by default 60. Certificates are checked against Mozilla's roots, and against those in the PEM file that `ca=file` names,
    /// which is read here. User, password and file are percent-encoded.
    ///
    /// # Errors
    /// Which part of the URL is wrong; never the URL, which may hold a password.
    pub fn parse(url: &str) -> Result<Self, BadUrl> {
        if let Some(folder) = url.strip_prefix("file:") {
            let folder = folder.strip_prefix("//").unwrap_or(folder);
            if folder.is_empty() {
                return Err(BadUrl::Folder);
            }
            return Ok(Self::File(Folder::new(PathBuf::from(folder))));
        }
        let server = server::parse(url)?;
        Ok(Self::Smtp(Smtp::new(server)))
    }

    /// Sends one message. Sending it again is allowed, and makes a twin with the same Message-ID at most.
    ///
    /// # Errors
    /// [`SendError`] says whether another try can help.
    pub async fn send(&self, message: &Message) -> Result<(), SendError> {
        match self {
            Self::Smtp(smtp) => smtp.send(message).await,
            Self::File(folder) => folder.send(message).await,
            Self::Memory(mailbox) => mailbox.send(message),
        }
    }
}

impl From<MemoryMailbox> for Transport {
    fn from(mailbox: MemoryMailbox) -> Self {
        Self::Memory(mailbox)
    }
}

/// Why a message was not sent, in one line of at most 300 characters, without the recipient's address and without links.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// May go well later: a 4xx reply, a broken connection, a timeout, a refused login.
    #[error("{0}")]
    Later(String),
    /// Will not go well: the server refused this letter with a 5xx reply.
    #[error("{0}")]
    Never(String),
}

/// What is wrong with a mail URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// Neither of the schemes.
    #[error("a mail URL begins with file:, smtp:// or smtps://")]
    Scheme,
    /// `file:` without a path.
    #[error("a file: mail URL names a folder, such as file:./outbox")]
    Folder,
    /// No host, or one that cannot be.
    #[error("the mail URL's host is missing or malformed")]
    Host,
    /// The port is no number from 1 to 65535.
    #[error("the mail URL's port is not a number from 1 to 65535")]
    Port,
    /// Only one of user and password, or broken percent-encoding.
    #[error(
        "the mail URL needs user and password together, percent-encoded (`/` is %2F, `@` is %40)"
    )]
    Credentials,
    /// The password could travel without TLS.
    #[error("the mail URL has a password, so it needs tls=required or smtps://")]
    PasswordInClear,
    /// A path behind the host.
    #[error("the mail URL has a path")]
    Path,
    /// An unknown parameter, or a value that it cannot have.
    #[error(
        "the mail URL's parameters are tls=required|opportunistic|none (smtp only), hello=NAME, timeout=SECONDS (1 to 600) and ca=FILE (with TLS only)"
    )]
    Parameter,
    /// The parameter `ca` names no readable file with certificates.
    #[error("the mail URL's ca=FILE names no readable PEM file with certificates, percent-encoded")]
    Authority,
    /// The TLS library does not start.
    #[error("TLS cannot be set up for the mail URL's host")]
    Tls,
}

/// At most 300 characters of `text`, on one line, without anything that looks like an address or a link.
///
/// Replies are shown to admins and stored; a server may repeat the whole letter in one.
fn excerpt(text: &str, message: &Message) -> String {
    const LIMIT: usize = 300;
    let locals: Vec<&str> = message.envelope().to().iter().map(Address::user).collect();
    let mut excerpt = String::new();
    for word in text.split(|character: char| character.is_whitespace() || character.is_control()) {
        if word.is_empty() {
            continue;
        }
        let bare = word.trim_matches(|character: char| character.is_ascii_punctuation());
        let shown =
            if word.contains('@') || locals.iter().any(|local| bare.eq_ignore_ascii_case(local)) {
                "(address)"
            } else if word.contains("://") || PAGES.iter().any(|page| word.contains(page)) {
                "(link)"
            } else {
                word
            };
        if !excerpt.is_empty() {
            excerpt.push(' ');
        }
        excerpt.push_str(shown);
    }
    excerpt.chars().take(LIMIT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        Message::builder()
            .from("a@example.org".parse().expect("an address"))
            .to("olena.k@example.org".parse().expect("an address"))
            .body(String::new())
            .expect("a message")
    }

    #[test]
    fn a_reply_is_shown_without_the_address_and_without_links() {
        let reply = "550 5.1.1 <OLENA.K@Example.org>: user\r\n\"olena.k\" unknown, see\thttps://x.example/invitations/t";
        assert_eq!(
            excerpt(reply, &message()),
            "550 5.1.1 (address) user (address) unknown, see (link)"
        );
    }

    #[test]
    fn a_reply_is_cut_to_300_characters() {
        assert_eq!(excerpt(&"ї ".repeat(400), &message()).chars().count(), 300);
    }

    #[test]
    fn a_file_url_names_a_folder() {
        for (url, path) in [
            ("file:./outbox", "./outbox"),
            ("file:/var/mail", "/var/mail"),
            ("file:///var/mail", "/var/mail"),
        ] {
            match Transport::parse(url) {
                Ok(Transport::File(folder)) => assert_eq!(folder.path().to_str(), Some(path)),
                Ok(Transport::Smtp(_) | Transport::Memory(_)) | Err(_) => panic!("{url}"),
            }
        }
        assert_eq!(Transport::parse("file:").err(), Some(BadUrl::Folder));
        assert_eq!(Transport::parse("file://").err(), Some(BadUrl::Folder));
    }
}
