//! What grpcurl and its like ask: the contract itself, with the error details that statuses carry.
//!
//! Strangers may ask, a few at a time: a question of 30 bytes has an answer of thousands, which waits in memory for a
//! caller who takes nothing.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context as Polling, Poll},
    time::Duration,
};

use http_body_util::BodyExt;
use tokio::sync::Semaphore;
use tonic::{body::Body, codec::CompressionEncoding, server::NamedService, service::Routes};
use tonic_reflection::{
    pb,
    server::{Builder, Error},
};
use tower::{Service, ServiceExt};

use super::{CallId, OPEN_MESSAGE_MAX_BYTES, status};
use crate::{
    error::{self, Reason},
    proto,
};

/// How many streams of questions one process answers at once, of both versions together.
const MAX_STREAMS: usize = 16;

/// How long to wait for another stream to end.
const BUSY: Duration = Duration::from_secs(1);

/// Adds reflection, both versions of it.
///
/// # Errors
/// A broken descriptor set, which only a broken build has.
pub fn add(routes: Routes) -> Result<Routes, Error> {
    let builder = || {
        Builder::configure()
            // Both versions tell of both.
            .include_reflection_service(false)
            .register_encoded_file_descriptor_set(pb::v1::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(pb::v1alpha::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let seats = Arc::new(Semaphore::new(MAX_STREAMS));
    let gzip = CompressionEncoding::Gzip;
    let v1 = builder().build_v1()?;
    let v1alpha = builder().build_v1alpha()?;
    Ok(routes
        .add_service(Few {
            inner: v1
                .max_decoding_message_size(OPEN_MESSAGE_MAX_BYTES)
                .accept_compressed(gzip)
                .send_compressed(gzip),
            seats: Arc::clone(&seats),
        })
        .add_service(Few {
            inner: v1alpha
                .max_decoding_message_size(OPEN_MESSAGE_MAX_BYTES)
                .accept_compressed(gzip)
                .send_compressed(gzip),
            seats,
        }))
}

/// A service with few seats, which its calls keep until their last answer has left.
#[derive(Clone)]
struct Few<S> {
    inner: S,
    seats: Arc<Semaphore>,
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
        let seat = Arc::clone(&self.seats).try_acquire_owned();
        Box::pin(async move {
            let Ok(seat) = seat else {
                let call = CallId::of(&tonic::Request::from_http(request));
                let busy = error::Error::Exhausted(Reason::Overloaded, BUSY);
                return Ok(status::of(&busy, call).into_http());
            };
            let response = inner.oneshot(request).await?;
            Ok(response.map(|body| {
                Body::new(body.map_frame(move |frame| {
                    // The body owns this closure, and with it the seat.
                    let _ = &seat;
                    frame
                }))
            }))
        })
    }
}
