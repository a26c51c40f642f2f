//! Who the admins of a hub are. What they may do there is told by `authority`.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Context,
    authority::{self, Place},
    calls::once,
    hubs,
};
use crate::{
    clock::Time,
    domain::{
        events::{EventType, Happening},
        hubs::Hub,
    },
    error::{Error, Reason, Result},
    store::{self, Tx, residual_letters::Where},
};

/// Makes somebody who is in the team an admin of a hub.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `HUB_NOT_FOUND`, `NOT_A_MEMBER`, `HUB_ADMINS_USED_UP`.
pub async fn add<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    ((team, hub), user): ((Uuid, Uuid), Uuid),
    show: impl Fn(Hub, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, Place::Team(team), now), show, |tx| async move {
        let tx = &tx;
        let (team, _) = authority::enter(tx, call.caller(), team).await?;
        let mut hub = hubs::find(tx, (team.id, hub)).await?;
        present(tx, team.id, user).await?;

        if hub.admin_user_ids.contains(&user) {
            return Ok(hub);
        }
        hub.another_admin()?;

        store::hub_admins::insert(tx, (team.id, hub.id), user, now).await?;
        let event = happened(&hub, EventType::HubAdminAdded, user);
        store::events::append(tx, &[event], call.made(now)).await?;
        hub.admin_user_ids.push(user);
        hub.admin_user_ids.sort_unstable();
        Ok(hub)
    })
    .await
}

/// Takes a hub from one of its admins.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `HUB_NOT_FOUND`.
pub async fn remove<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    ((team, hub), user): ((Uuid, Uuid), Uuid),
    show: impl Fn(Hub, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, Place::Team(team), now), show, |tx| async move {
        let tx = &tx;
        let (team, _) = authority::enter(tx, call.caller(), team).await?;
        let mut hub = hubs::find(tx, (team.id, hub)).await?;

        if !hub.admin_user_ids.contains(&user) {
            return Ok(hub);
        }

        store::hub_admins::delete(tx, (team.id, hub.id), user).await?;
        if user != team.primary_admin_user_id {
            let about = Where::Hub(team.id, hub.id);
            store::residual_letters::cancel(tx, user, about, now).await?;
        }
        let event = happened(&hub, EventType::HubAdminRemoved, user);
        store::events::append(tx, &[event], call.made(now)).await?;
        hub.admin_user_ids.retain(|admin| *admin != user);
        Ok(hub)
    })
    .await
}

/// That somebody is in the team: invited, active or disabled there.
///
/// # Errors
/// `NOT_A_MEMBER`.
pub(super) async fn present(tx: &Tx, team: Uuid, user: Uuid) -> Result<()> {
    let present = store::members::present(tx, team, &[user]).await?;
    if present.contains(&user) {
        Ok(())
    } else {
        Err(Error::Refused(Reason::NotAMember))
    }
}

pub(super) fn happened(hub: &Hub, event_type: EventType, user: Uuid) -> Happening {
    Happening {
        user_id: Some(user),
        ..hubs::happened(hub, event_type, &[])
    }
}
