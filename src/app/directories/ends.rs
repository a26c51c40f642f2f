//! How a team gives its directory up: with its members, or without them.

use prost::Message;
use uuid::Uuid;

use super::{find, granting, happened};
use crate::{
    app::{
        Call, Context,
        authority::{self, Place},
        calls::once,
        removals,
    },
    clock::Time,
    domain::{
        directories::Directory,
        events::EventType,
        leaving::Departures,
        members::{Removal, Source},
        teams::Team,
    },
    error::Result,
    store::{self, Tx, events::Made},
};

/// Gives a directory up and keeps its members; how many they are.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `DIRECTORY_NOT_FOUND`, `ETAG_MISMATCH`.
pub async fn release<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (team, id): (Uuid, Uuid),
    show: impl Fn(usize, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, Place::Team(team), now), show, |tx| async move {
        let tx = &tx;
        let (team, power) = authority::enter(tx, call.caller(), team).await?;
        let directory = find(tx, (team.id, id)).await?;
        call.expect(&directory.etag())?;
        let members = store::directory_users::members(tx, team.id).await?;

        let made = call.made(now);
        keep(tx, &team, &members, made).await?;
        end_groups(tx, &directory, (power.person(), made)).await?;
        let event = happened(&directory, EventType::DirectoryReleased, &[]);
        store::events::append(tx, &[event], made).await?;
        Ok(members.len())
    })
    .await
}

/// Gives a directory up and ends the memberships of its members; how many they are, and what became of their access.
///
/// # Errors
/// As [`release`].
pub async fn terminate<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (team, id): (Uuid, Uuid),
    show: impl Fn((usize, Departures), Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, Place::Team(team), now), show, |tx| async move {
        let tx = &tx;
        let (team, power) = authority::enter(tx, call.caller(), team).await?;
        let directory = find(tx, (team.id, id)).await?;
        call.expect(&directory.etag())?;
        let members = store::directory_users::members(tx, team.id).await?;
        let (staying, leaving): (Vec<Uuid>, Vec<Uuid>) = members
            .into_iter()
            .partition(|user| *user == team.primary_admin_user_id);

        let made = call.made(now);
        keep(tx, &team, &staying, made).await?;
        let ended = (Removal::Directory, made);
        let departures = removals::end(tx, &team, &leaving, ended).await?;
        end_groups(tx, &directory, (power.person(), made)).await?;
        let event = happened(&directory, EventType::DirectoryTerminated, &[]);
        store::events::append(tx, &[event], made).await?;
        Ok((leaving.len(), departures))
    })
    .await
}

/// Ends a directory with its groups. Whoever is left has by a grant of his own what he had by them.
async fn end_groups(
    tx: &Tx,
    directory: &Directory,
    (granter, made): (Option<Uuid>, Made<'_>),
) -> Result<()> {
    let team = directory.team_id;
    let groups = store::groups::all(tx, (team, directory.id)).await?;
    let groups: Vec<Uuid> = groups.into_iter().map(|group| group.id).collect();
    granting::keep(tx, (team, granter), made).await?;
    store::directories::clear(tx, team).await?;
    granting::end_all(tx, team, &groups, made).await
}

/// Makes members of a directory the team's own. What a directory took from somebody, an admin must give back.
async fn keep(tx: &Tx, team: &Team, users: &[Uuid], made: Made<'_>) -> Result<()> {
    store::removals::leave_disabled(tx, team.id, users).await?;
    store::standing_changes::set_source(tx, team.id, users, Source::Manual).await?;
    let changed = (team, users, "source");
    store::events::append_of_changed_members(tx, changed, made).await
}
