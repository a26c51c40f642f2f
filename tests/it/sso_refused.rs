//! What is no connection, and what no connection may name.

use muster::proto::{CreateSsoConnectionRequest, SsoAlgorithm, SsoConnection};

use crate::{
    harness::{Harness, tests},
    providers::key_set,
    refusals::Outcome,
    sso::{connection_of, creation, update},
};

tests![
    what_is_no_connection_is_refused_with_every_field,
    nothing_on_this_machine_or_behind_its_walls_is_asked,
];

async fn what_is_no_connection_is_refused_with_every_field(h: &Harness) {
    let team = h.led_team("acme").await;
    let nothing = h
        .sso()
        .create_sso_connection(CreateSsoConnectionRequest::default())
        .await;
    nothing.invalid(&[("connection", "REQUIRED")]);
    let blank = creation(SsoConnection::default());
    h.sso().create_sso_connection(blank).await.invalid(&[
        ("connection.team_id", "REQUIRED"),
        ("connection.issuer", "REQUIRED"),
        ("connection.display_name", "REQUIRED"),
        ("connection.audience", "REQUIRED"),
        ("connection.jwks_uri", "REQUIRED"),
        ("connection.algorithms", "REQUIRED"),
    ]);
    let odd = creation(SsoConnection {
        display_name: "www.evil.example".to_owned(),
        issuer: "http://acme.example".to_owned(),
        audience: " client".to_owned(),
        jwks: "{}".to_owned(),
        algorithms: vec![
            0,
            99,
            SsoAlgorithm::Rs256.into(),
            SsoAlgorithm::Rs256.into(),
        ],
        email_claim: "a".repeat(256),
        given_name_claim: "a\nb".to_owned(),
        ..connection_of(&team.id, "okta")
    });
    h.sso().create_sso_connection(odd).await.invalid(&[
        ("connection.display_name", "LOOKS_LIKE_LINK"),
        ("connection.issuer", "MALFORMED"),
        ("connection.audience", "MALFORMED"),
        ("connection.jwks", "EXCLUSIVE"),
        ("connection.algorithms[0]", "UNKNOWN_VALUE"),
        ("connection.algorithms[1]", "UNKNOWN_VALUE"),
        ("connection.algorithms[3]", "DUPLICATE"),
        ("connection.email_claim", "TOO_LONG"),
        ("connection.given_name_claim", "CONTROL_CHARACTER"),
    ]);
    let made = h.connect(connection_of(&team.id, "okta")).await;
    for (paths, field, rule) in [
        (&["issuer"][..], "update_mask.paths[0]", "UNKNOWN_PATH"),
        (&["jwks_uri", "jwks"], "update_mask", "EXCLUSIVE"),
        (&["etag"], "update_mask.paths[0]", "UNKNOWN_PATH"),
    ] {
        let given = SsoConnection {
            jwks: key_set(&[]),
            ..made.clone()
        };
        let refused = h.sso().update_sso_connection(update(given, paths)).await;
        refused.invalid(&[(field, rule)]);
    }
}

async fn nothing_on_this_machine_or_behind_its_walls_is_asked(h: &Harness) {
    let team = h.led_team("acme").await;
    for uri in [
        "http://127.0.0.1:9/jwks",
        "https://localhost/jwks",
        "https://10.0.0.1/jwks",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "file:///etc/passwd",
    ] {
        let request = creation(SsoConnection {
            jwks_uri: uri.to_owned(),
            ..connection_of(&team.id, "okta")
        });
        let refused = h.sso().create_sso_connection(request).await;
        refused.invalid(&[("connection.jwks_uri", "MALFORMED")]);
    }
    let made = h.connect(connection_of(&team.id, "okta")).await;
    let given = SsoConnection {
        jwks_uri: "http://localhost:9/jwks".to_owned(),
        ..made
    };
    let refused = h
        .sso()
        .update_sso_connection(update(given, &["jwks_uri"]))
        .await;
    refused.invalid(&[("connection.jwks_uri", "MALFORMED")]);
}
