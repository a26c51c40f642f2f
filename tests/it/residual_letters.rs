//! Letters about what remains: at once, then once an hour, and always of all who still get in.

use std::time::Duration;

use chrono::TimeDelta;
use muster::{
    proto::{Hub, Role},
    store::residual_letters,
};
use uuid::Uuid;

use crate::{
    fixtures::{MICROSECOND, NewTeam, WEEK},
    harness::{Harness, tests},
    outbox::stalled,
    product_fixtures::revocation_of,
    races::at_once,
    refusals::Outcome,
    relays::run_dry,
    removals::removal,
    residual::report,
};

tests![
    what_remains_within_an_hour_of_a_letter_is_told_in_the_next,
    who_is_reported_again_and_again_makes_one_letter_an_hour,
    each_hub_and_each_admin_has_an_hour_of_its_own,
    a_letter_on_its_way_is_not_counted_on,
    a_letter_that_is_counted_on_is_taken_by_no_relay,
    of_sixteen_who_leave_while_letters_are_sent_the_last_one_tells,
    a_letter_names_who_brought_it_about_last,
    a_letter_is_not_sent_when_nobody_gets_in_any_more,
    a_letter_that_waits_has_its_whole_time_from_when_it_goes,
];

const HOUR: TimeDelta = TimeDelta::hours(1);

/// A team with a hub where access remains, and these people who have it.
pub(crate) async fn peopled(h: &Harness, names: &[&str]) -> (NewTeam, Hub, Vec<String>) {
    let team = h.led_team("acme").await;
    let hub = h.hub(&team.id, "tandem").await;
    let mut people = Vec::new();
    for name in names {
        let user = h.join(&team.id, &format!("{name}@acme.example")).await.user;
        h.grant(&hub, &user).await;
        people.push(user);
    }
    (team, hub, people)
}

/// Of how many the only letter that is due says that they still get in.
async fn told(h: &Harness) -> String {
    let letter = h.only_letter().await;
    let (_, words) = letter.text.split_once("\n\n").expect("a greeting");
    let first = words.split(' ').next().expect("a word");
    first.to_owned()
}

async fn what_remains_within_an_hour_of_a_letter_is_told_in_the_next(h: &Harness) {
    let (team, _, people) = peopled(h, &["ann", "bob", "cid", "dan", "eve"]).await;
    h.remove(&team.id, &people[0]).await;
    assert_eq!(told(h).await, "Somebody");
    for user in &people[1..4] {
        h.advance(TimeDelta::minutes(10));
        h.remove(&team.id, user).await;
        assert!(h.deliver().await.is_empty());
    }
    h.advance(TimeDelta::minutes(30) - MICROSECOND);
    assert!(h.deliver().await.is_empty());
    h.advance(MICROSECOND);
    assert_eq!(told(h).await, "4");
    h.advance(HOUR);
    assert!(h.deliver().await.is_empty(), "nothing came to remain since");
    h.remove(&team.id, &people[4]).await;
    assert_eq!(told(h).await, "5");
}

async fn who_is_reported_again_and_again_makes_one_letter_an_hour(h: &Harness) {
    let (team, hub, people) = peopled(h, &["ann"]).await;
    h.remove(&team.id, &people[0]).await;
    assert_eq!(told(h).await, "Somebody");
    for _ in 0..5 {
        h.revoke(&hub, &people[0]).await;
        let request = report(&hub, &people[0]);
        h.products()
            .report_residual_access(request)
            .await
            .answered();
        assert!(h.deliver().await.is_empty());
    }
    assert_eq!(
        h.outbox()
            .await
            .iter()
            .filter(|row| row.kind == "residual_access")
            .count(),
        2
    );
    h.advance(HOUR);
    assert_eq!(told(h).await, "Somebody");
}

async fn each_hub_and_each_admin_has_an_hour_of_its_own(h: &Harness) {
    let (team, hub, people) = peopled(h, &["ann", "bob", "cid"]).await;
    let other = h.hub(&team.id, "upchain").await;
    h.grant(&other, &people[1]).await;
    h.remove(&team.id, &people[0]).await;
    assert_eq!(h.only_letter().await.to, "boss@acme.example");
    h.remove(&team.id, &people[1]).await;
    let letter = h.only_letter().await;
    assert!(letter.text.contains("Our upchain"));
    let keeper = h
        .join_as(&team.id, "keeper@acme.example", Role::Guest)
        .await;
    h.make_hub_admin(&hub, &keeper).await;
    h.remove(&team.id, &people[2]).await;
    assert_eq!(h.only_letter().await.to, "keeper@acme.example");
    // What the primary admin was to be told of before the hub had an admin is his still.
    h.advance(HOUR);
    assert_eq!(h.only_letter().await.to, "boss@acme.example");
}

