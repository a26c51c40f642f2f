//! What stands before every RPC: a call id, a deadline, a place among the calls that run, the caller's key and how often
//! it may call, one log line, and an answer in our words to messages that no handler saw.

use std::{
    fmt,
    sync::Arc,
    task::{Context as Polling, Poll},
    time::Instant,
};

use http::{HeaderMap, HeaderValue};
use tokio::time::timeout_at;
use tonic::{Code, Request, Status, body::Body};
use tower::{Layer, Service, ServiceExt};
use tracing::Instrument;
use uuid::Uuid;

use super::{
    actors::Named,
    answer,
    credentials::{self, Credential},
    deadline::Deadline,
    permits::{Permit, Permits},
    rates::Rates,
    status, watch,
};
use crate::{
    app::{Caller, Context},
    domain::{
        keys::ApiKey,
        permissions::{self, Permission},
    },
    error::{Error, Missing},
    ids,
};

/// The header that every answer carries.
const CALL_ID: &str = "muster-call-id";

/// Details that only our own statuses have.
const DETAILS: &str = "grpc-status-details-bin";

/// Services that need no key: whether we serve, and what we serve.
const OPEN: [&str; 3] = [
    "/grpc.health.v1.Health/",
    "/grpc.reflection.v1.ServerReflection/",
    "/grpc.reflection.v1alpha.ServerReflection/",
];

/// Names one call in answers and logs.
#[derive(Debug, Clone, Copy)]
pub struct CallId(Uuid);

impl CallId {
    /// The call id that the front gave this request.
    pub fn of<T>(request: &Request<T>) -> Self {
        // The front is before every service; without it the nil id shows that it is missing.
        request
            .extensions()
            .get()
            .copied()
            .unwrap_or(Self(Uuid::nil()))
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who makes this request.
///
/// # Errors
/// A bug: the front is before every service that asks.
pub(super) fn caller<T>(request: &Request<T>) -> Result<Caller, Error> {
    let caller = request.extensions().get().cloned();
    caller.ok_or_else(|| Error::internal("a call that nobody authenticated"))
}

/// The layer.
#[derive(Clone)]
pub struct Front {
    ctx: Context,
    permits: Permits,
    rates: Arc<Rates>,
}

impl Front {
    /// A front with all permits and rates of a process.
    #[must_use]
    pub fn new(ctx: Context) -> Self {
        let permits = Permits::new(&ctx.settings.calls);
        let rates = Rates::new(&ctx.settings.calls, &ctx.clock);
        Self {
            ctx,
            permits,
            rates: Arc::new(rates),
        }
    }

    /// Lets a call in: there is room for it, its credential is good, its key does not call too often and may call this.
    /// What is open needs nothing. Each is asked before what costs more. The answer gets the permit that it is to have: a
    /// watch's has a place among the watches.
    async fn enter(
        &self,
        path: &str,
        call: CallId,
        request: &mut http::Request<Body>,
    ) -> Result<Option<Permit>, Error> {
        if is_open(path) {
            return Ok(None);
        }
        let room = self.permits.room(request.extensions())?;
        let credential = Credential::of(request.headers(), request.extensions().get());
        let key = self.key(credential).await?;
        self.rates.call(&key.id, path)?;
        let permit = self.permits.of_key(room, &key.id)?;
        if let Some(caller) = admit(&self.ctx, &key, (path, call), request.headers()).await? {
            request.extensions_mut().insert(caller);
        }
        request.extensions_mut().insert(permit.clone());
        Ok((path != watch::PATH).then_some(permit))
    }

    /// The key of a call.
    async fn key(&self, credential: Option<Credential<'_>>) -> Result<Arc<ApiKey>, Error> {
        self.rates.look_up(credential)?;
        let key = credentials::key(&self.ctx, credential).await;
        self.rates.looked_up(credential, key.as_ref());
        let key = key?;
        tracing::debug!(key.id = key.id, "authenticated");
        Ok(key)
    }
}

impl<S> Layer<S> for Front {
    type Service = FrontService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        FrontService {
            front: self.clone(),
            inner,
        }
    }
}

/// The layer around a service.
#[derive(Clone)]
pub struct FrontService<S> {
    front: Front,
    inner: S,
}

impl<S> Service<http::Request<Body>> for FrontService<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future =
        std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Polling<'_>) -> Poll<Result<(), Self::Error>> {
        // `oneshot` asks the clone that takes the call.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let front = self.front.clone();
        let call = CallId(ids::new(front.ctx.clock.now()));
        let path = request.uri().path().to_owned();
        let span = tracing::info_span!("call", call.id = %call, rpc.method = named(&path));
        let deadline = Deadline::new(&path, request.headers(), &front.ctx.settings.calls);
        request.extensions_mut().insert(call);
        request.extensions_mut().insert(deadline);
        let inner = self.inner.clone();
        let answer = async move {
            let begun = Instant::now();
            let mut permit = None;
            let answered = async {
                match front.enter(&path, call, &mut request).await {
                    Ok(of_answer) => {
                        permit = of_answer;
                        inner.oneshot(request).await
                    }
                    Err(error) => Ok(status::of(&error, call).into_http()),
                }
            };
            let mut response = match timeout_at(deadline.answer(), answered).await {
                Ok(answered) => answered?,
                // What is under way goes on in its task, to an end of its own.
                Err(_) => status::of(&Error::Late, call).into_http(),
            };
            if let Some(error) = unread(&response) {
                response = status::of(&error, call).into_http();
            }
            if let Some(permit) = permit {
                let until = (call, deadline.answer());
                response = response.map(|body| answer::held(body, permit, until));
            }
            if let Ok(value) = HeaderValue::from_str(&call.to_string()) {
                response.headers_mut().insert(CALL_ID, value);
            }
            if !is_open(&path) {
                log(&response, begun);
            }
            Ok(response)
        };
        Box::pin(answer.instrument(span))
    }
}

