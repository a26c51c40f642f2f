//! Which addresses of the network a team's provider may be at: those of the open internet, and none behind our walls.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
    vec,
};

use hyper_util::client::legacy::connect::dns::Name;
use tower::Service;

/// Resolves names, and forgets what must not be asked: a team's admin chooses the name, and whoever owns a name chooses its
/// addresses.
#[derive(Clone, Copy)]
pub(super) struct OpenInternet {
    /// Whether this machine may be asked too.
    pub(super) with_loopback: bool,
}

impl Service<Name> for OpenInternet {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let with_loopback = self.with_loopback;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let may = |it: &SocketAddr| {
                is_open(it.ip()) || (with_loopback && it.ip().to_canonical().is_loopback())
            };
            let found: Vec<_> = found.filter(may).collect();
            Ok(found.into_iter())
        })
    }
}

/// Whether an address is of the open internet (IANA's registries of special-purpose addresses).
fn is_open(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_open_v4(address),
        IpAddr::V6(address) => is_open_v6(address),
    }
}

const fn is_open_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = match a {
        0 | 10 | 127 | 224..=255 => true,
        100 => matches!(b, 64..=127),
        169 => b == 254,
        172 => matches!(b, 16..=31),
        192 => matches!((b, c), (0, 0 | 2) | (88, 99) | (168, _)),
        198 => matches!((b, c), (18 | 19, _) | (51, 100)),
        203 => matches!((b, c), (0, 113)),
        _ => false,
    };
    !is_special
}

/// Only `2000::/3` is given out, and a part of that carries addresses of IPv4 or is special.
const fn is_open_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let is_special = matches!(
        (segments[0], segments[1]),
        (0x2001, 0..=0x1ff | 0xdb8) | (0x2002 | 0x3ffe, _) | (0x3fff, 0..=0xfff)
    );
    segments[0] >> 13 == 1 && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &str) -> bool {
        is_open(text.parse().unwrap())
    }

    #[test]
    fn the_open_internet_may_be_asked() {
        for text in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"] {
            assert!(open(text), "{text}");
        }
    }

    #[test]
    fn nothing_behind_the_walls_may_be_asked() {
        for text in [
            "0.0.0.0",
            "10.1.2.3",
            "127.0.0.1",
            "100.64.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001::1",
            "fc00::1",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(!open(text), "{text}");
        }
    }
}
