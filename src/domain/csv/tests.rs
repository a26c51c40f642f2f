//! What files people make, and what is read of them.

use std::collections::HashMap;

use super::*;
use crate::domain::{email::Email, names::PersonName};

const MESSY: &[u8] = include_bytes!("../../../tests/data/people-messy.csv");
const MESSY_EXPECTED: &str = include_str!("../../../tests/data/people-messy.expected.json");
const FIVE_THOUSAND: &[u8] = include_bytes!("../../../examples/people-5000.csv");

/// Each row as `row line given|family|email`, or the rule that it breaks.
fn rows(text: &str) -> Vec<String> {
    let file = read(text.as_bytes(), 100).unwrap();
    let shown = file.rows.into_iter().map(|row| {
        let cells = match row.cells {
            Ok(raw) => format!("{}|{}|{}", raw.given_name, raw.family_name, raw.email),
            Err(violation) => format!("{} {}", violation.field, violation.rule.name()),
        };
        format!("{} {} {cells}", row.row, row.line)
    });
    shown.collect()
}

/// The reason, and the violations as `field RULE`.
fn refusal(bytes: &[u8]) -> (Reason, Vec<String>) {
    let Err(Error::Malformed(reason, violations)) = read(bytes, 2) else {
        panic!("read");
    };
    let shown = violations
        .into_iter()
        .map(|violation| format!("{} {}", violation.field, violation.rule.name()));
    (reason, shown.collect())
}

fn refused(text: &str, violations: &[&str]) {
    let (reason, shown) = refusal(text.as_bytes());
    assert_eq!(reason, Reason::CsvMalformed, "{text:?}");
    assert_eq!(shown, violations, "{text:?}");
}

#[test]
fn any_separator_and_order_of_columns_reads_alike() {
    for text in [
        "First Name,Last Name,Email\nAda,Lovelace,ada@a.example\n",
        "Email;Surname;Given name\nada@a.example;Lovelace;Ada\n",
        "e-mail\tfamily_name\tFORENAME\nada@a.example\tLovelace\tAda\n",
        "\u{FEFF}First Name,Last Name,Email\r\nAda,Lovelace,ada@a.example",
        "First Name,Last Name,Email\rAda,Lovelace,ada@a.example\r",
        "\"First Name\";\"Last, or family; name\";Last Name;Email\nAda;;Lovelace;ada@a.example\n",
        // A comma in a name that is ignored does not make the comma the separator.
        "Notes, if any;Email;Last;First\n-;ada@a.example;Lovelace;Ada\n",
        "\n;;\nEmail;Last;First\nada@a.example;Lovelace;Ada\n",
    ] {
        let cells = rows(text)[0].clone();
        assert!(
            cells.ends_with(" Ada|Lovelace|ada@a.example"),
            "{text:?}: {cells}"
        );
    }
}

#[test]
fn a_column_is_known_by_any_of_its_usual_names() {
    for (given, family, email) in [
        ("First Name", "Last Name", "Email"),
        ("firstname", "lastname", "E-mail"),
        (" GIVEN NAME ", "Surname", "mail"),
        ("given", "family name", "email address"),
        ("Forename", "family", "E-Mail Address"),
        ("first_name", "last-name", "e_mail"),
        ("given.name", "family.name", "E\u{2011}mail"),
        ("First\u{A0}Name", "Last  Name", "Email:"),
        ("Ім'я", "Прізвище", "Ел. пошта"),
        ("ім’я", "прізвище", "електронна пошта"),
        ("імʼя", "прізвище", "E-mail"),
        ("ім`я", "ПРІЗВИЩЕ", "ЕЛ.ПОШТА"),
        ("ім´я", "прізвище", "Електронна  Пошта"),
        ("ім‘я", "прізвище", "Електронна адреса"),
        ("ім′я", "прізвище", "імейл"),
        ("ім＇я", "прізвище", "пошта"),
        // й decomposed.
        ("ім'я", "прізвище", "імеи\u{306}л"),
    ] {
        let text = format!("{given},{family},{email}\nAda,Lovelace,ada@a.example\n");
        assert_eq!(rows(&text), ["1 2 Ada|Lovelace|ada@a.example"], "{text}");
    }
}

