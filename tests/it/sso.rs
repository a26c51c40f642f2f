//! Connections to OpenID providers: who makes, changes and deletes them, and what is none.

use muster::proto::{
    CreateSsoConnectionRequest, DeleteSsoConnectionRequest, DeleteTeamRequest, EventType,
    GetSsoConnectionRequest, ListSsoConnectionsRequest, Role, SsoAlgorithm, SsoConnection,
    UpdateSsoConnectionRequest,
};
use prost_types::FieldMask;
use tonic::Code;

use crate::{
    fixtures::{MICROSECOND, time},
    harness::{Harness, tests},
    hubs::event_types,
    providers::{Provider, key_set},
    races::at_once,
    refusals::Outcome,
    request_ids::request_id,
    sign_ins::{acme, loopback},
    signers::Signer,
};

tests![
    a_connection_is_made_read_changed_and_deleted,
    keys_may_be_given_instead_of_their_address with loopback,
    an_issuer_is_one_connections,
    a_team_has_ten_connections_at_most,
    primary_and_sso_admins_alone_change_connections,
    a_rehearsal_makes_no_connection_and_a_repetition_makes_one,
    a_deleted_connection_forgets_who_signed_in with loopback,
    a_deleted_team_leaves_its_issuers_and_domains_to_others,
];

const OF_CONNECTIONS: [EventType; 3] = [
    EventType::SsoConnectionCreated,
    EventType::SsoConnectionUpdated,
    EventType::SsoConnectionDeleted,
];

/// The settings of a connection to a provider that nobody asks.
pub(crate) fn connection_of(team: &str, name: &str) -> SsoConnection {
    SsoConnection {
        team_id: team.to_owned(),
        display_name: name.to_owned(),
        issuer: format!("https://{name}.example/oidc"),
        audience: "client".to_owned(),
        jwks_uri: format!("https://{name}.example/jwks"),
        algorithms: vec![SsoAlgorithm::Es256.into(), SsoAlgorithm::Rs256.into()],
        ..SsoConnection::default()
    }
}

/// What makes a connection.
pub(crate) fn creation(connection: SsoConnection) -> CreateSsoConnectionRequest {
    CreateSsoConnectionRequest {
        connection: Some(connection),
        ..CreateSsoConnectionRequest::default()
    }
}

/// What changes these fields of a connection.
pub(crate) fn update(connection: SsoConnection, paths: &[&str]) -> UpdateSsoConnectionRequest {
    UpdateSsoConnectionRequest {
        connection: Some(connection),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
        }),
        ..UpdateSsoConnectionRequest::default()
    }
}

fn deletion(connection: &SsoConnection) -> DeleteSsoConnectionRequest {
    DeleteSsoConnectionRequest {
        team_id: connection.team_id.clone(),
        connection_id: connection.id.clone(),
        ..DeleteSsoConnectionRequest::default()
    }
}

fn reading(connection: &SsoConnection) -> GetSsoConnectionRequest {
    GetSsoConnectionRequest {
        team_id: connection.team_id.clone(),
        connection_id: connection.id.clone(),
    }
}

async fn listed(h: &Harness, team: &str) -> Vec<SsoConnection> {
    let request = ListSsoConnectionsRequest {
        team_id: team.to_owned(),
        ..ListSsoConnectionsRequest::default()
    };
    let answer = h.sso().list_sso_connections(request).await;
    answer.answered().connections
}

