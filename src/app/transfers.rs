//! Handing the primary admin's role over.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Context,
    authority::{self, Place},
    calls::once,
    directories::group_roles,
    members, teams,
};
use crate::{
    clock::Time,
    domain::{events::EventType, roles::Role, teams::Team},
    error::Result,
    store,
};

/// Makes an active secondary admin the primary one, and the primary one a secondary admin. To whom the role belongs already is no
/// change.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `MEMBER_NOT_FOUND`, `NOT_A_SECONDARY_ADMIN`, `ETAG_MISMATCH`.
pub async fn primary<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (team_id, user_id): (Uuid, Uuid),
    show: impl Fn(Team, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let place = Place::Left(team_id);
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let (mut team, _) = authority::enter(tx, call.caller(), team_id).await?;
        // Locked before it is read, so that nobody disables the account meanwhile.
        store::users::lock(tx, user_id).await?;
        let heir = members::find(tx, &team, user_id).await?;

        call.expect(&team.etag())?;
        if heir.role == Role::PrimaryAdmin {
            return Ok(team);
        }
        heir.receive_primary()?;

        let before = team.primary_admin_user_id;
        store::teams::set_primary_admin(tx, &team, user_id, now).await?;
        team.primary_admin_user_id = user_id;
        team.update_time = now;
        store::standing_changes::set_roles(tx, &team, &[before], Role::SecondaryAdmin).await?;
        let former = members::find(tx, &team, before).await?;
        let events = [
            teams::happened(&team, EventType::TeamPrimaryAdminChanged, &[]),
            members::happened(&former, EventType::MemberUpdated, &["role"]),
        ];
        store::events::append(tx, &events, call.made(now)).await?;
        // What either was by himself before, he is no more.
        store::group_roles::forget(tx, &[team.id], &[user_id, before]).await?;
        group_roles::settle(tx, &team, &[before], call.made(now)).await?;
        Ok(team)
    })
    .await
}
