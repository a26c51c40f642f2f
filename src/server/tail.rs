//! The loop that tells this process's watchers how far events are complete. However many watch, the database is asked
//! once.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{app::Context, error::Result, rpc::Heads, store};

/// How soon it looks again when a transaction that still runs holds events back; then after twice the time, and so on.
const SOON: Duration = Duration::from_millis(2);

/// Looks whenever something may have come, and now and then by itself, until told to stop. Trouble with the database is
/// logged and waited for.
pub(super) async fn run(ctx: Context, heads: Heads, stop: CancellationToken) {
    let wakes = ctx.store.wakes();
    let rest = ctx.settings.watch_poll;
    let (mut pause, mut awaited) = (rest, 0);
    loop {
        let woken = tokio::select! {
            () = stop.cancelled() => return,
            () = wakes.next() => true,
            () = tokio::time::sleep(pause) => false,
        };
        if heads.receiver_count() == 0 {
            pause = rest;
            continue;
        }
        match look(&ctx, &heads).await {
            Ok(reach) => {
                if woken {
                    awaited = reach.begun;
                    pause = SOON;
                }
                let held_back = reach.ended < awaited;
                pause = if held_back { rest.min(pause * 2) } else { rest };
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "watchers wait");
                pause = rest;
            }
        }
    }
}

/// Tells how far events are complete now.
async fn look(ctx: &Context, heads: &Heads) -> Result<store::events::Reach> {
    let reach = store::events::reach(&ctx.store).await?;
    let head = store::events::head_at(&ctx.store, reach).await?;
    heads.send_if_modified(|known| {
        let moved = head > *known;
        *known = head.max(*known);
        moved
    });
    Ok(reach)
}
