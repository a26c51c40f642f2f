//! Compressed messages: understood, answered in kind, and no bomb.

use muster::proto::{ImportUsersRow, ListTeamsRequest, TeamFilter};
use tonic::{Code, Request, codec::CompressionEncoding};
use tonic_health::pb::health_client::HealthClient;

use crate::{
    fixtures::team_called,
    harness::{Harness, tests},
    refusals::Outcome,
    server::health_of,
    uploads::{by_csv, crowd, header, held, message, row, row_end, rows_part},
};

tests![
    whoever_compresses_is_understood_and_answered_compressed,
    an_import_may_be_compressed,
    a_message_that_inflates_beyond_four_mebibytes_is_too_large,
    part_of_an_import_that_inflates_beyond_four_mebibytes_is_too_large,
    another_encoding_is_refused_and_ours_is_named,
];

const GZIP: CompressionEncoding = CompressionEncoding::Gzip;

async fn whoever_compresses_is_understood_and_answered_compressed(h: &Harness) {
    let mut plain = h.teams();
    let mut sends = h.teams().send_compressed(GZIP);
    let mut accepts = h.teams().accept_compressed(GZIP);
    sends.create_team(team_called("acme")).await.answered();
    let mut health = HealthClient::new(h.anonymous_channel()).send_compressed(GZIP);
    health.check(health_of("")).await.answered();
    h.deliver().await;
    for (client, encoding) in [
        (&mut plain, None),
        (&mut sends, None),
        (&mut accepts, Some("gzip")),
    ] {
        let answer = client.list_teams(ListTeamsRequest::default()).await;
        let answer = answer.expect("an answer");
        let header = answer.metadata().get("grpc-encoding");
        assert_eq!(header.and_then(|value| value.to_str().ok()), encoding);
        assert_eq!(answer.into_inner().teams[0].display_name, "acme");
    }
}

async fn an_import_may_be_compressed(h: &Harness) {
    let team = h.team("acme").await.id;
    let csv: String = ["first,last,email\n".to_owned()]
        .into_iter()
        .chain(crowd("p", 50).iter().map(line))
        .collect();
    let parts = by_csv(held(&team, "march"), csv.as_bytes());
    let mut users = h.users().send_compressed(GZIP).accept_compressed(GZIP);
    let stream = tokio_stream::iter(parts.into_iter().map(message));
    let answer = users.import_users(stream).await.answered();
    assert_eq!(answer.results.len(), 50);
}

fn line(row: &ImportUsersRow) -> String {
    format!("{},{},{}\n", row.given_name, row.family_name, row.email)
}

/// What is small on the wire.
fn huge(mebibytes: usize) -> String {
    "x".repeat(mebibytes << 20)
}

async fn a_message_that_inflates_beyond_four_mebibytes_is_too_large(h: &Harness) {
    let mut teams = h.teams().send_compressed(GZIP);
    for mebibytes in [4, 64] {
        let bomb = ListTeamsRequest {
            filter: Some(TeamFilter {
                external_id: huge(mebibytes),
                ..TeamFilter::default()
            }),
            ..ListTeamsRequest::default()
        };
        let answer = teams.list_teams(bomb).await;
        answer.refused(Code::InvalidArgument, "MESSAGE_TOO_LARGE");
    }
    let most = ListTeamsRequest {
        filter: Some(TeamFilter {
            external_id: huge(3),
            ..TeamFilter::default()
        }),
        ..ListTeamsRequest::default()
    };
    let answer = teams.list_teams(most).await;
    answer.invalid(&[("filter.external_id", "TOO_LONG")]);
}

async fn part_of_an_import_that_inflates_beyond_four_mebibytes_is_too_large(h: &Harness) {
    let team = h.team("acme").await.id;
    let bomb = ImportUsersRow {
        given_name: huge(64),
        ..row("ann@acme.example")
    };
    let head = muster::proto::import_users_request::Part::Header(header(&team, "march"));
    let parts = [head, rows_part(&[bomb]), row_end(1)].map(message);
    let mut users = h.users().send_compressed(GZIP);
    let answer = users.import_users(tokio_stream::iter(parts)).await;
    answer.refused(Code::InvalidArgument, "MESSAGE_TOO_LARGE");
    assert_eq!(h.counts(&team).await.invited_members, 1);
}

async fn another_encoding_is_refused_and_ours_is_named(h: &Harness) {
    let mut request = Request::new(ListTeamsRequest::default());
    let other = "zstd".parse().expect("plain ASCII");
    request.metadata_mut().insert("grpc-encoding", other);
    let status = h.teams().list_teams(request).await.expect_err("a refusal");
    assert_eq!(status.code(), Code::Unimplemented);
    let ours = status.metadata().get("grpc-accept-encoding");
    let ours = ours.and_then(|value| value.to_str().ok());
    assert_eq!(ours, Some("gzip,identity"));
}
