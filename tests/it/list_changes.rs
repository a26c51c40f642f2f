//! Lists that change while somebody reads them page by page.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use muster::proto::{
    InvitationFilter, InvitationState, MemberFilter, Role, UpdateUserRequest, User, UserFilter,
};
use prost_types::FieldMask;

use crate::{
    harness::{Harness, tests},
    invitation_life::decline,
    motley::{ALL_STATES, invitations, members, motley, numbers, users},
    refusals::Outcome,
};

tests![what_changes_between_two_pages_neither_hides_nor_repeats_the_rest];

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
            ..UpdateUserRequest::default()
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
