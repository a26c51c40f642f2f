//! What the operating system is told about sockets, and about how many of them there may be.

use std::{io, time::Duration};

use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::net::TcpStream;

use crate::config::Connections;

/// Descriptors for everything but connections: the database, logs, letters.
const OTHERS: u64 = 256;

/// Small answers leave at once, and a peer that takes nothing for `silence` is gone: hyper could not even tell it so.
pub(super) fn tune(stream: &TcpStream, silence: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    give_up_after(stream, silence)
}

#[cfg(target_os = "linux")]
fn give_up_after(stream: &TcpStream, silence: Duration) -> io::Result<()> {
    let milliseconds = u32::try_from(silence.as_millis()).unwrap_or(u32::MAX);
    Ok(rustix::net::sockopt::set_tcp_user_timeout(
        stream,
        milliseconds,
    )?)
}

/// Elsewhere the end of a connection's life has to do.
#[cfg(not(target_os = "linux"))]
fn give_up_after(_: &TcpStream, _: Duration) -> io::Result<()> {
    Ok(())
}

/// Lets this process open as many files as it ever may, and warns if the connections it should serve are more.
pub fn make_room(limits: &Connections) {
    let mut allowed = getrlimit(Resource::Nofile);
    if allowed.current != allowed.maximum {
        allowed.current = allowed.maximum;
        if let Err(error) = setrlimit(Resource::Nofile, allowed) {
            tracing::debug!(%error, "the limit of open files stays as it was");
            allowed = getrlimit(Resource::Nofile);
        }
    }
    let wanted = u64::try_from(limits.max_connections + limits.max_handshakes).unwrap_or(u64::MAX);
    let wanted = wanted.saturating_add(OTHERS);
    // Without a value there is no limit.
    if allowed.current.is_some_and(|most| most < wanted) {
        tracing::warn!(
            allowed = allowed.current,
            wanted,
            "fewer files may be open than --max-connections and --max-handshakes need; raise the limit (ulimit -n)"
        );
    }
}
