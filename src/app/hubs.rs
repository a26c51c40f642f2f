//! A team's hubs.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Caller, Context,
    authority::{self, Place},
    calls::once,
    hub_admins,
    products::known,
};
use crate::{
    clock::Time,
    domain::{
        events::{EventType, Happening, Payload},
        hubs::{self, Hub, HubChanges},
        names::DisplayName,
        pages::Page,
        products::{self, ProductId},
        removal_rules::Contact,
    },
    error::{Error, Reason, Result},
    ids,
    store::{self, Reads},
};

/// Make a hub.
pub struct Create {
    /// The team.
    pub team_id: Uuid,
    /// A word for the product.
    pub product: String,
    /// Its name.
    pub display_name: DisplayName,
    /// Whom to ask about it.
    pub contact: Option<Contact>,
}

/// Makes a hub.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `PRODUCT_NOT_FOUND`, `HUBS_USED_UP`.
pub async fn create<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    command: &Create,
    show: impl Fn(Hub, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let place = Place::Team(command.team_id);
    once(ctx, (call, place, now), show, |tx| async move {
        let tx = &tx;
        let (team, _) = authority::enter(tx, call.caller(), command.team_id).await?;
        let product = store::products::by_word(tx, &command.product).await?;
        let hub = Hub {
            id: ids::new(now),
            team_id: team.id,
            product_id: product.ok_or_else(|| products::missing(&command.product))?,
            display_name: command.display_name.clone(),
            contact: command.contact.clone(),
            admin_user_ids: Vec::new(),
            create_time: now,
            update_time: now,
        };

        hubs::another(store::hubs::count(tx, team.id).await?)?;

        store::hubs::insert(tx, &hub).await?;
        let event = happened(&hub, EventType::HubCreated, &[]);
        store::events::append(tx, &[event], call.made(now)).await?;
        Ok(hub)
    })
    .await
}

/// One hub.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `HUB_NOT_FOUND`.
pub async fn get(ctx: &Context, caller: &Caller, (team, id): (Uuid, Uuid)) -> Result<Hub> {
    let team = authority::look_hub(ctx, caller, (team, Some(id), None)).await?;
    find(&ctx.store, (team.id, id)).await
}

/// A page of a team's hubs, perhaps of one product.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `PRODUCT_NOT_FOUND`.
pub async fn list(
    ctx: &Context,
    caller: &Caller,
    (team, product): (Uuid, Option<&ProductId>),
    cut: (Option<Uuid>, u64),
) -> Result<Page<Hub>> {
    let team = authority::look(ctx, caller, (team, None)).await?;
    known(&ctx.store, product).await?;
    store::hubs::page(&ctx.store, (team.id, product), cut).await
}

/// Changes a hub. What has its value already is no change.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `HUB_NOT_FOUND`, `ETAG_MISMATCH`.
pub async fn update<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    ((team, id), changes): ((Uuid, Uuid), &HubChanges),
    show: impl Fn(Hub, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, Place::Team(team), now), show, |tx| async move {
        let tx = &tx;
        let (team, _) = authority::enter(tx, call.caller(), team).await?;
        let before = find(tx, (team.id, id)).await?;

        call.expect(&before.etag())?;
        let (hub, fields) = before.changed(changes, now);

        if !fields.is_empty() {
            store::hubs::update(tx, &hub).await?;
            let event = happened(&hub, EventType::HubUpdated, &fields);
            store::events::append(tx, &[event], call.made(now)).await?;
        }
        Ok(hub)
    })
    .await
}

/// Deletes a hub with nothing in it. What had ended there is kept by events alone; what remains keeps the hub.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `HUB_NOT_FOUND`, `HUB_NOT_EMPTY`, `ETAG_MISMATCH`.
pub async fn delete<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (team, id): (Uuid, Uuid),
    show: impl Fn((), Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(ctx, (call, Place::Team(team), now), show, |tx| async move {
        let tx = &tx;
        let (team, _) = authority::enter(tx, call.caller(), team).await?;
        let hub = find(tx, (team.id, id)).await?;
        let place = (team.id, hub.id);

        call.expect(&hub.etag())?;
        let is_used = store::projects::any_in(tx, place).await?
            || store::group_mappings::any_to(tx, place).await?
            || store::access::any_open(tx, place).await?;
        if is_used {
            return Err(Error::Refused(Reason::HubNotEmpty));
        }

        store::access::forget(tx, place).await?;
        store::hub_admins::clear(tx, team.id, hub.id).await?;
        store::hubs::delete(tx, team.id, hub.id).await?;
        let admins = hub.admin_user_ids.iter();
        let mut events: Vec<Happening> = admins
            .map(|user| hub_admins::happened(&hub, EventType::HubAdminRemoved, *user))
            .collect();
        events.push(happened(&hub, EventType::HubDeleted, &[]));
        store::events::append(tx, &events, call.made(now)).await
    })
    .await
}

/// A hub of a team.
///
/// # Errors
/// `HUB_NOT_FOUND`.
pub(super) async fn find(db: &impl Reads, (team, id): (Uuid, Uuid)) -> Result<Hub> {
    store::hubs::by_id(db, team, id)
        .await?
        .ok_or_else(|| hubs::missing(id))
}

pub(super) fn happened(hub: &Hub, event_type: EventType, changed: &[&str]) -> Happening {
    let changed = changed.iter().map(|name| (*name).to_owned()).collect();
    Happening {
        event_type,
        team_id: Some(hub.team_id),
        user_id: None,
        payload: Payload::Hub(hub.id, hub.product_id.clone(), changed),
    }
}
