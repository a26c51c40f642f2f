//! What is still to be ended in the products themselves, and how somebody gets in.

use std::collections::{BTreeSet, HashMap};

use prost::Message;
use uuid::Uuid;

use super::{happened, telling::tell};
use crate::{
    app::{
        Call, Caller, Context,
        authority::{self, Place},
        calls::once,
        hubs,
        members::find,
        no_member,
        products::known,
    },
    clock::Time,
    domain::{
        access::{Access, AccessFilter, AccessState, to_report},
        events::EventType,
        leaving::Explanation,
        pages::{Page, Position},
        products::ProductId,
        users::User,
    },
    error::Result,
    store::{self, Reads},
};

/// How many accesses an explanation names.
const EXPLAINED: u64 = 1_000;

/// A page of what remains or was reported, in a hub, in those of a product, or in all; and of whom the page speaks, as far
/// as the team may still know him, in the order of ids.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `HUB_NOT_FOUND`, `PRODUCT_NOT_FOUND`.
pub async fn list(
    ctx: &Context,
    caller: &Caller,
    (team, hub, product): (Uuid, Option<Uuid>, Option<ProductId>),
    cut: (Option<Position>, u64),
) -> Result<(Page<Access>, Vec<User>)> {
    let team = authority::look_hub(ctx, caller, (team, hub, None)).await?;
    if let Some(hub) = hub {
        hubs::find(&ctx.store, (team.id, hub)).await?;
    }
    known(&ctx.store, product.as_ref()).await?;
    let page = store::lists::residual(&ctx.store, (team.id, hub, product), cut).await?;
    let people = people(&ctx.store, team.id, &page.items).await?;
    Ok((page, people))
}

/// Whose access this is. The accounts are read before the memberships: who has left by then is known as he was.
async fn people(db: &impl Reads, team: Uuid, accesses: &[Access]) -> Result<Vec<User>> {
    let ids: BTreeSet<Uuid> = accesses.iter().map(|one| one.user_id).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut users = store::users::by_ids(db, &ids).await?;
    let departures = store::members::departures(db, team, &ids).await?;
    users.sort_by_key(|user| user.id);
    let known = users.into_iter().filter_map(|user| {
        let left = *departures.get(&user.id)?;
        Some(user.known_to_team(left))
    });
    Ok(known.collect())
}

/// Says that somebody whose access has ended still gets in.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `HUB_NOT_FOUND`, `ACCESS_NOT_FOUND`, `ACCESS_ACTIVE`.
pub async fn report<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (place, user): ((Uuid, Uuid), Uuid),
    show: impl Fn(Access, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let again = Place::Hub(place.0, place.1);
    once(ctx, (call, again, now), show, |tx| async move {
        let tx = &tx;
        let (team, _) = authority::enter_hub(tx, call.caller(), place).await?;
        let hub = hubs::find(tx, place).await?;
        let all = store::access::of_person(tx, place, user).await?;

        let known = to_report(&all, user)?;
        if known.is_residual() {
            return Ok(known.clone());
        }

        let reported = known.reported(now);
        store::access::report(tx, reported.id, now).await?;
        let event = happened(&reported, EventType::AccessReported);
        store::events::append(tx, &[event], call.made(now)).await?;
        tell(tx, (&[(&team, &hub)], &[user]), call.made(now)).await?;
        Ok(reported)
    })
    .await
}

/// By which paths somebody is in a team and gets into its hubs.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `MEMBER_NOT_FOUND`, `HUB_NOT_FOUND`, `PRODUCT_NOT_FOUND`.
pub async fn explain(
    ctx: &Context,
    caller: &Caller,
    ((team, user), hub, product): ((Uuid, Uuid), Option<Uuid>, Option<ProductId>),
) -> Result<Explanation> {
    let now = ctx.clock.now();
    let db = &ctx.store;
    let team = authority::look_hub(ctx, caller, (team, hub, Some(user))).await?;
    if let Some(hub) = hub {
        hubs::find(db, (team.id, hub)).await?;
    }
    known(db, product.as_ref()).await?;
    let member = find(db, &team, user).await?;
    let filter = AccessFilter {
        user_id: Some(user),
        hub_id: hub,
        product_id: product,
        states: AccessState::OPEN.to_vec(),
    };
    let open = store::lists::access(db, (team.id, &filter), (None, EXPLAINED)).await?;
    let mut accesses = open.items;
    let room = EXPLAINED.saturating_sub(accesses.len() as u64);
    if room > 0 {
        let filter = AccessFilter {
            states: vec![AccessState::Ended],
            ..filter
        };
        let ended = store::lists::access(db, (team.id, &filter), (None, room)).await?;
        accesses.extend(ended.items);
        accesses.sort_by_key(|one| one.id);
    }
    // A hub's admin learns of the hub's people, and of nobody else.
    if accesses.is_empty() && authority::looks_by_hub(db, caller, (&team, user)).await? {
        return Err(no_member(user));
    }
    let products: Vec<&ProductId> = accesses.iter().map(|one| &one.product_id).collect();
    let rules: HashMap<_, _> = store::removal_rules::holding(db, &products, now).await?;
    Ok(Explanation {
        member,
        invitation: store::invitations::newest_of(db, team.id, user).await?,
        accesses: accesses
            .into_iter()
            .map(|access| {
                let rule = rules.get(&access.product_id).cloned();
                (access, rule)
            })
            .collect(),
    })
}
