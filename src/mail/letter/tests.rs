//! What letters must and must never hold.

use chrono::{TimeZone, Utc};

use super::*;
use crate::mail::eml;

const LINK: &str = "https://teams.example/invitations/q7f3Zk0mJt8B_pX2-ahW5cYd9LrNeV1sUo4iGyTbQwE";

const TEAM: &str = "Завод №1";

/// Whether a letter speaks of a team, and of whoever brings the person there.
const fn is_of_team(kind: LetterKind) -> bool {
    match kind {
        LetterKind::Invitation | LetterKind::NewLink | LetterKind::AddedToTeam => true,
        LetterKind::EmailChange | LetterKind::EmailChangeNote => false,
    }
}

fn time() -> Time {
    Utc.with_ymd_and_hms(2026, 11, 30, 14, 5, 0)
        .single()
        .expect("a time")
}

fn letter(kind: LetterKind, language: &str) -> Letter {
    let linked = match kind {
        LetterKind::Invitation | LetterKind::NewLink | LetterKind::EmailChange => true,
        LetterKind::AddedToTeam | LetterKind::EmailChangeNote => false,
    };
    Letter {
        id: Uuid::from_u128(7),
        kind,
        language: language.to_owned(),
        recipient: "olena@xn--80ak6aa92e.example".to_owned(),
        given_name: "Олена".to_owned(),
        family_name: "Коваль".to_owned(),
        team_display_name: is_of_team(kind).then(|| TEAM.to_owned()),
        inviter: Some("Леся Українка".to_owned()),
        link: linked.then(|| LINK.to_owned()),
        expire_time: linked.then(time),
    }
}

fn sender() -> Sender {
    Sender::parse(
        "muster <no-reply@teams.example>",
        Some("help@teams.example"),
    )
    .expect("a sender")
}

fn rendered(letter: &Letter) -> (Message, eml::Parts) {
    let message = render(letter, &sender(), time()).expect("a message");
    let parts = eml::parts(&message.formatted()).expect("two parts");
    (message, parts)
}

fn headers(message: &Message) -> String {
    let raw = String::from_utf8(message.formatted()).expect("ASCII");
    let (headers, _) = raw.split_once("\r\n\r\n").expect("a body");
    headers.replace("\r\n ", " ").replace("\r\n\t", " ")
}

#[test]
fn every_letter_in_every_language_says_what_it_must() {
    for &kind in LetterKind::ALL {
        for locale in Locale::ALL {
            let letter = letter(kind, locale.tag());
            let (message, parts) = rendered(&letter);
            let subject = message.headers().get_raw("Subject").expect("a subject");
            assert_eq!(subject.contains(TEAM), is_of_team(kind), "{subject}");
            assert!(!subject.is_empty());
            assert!(!subject.contains(['\r', '\n']), "{subject}");
            assert_eq!(subject, subject.trim());
            assert!(
                parts
                    .html
                    .contains(&format!("<html lang=\"{}\">", locale.tag()))
            );
            for part in [&parts.text, &parts.html] {
                assert_eq!(part.contains(TEAM), is_of_team(kind), "{part}");
                assert_eq!(part.contains(LINK), letter.link.is_some(), "{part}");
                assert_eq!(
                    part.contains(&locale.moment(time())),
                    letter.link.is_some(),
                    "{part}"
                );
                assert_eq!(part.contains("Леся Українка"), is_of_team(kind), "{part}");
                assert!(!part.contains("{{"), "{part}");
            }
        }
    }
}

#[test]
fn a_letter_of_nobody_names_nobody() {
    for &kind in LetterKind::ALL {
        for locale in Locale::ALL {
            let mut letter = letter(kind, locale.tag());
            letter.inviter = None;
            let (_, parts) = rendered(&letter);
            for part in [&parts.text, &parts.html] {
                assert_eq!(part.contains(TEAM), is_of_team(kind), "{part}");
                let words = part.replace("text-decoration:none", "");
                assert!(!words.contains("none"), "{part}");
            }
        }
    }
}

#[test]
fn the_headers_tell_machines_what_it_is() {
    let (message, _) = rendered(&letter(LetterKind::Invitation, "uk-UA"));
    let headers = headers(&message);
    for expected in [
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "Content-Language: uk",
        "Message-ID: <00000000-0000-0000-0000-000000000007@teams.example>",
        "From: muster <no-reply@teams.example>",
        "Reply-To: help@teams.example",
        "Date: Mon, 30 Nov 2026 14:05:00 +0000",
        "Content-Type: multipart/alternative;",
        "MIME-Version: 1.0",
    ] {
        assert!(headers.contains(expected), "{expected} in\n{headers}");
    }
    assert!(headers.contains("<olena@xn--80ak6aa92e.example>"));
}