async fn a_connection_is_made_read_changed_and_deleted(h: &Harness) {
    let team = h.led_team("acme").await;
    let made = h.connect(connection_of(&team.id, "okta")).await;
    assert_eq!(
        (&*made.email_claim, &*made.email_verified_claim),
        ("email", "email_verified")
    );
    assert_eq!(
        (&*made.given_name_claim, &*made.family_name_claim),
        ("given_name", "family_name")
    );
    let ordered: Vec<_> = made.algorithms().collect();
    assert_eq!(ordered, [SsoAlgorithm::Rs256, SsoAlgorithm::Es256]);
    assert!(!made.jit_enabled && !made.profile_refresh_enabled);
    assert_eq!(time(made.create_time), h.now());
    let read = h.sso().get_sso_connection(reading(&made)).await.answered();
    assert_eq!(read.connection, Some(made.clone()));
    h.advance(MICROSECOND);
    let other = h.connect(connection_of(&team.id, "entra")).await;
    assert_eq!(listed(h, &team.id).await, [made.clone(), other]);

    let wanted = SsoConnection {
        display_name: "Another".to_owned(),
        audience: "another".to_owned(),
        jwks_uri: "https://okta.example/keys".to_owned(),
        algorithms: vec![SsoAlgorithm::Eddsa.into()],
        email_claim: "upn".to_owned(),
        email_verified_claim: "xms_edov".to_owned(),
        given_name_claim: "first".to_owned(),
        family_name_claim: "last".to_owned(),
        jit_enabled: true,
        profile_refresh_enabled: true,
        ..made.clone()
    };
    let all = [
        "display_name",
        "audience",
        "jwks_uri",
        "algorithms",
        "email_claim",
        "email_verified_claim",
        "given_name_claim",
        "family_name_claim",
        "jit_enabled",
        "profile_refresh_enabled",
    ];
    let request = update(wanted.clone(), &all);
    let changed = h.sso().update_sso_connection(request.clone()).await;
    let changed = changed.answered().connection.expect("the connection");
    assert_eq!(
        changed,
        SsoConnection {
            etag: changed.etag.clone(),
            update_time: changed.update_time,
            ..wanted
        }
    );
    let refused = h.sso().update_sso_connection(request).await;
    refused.refused(Code::Aborted, "ETAG_MISMATCH");
    let same = h
        .sso()
        .update_sso_connection(update(changed.clone(), &all))
        .await;
    assert_eq!(same.answered().connection, Some(changed.clone()));
    let stale = DeleteSsoConnectionRequest {
        etag: made.etag.clone(),
        ..deletion(&made)
    };
    let refused = h.sso().delete_sso_connection(stale).await;
    refused.refused(Code::Aborted, "ETAG_MISMATCH");
    h.sso()
        .delete_sso_connection(deletion(&made))
        .await
        .answered();
    let refused = h.sso().get_sso_connection(reading(&made)).await;
    refused.missing("SSO_CONNECTION_NOT_FOUND", &made.id);
    let [created, updated, deleted] = OF_CONNECTIONS;
    assert_eq!(
        event_types(h, &team.id, &OF_CONNECTIONS).await,
        [created, created, updated, deleted]
    );
}

async fn keys_may_be_given_instead_of_their_address(h: &Harness) {
    let team = h.led_team("acme").await;
    h.own_domain(&team.id, "acme.example").await;
    let signer = Signer::rs256("one", 0);
    let provider = Provider::with(&[]).await;
    let given = SsoConnection {
        jwks_uri: String::new(),
        jwks: key_set(&[&signer]),
        ..provider.connection(&team.id)
    };
    for unusable in ["{}", "{\"keys\":[]}", "no", &key_set(&[&Signer::ed("two")])] {
        let request = creation(SsoConnection {
            jwks: unusable.to_owned(),
            ..given.clone()
        });
        let refused = h.sso().create_sso_connection(request).await;
        refused.invalid(&[("connection.jwks", "MALFORMED")]);
    }
    let made = h.connect(given).await;
    let token = signer.token(&provider.claims(h, "1", "ann@acme.example"));
    h.sign_in(&token).await.answered();
    assert_eq!(provider.asked(), 0);

    let moved = SsoConnection {
        jwks_uri: format!("{}/jwks", provider.issuer),
        ..made.clone()
    };
    let moved = h
        .sso()
        .update_sso_connection(update(moved, &["jwks_uri"]))
        .await;
    let moved = moved.answered().connection.expect("the connection");
    assert_eq!(moved.jwks, "");
    let refused = h.sign_in(&token).await;
    refused.refused(Code::Unauthenticated, "ID_TOKEN_INVALID");
    assert_eq!(provider.asked(), 1);
}

