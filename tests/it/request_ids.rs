//! Request ids: what they belong to, how long they are good, and what meets under one.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use muster::{
    app::{housekeeping, keys},
    proto::{
        CreateInvitationRequest, CreateTeamRequest, DESCRIPTORS, ImportOutcome,
        ResendInvitationRequest, Team, UpdateTeamRequest,
        invitation_service_client::InvitationServiceClient, team_service_client::TeamServiceClient,
    },
};
use prost::Message;
use prost_types::{FieldMask, FileDescriptorSet};
use tonic::{Code, service::interceptor::InterceptedService};

use crate::{
    fixtures::{MICROSECOND, WEEK, invitation_of, team_called},
    harness::{BearerKey, Harness, tests},
    proxies::Proxy,
    races::at_once,
    refusals::Outcome,
    repeated_calls::event_count,
    waiting::until,
};

tests![
    every_call_that_changes_something_takes_a_request_id,
    another_request_under_the_same_id_is_refused,
    what_was_refused_may_be_tried_again_under_its_id,
    an_id_belongs_to_its_key_and_its_call,
    an_id_is_good_for_a_day,
    of_sixteen_at_once_one_runs_and_all_get_its_answer,
    of_two_teams_made_at_once_under_one_id_both_answers_are_the_one,
    a_revoked_key_is_not_answered_again,
    a_caller_who_went_away_finds_the_answer_of_his_call,
    a_bad_request_id_is_named_among_all_bad_fields,
];

/// Ids of requests; each is used for one request only.
pub(crate) fn request_id(number: u8) -> String {
    format!("00000000-0000-4000-8000-0000000000{number:02x}")
}

pub(crate) fn mask(path: &str) -> FieldMask {
    FieldMask {
        paths: vec![path.to_owned()],
    }
}

/// Methods that only look.
const LOOKING: [&str; 9] = [
    "Get",
    "List",
    "BatchGet",
    "Peek",
    "Check",
    "BatchCheck",
    "Test",
    "Preview",
    "Explain",
];

async fn every_call_that_changes_something_takes_a_request_id(_: &Harness) {
    let set = FileDescriptorSet::decode(DESCRIPTORS).expect("descriptors");
    let ours = || {
        let files = set.file.iter();
        files.filter(|file| file.package() == "muster.v1")
    };
    let fields = |request: &str| -> BTreeSet<String> {
        ours()
            .flat_map(|file| &file.message_type)
            .filter(|message| request.ends_with(&format!(".{}", message.name())))
            .flat_map(|message| message.field.iter().map(|field| field.name().to_owned()))
            .collect()
    };
    let mut changing = 0;
    for method in ours()
        .flat_map(|file| &file.service)
        .flat_map(|one| &one.method)
    {
        let name = method.name();
        let looks = LOOKING.iter().any(|verb| name.starts_with(verb));
        if looks || method.client_streaming() || method.server_streaming() {
            continue;
        }
        changing += 1;
        let fields = fields(method.input_type());
        assert!(fields.contains("request_id"), "{name}");
        if name.starts_with("Create") || name.starts_with("Update") {
            assert!(fields.contains("validate_only"), "{name}");
        }
    }
    assert_eq!(changing, 63);
}

/// An invitation with the first request id.
fn with_id(team: &str, email: &str) -> CreateInvitationRequest {
    CreateInvitationRequest {
        request_id: request_id(1),
        ..invitation_of(team, email)
    }
}

async fn another_request_under_the_same_id_is_refused(h: &Harness) {
    let team = h.team("acme").await;
    let ann = with_id(&team.id, "ann@acme.example");
    h.invitations()
        .create_invitation(ann.clone())
        .await
        .answered();
    h.only_letter().await;
    let others = [
        with_id(&team.id, "bob@acme.example"),
        with_id(&h.unknown_id(), "ann@acme.example"),
        CreateInvitationRequest {
            language: "uk".to_owned(),
            ..ann.clone()
        },
    ];
    for other in others {
        h.invitations()
            .create_invitation(other)
            .await
            .refused(Code::FailedPrecondition, "REQUEST_ID_REUSED");
    }
    h.invitations().create_invitation(ann).await.answered();
}

async fn what_was_refused_may_be_tried_again_under_its_id(h: &Harness) {
    let mut small = team_called("acme");
    small.seat_limit = Some(1);
    let team = h.team_from(small).await;
    let ann = with_id(&team.id, "ann@acme.example");
    h.invitations()
        .create_invitation(ann.clone())
        .await
        .refused(Code::FailedPrecondition, "NO_SEAT");
    let update = UpdateTeamRequest {
        team: Some(Team {
            id: team.id.clone(),
            ..Team::default()
        }),
        update_mask: Some(mask("seat_limit")),
        ..UpdateTeamRequest::default()
    };
    h.teams().update_team(update).await.answered();
    h.invitations().create_invitation(ann).await.answered();
    h.only_letter().await;
}