#[test]
fn quotes_hold_separators_line_ends_and_quotes() {
    assert_eq!(
        rows("First,Last,Email\n\"A,\"\"d\"\"a\",\"Love\r\nlace\",a\nB,C,d\n"),
        ["1 2 A,\"d\"a|Love\r\nlace|a", "2 4 B|C|d"]
    );
}

#[test]
fn a_quote_inside_a_bare_cell_is_a_character() {
    assert_eq!(
        rows("First,Last,Email\nAda \"the\" first,5\",a\n \"B\",\"C\"d\"e,f\n\"\",\"\"\"\",g\n"),
        [
            "1 2 Ada \"the\" first|5\"|a",
            "2 3  \"B\"|Cd\"e|f",
            "3 4 |\"|g"
        ]
    );
}

#[test]
fn cells_are_not_trimmed() {
    assert_eq!(
        rows("First,Last,Email\n Ada ,\tL , a \n"),
        ["1 2  Ada |\tL | a "]
    );
}

#[test]
fn lines_are_those_that_an_editor_shows() {
    for line_end in ["\n", "\r\n", "\r"] {
        let text = [
            "",
            "First,Last,Email",
            "",
            "A,\"x",
            "",
            "y\",a",
            " , ",
            "B,C,d",
            "",
        ]
        .join(line_end);
        let lines: Vec<u32> = read(text.as_bytes(), 9)
            .unwrap()
            .rows
            .iter()
            .map(|row| row.line)
            .collect();
        assert_eq!(lines, [4, 8], "{line_end:?}");
    }
}

#[test]
fn records_with_only_empty_cells_do_not_count() {
    assert_eq!(
        rows("First,Last,Email\n\n,,\n , \t,\n\"\",\"\n\",\n,,,,,\nA,B,c\n\n\n"),
        ["1 8 A|B|c"]
    );
    assert_eq!(rows("First,Last,Email\n"), Vec::<String>::new());
    assert_eq!(rows("First,Last,Email"), Vec::<String>::new());
}

#[test]
fn surplus_cells_are_ignored_only_if_empty() {
    assert_eq!(
        rows("First,Last,Email,,\nA,B,c\nA,B,c,,,, ,\nA,B,c,d\nA,B,c,,d\nA,B\nA\n"),
        [
            "1 2 A|B|c",
            "2 3 A|B|c",
            "3 4 row COLUMN_COUNT",
            "4 5 row COLUMN_COUNT",
            "5 6 row COLUMN_COUNT",
            "6 7 row COLUMN_COUNT",
        ]
    );
}

#[test]
fn unknown_columns_are_ignored_and_named() {
    let file = read(
        b"Team, Phone ,First,Last,,Email,\"A\nB\"\nx,1,A,B,,c,y\n",
        9,
    )
    .unwrap();
    assert_eq!(file.ignored_columns, ["Team", "Phone", "AB"]);
    assert_eq!(file.rows[0].cells.as_ref().unwrap().email, "c");
}

#[test]
fn the_names_of_unknown_columns_are_bounded() {
    let many = format!("{},", "ї".repeat(200)).repeat(30);
    let file = read(format!("{many}First,Last,Email\n").as_bytes(), 9).unwrap();
    assert_eq!(file.ignored_columns.len(), 20);
    assert!(
        file.ignored_columns
            .iter()
            .all(|name| name.chars().count() == 100)
    );
}

#[test]
fn a_header_without_what_is_needed_names_all_of_it() {
    refused("", &["csv.header REQUIRED"]);
    refused("\u{FEFF}", &["csv.header REQUIRED"]);
    refused("\r\n \r\n,,\r\n", &["csv.header REQUIRED"]);
    refused("First,Last\n", &["csv.header.email REQUIRED"]);
    refused(
        "Ada,Lovelace,ada@a.example\n",
        &[
            "csv.header.given_name REQUIRED",
            "csv.header.family_name REQUIRED",
            "csv.header.email REQUIRED",
        ],
    );
    refused(
        "Email;Mail;Surname\n",
        &[
            "csv.header.given_name REQUIRED",
            "csv.header.email DUPLICATE",
        ],
    );
    refused(
        "First,Given,Last,Surname,Email,E-mail,Mail\n",
        &[
            "csv.header.given_name DUPLICATE",
            "csv.header.family_name DUPLICATE",
            "csv.header.email DUPLICATE",
        ],
    );
}

