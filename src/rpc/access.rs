//! Access to hubs, as `ProductService` reads and shows it.

use uuid::Uuid;

use super::{
    Rpc,
    hubs::person,
    pages::{self, List},
    products::optional_product,
    values::{id, timestamp, words},
};
use crate::{
    app::{self, Call, Caller},
    domain::{
        access::{Access, AccessFilter, AccessPath, AccessState},
        pages::size,
    },
    error::{FieldViolation, Result, Violations},
    proto,
};

type Whose = ((Uuid, Uuid), Uuid);

pub(super) fn grant(message: &proto::GrantProductAccessRequest) -> Result<Whose> {
    person(&message.team_id, &message.hub_id, &message.user_id)
}

pub(super) async fn granted(
    rpc: Rpc,
    call: Call,
    whose: Whose,
) -> Result<proto::GrantProductAccessResponse> {
    app::access::grant(&rpc.ctx, &call, whose, |access, now| {
        let known = access.grant_time < now;
        let mut access = show(&access);
        if call.is_rehearsal() && !known {
            // What would be new has no id.
            access.id.clear();
        }
        let access = Some(access);
        proto::GrantProductAccessResponse { access }
    })
    .await
}

pub(super) fn revoke(message: &proto::RevokeProductAccessRequest) -> Result<Whose> {
    person(&message.team_id, &message.hub_id, &message.user_id)
}

pub(super) async fn revoked(
    rpc: Rpc,
    call: Call,
    whose: Whose,
) -> Result<proto::RevokeProductAccessResponse> {
    app::access::revoke(&rpc.ctx, &call, whose, |accesses, _| {
        let accesses = accesses.iter().map(show).collect();
        proto::RevokeProductAccessResponse { accesses }
    })
    .await
}

pub(super) fn leave_hub(message: &proto::RemoveHubMemberRequest) -> Result<Whose> {
    person(&message.team_id, &message.hub_id, &message.user_id)
}

pub(super) async fn hub_left(
    rpc: Rpc,
    call: Call,
    whose: Whose,
) -> Result<proto::RemoveHubMemberResponse> {
    app::access::leave_hub(&rpc.ctx, &call, whose, |accesses, _| {
        let accesses = accesses.iter().map(show).collect();
        proto::RemoveHubMemberResponse { accesses }
    })
    .await
}

pub(super) async fn list(
    rpc: Rpc,
    caller: Caller,
    mut message: proto::ListProductAccessRequest,
) -> Result<proto::ListProductAccessResponse> {
    let token = std::mem::take(&mut message.page_token);
    let size = size(std::mem::take(&mut message.page_size));
    let list = List::new("ListProductAccess", "id", &message);
    let (team, filter) = filter(&message)?;
    let after = pages::id(list.open(&rpc.ctx.secrets, &token)?)?;
    let page = app::access::list(&rpc.ctx, &caller, (team, &filter), (after, size)).await?;
    Ok(proto::ListProductAccessResponse {
        accesses: page.items.iter().map(show).collect(),
        next_page_token: list.seal(&rpc.ctx.secrets, page.next.as_ref()),
    })
}

fn filter(message: &proto::ListProductAccessRequest) -> Result<(Uuid, AccessFilter)> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    let given = message.filter.clone().unwrap_or_default();
    let user = violations.take(optional_id("filter.user_id", &given.user_id));
    let hub = violations.take(optional_id("filter.hub_id", &given.hub_id));
    let product = optional_product("filter.product_id", &given.product_id);
    let product = violations.take(product);
    let states = words("filter.states", &given.states, &mut violations, read_state);
    let filter = (|| {
        let filter = AccessFilter {
            user_id: user?,
            hub_id: hub?,
            product_id: product?,
            states,
        };
        Some((team?, filter))
    })();
    violations.finish(filter)
}

/// Reads an id that may be left out.
pub(super) fn optional_id(field: &str, text: &str) -> Result<Option<Uuid>, FieldViolation> {
    if text.is_empty() {
        return Ok(None);
    }
    id(field, text).map(Some)
}

pub(super) fn show(access: &Access) -> proto::ProductAccess {
    let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    proto::ProductAccess {
        id: access.id.to_string(),
        team_id: access.team_id.to_string(),
        user_id: access.user_id.to_string(),
        hub_id: access.hub_id.to_string(),
        product_id: access.product_id.as_str().to_owned(),
        path: path(access.path).into(),
        project_id: text(access.path.project()),
        state: state(access.state).into(),
        grant_time: Some(timestamp(access.grant_time)),
        granter_user_id: text(access.granter_user_id),
        end_time: access.end_time.map(timestamp),
        rule_valid_from: access.rule_valid_from.map(timestamp),
        report_time: access.report_time.map(timestamp),
        group_id: text(access.path.group()),
    }
}

pub(super) const fn path(path: AccessPath) -> proto::AccessPath {
    match path {
        AccessPath::Direct => proto::AccessPath::Direct,
        AccessPath::Project(_) => proto::AccessPath::Project,
        AccessPath::Group(_) => proto::AccessPath::Group,
        AccessPath::Unknown => proto::AccessPath::Unspecified,
    }
}

pub(super) const fn state(state: AccessState) -> proto::AccessState {
    match state {
        AccessState::Active => proto::AccessState::Active,
        AccessState::Ended => proto::AccessState::Ended,
        AccessState::Remains => proto::AccessState::Remains,
        AccessState::Reported => proto::AccessState::Reported,
    }
}

pub(super) const fn read_state(state: proto::AccessState) -> Option<AccessState> {
    match state {
        proto::AccessState::Unspecified => None,
        proto::AccessState::Active => Some(AccessState::Active),
        proto::AccessState::Ended => Some(AccessState::Ended),
        proto::AccessState::Remains => Some(AccessState::Remains),
        proto::AccessState::Reported => Some(AccessState::Reported),
    }
}
