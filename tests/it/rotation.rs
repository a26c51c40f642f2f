//! The deployment's secret: what one key made is good as long as that key is in the list, in whatever place.

use libtest_mimic::Trial;
use muster::secrets::{Secrets, SecretsError};

use crate::binary;

/// What this module claims; no database has a part in it.
pub(crate) fn trials() -> Vec<Trial> {
    binary::trials(
        module_path!(),
        [
            (
                "what_the_older_key_made_is_good_while_it_is_listed",
                what_the_older_key_made_is_good_while_it_is_listed,
            ),
            (
                "what_a_key_made_is_worthless_once_it_is_gone",
                what_a_key_made_is_worthless_once_it_is_gone,
            ),
            (
                "a_seal_opens_only_whole_and_for_its_own_letter",
                a_seal_opens_only_whole_and_for_its_own_letter,
            ),
            (
                "a_list_that_cannot_be_used_says_where",
                a_list_that_cannot_be_used_says_where,
            ),
        ],
    )
}

const TOKEN: &[u8] = b"a token";

fn key(id: &str) -> String {
    let made = Secrets::generate().expect("randomness");
    let (_, bytes) = made.split_once(':').expect("an id and a key");
    format!("{id}:{bytes}")
}

fn secrets(list: &str) -> Secrets {
    match Secrets::parse(list) {
        Ok(secrets) => secrets,
        Err(error) => panic!("{error}"),
    }
}

fn refused(list: &str) -> Option<SecretsError> {
    Secrets::parse(list).err()
}

fn what_the_older_key_made_is_good_while_it_is_listed() {
    let (old, new) = (key("old"), key("new"));
    let before = secrets(&old);
    let after = secrets(&format!("{new}, {old}\n"));

    assert!(
        after
            .token_hashes(TOKEN)
            .contains(&before.token_hash(TOKEN))
    );
    assert!(after.is_api_key(TOKEN, &before.api_key_hash(TOKEN)));
    assert!(after.is_page_tag(TOKEN, &before.page_tag(TOKEN)));
    let sealed = before.seal(TOKEN, b"letter").expect("a seal");
    assert_eq!(after.open(&sealed, b"letter").expect("opened"), TOKEN);

    assert_ne!(after.token_hash(TOKEN), before.token_hash(TOKEN));
    assert_eq!(
        after.token_hash(TOKEN),
        secrets(&new).token_hash(TOKEN),
        "the first key signs"
    );
}

fn what_a_key_made_is_worthless_once_it_is_gone() {
    let (before, after) = (secrets(&key("old")), secrets(&key("new")));
    assert!(
        !after
            .token_hashes(TOKEN)
            .contains(&before.token_hash(TOKEN))
    );
    assert!(!after.is_api_key(TOKEN, &before.api_key_hash(TOKEN)));
    assert!(!after.is_page_tag(TOKEN, &before.page_tag(TOKEN)));
    let sealed = before.seal(TOKEN, b"letter").expect("a seal");
    assert!(after.open(&sealed, b"letter").is_err());
}

fn a_seal_opens_only_whole_and_for_its_own_letter() {
    let secrets = secrets(&key("k1"));
    let sealed = secrets.seal(TOKEN, b"letter").expect("a seal");
    assert!(secrets.open(&sealed, b"another").is_err());
    for at in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[at] ^= 1;
        assert!(secrets.open(&altered, b"letter").is_err(), "byte {at}");
        assert!(secrets.open(&sealed[..at], b"letter").is_err(), "cut {at}");
    }
    let tag = secrets.page_tag(TOKEN);
    for at in 0..tag.len() {
        let mut altered = tag;
        altered[at] ^= 1;
        assert!(!secrets.is_page_tag(TOKEN, &altered), "byte {at}");
    }
    assert!(!secrets.is_page_tag(TOKEN, &tag[1..]));
}

fn a_list_that_cannot_be_used_says_where() {
    let good = key("k1");
    assert_eq!(refused(" ,\n"), Some(SecretsError::Empty));
    for broken in ["k2", "k2:no base64!", ":AAAA", "a key:AAAA"] {
        let list = format!("{good},{broken}");
        assert_eq!(refused(&list), Some(SecretsError::Malformed(2)), "{broken}");
    }
    let short = format!("{good},k2:c2hvcnQ=");
    assert_eq!(refused(&short), Some(SecretsError::Short(2)));
    let twice = format!("{good},{}", key("k1"));
    assert_eq!(refused(&twice), Some(SecretsError::Repeated(2)));
}
