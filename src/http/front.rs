//! What stands before every call of a directory: a call id, a deadline, a place among the calls that run, the directory's
//! token and how often it may call, the whole body, and one log line.

use std::{sync::Arc, time::Instant};

use axum::{
    body::{self, Body},
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, Method, header::AUTHORIZATION, request::Parts},
    middleware::Next,
    response::Response,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant as Moment, timeout_at},
};
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use uuid::Uuid;

use super::{answers::holding, refusals};
use crate::{
    app::{
        Context, Until, directories,
        places::Places,
        rates::{Knocks, Rates},
        scim::Visitor,
    },
    domain::directories::Directory,
    error::{Error, Reason, Result},
    ids,
};

/// The header that every answer carries.
const CALL_ID: &str = "muster-call-id";
/// The most bytes of a request.
const MAX_BODY: usize = 1024 * 1024;
/// How long a directory should wait that found every place taken.
const BUSY: std::time::Duration = std::time::Duration::from_secs(1);

/// What all calls share.
#[derive(Clone)]
pub(super) struct Front(Arc<Hall>);

struct Hall {
    ctx: Context,
    tasks: TaskTracker,
    url: String,
    all: Arc<Semaphore>,
    directories: Places<Uuid>,
    crowds: Arc<Semaphore>,
    rates: Rates,
    knocks: Knocks,
}

/// One call of a directory, let in.
#[derive(Clone)]
pub(super) struct Visit {
    /// What use cases work with, until the call's deadline.
    pub(super) ctx: Context,
    /// Who calls.
    pub(super) directory: Arc<Directory>,
    /// The call, as logs and answers name it.
    pub(super) call: Uuid,
    /// What the locations of resources begin with.
    pub(super) url: String,
    crowds: Arc<Semaphore>,
}

impl Front {
    /// A front with all places and rates of a process: as many as gRPC has, and others than those.
    pub(super) fn new(ctx: Context, tasks: TaskTracker, url: String) -> Self {
        let calls = &ctx.settings.calls;
        let rate = (calls.calls_per_second, calls.calls_burst);
        Self(Arc::new(Hall {
            all: Arc::new(Semaphore::new(calls.concurrent_calls)),
            directories: Places::new(calls.concurrent_calls_per_key),
            crowds: Arc::new(Semaphore::new(ctx.settings.syncs.concurrent_syncs)),
            rates: Rates::new(rate, ctx.clock.clone()),
            knocks: Knocks::new(calls.new_credentials(), ctx.clock.clone()),
            ctx,
            tasks,
            url,
        }))
    }
}

impl Hall {
    /// The directory of a token.
    async fn directory(&self, headers: &HeaderMap) -> Result<Directory> {
        let header = headers.get(AUTHORIZATION);
        let header = header.ok_or(Error::Unauthenticated(Reason::CredentialMissing))?;
        self.knocks.look_up(Some(header))?;
        let found = match bearer(header) {
            Some(token) => directories::by_token(&self.ctx, token).await,
            None => Err(Error::Unauthenticated(Reason::CredentialInvalid)),
        };
        self.knocks.looked_up(Some(header), found.as_ref());
        let directory = found?;
        self.rates.check(&directory.id.to_string())?;
        Ok(directory)
    }

