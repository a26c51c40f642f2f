//! Addresses that look alike: which are one account, which are not, and which are none, whatever way they come in.

use muster::proto::{GetUserRequest, ImportOutcome, User, get_user_request::Key};
use tonic::{Response, Status};

use crate::{
    fixtures::invitation_of,
    harness::{Harness, tests},
    refusals::Outcome,
    uploads::{held, outcomes, row},
};

tests![
    spellings_of_one_address_are_one_account,
    look_alikes_of_another_address_are_another_account,
    what_is_no_address_is_refused_by_the_same_rule_everywhere,
    an_address_may_be_as_long_as_mail_carries_and_no_longer,
    an_address_is_shown_as_typed_and_its_letter_goes_to_the_a_label,
];

/// Two spellings of one address.
const SAME: &[(&str, &str)] = &[
    ("case@acme.example", "CASE@ACME.EXAMPLE"),
    (
        "space@acme.example",
        " \t\u{a0}\u{3000}space@acme.example\r\n",
    ),
    // A domain composed, decomposed, as its A-label and in capitals.
    ("nfc@bücher.example", "nfc@bu\u{308}cher.example"),
    ("puny@bücher.example", "puny@xn--bcher-kva.example"),
    (
        "puny-case@bücher.example",
        "puny-case@XN--BCHER-KVA.example",
    ),
    ("idn-case@bücher.example", "idn-case@BÜCHER.EXAMPLE"),
    ("cyrillic@пошта.example", "cyrillic@ПОШТА.example"),
    ("sharp@faß.example", "sharp@xn--fa-hia.example"),
    (
        "capital-sharp@faß.example",
        "capital-sharp@FA\u{1e9e}.example",
    ),
    // An ideographic, a halfwidth and a fullwidth full stop.
    ("stop@acme.example", "stop@acme\u{3002}example"),
    ("half-stop@acme.example", "half-stop@acme\u{ff61}example"),
    ("full-stop@acme.example", "full-stop@acme．example"),
    ("fullwidth@acme.example", "fullwidth@ａｃｍｅ.example"),
    // UTS-46 ignores these in a domain.
    ("hyphen@acme.example", "hyphen@ac\u{ad}me.example"),
    ("zero-width@acme.example", "zero-width@acme.example\u{200b}"),
    ("mark@acme.example", "mark@acme.example\u{feff}"),
    // NFC makes the Kelvin sign a K.
    ("kelvin@acme.example", "\u{212a}elvin@acme.example"),
];

/// Two addresses.
const OTHER: &[(&str, &str)] = &[
    // No provider's tricks.
    ("dots@gmail.com", "d.o.t.s@gmail.com"),
    ("plus@acme.example", "plus+tag@acme.example"),
    ("google@gmail.com", "google@googlemail.com"),
    ("sub@acme.example", "sub@mail.acme.example"),
    ("sharp@fass.example", "sharp@faß.example"),
    ("sigma@βόλος.example", "sigma@βόλοσ.example"),
    ("umlaut@bucher.example", "umlaut@bücher.example"),
    ("umlaut@buecher.example", "umlaut@bücher.test"),
    // A Cyrillic а, a Greek omicron, a dotless i, a digit.
    ("a@acme.example", "a@\u{430}cme.example"),
    ("o@contoso.example", "o@c\u{3bf}ntoso.example"),
    ("i@mini.example", "i@m\u{131}ni.example"),
    ("l@acme.example", "1@acme.example"),
    // A joiner where it changes the word.
    ("joiner@क्ष.example", "joiner@क्\u{200d}ष.example"),
];

