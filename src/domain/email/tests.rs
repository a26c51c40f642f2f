//! Which addresses are the same, which are not, and which are none.

use super::*;

fn email(text: &str) -> Email {
    Email::parse("email", text).unwrap_or_else(|_| panic!("{text:?} is refused"))
}

fn refusal(text: &str) -> Option<Rule> {
    Email::parse("email", text).err().map(|it| it.rule)
}

#[test]
fn look_alikes_of_one_mailbox_have_one_normal_form() {
    for (left, right) in [
        ("ada@acme.example", "ADA@ACME.EXAMPLE"),
        ("ada@acme.example", " \t\u{A0}\u{3000}ada@acme.example\r\n"),
        // The same domain composed, decomposed, as its A-label and in capitals.
        ("a@bücher.example", "a@bu\u{308}cher.example"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@bücher.example", "a@XN--BCHER-KVA.example"),
        ("a@bücher.example", "a@BÜCHER.EXAMPLE"),
        ("a@пошта.example", "a@ПОШТА.example"),
        ("a@faß.example", "a@xn--fa-hia.example"),
        // Capital sharp s is mapped to the small one by UTS-46.
        ("a@faß.example", "a@FA\u{1E9E}.example"),
        // Fullwidth letters, an ideographic and a halfwidth full stop.
        ("a@acme.example", "a@ａｃｍｅ.example"),
        ("a@acme.example", "a@acme\u{3002}example"),
        ("a@acme.example", "a@acme\u{FF61}example"),
        ("a@acme.example", "a@acme．example"),
        // UTS-46 ignores these in a domain.
        ("a@acme.example", "a@ac\u{AD}me.example"),
        ("a@acme.example", "a@acme.example\u{200B}"),
        ("a@acme.example", "a@acme.example\u{FEFF}"),
        // NFC makes the Kelvin sign a K.
        ("kate@acme.example", "\u{212A}ate@acme.example"),
    ] {
        assert_eq!(
            email(left).normal(),
            email(right).normal(),
            "{left:?} {right:?}"
        );
        assert_eq!(email(left), email(right));
    }
}

#[test]
fn look_alikes_of_other_mailboxes_stay_apart() {
    for (left, right) in [
        ("a.da@acme.example", "ada@acme.example"),
        ("ada+x@acme.example", "ada@acme.example"),
        ("ada@mail.acme.example", "ada@acme.example"),
        ("ada@gmail.com", "ada@googlemail.com"),
        ("a@faß.example", "a@fass.example"),
        ("a@βόλος.example", "a@βόλοσ.example"),
        ("a@bücher.example", "a@bucher.example"),
        ("a@bücher.example", "a@buecher.example"),
        // A Cyrillic а, a Greek omicron, a dotless i.
        ("a@acme.example", "a@\u{430}cme.example"),
        ("a@contoso.example", "a@c\u{3BF}ntoso.example"),
        ("a@mini.example", "a@m\u{131}ni.example"),
        // A joiner where CONTEXTJ lets it change the word.
        (
            "a@\u{915}\u{94D}\u{937}.example",
            "a@\u{915}\u{94D}\u{200D}\u{937}.example",
        ),
        ("l@acme.example", "1@acme.example"),
    ] {
        assert_ne!(
            email(left).normal(),
            email(right).normal(),
            "{left:?} {right:?}"
        );
        assert_ne!(email(left), email(right));
    }
}

#[test]
fn what_is_no_address_is_refused_by_its_rule() {
    for (text, rule) in [
        ("", Rule::Required),
        (" \t\r\n\u{3000}", Rule::Required),
        ("not-an-address", Rule::Malformed),
        ("@acme.example", Rule::Malformed),
        ("ada@", Rule::Malformed),
        ("ada@@acme.example", Rule::Malformed),
        ("ada@b@acme.example", Rule::Malformed),
        ("ada\u{FF20}acme.example", Rule::Malformed),
        ("ada@b\u{FF20}acme.example", Rule::Malformed),
        ("a da@acme.example", Rule::Malformed),
        ("ada @acme.example", Rule::Malformed),
        ("ada@ acme.example", Rule::Malformed),
        ("ada@ac me.example", Rule::Malformed),
        (".ada@acme.example", Rule::Malformed),
        ("ada.@acme.example", Rule::Malformed),
        ("a..da@acme.example", Rule::Malformed),
        ("\"ada\"@acme.example", Rule::Malformed),
        ("\"a@da\"@acme.example", Rule::Malformed),
        ("ada(it is she)@acme.example", Rule::Malformed),
        ("ada@acme.example(comment)", Rule::Malformed),
        ("Ada <ada@acme.example>", Rule::Malformed),
        ("mailto:ada@acme.example", Rule::Malformed),
        ("ada@acme.example,eve@acme.example", Rule::Malformed),
        // NFC makes the Greek question mark a semicolon.
        ("ada\u{37E}@acme.example", Rule::Malformed),
        // One label, empty labels, a root's dot.
        ("ada@localhost", Rule::Malformed),
        ("ada@.acme.example", Rule::Malformed),
        ("ada@acme..example", Rule::Malformed),
        ("ada@acme.example.", Rule::Malformed),
        ("ada@acme.example\u{3002}", Rule::Malformed),
        ("ada@acme.\u{AD}", Rule::Malformed),
        // STD3: letters, digits and inner hyphens.
        ("ada@ac_me.example", Rule::Malformed),
        ("ada@-acme.example", Rule::Malformed),
        ("ada@acme-.example", Rule::Malformed),
        ("ada@ac!me.example", Rule::Malformed),
        ("ada@acme.example:25", Rule::Malformed),
        // A broken A-label, and one of plain ASCII.
        ("ada@xn--a.example", Rule::Malformed),
        ("ada@xn--acme-.example", Rule::Malformed),
        // A joiner where nothing joins.
        ("ada@ac\u{200D}me.example", Rule::Malformed),
        // IP addresses, bare and as literals, in all their spellings.
        ("ada@[127.0.0.1]", Rule::Malformed),
        ("ada@[IPv6:2001:db8::1]", Rule::Malformed),
        ("ada@2001:db8::1", Rule::Malformed),
        ("ada@127.0.0.1", Rule::Malformed),
        ("ada@127.1", Rule::Malformed),
        ("ada@127.0.0.0x1", Rule::Malformed),
        ("ada@127.0.0.0X", Rule::Malformed),
        ("ada@１２７.０.０.１", Rule::Malformed),
        // Beyond ASCII before the @, whatever it looks like.
        ("ｆｕｌｌ@acme.example", Rule::NotAscii),
        ("пошта@acme.example", Rule::NotAscii),
        ("\u{430}da@acme.example", Rule::NotAscii),
        ("jo\u{308}rg@acme.example", Rule::NotAscii),
        ("ﬁona@acme.example", Rule::NotAscii),
        ("a\u{A0}da@acme.example", Rule::NotAscii),
        // What does not show.
        ("a\tda@acme.example", Rule::ControlCharacter),
        ("ada\r\nBcc: eve@acme.example", Rule::ControlCharacter),
        ("a\0da@acme.example", Rule::ControlCharacter),
        ("\u{FEFF}ada@acme.example", Rule::ControlCharacter),
        ("a\u{200B}da@acme.example", Rule::ControlCharacter),
        ("a\u{200D}da@acme.example", Rule::ControlCharacter),
        ("a\u{AD}da@acme.example", Rule::ControlCharacter),
        ("\u{202E}ada@acme.example", Rule::ControlCharacter),
        ("ada@ac\u{202E}me.example", Rule::ControlCharacter),
        ("ada@ac\u{200E}me.example", Rule::ControlCharacter),
        ("ada@acme.exam\nple", Rule::ControlCharacter),
        ("ada@acme\0.example", Rule::ControlCharacter),
    ] {
        assert_eq!(refusal(text), Some(rule), "{text:?}");
    }
}

#[test]
fn every_character_of_a_dot_atom_is_kept() {
    let text = "!#$%&'*+-/=?^_`{|}~.09az@a--b.example";
    assert_eq!(email(text).normal(), text);
}

#[test]
fn the_lengths_hold_to_the_byte() {
    let local = |length| format!("{}@acme.example", "a".repeat(length));
    assert_eq!(refusal(&local(64)), None);
    assert_eq!(refusal(&local(65)), Some(Rule::TooLong));

    let label = |length| format!("a@{}.example", "b".repeat(length));
    assert_eq!(refusal(&label(63)), None);
    assert_eq!(refusal(&label(64)), Some(Rule::TooLong));

    let whole = |last: usize| {
        let label = "b".repeat(63);
        let text = format!(
            "{}@{label}.{label}.{}.example",
            "a".repeat(64),
            "c".repeat(last)
        );
        (text.len(), refusal(&text))
    };
    assert_eq!(whole(53), (254, None));
    assert_eq!(whole(54), (255, Some(Rule::TooLong)));

    assert_eq!(refusal(&"a".repeat(5_000_000)), Some(Rule::TooLong));
}

#[test]
fn the_length_is_the_normal_forms_not_the_typed_ones() {
    // A hundred bytes as typed, fewer than 63 as the A-label; then a label too long in either form.
    assert_eq!(refusal(&format!("a@{}.example", "ü".repeat(50))), None);
    assert_eq!(
        refusal(&format!("a@{}.example", "ü".repeat(200))),
        Some(Rule::TooLong)
    );
}

#[test]
fn letters_go_to_the_typed_local_part_at_the_a_label() {
    let email = email(" Jorg.K@Bu\u{308}cher.Example ");
    assert_eq!(email.typed(), "Jorg.K@Bücher.Example");
    assert_eq!(email.normal(), "jorg.k@xn--bcher-kva.example");
    assert_eq!(email.domain(), "xn--bcher-kva.example");
    assert_eq!(email.mailbox(), "Jorg.K@xn--bcher-kva.example");
}

#[test]
fn a_normal_form_is_its_own_normal_form() {
    for text in [
        "Ada@BÜCHER.example",
        "a@faß.example",
        "a@\u{915}\u{94D}\u{200D}\u{937}.example",
        "a@ａｃｍｅ\u{3002}example",
    ] {
        let once = email(text);
        assert_eq!(email(once.normal()).normal(), once.normal());
        assert_eq!(email(&once.mailbox()), once);
    }
}

#[test]
fn a_violation_names_the_field_it_was_given() {
    let violation = Email::parse("primary_admin.email", "").unwrap_err();
    assert_eq!(violation.field, "primary_admin.email");
}

#[test]
fn debug_output_hides_the_address() {
    assert_eq!(format!("{:?}", email("ada@acme.example")), "Email(..)");
}