    /// Lets a call in and answers it. Each thing is asked before what costs more. The work runs in a task of its own, which
    /// neither a directory that goes away nor a deadline drops, and and the answer has the place of the call until it was sent.
    async fn answer(&self, request: Request, next: Next, (call, at): (Uuid, Moment)) -> Response {
        let busy = || refusals::of(&Error::Exhausted(Reason::Overloaded, BUSY), call);
        let Ok(room) = Arc::clone(&self.all).try_acquire_owned() else {
            return busy();
        };
        let directory = match self.directory(request.headers()).await {
            Ok(directory) => directory,
            Err(error) => return refusals::of(&error, call),
        };
        let Some(place) = self.directories.take(directory.id) else {
            return busy();
        };
        let (parts, body) = request.into_parts();
        let Ok(body) = body::to_bytes(body, MAX_BODY).await else {
            return refusals::too_large();
        };
        let mut ctx = self.ctx.clone();
        ctx.store = ctx.store.until(Until { at, is_told: false });
        let visit = Visit {
            ctx,
            directory: Arc::new(directory),
            call,
            url: self.url.clone(),
            crowds: Arc::clone(&self.crowds),
        };
        let mut request = Request::from_parts(parts, Body::from(body));
        request.extensions_mut().insert(visit);
        let work = async move {
            let answer = next.run(request).await;
            holding(answer, (room, place))
        };
        match self.tasks.spawn(work.in_current_span()).await {
            Ok(answer) => answer,
            Err(panicked) => refusals::of(&Error::Internal(Box::new(panicked)), call),
        }
    }
}

/// The layer around every call.
pub(super) async fn enter(State(front): State<Front>, request: Request, next: Next) -> Response {
    let hall = front.0;
    let call = ids::new(hall.ctx.clock.now());
    let at = Moment::now() + hall.ctx.settings.calls.longest_call;
    let resource = named(request.uri().path());
    let method = method(request.method());
    let span = tracing::info_span!("call", call.id = %call, http.method = method, scim.resource = resource);
    let answered = async {
        let begun = Instant::now();
        let answer = timeout_at(at, hall.answer(request, next, (call, at))).await;
        // What is under way goes on in its task, to an end of its own.
        let mut answer = answer.unwrap_or_else(|_| refusals::of(&Error::Late, call));
        if let Ok(value) = HeaderValue::from_str(&call.to_string()) {
            answer.headers_mut().insert(CALL_ID, value);
        }
        let elapsed_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::info!(http.status = answer.status().as_u16(), elapsed_us, "call");
        answer
    };
    answered.instrument(span).await
}

/// What a log line calls a path: no more of it than we know, for the rest may be long, and anybody's words.
fn named(path: &str) -> &'static str {
    const KNOWN: [&str; 5] = [
        "ServiceProviderConfig",
        "ResourceTypes",
        "Schemas",
        "Users",
        "Groups",
    ];
    let rest = path.strip_prefix(super::ROOT).unwrap_or_default();
    let first = rest.trim_start_matches('/').split('/').next();
    let known = KNOWN.into_iter().find(|known| first == Some(*known));
    known.unwrap_or("unknown")
}

fn method(method: &Method) -> &'static str {
    const KNOWN: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let known = KNOWN.into_iter().find(|known| method.as_str() == *known);
    known.unwrap_or("unknown")
}

fn bearer(header: &HeaderValue) -> Option<&str> {
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl Visit {
    /// The directory, as use cases know it.
    pub(super) fn caller(&self) -> Visitor {
        Visitor {
            directory: Directory::clone(&self.directory),
            call_id: self.call,
        }
    }

    /// A place among the answers that show all who are in groups, which may be as large as a sync: there are as many of one as of the
    /// other. Whoever finds none waits, until his deadline.
    ///
    /// # Errors
    /// Never: the places are not closed.
    pub(super) async fn crowd(&self, is_shown: bool) -> Result<Option<OwnedSemaphorePermit>> {
        if !is_shown {
            return Ok(None);
        }
        let place = Arc::clone(&self.crowds).acquire_owned().await;
        place
            .map(Some)
            .map_err(|closed| Error::Internal(Box::new(closed)))
    }

    /// The answer to an error.
    pub(super) fn refused(&self, error: &Error) -> Response {
        refusals::of(error, self.call)
    }

    /// Where something is.
    pub(super) fn location(&self, path: &str) -> String {
        format!("{}{}{path}", self.url, super::ROOT)
    }
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        // The front is before every call; without it nobody gets in.
        let visit = parts.extensions.get().cloned();
        let bug = || refusals::of(&Error::internal("a call that nobody let in"), Uuid::nil());
        visit.ok_or_else(bug)
    }
}
