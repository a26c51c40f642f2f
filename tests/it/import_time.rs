//! How long an import may take: a stream that is silent, or never ends, gives its place back.

use std::time::Duration;

use muster::{config::Settings, proto::ImportUsersRequest};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

use crate::{
    harness::{Harness, tests},
    patient::{PatientClient, within},
    refusals::Outcome,
    uploads::{by_rows, crowd, header, in_place, message, rows_part},
    waiting::PATIENCE,
};

tests![
    an_import_whose_stream_is_silent_ends_and_gives_its_place_back with silent,
    an_import_that_never_ends_is_ended_while_its_stream_is_open with endless,
    an_import_ends_with_its_clients_deadline with patient,
];

fn silent(settings: &mut Settings) {
    settings.concurrent_imports = 1;
    settings.calls.import_idle = Duration::from_millis(200);
}

fn endless(settings: &mut Settings) {
    settings.concurrent_imports = 1;
    settings.calls.longest_import = Duration::from_millis(300);
    // Another bound, which is not for imports.
    settings.calls.longest_call = Duration::from_millis(1);
}

fn patient(settings: &mut Settings) {
    settings.concurrent_imports = 1;
}

/// There is a place for an import, and nothing was written by those before it.
async fn goes_on(h: &Harness, team: &str) {
    let before = h.counts(team).await;
    assert_eq!(before.invited_members, 1);
    h.import_rows(header(team, "next"), &crowd("p", 1)).await;
    assert_eq!(h.deliver().await.len(), 1);
}

async fn an_import_whose_stream_is_silent_ends_and_gives_its_place_back(h: &Harness) {
    let team = h.team("acme").await.id;
    let (upload, _) = in_place(h, header(&team, "march")).await;
    // On a busy machine its time may be over before.
    drop(upload.parts.send(message(rows_part(&crowd("p", 3)))).await);
    // Its stream is still open.
    let answer = tokio::time::timeout(PATIENCE, upload.call).await;
    let answer = answer.expect("an answer in time").expect("no panic");
    answer.refused(Code::DeadlineExceeded, "DEADLINE_EXCEEDED");
    goes_on(h, &team).await;
}

async fn an_import_that_never_ends_is_ended_while_its_stream_is_open(h: &Harness) {
    let (parts, stream) = mpsc::channel(1);
    let mut client = h.users();
    let mut call =
        tokio::spawn(async move { client.import_users(ReceiverStream::new(stream)).await });
    let parts_of = by_rows(header(&h.unknown_id(), "march"), &[]);
    parts
        .send(message(parts_of[0].clone()))
        .await
        .expect("an open stream");
    let answer = loop {
        let more = parts.send(message(rows_part(&[])));
        tokio::select! {
            answer = &mut call => break answer,
            _sent = more => tokio::task::yield_now().await,
        }
    };
    let answer = answer.expect("no panic");
    answer.refused(Code::DeadlineExceeded, "DEADLINE_EXCEEDED");
}

async fn an_import_ends_with_its_clients_deadline(h: &Harness) {
    let team = h.team("acme").await.id;
    let (parts, stream) = mpsc::channel::<ImportUsersRequest>(1);
    let first = by_rows(header(&team, "march"), &[]).swap_remove(0);
    parts.send(message(first)).await.expect("an open stream");
    let request = within(Duration::from_millis(300), ReceiverStream::new(stream));
    let answer = PatientClient::of(h).users().import_users(request).await;
    answer.refused(Code::DeadlineExceeded, "DEADLINE_EXCEEDED");
    drop(parts);
    goes_on(h, &team).await;
}