fn is_open(path: &str) -> bool {
    open_service(path).is_some()
}

fn open_service(path: &str) -> Option<&'static str> {
    OPEN.into_iter().find(|service| path.starts_with(service))
}

/// What a log line calls a call: a path that names nothing of ours may be long, and anybody's words.
fn named(path: &str) -> &str {
    match permissions::rule_of(path) {
        Some(_) => path,
        None => open_service(path).unwrap_or("unknown"),
    }
}

/// Who calls; nobody where we do not serve. Deny by default: what has no rule gets no caller.
async fn admit(
    ctx: &Context,
    key: &ApiKey,
    (path, call): (&str, CallId),
    headers: &HeaderMap,
) -> Result<Option<Caller>, Error> {
    let Some(rule) = permissions::rule_of(path) else {
        return Ok(None);
    };
    // A link's or an ID token is the authority of whoever holds it: nobody acts for him.
    let named = match rule.permission {
        Some(_) => Named::of(headers)?,
        None => None,
    };
    let needed = [Some(&[rule.scope][..]), named.map(Named::scopes)];
    for enough in needed.into_iter().flatten() {
        if !enough.iter().any(|scope| key.has(*scope)) {
            return Err(Error::Denied(Missing {
                permission: rule.permission.map(Permission::word),
                scope: enough.first().map(|scope| scope.word()),
                team_id: None,
            }));
        }
    }
    let (actor, team_id) = match named {
        Some(named) => {
            let (actor, team) = named.find(ctx, key).await?;
            (Some(actor), team)
        }
        None => (None, key.team_id),
    };
    Ok(Some(Caller {
        key_id: key.id.clone(),
        scopes: key.scopes.as_slice().into(),
        team_id,
        actor,
        call_id: call.0,
        rule,
    }))
}

/// A status that is not ours, since it has no details: a message that could not be read, before any handler saw it.
fn unread(response: &http::Response<Body>) -> Option<Error> {
    if response.headers().contains_key(DETAILS) {
        return None;
    }
    match Status::from_header_map(response.headers())?.code() {
        code @ (Code::OutOfRange | Code::ResourceExhausted | Code::Internal) => {
            status::unreadable(code)
        }
        _ => None,
    }
}

/// One line a call, but for probes, which come all the time. The code of an error stands in the headers; what ends well has none there yet.
fn log(response: &http::Response<Body>, begun: Instant) {
    let code = Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code());
    let elapsed_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::info!(grpc.code = ?code, elapsed_us, "call");
}
