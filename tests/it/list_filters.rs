//! Filters of lists, alone and together: each holds what its words say, in the order of the list, page by page.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use muster::proto::{
    CreateInvitationRequest, DeliveryState, Invitation, InvitationFilter, InvitationState,
    ListInvitationsRequest, ListMembersRequest, ListUsersRequest, Member, MemberFilter,
    MemberSource, MemberState, Role, UpdateUserRequest, User, UserFilter,
};
use prost_types::{FieldMask, Timestamp};

use crate::{
    fixtures::{MICROSECOND, WEEK, ask_first, invitation_of, time},
    harness::{Harness, tests},
    invitation_life::decline,
    lists::List,
    refusals::Outcome,
};

tests![
    members_are_listed_by_every_filter_and_by_all_of_them_together,
    accounts_of_a_team_are_listed_as_its_members_are,
    accounts_are_listed_by_verification_and_age,
    invitations_are_listed_by_every_filter_and_by_all_of_them_together,
    what_changes_between_two_pages_neither_hides_nor_repeats_the_rest,
    filters_of_a_team_need_the_team,
];

const ALL_STATES: [MemberState; 4] = [
    MemberState::Invited,
    MemberState::Active,
    MemberState::Disabled,
    MemberState::Removed,
];

fn numbers<T: Copy + Into<i32>>(values: &[T]) -> Vec<i32> {
    values.iter().map(|value| (*value).into()).collect()
}

fn with_role(team: &str, email: &str, role: Role) -> CreateInvitationRequest {
    let mut request = invitation_of(team, email);
    request.set_role(role);
    request
}

/// A team with people of every role, source and state; invitations that expired and others; verified accounts that are
/// invited. Its id.
async fn motley(h: &Harness) -> String {
    let team = h.team("acme").await;
    h.accept(&team.token).await.answered();
    let roles = [
        Role::Member,
        Role::Guest,
        Role::SecondaryAdmin,
        Role::SsoAdmin,
    ];
    for age in ["old", "new"] {
        for (number, role) in roles.into_iter().enumerate() {
            for fate in ["waits", "joins", "leaves"] {
                let email = format!("{fate}-{age}-{number}@acme.example");
                let one = h.invite_from(with_role(&team.id, &email, role)).await;
                match fate {
                    "joins" => drop(h.accept(&one.token).await.answered()),
                    "leaves" => decline(h, &one.token).await,
                    _ => {}
                }
            }
            h.advance(MICROSECOND * i32::try_from(number % 2).expect("a bit"));
        }
        let emails = [1, 2, 3].map(|number| format!("import-{age}-{number}@acme.example"));
        let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
        h.import_held(&team.id, age, &emails).await;
        if age == "old" {
            h.advance(WEEK);
        }
    }
    h.teams().update_team(ask_first(&team.id)).await.answered();
    for email in ["known-1@acme.example", "known-2@acme.example"] {
        h.verified(email).await;
        h.invite(&team.id, email).await;
    }
    team.id
}

fn members(team: &str, filter: MemberFilter) -> List {
    List::Members(ListMembersRequest {
        team_id: team.to_owned(),
        filter: Some(filter),
        ..ListMembersRequest::default()
    })
}

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

fn users(filter: UserFilter) -> List {
    List::Users(ListUsersRequest {
        filter: Some(filter),
        ..ListUsersRequest::default()
    })
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

fn invitations(team: &str, filter: InvitationFilter) -> List {
    List::Invitations(ListInvitationsRequest {
        team_id: team.to_owned(),
        filter: Some(filter),
        ..ListInvitationsRequest::default()
    })
}

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

/// What happens between two pages, one thing after the other; the ids of the rows that it concerns.
async fn change(h: &Harness, team: &str, number: usize) -> Vec<String> {
    let one = h.invite(team, &format!("late-{number}@acme.example")).await;
    match number % 3 {
        0 => drop(h.accept(&one.token).await.answered()),
        1 => decline(h, &one.token).await,
        _ => {}
    }
    let mut changed = vec![one.user, one.id];
    let open = InvitationFilter {
        states: numbers(&[InvitationState::Pending]),
        import_id: "new".to_owned(),
        ..InvitationFilter::default()
    };
    if let Some(open) = h
        .invitations_of(team, open)
        .await
        .into_iter()
        .nth(number % 3)
    {
        // The limit on resends is five a day.
        h.advance(TimeDelta::hours(5));
        h.resend(team, &open.id).await;
        let request = UpdateUserRequest {
            user: Some(User {
                id: open.user_id.clone(),
                given_name: format!("Zoe {number}"),
                ..User::default()
            }),
            update_mask: Some(FieldMask {
                paths: vec!["given_name".to_owned()],
            }),
        };
        h.users().update_user(request).await.answered();
        changed.extend([open.id, open.user_id]);
    }
    changed
}

async fn what_changes_between_two_pages_neither_hides_nor_repeats_the_rest(h: &Harness) {
    let team = motley(h).await;
    let by = |filter: MemberFilter| members(&team, filter);
    let lists = [
        by(MemberFilter::default()),
        by(MemberFilter {
            states: numbers(&ALL_STATES),
            ..MemberFilter::default()
        }),
        by(MemberFilter {
            roles: numbers(&[Role::Member, Role::Guest]),
            ..MemberFilter::default()
        }),
        by(MemberFilter {
            query: "a".to_owned(),
            ..MemberFilter::default()
        }),
        invitations(&team, InvitationFilter::default()),
        users(UserFilter::default()),
    ];
    for (round, list) in lists.into_iter().enumerate() {
        let before = list.by_pages_of(h, 1_000).await;
        let mut changed = BTreeSet::new();
        let (mut found, mut token) = (Vec::new(), String::new());
        for step in 0.. {
            assert!(step < 100, "{list:?} ends");
            let (page, next) = list.go_on(h, 3, token).await;
            found.extend(page);
            if next.is_empty() {
                break;
            }
            token = next;
            if step < 4 {
                changed.extend(change(h, &team, round * 10 + step).await);
            }
        }
        let rest = |rows: Vec<String>| {
            let rest = rows.into_iter().filter(|row| !changed.contains(row));
            rest.collect::<Vec<_>>()
        };
        let (before, found) = (rest(before), rest(found));
        assert!(before.len() > 5, "{list:?}");
        assert_eq!(found, before, "{list:?}");
    }
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
