//! Which hubs a directory's groups give access to.

use prost::Message;
use uuid::Uuid;

use super::{
    find,
    granting::settle,
    groups::{happened, of},
};
use crate::{
    app::{
        Call, Context,
        authority::{self, Place},
        calls::once,
        hubs,
    },
    clock::Time,
    domain::{
        events::EventType,
        groups::{Mapping, another_mapping, missing_mapping},
    },
    error::Result,
    ids,
    store::{self},
};

/// A group, by team, directory and its own id.
#[derive(Debug, Clone, Copy)]
pub struct Which {
    /// Team and directory.
    pub place: (Uuid, Uuid),
    /// The group.
    pub group: Uuid,
}

/// Has a group give access to a hub. A mapping that there is already stays as it is.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `DIRECTORY_NOT_FOUND`, `GROUP_NOT_FOUND`, `HUB_NOT_FOUND`, `GROUP_MAPPINGS_USED_UP`.
pub async fn create<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (which, hub): (Which, Uuid),
    show: impl Fn(Mapping, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let place = Place::Team(which.place.0);
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let (team, power) = authority::enter(tx, call.caller(), which.place.0).await?;
        let directory = find(tx, which.place).await?;
        let group = of(tx, &directory, which.group).await?;
        let hub = hubs::find(tx, (team.id, hub)).await?;
        let held = store::group_mappings::of_groups(tx, team.id, &[group.id]).await?;
        let count = held.len();
        if let Some(known) = held.into_iter().find(|one| one.hub_id == hub.id) {
            return Ok(known);
        }

        another_mapping(count)?;

        let mapping = Mapping {
            id: ids::new(now),
            team_id: team.id,
            group_id: group.id,
            hub_id: hub.id,
            creator_user_id: power.person(),
            create_time: now,
        };
        store::group_mappings::insert(tx, &mapping).await?;
        let mut event = happened(&directory, EventType::GroupMappingCreated, group.id);
        event.place.hub_id = Some(hub.id);
        store::events::append(tx, &[event.into()], call.made(now)).await?;
        settle(tx, team.id, &[group.id], call.made(now)).await?;
        Ok(mapping)
    })
    .await
}

/// Ends a mapping, and the access that it gave.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `DIRECTORY_NOT_FOUND`, `GROUP_NOT_FOUND`, `GROUP_MAPPING_NOT_FOUND`.
pub async fn delete<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (which, mapping): (Which, Uuid),
    show: impl Fn((), Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let place = Place::Team(which.place.0);
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let (team, _) = authority::enter(tx, call.caller(), which.place.0).await?;
        let directory = find(tx, which.place).await?;
        let group = of(tx, &directory, which.group).await?;
        let held = store::group_mappings::of_groups(tx, team.id, &[group.id]).await?;
        let known = held.into_iter().find(|one| one.id == mapping);
        let known = known.ok_or_else(|| missing_mapping(mapping))?;

        store::group_mappings::delete(tx, &known).await?;
        let mut event = happened(&directory, EventType::GroupMappingDeleted, group.id);
        event.place.hub_id = Some(known.hub_id);
        store::events::append(tx, &[event.into()], call.made(now)).await?;
        settle(tx, team.id, &[group.id], call.made(now)).await
    })
    .await
}
