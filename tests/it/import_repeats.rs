//! Imports that come twice, at once, or first as a rehearsal.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use muster::proto::{ImportOutcome, ImportUsersHeader};
use tokio::task::JoinSet;
use tonic::Code;

use crate::{
    fixtures::WEEK,
    harness::{Harness, tests},
    refusals::{Outcome, reason},
    uploads::{by_csv, by_rows, by_rows_of_one, crowd, header, held, message, outcomes, row},
};

tests![
    the_same_import_again_answers_the_same_and_does_nothing,
    rows_and_csv_with_the_same_people_are_the_same_import,
    an_import_id_cannot_be_used_for_other_rows_or_options,
    of_two_equal_imports_at_once_one_happens_and_both_answer_the_same,
    of_two_other_imports_at_once_under_one_id_one_happens,
    imports_of_the_same_people_into_many_teams_at_once_share_their_accounts,
    a_rehearsal_answers_what_the_import_will_and_writes_nothing,
    a_rehearsal_of_an_import_that_happened_answers_its_results,
];

async fn the_same_import_again_answers_the_same_and_does_nothing(h: &Harness) {
    let team = h.team("acme").await;
    let rows = [
        row("ann@acme.example"),
        row("x"),
        row("Ann@acme.example"),
        row("bob@acme.example"),
    ];
    let first = h
        .import(by_rows(header(&team.id, "march"), &rows))
        .await
        .answered();
    assert_eq!(h.deliver().await.len(), 2);

    // Much later, cut in another way, and spelt in another way that means the same.
    h.advance(TimeDelta::days(89));
    let before = h.census(&team.id).await;
    let mut respelt = rows.clone();
    " ANN@ACME.EXAMPLE ".clone_into(&mut respelt[0].email);
    " Lee ".clone_into(&mut respelt[3].family_name);
    let parts = by_rows_of_one(header(&team.id, "march"), &respelt);
    assert_eq!(h.import(parts).await.answered(), first);
    // Not even the expired invitations were opened again.
    assert_eq!(h.census(&team.id).await, before);
}

async fn rows_and_csv_with_the_same_people_are_the_same_import(h: &Harness) {
    let team = h.team("acme").await;
    let rows = [row("ann@acme.example"), row("bob@acme.example"), row("x")];
    let csv = "email;last;first\nann@acme.example;Lee;Ann\n\nbob@acme.example;Lee;Ann\nx;Lee;Ann\n";
    let by_file = by_csv(held(&team.id, "march"), csv.as_bytes());
    let first = h.import(by_file.clone()).await.answered();
    let lines: Vec<_> = first.results.iter().map(|one| one.line).collect();
    assert_eq!(lines, [2, 4, 5]);
    let before = h.census(&team.id).await;

    // The stored results are answered as they were, lines included.
    let again = h
        .import(by_rows(held(&team.id, "march"), &rows))
        .await
        .answered();
    assert_eq!(again, first);
    assert_eq!(h.import(by_file).await.answered(), first);
    assert_eq!(h.census(&team.id).await, before);

    // The other way round they have none.
    let first = h.import_rows(held(&team.id, "april"), &rows).await;
    let again = h
        .import(by_csv(held(&team.id, "april"), csv.as_bytes()))
        .await;
    assert_eq!(again.answered().results, first);
    assert!(first.iter().all(|one| one.line == 0));
}

async fn an_import_id_cannot_be_used_for_other_rows_or_options(h: &Harness) {
    let team = h.team("acme").await;
    let other = h.team("other").await;
    let rows = [row("ann@acme.example"), row("bob@acme.example"), row("x")];
    h.import_rows(held(&team.id, "march"), &rows).await;
    let before = h.census(&team.id).await;

    let mut swapped = rows.clone();
    swapped.swap(0, 1);
    let mut renamed = rows.clone();
    "Ada".clone_into(&mut renamed[0].given_name);
    let mut mistyped = rows.clone();
    "y".clone_into(&mut mistyped[2].email);
    let mut more = rows.to_vec();
    more.push(row("cyd@acme.example"));
    let in_ukrainian = ImportUsersHeader {
        language: "uk".to_owned(),
        ..held(&team.id, "march")
    };
    let rehearsal = ImportUsersHeader {
        validate_only: true,
        ..held(&team.id, "march")
    };
    let others = [
        by_rows(held(&team.id, "march"), &swapped),
        by_rows(held(&team.id, "march"), &renamed),
        by_rows(held(&team.id, "march"), &mistyped),
        by_rows(held(&team.id, "march"), &rows[..2]),
        by_rows(held(&team.id, "march"), &more),
        by_rows(held(&team.id, "march"), &[]),
        by_rows(header(&team.id, "march"), &rows),
        by_rows(in_ukrainian, &rows),
        by_rows(rehearsal, &swapped),
    ];
    for (case, parts) in others.into_iter().enumerate() {
        let answer = h.import(parts).await;
        let refused = answer
            .map(drop)
            .map_err(|status| (status.code(), reason(&status)));
        let expected = (Code::FailedPrecondition, "IMPORT_ID_REUSED".to_owned());
        assert_eq!(refused, Err(expected), "case {case}");
    }
    assert_eq!(h.census(&team.id).await, before);

    // Ids are case-sensitive, and each team has its own.
    h.import_rows(held(&team.id, "March"), &swapped).await;
    h.import_rows(held(&other.id, "march"), &swapped).await;
}

