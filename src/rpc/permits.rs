//! How many calls run at once: in all, over one connection, and of one key. The task that does a call's work has its
//! permit, so that clients who go away cannot pile work up, and so has its answer, so that those who take nothing cannot
//! pile answers up.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use http::Extensions;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Request;

use super::peer::Peer;
use crate::{
    app::places::{Place, Places},
    config::CallSettings,
    error::{Error, Reason, Result},
};

/// How long a client should wait that found every place taken.
const BUSY: Duration = Duration::from_secs(1);

/// All permits of a process.
#[derive(Clone)]
pub(super) struct Permits {
    all: Arc<Semaphore>,
    connections: Places<SocketAddr>,
    keys: Places<String>,
}

/// Room for a call of which nobody knows yet who makes it.
pub(super) struct Room {
    _of_all: OwnedSemaphorePermit,
    _of_connection: Option<Place<SocketAddr>>,
}

/// The right of one call to run, for whoever has the last clone of it.
#[derive(Clone)]
pub(super) struct Permit {
    _held: Arc<(Room, Place<String>)>,
}

impl Permits {
    /// As many as the settings say.
    pub(super) fn new(settings: &CallSettings) -> Self {
        Self {
            all: Arc::new(Semaphore::new(settings.concurrent_calls)),
            connections: Places::new(settings.concurrent_calls_per_connection),
            keys: Places::new(settings.concurrent_calls_per_key),
        }
    }

    /// Room for a call with these extensions.
    ///
    /// # Errors
    /// `OVERLOADED`.
    pub(super) fn room(&self, extensions: &Extensions) -> Result<Room> {
        let of_all = self.all.clone().try_acquire_owned();
        let of_all = of_all.map_err(|_| overloaded())?;
        // As long as a connection lives, no other one comes from the same address and port.
        let connection = extensions.get::<Peer>().and_then(|peer| peer.address);
        let of_connection =
            connection.map(|address| self.connections.take(address).ok_or_else(overloaded));
        Ok(Room {
            _of_all: of_all,
            _of_connection: of_connection.transpose()?,
        })
    }

    /// The permit of a call of this key, for which there is room.
    ///
    /// # Errors
    /// `OVERLOADED`.
    pub(super) fn of_key(&self, room: Room, key: &str) -> Result<Permit> {
        let of_key = self.keys.take(key.to_owned()).ok_or_else(overloaded)?;
        Ok(Permit {
            _held: Arc::new((room, of_key)),
        })
    }
}

const fn overloaded() -> Error {
    Error::Exhausted(Reason::Overloaded, BUSY)
}

impl Permit {
    /// The permit that the front gave this request, which has it no longer.
    pub(super) fn out_of<T>(request: &mut Request<T>) -> Option<Self> {
        request.extensions_mut().remove()
    }
}
