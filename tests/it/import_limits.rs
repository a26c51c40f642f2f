//! How much an import may be, and what is no message at all.

use http::uri::PathAndQuery;
use muster::proto::{
    ImportOutcome, ImportUsersEnd, ImportUsersHeader, ImportUsersResponse, ImportUsersRow,
    ImportUsersRows, import_users_request::Part,
};
use tonic::{Code, Request, Response, Status, client::Grpc};
use tonic_prost::ProstCodec;

use crate::{
    harness::{Harness, tests},
    import_stream::{FILE, five_thousand, refused},
    refusals::Outcome,
    uploads::{by_csv, by_rows, by_rows_of_one, header, held, outcomes, row, row_end, rows_part},
};

tests![
    five_thousand_rows_that_break_every_rule_are_answered_in_one_message,
    more_than_5000_rows_are_refused_and_nothing_is_written,
    rows_without_end_in_one_message_are_refused_and_not_kept,
    more_than_16_mebibytes_are_refused_and_nothing_is_written,
    a_message_of_more_than_4_mebibytes_is_refused_and_nothing_is_written,
    a_row_that_is_not_utf8_makes_the_message_malformed,
];

/// A part of a stream whose rows are bytes of any kind.
#[derive(Clone, PartialEq, prost::Message)]
struct RawPart {
    #[prost(message, optional, tag = "1")]
    header: Option<ImportUsersHeader>,
    #[prost(bytes = "vec", optional, tag = "2")]
    rows: Option<Vec<u8>>,
    #[prost(message, optional, tag = "4")]
    end: Option<ImportUsersEnd>,
}

async fn raw_rows(
    h: &Harness,
    header: ImportUsersHeader,
    rows: Vec<u8>,
) -> Result<Response<ImportUsersResponse>, Status> {
    let Part::End(end) = row_end(1) else {
        unreachable!("an end");
    };
    let parts = [
        RawPart {
            header: Some(header),
            ..RawPart::default()
        },
        RawPart {
            rows: Some(rows),
            ..RawPart::default()
        },
        RawPart {
            end: Some(end),
            ..RawPart::default()
        },
    ];
    let mut client = Grpc::new(h.keyed_channel());
    client.ready().await.expect("a connection");
    let path = PathAndQuery::from_static("/muster.v1.UserService/ImportUsers");
    let codec = ProstCodec::<RawPart, ImportUsersResponse>::default();
    let request = Request::new(tokio_stream::iter(parts));
    client.client_streaming(request, path, codec).await
}

async fn five_thousand_rows_that_break_every_rule_are_answered_in_one_message(h: &Harness) {
    let team = h.team("acme").await;
    let broken = ImportUsersRow {
        given_name: "http://win.example".to_owned(),
        family_name: "\u{202e}".to_owned(),
        email: "\u{202e}".to_owned(),
    };
    let rows = vec![broken; 5_000];
    let results = h.import_rows(header(&team.id, "march"), &rows).await;
    assert!(results.iter().all(|one| one.violations.len() == 3));
    assert_eq!(results.len(), 5_000);
    assert_eq!(
        h.import_rows(header(&team.id, "march"), &rows).await,
        results
    );
    assert_eq!(h.results_of(&team.id, "march", &[]).await, results);
}

async fn more_than_5000_rows_are_refused_and_nothing_is_written(h: &Harness) {
    let team = h.team("acme").await;
    let before = h.census(&team.id).await;
    let mut rows = five_thousand();
    // One too many even where it would do nothing.
    rows.push(rows[0].clone());
    let parts = by_rows(header(&team.id, "march"), &rows);
    refused(h, parts, "IMPORT_TOO_LARGE", &[("rows", "TOO_MANY")]).await;
    // The line before is the last one's, and ends.
    let csv = [FILE.trim_ascii_end(), b"\n,,\n\nAnn,Lee,x\n"].concat();
    let parts = by_csv(header(&team.id, "march"), &csv);
    refused(h, parts, "IMPORT_TOO_LARGE", &[("csv.rows", "TOO_MANY")]).await;
    assert_eq!(h.census(&team.id).await, before);
}

