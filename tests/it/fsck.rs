//! What is true of every database: each invariant is found broken where it is, and nowhere else.

use std::{collections::BTreeSet, time::Duration};

use muster::{
    app::housekeeping,
    config::Settings,
    store::{Patience, Reads, Snapshot, Store, StoreOptions, fsck},
};
use sea_orm::{ConnectionTrait, Statement};

use crate::{
    breaches::CASES,
    broken::{Keyless, Life},
    directory_breaches,
    fixtures::invitation_of,
    groups,
    harness::{Harness, tests},
    hub_breaches,
    refusals::Outcome,
    sso_breaches,
};

tests![
    a_full_life_breaks_nothing,
    every_broken_invariant_is_named_and_no_other,
    so_many_rows_are_named_and_all_are_counted,
    what_was_never_released_is_no_alarm_once_its_import_is_gone with keep_imports_a_week,
    a_snapshot_is_one_state_whatever_others_write,
    a_snapshot_takes_longer_than_a_call_may,
];

fn keep_imports_a_week(settings: &mut Settings) {
    settings.imports_kept = Duration::from_hours(24 * 7);
}

/// The names of what is broken, in one team or anywhere.
pub(crate) async fn broken(h: &Harness, team: Option<&str>) -> Vec<&'static str> {
    let snapshot = h.ctx.store.snapshot().await.expect("a snapshot");
    let names = broken_in(&snapshot, team).await;
    snapshot.end().await.expect("an end");
    names
}

async fn broken_in(snapshot: &Snapshot, team: Option<&str>) -> Vec<&'static str> {
    let team = team.map(|id| id.parse().expect("an id"));
    let mut names = Vec::new();
    for invariant in fsck::all() {
        let found = invariant.broken(snapshot, team, 1).await;
        let found = found.unwrap_or_else(|error| panic!("{}: {error:?}", invariant.name));
        if found.count > 0 {
            names.push(invariant.name);
        }
    }
    names
}

impl Harness {
    /// Holds that no invariant is broken, in one team or anywhere.
    pub(crate) async fn is_sound(&self, team: Option<&str>) {
        assert_eq!(broken(self, team).await, Vec::<&str>::new());
    }

    /// Somebody invited whose letter has not been sent; the invitation's id.
    pub(crate) async fn invite_unread(&self, team: &str, email: &str) -> String {
        let request = invitation_of(team, email);
        let answer = self.invitations().create_invitation(request).await;
        answer.answered().invitation.expect("an invitation").id
    }
}

async fn a_full_life_breaks_nothing(h: &Harness) {
    let acme = Life::of(h, "acme").await;
    h.is_sound(None).await;
    h.is_sound(Some(&acme.team.id)).await;
    h.deliver().await;
    h.is_sound(None).await;
}

fn breaches() -> impl Iterator<Item = &'static (&'static [&'static str], &'static str)> {
    let of_people = CASES.iter().chain(hub_breaches::CASES);
    let of_identities = sso_breaches::CASES.iter().chain(directory_breaches::CASES);
    of_people
        .chain(of_identities)
        .chain(groups::breaches::CASES)
}

async fn every_broken_invariant_is_named_and_no_other(h: &Harness) {
    let other = Life::of(h, "other").await;
    // A letter waits in the team that is broken.
    h.deliver().await;
    let acme = Life::of(h, "acme").await;
    let database = Keyless::made_of(h).await;
    let backend = h.ctx.store.connection().get_database_backend();
    let found = async |team: Option<&str>| BTreeSet::from_iter(broken(h, team).await);
    let mut tried = BTreeSet::new();
    for (names, sql) in breaches() {
        database.run(&acme.said(&other, backend, sql)).await;
        let bare = |name: &&'static str| name.trim_matches(['(', ')']);
        let everywhere: BTreeSet<_> = names.iter().map(bare).collect();
        let shown_here = names.iter().filter(|name| !name.starts_with('('));
        let here: BTreeSet<_> = shown_here.copied().collect();
        assert_eq!(found(None).await, everywhere, "{sql}");
        assert_eq!(found(Some(&acme.team.id)).await, here, "{sql}");
        let team = acme.team.id.parse().expect("an id");
        let at_once = fsck::broken_in(&h.ctx.store, team).await;
        assert_eq!(
            BTreeSet::from_iter(at_once.expect("an answer")),
            here,
            "{sql}"
        );
        assert_eq!(found(Some(&other.team.id)).await, BTreeSet::new(), "{sql}");
        tried.insert(bare(&names[0]));
        database.mend().await;
    }
    h.is_sound(None).await;
    let all: BTreeSet<_> = fsck::all().map(|invariant| invariant.name).collect();
    assert_eq!(tried, all, "what nobody can break may be found by nothing");
    h.deliver().await;
}

