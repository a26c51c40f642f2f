//! Whether this process serves, as `grpc.health.v1` tells it: for the whole and for each service.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tonic::{codec::CompressionEncoding, server::NamedService};
use tonic_health::{
    ServingStatus,
    pb::health_server::{Health as HealthRpc, HealthServer},
    server::{HealthReporter, HealthService},
};

use crate::{
    app::Context,
    clock::Clock,
    error::{Error, Result},
    proto::{
        directory_service_server::DirectoryServiceServer, event_service_server::EventServiceServer,
        invitation_service_server::InvitationServiceServer, key_service_server::KeyServiceServer,
        product_service_server::ProductServiceServer, role_service_server::RoleServiceServer,
        sso_service_server::SsoServiceServer, team_service_server::TeamServiceServer,
        user_service_server::UserServiceServer,
    },
    rpc::{Few, OPEN_MESSAGE_MAX_BYTES, Rpc},
    store,
};

/// The empty name is the whole process.
const SERVICES: [&str; 10] = [
    "",
    TeamServiceServer::<Rpc>::NAME,
    UserServiceServer::<Rpc>::NAME,
    InvitationServiceServer::<Rpc>::NAME,
    EventServiceServer::<Rpc>::NAME,
    RoleServiceServer::<Rpc>::NAME,
    KeyServiceServer::<Rpc>::NAME,
    ProductServiceServer::<Rpc>::NAME,
    SsoServiceServer::<Rpc>::NAME,
    DirectoryServiceServer::<Rpc>::NAME,
];

/// How often the database is asked whether it is there, and how long it may take to say so.
const EVERY: Duration = Duration::from_secs(5);

/// How far the machine's clock may be from the database's.
const MAX_OFFSET: TimeDelta = TimeDelta::seconds(1);

/// What the health service says.
#[derive(Clone)]
pub(super) struct Health(HealthReporter);

impl Health {
    /// A process that does not serve yet, and the service that says so, to so many watchers at once: strangers may
    /// watch, and an honest connection needs one watch. Whoever only checks always has an answer.
    pub(super) async fn new(watchers: usize) -> (Self, Few<HealthServer<impl HealthRpc>>) {
        let reporter = HealthReporter::new();
        let health = Self(reporter.clone());
        health.set(ServingStatus::NotServing).await;
        let service = HealthService::from_health_reporter(reporter);
        // Whoever compresses all that he sends must be understood here too.
        let service = HealthServer::new(service)
            .max_decoding_message_size(OPEN_MESSAGE_MAX_BYTES)
            .accept_compressed(CompressionEncoding::Gzip);
        let seats = Arc::new(Semaphore::new(watchers));
        (health, Few::of_method(service, "Watch", seats))
    }

    /// Says whether the process can serve, again and again, until told to stop.
    pub(super) async fn watch(self, ctx: Context, stop: CancellationToken) {
        let mut said = None;
        let mut complete = false;
        loop {
            // It only reads, so it may be dropped at any time.
            let asked = tokio::select! {
                () = stop.cancelled() => return,
                asked = tokio::time::timeout(EVERY, ready(&ctx, complete)) => asked,
            };
            let asked = asked.unwrap_or_else(|_| {
                let words = "the database does not answer in time";
                Err(Error::Unavailable(words.to_owned()))
            });
            let ready = match asked {
                Ok(()) => {
                    complete = true;
                    true
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "not ready");
                    false
                }
            };
            if said != Some(ready) {
                self.set(if ready {
                    ServingStatus::Serving
                } else {
                    ServingStatus::NotServing
                })
                .await;
                said = Some(ready);
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Says that the process ends.
    pub(super) async fn drain(&self) {
        self.set(ServingStatus::NotServing).await;
    }

    /// Ends every `Watch`, since an open one would hold the end up.
    pub(super) async fn forget(mut self) {
        for service in SERVICES {
            self.0.clear_service_status(service).await;
        }
    }

    async fn set(&self, status: ServingStatus) {
        for service in SERVICES {
            self.0.set_service_status(service, status).await;
        }
    }
}

/// The schema is there, the database answers, and its clock is ours. Expiry and leases compare times of many replicas.
/// A schema that was `complete` once stays so.
async fn ready(ctx: &Context, complete: bool) -> Result<()> {
    if !complete {
        let missing = store::migrate::pending(&ctx.store).await?;
        if !missing.is_empty() {
            return Err(Error::Unavailable(format!(
                "migrations are missing: {}",
                missing.join(", ")
            )));
        }
    }
    match (&ctx.clock, ctx.store.clock().await?) {
        (Clock::System, Some(theirs)) if (ctx.clock.now() - theirs).abs() > MAX_OFFSET => {
            Err(Error::Unavailable(
                "this machine's clock is more than 1 s away from the database's".to_owned(),
            ))
        }
        _ => Ok(()),
    }
}
