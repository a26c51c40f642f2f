//! An answer on its way: it has its call's permit until all of it is taken, and is kept no longer than its call may take.
//! A caller who takes nothing cannot pile answers up.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use http::header::CONTENT_TYPE;
use http_body::{Body as _, Frame, SizeHint};
use prost::bytes::Bytes;
use tokio::time::{Instant, sleep_until};
use tokio_util::task::AbortOnDropHandle;
use tonic::{Status, body::Body};

use super::{front::CallId, permits::Permit, status};
use crate::error::Error;

/// How many bytes are handed on at once. What is handed on is out of our hands: HTTP/2 keeps it until it is taken or the
/// connection ends.
const PIECE: usize = 16 * 1024;

/// The body of an answer.
struct Answer {
    rest: Rest,
    call: CallId,
    is_over: bool,
    _timer: AbortOnDropHandle<()>,
}

/// What has not been handed on; nothing when the time was over or all has left.
#[derive(Clone)]
struct Rest(Arc<Mutex<Option<Held>>>);

struct Held {
    body: Body,
    /// What is left of the frame that the body gave last.
    piece: Bytes,
    _permit: Permit,
}

/// The same body with the permit of its call. At the deadline it is dropped, even though nobody asks for more of it then:
/// hyper asks only when its client takes more.
pub(super) fn held(body: Body, permit: Permit, (call, deadline): (CallId, Instant)) -> Body {
    if body.is_end_stream() {
        return body;
    }
    let rest = Rest(Arc::new(Mutex::new(Some(Held {
        body,
        piece: Bytes::new(),
        _permit: permit,
    }))));
    let late = rest.clone();
    let timer = tokio::spawn(async move {
        sleep_until(deadline).await;
        late.lock().take();
    });
    Body::new(Answer {
        rest,
        call,
        is_over: false,
        _timer: AbortOnDropHandle::new(timer),
    })
}

impl Rest {
    fn lock(&self) -> MutexGuard<'_, Option<Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.piece.is_empty() {
            let frame = match Pin::new(&mut self.body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => frame,
                end => return end,
            };
            match frame.into_data() {
                Ok(data) => self.piece = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        let piece = self.piece.split_to(self.piece.len().min(PIECE));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let rest = self.rest.clone();
        let mut rest = rest.lock();
        let polled = rest.as_mut().map(|held| held.poll(context));
        let frame = polled.unwrap_or_else(|| Poll::Ready(Some(Ok(late(self.call)))));
        let goes_on = match &frame {
            Poll::Pending => true,
            Poll::Ready(Some(Ok(frame))) => frame.is_data(),
            Poll::Ready(Some(Err(_)) | None) => false,
        };
        if !goes_on {
            self.is_over = true;
            rest.take();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.is_over
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        // The timer ends a moment later, and has the rest as well.
        self.rest.lock().take();
    }
}

/// How an answer ends that was not taken in time.
fn late(call: CallId) -> Frame<Bytes> {
    let response = status::of(&Error::Late, call).into_http::<Body>();
    let mut trailers = response.into_parts().0.headers;
    trailers.remove(CONTENT_TYPE);
    Frame::trailers(trailers)
}