#[test]
fn the_same_letter_renders_to_the_same_bytes() {
    let letter = letter(LetterKind::NewLink, "en");
    let first = render(&letter, &sender(), time()).expect("a message");
    let second = render(&letter, &sender(), time()).expect("a message");
    assert_eq!(first.formatted(), second.formatted());
}

#[test]
fn hostile_names_stay_text() {
    let mut letter = letter(LetterKind::Invitation, "en");
    letter.given_name = "<b>Eve</b>".to_owned();
    letter.inviter = Some("<b>Mallory</b>".to_owned());
    letter.team_display_name = Some("{{ link }}{% raw %}".to_owned());
    let (message, parts) = rendered(&letter);
    assert!(parts.text.contains("<b>Eve</b>"));
    assert!(!parts.html.contains("<b>"));
    assert!(parts.html.contains("&lt;b&gt;Eve&lt;&#x2f;b&gt;"));
    for part in [&parts.text, &parts.html] {
        assert!(part.contains("{{ link }}{% raw %}"), "{part}");
    }
    let subject = message.headers().get_raw("Subject").expect("a subject");
    assert!(subject.contains("{{ link }}"));
}

#[test]
fn a_line_break_in_a_name_makes_no_header() {
    for language in ["en", "uk"] {
        let mut letter = letter(LetterKind::Invitation, language);
        letter.inviter = Some("Eve\r\nX-Evil: yes".to_owned());
        letter.given_name = "Eve\r\nBcc: all@example.org".to_owned();
        letter.family_name = "\"<x@y.example>, \n\n.\u{2028}".to_owned();
        letter.team_display_name = Some("Team\r\nX-Evil: yes\r\n\r\nbody".to_owned());
        let (message, _) = rendered(&letter);
        let headers = headers(&message);
        for line in headers.lines() {
            assert!(
                !line.starts_with("Bcc:") && !line.starts_with("X-Evil:"),
                "{headers}"
            );
        }
        assert_eq!(message.envelope().to().len(), 1);
        assert_eq!(headers.lines().count(), 11, "{headers}");
    }
}

#[test]
fn a_letter_about_the_account_is_as_careful() {
    for kind in [LetterKind::EmailChange, LetterKind::EmailChangeNote] {
        for locale in Locale::ALL {
            let mut letter = letter(kind, locale.tag());
            letter.given_name = "<b>{{ link }}</b>\r\nBcc: all@example.org".to_owned();
            letter.family_name = "\"<x@y.example>, \n\n.\u{2028}".to_owned();
            let (message, parts) = rendered(&letter);
            assert!(!parts.html.contains("<b>"));
            assert!(!parts.html.contains(&format!("{LINK}</b>")));
            assert_eq!(message.envelope().to().len(), 1);
            let headers = headers(&message);
            assert!(!headers.lines().any(|line| line.starts_with("Bcc:")));
        }
    }
}

#[test]
fn a_name_cannot_spell_an_encoded_word() {
    let mut letter = letter(LetterKind::Invitation, "en");
    letter.given_name = "=?utf-8?q?Eve=0A?=".to_owned();
    letter.family_name = String::new();
    letter.team_display_name = Some("=?utf-8?q?=E2=80=AEEve?=".to_owned());
    let headers = headers(&rendered(&letter).0);
    assert!(!headers.contains("=?utf-8?q?"), "{headers}");
}

#[test]
fn a_letter_that_needs_a_link_is_not_written_without_one() {
    let mut letter = letter(LetterKind::NewLink, "en");
    letter.link = None;
    assert!(render(&letter, &sender(), time()).is_err());
}

#[test]
fn a_letter_of_a_team_is_not_written_without_one() {
    let mut letter = letter(LetterKind::AddedToTeam, "en");
    letter.team_display_name = None;
    assert!(render(&letter, &sender(), time()).is_err());
}

#[test]
fn a_trial_goes_where_it_is_sent() {
    let message =
        trial(Uuid::from_u128(8), "root@example.org", &sender(), time()).expect("a message");
    assert_eq!(message.envelope().to()[0].to_string(), "root@example.org");
    assert!(headers(&message).contains("Message-ID: <00000000-0000-0000-0000-000000000008@"));
    assert!(trial(Uuid::nil(), "root", &sender(), time()).is_err());
}

#[test]
fn an_error_does_not_tell_the_address() {
    let mut letter = letter(LetterKind::AddedToTeam, "en");
    letter.recipient = "eve(at)example.org".to_owned();
    let error = render(&letter, &sender(), time()).expect_err("an error");
    assert!(!format!("{error:?}").contains("eve"));
}
