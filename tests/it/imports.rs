//! Imports as things that last: their ids, what is answered about them later, and for how long.

use chrono::TimeDelta;
use muster::{
    app::housekeeping,
    config::Settings,
    proto::{
        GetImportRequest, ImportOutcome, ImportUsersHeader, ListImportResultsRequest,
        ListImportsRequest, user_service_client::UserServiceClient,
    },
};
use tonic::{Code, Response};
use uuid::{Uuid, Version};

use crate::{
    fixtures::{MICROSECOND, time},
    harness::{BearerKey, Harness, tests},
    refusals::{Outcome, retry_delay},
    server::new_key,
    uploads::{
        by_rows, crowd, held, in_place, message, one_at_once, outcomes, row, row_end, rows_part,
    },
};

tests![
    an_import_without_an_id_gets_one_from_the_server,
    an_import_id_is_read_before_any_row,
    an_import_is_kept_without_its_rows,
    imports_are_listed_newest_first,
    imports_of_one_moment_are_listed_by_the_bytes_of_their_ids,
    an_import_is_kept_for_ninety_days,
    the_results_of_an_import_can_be_asked_for_by_outcome,
    one_import_too_many_at_once_is_told_to_wait with one_at_once,
    a_key_whose_imports_are_as_many_as_may_be_keeps_no_other_out with one_a_key,
];

fn one_a_key(settings: &mut Settings) {
    settings.concurrent_imports = 2;
    settings.concurrent_imports_per_key = 1;
}

async fn an_import_without_an_id_gets_one_from_the_server(h: &Harness) {
    let team = h.team("acme").await;
    let rows = crowd("p", 2);
    let mut made = Vec::new();
    for _ in 0..2 {
        let answer = h
            .import(by_rows(held(&team.id, ""), &rows))
            .await
            .answered();
        let import = answer.import.expect("the import");
        let id: Uuid = import.import_id.parse().expect("a UUID");
        assert_eq!(id.get_version(), Some(Version::SortRand));
        assert_eq!(
            h.results_of(&team.id, &import.import_id, &[]).await,
            answer.results
        );
        made.push(outcomes(&answer.results));
    }
    // Nothing tells the second from a new import, so it is one.
    let expected = [ImportOutcome::Invited, ImportOutcome::AlreadyInvited];
    assert_eq!(made, expected.map(|outcome| vec![outcome; 2]));
}

async fn an_import_id_is_read_before_any_row(h: &Harness) {
    let team = h.team("acme").await;
    let rows = crowd("p", 1);
    for (id, rule) in [
        ("a b", "MALFORMED"),
        ("März", "MALFORMED"),
        ("a/b", "MALFORMED"),
        (&"a".repeat(65), "TOO_LONG"),
    ] {
        let answer = h.import(by_rows(held(&team.id, id), &rows)).await;
        answer.invalid(&[("header.import_id", rule)]);
    }
    let broken = ImportUsersHeader {
        team_id: "x".to_owned(),
        import_id: "*".to_owned(),
        language: "?".to_owned(),
        ..ImportUsersHeader::default()
    };
    h.import(by_rows(broken, &rows)).await.invalid(&[
        ("header.team_id", "MALFORMED"),
        ("header.import_id", "MALFORMED"),
        ("header.language", "MALFORMED"),
    ]);
    assert!(h.imports(&team.id).await.is_empty());

    let longest = format!("{}.-_Z9", "a".repeat(59));
    h.import_rows(held(&team.id, &longest), &rows).await;
    assert_eq!(h.imports(&team.id).await[0].import_id, longest);
}

async fn an_import_is_kept_without_its_rows(h: &Harness) {
    let team = h.team("acme").await;
    let rows = [row("ann@acme.example"), row("ANN@acme.example"), row("x")];
    let answer = h
        .import(by_rows(held(&team.id, "march"), &rows))
        .await
        .answered();
    let import = answer.import.expect("the import");
    assert_eq!(
        (import.team_id.as_str(), import.import_id.as_str()),
        (team.id.as_str(), "march")
    );
    assert_eq!(import.row_count, 3);
    assert!(import.hold_letters && !import.validate_only);
    assert_eq!(time(import.create_time), h.now());
    let counts: Vec<_> = import
        .outcome_counts
        .iter()
        .map(|count| (count.outcome(), count.count))
        .collect();
    assert_eq!(
        counts,
        [
            (ImportOutcome::Invalid, 1),
            (ImportOutcome::DuplicateRow, 1),
            (ImportOutcome::Invited, 1),
        ]
    );

    h.advance(MICROSECOND);
    let request = GetImportRequest {
        team_id: team.id.clone(),
        import_id: "march".to_owned(),
    };
    let found = h.users().get_import(request).await.answered().import;
    assert_eq!(found, Some(import));
    assert_eq!(h.results_of(&team.id, "march", &[]).await, answer.results);

    // An id belongs to its team.
    let other = h.team("other").await;
    let request = GetImportRequest {
        team_id: other.id,
        import_id: "march".to_owned(),
    };
    let answer = h.users().get_import(request).await;
    answer.missing("IMPORT_NOT_FOUND", "march");
}

