//! The loop that deletes what has served.

use tokio_util::sync::CancellationToken;

use crate::app::{Context, housekeeping::sweep};

/// Sweeps again and again until told to stop. Trouble with the database is logged and waited for.
pub(super) async fn run(ctx: Context, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match sweep(&ctx).await {
            Ok(swept) => tracing::debug!(
                letters = swept.letters,
                tokens = swept.tokens,
                imports = swept.imports,
                replays = swept.replays,
                events = swept.events,
                keys = swept.keys,
                "swept"
            ),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "sweeping waits");
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(ctx.settings.housekeeping_every) => {}
        }
    }
}
