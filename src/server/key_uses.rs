//! The loop that stores when keys were last used.

use tokio_util::sync::CancellationToken;

use crate::app::{Context, keys::store_uses};

/// Stores them again and again, and once more when told to stop. Trouble with the database is logged and waited for.
pub(super) async fn run(ctx: Context, stop: CancellationToken) {
    let mut ends = false;
    while !ends {
        tokio::select! {
            () = stop.cancelled() => ends = true,
            () = tokio::time::sleep(ctx.settings.key_uses_every) => {}
        }
        match store_uses(&ctx).await {
            Ok(keys) => tracing::debug!(keys, "stored when keys were used"),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "uses of keys wait"
                );
            }
        }
    }
}
