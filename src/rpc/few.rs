//! Seats for services that need no key: a stranger may open many streams, and each of them keeps memory.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context as Polling, Poll},
    time::Duration,
};

use http::HeaderMap;
use http_body::{Body as HttpBody, Frame};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tonic::{Status, body::Body, codegen::Bytes, server::NamedService};
use tower::{Service, ServiceExt};

use super::{CallId, status};
use crate::error::{Error, Reason};

/// How long to wait for another stream to end.
const BUSY: Duration = Duration::from_secs(1);

/// A service with few seats, which its calls keep until their last answer has left.
#[derive(Clone)]
pub struct Few<S> {
    inner: S,
    seats: Arc<Semaphore>,
    method: Option<&'static str>,
    life: Option<(Duration, CancellationToken)>,
}

impl<S> Few<S> {
    /// A service whose calls share these seats.
    pub(super) const fn new(inner: S, seats: Arc<Semaphore>) -> Self {
        Self {
            inner,
            seats,
            method: None,
            life: None,
        }
    }

    /// A service of which one method needs a seat, and the others none.
    pub const fn of_method(inner: S, method: &'static str, seats: Arc<Semaphore>) -> Self {
        Self {
            inner,
            seats,
            method: Some(method),
            life: None,
        }
    }

    /// Ends every call after a time, or when all end.
    pub(super) fn for_at_most(mut self, longest: Duration, stop: CancellationToken) -> Self {
        self.life = Some((longest, stop));
        self
    }

    /// Whether the call of this path needs a seat.
    fn counts(&self, path: &str) -> bool {
        let called = path.rsplit('/').next();
        self.method.is_none_or(|method| called == Some(method))
    }
}

impl<S: NamedService> NamedService for Few<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<http::Request<Body>> for Few<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Polling<'_>) -> Poll<Result<(), Infallible>> {
        // `oneshot` asks the clone that takes the call.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let inner = self.inner.clone();
        if !self.counts(request.uri().path()) {
            return Box::pin(inner.oneshot(request));
        }
        let seat = Arc::clone(&self.seats).try_acquire_owned();
        let life = self.life.clone();
        let call = request.extensions().get().copied();
        let call = call.unwrap_or_else(|| CallId::of(&tonic::Request::new(())));
        Box::pin(async move {
            let Ok(seat) = seat else {
                let busy = Error::Exhausted(Reason::Overloaded, BUSY);
                return Ok(status::of(&busy, call).into_http());
            };
            let response = inner.oneshot(request).await?;
            Ok(response.map(|body| {
                Body::new(Seated {
                    body,
                    over: Box::pin(over(life)),
                    ended: false,
                    call,
                    _seat: seat,
                })
            }))
        })
    }
}

/// Waits until a call must end.
async fn over(life: Option<(Duration, CancellationToken)>) {
    let Some((longest, stop)) = life else {
        return std::future::pending().await;
    };
    // Whichever comes first.
    drop(tokio::time::timeout(longest, stop.cancelled()).await);
}

/// Answers that keep a seat, and end in time.
struct Seated {
    body: Body,
    over: Pin<Box<dyn Future<Output = ()> + Send>>,
    ended: bool,
    call: CallId,
    _seat: OwnedSemaphorePermit,
}

impl HttpBody for Seated {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        polling: &mut Polling<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if self.over.as_mut().poll(polling).is_pending() {
            return Pin::new(&mut self.body).poll_frame(polling);
        }
        self.ended = true;
        let end = Error::Unavailable("the stream lasted as long as it may".to_owned());
        let mut trailers = HeaderMap::new();
        let said = status::of(&end, self.call).add_header(&mut trailers);
        Poll::Ready(Some(said.map(|()| Frame::trailers(trailers))))
    }
}
