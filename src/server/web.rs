//! The other transport beside gRPC: connections of HTTP/1.1 and HTTP/2, served under the limits of gRPC's.

use std::time::Duration;

use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::task::JoinSet;
use tokio_stream::StreamExt;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Door, connection::Connection};
use crate::{app::Context, config::Connections, http};

/// The least room for a request's head that hyper takes.
const LEAST_HEAD: usize = 8192;

/// Where directories come in.
pub struct Web {
    /// The door.
    pub door: Door,
    /// What the locations of resources begin with; paths if it is empty.
    pub url: String,
}

/// Serves until `stop`, then until the last connection has gone: whoever calls says how long that may take. The work of
/// calls is among `tasks`.
pub async fn serve(ctx: Context, web: Web, tasks: TaskTracker, stop: CancellationToken) {
    let limits = ctx.settings.connections.clone();
    let service = http::service(ctx, (tasks, web.url));
    let mut incoming = web.door.connections(&limits, stop.clone());
    let mut guests = JoinSet::new();
    while let Some(next) = incoming.next().await {
        while guests.try_join_next().is_some() {}
        let Ok(connection) = next;
        let service = TowerToHyperService::new(service.clone());
        let (builder, age) = (builder(&limits, &connection), limits.connection_age);
        let stop = stop.clone();
        guests.spawn(async move {
            let serving = builder.serve_connection(TokioIo::new(connection), service);
            let mut serving = std::pin::pin!(serving);
            let ended = tokio::select! {
                ended = &mut serving => ended,
                () = leave(&stop, age) => {
                    serving.as_mut().graceful_shutdown();
                    serving.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(error, "a connection broke");
            }
        });
    }
    while guests.join_next().await.is_some() {}
}

/// When a connection is asked to end.
async fn leave(stop: &CancellationToken, age: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(age) => {}
    }
}

fn builder(limits: &Connections, connection: &Connection) -> Builder<TokioExecutor> {
    let silence = limits.keepalive_interval + limits.keepalive_timeout;
    let head = usize::try_from(limits.max_metadata).unwrap_or(usize::MAX);
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(silence)
        .max_buf_size(head.max(LEAST_HEAD));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.max_streams)
        .initial_connection_window_size(limits.connection_window)
        .initial_stream_window_size(limits.stream_window)
        .max_header_list_size(limits.max_metadata)
        .max_local_error_reset_streams(limits.max_error_resets)
        .max_pending_accept_reset_streams(limits.max_pending_resets)
        .keep_alive_interval(limits.keepalive_interval)
        .keep_alive_timeout(limits.keepalive_timeout);
    // The door has seen already which of them it is.
    if connection.is_http2() {
        builder.http2_only()
    } else {
        builder.http1_only()
    }
}
