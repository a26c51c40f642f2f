//! The lists of a multitude's invitations, each with every filter.

use muster::proto::{DeliveryState, InvitationFilter, InvitationState, ListInvitationsRequest};

use crate::{
    fixtures::NewTeam,
    harness::Harness,
    lists::List,
    multitude::PEOPLE,
    plan_cases::{Case, at, case, stamp},
};

pub(crate) fn invitation_cases(h: &Harness, team: &NewTeam) -> Vec<Case> {
    let now = h.now().timestamp_micros();
    let invitations = |filter: InvitationFilter| {
        List::Invitations(ListInvitationsRequest {
            team_id: team.id.clone(),
            filter: Some(filter),
            ..ListInvitationsRequest::default()
        })
    };
    let plain = InvitationFilter::default;
    let of_states = |states: &[InvitationState]| InvitationFilter {
        states: states.iter().map(|state| (*state).into()).collect(),
        ..plain()
    };
    let delivered = |states: &[DeliveryState]| InvitationFilter {
        delivery_states: states.iter().map(|state| (*state).into()).collect(),
        ..plain()
    };
    // The admin's own expires a week later, and is behind the end of this list.
    let last = at(now + (PEOPLE - 2_000) * 1_000);
    let mut cases: Vec<Case> = [
        plain(),
        of_states(&[InvitationState::Pending]),
        of_states(&[InvitationState::Accepted]),
        of_states(&[InvitationState::Declined]),
        of_states(&[InvitationState::Revoked, InvitationState::Pending]),
        delivered(&[DeliveryState::Sent]),
        delivered(&[
            DeliveryState::Held,
            DeliveryState::Queued,
            DeliveryState::Cancelled,
        ]),
        InvitationFilter {
            import_id: "import-7".to_owned(),
            ..plain()
        },
        InvitationFilter {
            expire_time_from: Some(stamp(now + PEOPLE / 2 * 1_000)),
            ..plain()
        },
    ]
    .into_iter()
    .map(|filter| case(invitations(filter), "expire_time", last.clone()))
    .collect();
    let expired = of_states(&[InvitationState::Expired]);
    let before = InvitationFilter {
        expire_time_before: Some(stamp(now)),
        ..plain()
    };
    // Those letters failed whose invitation is too old.
    for filter in [expired, before, delivered(&[DeliveryState::Failed])] {
        cases.push(case(
            invitations(filter),
            "expire_time",
            at(now - 2_000_000),
        ));
    }
    cases
}
