//! Syncs as streams: what breaks off, what is too much, the guard, and what a sync costs.

use muster::{
    app::keys,
    config::Settings,
    domain::{
        keys::Scope,
        new_keys::{NewKey, Scopes},
    },
    proto::{
        DirectoryEntry, RemoveMemberRequest, Role, SyncDirectoryEnd, SyncDirectoryHeader,
        SyncDirectoryRequest, SyncOutcome as Outcome,
        directory_service_client::DirectoryServiceClient, sync_directory_request::Part,
    },
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

use crate::{
    directory_fixtures::{counted, entry, full, parts, staff, told},
    harness::{BearerKey, Harness, tests},
    keyring::service,
    races::at_once,
    refusals::{Outcome as _, details},
    statements::{cost, hold_alike_of},
};

tests![
    a_stream_that_breaks_off_changes_nothing,
    what_is_no_sync_is_refused,
    more_entries_than_may_be_are_refused with few_entries,
    as_many_syncs_run_as_may with one_sync,
    a_rehearsal_changes_nothing_and_tells_of_nobody_new,
    many_do_not_leave_at_once_unless_it_is_said,
    a_sync_costs_the_same_whatever_its_size,
    syncs_at_once_wait_for_each_other,
    nobody_is_removed_twice_by_hand_and_by_a_sync,
    services_sync_and_secondary_admins_do_not,
    without_its_entitlement_a_team_is_not_synced,
];

async fn a_stream_that_breaks_off_changes_nothing(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    h.sync(full(&directory), &staff(3)).await;
    let stands = h.everybody_in(&team.id).await;
    let mut cut = parts(full(&directory), &[entry("new", "new@acme.example")]);
    cut.pop();
    let refused = h.sync_parts(cut.clone()).await;
    refused.refused(Code::InvalidArgument, "MALFORMED_MESSAGE");
    cut.push(Part::End(SyncDirectoryEnd {
        entry_count: 2,
        group_count: 0,
    }));
    let refused = h.sync_parts(cut).await;
    refused.refused(Code::InvalidArgument, "MALFORMED_MESSAGE");
    assert_eq!(h.everybody_in(&team.id).await, stands);
    let same = h.sync(full(&directory), &staff(3)).await;
    assert_eq!(counted(&same), [(Outcome::Unchanged, 3)]);
}

async fn what_is_no_sync_is_refused(h: &Harness) {
    let (_, directory) = h.synced_team().await;
    let blank = parts(SyncDirectoryHeader::default(), &[]);
    h.sync_parts(blank).await.invalid(&[
        ("header.team_id", "REQUIRED"),
        ("header.directory_id", "REQUIRED"),
        ("header.mode", "REQUIRED"),
    ]);
    let odd = SyncDirectoryHeader {
        after_cursor: "one".to_owned(),
        new_cursor: "x".repeat(1_025),
        ..full(&directory)
    };
    h.sync_parts(parts(odd, &[])).await.invalid(&[
        ("header.after_cursor", "EXCLUSIVE"),
        ("header.new_cursor", "TOO_LONG"),
    ]);
    let twice = vec![Part::Header(full(&directory)); 2];
    for parts in [Vec::new(), parts(full(&directory), &[]).split_off(1), twice] {
        let refused = h.sync_parts(parts).await;
        refused.refused(Code::InvalidArgument, "MALFORMED_MESSAGE");
    }
    let mut other = full(&directory);
    other.directory_id = h.unknown_id();
    let refused = h.sync_parts(parts(other.clone(), &[])).await;
    refused.missing("DIRECTORY_NOT_FOUND", &other.directory_id);
}

fn few_entries(settings: &mut Settings) {
    settings.syncs.sync_entries = 3;
}

async fn more_entries_than_may_be_are_refused(h: &Harness) {
    let (_, directory) = h.synced_team().await;
    let refused = h.sync_parts(parts(full(&directory), &staff(4))).await;
    refused.refused(Code::InvalidArgument, "SYNC_TOO_LARGE");
    let most = h.sync(full(&directory), &staff(3)).await;
    assert_eq!(counted(&most), [(Outcome::Added, 3)]);
}

fn one_sync(settings: &mut Settings) {
    settings.syncs.concurrent_syncs = 1;
}

async fn as_many_syncs_run_as_may(h: &Harness) {
    let (_, directory) = h.synced_team().await;
    let begin = || {
        let (sender, receiver) = mpsc::channel(1);
        let message = SyncDirectoryRequest {
            part: Some(Part::Header(full(&directory))),
        };
        sender.try_send(message).expect("room for one");
        let mut client = h.directories();
        let stream = ReceiverStream::new(receiver);
        let call = tokio::spawn(async move { client.sync_directory(stream).await });
        (sender, call)
    };
    // Neither ends its stream, so whichever ends has found no place.
    let ((one, mut first), (other, mut second)) = (begin(), begin());
    let (refused, held) = tokio::select! {
        refused = &mut first => (refused, second),
        refused = &mut second => (refused, first),
    };
    let refused = refused.expect("no panic");
    refused.refused(Code::ResourceExhausted, "SYNCS_BUSY");
    drop((one, other));
    let ended = held.await.expect("no panic");
    ended.refused(Code::InvalidArgument, "MALFORMED_MESSAGE");
    h.sync(full(&directory), &[]).await;
}

async fn a_rehearsal_changes_nothing_and_tells_of_nobody_new(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    h.sync(full(&directory), &staff(1)).await;
    let stands = h.everybody_in(&team.id).await;
    let header = SyncDirectoryHeader {
        validate_only: true,
        new_cursor: "one".to_owned(),
        ..full(&directory)
    };
    let people = [entry("new", "new@acme.example")];
    let answer = h.sync(header, &people).await;
    assert!(answer.validate_only);
    assert_eq!(told(&answer), [Outcome::Added, Outcome::Removed]);
    assert_eq!(answer.results[0].user_id, "");
    assert_eq!(h.everybody_in(&team.id).await, stands);
    assert_eq!(h.directory_now(&team.id).await.cursor, "");
}

async fn many_do_not_leave_at_once_unless_it_is_said(h: &Harness) {
    let (_, directory) = h.synced_team().await;
    let people = staff(49);
    h.sync(full(&directory), &people).await;
    let refused = h.sync_parts(parts(full(&directory), &people[10..])).await;
    let refused = refused.refused(Code::FailedPrecondition, "REMOVAL_GUARD");
    let info = details(&refused);
    let told = &info.error_info().expect("ErrorInfo").metadata;
    assert_eq!((&*told["removals"], &*told["members"]), ("10", "49"));
    let nine = h.sync(full(&directory), &people[9..]).await;
    let expected = [(Outcome::Unchanged, 40), (Outcome::Removed, 9)];
    assert_eq!(counted(&nine), expected);
    let meant = SyncDirectoryHeader {
        removal_guard_override: true,
        ..full(&directory)
    };
    let all = h.sync(meant, &[]).await;
    assert_eq!(counted(&all), [(Outcome::Removed, 40)]);
}

async fn a_sync_costs_the_same_whatever_its_size(h: &Harness) {
    let team = h.led_team("acme").await;
    h.own_domain(&team.id, "acme.example").await;
    let (directory, _) = h.directory(&team.id).await;
    hold_alike_of((50, 500), async |name, count| {
        let named = |suffix: &str| -> Vec<DirectoryEntry> {
            (0..count)
                .map(|number| {
                    let id = format!("{name}{number}");
                    DirectoryEntry {
                        family_name: format!("Lee{suffix}"),
                        ..entry(&id, &format!("{id}{suffix}@acme.example"))
                    }
                })
                .collect()
        };
        let header = || SyncDirectoryHeader {
            removal_guard_override: true,
            ..full(&directory)
        };
        let mut changed = named("x");
        for one in changed.iter_mut().step_by(2) {
            one.active = false;
        }
        cost(h, async {
            let added = h.sync(header(), &named("")).await;
            let changed = h.sync(header(), &changed).await;
            let gone = h.sync(header(), &[]).await;
            let told = [added.results, changed.results, gone.results];
            assert!(told.iter().all(|results| results.len() == count));
        })
        .await
    })
    .await;
}

async fn syncs_at_once_wait_for_each_other(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let answers = at_once(2, |number| {
        let (mut client, header) = (h.directories(), full(&directory));
        async move {
            let people = [entry(
                &format!("id{number}"),
                &format!("n{number}@acme.example"),
            )];
            let messages = parts(header, &people)
                .into_iter()
                .map(|part| SyncDirectoryRequest { part: Some(part) });
            let stream = tokio_stream::iter(messages.collect::<Vec<_>>());
            client.sync_directory(stream).await
        }
    })
    .await;
    let mut all: Vec<Outcome> = answers
        .into_iter()
        .flat_map(|answer| told(&answer.answered()))
        .collect();
    all.sort_unstable();
    // The second takes out whom the first brought.
    assert_eq!(all, [Outcome::Added, Outcome::Added, Outcome::Removed]);
    assert_eq!(h.counts(&team.id).await.active_members, 2);
}

async fn nobody_is_removed_twice_by_hand_and_by_a_sync(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let (mut teams, mut client) = (h.teams(), h.directories());
    let request = RemoveMemberRequest {
        team_id: team.id.clone(),
        user_id: ann.clone(),
        ..RemoveMemberRequest::default()
    };
    let messages = parts(full(&directory), &[entry("a", "ann@acme.example")])
        .into_iter()
        .map(|part| SyncDirectoryRequest { part: Some(part) });
    let stream = tokio_stream::iter(messages.collect::<Vec<_>>());
    let (removed, synced) =
        tokio::join!(teams.remove_member(request), client.sync_directory(stream));
    let synced = told(&synced.answered());
    if removed.is_ok() {
        assert_eq!(synced, [Outcome::Revived]);
    } else {
        removed.refused(Code::FailedPrecondition, "DIRECTORY_MANAGED");
        assert_eq!(synced, [Outcome::TakenOver]);
    }
}

async fn services_sync_and_secondary_admins_do_not(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let second = h
        .join_as(&team.id, "two@acme.example", Role::SecondaryAdmin)
        .await;
    let messages = || {
        let messages = parts(full(&directory), &[])
            .into_iter()
            .map(|part| SyncDirectoryRequest { part: Some(part) });
        tokio_stream::iter(messages.collect::<Vec<_>>())
    };
    let refused = h.directories_as(&second).sync_directory(messages()).await;
    refused.denied("directory.sync");
    let key = NewKey {
        scopes: Scopes::parse("scopes", vec![Scope::IdentityWrite]).expect("scopes"),
        ..service("connector", Some(&team.id), &[])
    };
    let key = keys::create_with(&h.ctx, &key).await.expect("a key");
    let key = BearerKey::new(key.text());
    let mut client = DirectoryServiceClient::with_interceptor(h.channel(), key);
    client.sync_directory(messages()).await.answered();
    let mut admin = h.directories_as(&team.admin);
    admin.sync_directory(messages()).await.answered();
}

async fn without_its_entitlement_a_team_is_not_synced(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    h.set_team(&team.id, "entitlements", |wanted| {
        wanted.entitlements.clear();
    })
    .await;
    let refused = h.sync_parts(parts(full(&directory), &[])).await;
    refused.refused(Code::FailedPrecondition, "DIRECTORY_ENTITLEMENT_MISSING");
}