async fn a_letter_on_its_way_is_not_counted_on(h: &Harness) {
    let (team, _, people) = peopled(h, &["ann", "bob", "cid"]).await;
    h.remove(&team.id, &people[0]).await;
    let (peer, first) = stalled(h).await;
    // It says already how many they are.
    h.remove(&team.id, &people[1]).await;
    h.remove(&team.id, &people[2]).await;
    let rows = h.outbox().await;
    let rows = rows.iter().filter(|row| row.kind == "residual_access");
    let tries: Vec<_> = rows.map(|row| (row.state.as_str(), row.attempts)).collect();
    assert_eq!(tries, [("QUEUED", 1), ("QUEUED", 0)]);
    drop(peer);
    first.await.expect("the first relay's step");
    h.advance(TimeDelta::seconds(30));
    assert_eq!(
        told(h).await,
        "3",
        "the one that the mail server did not take"
    );
    h.advance(HOUR);
    assert_eq!(told(h).await, "3", "the one that was written meanwhile");
}

async fn a_letter_that_is_counted_on_is_taken_by_no_relay(h: &Harness) {
    let (team, hub, people) = peopled(h, &["ann"]).await;
    h.remove(&team.id, &people[0]).await;
    let (team, hub): (Uuid, Uuid) = (team.id.parse().expect("id"), hub.id.parse().expect("id"));
    let relay = h.relay(h.mailbox.clone().into());
    let sending = h
        .ctx
        .store
        .write(|tx| {
            let (relay, mailbox) = (relay.clone(), h.mailbox.clone());
            async move {
                let waiting = residual_letters::waiting(&tx, (&[team], &[hub])).await?;
                assert_eq!(waiting.len(), 1);
                let sending = tokio::spawn(async move { relay.step().await.expect("a step") });
                tokio::time::sleep(Duration::from_millis(300)).await;
                assert!(mailbox.take().is_empty());
                Ok(sending)
            }
        })
        .await
        .expect("a transaction");
    sending.await.expect("the relay's step");
    assert_eq!(told(h).await, "Somebody");
}

async fn of_sixteen_who_leave_while_letters_are_sent_the_last_one_tells(h: &Harness) {
    let names: Vec<String> = (0..16).map(|n| format!("p{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (team, _, people) = peopled(h, &names).await;
    let leaving = at_once(16, |index| {
        let (mut client, request) = (h.teams(), removal(&team.id, &people[index]));
        async move { client.remove_member(request).await }
    });
    let sending = async {
        for _ in 0..50 {
            run_dry(&h.relay(h.mailbox.clone().into())).await;
            tokio::task::yield_now().await;
        }
    };
    let (answers, ()) = tokio::join!(leaving, sending);
    for answer in answers {
        answer.answered();
    }
    let mut letters = h.deliver().await;
    assert_eq!(letters.len(), 1);
    h.advance(HOUR);
    letters.extend(h.deliver().await);
    assert!(letters.len() <= 2, "{}", letters.len());
    let last = letters.pop().expect("a letter");
    assert!(last.text.contains("16 people"), "{}", last.text);
}

async fn a_letter_names_who_brought_it_about_last(h: &Harness) {
    let (team, _, people) = peopled(h, &["ann", "bob", "cid"]).await;
    h.remove(&team.id, &people[0]).await;
    let letter = h.only_letter().await;
    assert!(!letter.text.contains("Who brought"), "{}", letter.text);
    let second = h
        .join_as(&team.id, "second@acme.example", Role::SecondaryAdmin)
        .await;
    let request = removal(&team.id, &people[1]);
    h.teams_as(&second).remove_member(request).await.answered();
    let request = removal(&team.id, &people[2]);
    let mut primary = h.teams_as(&team.admin);
    primary.remove_member(request).await.answered();
    h.advance(HOUR);
    let letter = h.only_letter().await;
    assert!(letter.text.contains("last: Bea Boss."), "{}", letter.text);
}

async fn a_letter_is_not_sent_when_nobody_gets_in_any_more(h: &Harness) {
    let (team, hub, people) = peopled(h, &["ann", "bob", "cid"]).await;
    h.remove(&team.id, &people[0]).await;
    assert_eq!(told(h).await, "Somebody");
    h.remove(&team.id, &people[1]).await;
    for user in &people[..2] {
        let request = revocation_of(&hub, user);
        let mut products = h.products();
        products.revoke_product_access(request).await.answered();
    }
    h.advance(HOUR);
    assert!(h.deliver().await.is_empty());
    let rows = h.outbox().await;
    let last = rows.last().expect("the letter");
    assert_eq!(last.state, "CANCELLED");
    // One that was not sent keeps none waiting.
    h.remove(&team.id, &people[2]).await;
    assert_eq!(told(h).await, "Somebody");
}

async fn a_letter_that_waits_has_its_whole_time_from_when_it_goes(h: &Harness) {
    let (team, _, people) = peopled(h, &["ann", "bob"]).await;
    h.remove(&team.id, &people[0]).await;
    assert_eq!(told(h).await, "Somebody");
    h.remove(&team.id, &people[1]).await;
    h.advance(WEEK);
    assert_eq!(told(h).await, "2");
}
