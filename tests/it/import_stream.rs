//! The stream of an import: what makes it happen, and what makes it not happen at all.

use muster::proto::{
    BatchRevokeInvitationsRequest, DeliveryState, ImportOutcome, ImportUsersEnd, ImportUsersHeader,
    ImportUsersRequest, ImportUsersRow, InvitationFilter, Reason, TeamCounts,
    import_users_request::Part,
};
use tonic::Code;

use crate::{
    harness::{Harness, tests},
    refusals::{Outcome, reason, violations},
    uploads::{
        by_csv, by_rows, byte_end, crowd, header, held, in_place, message, one_at_once, outcomes,
        row_end, rows_part,
    },
};

tests![
    five_thousand_rows_make_five_thousand_invitations_and_as_many_letters,
    five_thousand_rows_of_csv_do_the_same,
    an_import_cancelled_after_4999_rows_writes_nothing with one_at_once,
    an_import_whose_producer_dies_writes_nothing,
    parts_out_of_order_are_refused_and_nothing_is_written,
    an_end_that_does_not_count_what_was_sent_is_refused,
    an_import_into_an_unknown_team_is_refused,
    an_import_without_rows_is_an_import,
    whoever_looks_while_an_import_runs_sees_all_of_it_or_nothing,
];

/// The example file.
pub(crate) const FILE: &[u8] = include_bytes!("../../examples/people-5000.csv");

/// The people of the example file as rows.
pub(crate) fn five_thousand() -> Vec<ImportUsersRow> {
    let text = str::from_utf8(FILE).expect("UTF-8");
    let person = |line: &str| {
        let mut cells = line.split(',').map(str::to_owned);
        let mut next = || cells.next().expect("three cells");
        ImportUsersRow {
            given_name: next(),
            family_name: next(),
            email: next(),
        }
    };
    text.lines().skip(1).map(person).collect()
}

/// Imports all of them, looks at what that made, and takes it back.
async fn import_five_thousand(h: &Harness, team: &str, parts: Vec<Part>) {
    let people = five_thousand();
    assert_eq!(people.len(), 5_000);
    let before = h.counts(team).await;
    let answer = h.import(parts.clone()).await.answered();
    assert_eq!(
        outcomes(&answer.results),
        vec![ImportOutcome::Invited; 5_000]
    );
    assert!(
        (1..)
            .zip(&answer.results)
            .all(|(number, one)| one.row == number)
    );

    let expected = TeamCounts {
        seats: before.seats + 5_000,
        invited_members: before.invited_members + 5_000,
        open_invitations: before.open_invitations + 5_000,
        ..before
    };
    assert_eq!(h.counts(team).await, expected);
    assert_eq!(h.queued().await, 5_000);
    let filter = InvitationFilter {
        import_id: "all".to_owned(),
        delivery_states: vec![DeliveryState::Queued.into()],
        ..InvitationFilter::default()
    };
    let mut invitations = h.invitations_of(team, filter).await;
    invitations.sort_by(|a, b| a.id.cmp(&b.id));
    let mut answered: Vec<_> = answer.results.iter().zip(&people).collect();
    answered.sort_by(|(a, _), (b, _)| a.invitation_id.cmp(&b.invitation_id));
    assert_eq!(invitations.len(), answered.len());
    for (invitation, (result, person)) in invitations.iter().zip(answered) {
        assert_eq!(
            (&invitation.id, &invitation.user_id, &invitation.email),
            (&result.invitation_id, &result.user_id, &person.email)
        );
    }

    assert_eq!(h.import(parts).await.answered(), answer);
    assert_eq!(h.counts(team).await, expected);
    assert_eq!(h.queued().await, 5_000);

    let request = BatchRevokeInvitationsRequest {
        team_id: team.to_owned(),
        invitation_ids: Vec::new(),
        import_id: "all".to_owned(),
        ..BatchRevokeInvitationsRequest::default()
    };
    let mut client = h.invitations();
    let revoked = client.batch_revoke_invitations(request).await.answered();
    assert_eq!(revoked.results.len(), 5_000);
    assert!(
        revoked
            .results
            .iter()
            .all(|one| one.reason() == Reason::Unspecified)
    );
    assert_eq!(h.queued().await, 0);
}

