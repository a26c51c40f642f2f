//! What happened: as a list, and piece by piece for those who watch.

use std::time::Duration;

use super::{Caller, Context, authority};
use crate::{
    domain::{
        events::{Event, EventFilter, EventPosition, Period},
        pages::Page,
        permissions::{Permission, denied},
    },
    error::{Error, FieldViolation, Result, Rule},
    store::{self, events::Cut},
};

/// How long a list waits for the transactions under way.
const PATIENCE: Duration = Duration::from_secs(2);

/// How soon it looks again, and how late at the most.
const SOON: Duration = Duration::from_millis(2);
const LATER: Duration = Duration::from_millis(100);

/// Which list.
pub struct List {
    /// Which events.
    pub filter: EventFilter,
    /// Of which time.
    pub period: Period,
    /// Whether the newest come first.
    pub newest_first: bool,
}

/// That the caller may read these events. Whoever sees one team only is brought that team's; a person reads what
/// concerns a team whose events he may read, or himself in it.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`.
pub async fn allow(ctx: &Context, caller: &Caller, filter: &mut EventFilter) -> Result<()> {
    filter.team_id = filter.team_id.or(caller.team_id);
    match (filter.team_id, caller.actor) {
        // Events outlive their team, so that there is one does not matter.
        (None, None) => Ok(()),
        (Some(_), None) if caller.team_id.is_none() => Ok(()),
        (Some(team), _) => authority::look(ctx, caller, (team, filter.user_id))
            .await
            .map(|_| ()),
        (None, Some(_)) => Err(denied(Permission::EventsRead, None)),
    }
}

/// A page of events, and how far they were complete when it was read.
///
/// # Errors
/// As [`allow`].
pub async fn list(
    ctx: &Context,
    caller: &Caller,
    mut wanted: List,
    (after, size): (Option<EventPosition>, u64),
) -> Result<(Page<Event>, EventPosition)> {
    let db = &ctx.store;
    allow(ctx, caller, &mut wanted.filter).await?;
    if after.is_none() {
        settle(ctx).await?;
    }
    let head = store::events::head(db).await?;
    let mut cut = Cut {
        after: EventPosition::START,
        up_to: head,
        most: size + 1,
        newest_first: wanted.newest_first,
    };
    match after {
        Some(place) if wanted.newest_first => cut.up_to = place.before(),
        Some(place) => cut.after = place,
        None => {}
    }
    let cut = store::events::bounds(db, wanted.period, cut).await?;
    let events = store::events::page(db, &wanted.filter, wanted.period, cut).await?;
    let page = Page::cut(events, size, |event| event.position.into());
    Ok((page, head))
}

/// Waits until the transactions that run now have ended, so that whoever changed something finds it in the list. One
/// that does not end in time is not waited for: the list ends before it.
async fn settle(ctx: &Context) -> Result<()> {
    let begun = store::events::reach(&ctx.store).await?.begun;
    let waiting = async {
        let mut pause = SOON;
        while store::events::reach(&ctx.store).await?.ended < begun {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LATER);
        }
        Ok(())
    };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .unwrap_or(Ok(()))
}

/// Where a watcher begins.
#[derive(Debug, Clone, Copy)]
pub enum Start {
    /// With the oldest event that is kept.
    Oldest,
    /// With what comes.
    Now,
    /// After this one.
    After(EventPosition),
}

/// The position after which a watcher begins, and how far events are complete. He listens already to what comes later; what was
/// committed before and is held back by others is looked for at once.
///
/// # Errors
/// `EVENTS_GONE`; `INVALID` for a position that nothing has had yet.
pub async fn begin(ctx: &Context, start: Start) -> Result<(EventPosition, EventPosition)> {
    let head = store::events::head(&ctx.store).await?;
    let position = match start {
        Start::Oldest => oldest(ctx).await?,
        Start::Now => head,
        Start::After(position) if position > head => {
            return Err(FieldViolation::new("after_position", Rule::OutOfRange).into());
        }
        Start::After(position) => {
            there(ctx, position).await?;
            position
        }
    };
    ctx.store.wake_reader();
    Ok((position, head))
}

/// The position after which everything is kept.
///
/// # Errors
/// Only the database's.
pub async fn oldest(ctx: &Context) -> Result<EventPosition> {
    store::events::gone(&ctx.store).await
}

/// What a watcher is brought.
pub struct Brought {
    /// The next events that it wants.
    pub events: Vec<Event>,
    /// Everything that it wants up to here was brought.
    pub position: EventPosition,
    /// Whether that is as far as events are complete.
    pub caught_up: bool,
}

/// The next events after a position, as far as they are complete.
///
/// # Errors
/// `EVENTS_GONE`, when the position has fallen behind what is kept.
pub async fn next(
    ctx: &Context,
    filter: &EventFilter,
    (after, head): (EventPosition, EventPosition),
) -> Result<Brought> {
    let most = ctx.settings.watch_batch;
    let cut = Cut {
        after,
        up_to: head,
        most,
        newest_first: false,
    };
    let events = store::events::page(&ctx.store, filter, Period::default(), cut).await?;
    // Asked after the page was read: what was deleted before it is noticed, what is deleted later was read.
    there(ctx, after).await?;
    let position = match events.last() {
        Some(last) if events.len() as u64 == most => last.position,
        _ => head.max(after),
    };
    Ok(Brought {
        caught_up: position >= head,
        events,
        position,
    })
}

/// Whether every event after a position is still there.
async fn there(ctx: &Context, position: EventPosition) -> Result<()> {
    let gone = oldest(ctx).await?;
    if position < gone {
        return Err(Error::EventsGone(gone.text()));
    }
    Ok(())
}
