//! Callers who go away at any moment: what was acknowledged to others stays.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use muster::{
    app::keys,
    proto::{
        invitation_service_client::InvitationServiceClient, team_service_client::TeamServiceClient,
    },
    secrets,
};
use tonic::service::interceptor::InterceptedService;

use crate::{
    fixtures::{invitation_of, team_called},
    harness::{BearerKey, Harness, tests},
    refusals::Outcome,
};

tests![two_thousand_aborted_calls_lose_nothing_that_was_acknowledged];

const ABORTED: usize = 2_000;
/// A busy machine aborts more of them, until so many others were acknowledged beside them.
const ENOUGH: usize = 12;
/// Calls are aborted after up to this time: around the beginning of their transactions.
const LONGEST: u32 = 3_000;

async fn two_thousand_aborted_calls_lose_nothing_that_was_acknowledged(h: &Harness) {
    let (made, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let aborting = async {
        abort_calls(h, &made).await;
        over.store(true, Ordering::Relaxed);
    };
    let beside = ["one", "two"].map(|name| acknowledge(h, name, (&made, &over)));
    let [one, two] = beside;
    let (one, two, ()) = tokio::join!(one, two, aborting);
    let acknowledged = [one, two].concat();
    let count = acknowledged.len();

    for (team, admin, user) in &acknowledged {
        assert_eq!(h.counts(team).await.invited_members, 2);
        h.member(team, admin).await;
        h.member(team, user).await;
    }
    // What aborted calls did nevertheless they did whole, and the store works on.
    let letters = h.deliver().await.len();
    let reached = letters.saturating_sub(2 * count);
    assert!(reached > 20, "only {reached} of the aborted calls got far");
    assert!(h.outbox().await.iter().all(|row| row.state == "SENT"));
    let team = h.team("late").await.id;
    let joined = h.join(&team, "late@a.example").await;
    h.member(&team, &joined.user).await;
}

/// Makes teams with one invitation each until told; (team, admin, user) of those that were acknowledged.
async fn acknowledge(
    h: &Harness,
    name: &str,
    (count, over): (&AtomicUsize, &AtomicBool),
) -> Vec<(String, String, String)> {
    let mut made = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let name = format!("{name}-{}", made.len());
        let answer = h.teams().create_team(team_called(&name)).await.answered();
        let team = answer.team.expect("the team").id;
        let admin = answer.member.expect("the admin").user_id;
        let request = invitation_of(&team, &format!("ann@{name}.example"));
        let answer = h.invitations().create_invitation(request).await.answered();
        made.push((team, admin, answer.member.expect("the member").user_id));
        count.fetch_add(1, Ordering::Relaxed);
    }
    made
}

/// Begins calls and drops each at a random microsecond.
async fn abort_calls(h: &Harness, made: &AtomicUsize) {
    let nowhere = h.unknown_id();
    let key = keys::create(&h.ctx, "aborting").await.expect("a key");
    // Whoever resets many streams may be cut off; the others' connection is not his.
    let channel = InterceptedService::new(h.anonymous_channel(), BearerKey::new(key.text()));
    for n in 0.. {
        if n >= ABORTED && made.load(Ordering::Relaxed) >= ENOUGH {
            return;
        }
        let random = u32::from_le_bytes(secrets::random().expect("randomness"));
        let wait = Duration::from_micros(u64::from(random % LONGEST));
        let channel = channel.clone();
        let nowhere = nowhere.clone();
        let call = tokio::spawn(async move {
            if n % 8 == 0 {
                let team = team_called(&format!("aborted-{n}"));
                let made = TeamServiceClient::new(channel).create_team(team).await;
                drop(made);
            } else {
                // Refused soon after its transaction began: many of these can be under way.
                let request = invitation_of(&nowhere, "ann@a.example");
                let mut invitations = InvitationServiceClient::new(channel);
                drop(invitations.create_invitation(request).await);
            }
        });
        let begun = Instant::now();
        while begun.elapsed() < wait {
            tokio::task::yield_now().await;
        }
        call.abort();
    }
}