/// Sends parts that are refused as malformed, with exactly these violations.
async fn malformed(h: &Harness, parts: Vec<Part>, expected: &[(&str, &str)]) {
    refused(h, parts, "MALFORMED_MESSAGE", expected).await;
}

/// Sends parts that are refused for this reason, with exactly these violations.
pub(crate) async fn refused(
    h: &Harness,
    parts: Vec<Part>,
    reason: &str,
    expected: &[(&str, &str)],
) {
    let status = h.import(parts).await.refused(Code::InvalidArgument, reason);
    let expected: Vec<_> = expected
        .iter()
        .map(|(field, rule)| ((*field).to_owned(), (*rule).to_owned()))
        .collect();
    assert_eq!(violations(&status), expected);
}

async fn five_thousand_rows_make_five_thousand_invitations_and_as_many_letters(h: &Harness) {
    let team = h.team("acme").await;
    let parts = by_rows(header(&team.id, "all"), &five_thousand());
    assert_eq!(parts.len(), 12, "messages of 500");
    import_five_thousand(h, &team.id, parts).await;
}

async fn five_thousand_rows_of_csv_do_the_same(h: &Harness) {
    let team = h.team("acme").await;
    let parts = by_csv(header(&team.id, "all"), FILE);
    import_five_thousand(h, &team.id, parts).await;
}

async fn an_import_cancelled_after_4999_rows_writes_nothing(h: &Harness) {
    let team = h.team("acme").await;
    let rows = crowd("p", 4_999);
    let before = h.census(&team.id).await;
    let (upload, _) = in_place(h, header(&team.id, "march")).await;
    for chunk in rows.chunks(500) {
        upload.send(rows_part(chunk)).await;
    }
    // The channel holds one message: with room in it, all others are on their way.
    drop(upload.parts.reserve().await.expect("an open stream"));
    upload.call.abort();
    assert!(upload.call.await.expect_err("no answer").is_cancelled());

    // There is room for one import: as soon as another is read, the cancelled one has ended.
    let rehearsal = ImportUsersHeader {
        validate_only: true,
        ..header(&team.id, "march")
    };
    while let Err(busy) = h.import(by_rows(rehearsal.clone(), &rows[..1])).await {
        assert_eq!(reason(&busy), "IMPORTS_BUSY");
    }
    assert_eq!(h.census(&team.id).await, before);
}

async fn an_import_whose_producer_dies_writes_nothing(h: &Harness) {
    let team = h.team("acme").await;
    let before = h.census(&team.id).await;
    let mut parts = by_rows(header(&team.id, "march"), &crowd("p", 4_999));
    parts.pop();
    // A client whose producer dies closes its stream as if it had said all.
    malformed(h, parts, &[("end", "REQUIRED")]).await;
    assert_eq!(h.census(&team.id).await, before);
}

async fn parts_out_of_order_are_refused_and_nothing_is_written(h: &Harness) {
    let team = h.team("acme").await;
    let before = h.census(&team.id).await;
    let head = || Part::Header(header(&team.id, "march"));
    let rows = || rows_part(&crowd("p", 2));
    let csv = || Part::Csv(b"first,last,email\nAnn,Lee,ann@acme.example\n".to_vec());

    for parts in [
        vec![],
        vec![rows(), row_end(2)],
        vec![csv(), byte_end(42)],
        vec![row_end(0)],
        vec![rows(), head(), row_end(2)],
    ] {
        malformed(h, parts, &[("header", "REQUIRED")]).await;
    }
    for parts in [
        vec![head(), head(), rows(), row_end(2)],
        vec![head(), rows(), head(), row_end(2)],
        vec![head(), csv(), head(), byte_end(42)],
    ] {
        malformed(h, parts, &[("header", "DUPLICATE")]).await;
    }
    let parts = vec![head(), rows(), csv(), row_end(2)];
    malformed(h, parts, &[("csv", "EXCLUSIVE")]).await;
    let parts = vec![head(), csv(), rows(), row_end(2)];
    malformed(h, parts, &[("rows", "EXCLUSIVE")]).await;
    malformed(h, vec![head(), rows()], &[("end", "REQUIRED")]).await;
    malformed(h, vec![head()], &[("end", "REQUIRED")]).await;

    let unset = [
        message(head()),
        ImportUsersRequest { part: None },
        message(rows()),
        message(row_end(2)),
    ];
    let answer = h.users().import_users(tokio_stream::iter(unset)).await;
    let status = answer.refused(Code::InvalidArgument, "MALFORMED_MESSAGE");
    assert_eq!(
        violations(&status),
        [("part".to_owned(), "REQUIRED".to_owned())]
    );
    assert_eq!(h.census(&team.id).await, before);
}