async fn imports_are_listed_newest_first(h: &Harness) {
    let team = h.team("acme").await;
    let rows = crowd("p", 1);
    // Neither in the order of their names nor all at different times.
    for id in ["b", "c", "a"] {
        h.advance(MICROSECOND);
        h.import_rows(held(&team.id, id), &rows).await;
    }
    let ids: Vec<_> = h
        .imports(&team.id)
        .await
        .into_iter()
        .map(|import| import.import_id)
        .collect();
    assert_eq!(ids, ["a", "c", "b"]);
}

async fn imports_of_one_moment_are_listed_by_the_bytes_of_their_ids(h: &Harness) {
    let team = h.team("acme").await;
    // As a dictionary would not have it.
    for id in ["b", "A", "-", "a", "B", "_", "9", "."] {
        h.import_rows(held(&team.id, id), &[]).await;
    }
    let mut request = ListImportsRequest {
        team_id: team.id.clone(),
        page_size: 3,
        page_token: String::new(),
    };
    let mut ids = Vec::new();
    for size in [3, 3, 2] {
        let page = h.users().list_imports(request.clone()).await.answered();
        assert_eq!(page.imports.len(), size);
        ids.extend(page.imports.into_iter().map(|import| import.import_id));
        request.page_token = page.next_page_token;
    }
    assert_eq!(request.page_token, "");
    assert_eq!(ids, ["b", "a", "_", "B", "A", "9", ".", "-"]);
}

async fn an_import_is_kept_for_ninety_days(h: &Harness) {
    let team = h.team("acme").await;
    let rows = crowd("p", 2);
    let first = h.import_rows(held(&team.id, "march"), &rows).await;
    h.advance(TimeDelta::days(90));
    housekeeping::sweep(&h.ctx).await.expect("a sweep");
    assert_eq!(h.import_rows(held(&team.id, "march"), &rows).await, first);

    h.advance(MICROSECOND);
    housekeeping::sweep(&h.ctx).await.expect("a sweep");
    let request = GetImportRequest {
        team_id: team.id.clone(),
        import_id: "march".to_owned(),
    };
    let answer = h.users().get_import(request).await;
    answer.missing("IMPORT_NOT_FOUND", "march");
    // Then its id may be used for anything.
    let second = h.import_rows(held(&team.id, "march"), &rows[..1]).await;
    assert_eq!(outcomes(&second), [ImportOutcome::Invited]);
    assert_eq!(second[0].invitation_id, first[0].invitation_id);
    assert_eq!(h.results_of(&team.id, "march", &[]).await, second);
}

async fn the_results_of_an_import_can_be_asked_for_by_outcome(h: &Harness) {
    let team = h.team("acme").await;
    let rows = [
        row("x"),
        row("ann@acme.example"),
        row("bob@acme.example"),
        row("bob@acme.example"),
        row("y"),
    ];
    h.import_rows(held(&team.id, "march"), &rows).await;
    let numbers = async |outcomes: &[ImportOutcome]| {
        let results = h.results_of(&team.id, "march", outcomes).await;
        results.iter().map(|one| one.row).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&[]).await, [1, 2, 3, 4, 5]);
    assert_eq!(numbers(&[ImportOutcome::Invalid]).await, [1, 5]);
    assert_eq!(
        numbers(&[ImportOutcome::DuplicateRow, ImportOutcome::Invited]).await,
        [2, 3, 4]
    );
    assert_eq!(numbers(&[ImportOutcome::NoSeat]).await, [0; 0]);

    let request = ListImportResultsRequest {
        team_id: team.id.clone(),
        import_id: "march".to_owned(),
        outcomes: vec![99],
        ..ListImportResultsRequest::default()
    };
    let answer = h.users().list_import_results(request).await;
    answer.invalid(&[("outcomes[0]", "UNKNOWN_VALUE")]);
}

async fn one_import_too_many_at_once_is_told_to_wait(h: &Harness) {
    let team = h.team("acme").await;
    let rows = crowd("p", 1);
    let (first, busy) = in_place(h, held(&team.id, "first")).await;
    let busy = Err::<Response<()>, _>(busy).refused(Code::ResourceExhausted, "IMPORTS_BUSY");
    assert!(!retry_delay(&busy).is_zero());
    let again = h.import(by_rows(held(&team.id, "second"), &rows)).await;
    again.refused(Code::ResourceExhausted, "IMPORTS_BUSY");

    first.send(rows_part(&rows)).await;
    first.send(row_end(1)).await;
    let answer = first.close().await.answered();
    assert_eq!(outcomes(&answer.results), [ImportOutcome::Invited]);
    // Its place is free by the time it is answered.
    let second = h.import_rows(held(&team.id, "second"), &rows).await;
    assert_eq!(outcomes(&second), [ImportOutcome::AlreadyInvited]);
}

async fn a_key_whose_imports_are_as_many_as_may_be_keeps_no_other_out(h: &Harness) {
    let team = h.team("acme").await;
    let rows = crowd("p", 1);
    let (first, busy) = in_place(h, held(&team.id, "first")).await;
    Err::<Response<()>, _>(busy).refused(Code::ResourceExhausted, "IMPORTS_BUSY");
    let key = BearerKey::new(&new_key(h).await);
    let mut other = UserServiceClient::with_interceptor(h.channel(), key);
    let parts = by_rows(held(&team.id, "second"), &rows);
    let stream = tokio_stream::iter(parts.into_iter().map(message));
    let answer = other.import_users(stream).await.answered();
    assert_eq!(outcomes(&answer.results), [ImportOutcome::Invited]);
    first.send(row_end(0)).await;
    first.close().await.answered();
}