async fn an_id_belongs_to_its_key_and_its_call(h: &Harness) {
    let team = h.team("acme").await;
    let mine = with_id(&team.id, "ann@acme.example");
    h.invitations().create_invitation(mine).await.answered();
    let key = keys::create(&h.ctx, "another").await.expect("a key");
    let channel = InterceptedService::new(h.anonymous_channel(), BearerKey::new(key.text()));
    let theirs = with_id(&team.id, "bob@acme.example");
    InvitationServiceClient::new(channel)
        .create_invitation(theirs)
        .await
        .answered();
    let create = CreateTeamRequest {
        request_id: request_id(1),
        ..team_called("other")
    };
    h.teams().create_team(create).await.answered();
    assert_eq!(h.deliver().await.len(), 3);
}

async fn an_id_is_good_for_a_day(h: &Harness) {
    let team = h.team("acme").await;
    let request = with_id(&team.id, "ann@acme.example");
    let first = h
        .invitations()
        .create_invitation(request.clone())
        .await
        .answered();
    h.only_letter().await;
    h.advance(TimeDelta::days(1) - MICROSECOND);
    let again = h.invitations().create_invitation(request.clone()).await;
    assert_eq!(again.answered(), first);
    h.advance(MICROSECOND);
    // A day later it is a new request: she is invited already.
    let later = h.invitations().create_invitation(request.clone()).await;
    let later = later.answered();
    assert_ne!(later.outcome, first.outcome);
    h.advance(WEEK);
    let swept = housekeeping::sweep(&h.ctx).await.expect("a sweep");
    assert_eq!(swept.replays, 1);
    h.invitations().create_invitation(request).await.answered();
    h.only_letter().await;
}

async fn of_sixteen_at_once_one_runs_and_all_get_its_answer(h: &Harness) {
    let team = h.team("acme").await;
    let answers = at_once(16, |_| {
        let mut client = h.invitations();
        let request = with_id(&team.id, "ann@acme.example");
        async move { client.create_invitation(request).await }
    });
    let answers: Vec<_> = answers.await.into_iter().map(Outcome::answered).collect();
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
    h.only_letter().await;
}

async fn of_two_teams_made_at_once_under_one_id_both_answers_are_the_one(h: &Harness) {
    for round in 0..10 {
        let answers = at_once(4, |_| {
            let mut client = h.teams();
            let request = CreateTeamRequest {
                external_id: format!("crm-{round}"),
                request_id: request_id(round),
                ..team_called(&format!("team{round}"))
            };
            async move { client.create_team(request).await }
        });
        let answers: Vec<_> = answers.await.into_iter().map(Outcome::answered).collect();
        for answer in &answers {
            assert_eq!(answer, &answers[0], "nobody hears TEAM_EXTERNAL_ID_TAKEN");
        }
        h.only_letter().await;
    }
}

async fn a_revoked_key_is_not_answered_again(h: &Harness) {
    let key = keys::create(&h.ctx, "short").await.expect("a key");
    let channel = InterceptedService::new(h.anonymous_channel(), BearerKey::new(key.text()));
    let mut client = TeamServiceClient::new(channel);
    let request = CreateTeamRequest {
        request_id: request_id(1),
        ..team_called("acme")
    };
    client.create_team(request.clone()).await.answered();
    h.only_letter().await;
    h.revoke_key(key.id()).await;
    client
        .create_team(request)
        .await
        .refused(Code::Unauthenticated, "CREDENTIAL_INVALID");
}

async fn a_caller_who_went_away_finds_the_answer_of_his_call(h: &Harness) {
    let team = h.team("acme").await;
    let before = event_count(h).await;
    let request = with_id(&team.id, "ann@acme.example");
    // The answer never reaches him.
    let proxy = Proxy::before(&h.address.to_string()).await;
    let mut client = InvitationServiceClient::new(h.keyed_by(proxy.channel()));
    let unknown = ResendInvitationRequest::default();
    client
        .resend_invitation(unknown)
        .await
        .invalid(&[("team_id", "REQUIRED"), ("invitation_id", "REQUIRED")]);
    proxy.silence();
    let sent = request.clone();
    let call = tokio::spawn(async move { client.create_invitation(sent).await });
    until("the call is carried out", async || {
        (event_count(h).await > before).then_some(())
    })
    .await;
    assert!(!call.is_finished());
    call.abort();
    let again = h.invitations().create_invitation(request).await.answered();
    assert_eq!(again.outcome(), ImportOutcome::Invited);
    assert_eq!(event_count(h).await, before + 1);
    h.only_letter().await;
}

async fn a_bad_request_id_is_named_among_all_bad_fields(h: &Harness) {
    let request = CreateInvitationRequest {
        request_id: "again".to_owned(),
        ..invitation_of("x", "nobody")
    };
    h.invitations().create_invitation(request).await.invalid(&[
        ("team_id", "MALFORMED"),
        ("email", "MALFORMED"),
        ("request_id", "MALFORMED"),
    ]);
    let team = h.team("acme").await;
    let request = CreateInvitationRequest {
        request_id: "again".to_owned(),
        ..invitation_of(&team.id, "ann@acme.example")
    };
    h.invitations()
        .create_invitation(request)
        .await
        .invalid(&[("request_id", "MALFORMED")]);
}
