//! What a directory says of its people, nobody else changes: exactly as far as a sync may change it.

use muster::proto::{
    ConfirmEmailChangeRequest, DirectoryEntry, ReleaseDirectoryRequest, SyncOutcome,
    UpdateUserRequest, UpdateUserResponse, User,
};
use prost_types::FieldMask;
use tonic::{Code, Response, Status};

use crate::{
    directory_fixtures::{delta, entry, full, gone, told},
    email_changes::{asked, wish},
    fixtures::invitation_of,
    harness::{Harness, tests},
    refusals::Outcome,
};

tests![
    names_and_addresses_are_the_directorys,
    a_link_that_was_mailed_before_is_refused,
    of_somebody_in_two_teams_only_the_owner_of_the_domain_decides,
    whom_it_kept_a_released_directory_lets_go,
];

/// Gives somebody another given name and time zone, as far as the mask says.
pub(crate) fn renaming(user: &str, paths: &[&str]) -> UpdateUserRequest {
    UpdateUserRequest {
        user: Some(User {
            id: user.to_owned(),
            given_name: "Augusta".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            ..User::default()
        }),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }),
        ..UpdateUserRequest::default()
    }
}

/// The same by the operator.
async fn rename(
    h: &Harness,
    user: &str,
    paths: &[&str],
) -> Result<Response<UpdateUserResponse>, Status> {
    h.users().update_user(renaming(user, paths)).await
}

async fn names_and_addresses_are_the_directorys(h: &Harness) {
    let (_, directory) = h.synced_team().await;
    let people = [
        entry("a", "ann@acme.example"),
        // The only team that she is in has not her address's domain, and yet a sync may rename her.
        entry("b", "bea@else.example"),
    ];
    let synced = h.sync(full(&directory), &people).await;
    for result in &synced.results {
        let user = &result.user_id;
        for paths in [&["given_name"][..], &["time_zone", "given_name"]] {
            let refused = rename(h, user, paths).await;
            refused.refused(Code::FailedPrecondition, "DIRECTORY_MANAGED");
        }
        rename(h, user, &["time_zone"]).await.answered();
    }
    let ann = &synced.results[0].user_id;
    let by_herself = h
        .users_as(ann)
        .update_user(renaming(ann, &["given_name"]))
        .await;
    by_herself.refused(Code::FailedPrecondition, "DIRECTORY_MANAGED");
    for mut caller in [h.users(), h.users_as(ann)] {
        let asked = caller.request_email_change(wish(ann, "ann@new.example"));
        asked
            .await
            .refused(Code::FailedPrecondition, "DIRECTORY_MANAGED");
    }
    let user = h.user(ann).await;
    assert_eq!(
        (&*user.given_name, &*user.email, &*user.time_zone),
        ("Ann", "ann@acme.example", "Europe/Berlin")
    );
}

async fn a_link_that_was_mailed_before_is_refused(h: &Harness) {
    let (_, directory) = h.synced_team().await;
    let ann = h.verified("ann@acme.example").await;
    let token = asked(h, &ann.id, "ann@new.example").await;
    h.sync(delta(&directory), &[entry("a", "ann@acme.example")])
        .await;
    let confirm = ConfirmEmailChangeRequest {
        token,
        ..ConfirmEmailChangeRequest::default()
    };
    let refused = h.users().confirm_email_change(confirm.clone()).await;
    refused.refused(Code::FailedPrecondition, "DIRECTORY_MANAGED");
    assert_eq!(h.user(&ann.id).await.email, "ann@acme.example");
    h.sync(delta(&directory), &[gone("a")]).await;
    h.users().confirm_email_change(confirm).await.answered();
    assert_eq!(h.user(&ann.id).await.email, "ann@new.example");
}

async fn of_somebody_in_two_teams_only_the_owner_of_the_domain_decides(h: &Harness) {
    let (_, directory) = h.synced_team().await;
    let (own, alien) = ("ann@acme.example", "bea@else.example");
    let people = [entry("a", own), entry("b", alien)];
    let synced = h.sync(full(&directory), &people).await;
    let [ann, bea] = [&synced.results[0].user_id, &synced.results[1].user_id];
    let other = h.led_team("other").await;
    let verified = invitation_of(&other.id, own);
    h.invitations().create_invitation(verified).await.answered();
    h.deliver().await;
    h.join(&other.id, alien).await;
    let refused = rename(h, ann, &["given_name"]).await;
    refused.refused(Code::FailedPrecondition, "DIRECTORY_MANAGED");
    rename(h, bea, &["given_name"]).await.answered();
    let synced = h.sync(full(&directory), &people).await;
    assert_eq!(told(&synced), [SyncOutcome::EmailMismatch]);
    assert_eq!(h.user(bea).await.given_name, "Augusta");
}

async fn whom_it_kept_a_released_directory_lets_go(h: &Harness) {
    let (team, directory) = h.synced_team().await;
    let named = DirectoryEntry {
        given_name: "Anna".to_owned(),
        ..entry("a", "ann@acme.example")
    };
    let synced = h.sync(full(&directory), &[named]).await;
    let ann = &synced.results[0].user_id;
    let refused = rename(h, ann, &["given_name"]).await;
    refused.refused(Code::FailedPrecondition, "DIRECTORY_MANAGED");
    let release = ReleaseDirectoryRequest {
        team_id: team.id,
        directory_id: directory.id,
        ..ReleaseDirectoryRequest::default()
    };
    h.directories().release_directory(release).await.answered();
    rename(h, ann, &["given_name"]).await.answered();
    assert_eq!(h.user(ann).await.given_name, "Augusta");
}