async fn rows_without_end_in_one_message_are_refused_and_not_kept(h: &Harness) {
    let team = h.team("acme").await;
    let before = h.census(&team.id).await;
    // ImportUsersRows.rows, empty, again and again: as many as one message holds.
    let bytes = [0x0a, 0x00].repeat((4 << 20) / 2 - 64);
    let answer = raw_rows(h, header(&team.id, "march"), bytes.clone()).await;
    answer.refused(Code::InvalidArgument, "IMPORT_TOO_LARGE");
    assert_eq!(h.census(&team.id).await, before);
    let read: ImportUsersRows = prost::Message::decode(&bytes[..]).expect("a message");
    assert_eq!(read.rows.len(), 5_001);
    assert!(read.rows.capacity() < 10_000);
}

async fn more_than_16_mebibytes_are_refused_and_nothing_is_written(h: &Harness) {
    const MIB: usize = 1 << 20;
    let team = h.team("acme").await;
    let before = h.census(&team.id).await;
    // A column that nobody asked for fills the file.
    let few = b"first,last,email,notes\nAnn,Lee,ann@acme.example,";
    let most = [&few[..], &vec![b'x'; 16 * MIB - few.len()]].concat();
    let rehearsal = ImportUsersHeader {
        validate_only: true,
        ..header(&team.id, "march")
    };
    let fits = h.import(by_csv(rehearsal, &most)).await.answered();
    assert_eq!(outcomes(&fits.results), [ImportOutcome::Invited]);
    let parts = by_csv(header(&team.id, "march"), &[&most[..], b"\n"].concat());
    refused(h, parts, "IMPORT_TOO_LARGE", &[("bytes", "TOO_MANY")]).await;

    let huge = ImportUsersRow {
        given_name: "a".repeat(MIB),
        ..row("ann@acme.example")
    };
    let parts = by_rows_of_one(header(&team.id, "march"), &vec![huge; 17]);
    refused(h, parts, "IMPORT_TOO_LARGE", &[("bytes", "TOO_MANY")]).await;
    assert_eq!(h.census(&team.id).await, before);
}

async fn a_message_of_more_than_4_mebibytes_is_refused_and_nothing_is_written(h: &Harness) {
    let team = h.team("acme").await;
    let before = h.census(&team.id).await;
    let head = || Part::Header(header(&team.id, "march"));
    let huge = ImportUsersRow {
        given_name: "a".repeat(5 << 20),
        ..row("ann@acme.example")
    };
    for part in [rows_part(&[huge]), Part::Csv(vec![b'\n'; 5 << 20])] {
        let parts = vec![head(), part, row_end(1)];
        refused(h, parts, "MESSAGE_TOO_LARGE", &[]).await;
    }
    assert_eq!(h.census(&team.id).await, before);
}

async fn a_row_that_is_not_utf8_makes_the_message_malformed(h: &Harness) {
    let team = h.team("acme").await;
    let before = h.census(&team.id).await;
    // ImportUsersRows.rows[0].email: not UTF-8; cut off; and a number where a row should be.
    for bytes in [
        &[0x0a, 0x04, 0x1a, 0x02, 0xc3, 0x28][..],
        &[0x0a, 0x09, 0x1a],
        &[0x08, 0x01],
    ] {
        let answer = raw_rows(h, header(&team.id, "march"), bytes.to_vec()).await;
        answer.refused(Code::InvalidArgument, "MALFORMED_MESSAGE");
    }
    assert_eq!(h.census(&team.id).await, before);

    // The same way with a good row: what was refused is the row's bytes.
    let good = ImportUsersRows {
        rows: vec![row("ann@acme.example")],
    };
    let bytes = prost::Message::encode_to_vec(&good);
    let answer = raw_rows(h, held(&team.id, "march"), bytes).await.answered();
    assert_eq!(outcomes(&answer.results), [ImportOutcome::Invited]);
}
