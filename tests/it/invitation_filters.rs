//! Filters of invitations, alone and together: each holds what its words say, in the order of the list.

use muster::proto::{
    DeliveryState, Invitation, InvitationFilter, InvitationState, ListInvitationsRequest,
};

use crate::{
    fixtures::time,
    harness::{Harness, tests},
    motley::{invitations, motley, numbers},
    refusals::Outcome,
};

tests![invitations_are_listed_by_every_filter_and_by_all_of_them_together];

async fn invitations_are_listed_by_every_filter_and_by_all_of_them_together(h: &Harness) {
    let team = motley(h).await;
    let request = ListInvitationsRequest {
        team_id: team.clone(),
        page_size: 1_000,
        ..ListInvitationsRequest::default()
    };
    let all: Vec<Invitation> = h
        .invitations()
        .list_invitations(request)
        .await
        .answered()
        .invitations;
    assert_eq!(all.len(), 33);
    let order = |one: &Invitation| (time(one.expire_time), one.id.clone());
    assert!(all.is_sorted_by_key(order), "those first that expire first");

    let states = [
        vec![],
        numbers(&[InvitationState::Pending]),
        numbers(&[InvitationState::Expired, InvitationState::Expired]),
        numbers(&[InvitationState::Pending, InvitationState::Expired]),
        numbers(&[InvitationState::Accepted]),
        numbers(&[InvitationState::Declined, InvitationState::Pending]),
        numbers(&[InvitationState::Revoked]),
    ];
    let deliveries = [
        vec![],
        numbers(&[DeliveryState::Held]),
        numbers(&[
            DeliveryState::Sent,
            DeliveryState::Held,
            DeliveryState::Sent,
        ]),
        numbers(&[DeliveryState::Failed]),
    ];
    for states in &states {
        for delivery_states in &deliveries {
            for import_id in ["", "old", "none"] {
                for (from, before) in [
                    (None, None),
                    (Some(12), None),
                    (None, Some(20)),
                    (Some(12), Some(20)),
                ] {
                    let at = |place: usize| all[place].expire_time;
                    let filter = InvitationFilter {
                        states: states.clone(),
                        delivery_states: delivery_states.clone(),
                        import_id: import_id.to_owned(),
                        expire_time_from: from.and_then(at),
                        expire_time_before: before.and_then(at),
                    };
                    let is_in = |list: &[i32], value| list.is_empty() || list.contains(&value);
                    let admits = |one: &&Invitation| {
                        let expires = time(one.expire_time);
                        is_in(states, one.state)
                            && is_in(delivery_states, one.delivery_state)
                            && (import_id.is_empty() || import_id == one.import_id)
                            && from.is_none_or(|place| expires >= time(at(place)))
                            && before.is_none_or(|place| expires < time(at(place)))
                    };
                    let expected: Vec<_> = all.iter().filter(admits).map(|one| &one.id).collect();
                    let found = invitations(&team, filter.clone()).by_pages_of(h, 3).await;
                    assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
                }
            }
        }
    }
}
