//! Rows of a CSV that cannot be imported: each says why, and stops no other.

use muster::proto::ImportOutcome;

use crate::{
    harness::{Harness, tests},
    refusals::Outcome,
    uploads::{by_csv, held},
};

tests![
    a_row_of_the_wrong_width_stops_no_other,
    a_result_names_every_broken_field_of_its_row,
];

async fn a_row_of_the_wrong_width_stops_no_other(h: &Harness) {
    let team = h.team("acme").await;
    let csv = concat!(
        "First,Last,Email\n",
        "Ann\n",
        "Ann,Lee\n",
        "Ann,Lee,ann@acme.example,x\n",
        "Ann,Lee,ann@acme.example\n",
        "Ann;Lee;bob@acme.example\n",
    );
    let answer = h
        .import(by_csv(held(&team.id, "march"), csv.as_bytes()))
        .await;
    let results = answer.answered().results;
    let shown: Vec<_> = results
        .iter()
        .map(|one| {
            let violations = one.violations.iter();
            let shown = violations.map(|it| format!("{} {}", it.field, it.reason));
            (one.line, one.outcome(), shown.collect::<Vec<_>>())
        })
        .collect();
    let broken = |line| {
        (
            line,
            ImportOutcome::Invalid,
            vec!["row COLUMN_COUNT".to_owned()],
        )
    };
    assert_eq!(
        shown,
        [
            broken(2),
            broken(3),
            broken(4),
            (5, ImportOutcome::Invited, Vec::new()),
            broken(6),
        ]
    );
}

async fn a_result_names_every_broken_field_of_its_row(h: &Harness) {
    let team = h.team("acme").await;
    let long = "a".repeat(101);
    let csv = format!(
        "First,Last,Email\n,,x\n{long},<b>,@\nwww.win.example,\u{202e}Lee,ф@acme.example\nAnn,Lee,\n"
    );
    let answer = h
        .import(by_csv(held(&team.id, "march"), csv.as_bytes()))
        .await;
    let results = answer.answered().results;
    let shown: Vec<Vec<_>> = results
        .iter()
        .map(|one| {
            let violations = one.violations.iter();
            violations
                .map(|it| (it.field.as_str(), it.reason.as_str()))
                .collect()
        })
        .collect();
    assert_eq!(
        shown,
        [
            vec![
                ("given_name", "REQUIRED"),
                ("family_name", "REQUIRED"),
                ("email", "MALFORMED")
            ],
            vec![
                ("given_name", "TOO_LONG"),
                ("family_name", "LOOKS_LIKE_LINK"),
                ("email", "MALFORMED")
            ],
            vec![
                ("given_name", "LOOKS_LIKE_LINK"),
                ("family_name", "CONTROL_CHARACTER"),
                ("email", "NOT_ASCII")
            ],
            vec![("email", "REQUIRED")],
        ]
    );
    assert!(
        results
            .iter()
            .all(|one| one.user_id.is_empty() && one.invitation_id.is_empty())
    );
    assert_eq!(h.user_count().await, 1, "the primary admin");
}
