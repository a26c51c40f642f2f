//! Groups, mappings and removals that meet at the same moment.

use muster::proto::{
    AccessState, DeleteUserRequest, SyncDirectoryRequest, sync_directory_request::Part,
};

use super::fixtures::{group, grouped, mapping_of};
use crate::{
    directory_fixtures::{delta, entry},
    harness::{Harness, tests},
    races::at_once,
    refusals::Outcome,
};

tests![
    of_a_mapping_and_a_sync_at_once_both_count,
    of_an_erasure_and_a_sync_at_once_nothing_is_left_behind,
];

/// How often calls meet.
const ROUNDS: usize = 8;

/// A sync that is taken.
fn sync_of(h: &Harness, parts: Vec<Part>) -> impl Future<Output = ()> + Send + 'static {
    let mut client = h.directories();
    let messages = parts.into_iter();
    let messages = messages.map(|part| SyncDirectoryRequest { part: Some(part) });
    let stream = tokio_stream::iter(messages.collect::<Vec<_>>());
    async move {
        client.sync_directory(stream).await.answered();
    }
}

async fn of_a_mapping_and_a_sync_at_once_both_count(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    for round in 0..ROUNDS {
        let (id, email) = (format!("a{round}"), format!("ann{round}@acme.example"));
        let person = entry(&id, &email);
        let nobody = [group(&id, "Staff", &[])];
        let first = h.sync_groups(delta(&directory), &[person], &nobody).await;
        let held = h.groups(&directory).await;
        let held = held.iter().find(|one| one.external_id == id);
        let wanted = mapping_of(held.expect("the group"), &h.hub(&team.id, "acc").await);
        let joined = grouped(delta(&directory), &[], &[group(&id, "Staff", &[&id])]);
        at_once(2, |number| {
            let sync = sync_of(h, joined.clone());
            let (mut client, wanted) = (h.directories(), wanted.clone());
            async move {
                if number == 0 {
                    sync.await;
                } else {
                    client.create_group_mapping(wanted).await.answered();
                }
            }
        })
        .await;
        let states = h.access_states(&team.id, &first.results[0].user_id).await;
        assert_eq!(states, [AccessState::Active]);
    }
    h.is_sound(None).await;
}

async fn of_an_erasure_and_a_sync_at_once_nothing_is_left_behind(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let hub = h.hub(&team.id, "acc").await;
    for round in 0..ROUNDS {
        let (id, email) = (format!("a{round}"), format!("ann{round}@acme.example"));
        let person = entry(&id, &email);
        let nobody = [group(&id, "Staff", &[])];
        let first = h.sync_groups(delta(&directory), &[person], &nobody).await;
        let user = first.results[0].user_id.clone();
        let held = h.groups(&directory).await;
        let held = held.iter().find(|one| one.external_id == id);
        h.map(held.expect("the group"), &hub).await;
        let joined = grouped(delta(&directory), &[], &[group(&id, "Staff", &[&id])]);
        at_once(2, |number| {
            let sync = sync_of(h, joined.clone());
            let mut users = h.users();
            let erase = DeleteUserRequest {
                user_id: user.clone(),
                ..DeleteUserRequest::default()
            };
            async move {
                if number == 0 {
                    sync.await;
                } else {
                    users.delete_user(erase).await.answered();
                }
            }
        })
        .await;
        h.is_sound(Some(&team.id)).await;
    }
    h.is_sound(None).await;
}
