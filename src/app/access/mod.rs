//! Who has access to a team's hubs: giving it, taking it back, and looking at it.

use prost::Message;
use uuid::Uuid;

pub mod leaving;
pub mod residual;
mod telling;

use super::{
    Call, Caller, Context,
    authority::{self, Place},
    calls::once,
    hub_admins::present,
    hubs,
    products::known,
};
use crate::{
    clock::Time,
    domain::{
        access::{self, Access, AccessFilter, AccessPath, AccessState},
        events::{EventType, Happening, Payload},
        hubs::Hub,
        pages::Page,
    },
    error::Result,
    ids,
    store::{self, Tx, events::Made},
};

/// Gives somebody who is in the team access of his own. Whoever has it keeps it as it is.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `HUB_NOT_FOUND`, `NOT_A_MEMBER`, `ACCESS_PATHS_USED_UP`.
pub async fn grant<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (place, user): ((Uuid, Uuid), Uuid),
    show: impl Fn(Access, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let again = Place::Hub(place.0, place.1);
    once(ctx, (call, again, now), show, |tx| async move {
        let tx = &tx;
        let (team, power) = authority::enter_hub(tx, call.caller(), place).await?;
        let hub = hubs::find(tx, place).await?;
        present(tx, team.id, user).await?;

        let grant = Grant {
            hub: &hub,
            user,
            path: AccessPath::Direct,
            granter: power.person(),
        };
        grant.carry_out(tx, call.made(now)).await
    })
    .await
}

/// Access that somebody is to have.
pub(super) struct Grant<'a> {
    pub(super) hub: &'a Hub,
    pub(super) user: Uuid,
    pub(super) path: AccessPath,
    pub(super) granter: Option<Uuid>,
}

impl Grant<'_> {
    /// Makes the access active, if it is not. What the person has, or had, by other paths stays as it is.
    ///
    /// # Errors
    /// `ACCESS_PATHS_USED_UP`.
    pub(super) async fn carry_out(&self, tx: &Tx, made: Made<'_>) -> Result<Access> {
        let place = (self.hub.team_id, self.hub.id);
        let by_it = (self.user, self.path);
        let known = store::access::by_path(tx, place, by_it).await?;
        if known
            .as_ref()
            .is_none_or(|known| known.state == AccessState::Ended)
        {
            access::another(store::access::count_open(tx, place, self.user).await?)?;
        }
        let access = match known {
            Some(known) if known.is_active() => return Ok(known),
            Some(known) => {
                let access = known.granted(self.granter, made.at);
                store::access::grant_again(tx, (&[access.id], self.granter), made.at).await?;
                access
            }
            None => {
                let access = self.first(made.at);
                store::access::insert(tx, std::slice::from_ref(&access)).await?;
                access
            }
        };
        let event = happened(&access, EventType::AccessGranted);
        store::events::append(tx, &[event], made).await?;
        Ok(access)
    }

    fn first(&self, now: Time) -> Access {
        Access {
            id: ids::new(now),
            team_id: self.hub.team_id,
            user_id: self.user,
            hub_id: self.hub.id,
            product_id: self.hub.product_id.clone(),
            path: self.path,
            state: AccessState::Active,
            grant_time: now,
            granter_user_id: self.granter,
            end_time: None,
            rule_valid_from: None,
            report_time: None,
            residual_time: None,
        }
    }
}

/// Ends what a person has by a grant of his own, and closes what is residual. Whoever had it and has it no more is left as
/// he is.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `HUB_NOT_FOUND`, `ACCESS_NOT_FOUND`.
pub async fn revoke<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (place, user): ((Uuid, Uuid), Uuid),
    show: impl Fn(Vec<Access>, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let again = Place::Hub(place.0, place.1);
    once(ctx, (call, again, now), show, |tx| async move {
        let tx = &tx;
        authority::enter_hub(tx, call.caller(), place).await?;
        hubs::find(tx, place).await?;
        let all = store::access::of_person(tx, place, user).await?;

        if all.is_empty() {
            return Err(access::missing(user));
        }

        end(tx, all, Access::ends_by_revocation, call.made(now)).await
    })
    .await
}

/// Ends all that a person has in a hub but by groups, and takes him out of its projects.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `HUB_NOT_FOUND`, `ACCESS_NOT_FOUND`.
pub async fn leave_hub<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (place, user): ((Uuid, Uuid), Uuid),
    show: impl Fn(Vec<Access>, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let again = Place::Hub(place.0, place.1);
    once(ctx, (call, again, now), show, |tx| async move {
        let tx = &tx;
        authority::enter_hub(tx, call.caller(), place).await?;
        hubs::find(tx, place).await?;
        let all = store::access::of_person(tx, place, user).await?;

        if all.is_empty() {
            return Err(access::missing(user));
        }

        let places = store::project_members::leave_hub(tx, place, user).await?;
        let events: Vec<Happening> = places
            .iter()
            .map(|place| {
                super::project_members::happened(place, EventType::ProjectMemberRemoved, &[])
            })
            .collect();
        store::events::append(tx, &events, call.made(now)).await?;
        end(tx, all, Access::ends_with_the_rest, call.made(now)).await
    })
    .await
}

/// Ends some of these, with an event each; all of them as they are then.
pub(in crate::app) async fn end(
    tx: &Tx,
    mut all: Vec<Access>,
    ends: impl Fn(&Access) -> bool,
    made: Made<'_>,
) -> Result<Vec<Access>> {
    let mut ids = Vec::new();
    let mut events = Vec::new();
    for access in all.iter_mut().filter(|one| ends(one)) {
        *access = access.ended(made.at);
        ids.push(access.id);
        events.push(happened(access, EventType::AccessEnded));
    }
    store::access::end(tx, &ids, made.at).await?;
    store::events::append(tx, &events, made).await?;
    Ok(all)
}

/// A page of who has, or had, access.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `HUB_NOT_FOUND`, `PRODUCT_NOT_FOUND`.
pub async fn list(
    ctx: &Context,
    caller: &Caller,
    (team, filter): (Uuid, &AccessFilter),
    cut: (Option<Uuid>, u64),
) -> Result<Page<Access>> {
    let place = (team, filter.hub_id, filter.user_id);
    let team = authority::look_hub(ctx, caller, place).await?;
    if let Some(hub) = filter.hub_id {
        hubs::find(&ctx.store, (team.id, hub)).await?;
    }
    known(&ctx.store, filter.product_id.as_ref()).await?;
    store::lists::access(&ctx.store, (team.id, filter), cut).await
}

pub(super) fn happened(access: &Access, event_type: EventType) -> Happening {
    Happening {
        event_type,
        team_id: Some(access.team_id),
        user_id: Some(access.user_id),
        payload: Payload::Access(access.into()),
    }
}
