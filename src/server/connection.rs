//! One connection that has shaken hands, as tonic reads and writes it.

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

/// A connection whose other end has said that it speaks HTTP/2.
pub struct Connection {
    transport: Box<dyn Transport>,
    /// The preface is read before hyper sees the connection, so hyper is given it again.
    preface: &'static [u8],
    peer: Peer,
    end: Pin<Box<Sleep>>,
    _seat: OwnedSemaphorePermit,
}

/// Reads the preface.
///
/// # Errors
/// The other end says something else, or nothing more.
pub(super) async fn read_preface(transport: &mut Box<dyn Transport>) -> io::Result<()> {
    let mut read = [0; PREFACE.len()];
    let mut length = 0;
    while length < PREFACE.len() {
        let more = transport.read(&mut read[length..]).await?;
        length += more;
        if more == 0 || read[..length] != PREFACE[..length] {
            let words = "it does not begin as HTTP/2 does";
            return Err(io::Error::new(io::ErrorKind::InvalidData, words));
        }
    }
    Ok(())
}

impl Connection {
    /// A connection whose preface was read. It fails after `life`, whatever its calls do, and gives its seat back when
    /// it is dropped.
    pub(super) fn new(
        transport: Box<dyn Transport>,
        peer: Peer,
        life: Duration,
        seat: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            transport,
            preface: PREFACE,
            peer,
            end: Box::pin(sleep(life)),
            _seat: seat,
        }
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
        if !self.preface.is_empty() {
            let length = self.preface.len().min(buffer.remaining());
            let (now, later) = self.preface.split_at(length);
            buffer.put_slice(now);
            self.preface = later;
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
