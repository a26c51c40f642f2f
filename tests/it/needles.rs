//! Secrets as one looks for them: as they are written, and their bytes in other dress.

use std::collections::{BTreeSet, HashMap};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use libtest_mimic::Trial;

use crate::binary;

/// These need no database and run once.
pub(crate) fn trials() -> Vec<Trial> {
    binary::trials(
        module_path!(),
        [(
            "a_secret_is_found_in_every_form_wherever_it_stands",
            a_secret_is_found_in_every_form_wherever_it_stands,
        )],
    )
}

/// The bytes of a secret; no form of it is shorter.
const SHORTEST: usize = 32;
/// What is looked up at once.
const WINDOW: usize = 8;
/// Of so many windows that begin one after another, one lies within a form that covers them.
const STRIDE: usize = SHORTEST - WINDOW + 1;

/// Secrets to be looked for, thousands of them at once. A log at the lowest level is long: only one place of many is looked at.
pub(crate) struct Needles {
    /// Each form, and the number of its secret.
    forms: Vec<(usize, Vec<u8>)>,
    /// The forms that hold a window, and where.
    windows: HashMap<[u8; WINDOW], Vec<(usize, usize)>>,
}

impl Needles {
    /// These secrets, each 32 bytes in base64url.
    pub(crate) fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let numbered = secrets.into_iter().enumerate();
        let forms: Vec<_> = numbered
            .flat_map(|(number, secret)| forms(secret).into_iter().map(move |form| (number, form)))
            .collect();
        let mut windows = HashMap::<_, Vec<_>>::new();
        for (at, (_, form)) in forms.iter().enumerate() {
            for (offset, window) in form.windows(WINDOW).take(STRIDE).enumerate() {
                let window = window.try_into().expect("a window");
                windows.entry(window).or_default().push((at, offset));
            }
        }
        Self { forms, windows }
    }

    /// The numbers of the secrets that stand in a place, each as often as it stands there.
    pub(crate) fn found(&self, place: &[u8]) -> Vec<usize> {
        let mut found = Vec::new();
        for (window, begin) in place.windows(WINDOW).zip(0..).step_by(STRIDE) {
            let Some(held) = self.windows.get(window) else {
                continue;
            };
            for &(form, offset) in held {
                let (number, form) = &self.forms[form];
                let begins = usize::checked_sub(begin, offset);
                if begins.is_some_and(|begins| place[begins..].starts_with(form)) {
                    found.push(*number);
                }
            }
        }
        found
    }
}

/// A secret as it is written, and its bytes as they are, in hex and in the other base64.
fn forms(secret: &str) -> BTreeSet<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(secret).expect("base64");
    assert_eq!(bytes.len(), SHORTEST);
    let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let hex = digits.concat();
    BTreeSet::from([
        secret.as_bytes().to_vec(),
        STANDARD_NO_PAD.encode(&bytes).into_bytes(),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
        bytes,
    ])
}

fn a_secret_is_found_in_every_form_wherever_it_stands() {
    let secrets = [[0xfb_u8; SHORTEST], [0x5a; SHORTEST]].map(|mut bytes| {
        // Not the same everywhere, so that it begins at one place alone.
        for (byte, at) in bytes.iter_mut().zip(0..) {
            *byte ^= at;
        }
        URL_SAFE_NO_PAD.encode(bytes)
    });
    let needles = Needles::of(secrets.iter().map(String::as_str));
    for (number, secret) in secrets.iter().enumerate() {
        let forms = forms(secret);
        assert!(forms.len() >= 4);
        for form in forms {
            for before in 0..2 * STRIDE {
                for after in [0, 100] {
                    let place = [&vec![b'.'; before][..], &form, &vec![b'.'; after]].concat();
                    assert_eq!(needles.found(&place), [number], "{before} {after}");
                    let twice = [&place[..], &place].concat();
                    assert_eq!(needles.found(&twice), [number, number]);
                }
            }
            assert!(needles.found(&form[1..]).is_empty());
            assert!(needles.found(&form[..form.len() - 1]).is_empty());
        }
    }
    assert!(needles.found(b"").is_empty());
}
