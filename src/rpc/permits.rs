//! How many calls run at once, in all and over one connection. The task that does a call's work has its permit, so that
//! clients who go away cannot pile work up.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::Extensions;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Request;

use super::peer::Peer;
use crate::{
    config::CallSettings,
    error::{Error, Reason, Result},
};

/// How long a client should wait that found every place taken.
const BUSY: Duration = Duration::from_secs(1);

/// All permits of a process.
#[derive(Clone)]
pub(super) struct Permits {
    all: Arc<Semaphore>,
    connections: Arc<Connections>,
    per_connection: usize,
}

/// How many calls run over each connection that has any.
#[derive(Default)]
struct Connections(Mutex<HashMap<SocketAddr, usize>>);

/// The right of one call to run, for whoever has the last clone of it.
#[derive(Clone)]
pub(super) struct Permit {
    _held: Arc<Held>,
}

struct Held {
    _of_all: OwnedSemaphorePermit,
    connection: Option<(SocketAddr, Arc<Connections>)>,
}

impl Permits {
    /// As many as the settings say.
    pub(super) fn new(settings: &CallSettings) -> Self {
        Self {
            all: Arc::new(Semaphore::new(settings.concurrent_calls)),
            connections: Arc::default(),
            per_connection: settings.concurrent_calls_per_connection,
        }
    }

    /// A permit for a call with these extensions.
    ///
    /// # Errors
    /// `OVERLOADED`.
    pub(super) fn take(&self, extensions: &Extensions) -> Result<Permit> {
        let overloaded = || Error::Exhausted(Reason::Overloaded, BUSY);
        let of_all = self.all.clone().try_acquire_owned();
        let of_all = of_all.map_err(|_| overloaded())?;
        // As long as a connection lives, no other one comes from the same address and port.
        let connection = extensions.get::<Peer>().and_then(|peer| peer.address);
        if let Some(address) = connection
            && !self.connections.add(address, self.per_connection)
        {
            return Err(overloaded());
        }
        Ok(Permit {
            _held: Arc::new(Held {
                _of_all: of_all,
                connection: connection.map(|address| (address, Arc::clone(&self.connections))),
            }),
        })
    }
}

impl Permit {
    /// The permit that the front gave this request, which has it no longer.
    pub(super) fn out_of<T>(request: &mut Request<T>) -> Option<Self> {
        request.extensions_mut().remove()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some((address, connections)) = &self.connection {
            connections.remove(*address);
        }
    }
}

impl Connections {
    /// One more, unless there are as many as may be; whether it was added.
    fn add(&self, address: SocketAddr, most: usize) -> bool {
        let mut running = self.lock();
        let count = running.entry(address).or_default();
        let has_room = *count < most;
        if has_room {
            *count += 1;
        }
        has_room
    }

    fn remove(&self, address: SocketAddr) {
        if let Entry::Occupied(mut entry) = self.lock().entry(address) {
            *entry.get_mut() -= 1;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SocketAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
