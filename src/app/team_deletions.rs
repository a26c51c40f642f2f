//! Deleting teams.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Context,
    authority::{self, Place},
    calls::once,
    removals, teams,
};
use crate::{
    clock::Time,
    domain::{
        events::EventType, leaving::Departures, members::Removal, permissions::Permission,
        teams::Team,
    },
    error::{Error, Reason, Result},
    store,
};

/// Delete a team.
#[derive(Debug, Clone, Copy)]
pub struct Delete {
    /// The team.
    pub team_id: Uuid,
    /// Even if others are in it.
    pub force: bool,
}

/// Deletes a team, and with it every membership that it has. Its rows stay.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `TEAM_NOT_EMPTY`, `ETAG_MISMATCH`.
pub async fn delete<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    command: Delete,
    show: impl Fn((Team, usize, Departures), Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let Delete { team_id, force } = command;
    let place = Place::Left(team_id);
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let (mut team, power) = authority::enter(tx, call.caller(), team_id).await?;
        if force {
            power.require(Permission::TeamsDelete, team_id)?;
        }
        call.expect(&team.etag())?;
        let limit = if force { u64::from(u32::MAX) } else { 1 };
        let others = store::removals::others(tx, &team, limit).await?;
        if !force && !others.is_empty() {
            return Err(Error::Refused(Reason::TeamNotEmpty));
        }

        let made = call.made(now);
        let left = removals::end(tx, &team, &others, (Removal::TeamDeleted, made)).await?;
        store::removals::end_primary(tx, &team, now).await?;
        let primary = [team.primary_admin_user_id];
        let left = left.and(removals::close(tx, &team, &primary, made).await?);
        // Another team may have its issuers and domains now, and its directory's token opens nothing.
        store::sso::clear(tx, team_id).await?;
        store::team_domains::clear(tx, team_id).await?;
        store::directories::clear(tx, team_id).await?;
        store::teams::delete(tx, team_id, now).await?;
        let event = teams::happened(&team, EventType::TeamDeleted, &[]);
        store::events::append(tx, &[event], made).await?;
        team.update_time = now;
        team.delete_time = Some(now);
        Ok((team, others.len() + 1, left))
    })
    .await
}
