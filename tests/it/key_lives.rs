//! API keys as they are made, used and lost over the wire.

use chrono::TimeDelta;
use muster::{
    clock::Clock,
    proto::{
        ApiKeyFilter, CreateKeyRequest, ListKeysRequest, ListTeamsRequest, RevokeKeyRequest, Scope,
        key_service_client::KeyServiceClient, team_service_client::TeamServiceClient,
    },
};
use tonic::Code;

use crate::{
    answers::{Recorded, Recorder},
    keyring::{halves, key_called},
    keys::stamp,
    refusals::{Outcome, reason},
    request_ids::request_id,
    waiting::until,
};

const KEYS: u8 = 60;

/// Makes keys of every kind, each by a call that is repeated, and uses them: the texts of all, and of one that is revoked.
pub(crate) async fn live(recorder: &Recorder, operator: &str, team: &str) -> Vec<String> {
    let mut keys = KeyServiceClient::new(recorder.keyed(operator));
    let mut texts = Vec::new();
    for number in 0..KEYS {
        let request = wanted(number, team);
        let made = keys.create_key(request.clone()).await.answered();
        for _ in 0..2 {
            let again = keys.create_key(request.clone()).await.answered();
            assert_eq!((&again.key, again.secret.as_str()), (&made.key, ""));
        }
        teams(recorder, &made.secret).await;
        texts.push(made.secret);
    }
    let rehearsal = CreateKeyRequest {
        validate_only: true,
        ..key_called("rehearsed")
    };
    keys.create_key(rehearsal).await.answered();
    let taken = CreateKeyRequest {
        certificate_name: "1.certificate.example".to_owned(),
        ..key_called("taken")
    };
    keys.create_key(taken)
        .await
        .refused(Code::AlreadyExists, "CERTIFICATE_NAME_TAKEN");

    texts.push(ending(recorder, &mut keys).await);
    for text in texts.iter().step_by(8) {
        revoke(recorder, &mut keys, text).await;
    }
    misuse(recorder, &mut keys, &texts).await;
    for team_id in [String::new(), team.to_owned()] {
        let filter = ApiKeyFilter { team_id };
        let request = ListKeysRequest {
            page_size: 1_000,
            filter: Some(filter),
            ..ListKeysRequest::default()
        };
        let listed = keys.list_keys(request).await.answered();
        assert!(listed.keys.len() >= 10);
    }
    texts
}

/// Operators' keys and others, of a team and of all, with certificates and without.
fn wanted(number: u8, team: &str) -> CreateKeyRequest {
    let scopes = match number % 4 {
        0 => vec![Scope::Operator],
        1 => vec![Scope::TeamsRead, Scope::ActAs],
        2 => vec![Scope::InvitationsAnswer],
        _ => vec![Scope::EventsRead, Scope::TeamsWrite],
    };
    let team_id = if number % 4 == 3 { team } else { "" };
    let certificate_name = match number % 2 {
        0 => String::new(),
        _ => format!("{number}.certificate.example"),
    };
    CreateKeyRequest {
        scopes: scopes.into_iter().map(Into::into).collect(),
        team_id: team_id.to_owned(),
        certificate_name,
        request_id: request_id(number),
        ..key_called(&format!("service {}", number / 2))
    }
}

/// A call with a key, whatever comes of it; the reason of its refusal.
async fn teams(recorder: &Recorder, text: &str) -> Option<String> {
    let mut teams = TeamServiceClient::new(recorder.keyed(text));
    let answer = teams.list_teams(ListTeamsRequest::default()).await;
    answer.err().map(|status| reason(&status))
}

/// A key that expires, and has.
async fn ending(recorder: &Recorder, keys: &mut KeyServiceClient<Recorded>) -> String {
    let soon = Clock::System.now() + TimeDelta::seconds(1);
    let request = CreateKeyRequest {
        expire_time: Some(stamp(soon)),
        ..key_called("ending")
    };
    let text = keys.create_key(request).await.answered().secret;
    until("the key expires", async || {
        let refused = teams(recorder, &text).await;
        (refused.as_deref() == Some("CREDENTIAL_INVALID")).then_some(())
    })
    .await;
    text
}

async fn revoke(recorder: &Recorder, keys: &mut KeyServiceClient<Recorded>, text: &str) {
    let (id, _) = halves(text);
    let request = RevokeKeyRequest {
        key_id: id.to_owned(),
        request_id: format!("00000000-0000-4000-8000-{id}"),
    };
    for _ in 0..2 {
        keys.revoke_key(request.clone()).await.answered();
    }
    let refused = teams(recorder, text).await;
    assert_eq!(refused.as_deref(), Some("CREDENTIAL_INVALID"));
}

/// What one does with a key by mistake or on purpose.
async fn misuse(recorder: &Recorder, keys: &mut KeyServiceClient<Recorded>, texts: &[String]) {
    for pair in texts.windows(2) {
        let ((id, _), (_, secret)) = (halves(&pair[0]), halves(&pair[1]));
        let forged = format!("mst_{id}_{secret}");
        let refused = teams(recorder, &forged).await;
        assert_eq!(refused.as_deref(), Some("CREDENTIAL_INVALID"));
        // Where the id belongs.
        let request = RevokeKeyRequest {
            key_id: pair[0].clone(),
            ..RevokeKeyRequest::default()
        };
        let refused = keys.revoke_key(request).await;
        refused.invalid(&[("key_id", "MALFORMED")]);
    }
}
