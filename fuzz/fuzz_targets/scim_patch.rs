//! Any JSON makes a user, and changes one, or is a fault; whatever came of it can be judged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster::domain::scim::{Draft, Patch};
use serde_json::{Value, json};

fuzz_target!(|bytes: &[u8]| {
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    if let Ok(user) = Draft::read(&body) {
        let _ = user.check();
    }
    // Most of what is written is an operation or a list of them: the wrapping need not be found.
    let operations = if body.is_array() {
        body.clone()
    } else {
        json!([body])
    };
    for body in [body, json!({ "Operations": operations })] {
        let Ok(patch) = Patch::read(&body) else {
            continue;
        };
        let whole = json!({
            "userName": "ada", "externalId": "1", "active": true,
            "name": {"givenName": "Ada", "familyName": "Lovelace"},
            "emails": [{"value": "ada@example.org", "type": "work", "primary": true}]
        });
        for user in [json!({}), whole] {
            let mut user = Draft::read(&user).expect("it is one");
            if patch.apply(&mut user).is_ok() {
                assert!(user.emails.len() <= 100);
                assert!(user.emails.iter().filter(|email| email.primary).count() <= 1);
                let _ = user.check();
            }
        }
    }
});
