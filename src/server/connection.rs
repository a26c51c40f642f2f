//! One connection that has shaken hands, as tonic and hyper read and write it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    sync::OwnedSemaphorePermit,
    time::{Sleep, sleep},
};
use tonic::transport::server::Connected;

use crate::rpc::Peer;

/// What every connection of HTTP/2 begins with ([RFC 9113](https://www.rfc-editor.org/rfc/rfc9113), 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Plain TCP, or TLS on it.
pub(super) trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

/// What a door lets in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Speech {
    /// Only HTTP/2, as gRPC has it.
    Http2,
    /// Also HTTP/1.1.
    Http,
}

/// How a connection began.
pub(super) struct Greeting {
    /// What was read before hyper sees the connection, so that hyper is given it again.
    read: Vec<u8>,
    /// Whether it is HTTP/2.
    pub(super) is_http2: bool,
}

/// A connection whose other end has begun to speak.
pub struct Connection {
    transport: Box<dyn Transport>,
    greeting: Greeting,
    /// How much of the greeting was given to hyper.
    given: usize,
    peer: Peer,
    end: Pin<Box<Sleep>>,
    _seat: OwnedSemaphorePermit,
}

/// Reads how the other end begins: the preface of HTTP/2, or what is no part of it.
///
/// # Errors
/// The other end says something else than the door lets in, or nothing more.
pub(super) async fn greeting(
    transport: &mut Box<dyn Transport>,
    speech: Speech,
) -> io::Result<Greeting> {
    let mut read = [0; PREFACE.len()];
    let mut length = 0;
    while length < PREFACE.len() {
        let more = transport.read(&mut read[length..]).await?;
        length += more;
        let is_http2 = more > 0 && read[..length] == PREFACE[..length];
        if more > 0 && !is_http2 && speech == Speech::Http {
            return Ok(Greeting {
                read: read[..length].to_vec(),
                is_http2,
            });
        }
        if !is_http2 {
            let words = "it does not begin as HTTP/2 does";
            return Err(io::Error::new(io::ErrorKind::InvalidData, words));
        }
    }
    Ok(Greeting {
        read: PREFACE.to_vec(),
        is_http2: true,
    })
}

impl Connection {
    /// A connection whose greeting was read. It fails after `life`, whatever its calls do, and gives its seat back when
    /// it is dropped.
    pub(super) fn new(
        (transport, greeting): (Box<dyn Transport>, Greeting),
        peer: Peer,
        life: Duration,
        seat: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            transport,
            greeting,
            given: 0,
            peer,
            end: Box::pin(sleep(life)),
            _seat: seat,
        }
    }

    /// Whether it is HTTP/2.
    pub(super) const fn is_http2(&self) -> bool {
        self.greeting.is_http2
    }

    /// Fails once the connection's life is over. A peer that takes nothing keeps hyper in writing and flushing, so it
    /// is asked for there too.
    fn lives(&mut self, polling: &mut Context<'_>) -> io::Result<()> {
        match self.end.as_mut().poll(polling) {
            Poll::Ready(()) => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "it has lived as long as connections may",
            )),
            Poll::Pending => Ok(()),
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        polling: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.lives(polling)?;
        let rest = &self.greeting.read[self.given..];
        if !rest.is_empty() {
            let length = rest.len().min(buffer.remaining());
            buffer.put_slice(&rest[..length]);
            self.given += length;
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.transport).poll_read(polling, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        polling: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.lives(polling)?;
        Pin::new(&mut self.transport).poll_write(polling, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        polling: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.lives(polling)?;
        Pin::new(&mut self.transport).poll_write_vectored(polling, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.transport.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, polling: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.lives(polling)?;
        Pin::new(&mut self.transport).poll_flush(polling)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, polling: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.lives(polling)?;
        Pin::new(&mut self.transport).poll_shutdown(polling)
    }
}
