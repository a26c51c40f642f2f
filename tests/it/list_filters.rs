//! Filters of people, alone and together: each holds what its words say, in the order of the list, page by page.

use muster::proto::{
    InvitationState, ListMembersRequest, ListUsersRequest, Member, MemberFilter, MemberSource,
    MemberState, Role, User, UserFilter,
};
use prost_types::Timestamp;

use crate::{
    fixtures::time,
    harness::{Harness, tests},
    motley::{ALL_STATES, members, motley, numbers, users},
    refusals::Outcome,
};

tests![
    members_are_listed_by_every_filter_and_by_all_of_them_together,
    accounts_of_a_team_are_listed_as_its_members_are,
    accounts_are_listed_by_verification_and_age,
    filters_of_a_team_need_the_team,
];

/// Every membership of a team, past ones too.
async fn everybody(h: &Harness, team: &str) -> Vec<Member> {
    let request = ListMembersRequest {
        team_id: team.to_owned(),
        page_size: 1_000,
        filter: Some(MemberFilter {
            states: numbers(&ALL_STATES),
            ..MemberFilter::default()
        }),
        ..ListMembersRequest::default()
    };
    h.teams().list_members(request).await.answered().members
}

fn admits(filter: &MemberFilter, member: &Member) -> bool {
    let user = member.user.as_ref().expect("the account");
    let is_in = |list: &[i32], value: i32| list.is_empty() || list.contains(&value);
    let is_expired = member
        .invitation
        .as_ref()
        .is_some_and(|open| open.state() == InvitationState::Expired);
    let by_state = if filter.states.is_empty() {
        member.state() != MemberState::Removed
    } else {
        filter.states.contains(&member.state)
    };
    by_state
        && is_in(&filter.roles, member.role)
        && is_in(&filter.sources, member.source)
        && filter
            .verified
            .is_none_or(|only| only == user.verify_time.is_some())
        && (is_expired || !filter.invitation_expired)
        && filter
            .create_time_from
            .is_none_or(|from| time(member.create_time) >= time(Some(from)))
}

/// What a list with this filter must hold, in order.
fn expected(filter: &MemberFilter, everybody: &[Member]) -> Vec<String> {
    let mut found: Vec<_> = everybody
        .iter()
        .filter(|member| admits(filter, member))
        .map(|member| {
            let user = member.user_id.clone();
            match &member.invitation {
                Some(open) if filter.invitation_expired => {
                    (time(open.expire_time), open.id.clone(), user)
                }
                _ => (time(member.create_time), user.clone(), user),
            }
        })
        .collect();
    found.sort();
    found.into_iter().map(|(.., user)| user).collect()
}

/// Every filter alone, and all combinations of some of each.
fn member_filters(from: Timestamp) -> Vec<MemberFilter> {
    let roles = [
        vec![],
        numbers(&[Role::Guest]),
        numbers(&[Role::PrimaryAdmin, Role::Guest, Role::Guest]),
        numbers(&[Role::SecondaryAdmin, Role::Member]),
    ];
    let states = [
        vec![],
        numbers(&[MemberState::Invited]),
        numbers(&[MemberState::Active, MemberState::Active]),
        numbers(&[MemberState::Removed, MemberState::Invited]),
        numbers(&[MemberState::Disabled]),
        numbers(&ALL_STATES),
    ];
    let sources = [
        vec![],
        numbers(&[MemberSource::Import]),
        numbers(&[
            MemberSource::Manual,
            MemberSource::Import,
            MemberSource::Import,
        ]),
    ];
    let mut filters = Vec::new();
    for roles in &roles {
        for states in &states {
            for sources in &sources {
                for verified in [None, Some(false), Some(true)] {
                    for invitation_expired in [false, true] {
                        for create_time_from in [None, Some(from)] {
                            filters.push(MemberFilter {
                                roles: roles.clone(),
                                states: states.clone(),
                                sources: sources.clone(),
                                verified,
                                invitation_expired,
                                create_time_from,
                                query: String::new(),
                            });
                        }
                    }
                }
            }
        }
    }
    filters
}

/// How many fields of a filter say something.
fn weight(filter: &MemberFilter) -> usize {
    [
        !filter.roles.is_empty(),
        !filter.states.is_empty(),
        !filter.sources.is_empty(),
        filter.verified.is_some(),
        filter.invitation_expired,
        filter.create_time_from.is_some(),
    ]
    .into_iter()
    .filter(|given| *given)
    .count()
}

