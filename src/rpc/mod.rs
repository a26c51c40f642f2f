//! TRANSPORT: decode, authenticate, one call, encode. What a call means is decided in `app`.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch as channel};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{Request, Response, Status};
use tracing::Instrument;

use crate::{
    app::{self, Caller, Context, places::Places},
    domain::events::EventPosition,
    error::{Error, Result},
};

mod access;
mod accounts;
mod actors;
mod advice;
mod answer;
mod credentials;
mod deadline;
mod directories;
mod directory_service;
mod event_values;
mod events;
mod few;
mod filters;
pub mod front;
mod groups;
mod hubs;
mod import_upload;
mod imports;
mod invitations;
mod keys;
mod leaving;
mod members;
mod memberships;
mod mutations;
mod pages;
pub mod peer;
mod permits;
mod product_service;
mod products;
mod profiles;
mod project_members;
mod projects;
mod rates;
pub mod reflection;
mod removals;
mod residual;
mod role_changes;
mod roles;
mod sign_ins;
mod sso;
mod sso_service;
mod status;
mod sync_upload;
mod syncs;
mod team_domains;
mod team_settings;
mod team_values;
mod teams;
mod user_keys;
mod users;
mod values;
mod watch;

use deadline::Deadline;
pub use few::Few;
pub use front::{CallId, Front};
pub use peer::Peer;
use permits::Permit;

/// The largest message, in bytes, of services that need no key: a stranger may begin many and finish none.
pub(crate) const OPEN_MESSAGE_MAX_BYTES: usize = 4 * 1024;

/// What every service works with.
#[derive(Clone)]
pub struct Rpc {
    ctx: Context,
    tasks: TaskTracker,
    imports: Arc<Semaphore>,
    imports_of_keys: Places<String>,
    syncs: Arc<Semaphore>,
    syncs_of_keys: Places<String>,
    watches: Arc<Semaphore>,
    heads: Heads,
    stop: CancellationToken,
    /// Of the one call that this clone is for.
    deadline: Option<Deadline>,
}

/// Says how far events are complete, whenever that is further than before.
pub type Heads = channel::Sender<EventPosition>;

impl Rpc {
    /// The services' shared part. Whoever drains says `stop`, which ends what would never end by itself, and waits for
    /// `tasks`.
    #[must_use]
    pub fn new(ctx: Context, tasks: TaskTracker, heads: Heads, stop: CancellationToken) -> Self {
        let imports = Arc::new(Semaphore::new(ctx.settings.concurrent_imports));
        let imports_of_keys = Places::new(ctx.settings.concurrent_imports_per_key);
        let syncs = Arc::new(Semaphore::new(ctx.settings.syncs.concurrent_syncs));
        let syncs_of_keys = Places::new(ctx.settings.syncs.concurrent_syncs_per_key);
        let watches = Arc::new(Semaphore::new(ctx.settings.concurrent_watches));
        Self {
            ctx,
            tasks,
            imports,
            imports_of_keys,
            syncs,
            syncs_of_keys,
            watches,
            heads,
            stop,
            deadline: None,
        }
    }

    /// Runs one call in a task of its own, which neither a caller who goes away nor a deadline drops: a transaction that
    /// was begun is always ended, and what was acknowledged is stored. The task has the call's permit until it ends.
    async fn call<Q, A, W, R>(
        &self,
        mut request: Request<Q>,
        work: W,
    ) -> Result<Response<A>, Status>
    where
        A: Send + 'static,
        W: FnOnce(Self, Caller, Q) -> R,
        R: Future<Output = Result<A>> + Send + 'static,
    {
        let call = CallId::of(&request);
        let caller = front::caller(&request).map_err(|bug| status::of(&bug, call))?;
        let confirmed = app::keys::confirm(&self.ctx, &caller.key_id).await;
        confirmed.map_err(|error| status::of(&error, call))?;
        let permit = Permit::out_of(&mut request);
        let rpc = self.until(Deadline::of(&request));
        let running = work(rpc, caller, request.into_inner());
        let running = async move {
            let answer = running.await;
            drop(permit);
            answer
        };
        let task = self.tasks.spawn(running.in_current_span());
        let answer = match task.await {
            Ok(answer) => answer,
            Err(panicked) => Err(Error::Internal(Box::new(panicked))),
        };
        answer
            .map(Response::new)
            .map_err(|error| status::of(&error, call))
    }

    /// The shared part for one call, which ends in time.
    fn until(&self, deadline: Option<Deadline>) -> Self {
        let mut rpc = self.clone();
        if let Some(deadline) = deadline {
            rpc.ctx.store = rpc.ctx.store.until(deadline.until());
        }
        rpc.deadline = deadline;
        rpc
    }
}
