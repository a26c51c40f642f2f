//! Deleting what has served its time. Any replica may do it at any time; doing it twice is nothing.

use std::time::Duration;

use chrono::TimeDelta;
use uuid::Uuid;

use super::Context;
use crate::{
    clock::Time,
    domain::{
        events::{EventType, Happening, Origin, Payload},
        letters::DeliveryState,
    },
    error::Result,
    store::{self, Tx, events::Made, outbox::Held},
};

/// How many accounts one transaction gives their search keys.
const KEYS_TOGETHER: u64 = 200;

/// What was deleted, and filled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Letters.
    pub letters: u64,
    /// Hashes of dead links.
    pub tokens: u64,
    /// Changes of addresses that ended long ago, and addresses of those whose time has just passed.
    pub email_changes: u64,
    /// Imports, with their results.
    pub imports: u64,
    /// Answers of calls that can be repeated no longer.
    pub replays: u64,
    /// Events.
    pub events: u64,
    /// Accounts and memberships that got search keys, which an older version does not write.
    pub keys: u64,
}

/// Deletes letters, links, imports, answers and events that are older than the settings keep them, some in each transaction, so that
/// nobody waits for it long.
///
/// # Errors
/// Only the database's.
pub async fn sweep(ctx: &Context) -> Result<Swept> {
    let now = ctx.clock.now();
    let letters = ago(now, ctx.settings.sent_letters_kept);
    let tokens = ago(now, ctx.settings.tokens_kept);
    let imports = ago(now, ctx.settings.imports_kept);
    let replays = ago(now, ctx.settings.replays_kept);
    let events = ago(now, ctx.settings.events_kept);
    let mut swept = Swept::default();
    loop {
        let deleted = ctx
            .store
            .write(|tx| async move { delete_import(&tx, imports, now).await })
            .await?;
        let some = ctx
            .store
            .write(|tx| async move {
                Ok(Swept {
                    letters: store::outbox::delete_settled_before(&tx, letters).await?,
                    tokens: store::tokens::delete_settled_before(&tx, tokens).await?,
                    email_changes: store::email_changes::expire(&tx, now).await?
                        + store::email_changes::delete_settled_before(&tx, tokens).await?,
                    imports: deleted,
                    replays: store::replays::delete_before(&tx, replays).await?,
                    events: store::events::delete_before(&tx, events).await?,
                    keys: store::copies::fill(&tx, KEYS_TOGETHER).await?,
                })
            })
            .await?;
        if some == Swept::default() {
            return Ok(swept);
        }
        swept.letters += some.letters;
        swept.tokens += some.tokens;
        swept.email_changes += some.email_changes;
        swept.imports += some.imports;
        swept.replays += some.replays;
        swept.events += some.events;
        swept.keys += some.keys;
    }
}

/// Deletes one import; how many. Letters that it still holds can never be released without it, so they end with it. Nothing is
/// written before the team is locked, so that their events stand after those of whoever had it before.
async fn delete_import(tx: &Tx, before: Time, now: Time) -> Result<u64> {
    let Some((team, import)) = &store::imports::older_than(tx, before).await? else {
        return Ok(0);
    };
    store::teams::lock_past_or_present(tx, *team).await?;
    let held = store::outbox::held(tx, *team, import).await?;
    let waiting: Vec<Uuid> = held.iter().filter_map(|one| one.invitation_id).collect();
    store::outbox::cancel_held(tx, *team, import, now).await?;
    store::invitations::cancel_delivery(tx, &waiting).await?;
    store::imports::delete(tx, *team, import).await?;
    let events: Vec<_> = held.iter().map(|one| cancelled(*team, one)).collect();
    let by = &Origin::default();
    store::events::append(tx, &events, Made { by, at: now }).await?;
    Ok(1)
}

fn cancelled(team: Uuid, letter: &Held) -> Happening {
    let state = DeliveryState::Cancelled;
    Happening {
        event_type: EventType::LetterCancelled,
        team_id: Some(team),
        user_id: Some(letter.user_id),
        payload: Payload::Letter(letter.kind, state, letter.invitation_id),
    }
}

/// The moment so long ago.
pub(super) fn ago(now: Time, time: Duration) -> Time {
    TimeDelta::from_std(time)
        .ok()
        .and_then(|time| now.checked_sub_signed(time))
        .unwrap_or(Time::UNIX_EPOCH)
}
