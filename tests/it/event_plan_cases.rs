//! The lists of a multitude's events.

use muster::{
    domain::{events::EventPosition, pages::Position},
    proto::{EventFilter, EventType, ListEventsRequest},
};

use crate::{
    fixtures::NewTeam,
    harness::Harness,
    lists::List,
    multitude::{EVENT_EVERY, FIRST_BATCH, PEOPLE},
    plan_cases::{Case, case, stamp},
};

/// `ListEvents` with every filter and in both orders.
pub(crate) fn event_cases(h: &Harness, team: &NewTeam) -> Vec<Case> {
    let plain = ListEventsRequest::default;
    let of = |filter: EventFilter| ListEventsRequest {
        filter: Some(filter),
        ..plain()
    };
    let types = |types: &[EventType]| types.iter().map(|one| (*one).into()).collect();
    let some = [
        EventType::MemberInvited,
        EventType::MemberRemoved,
        EventType::LetterFailed,
    ];
    let of_team = |types: Vec<i32>| EventFilter {
        team_id: team.id.clone(),
        types,
        ..EventFilter::default()
    };
    let last: Position = EventPosition {
        batch: FIRST_BATCH + (PEOPLE - 1_000) / 7,
        ordinal: 1,
    }
    .into();
    let mut cases: Vec<Case> = [
        plain(),
        of(of_team(Vec::new())),
        of(of_team(types(&some[..1]))),
        of(of_team(types(&some))),
        of(EventFilter {
            types: types(&some),
            ..EventFilter::default()
        }),
        of(EventFilter {
            user_id: team.admin.clone(),
            ..EventFilter::default()
        }),
        of(EventFilter {
            user_id: team.admin.clone(),
            types: types(&some),
            ..EventFilter::default()
        }),
        ListEventsRequest {
            // Some minutes of what lies before are read over.
            create_time_from: Some(stamp(
                h.now().timestamp_micros() + PEOPLE / 14 * EVENT_EVERY,
            )),
            ..of(of_team(Vec::new()))
        },
    ]
    .into_iter()
    .map(|request| case(List::Events(request), "position", last.clone()))
    .collect();
    let oldest = EventPosition {
        batch: FIRST_BATCH + 100,
        ordinal: 1,
    };
    let backwards = ListEventsRequest {
        newest_first: true,
        create_time_before: Some(stamp(
            h.now().timestamp_micros() + PEOPLE / 14 * EVENT_EVERY,
        )),
        ..of(of_team(Vec::new()))
    };
    let newest_first = |filter| ListEventsRequest {
        newest_first: true,
        ..of(filter)
    };
    let all_types = EventFilter {
        types: types(&some),
        ..EventFilter::default()
    };
    for request in [
        backwards,
        newest_first(EventFilter::default()),
        newest_first(of_team(types(&some))),
        newest_first(all_types),
    ] {
        cases.push(case(List::Events(request), "position", oldest.into()));
    }
    cases
}
