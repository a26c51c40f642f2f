//! Hubs and their admins, as `ProductService` reads and shows them.

use uuid::Uuid;

use super::{
    Rpc, mutations,
    pages::{self, List},
    products::optional_product,
    values::{id, paths, timestamp},
};
use crate::{
    app::{self, Call, Caller},
    domain::{
        hubs::{Hub, HubChanges},
        names::DisplayName,
        pages::size,
        products::ProductName,
        removal_rules::Contact,
        texts::optional,
    },
    error::{Result, Rule, Violations},
    proto,
};

pub(super) fn create(message: &proto::CreateHubRequest) -> Result<app::hubs::Create> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    let product = violations.take(ProductName::parse("product_id", &message.product_id));
    let name = violations.take(DisplayName::parse("display_name", &message.display_name));
    let contact = optional(Contact::parse, "contact", &message.contact);
    let contact = violations.take(contact);
    let command = (|| {
        Some(app::hubs::Create {
            team_id: team?,
            product: product?.into_string(),
            display_name: name?,
            contact: contact?,
        })
    })();
    violations.finish(command)
}

pub(super) async fn created(
    rpc: Rpc,
    call: Call,
    command: app::hubs::Create,
) -> Result<proto::CreateHubResponse> {
    app::hubs::create(&rpc.ctx, &call, &command, |hub, _| {
        let mut hub = show(&hub);
        if call.is_rehearsal() {
            // Nothing is made, so there are no id and times to show.
            hub.id.clear();
            (hub.create_time, hub.update_time) = (None, None);
        }
        mutations::no_etag_of_rehearsal(&call, &mut hub.etag);
        proto::CreateHubResponse { hub: Some(hub) }
    })
    .await
}

pub(super) async fn get(
    rpc: Rpc,
    caller: Caller,
    message: proto::GetHubRequest,
) -> Result<proto::GetHubResponse> {
    let place = place(&message.team_id, &message.hub_id)?;
    let hub = app::hubs::get(&rpc.ctx, &caller, place).await?;
    Ok(proto::GetHubResponse {
        hub: Some(show(&hub)),
    })
}

pub(super) async fn list(
    rpc: Rpc,
    caller: Caller,
    mut message: proto::ListHubsRequest,
) -> Result<proto::ListHubsResponse> {
    let token = std::mem::take(&mut message.page_token);
    let size = size(std::mem::take(&mut message.page_size));
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    let product = violations.take(optional_product("product_id", &message.product_id));
    let (team, product) = violations.finish(team.zip(product))?;
    let list = List::new("ListHubs", "id", &message);
    let after = pages::id(list.open(&rpc.ctx.secrets, &token)?)?;
    let which = (team, product.as_ref());
    let page = app::hubs::list(&rpc.ctx, &caller, which, (after, size)).await?;
    Ok(proto::ListHubsResponse {
        hubs: page.items.iter().map(show).collect(),
        next_page_token: list.seal(&rpc.ctx.secrets, page.next.as_ref()),
    })
}

pub(super) fn update(message: &proto::UpdateHubRequest) -> Result<((Uuid, Uuid), HubChanges)> {
    let mut violations = Violations::new();
    let allowed = ["display_name", "contact"];
    let paths = paths(message.update_mask.as_ref(), &allowed, &mut violations);
    let Some(hub) = &message.hub else {
        violations.add("hub", Rule::Required);
        return violations.finish(None);
    };
    let team = violations.take(id("hub.team_id", &hub.team_id));
    let own = violations.take(id("hub.id", &hub.id));
    let mut changes = HubChanges::default();
    if paths.contains(&"display_name") {
        let name = DisplayName::parse("hub.display_name", &hub.display_name);
        changes.display_name = violations.take(name);
    }
    if paths.contains(&"contact") {
        let contact = optional(Contact::parse, "hub.contact", &hub.contact);
        changes.contact = violations.take(contact);
    }
    violations.finish(team.zip(own).map(|place| (place, changes)))
}

pub(super) async fn updated(
    rpc: Rpc,
    call: Call,
    (place, changes): ((Uuid, Uuid), HubChanges),
) -> Result<proto::UpdateHubResponse> {
    app::hubs::update(&rpc.ctx, &call, (place, &changes), |hub, _| {
        proto::UpdateHubResponse {
            hub: Some(changed(&call, &hub)),
        }
    })
    .await
}

pub(super) fn delete(message: &proto::DeleteHubRequest) -> Result<(Uuid, Uuid)> {
    place(&message.team_id, &message.hub_id)
}

pub(super) async fn deleted(
    rpc: Rpc,
    call: Call,
    place: (Uuid, Uuid),
) -> Result<proto::DeleteHubResponse> {
    app::hubs::delete(&rpc.ctx, &call, place, |(), _| proto::DeleteHubResponse {}).await
}

pub(super) fn add_admin(message: &proto::AddHubAdminRequest) -> Result<((Uuid, Uuid), Uuid)> {
    person(&message.team_id, &message.hub_id, &message.user_id)
}

pub(super) async fn admin_added(
    rpc: Rpc,
    call: Call,
    who: ((Uuid, Uuid), Uuid),
) -> Result<proto::AddHubAdminResponse> {
    app::hub_admins::add(&rpc.ctx, &call, who, |hub, _| proto::AddHubAdminResponse {
        hub: Some(changed(&call, &hub)),
    })
    .await
}

pub(super) fn remove_admin(message: &proto::RemoveHubAdminRequest) -> Result<((Uuid, Uuid), Uuid)> {
    person(&message.team_id, &message.hub_id, &message.user_id)
}

pub(super) async fn admin_removed(
    rpc: Rpc,
    call: Call,
    who: ((Uuid, Uuid), Uuid),
) -> Result<proto::RemoveHubAdminResponse> {
    app::hub_admins::remove(&rpc.ctx, &call, who, |hub, _| {
        proto::RemoveHubAdminResponse {
            hub: Some(changed(&call, &hub)),
        }
    })
    .await
}

/// Reads a team and its hub.
pub(super) fn place(team: &str, hub: &str) -> Result<(Uuid, Uuid)> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", team));
    let hub = violations.take(id("hub_id", hub));
    violations.finish(team.zip(hub))
}

/// Reads a team, its hub and somebody.
pub(super) fn person(team: &str, hub: &str, user: &str) -> Result<((Uuid, Uuid), Uuid)> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", team));
    let hub = violations.take(id("hub_id", hub));
    let user = violations.take(id("user_id", user));
    violations.finish(team.zip(hub).zip(user))
}

fn changed(call: &Call, hub: &Hub) -> proto::Hub {
    let mut hub = show(hub);
    mutations::no_etag_of_rehearsal(call, &mut hub.etag);
    hub
}

pub(super) fn show(hub: &Hub) -> proto::Hub {
    let contact = hub.contact.as_ref().map(Contact::as_str);
    proto::Hub {
        id: hub.id.to_string(),
        team_id: hub.team_id.to_string(),
        product_id: hub.product_id.as_str().to_owned(),
        display_name: hub.display_name.as_str().to_owned(),
        contact: contact.unwrap_or_default().to_owned(),
        admin_user_ids: hub.admin_user_ids.iter().map(Uuid::to_string).collect(),
        create_time: Some(timestamp(hub.create_time)),
        update_time: Some(timestamp(hub.update_time)),
        etag: hub.etag(),
    }
}
