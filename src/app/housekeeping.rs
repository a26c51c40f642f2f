//! Deleting what has served its time. Any replica may do it at any time; doing it twice is nothing.

use std::time::Duration;

use chrono::TimeDelta;

use super::Context;
use crate::{clock::Time, error::Result, store};

/// What one round deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swept {
    /// Letters.
    pub letters: u64,
    /// Hashes of dead links.
    pub tokens: u64,
    /// Imports, with their results.
    pub imports: u64,
}

/// Deletes letters, links and imports that are older than the settings keep them.
///
/// # Errors
/// Only the database's.
pub async fn sweep(ctx: &Context) -> Result<Swept> {
    let now = ctx.clock.now();
    let settings = &ctx.settings;
    ctx.store
        .write(|tx| async move {
            let tx = &tx;
            Ok(Swept {
                letters: store::outbox::delete_settled_before(
                    tx,
                    ago(now, settings.sent_letters_kept),
                )
                .await?,
                tokens: store::tokens::delete_settled_before(tx, ago(now, settings.tokens_kept))
                    .await?,
                imports: store::imports::delete_before(tx, ago(now, settings.imports_kept)).await?,
            })
        })
        .await
}

fn ago(now: Time, time: Duration) -> Time {
    TimeDelta::from_std(time)
        .ok()
        .and_then(|time| now.checked_sub_signed(time))
        .unwrap_or(Time::UNIX_EPOCH)
}
