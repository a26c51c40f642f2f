//! CSV as people make it, from its bytes to the people of the team.

use muster::proto::{
    GetMemberRequest, ImportOutcome, ImportResult, ImportUsersHeader, Role,
    import_users_request::Part,
};
use serde_json::Value;
use tonic::Code;

use crate::{
    harness::{Harness, tests},
    refusals::{Outcome, violations},
    uploads::{by_csv, byte_end, header, held, outcomes},
};

tests![
    the_messy_file_gives_exactly_what_is_expected_of_it,
    files_of_many_shapes_bring_in_the_same_people,
    a_quoted_cell_may_hold_what_separates_the_others,
    bytes_may_be_cut_anywhere,
    unknown_columns_are_ignored_and_named,
    a_file_that_cannot_be_read_is_refused_whole_with_the_place,
];

const MESSY: &[u8] = include_bytes!("../data/people-messy.csv");
const EXPECTED: &str = include_str!("../data/people-messy.expected.json");
/// The line on which each data row of the messy file begins: the fifth record is empty, the ninth has two lines.
const LINES: [i32; 16] = [2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19];

async fn the_messy_file_gives_exactly_what_is_expected_of_it(h: &Harness) {
    let team = h.team("acme").await;
    let rehearsal = ImportUsersHeader {
        validate_only: true,
        ..header(&team.id, "messy")
    };
    let told = h.import(by_csv(rehearsal, MESSY)).await.answered();
    let done = h.import(by_csv(header(&team.id, "messy"), MESSY)).await;
    let done = done.answered();

    let expected: Vec<Value> = serde_json::from_str(EXPECTED).expect("JSON");
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let number = |row: &Value, key: &str| row[key].as_i64().unwrap_or_default();
    let expected: Vec<_> = expected
        .iter()
        .map(|row| {
            let outcome = format!("IMPORT_OUTCOME_{}", text(row, "outcome"));
            let outcome = ImportOutcome::from_str_name(&outcome).expect("an outcome");
            let fields = Vec::from_iter(Some(text(row, "field")).filter(|it| !it.is_empty()));
            (
                number(row, "row"),
                outcome,
                fields,
                number(row, "first_row"),
            )
        })
        .collect();
    for results in [&told.results, &done.results] {
        let found: Vec<_> = results
            .iter()
            .map(|one| {
                let fields = one.violations.iter().map(|it| it.field.clone()).collect();
                let (row, first) = (i64::from(one.row), i64::from(one.first_row));
                (row, one.outcome(), fields, first)
            })
            .collect();
        assert_eq!(found, expected);
        let lines: Vec<_> = results.iter().map(|one| one.line).collect();
        assert_eq!(lines, LINES);
    }
    assert_eq!(h.results_of(&team.id, "messy", &[]).await, done.results);

    let mut to: Vec<_> = h.deliver().await.into_iter().map(|one| one.to).collect();
    to.sort();
    assert_eq!(
        to,
        [
            "ada@acme.example",
            "alan@acme.example",
            "barbara@acme.example",
            "grace@acme.example",
            "margaret@acme.example",
            "user@xn--bcher-kva.example",
        ]
    );
    let alan = h.member(&team.id, &done.results[3].user_id).await.user;
    let alan = alan.expect("the account");
    assert_eq!(
        [&alan.given_name, &alan.family_name, &alan.email],
        ["Alan", "Turing", "alan@acme.example"]
    );
}

/// The names and the line of each person who was invited.
async fn people(h: &Harness, team: &str, results: &[ImportResult]) -> Vec<(i32, String)> {
    let mut people = Vec::new();
    for result in results {
        let request = GetMemberRequest {
            team_id: team.to_owned(),
            user_id: result.user_id.clone(),
        };
        let member = h.teams().get_member(request).await.answered().member;
        let user = member.expect("the member").user.expect("the account");
        let shown = format!("{}|{}|{}", user.given_name, user.family_name, user.email);
        people.push((result.line, shown));
    }
    people
}

/// Two people, as simply as it can be said.
const PLAIN: &str =
    "First Name,Last Name,Email\nAda,Lovelace,ada@a.example\nKurt,Gödel,kurt@b.example\n";