async fn an_issuer_is_one_connections(h: &Harness) {
    let (team, other) = (h.led_team("acme").await, h.led_team("other").await);
    let made = h.connect(connection_of(&team.id, "okta")).await;
    for team in [&team.id, &other.id] {
        let request = creation(connection_of(team, "okta"));
        let refused = h.sso().create_sso_connection(request).await;
        refused.refused(Code::FailedPrecondition, "SSO_ISSUER_TAKEN");
    }
    let elsewhere = SsoConnection {
        team_id: other.id.clone(),
        ..made.clone()
    };
    let refused = h.sso().get_sso_connection(reading(&elsewhere)).await;
    refused.missing("SSO_CONNECTION_NOT_FOUND", &made.id);
    h.sso()
        .delete_sso_connection(deletion(&made))
        .await
        .answered();
    let answers = at_once(8, |number| {
        let mut client = h.sso();
        let team = if number % 2 == 0 { &team.id } else { &other.id };
        let request = creation(connection_of(team, "okta"));
        async move { client.create_sso_connection(request).await }
    })
    .await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for refused in refused {
        refused.refused(Code::FailedPrecondition, "SSO_ISSUER_TAKEN");
    }
}

async fn a_team_has_ten_connections_at_most(h: &Harness) {
    let team = h.led_team("acme").await;
    for number in 0..10 {
        h.connect(connection_of(&team.id, &format!("provider{number}")))
            .await;
    }
    let request = creation(connection_of(&team.id, "provider10"));
    let refused = h.sso().create_sso_connection(request).await;
    refused.refused(Code::FailedPrecondition, "SSO_CONNECTIONS_USED_UP");
}

async fn primary_and_sso_admins_alone_change_connections(h: &Harness) {
    let team = h.led_team("acme").await;
    let secondary = h
        .join_as(&team.id, "two@acme.example", Role::SecondaryAdmin)
        .await;
    let sso = h
        .join_as(&team.id, "sso@acme.example", Role::SsoAdmin)
        .await;
    let made = h.connect(connection_of(&team.id, "okta")).await;
    let mut client = h.sso_as(&secondary);
    let request = creation(connection_of(&team.id, "entra"));
    client
        .create_sso_connection(request)
        .await
        .denied("sso.update");
    client
        .delete_sso_connection(deletion(&made))
        .await
        .denied("sso.update");
    client.get_sso_connection(reading(&made)).await.answered();
    for (name, who) in [("one", &sso), ("two", &team.admin)] {
        let request = creation(connection_of(&team.id, name));
        let answer = h.sso_as(who).create_sso_connection(request).await;
        answer.answered();
    }
}

async fn a_rehearsal_makes_no_connection_and_a_repetition_makes_one(h: &Harness) {
    let team = h.led_team("acme").await;
    let request = creation(connection_of(&team.id, "okta"));
    let rehearsal = CreateSsoConnectionRequest {
        validate_only: true,
        ..request.clone()
    };
    let told = h.sso().create_sso_connection(rehearsal).await.answered();
    let told = told.connection.expect("a connection");
    assert!(told.id.is_empty() && told.etag.is_empty() && told.create_time.is_none());
    assert!(listed(h, &team.id).await.is_empty());
    let request = CreateSsoConnectionRequest {
        request_id: request_id(1),
        ..request
    };
    let once = h.sso().create_sso_connection(request.clone()).await;
    let twice = h.sso().create_sso_connection(request).await;
    assert_eq!(once.answered(), twice.answered());
    assert_eq!(listed(h, &team.id).await.len(), 1);
}

async fn a_deleted_connection_forgets_who_signed_in(h: &Harness) {
    let acme = acme(h).await;
    let token = acme.token(h, "1", "ann@acme.example");
    let first = h.sign_in(&token).await.answered();
    let deletion = deletion(&acme.connection);
    h.sso().delete_sso_connection(deletion).await.answered();
    let refused = h.sign_in(&token).await;
    refused.refused(Code::Unauthenticated, "ID_TOKEN_INVALID");
    h.connect(acme.provider.connection(&acme.team.id)).await;
    let again = h.sign_in(&token).await.answered();
    assert!(again.linked);
    let id = |answer: muster::proto::ProvisionSsoUserResponse| answer.member.map(|it| it.user_id);
    assert_eq!(id(again), id(first));
}

async fn a_deleted_team_leaves_its_issuers_and_domains_to_others(h: &Harness) {
    let team = h.led_team("acme").await;
    h.connect(connection_of(&team.id, "okta")).await;
    h.own_domain(&team.id, "acme.example").await;
    let request = DeleteTeamRequest {
        team_id: team.id.clone(),
        ..DeleteTeamRequest::default()
    };
    h.teams().delete_team(request).await.answered();
    let heir = h.led_team("heir").await;
    h.connect(connection_of(&heir.id, "okta")).await;
    h.own_domain(&heir.id, "acme.example").await;
}
