//! A connection that a test can break in one direction: from a moment on, what the server says gets lost.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    io::{self, AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinHandle,
};
use tonic::{
    service::interceptor::InterceptedService,
    transport::{Channel, Endpoint},
};

use crate::harness::{BearerKey, Keyed};

/// Stands between clients and a server; it ends when this is dropped.
pub(crate) struct Proxy {
    address: String,
    mute: Arc<AtomicBool>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// One before the server at this address.
    pub(crate) async fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let mute = Arc::new(AtomicBool::new(false));
        let (server, silenced) = (server.to_owned(), Arc::clone(&mute));
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(behind) = TcpStream::connect(&server).await else {
                    continue;
                };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = behind.into_split();
                tokio::spawn(pass_on(from_client, to_server));
                tokio::spawn(answer(from_server, to_client, Arc::clone(&silenced)));
            }
        });
        Self {
            address,
            mute,
            accepting,
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// A connection through it.
    pub(crate) fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address));
        endpoint.expect("an address").connect_lazy()
    }

    /// A connection through it with this key.
    pub(crate) fn keyed(&self, key: &str) -> Keyed {
        InterceptedService::new(self.channel(), BearerKey::new(key))
    }

    /// From now on clients hear nothing.
    pub(crate) fn silence(&self) {
        self.mute.store(true, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn pass_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    // Either end may go away at any time.
    drop(io::copy(&mut from, &mut to).await);
}

/// What is silenced is still read, so that the server does not notice.
async fn answer(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mute: Arc<AtomicBool>) {
    let mut bytes = vec![0; 16_384];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if !mute.load(Ordering::SeqCst) && to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
