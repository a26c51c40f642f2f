//! What a directory's groups give: access to hubs, and roles.

use prost::Message;
use uuid::Uuid;

use super::{
    find, granting, group_roles,
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
        groups::{Mapping, Target, another_mapping, missing_mapping},
        teams::Team,
    },
    error::Result,
    ids,
    store::{self, Tx, events::Made},
};

/// A group, by team, directory and its own id.
#[derive(Debug, Clone, Copy)]
pub struct Which {
    /// Team and directory.
    pub place: (Uuid, Uuid),
    /// The group.
    pub group: Uuid,
}

/// Has a group give access to a hub, or a role, which the caller must be able to give. A mapping that there is already stays as it is.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `DIRECTORY_NOT_FOUND`, `GROUP_NOT_FOUND`, `HUB_NOT_FOUND`, `GROUP_MAPPINGS_USED_UP`.
pub async fn create<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (which, target): (Which, Target),
    show: impl Fn(Mapping, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let place = Place::Team(which.place.0);
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let (team, power) = authority::enter(tx, call.caller(), which.place.0).await?;
        let directory = find(tx, which.place).await?;
        let group = of(tx, &directory, which.group).await?;
        match target {
            Target::Hub(hub) => drop(hubs::find(tx, (team.id, hub)).await?),
            Target::Role(role) => power.grant(role, team.id)?,
        }
        let held = store::group_mappings::of_groups(tx, team.id, &[group.id]).await?;
        let count = held.len();
        if let Some(known) = held.into_iter().find(|one| one.target == target) {
            return Ok(known);
        }

        another_mapping(count)?;

        let mapping = Mapping {
            id: ids::new(now),
            team_id: team.id,
            group_id: group.id,
            target,
            creator_user_id: power.person(),
            create_time: now,
        };
        store::group_mappings::insert(tx, &mapping).await?;
        let mut event = happened(&directory, EventType::GroupMappingCreated, group.id);
        event.place.target = Some(target);
        store::events::append(tx, &[event.into()], call.made(now)).await?;
        settle(tx, &team, &mapping, call.made(now)).await?;
        Ok(mapping)
    })
    .await
}

/// Ends a mapping, and what it gave: access, or a role, which the caller must be able to give.
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
        let (team, power) = authority::enter(tx, call.caller(), which.place.0).await?;
        let directory = find(tx, which.place).await?;
        let group = of(tx, &directory, which.group).await?;
        let held = store::group_mappings::of_groups(tx, team.id, &[group.id]).await?;
        let known = held.into_iter().find(|one| one.id == mapping);
        let known = known.ok_or_else(|| missing_mapping(mapping))?;

        if let Target::Role(role) = known.target {
            power.grant(role, team.id)?;
        }

        store::group_mappings::delete(tx, &known).await?;
        let mut event = happened(&directory, EventType::GroupMappingDeleted, group.id);
        event.place.target = Some(known.target);
        store::events::append(tx, &[event.into()], call.made(now)).await?;
        settle(tx, &team, &known, call.made(now)).await
    })
    .await
}

/// Gives or takes what a mapping is about.
async fn settle(tx: &Tx, team: &Team, mapping: &Mapping, made: Made<'_>) -> Result<()> {
    let group = [mapping.group_id];
    let pairs = store::group_members::of_groups(tx, team.id, &group).await?;
    let people: Vec<Uuid> = pairs.into_iter().map(|(_, user)| user).collect();
    match mapping.target {
        Target::Hub(_) => granting::settle(tx, team.id, (&group, &people), made).await,
        Target::Role(_) => group_roles::settle(tx, team, &people, made).await,
    }
}
