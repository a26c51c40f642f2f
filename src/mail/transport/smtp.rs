//! Sends through a mail server, over connections that are kept for the next letter.

use std::sync::{Arc, Mutex, PoisonError};

use lettre::{
    Message,
    transport::smtp::{
        Error,
        authentication::DEFAULT_MECHANISMS,
        client::{AsyncSmtpConnection, Tls},
    },
};

use super::{SendError, excerpt, server::Server};

/// Servers limit how many letters one connection may bring; few allow less than this.
const LETTERS_PER_CONNECTION: u32 = 20;
/// More idle connections than this are closed.
const IDLE_CONNECTIONS: usize = 8;

/// A mail server and the connections to it; its clones share them.
#[derive(Clone)]
pub struct Smtp(Arc<Inner>);

struct Inner {
    server: Server,
    idle: Mutex<Vec<Connection>>,
}

/// A connection between two letters, or in the hands of the one task that sends over it.
///
/// lettre's own pool is not used: it takes a connection back from a send that was dropped halfway, as a timeout does, and
/// the next letter then reads the replies meant for the one before. Here only a finished letter returns its connection.
struct Connection {
    smtp: AsyncSmtpConnection,
    letters: u32,
}

impl Smtp {
    /// A way to `server`. Nothing is opened before the first letter.
    pub(super) fn new(server: Server) -> Self {
        Self(Arc::new(Inner {
            server,
            idle: Mutex::default(),
        }))
    }

    /// Sends one message within the server's time limit.
    pub(super) async fn send(&self, message: &Message) -> Result<(), SendError> {
        let limit = self.0.server.timeout;
        tokio::time::timeout(limit, self.deliver(message))
            .await
            .unwrap_or_else(|_| {
                let seconds = limit.as_secs();
                Err(SendError::Later(format!("no end after {seconds} s")))
            })
    }

    async fn deliver(&self, message: &Message) -> Result<(), SendError> {
        let mut connection = match self.idle().await {
            Some(connection) => connection,
            None => self
                .open()
                .await
                .map_err(|error| SendError::Later(explain(&error, message)))?,
        };
        connection
            .smtp
            .send(message.envelope(), &message.formatted())
            .await
            .map_err(|error| verdict(&error, message))?;
        connection.letters += 1;
        self.park(connection);
        Ok(())
    }

    /// An idle connection that still answers.
    async fn idle(&self) -> Option<Connection> {
        loop {
            let mut connection = self.pop()?;
            if connection.smtp.test_connected().await {
                return Some(connection);
            }
        }
    }

    fn pop(&self) -> Option<Connection> {
        let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.pop()
    }

    fn park(&self, connection: Connection) {
        let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if connection.letters < LETTERS_PER_CONNECTION && idle.len() < IDLE_CONNECTIONS {
            idle.push(connection);
        }
    }

    /// Connects, encrypts and logs in.
    async fn open(&self) -> Result<Connection, Error> {
        let server = &self.0.server;
        let (from_the_start, upgrade) = match &server.tls {
            Tls::Wrapper(tls) => (Some(tls.clone()), None),
            Tls::Required(tls) | Tls::Opportunistic(tls) => (None, Some(tls.clone())),
            Tls::None => (None, None),
        };
        let mut smtp = AsyncSmtpConnection::connect_tokio1(
            (server.host.as_str(), server.port),
            Some(server.timeout),
            &server.hello,
            from_the_start,
            None,
        )
        .await?;
        if let Some(tls) = upgrade {
            let optional = matches!(server.tls, Tls::Opportunistic(_));
            if !optional || smtp.can_starttls() {
                smtp.starttls(tls, &server.hello).await?;
            }
        }
        if let Some(credentials) = &server.credentials {
            smtp.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(Connection { smtp, letters: 0 })
    }
}

/// What a refusal means for the letter. Connecting and logging in never come here: a wrong password is the operator's to
/// mend, and no letter must be lost by it.
fn verdict(error: &Error, message: &Message) -> SendError {
    const AUTHENTICATION_WANTED: [u16; 4] = [530, 534, 535, 538];
    let text = explain(error, message);
    let about_us = error
        .status()
        .is_some_and(|code| AUTHENTICATION_WANTED.contains(&code.into()));
    if error.is_permanent() && !about_us {
        SendError::Never(text)
    } else {
        SendError::Later(text)
    }
}

/// The reply's code and text, or what went wrong instead of one.
fn explain(error: &Error, message: &Message) -> String {
    let source = std::error::Error::source(error);
    let text = match (error.status(), source) {
        (Some(code), Some(reply)) => format!("{code} {reply}"),
        (Some(code), None) => code.to_string(),
        // lettre would begin with "internal client error", and means that the server lacks something.
        (None, Some(source)) if error.is_client() => source.to_string(),
        (None, _) => error.to_string(),
    };
    excerpt(&text, message)
}
