//! A client without a timer of its own: it waits for what the server says about a deadline. tonic's channel does not.

use std::time::Duration;

use http::Uri;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use muster::proto::{
    event_service_client::EventServiceClient, team_service_client::TeamServiceClient,
    user_service_client::UserServiceClient,
};
use tonic::{Request, body::Body, service::interceptor::InterceptedService};

use crate::harness::{BearerKey, Harness};

/// Calls over connections of its own, with the operator's key.
pub(crate) type Patient = InterceptedService<Client<HttpConnector, Body>, BearerKey>;

/// A patient client of a harness' server.
pub(crate) struct PatientClient {
    channel: Patient,
    origin: Uri,
}

impl PatientClient {
    /// One that has not connected yet.
    pub(crate) fn of(h: &Harness) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .http2_only(true)
            .build_http();
        let origin = format!("http://{}", h.address);
        Self {
            channel: h.keyed_with(client),
            origin: origin.parse().expect("an address"),
        }
    }

    /// `TeamService`.
    pub(crate) fn teams(&self) -> TeamServiceClient<Patient> {
        TeamServiceClient::with_origin(self.channel.clone(), self.origin.clone())
    }

    /// `UserService`.
    pub(crate) fn users(&self) -> UserServiceClient<Patient> {
        UserServiceClient::with_origin(self.channel.clone(), self.origin.clone())
    }

    /// `EventService`.
    pub(crate) fn events(&self) -> EventServiceClient<Patient> {
        EventServiceClient::with_origin(self.channel.clone(), self.origin.clone())
    }
}

/// A request with a deadline.
pub(crate) fn within<T>(timeout: Duration, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(timeout);
    request
}
