//! A batch of five thousand is five thousand single removals, at the price of fifty.

use std::collections::BTreeMap;

use muster::proto::{
    BatchRemoveMembersRequest, Event, EventFilter, EventType, ListEventsRequest,
    ListMembersRequest, MemberFilter, MemberState, Reason, event::Payload,
};
use tonic_types::StatusExt;

use crate::{
    batch_removals::batch,
    events::list,
    fixtures::NewTeam,
    harness::{Harness, tests},
    refusals::Outcome,
    removals::removal,
    role_changes::revoke,
    statements::{accept_all, cost, hold_alike_of},
    uploads::{crowd, header, held},
};

tests![five_thousand_at_once_are_as_five_thousand_one_by_one];

/// Does something for each of so many, four at a time: one at a time the server would mostly wait for its client.
async fn by_several(count: usize, each: impl AsyncFn(usize)) {
    let strided = async |first: usize| {
        for index in (first..count).step_by(4) {
            each(index).await;
        }
    };
    tokio::join!(strided(0), strided(1), strided(2), strided(3));
}

/// A team of the same people as another: of each hundred 90 wait, 4 joined, 3 are disabled, 3 have left; and its primary admin.
async fn peopled(h: &Harness, name: &str, count: usize) -> (NewTeam, Vec<String>) {
    let team = h.team(name).await;
    let rows = crowd("one-of", count - 1);
    let results = h.import_rows(held(&team.id, "march"), &rows).await;
    let mut people = Vec::with_capacity(count);
    by_several(results.len(), async |index| {
        let one = &results[index];
        match index % 100 {
            0..=2 => drop(h.disable(&team.id, &one.user_id).await),
            7..=9 => revoke_or_remove(h, &team.id, (&one.user_id, &one.invitation_id)).await,
            _ => {}
        }
    })
    .await;
    people.extend(results.into_iter().map(|one| one.user_id));
    people.push(team.admin.clone());
    (team, people)
}

async fn revoke_or_remove(h: &Harness, team: &str, (user, invitation): (&str, &str)) {
    if invitation.is_empty() {
        h.remove(team, user).await;
    } else {
        revoke(h, team, invitation).await;
    }
}

/// People whom their account makes members at once: the first ten of each hundred.
async fn verify_some(h: &Harness, count: usize) {
    let other = h.team("verifying").await.id;
    let rows = crowd("one-of", count);
    let some = rows.iter().enumerate();
    let some = some.filter(|(index, _)| index % 100 < 10);
    let some: Vec<_> = some.map(|(_, row)| row.clone()).collect();
    h.import_rows(header(&other, "verifying"), &some).await;
    accept_all(h).await;
}

/// Each person's state and when he left.
async fn states(h: &Harness, team: &str) -> BTreeMap<String, (MemberState, Option<i64>)> {
    let mut states = BTreeMap::new();
    let mut request = ListMembersRequest {
        team_id: team.to_owned(),
        page_size: 1_000,
        filter: Some(MemberFilter {
            states: [
                MemberState::Invited,
                MemberState::Active,
                MemberState::Disabled,
                MemberState::Removed,
            ]
            .map(Into::into)
            .to_vec(),
            ..MemberFilter::default()
        }),
        ..ListMembersRequest::default()
    };
    loop {
        let page = h.teams().list_members(request.clone()).await.answered();
        for one in page.members {
            let left = one.remove_time.map(|time| time.seconds);
            // The primary admins are two people.
            states.insert(one.user_id.clone(), (one.state(), left));
        }
        if page.next_page_token.is_empty() {
            return states;
        }
        request.page_token = page.next_page_token;
    }
}

/// What the events of removals say of each person, without what differs between two teams.
async fn told(h: &Harness, team: &str) -> BTreeMap<String, (i32, i32, i32, i32, bool)> {
    let request = ListEventsRequest {
        filter: Some(EventFilter {
            team_id: team.to_owned(),
            types: vec![EventType::MemberRemoved.into()],
            ..EventFilter::default()
        }),
        page_size: 1_000,
        ..ListEventsRequest::default()
    };
    let tell = |event: Event| {
        let Some(Payload::Member(member)) = event.payload else {
            panic!("a member's event");
        };
        let ended = !member.invitation_id.is_empty();
        let what = (
            member.role,
            member.state,
            member.source,
            member.removal,
            ended,
        );
        (event.user_id, what)
    };
    let events = list(h, request).await;
    let count = events.len();
    let told: BTreeMap<_, _> = events.into_iter().map(tell).collect();
    assert_eq!(told.len(), count, "one event each");
    told
}

async fn five_thousand_at_once_are_as_five_thousand_one_by_one(h: &Harness) {
    verify_some(h, 4_999).await;
    let (few, fifty) = peopled(h, "few", 50).await;
    let (many, all) = peopled(h, "many", 5_000).await;
    let (single, same) = peopled(h, "single", 5_000).await;
    assert_eq!(all[..4_999], same[..4_999]);

    let request = |team: &NewTeam, people: &[String]| {
        let people: Vec<&str> = people.iter().map(String::as_str).collect();
        batch(&team.id, &people)
    };
    hold_alike_of((50, 5_000), async |_, count| {
        let rehearsal = BatchRemoveMembersRequest {
            validate_only: true,
            ..if count == 50 {
                request(&few, &fifty)
            } else {
                request(&many, &all)
            }
        };
        cost(h, async {
            let told = h.teams().batch_remove_members(rehearsal).await.answered();
            assert_eq!(told.results.len(), count);
        })
        .await
    })
    .await;
    let answer = h.teams().batch_remove_members(request(&many, &all)).await;
    let answers = answer.answered().results;

    by_several(answers.len(), async |index| {
        let (answer, user) = (&answers[index], &same[index]);
        let alone = match h.teams().remove_member(removal(&single.id, user)).await {
            Ok(_) => Reason::Unspecified,
            Err(status) => {
                let info = status.get_details_error_info().expect("ErrorInfo");
                let name = format!("REASON_{}", info.reason);
                Reason::from_str_name(&name).expect("a reason")
            }
        };
        assert_eq!(answer.refusal(), alone, "{}", answer.user_id);
    })
    .await;
    let removed = answers
        .iter()
        .filter(|one| one.refusal() == Reason::Unspecified);
    assert_eq!(removed.count(), 5_000 - 150 - 1);

    let (mut together, mut alone) = (states(h, &many.id).await, states(h, &single.id).await);
    assert_eq!(together.len(), 5_000);
    assert!(together.remove(&many.admin).is_some());
    assert!(alone.remove(&single.admin).is_some());
    assert_eq!(together, alone);
    assert_eq!(told(h, &many.id).await, told(h, &single.id).await);
    assert_eq!(h.counts(&many.id).await, h.counts(&single.id).await);
}
