//! Who is at the other end of a connection, as far as the connection itself knows.

use std::{net::SocketAddr, sync::Arc};

/// What a connection knows of its other end. Each request has it among its extensions.
#[derive(Debug, Clone, Default)]
pub struct Peer {
    /// Where it is; behind a proxy, where the proxy is.
    pub address: Option<SocketAddr>,
    /// The alternative names (DNS names, then URIs) of the certificate that it showed and that a trusted authority
    /// vouches for, as the certificate writes them; empty without one.
    pub certificate_names: Arc<[String]>,
}