async fn members_are_listed_by_every_filter_and_by_all_of_them_together(h: &Harness) {
    let team = motley(h).await;
    h.team("other").await;
    let everybody = everybody(h, &team).await;
    assert_eq!(everybody.len(), 33);
    let from = everybody[20].create_time.expect("a time");
    let mut empty = 0;
    for filter in member_filters(from) {
        let expected = expected(&filter, &everybody);
        empty += usize::from(expected.is_empty());
        let list = members(&team, filter.clone());
        let found = if weight(&filter) < 2 {
            list.all(h).await
        } else {
            list.by_pages_of(h, 7).await
        };
        assert_eq!(found, expected, "{filter:?}");
    }
    assert!(empty < 600, "{empty} of 864 filters leave nobody");
}

async fn accounts_of_a_team_are_listed_as_its_members_are(h: &Harness) {
    let team = motley(h).await;
    let everybody = everybody(h, &team).await;
    let from = everybody[20].create_time.expect("a time");
    for filter in member_filters(from) {
        if weight(&filter) < 2 {
            let list = users(UserFilter {
                team_id: team.clone(),
                roles: filter.roles.clone(),
                states: filter.states.clone(),
                sources: filter.sources.clone(),
                verified: filter.verified,
                invitation_expired: filter.invitation_expired,
                create_time_from: filter.create_time_from,
                query: String::new(),
                show_deleted: false,
            });
            assert_eq!(
                list.all(h).await,
                expected(&filter, &everybody),
                "{filter:?}"
            );
        }
    }
    let nowhere = users(UserFilter {
        team_id: h.unknown_id(),
        ..UserFilter::default()
    });
    let answer = nowhere.page(h, 1, String::new()).await;
    let answer = answer.map(tonic::Response::new);
    answer.refused(tonic::Code::NotFound, "TEAM_NOT_FOUND");
}

async fn accounts_are_listed_by_verification_and_age(h: &Harness) {
    motley(h).await;
    let request = ListUsersRequest {
        page_size: 1_000,
        ..ListUsersRequest::default()
    };
    let all: Vec<User> = h.users().list_users(request).await.answered().users;
    assert_eq!(all.len(), 33);
    let middle = all[16].create_time.expect("a time");
    let next = Timestamp {
        nanos: middle.nanos + 1_000,
        ..middle
    };
    for verified in [None, Some(false), Some(true)] {
        for from in [None, Some(middle), Some(next), Some(Timestamp::default())] {
            let admits = |user: &&User| {
                verified.is_none_or(|only| only == user.verify_time.is_some())
                    && from.is_none_or(|from| time(user.create_time) >= time(Some(from)))
            };
            let expected: Vec<_> = all.iter().filter(admits).map(|user| &user.id).collect();
            let filter = UserFilter {
                verified,
                create_time_from: from,
                ..UserFilter::default()
            };
            let found = users(filter).all(h).await;
            assert_eq!(
                found.iter().collect::<Vec<_>>(),
                expected,
                "{verified:?} {from:?}"
            );
        }
    }
    let never = UserFilter {
        create_time_from: Some(Timestamp {
            seconds: 8_000_000_000_000,
            nanos: 0,
        }),
        ..UserFilter::default()
    };
    assert_eq!(users(never).all(h).await, Vec::<String>::new());
}

async fn filters_of_a_team_need_the_team(h: &Harness) {
    for filter in [
        UserFilter {
            roles: numbers(&[Role::Guest]),
            ..UserFilter::default()
        },
        UserFilter {
            states: numbers(&[MemberState::Active]),
            ..UserFilter::default()
        },
        UserFilter {
            sources: numbers(&[MemberSource::Import]),
            ..UserFilter::default()
        },
        UserFilter {
            invitation_expired: true,
            ..UserFilter::default()
        },
    ] {
        let request = ListUsersRequest {
            filter: Some(filter),
            ..ListUsersRequest::default()
        };
        let answer = h.users().list_users(request).await;
        answer.invalid(&[("filter.team_id", "REQUIRED")]);
    }
    let broken = UserFilter {
        team_id: "acme".to_owned(),
        roles: vec![99],
        create_time_from: Some(Timestamp {
            seconds: i64::MAX,
            nanos: 0,
        }),
        ..UserFilter::default()
    };
    let request = ListUsersRequest {
        filter: Some(broken),
        ..ListUsersRequest::default()
    };
    h.users().list_users(request).await.invalid(&[
        ("filter.team_id", "MALFORMED"),
        ("filter.roles[0]", "UNKNOWN_VALUE"),
        ("filter.create_time_from", "OUT_OF_RANGE"),
    ]);
}
