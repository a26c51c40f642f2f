//! The composition root: puts the services together, serves, and drains.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};
use tonic::{
    service::Routes,
    transport::{Server, server::TcpIncoming},
};

use crate::{
    app::Context,
    config::MESSAGE_MAX_BYTES,
    domain::events::EventPosition,
    error::{Error, Result},
    mail::relay::Relay,
    proto::{
        event_service_server::EventServiceServer,
        invitation_service_server::InvitationServiceServer, key_service_server::KeyServiceServer,
        team_service_server::TeamServiceServer, user_service_server::UserServiceServer,
    },
    rpc::{Front, Heads, Rpc, reflection},
};

mod health;
mod housekeeping;
mod key_uses;
pub mod start;
mod tail;

use health::Health;

/// Serves with everything that runs beside it, the relay and housekeeping, until `shutdown` ends; then drains.
///
/// # Errors
/// When serving fails, or calls still ran at the end of the drain timeout.
pub async fn run(
    ctx: Context,
    relay: Relay,
    listener: TcpListener,
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
            let served = serve(ctx, listener, told).await;
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
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    let settings = ctx.settings.clone();
    let tasks = TaskTracker::new();
    let (health, health_service) = Health::new().await;
    let stop = CancellationToken::new();
    let heads = Heads::new(EventPosition::START);
    let rpc = Rpc::new(ctx.clone(), tasks.clone(), heads.clone(), stop.clone());
    let routes = routes(rpc, Routes::new(health_service))?;
    let tail = tokio::spawn(tail::run(ctx.clone(), heads, stop.clone()));
    let _tail = AbortOnDropHandle::new(tail);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let mut serving = tokio::spawn(
        transport()
            .layer(Front::new(ctx.clone()))
            .add_routes(routes)
            .serve_with_incoming_shutdown(incoming, stop.clone().cancelled_owned()),
    );
    let watch = CancellationToken::new();
    let watching = tokio::spawn(health.clone().watch(ctx, watch.clone()));

    tokio::select! {
        ended = &mut serving => {
            watch.cancel();
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
        serving.await
    });
    match drained.await {
        Ok(ended) => ended.map_err(bug)?.map_err(bug),
        Err(_) => Err(Error::Unavailable(
            "calls still ran at the end of the drain timeout".to_owned(),
        )),
    }
}

fn bug(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Internal(Box::new(error))
}

/// Every limit is set: what tonic leaves unset it passes on as "none", which lifts hyper's own protections.
fn transport() -> Server {
    const MIB: u32 = 1024 * 1024;
    Server::builder()
        .max_concurrent_streams(256)
        .concurrency_limit_per_connection(256)
        .load_shed(true)
        .initial_connection_window_size(8 * MIB)
        .initial_stream_window_size(MIB)
        .http2_max_header_list_size(16 * 1024)
        .http2_max_local_error_reset_streams(Some(1024))
        .http2_max_pending_accept_reset_streams(Some(20))
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .http2_keepalive_timeout(Some(Duration::from_secs(10)))
        .max_connection_age(Duration::from_mins(30))
        .max_connection_age_grace(Duration::from_mins(5))
}

fn routes(rpc: Rpc, routes: Routes) -> Result<Routes> {
    let routes = routes
        .add_service(
            TeamServiceServer::new(rpc.clone()).max_decoding_message_size(MESSAGE_MAX_BYTES),
        )
        .add_service(
            UserServiceServer::new(rpc.clone()).max_decoding_message_size(MESSAGE_MAX_BYTES),
        )
        .add_service(
            EventServiceServer::new(rpc.clone()).max_decoding_message_size(MESSAGE_MAX_BYTES),
        )
        .add_service(
            KeyServiceServer::new(rpc.clone()).max_decoding_message_size(MESSAGE_MAX_BYTES),
        )
        .add_service(
            InvitationServiceServer::new(rpc).max_decoding_message_size(MESSAGE_MAX_BYTES),
        );
    reflection::add(routes).map_err(bug)
}
