//! Directories that are given up: what becomes of their members.

use muster::proto::{
    EnableMemberRequest, EventType, GetDirectoryRequest, MemberDisabledReason, MemberSource,
    MemberState, ReleaseDirectoryRequest, TerminateDirectoryRequest,
};
use tonic::Code;

use crate::{
    directory_fixtures::{entry, full, inactive, staff},
    harness::{Harness, tests},
    hubs::event_types,
    refusals::Outcome,
};

tests![
    members_of_a_released_directory_are_the_teams_own,
    members_of_a_terminated_directory_leave_however_many_they_are,
    a_directory_is_given_up_as_it_was_read_and_by_those_who_may,
];

async fn members_of_a_released_directory_are_the_teams_own(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let people = [
        entry("a", "ann@acme.example"),
        inactive("b", "bob@acme.example"),
    ];
    let synced = h.sync(full(&directory), &people).await;
    let [a, b] = [&synced.results[0].user_id, &synced.results[1].user_id];
    let mut request = ReleaseDirectoryRequest {
        team_id: team.id.clone(),
        directory_id: directory.id.clone(),
        validate_only: true,
        ..ReleaseDirectoryRequest::default()
    };
    let told = h.directories().release_directory(request.clone()).await;
    assert_eq!(told.answered().released_member_count, 2);
    let stands = h.member(&team.id, a).await;
    assert_eq!(stands.source(), MemberSource::Directory);
    request.validate_only = false;
    let done = h.directories().release_directory(request.clone()).await;
    assert_eq!(done.answered().released_member_count, 2);

    let ann = h.member(&team.id, a).await;
    assert_eq!(
        (ann.state(), ann.source()),
        (MemberState::Active, MemberSource::Manual)
    );
    let bob = h.member(&team.id, b).await;
    let reasons: Vec<_> = bob.disabled_reasons().collect();
    assert_eq!(reasons, [MemberDisabledReason::Admin]);
    let enable = EnableMemberRequest {
        team_id: team.id.clone(),
        user_id: b.clone(),
        ..EnableMemberRequest::default()
    };
    h.teams().enable_member(enable).await.answered();
    let again = h.directories().release_directory(request).await;
    again.missing("DIRECTORY_NOT_FOUND", &directory.id);
    // Another directory takes its people over anew.
    let (next, _) = h.directory(&team.id).await;
    let taken = h.sync(full(&next), &people[..1]).await;
    assert_eq!(taken.results[0].user_id, *a);
    assert_eq!(
        event_types(h, &team.id, &[EventType::DirectoryReleased]).await,
        [EventType::DirectoryReleased]
    );
}

async fn members_of_a_terminated_directory_leave_however_many_they_are(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let email = h.user(&team.admin).await.email;
    let mut people = staff(20);
    people.push(entry("p", &email));
    let synced = h.sync(full(&directory), &people).await;
    let request = TerminateDirectoryRequest {
        team_id: team.id.clone(),
        directory_id: directory.id.clone(),
        ..TerminateDirectoryRequest::default()
    };
    let done = h.directories().terminate_directory(request).await;
    assert_eq!(done.answered().removed_member_count, 20);
    let gone = h.member(&team.id, &synced.results[0].user_id).await;
    assert_eq!(gone.state(), MemberState::Removed);
    let admin = h.member(&team.id, &team.admin).await;
    assert_eq!(
        (admin.state(), admin.source()),
        (MemberState::Active, MemberSource::Manual)
    );
    let request = GetDirectoryRequest {
        team_id: team.id.clone(),
    };
    let none = h.directories().get_directory(request).await;
    none.missing("DIRECTORY_NOT_FOUND", &team.id);
}

async fn a_directory_is_given_up_as_it_was_read_and_by_those_who_may(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let member = h.join(&team.id, "ann@acme.example").await.user;
    let release = ReleaseDirectoryRequest {
        team_id: team.id.clone(),
        directory_id: directory.id.clone(),
        etag: "stale".to_owned(),
        ..ReleaseDirectoryRequest::default()
    };
    let refused = h.directories().release_directory(release.clone()).await;
    refused.refused(Code::Aborted, "ETAG_MISMATCH");
    let refused = h.directories_as(&member).release_directory(release).await;
    refused.denied("sso.update");
    let terminate = TerminateDirectoryRequest {
        team_id: team.id.clone(),
        directory_id: directory.id.clone(),
        etag: "stale".to_owned(),
        ..TerminateDirectoryRequest::default()
    };
    let refused = h.directories().terminate_directory(terminate.clone()).await;
    refused.refused(Code::Aborted, "ETAG_MISMATCH");
    let refused = h
        .directories_as(&member)
        .terminate_directory(terminate)
        .await;
    refused.denied("sso.update");
}
