//! The composition root: puts the services together, serves, and drains.

use std::time::Duration;

use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};
use tonic::{codec::CompressionEncoding, service::Routes, transport::Server};

use crate::{
    app::Context,
    config::{Connections, MESSAGE_MAX_BYTES},
    domain::events::EventPosition,
    error::{Error, Result},
    mail::relay::Relay,
    proto::{
        directory_service_server::DirectoryServiceServer, event_service_server::EventServiceServer,
        invitation_service_server::InvitationServiceServer, key_service_server::KeyServiceServer,
        product_service_server::ProductServiceServer, role_service_server::RoleServiceServer,
        sso_service_server::SsoServiceServer, team_service_server::TeamServiceServer,
        user_service_server::UserServiceServer,
    },
    rpc::{Front, Heads, Rpc, reflection},
};

mod accept;
mod connection;
mod health;
mod housekeeping;
mod key_uses;
pub mod socket;
pub mod start;
mod tail;
mod tls;
mod web;

use health::Health;

pub use self::{
    accept::Door,
    connection::Connection,
    tls::Tls,
    web::{Web, serve as serve_web},
};

/// How long connections may stay once every call has ended: for what was answered to leave, and no longer, since
/// whoever says nothing more does not go by himself.
const LEAVE: Duration = Duration::from_secs(2);

/// The doors of a process.
pub struct Doors {
    /// For gRPC.
    pub grpc: Door,
    /// For directories that speak SCIM, if they are served.
    pub web: Option<Web>,
}

impl<D: Into<Door>> From<D> for Doors {
    fn from(door: D) -> Self {
        Self {
            grpc: door.into(),
            web: None,
        }
    }
}

/// Serves with everything that runs beside it, the relay and housekeeping, until `shutdown` ends; then drains.
///
/// # Errors
/// When serving fails, or calls still ran at the end of the drain timeout.
pub async fn run(
    ctx: Context,
    relay: Relay,
    doors: impl Into<Doors>,
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    let stop = CancellationToken::new();
    let beside = TaskTracker::new();
    beside.spawn(relay.run(stop.clone()));
    beside.spawn(housekeeping::run(ctx.clone(), stop.clone()));
    beside.spawn(key_uses::run(ctx.clone(), stop.clone()));
    beside.close();

    let patience = ctx.settings.drain_delay + ctx.settings.drain_timeout;
    let (calls, work) = tokio::join!(
        async {
            let told = async {
                shutdown.await;
                stop.cancel();
            };
            let served = serve(ctx, doors, told).await;
            // Serving may also end by itself.
            stop.cancel();
            served
        },
        async {
            stop.cancelled().await;
            // A letter that is under way is sent and settled, or its lease ends and another relay sends it again.
            tokio::time::timeout(patience, beside.wait()).await
        },
    );
    if work.is_err() {
        tracing::warn!("the relay was still at work at the end");
    }
    calls
}

/// Serves the calls alone, until `shutdown` ends; then drains.
///
/// # Errors
/// When serving fails, or calls still ran at the end of the drain timeout.
pub async fn serve(
    ctx: Context,
    doors: impl Into<Doors>,
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    let settings = ctx.settings.clone();
    let tasks = TaskTracker::new();
    let (health, health_service) = Health::new(settings.connections.max_connections).await;
    let stop = CancellationToken::new();
    let heads = Heads::new(EventPosition::START);
    let rpc = Rpc::new(ctx.clone(), tasks.clone(), heads.clone(), stop.clone());
    let routes = routes(&rpc, Routes::new(health_service), &stop)?;
    let tail = tokio::spawn(tail::run(ctx.clone(), heads, stop.clone()));
    let _tail = AbortOnDropHandle::new(tail);
    let limits = &settings.connections;
    let doors = doors.into();
    let web = doors.web.map(|web| {
        let serving = serve_web(ctx.clone(), web, tasks.clone(), stop.clone());
        AbortOnDropHandle::new(tokio::spawn(serving))
    });
    let incoming = doors.grpc.connections(limits, stop.clone());
    let mut serving = tokio::spawn(
        transport(limits)
            .layer(Front::new(ctx.clone()))
            .add_routes(routes)
            .serve_with_incoming_shutdown(incoming, stop.clone().cancelled_owned()),
    );
    let watch = CancellationToken::new();
    let watching = tokio::spawn(health.clone().watch(ctx, watch.clone()));

    tokio::select! {
        ended = &mut serving => {
            watch.cancel();
            stop.cancel();
            return ended.map_err(bug)?.map_err(bug);
        }
        () = shutdown => {}
    }
    tracing::info!("draining");
    // Nobody may say SERVING again; and whoever balances load should see that before connections are refused.
    watch.cancel();
    watching.await.map_err(bug)?;
    health.drain().await;
    tokio::time::sleep(settings.drain_delay).await;
    stop.cancel();
    health.forget().await;
    tasks.close();
    let drained = tokio::time::timeout(settings.drain_timeout, async {
        tasks.wait().await;
        let left = tokio::time::timeout(LEAVE, async {
            let left = (&mut serving).await;
            if let Some(web) = web {
                // What it could not serve, it told.
                drop(web.await);
            }
            left
        });
        let left = left.await;
        // What the front was still looking at has begun meanwhile.
        tasks.wait().await;
        left
    });
    let left = drained.await;
    // The calls alone decide whether it was a good end.
    if !tasks.is_empty() {
        return Err(Error::Unavailable(
            "calls still ran at the end of the drain timeout".to_owned(),
        ));
    }
    if let Ok(Ok(ended)) = left {
        return ended.map_err(bug)?.map_err(bug);
    }
    tracing::info!("connections whose clients did not leave are dropped");
    serving.abort();
    Ok(())
}

fn bug(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Internal(Box::new(error))
}

/// Every limit is set, since what tonic leaves unset it passes on as "none", which lifts hyper's own protections. But
/// for that of concurrent calls, which the front counts itself, and the grace of old connections: with one, tonic never
/// asks them to end, and cuts their calls; here the connection itself ends after it.
fn transport(limits: &Connections) -> Server {
    Server::builder()
        .max_concurrent_streams(limits.max_streams)
        .initial_connection_window_size(limits.connection_window)
        .initial_stream_window_size(limits.stream_window)
        .http2_max_header_list_size(limits.max_metadata)
        .http2_max_local_error_reset_streams(Some(limits.max_error_resets))
        .http2_max_pending_accept_reset_streams(Some(limits.max_pending_resets))
        .http2_keepalive_interval(Some(limits.keepalive_interval))
        .http2_keepalive_timeout(Some(limits.keepalive_timeout))
        .max_connection_age(limits.connection_age)
}

fn routes(rpc: &Rpc, routes: Routes, stop: &CancellationToken) -> Result<Routes> {
    // Each service's type is its own, but they are told the same. A compressed message is inflated no further than the
    // largest one may be.
    macro_rules! serve {
        ($routes:expr, $($server:ident)+) => {
            $routes$(.add_service(
                $server::new(rpc.clone())
                    .max_decoding_message_size(MESSAGE_MAX_BYTES)
                    .accept_compressed(CompressionEncoding::Gzip)
                    .send_compressed(CompressionEncoding::Gzip),
            ))+
        };
    }
    let routes = serve!(
        routes,
        TeamServiceServer UserServiceServer EventServiceServer InvitationServiceServer
        RoleServiceServer KeyServiceServer ProductServiceServer SsoServiceServer
        DirectoryServiceServer
    );
    reflection::add(routes, stop).map_err(bug)
}
