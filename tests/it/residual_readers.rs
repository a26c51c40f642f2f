//! Letters about what remains reach only whoever looks after the hub when they are sent.

use chrono::TimeDelta;
use muster::{
    proto::{RemoveHubAdminRequest, Role},
    store::Reads,
};
use sea_orm::ConnectionTrait;

use crate::{
    accounts, erasures,
    harness::{Harness, tests},
    refusals::Outcome,
    removals::departure,
    residual::recipients,
    residual_letters::peopled,
};

tests![
    who_looks_after_a_hub_no_more_has_no_letter_waiting,
    who_is_admin_of_two_hubs_keeps_the_letters_of_the_other,
    a_primary_admin_is_written_to_also_when_he_was_the_hubs_own,
    a_relay_asks_who_looks_after_the_hub,
    who_was_the_primary_admin_is_not_written_to,
];

const HOUR: TimeDelta = TimeDelta::hours(1);

fn removal(team: &str, hub: &str, user: &str) -> RemoveHubAdminRequest {
    RemoveHubAdminRequest {
        team_id: team.to_owned(),
        hub_id: hub.to_owned(),
        user_id: user.to_owned(),
        ..RemoveHubAdminRequest::default()
    }
}

/// Where the letters about what remains stand, oldest first.
async fn states(h: &Harness) -> Vec<String> {
    let rows = h.outbox().await.into_iter();
    let rows = rows.filter(|row| row.kind == "residual_access");
    rows.map(|row| row.state).collect()
}

async fn who_looks_after_a_hub_no_more_has_no_letter_waiting(h: &Harness) {
    let ways = ["hub", "team", "account", "removal", "leaving", "erasure"];
    let names: Vec<String> = (0..12).map(|n| format!("p{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (team, hub, people) = peopled(h, &names).await;
    for (way, people) in ways.into_iter().zip(people.chunks(2)) {
        let keeper = format!("keeper-{way}@acme.example");
        let keeper = h.join_as(&team.id, &keeper, Role::Guest).await;
        h.make_hub_admin(&hub, &keeper).await;
        h.remove(&team.id, &people[0]).await;
        h.only_letter().await;
        h.remove(&team.id, &people[1]).await;
        let before = states(h).await;
        assert_eq!(before.last().expect("a letter"), "QUEUED", "{way}");
        match way {
            "hub" => {
                let request = removal(&team.id, &hub.id, &keeper);
                h.products().remove_hub_admin(request).await.answered();
            }
            "team" => {
                h.disable(&team.id, &keeper).await;
            }
            "account" => {
                accounts::disable(h, &keeper).await.answered();
            }
            "removal" => {
                h.remove(&team.id, &keeper).await;
            }
            "leaving" => {
                let mut teams = h.teams_as(&keeper);
                teams.leave_team(departure(&team.id)).await.answered();
            }
            "erasure" => {
                erasures::erase(h, &keeper).await.answered();
            }
            other => panic!("{other}"),
        }
        let after = states(h).await;
        assert_eq!(after.last().expect("a letter"), "CANCELLED", "{way}");
        h.advance(HOUR);
        assert!(h.deliver().await.is_empty(), "{way}");
    }
}

async fn who_is_admin_of_two_hubs_keeps_the_letters_of_the_other(h: &Harness) {
    let (team, hub, people) = peopled(h, &["ann", "bob"]).await;
    let other = h.hub(&team.id, "upchain").await;
    let keeper = h
        .join_as(&team.id, "keeper@acme.example", Role::Guest)
        .await;
    for hub in [&hub, &other] {
        h.make_hub_admin(hub, &keeper).await;
    }
    for user in &people {
        h.grant(&other, user).await;
        h.remove(&team.id, user).await;
        h.deliver().await;
    }
    let request = removal(&team.id, &hub.id, &keeper);
    h.products().remove_hub_admin(request).await.answered();
    h.advance(HOUR);
    let letter = h.only_letter().await;
    assert!(letter.text.contains("Our upchain"), "{}", letter.text);
}

async fn a_primary_admin_is_written_to_also_when_he_was_the_hubs_own(h: &Harness) {
    let (team, hub, people) = peopled(h, &["ann", "bob"]).await;
    h.make_hub_admin(&hub, &team.admin).await;
    h.remove(&team.id, &people[0]).await;
    h.only_letter().await;
    h.remove(&team.id, &people[1]).await;
    let request = removal(&team.id, &hub.id, &team.admin);
    h.products().remove_hub_admin(request).await.answered();
    h.advance(HOUR);
    assert_eq!(recipients(&h.deliver().await), ["boss@acme.example"]);
}

/// As if whoever took the hub from him, or disabled him, were a replica of the version before, which cancels nothing.
async fn a_relay_asks_who_looks_after_the_hub(h: &Harness) {
    let ways = [
        "DELETE FROM hub_admins",
        "UPDATE members SET disabled_by_admin = TRUE WHERE role = 'GUEST'",
    ];
    let (team, hub, people) = peopled(h, &["ann", "bob"]).await;
    for (index, way) in ways.into_iter().enumerate() {
        let keeper = format!("keeper{index}@acme.example");
        let keeper = h.join_as(&team.id, &keeper, Role::Guest).await;
        h.make_hub_admin(&hub, &keeper).await;
        h.remove(&team.id, &people[index]).await;
        let connection = h.ctx.store.connection();
        connection.execute_unprepared(way).await.expect("a change");
        assert!(h.deliver().await.is_empty(), "{way}");
        assert_eq!(states(h).await.last().expect("a letter"), "CANCELLED");
    }
}

async fn who_was_the_primary_admin_is_not_written_to(h: &Harness) {
    let (team, _, people) = peopled(h, &["ann"]).await;
    let second = h
        .join_as(&team.id, "second@acme.example", Role::SecondaryAdmin)
        .await;
    h.remove(&team.id, &people[0]).await;
    h.hand_over(&team.id, &second).await;
    assert!(h.deliver().await.is_empty());
}
