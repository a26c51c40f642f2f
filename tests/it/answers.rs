//! A connection that keeps every answer as it came: headers, messages and trailers.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use http::HeaderMap;
use http_body_util::BodyExt;
use tonic::{
    body::Body,
    service::interceptor::InterceptedService,
    transport::{Channel, Error},
};
use tower::Service;

use crate::harness::BearerKey;

/// What one call was answered.
#[derive(Clone)]
pub(crate) struct Answer {
    /// The call, as in `/muster.v1.TeamService/GetTeam`.
    pub(crate) path: String,
    /// All that came back, what is base64 in headers besides as the bytes that it is.
    pub(crate) bytes: Vec<u8>,
}

/// A connection whose answers are kept. Clones share them.
#[derive(Clone)]
pub(crate) struct Recorder {
    channel: Channel,
    answers: Arc<Mutex<Vec<Answer>>>,
}

/// A recorded connection whose calls carry a key.
pub(crate) type Recorded = InterceptedService<Recorder, BearerKey>;

impl Recorder {
    /// One that has heard nothing.
    pub(crate) fn new(channel: Channel) -> Self {
        Self {
            channel,
            answers: Arc::default(),
        }
    }

    /// The same with this key.
    pub(crate) fn keyed(&self, key: &str) -> Recorded {
        InterceptedService::new(self.clone(), BearerKey::new(key))
    }

    /// What came until now, in the order of the calls.
    pub(crate) fn answers(&self) -> Vec<Answer> {
        self.kept().clone()
    }

    fn begin(&self, path: &str) -> usize {
        let mut answers = self.kept();
        answers.push(Answer {
            path: path.to_owned(),
            bytes: Vec::new(),
        });
        answers.len() - 1
    }

    fn keep(&self, number: usize, bytes: &[u8]) {
        self.kept()[number].bytes.extend(bytes);
    }

    fn keep_headers(&self, number: usize, headers: &HeaderMap) {
        for (name, value) in headers {
            let value = value.as_bytes();
            self.keep(number, name.as_str().as_bytes());
            self.keep(number, b": ");
            self.keep(number, value);
            self.keep(number, b"\n");
            if name.as_str().ends_with("-bin") {
                let padding = value.iter().rev().take_while(|&&byte| byte == b'=');
                let text = &value[..value.len() - padding.count()];
                let bytes = STANDARD_NO_PAD.decode(text).expect("base64");
                self.keep(number, &bytes);
            }
        }
        // Its message, which is percent-encoded in the header.
        if let Some(status) = tonic::Status::from_header_map(headers) {
            self.keep(number, status.message().as_bytes());
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Answer>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service<http::Request<Body>> for Recorder {
    type Response = http::Response<Body>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.channel.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let number = self.begin(request.uri().path());
        let recorder = self.clone();
        let answering = self.channel.call(request);
        Box::pin(async move {
            let answer = answering.await?;
            recorder.keep_headers(number, answer.headers());
            Ok(answer.map(|body| {
                Body::new(body.map_frame(move |frame| {
                    if let Some(bytes) = frame.data_ref() {
                        recorder.keep(number, bytes);
                    } else if let Some(trailers) = frame.trailers_ref() {
                        recorder.keep_headers(number, trailers);
                    }
                    frame
                }))
            }))
        })
    }
}