async fn files_of_many_shapes_bring_in_the_same_people(h: &Harness) {
    let (column_names, rest) = PLAIN.split_once('\n').expect("a header line");
    let under = |header: &str| format!("{header}\n{rest}");
    let shapes = [
        ("comma", PLAIN.to_owned(), [2, 3]),
        ("semicolon", PLAIN.replace(',', ";"), [2, 3]),
        ("tab", PLAIN.replace(',', "\t"), [2, 3]),
        ("mark", format!("\u{feff}{PLAIN}"), [2, 3]),
        (
            "mark-and-quotes",
            format!("\u{feff}\"{}\"\n{rest}", column_names.replace(',', "\",\"")),
            [2, 3],
        ),
        ("crlf", PLAIN.replace('\n', "\r\n"), [2, 3]),
        ("cr", PLAIN.replace('\n', "\r"), [2, 3]),
        ("no-end", PLAIN.trim_end().to_owned(), [2, 3]),
        (
            "order",
            "E-MAIL;GIVEN_NAME;surname\nada@a.example;Ada;Lovelace\nkurt@b.example;Kurt;Gödel"
                .to_owned(),
            [2, 3],
        ),
        (
            "gaps",
            PLAIN
                .replace("First", "\n\nFirst")
                .replace("Ada,", "\n,,\nAda,")
                .replace("Kurt", " \n\n\"\",,\nKurt"),
            [6, 10],
        ),
        ("surplus", PLAIN.replace('\n', ",, ,\n"), [2, 3]),
        (
            "ascii-apostrophe",
            under("Ім'я,Прізвище,Електронна пошта"),
            [2, 3],
        ),
        (
            "typographic-apostrophe",
            under("ІМ’Я,ПРІЗВИЩЕ,ЕЛ. ПОШТА"),
            [2, 3],
        ),
        ("letter-apostrophe", under("імʼя,прізвище,ел.пошта"), [2, 3]),
        // й and ö of two characters each.
        (
            "decomposed",
            under("ім`я,прізвище,імеи\u{306}л").replace('ö', "o\u{308}"),
            [2, 3],
        ),
    ];
    for (name, text, lines) in shapes {
        let team = h.team(name).await;
        let answer = h
            .import(by_csv(held(&team.id, name), text.as_bytes()))
            .await;
        let results = answer.answered().results;
        let expected = [
            (lines[0], "Ada|Lovelace|ada@a.example".to_owned()),
            (lines[1], "Kurt|Gödel|kurt@b.example".to_owned()),
        ];
        assert_eq!(outcomes(&results), [ImportOutcome::Invited; 2], "{name}");
        assert_eq!(people(h, &team.id, &results).await, expected, "{name}");
        let rows: Vec<_> = results.iter().map(|one| one.row).collect();
        assert_eq!(rows, [1, 2], "{name}");
    }
}

async fn a_quoted_cell_may_hold_what_separates_the_others(h: &Harness) {
    let team = h.team("acme").await;
    let csv = concat!(
        "First,Last,\"Email\n(work)\",Email\n",
        "\"Ann, the \"\"first\"\"\",Lee,\"one\r\ntwo\",ann@acme.example\n",
        "Bob,\"Hop\nper\",,bob@acme.example\n",
        "Cyd,5\" Lee,,cyd@acme.example\n",
    );
    let answer = h
        .import(by_csv(held(&team.id, "march"), csv.as_bytes()))
        .await;
    let answer = answer.answered();
    let import = answer.import.expect("the import");
    assert_eq!(import.ignored_columns, ["Email(work)"]);
    let [ann, bob, cyd] = &answer.results[..] else {
        panic!("three rows");
    };
    let invited = [ann.clone(), cyd.clone()];
    assert_eq!(
        people(h, &team.id, &invited).await,
        [
            (3, "Ann, the \"first\"|Lee|ann@acme.example".to_owned()),
            (7, "Cyd|5\" Lee|cyd@acme.example".to_owned()),
        ]
    );
    // A line end is fine for the file, not for a name.
    assert_eq!((bob.line, bob.outcome()), (5, ImportOutcome::Invalid));
    assert_eq!(bob.violations[0].field, "family_name");
    assert_eq!(bob.violations[0].reason, "CONTROL_CHARACTER");
}