async fn so_many_rows_are_named_and_all_are_counted(h: &Harness) {
    let acme = Life::of(h, "acme").await;
    h.deliver().await;
    let database = Keyless::made_of(h).await;
    database
        .run("UPDATE members SET role = 'PRIMARY_ADMIN'")
        .await;
    let invariant = fsck::all().find(|one| one.name == "only-the-team-names-its-primary-admin");
    let invariant = invariant.expect("the invariant");
    for most in [0, 1, 3, 100] {
        let found = invariant.broken(&h.ctx.store, None, most).await;
        let found = found.expect("an answer");
        assert_eq!(found.count, 10);
        assert_eq!(found.some.len(), 10.min(most as usize));
        for row in found.some {
            assert_eq!(row[0], ("team_id".to_owned(), acme.team.id.clone()));
            assert_eq!(row[1].0, "user_id");
        }
    }
}

async fn what_was_never_released_is_no_alarm_once_its_import_is_gone(h: &Harness) {
    let team = h.led_team("acme").await;
    h.import_held(&team.id, "march", &["ann@acme.example"])
        .await;
    h.advance(chrono::TimeDelta::days(8));
    let swept = housekeeping::sweep(&h.ctx).await.expect("a sweep");
    assert_eq!(swept.imports, 1);
    h.is_sound(None).await;
    h.is_sound(Some(&team.id)).await;
}

async fn a_snapshot_is_one_state_whatever_others_write(h: &Harness) {
    let team = h.led_team("acme").await.id;
    let snapshot = h.ctx.store.snapshot().await.expect("a snapshot");
    let people = async |db: &Snapshot| {
        let connection = db.connection();
        let count = "SELECT count(*) AS it FROM members";
        let count = Statement::from_string(connection.get_database_backend(), count);
        let row = connection.query_one_raw(count).await.expect("a count");
        row.expect("a row")
            .try_get::<i64>("", "it")
            .expect("a number")
    };
    assert_eq!(people(&snapshot).await, 1);
    h.join(&team, "ann@acme.example").await;
    assert_eq!(people(&snapshot).await, 1);
    snapshot.end().await.expect("an end");
    let later = h.ctx.store.snapshot().await.expect("a snapshot");
    assert_eq!(people(&later).await, 2);
    later.end().await.expect("an end");
}

async fn a_snapshot_takes_longer_than_a_call_may(h: &Harness) {
    let options = StoreOptions {
        url: h.database_url.clone(),
        pool_size: 1,
    };
    let patience = Patience {
        statement: Duration::from_millis(100),
        idle_transaction: Duration::from_millis(100),
        ..Patience::default()
    };
    let store = Store::connect_patiently(&options, patience)
        .await
        .expect("a store");
    let snapshot = store.snapshot().await.expect("a snapshot");
    if store.is_shared() {
        let slow = "SELECT pg_sleep(0.3)";
        snapshot
            .connection()
            .execute_unprepared(slow)
            .await
            .expect("its time");
    }
    assert_eq!(broken_in(&snapshot, None).await, Vec::<&str>::new());
    snapshot.end().await.expect("an end");
    store.close().await.expect("closed");
}
