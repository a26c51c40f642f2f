//! The front door: takes connections from the listener, lets each shake hands in a task of its own, and hands over
//! those that speak as they should.

use std::{
    collections::VecDeque,
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    connection::{Connection, Greeting, Speech, Transport, greeting},
    socket,
    tls::{Tls, certificate_names},
};
use crate::{config::Connections, rpc::Peer};

/// How long accepting rests when the process is out of something, such as file descriptors.
const REST: Duration = Duration::from_millis(50);

/// The shortest time between two warnings that connections are turned away; there may be thousands a second.
const WARN_EVERY: Duration = Duration::from_secs(10);

/// Where connections come in, and how they are secured.
pub struct Door {
    listener: TcpListener,
    tls: Option<Tls>,
    speech: Speech,
}

impl Door {
    /// A door for gRPC that speaks TLS, or none if there is none.
    #[must_use]
    pub const fn new(listener: TcpListener, tls: Option<Tls>) -> Self {
        let speech = Speech::Http2;
        Self {
            listener,
            tls,
            speech,
        }
    }

    /// A door for plain HTTP, of either version.
    #[must_use]
    pub const fn of_web(listener: TcpListener, tls: Option<Tls>) -> Self {
        let speech = Speech::Http;
        Self {
            listener,
            tls,
            speech,
        }
    }

    /// Connections as they come, until `stop`; then the listener is closed.
    #[must_use]
    pub fn connections(
        self,
        limits: &Connections,
        stop: CancellationToken,
    ) -> ReceiverStream<Result<Connection, Infallible>> {
        let (ready, incoming) = mpsc::channel(1);
        let tls = self.tls.map(Arc::new);
        if let Some(tls) = tls.clone() {
            tokio::spawn(tls.keep_fresh(stop.clone()));
        }
        let hall = Arc::new(Hall {
            tls,
            speech: self.speech,
            seats: Arc::new(Semaphore::new(limits.max_connections)),
            limits: limits.clone(),
            ready,
            warned: Mutex::default(),
        });
        tokio::spawn(accept(self.listener, hall, stop));
        ReceiverStream::new(incoming)
    }
}

impl From<TcpListener> for Door {
    fn from(listener: TcpListener) -> Self {
        Self::new(listener, None)
    }
}

/// What those who shake hands share.
struct Hall {
    tls: Option<Arc<Tls>>,
    speech: Speech,
    seats: Arc<Semaphore>,
    limits: Connections,
    ready: mpsc::Sender<Result<Connection, Infallible>>,
    warned: Mutex<Option<Instant>>,
}

/// Accepts again and again: neither a connection that broke before it was taken, nor a process that is out of
/// descriptors, ends it.
async fn accept(listener: TcpListener, hall: Arc<Hall>, stop: CancellationToken) {
    // Whoever still shakes hands at the end is dropped with this.
    let mut shaking = VecDeque::with_capacity(hall.limits.max_handshakes.min(1024));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                make_room(&mut shaking, hall.limits.max_handshakes);
                let greeting = tokio::spawn(greet(stream, address, Arc::clone(&hall)));
                shaking.push_back(AbortOnDropHandle::new(greeting));
            }
            Err(error) if is_of_one_connection(&error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "not accepted");
            }
            Err(error) => {
                hall.warn(&format!("accepting rests: {error}"));
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(REST) => {}
                }
            }
        }
    }
}

/// Makes room for one more handshake. An honest one takes milliseconds, so the oldest is the one to suspect.
fn make_room(shaking: &mut VecDeque<AbortOnDropHandle<()>>, max: usize) {
    if shaking.len() >= max {
        shaking.retain(|greeting| !greeting.is_finished());
    }
    if shaking.len() >= max {
        shaking.pop_front();
    }
}

/// What `accept` says when a connection ended while it waited; the listener is as good as before.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// One connection's handshake, within its time; whoever fails is closed.
async fn greet(stream: TcpStream, address: SocketAddr, hall: Arc<Hall>) {
    let shaking = shake(stream, address, &hall);
    let (shaken, peer) = match tokio::time::timeout(hall.limits.handshake_timeout, shaking).await {
        Ok(Ok(shaken)) => shaken,
        Ok(Err(error)) => {
            let error = &error as &dyn std::error::Error;
            tracing::debug!(error, "a handshake failed");
            return;
        }
        Err(_) => {
            tracing::debug!("a handshake took too long");
            return;
        }
    };
    let Ok(seat) = Arc::clone(&hall.seats).try_acquire_owned() else {
        hall.warn("as many connections as may be; others are closed");
        return;
    };
    let life = hall.limits.connection_age + hall.limits.connection_grace;
    let connection = Connection::new(shaken, peer, life, seat);
    // Nobody takes it any more when the server stops.
    drop(hall.ready.send(Ok(connection)).await);
}

async fn shake(
    stream: TcpStream,
    address: SocketAddr,
    hall: &Hall,
) -> io::Result<((Box<dyn Transport>, Greeting), Peer)> {
    let silence = hall.limits.keepalive_interval + hall.limits.keepalive_timeout;
    socket::tune(&stream, silence)?;
    let mut names = Vec::new();
    let mut transport: Box<dyn Transport> = match &hall.tls {
        None => Box::new(stream),
        Some(tls) => {
            let stream = tls.acceptor().accept(stream).await?;
            names = certificate_names(stream.get_ref().1);
            Box::new(stream)
        }
    };
    let greeting = greeting(&mut transport, hall.speech).await?;
    let peer = Peer {
        address: Some(address),
        certificate_names: names.into(),
    };
    Ok(((transport, greeting), peer))
}

impl Hall {
    /// Warns, unless it did a moment ago.
    fn warn(&self, words: &str) {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.is_none_or(|last| last.elapsed() >= WARN_EVERY) {
            *warned = Some(Instant::now());
            tracing::warn!("{words}");
        }
    }
}