/// What is no address, and the rule that it breaks.
const NONE: &[(&str, &str)] = &[
    ("", "REQUIRED"),
    (" \t\u{3000}", "REQUIRED"),
    ("not-an-address", "MALFORMED"),
    ("@acme.example", "MALFORMED"),
    ("ada@", "MALFORMED"),
    ("ada@@acme.example", "MALFORMED"),
    ("ada\u{ff20}acme.example", "MALFORMED"),
    ("a da@acme.example", "MALFORMED"),
    (".ada@acme.example", "MALFORMED"),
    ("ada.@acme.example", "MALFORMED"),
    ("a..da@acme.example", "MALFORMED"),
    ("\"ada\"@acme.example", "MALFORMED"),
    ("Ada <ada@acme.example>", "MALFORMED"),
    ("mailto:ada@acme.example", "MALFORMED"),
    ("ada@acme.example,eve@acme.example", "MALFORMED"),
    ("ada@localhost", "MALFORMED"),
    ("ada@acme..example", "MALFORMED"),
    ("ada@acme.example.", "MALFORMED"),
    ("ada@acme.example\u{3002}", "MALFORMED"),
    // STD3: letters, digits and inner hyphens; no broken A-label.
    ("ada@ac_me.example", "MALFORMED"),
    ("ada@-acme.example", "MALFORMED"),
    ("ada@acme.example:25", "MALFORMED"),
    ("ada@xn--a.example", "MALFORMED"),
    ("ada@ac\u{200d}me.example", "MALFORMED"),
    // IP addresses in any spelling.
    ("ada@[127.0.0.1]", "MALFORMED"),
    ("ada@[IPv6:2001:db8::1]", "MALFORMED"),
    ("ada@127.0.0.1", "MALFORMED"),
    ("ada@127.1", "MALFORMED"),
    ("ada@127.0.0.0x1", "MALFORMED"),
    ("ada@１２７.０.０.１", "MALFORMED"),
    // Before the @, whatever it looks like.
    ("ｆｕｌｌ@acme.example", "NOT_ASCII"),
    ("пошта@acme.example", "NOT_ASCII"),
    ("\u{430}da@acme.example", "NOT_ASCII"),
    ("jo\u{308}rg@acme.example", "NOT_ASCII"),
    ("ﬁona@acme.example", "NOT_ASCII"),
    // What does not show.
    ("a\tda@acme.example", "CONTROL_CHARACTER"),
    ("ada\r\nBcc: eve@acme.example", "CONTROL_CHARACTER"),
    ("a\0da@acme.example", "CONTROL_CHARACTER"),
    ("\u{feff}ada@acme.example", "CONTROL_CHARACTER"),
    ("a\u{200b}da@acme.example", "CONTROL_CHARACTER"),
    ("\u{202e}ada@acme.example", "CONTROL_CHARACTER"),
    ("ada@ac\u{202e}me.example", "CONTROL_CHARACTER"),
];

async fn find(h: &Harness, email: &str) -> Result<User, Status> {
    let key = Some(Key::Email(email.to_owned()));
    let answer = h
        .users()
        .get_user(GetUserRequest {
            key,
            ..GetUserRequest::default()
        })
        .await;
    answer.map(|it| it.into_inner().user.expect("the user"))
}

async fn spellings_of_one_address_are_one_account(h: &Harness) {
    let team = h.team("acme").await;
    let pairs: Vec<_> = SAME
        .iter()
        .flat_map(|(one, other)| [row(one), row(other)])
        .collect();
    let results = h.import_rows(held(&team.id, "march"), &pairs).await;
    for ((one, other), results) in SAME.iter().zip(results.chunks(2)) {
        assert_eq!(
            outcomes(results),
            [ImportOutcome::Invited, ImportOutcome::DuplicateRow],
            "{one:?} {other:?}"
        );
        assert_eq!(results[1].first_row, results[0].row);
        let user = &results[0].user_id;
        for spelling in [one, other] {
            assert_eq!(
                &find(h, spelling).await.expect("an account").id,
                user,
                "{spelling:?}"
            );
        }
        let again = h
            .invitations()
            .create_invitation(invitation_of(&team.id, other))
            .await;
        let again = again.answered();
        assert_eq!(again.outcome(), ImportOutcome::AlreadyInvited, "{other:?}");
        assert_eq!(&again.member.expect("the member").user_id, user);
    }
    // The other way round, in another team and by another import.
    let team = h.team("turned").await;
    let turned: Vec<_> = SAME.iter().map(|(_, other)| row(other)).collect();
    let found = h.import_rows(held(&team.id, "march"), &turned).await;
    let first = results.iter().step_by(2);
    assert!(
        found
            .iter()
            .map(|one| &one.user_id)
            .eq(first.map(|one| &one.user_id))
    );
}

