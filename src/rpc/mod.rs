//! TRANSPORT: decode, authenticate, one call, encode. What a call means is decided in `app`.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tonic::{Request, Response, Status};
use tracing::Instrument;

use crate::{
    app::Context,
    error::{Error, Result},
};

mod filters;
pub mod front;
mod import_upload;
mod imports;
mod invitations;
mod members;
mod pages;
pub mod reflection;
mod status;
mod team_settings;
mod teams;
mod users;
mod values;

pub use front::{CallId, Front};

/// What every service works with.
#[derive(Clone)]
pub struct Rpc {
    ctx: Context,
    tasks: TaskTracker,
    imports: Arc<Semaphore>,
}

impl Rpc {
    /// The services' shared part. Whoever drains waits for `tasks`.
    #[must_use]
    pub fn new(ctx: Context, tasks: TaskTracker) -> Self {
        let imports = Arc::new(Semaphore::new(ctx.settings.concurrent_imports));
        Self {
            ctx,
            tasks,
            imports,
        }
    }

    /// Runs one call in a task of its own, which a caller who goes away cannot drop: a transaction that was begun is
    /// always ended, and what was acknowledged is stored.
    async fn call<Q, A, W, R>(&self, request: Request<Q>, work: W) -> Result<Response<A>, Status>
    where
        A: Send + 'static,
        W: FnOnce(Self, Q) -> R,
        R: Future<Output = Result<A>> + Send + 'static,
    {
        let call = CallId::of(&request);
        let running = work(self.clone(), request.into_inner());
        let task = self.tasks.spawn(running.in_current_span());
        let answer = match task.await {
            Ok(answer) => answer,
            Err(panicked) => Err(Error::Internal(Box::new(panicked))),
        };
        answer
            .map(Response::new)
            .map_err(|error| status::of(&error, call))
    }
}
