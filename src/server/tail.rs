//! The loop that tells this process's watchers how far events are complete. However many watch, the database is asked
//! once.

use tokio_util::sync::CancellationToken;

use crate::{app::Context, rpc::Heads, store};

/// Looks whenever something may have come, and now and then by itself, until told to stop. Trouble with the database is
/// logged and waited for.
pub(super) async fn run(ctx: Context, heads: Heads, stop: CancellationToken) {
    let wakes = ctx.store.wakes();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = wakes.next() => {}
            () = tokio::time::sleep(ctx.settings.watch_poll) => {}
        }
        if heads.receiver_count() == 0 {
            continue;
        }
        match store::events::head(&ctx.store).await {
            Ok(head) => {
                heads.send_if_modified(|known| {
                    let moved = head > *known;
                    *known = head.max(*known);
                    moved
                });
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "watchers wait");
            }
        }
    }
}