async fn look_alikes_of_another_address_are_another_account(h: &Harness) {
    let team = h.team("acme").await;
    let rows: Vec<_> = OTHER.iter().map(|(one, _)| row(one)).collect();
    let results = h.import_rows(held(&team.id, "march"), &rows).await;
    assert!(
        results
            .iter()
            .all(|one| one.outcome() == ImportOutcome::Invited)
    );
    let before = h.user_count().await;
    for ((one, other), result) in OTHER.iter().zip(&results) {
        find(h, other).await.expect_err("nobody's yet");
        let answer = h
            .invitations()
            .create_invitation(invitation_of(&team.id, other))
            .await;
        let answer = answer.answered();
        assert_eq!(
            answer.outcome(),
            ImportOutcome::Invited,
            "{one:?} {other:?}"
        );
        let user = answer.member.expect("the member").user_id;
        assert_ne!(user, result.user_id, "{one:?} {other:?}");
        assert_eq!(find(h, other).await.expect("an account").id, user);
    }
    assert_eq!(h.user_count().await, before + OTHER.len());
    assert_eq!(h.deliver().await.len(), OTHER.len());
}

async fn what_is_no_address_is_refused_by_the_same_rule_everywhere(h: &Harness) {
    let team = h.team("acme").await;
    let rows: Vec<_> = NONE.iter().map(|(text, _)| row(text)).collect();
    let results = h.import_rows(held(&team.id, "march"), &rows).await;
    for ((text, rule), result) in NONE.iter().zip(&results) {
        assert_eq!(result.outcome(), ImportOutcome::Invalid, "{text:?}");
        let found: Vec<_> = result
            .violations
            .iter()
            .map(|it| (it.field.as_str(), it.reason.as_str()))
            .collect();
        assert_eq!(found, [("email", *rule)], "{text:?}");
        let wanted = invitation_of(&team.id, text);
        let answer = h.invitations().create_invitation(wanted).await;
        answer.invalid(&[("email", rule)]);
        let looked_up = find(h, text).await.map(Response::new);
        looked_up.invalid(&[("email", rule)]);
    }
    assert_eq!(h.user_count().await, 1, "the primary admin");
}

async fn an_address_may_be_as_long_as_mail_carries_and_no_longer(h: &Harness) {
    let team = h.team("acme").await;
    let local = |length| format!("{}@acme.example", "a".repeat(length));
    let label = |length| format!("a@{}.example", "b".repeat(length));
    let whole = |last| {
        let (local, label) = ("a".repeat(64), "b".repeat(63));
        format!("{local}@{label}.{label}.{}.example", "c".repeat(last))
    };
    assert_eq!((whole(53).len(), whole(54).len()), (254, 255));
    let rows = [
        local(64),
        label(63),
        whole(53),
        // A hundred bytes as typed, fewer than 63 as the A-label.
        format!("a@{}.example", "ü".repeat(50)),
        local(65),
        label(64),
        whole(54),
        "a".repeat(100_000),
    ];
    let rows = rows.map(|email| row(&email));
    let results = h.import_rows(held(&team.id, "march"), &rows).await;
    assert_eq!(outcomes(&results[..4]), [ImportOutcome::Invited; 4]);
    for result in &results[4..] {
        assert_eq!(
            result.outcome(),
            ImportOutcome::Invalid,
            "row {}",
            result.row
        );
        assert_eq!(
            result.violations[0].reason, "TOO_LONG",
            "row {}",
            result.row
        );
    }
}

async fn an_address_is_shown_as_typed_and_its_letter_goes_to_the_a_label(h: &Harness) {
    let team = h.team("acme").await;
    let typed = " Joerg.X+News@Bücher.Example ";
    let answer = h
        .invitations()
        .create_invitation(invitation_of(&team.id, typed))
        .await;
    let answer = answer.answered();
    let shown = "Joerg.X+News@Bücher.Example";
    assert_eq!(answer.invitation.expect("an invitation").email, shown);
    let user = answer.member.expect("the member").user_id;
    assert_eq!(h.user(&user).await.email, shown);
    let letter = h.only_letter().await;
    assert_eq!(letter.to, "Joerg.X+News@xn--bcher-kva.example");

    // Another spelling later changes neither.
    let again = invitation_of(&team.id, "joerg.x+news@xn--bcher-kva.example");
    h.invitations().create_invitation(again).await.answered();
    assert_eq!(h.user(&user).await.email, shown);
}
