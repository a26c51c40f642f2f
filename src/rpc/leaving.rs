//! What people who leave a team lose, and what remains, as removals show it.

use uuid::Uuid;

use super::{access, products, values::timestamp};
use crate::{
    app::removals::Removed,
    domain::{
        access::Access,
        leaving::{Departures, LeftHub, SHOWN_ADMINS, SHOWN_OF_MANY},
        removal_rules::Contact,
    },
    error::Reason,
    proto,
};

/// All that becomes of one person's access.
pub(super) fn of_one(departures: &Departures) -> Vec<proto::LeftAccess> {
    departures.of_people.values().flatten().map(left).collect()
}

/// The people of a batch, each with what becomes of him, as far as that fits.
pub(super) fn of_many(
    removed: Removed,
    departures: &Departures,
) -> Vec<proto::MemberRemovalResult> {
    let removed = removed.into_iter();
    removed
        .map(|(user, refusal)| {
            let own = departures
                .of_people
                .get(&user)
                .map_or(&[][..], Vec::as_slice);
            proto::MemberRemovalResult {
                user_id: user.to_string(),
                refusal: refusal.unwrap_or(Reason::Unspecified).into(),
                accesses: own.iter().take(SHOWN_OF_MANY).map(left).collect(),
                access_count: i32::try_from(own.len()).unwrap_or(i32::MAX),
            }
        })
        .collect()
}

/// Whom to ask about each hub.
pub(super) fn hubs(departures: &Departures) -> Vec<proto::LeftHub> {
    departures.hubs.iter().map(hub).collect()
}

fn left(access: &Access) -> proto::LeftAccess {
    proto::LeftAccess {
        hub_id: access.hub_id.to_string(),
        state: access::state(access.state).into(),
        path: access::path(access.path).into(),
    }
}

fn hub(left: &LeftHub) -> proto::LeftHub {
    let LeftHub {
        hub,
        rule,
        ended,
        remaining,
    } = left;
    let contact = hub.contact.as_ref().map(Contact::as_str);
    let hint = rule.as_ref().map(|rule| rule.contact_hint.as_str());
    let count = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let admins = hub.admin_user_ids.iter().take(SHOWN_ADMINS);
    proto::LeftHub {
        hub_id: hub.id.to_string(),
        product_id: hub.product_id.as_str().to_owned(),
        display_name: hub.display_name.as_str().to_owned(),
        contact: contact.unwrap_or_default().to_owned(),
        admin_user_ids: admins.map(Uuid::to_string).collect(),
        contact_hint: hint.unwrap_or_default().to_owned(),
        user_removed: rule.as_ref().is_some_and(|rule| rule.user_removed),
        data_access: rule
            .as_ref()
            .map_or(proto::DataAccess::Active, |rule| {
                products::data_access(rule.data_access)
            })
            .into(),
        rule_valid_from: rule.as_ref().map(|rule| timestamp(rule.valid_from)),
        ended_count: count(*ended),
        remaining_count: count(*remaining),
        team_id: hub.team_id.to_string(),
    }
}