#[test]
fn an_unclosed_quote_is_refused_with_the_line_that_opened_it() {
    refused(
        "First,Last,Email\nA,\"B\nC\",\"d\nE,F,g\n",
        &["csv.line[3] UNCLOSED_QUOTE"],
    );
    refused(
        "First,Last,Email\nA,B,\"\n",
        &["csv.line[2] UNCLOSED_QUOTE"],
    );
    refused(
        "First,Last,Email\r\rA,B,\"c\"\"",
        &["csv.line[3] UNCLOSED_QUOTE"],
    );
    refused(
        "\"First,Last,Email\nA,B,c\n",
        &["csv.line[1] UNCLOSED_QUOTE"],
    );
    refused(
        "Email;Last;\"First\nA;B;c\n",
        &["csv.line[1] UNCLOSED_QUOTE"],
    );
}

#[test]
fn what_is_not_utf8_is_refused_with_its_byte() {
    let place = |bytes: &[u8]| refusal(bytes).1;
    assert_eq!(
        place(b"First,Last,Email\nJ\xF6rg,B,c\n"),
        ["csv.byte[18] NOT_UTF8"]
    );
    assert_eq!(place(b"\xEF\xBB\xBFEmail\xFF"), ["csv.byte[8] NOT_UTF8"]);
    // What a spreadsheet calls Unicode text: UTF-16.
    assert_eq!(place(b"\xFF\xFEE\0m\0"), ["csv.byte[0] NOT_UTF8"]);
    assert_eq!(place(b"Email\xD1"), ["csv.byte[5] NOT_UTF8"]);
}

#[test]
fn one_row_too_many_refuses_the_file() {
    assert_eq!(
        read(b"First,Last,Email\nA,B,c\n\nA,B,c\n\n", 2)
            .unwrap()
            .rows
            .len(),
        2
    );
    assert_eq!(
        refusal(b"First,Last,Email\nA,B,c\n,,\nA,B,c\nA\n"),
        (Reason::ImportTooLarge, vec!["csv.rows TOO_MANY".to_owned()])
    );
}

#[test]
fn a_row_that_cannot_be_read_counts_as_a_row() {
    assert_eq!(
        rows("First,Last,Email\nA\nB,C,d\n"),
        ["1 2 row COLUMN_COUNT", "2 3 B|C|d"]
    );
}

#[test]
fn debug_output_hides_the_person() {
    let file = read(b"First,Last,Email\nAda,Lovelace,ada@a.example\n", 9).unwrap();
    assert!(!format!("{file:?}").to_lowercase().contains("ada"));
}

#[test]
fn the_messy_file_gives_what_is_expected_of_it() {
    let file = read(MESSY, 5_000).unwrap();
    let mut seen = HashMap::new();
    let outcomes: Vec<_> = file
        .rows
        .into_iter()
        .map(|row| {
            let number = row.row;
            let (outcome, field, first_row) = match email_of(row) {
                Err(violation) => ("INVALID", Some(violation.field), None),
                Ok(email) => match *seen.entry(email).or_insert(number) {
                    first if first < number => ("DUPLICATE_ROW", None, Some(first)),
                    _ => ("INVITED", None, None),
                },
            };
            (number, outcome.to_owned(), field, first_row)
        })
        .collect();

    let expected: serde_json::Value = serde_json::from_str(MESSY_EXPECTED).unwrap();
    let number = |value: &serde_json::Value| value.as_u64().map(|it| u32::try_from(it).unwrap());
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let expected: Vec<_> = expected
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            (
                number(&it["row"]).unwrap(),
                text(&it["outcome"]).unwrap(),
                text(&it["field"]),
                number(&it["first_row"]),
            )
        })
        .collect();
    assert_eq!(outcomes, expected);
}

#[test]
fn every_one_of_the_5000_people_can_be_read() {
    let file = read(FIVE_THOUSAND, 5_000).unwrap();
    assert_eq!(file.ignored_columns, Vec::<String>::new());
    let emails: std::collections::HashSet<_> = file
        .rows
        .into_iter()
        .map(|row| email_of(row).unwrap())
        .collect();
    assert_eq!(emails.len(), 5_000);
}

fn email_of(row: CsvRow) -> Result<Email, FieldViolation> {
    let raw = row.cells?;
    PersonName::parse("given_name", &raw.given_name)?;
    PersonName::parse("family_name", &raw.family_name)?;
    Email::parse("email", &raw.email)
}