async fn bytes_may_be_cut_anywhere(h: &Harness) {
    let team = h.team("acme").await;
    let whole = h.import(by_csv(held(&team.id, "messy"), MESSY)).await;
    let whole = whole.answered();
    // Between the bytes of a character, of the mark and of a line end, and an empty message.
    for size in [1, 2, 3, 7] {
        let mut parts = vec![Part::Header(held(&team.id, "messy")), Part::Csv(Vec::new())];
        parts.extend(MESSY.chunks(size).map(|chunk| Part::Csv(chunk.to_vec())));
        parts.push(byte_end(MESSY.len()));
        assert_eq!(h.import(parts).await.answered(), whole, "{size}");
    }
}

async fn unknown_columns_are_ignored_and_named(h: &Harness) {
    let team = h.team("acme").await;
    let csv = "Role,First, Phone ,Last,,Email\nPRIMARY_ADMIN,Ann,1,Lee,,ann@acme.example\n";
    let answer = h
        .import(by_csv(held(&team.id, "march"), csv.as_bytes()))
        .await;
    let answer = answer.answered();
    let import = answer.import.expect("the import");
    assert_eq!(import.ignored_columns, ["Role", "Phone"]);
    assert_eq!(h.imports(&team.id).await, [import]);
    let member = h.member(&team.id, &answer.results[0].user_id).await;
    assert_eq!(member.role(), Role::Member, "there is no role column");
}

/// Violations, as (field, rule).
type Broken = &'static [(&'static str, &'static str)];

async fn a_file_that_cannot_be_read_is_refused_whole_with_the_place(h: &Harness) {
    let team = h.team("acme").await;
    let before = h.census(&team.id).await;
    let table: [(&[u8], Broken); 14] = [
        (b"", &[("csv.header", "REQUIRED")]),
        (b"\xef\xbb\xbf", &[("csv.header", "REQUIRED")]),
        (b"\r\n,,\r\n \r\n", &[("csv.header", "REQUIRED")]),
        (
            b"First,Last\nAnn,Lee\n",
            &[("csv.header.email", "REQUIRED")],
        ),
        (
            b"Ann,Lee,ann@acme.example\n",
            &[
                ("csv.header.given_name", "REQUIRED"),
                ("csv.header.family_name", "REQUIRED"),
                ("csv.header.email", "REQUIRED"),
            ],
        ),
        (
            b"First,Last,Email,E-mail\n",
            &[("csv.header.email", "DUPLICATE")],
        ),
        (
            b"First;Given name;Last;Surname;Email\n",
            &[
                ("csv.header.given_name", "DUPLICATE"),
                ("csv.header.family_name", "DUPLICATE"),
            ],
        ),
        (
            b"Email;Mail;Surname\n",
            &[
                ("csv.header.given_name", "REQUIRED"),
                ("csv.header.email", "DUPLICATE"),
            ],
        ),
        // A good row before what cannot be read does not save it.
        (
            b"First,Last,Email\nAnn,Lee,ann@acme.example\n\"B\nb\",\"Lee,b@acme.example\n",
            &[("csv.line[4]", "UNCLOSED_QUOTE")],
        ),
        (
            b"\"First,Last,Email\nAnn,Lee,a@acme.example",
            &[("csv.line[1]", "UNCLOSED_QUOTE")],
        ),
        (
            b"First,Last,Email\nJ\xf6rg,Lee,j@acme.example\n",
            &[("csv.byte[18]", "NOT_UTF8")],
        ),
        (b"\xff\xfeF\0i\0r\0s\0t\0", &[("csv.byte[0]", "NOT_UTF8")]),
        (
            b"First,Last,Email\nAnn,Lee,a@acme.example\n\xd1",
            &[("csv.byte[40]", "NOT_UTF8")],
        ),
        // A surrogate and an overlong form are no UTF-8 either.
        (
            b"First,Last,Email\n\xed\xa0\x80,Lee,a@acme.example\n",
            &[("csv.byte[17]", "NOT_UTF8")],
        ),
    ];
    for (bytes, expected) in table {
        let answer = h.import(by_csv(header(&team.id, "march"), bytes)).await;
        let status = answer.refused(Code::InvalidArgument, "CSV_MALFORMED");
        let found = violations(&status);
        let found: Vec<_> = found
            .iter()
            .map(|(at, rule)| (&at[..], &rule[..]))
            .collect();
        assert_eq!(found, expected, "{}", bytes.escape_ascii());
    }
    assert_eq!(h.census(&team.id).await, before);
}