async fn of_two_equal_imports_at_once_one_happens_and_both_answer_the_same(h: &Harness) {
    let team = h.team("acme").await;
    let parts = by_rows(held(&team.id, "march"), &crowd("p", 200));
    let twins = || async { h.import(parts.clone()).await.answered() };
    let (one, other, third) = tokio::join!(twins(), twins(), twins());
    assert_eq!((&one, &one), (&other, &third));
    assert_eq!(outcomes(&one.results), [ImportOutcome::Invited; 200]);
    assert_eq!(h.imports(&team.id).await.len(), 1);
    assert_eq!(h.counts(&team.id).await.open_invitations, 201);
}

async fn of_two_other_imports_at_once_under_one_id_one_happens(h: &Harness) {
    let team = h.team("acme").await;
    let others = ["p", "q"].map(|name| by_rows(held(&team.id, "march"), &crowd(name, 200)));
    let [one, other] = others.map(|parts| h.import(parts));
    let (one, other) = tokio::join!(one, other);
    let (done, refused) = if one.is_ok() {
        (one, other)
    } else {
        (other, one)
    };
    refused.refused(Code::FailedPrecondition, "IMPORT_ID_REUSED");
    assert_eq!(
        outcomes(&done.answered().results),
        [ImportOutcome::Invited; 200]
    );
    assert_eq!(h.counts(&team.id).await.open_invitations, 201);
}

async fn imports_of_the_same_people_into_many_teams_at_once_share_their_accounts(h: &Harness) {
    // More than one statement takes, and in another order each time.
    let rows = crowd("p", 1_500);
    let mut calls = JoinSet::new();
    for number in 0..4_usize {
        let team = h.team(&format!("team{number}")).await.id;
        let mut rows = rows.clone();
        rows.rotate_left(number * 375);
        if number % 2 == 1 {
            rows.reverse();
        }
        let mut client = h.users();
        calls.spawn(async move {
            let parts = by_rows(held(&team, "march"), &rows);
            let stream = tokio_stream::iter(parts.into_iter().map(message));
            let answer = client.import_users(stream).await.answered();
            let users = answer.results.into_iter().map(|one| one.user_id);
            let emails = rows.into_iter().map(|row| row.email);
            emails.zip(users).collect::<BTreeMap<_, _>>()
        });
    }
    let accounts = calls.join_all().await;
    assert!(accounts[0].values().all(|user| !user.is_empty()));
    assert!(accounts.iter().all(|team| team == &accounts[0]));
    assert_eq!(h.user_count().await, 1_500 + 4, "four primary admins");
}

async fn a_rehearsal_answers_what_the_import_will_and_writes_nothing(h: &Harness) {
    let team = h.team("acme").await;
    let joined = h.join(&team.id, "joined@acme.example").await;
    h.verified("pat@acme.example").await;
    let expired = h.invite(&team.id, "expired@acme.example").await;
    h.advance(WEEK);
    let waiting = h.invite(&team.id, "waiting@acme.example").await;
    let rows = [
        row("new@acme.example"),
        row("pat@acme.example"),
        row("x"),
        row("joined@acme.example"),
        row("waiting@acme.example"),
        row("NEW@acme.example"),
        row("expired@acme.example"),
    ];
    let before = h.census(&team.id).await;
    let rehearsal = ImportUsersHeader {
        validate_only: true,
        ..header(&team.id, "march")
    };
    let mut told = h.import(by_rows(rehearsal, &rows)).await.answered();
    assert_eq!(
        outcomes(&told.results),
        [
            ImportOutcome::Invited,
            ImportOutcome::Verified,
            ImportOutcome::Invalid,
            ImportOutcome::AlreadyMember,
            ImportOutcome::AlreadyInvited,
            ImportOutcome::DuplicateRow,
            ImportOutcome::Invited,
        ]
    );
    assert_eq!(h.census(&team.id).await, before);
    assert!(told.import.as_ref().expect("the import").validate_only);
    assert_eq!(told.results[0].user_id, "", "nobody was made");
    assert_eq!(told.results[3].user_id, joined.user);
    assert_eq!(told.results[4].invitation_id, waiting.id);
    assert_eq!(told.results[6].invitation_id, expired.id);

    // Its id is not taken: another import may have it.
    let real = h
        .import(by_rows(header(&team.id, "march"), &rows))
        .await
        .answered();
    assert_eq!(h.deliver().await.len(), 3);
    for (told, done) in told.results.iter_mut().zip(&real.results) {
        // Of an account elsewhere only the import itself tells.
        if [1, 2].contains(&done.row) {
            assert_eq!(told.user_id, "");
            told.user_id.clone_from(&done.user_id);
            told.invitation_id.clone_from(&done.invitation_id);
        }
    }
    assert_eq!(told.results, real.results);
    let [mut told, real] = [told, real].map(|one| one.import.expect("the import"));
    told.validate_only = false;
    assert_eq!(told, real, "its counts too");
}

async fn a_rehearsal_of_an_import_that_happened_answers_its_results(h: &Harness) {
    let team = h.team("acme").await;
    let rows = crowd("p", 3);
    let done = h.import_rows(held(&team.id, "march"), &rows).await;
    let before = h.census(&team.id).await;
    let rehearsal = ImportUsersHeader {
        validate_only: true,
        ..held(&team.id, "march")
    };
    assert_eq!(h.import_rows(rehearsal, &rows).await, done);
    assert_eq!(h.census(&team.id).await, before);
}
