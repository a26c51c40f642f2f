//! Who is at the other end of a connection, as the transport knows.

use std::{net::SocketAddr, sync::Arc};

/// The other end of a connection. The transport puts it among a request's extensions.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Its address.
    pub address: Option<SocketAddr>,
    /// The subject alternative names of the client certificate that it presented and that was verified; empty without one.
    pub certificate_names: Arc<[String]>,
}