async fn an_end_that_does_not_count_what_was_sent_is_refused(h: &Harness) {
    let team = h.team("acme").await;
    let before = h.census(&team.id).await;
    let head = || Part::Header(header(&team.id, "march"));
    let rows = || rows_part(&crowd("p", 2));
    let bytes = b"first,last,email\nAnn,Lee,ann@acme.example\n\n";
    let csv = || Part::Csv(bytes.to_vec());
    let uncounted = || Part::End(ImportUsersEnd { count: None });

    for part in [rows(), csv()] {
        let parts = vec![head(), part, uncounted()];
        malformed(h, parts, &[("end.count", "REQUIRED")]).await;
    }
    malformed(h, vec![head(), uncounted()], &[("end.count", "REQUIRED")]).await;
    for (part, end) in [
        (rows(), row_end(0)),
        (rows(), row_end(1)),
        (rows(), row_end(3)),
        (csv(), row_end(2)),
        (csv(), row_end(0)),
    ] {
        malformed(
            h,
            vec![head(), part, end],
            &[("end.row_count", "COUNT_MISMATCH")],
        )
        .await;
    }
    for count in [0, bytes.len() - 1, bytes.len() + 1] {
        let parts = vec![head(), csv(), byte_end(count)];
        malformed(h, parts, &[("end.byte_count", "COUNT_MISMATCH")]).await;
    }
    malformed(
        h,
        vec![head(), row_end(1)],
        &[("end.row_count", "COUNT_MISMATCH")],
    )
    .await;
    // Rows have no bytes that both sides would count alike.
    malformed(
        h,
        vec![head(), rows(), byte_end(2)],
        &[("end.row_count", "REQUIRED")],
    )
    .await;
    assert_eq!(h.census(&team.id).await, before);

    // CSV takes either count.
    for end in [row_end(1), byte_end(bytes.len())] {
        let parts = vec![Part::Header(held(&team.id, "march")), csv(), end];
        assert_eq!(h.import(parts).await.answered().results.len(), 1);
    }
}

async fn an_import_into_an_unknown_team_is_refused(h: &Harness) {
    let team = h.team("acme").await;
    let before = h.census(&team.id).await;
    let nowhere = h.unknown_id();
    for validate_only in [false, true] {
        let header = ImportUsersHeader {
            validate_only,
            ..header(&nowhere, "march")
        };
        let answer = h.import(by_rows(header, &crowd("p", 3))).await;
        answer.missing("TEAM_NOT_FOUND", &nowhere);
    }
    assert_eq!(h.census(&team.id).await, before);
}

async fn an_import_without_rows_is_an_import(h: &Harness) {
    let team = h.team("acme").await;
    let answer = h
        .import(by_rows(header(&team.id, "none"), &[]))
        .await
        .answered();
    assert!(answer.results.is_empty());
    let csv = by_csv(header(&team.id, "header"), b"first,last,email\n");
    assert!(h.import(csv).await.answered().results.is_empty());
    let counts: Vec<_> = h
        .imports(&team.id)
        .await
        .iter()
        .map(|one| one.row_count)
        .collect();
    assert_eq!(counts, [0, 0]);
}

async fn whoever_looks_while_an_import_runs_sees_all_of_it_or_nothing(h: &Harness) {
    let team = h.team("acme").await;
    let parts = by_rows(held(&team.id, "whole"), &crowd("person", 2_000));
    let import = h.import(parts);
    tokio::pin!(import);
    let mut looks = 0;
    loop {
        tokio::select! {
            answer = &mut import => {
                answer.answered();
                break;
            }
            counts = h.counts(&team.id) => {
                looks += 1;
                assert!([1, 2_001].contains(&counts.invited_members), "{counts:?}");
                assert!([1, 2_001].contains(&counts.open_invitations), "{counts:?}");
            }
        }
    }
    assert!(looks > 0, "nobody looked while it ran");
    assert_eq!(h.counts(&team.id).await.invited_members, 2_001);
}
