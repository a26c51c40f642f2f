//! Processes that die: a call that is made again with its `request_id` answers, and is done once.

use std::{fmt::Debug, sync::Arc, time::Instant};

use libtest_mimic::Trial;
use muster::{
    ids,
    proto::{
        AcceptInvitationRequest, BatchRevokeInvitationsRequest, CreateInvitationRequest,
        CreateTeamRequest, GetInvitationRequest, GetTeamRequest, InvitationState, ListTeamsRequest,
        MemberState, ResendInvitationRequest, invitation_service_client::InvitationServiceClient,
        team_service_client::TeamServiceClient,
    },
};
use prost::Message;
use tonic::{Code, Response, Status};

use crate::{
    backends::{Backend, block_on},
    binary::Server,
    deployments::{Deployment, Look},
    fixtures::{invitation_of, team_called},
    harness::Keyed,
    proxies::Proxy,
    refusals::Outcome,
    waiting::until,
};

/// A test's name, and what it does with a database.
type Claim = (&'static str, fn(&str));

/// These start the program on a migrated, empty database of the backend.
pub(crate) fn on_backend(backend: &Arc<Backend>) -> Vec<Trial> {
    let tests: [Claim; 2] = [
        (
            "a_call_whose_answer_died_with_the_process_answers_again_and_adds_nothing",
            |url| block_on(answers_die(url)),
        ),
        (
            "a_call_killed_at_any_moment_is_done_exactly_once_when_made_again",
            |url| block_on(processes_die_at_any_moment(url)),
        ),
    ];
    let trial = |(name, test): Claim| {
        let backend = Arc::clone(backend);
        let name = format!("{}::crashes::{name}", backend.name());
        Trial::test(name, move || {
            let database = backend.database();
            test(&database.url);
            Ok(())
        })
    };
    tests.into_iter().map(trial).collect()
}

/// Everything that calls leave, as numbers of rows; letters' own events aside, since relays write them when they may.
const TRACES: [&str; 7] = [
    "teams",
    "users",
    "members",
    "invitations",
    "invitation_tokens",
    "outbox",
    "events WHERE type NOT LIKE 'LETTER%'",
];

async fn traces(look: &Look) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in TRACES {
        let query = format!("SELECT count(*) AS it FROM {table}");
        counts.push(look.number(&query).await);
    }
    counts
}

/// A deployment whose server can be killed and comes back.
struct Mortal<'a> {
    deployment: &'a Deployment,
    look: Look,
    server: Option<Server>,
}

impl Mortal<'_> {
    fn keyed(&self) -> Keyed {
        let server = self.server.as_ref().expect("a server");
        server.keyed(&self.deployment.key())
    }

    /// SIGKILL: nothing of the process gets to say or write a word more.
    fn kill(&mut self) {
        drop(self.server.take());
    }

    fn restart(&mut self) {
        self.server = Some(self.deployment.serve());
    }

    /// Makes a call whose answer is lost with the process that had committed it, and makes it again: the answer. Another
    /// request under the same id is refused, and the call leaves just these traces.
    async fn lose<Q, A>(
        &mut self,
        (request, other): (Q, Q),
        expected: [i64; 7],
        call: impl AsyncFn(Keyed, Q) -> Result<Response<A>, Status> + Clone + 'static,
    ) -> A
    where
        Q: Clone + 'static,
        A: Message + Default + Debug + 'static,
    {
        let before = traces(&self.look).await;
        let answers = "SELECT count(*) AS it FROM replays WHERE answer IS NOT NULL";
        let known = self.look.number(answers).await;
        let server = self.server.as_ref().expect("a server");
        let proxy = Proxy::before(&server.address).await;
        let through = proxy.keyed(&self.deployment.key());
        // Once this is answered, the connection stands and the next call needs no word of the server.
        let mut greeting = TeamServiceClient::new(through.clone());
        let request_all = ListTeamsRequest::default();
        greeting.list_teams(request_all).await.answered();

        proxy.silence();
        let committed = until("the call is committed", async || {
            (self.look.number(answers).await > known).then_some(())
        });
        let mut lost = Box::pin(call(through, request.clone()));
        tokio::select! {
            _ = &mut lost => panic!("an answer came through"),
            () = committed => {}
        }
        self.kill();
        assert!(lost.await.is_err());
        let done = traces(&self.look).await;
        let added: Vec<_> = done
            .iter()
            .zip(before)
            .map(|(now, then)| now - then)
            .collect();
        assert_eq!(added, expected);
        let newest = "SELECT answer AS it FROM replays ORDER BY create_time DESC LIMIT 1";
        let stored: Vec<u8> = self.look.column(newest).await.remove(0);

        self.restart();
        for _ in 0..2 {
            let answer = call(self.keyed(), request.clone()).await.answered();
            assert_eq!(answer.encode_to_vec(), stored);
        }
        let reused = call(self.keyed(), other).await;
        reused.refused(Code::FailedPrecondition, "REQUEST_ID_REUSED");
        self.look.letters_are_sent().await;
        assert_eq!(traces(&self.look).await, done);
        A::decode(&stored[..]).expect("an answer")
    }
}

async fn create_team(
    keyed: Keyed,
    request: CreateTeamRequest,
) -> Result<Response<muster::proto::CreateTeamResponse>, Status> {
    TeamServiceClient::new(keyed).create_team(request).await
}

async fn create_invitation(
    keyed: Keyed,
    request: CreateInvitationRequest,
) -> Result<Response<muster::proto::CreateInvitationResponse>, Status> {
    let mut client = InvitationServiceClient::new(keyed);
    client.create_invitation(request).await
}

async fn answers_die(url: &str) {
    let deployment = &Deployment::on(url);
    let mut mortal = Mortal {
        deployment,
        look: Look::at(url).await,
        server: Some(deployment.serve()),
    };
    let request_id = || ids::nonce().to_string();

    let acme = CreateTeamRequest {
        request_id: request_id(),
        ..team_called("acme")
    };
    let other = CreateTeamRequest {
        display_name: "other".to_owned(),
        ..acme.clone()
    };
    let made = mortal.lose((acme, other), [1, 1, 1, 1, 1, 1, 2], create_team);
    let made = made.await;
    let team = made.team.expect("the team");
    let mut teams = TeamServiceClient::new(mortal.keyed());
    let team_id = team.id.clone();
    let found = teams.get_team(GetTeamRequest { team_id }).await.answered();
    assert_eq!(found.team.as_ref(), Some(&team));
    assert_eq!(deployment.tokens().len(), 1, "one letter");

    let ann = CreateInvitationRequest {
        request_id: request_id(),
        ..invitation_of(&team.id, "ann@acme.example")
    };
    let other = CreateInvitationRequest {
        email: "bob@acme.example".to_owned(),
        ..ann.clone()
    };
    let invited = mortal.lose((ann, other), [0, 1, 1, 1, 1, 1, 1], create_invitation);
    let invited = invited.await.invitation.expect("the invitation");
    assert_eq!(deployment.tokens().len(), 2, "one letter more");

    let resend = ResendInvitationRequest {
        team_id: team.id.clone(),
        invitation_id: invited.id.clone(),
        request_id: request_id(),
        ..ResendInvitationRequest::default()
    };
    let other = ResendInvitationRequest {
        invitation_id: made.invitation.expect("the admin's").id,
        ..resend.clone()
    };
    let again = mortal.lose((resend, other), [0, 0, 0, 0, 1, 1, 1], async |keyed, it| {
        let mut client = InvitationServiceClient::new(keyed);
        client.resend_invitation(it).await
    });
    assert_eq!(again.await.invitation.expect("it").send_count, 2);
    let tokens = deployment.tokens();
    assert_eq!(tokens.len(), 3, "one letter more");

    let accept = AcceptInvitationRequest {
        token: tokens[2].clone(),
        request_id: request_id(),
    };
    let other = AcceptInvitationRequest {
        token: tokens[0].clone(),
        ..accept.clone()
    };
    let joined = mortal.lose((accept, other), [0, 0, 0, 0, 0, 0, 1], async |keyed, it| {
        let mut client = InvitationServiceClient::new(keyed);
        client.accept_invitation(it).await
    });
    let joined = joined.await;
    assert!(!joined.already_accepted);
    let member = joined.member.expect("the member");
    assert_eq!(
        (member.user_id.as_str(), member.state()),
        (invited.user_id.as_str(), MemberState::Active)
    );
    revocations_die(&mut mortal, &team.id).await;
}

async fn revocations_die(mortal: &mut Mortal<'_>, team: &str) {
    let mut invitation_ids = Vec::new();
    for name in ["c", "d", "e"] {
        let request = invitation_of(team, &format!("{name}@acme.example"));
        let answer = create_invitation(mortal.keyed(), request).await.answered();
        invitation_ids.push(answer.invitation.expect("the invitation").id);
    }
    mortal.look.letters_are_sent().await;
    let back = BatchRevokeInvitationsRequest {
        team_id: team.to_owned(),
        invitation_ids,
        request_id: ids::nonce().to_string(),
        ..BatchRevokeInvitationsRequest::default()
    };
    let other = BatchRevokeInvitationsRequest {
        invitation_ids: back.invitation_ids[..2].to_vec(),
        ..back.clone()
    };
    let wanted = back.invitation_ids.clone();
    let revoked = mortal.lose((back, other), [0, 0, 0, 0, 0, 0, 3], async |keyed, it| {
        let mut client = InvitationServiceClient::new(keyed);
        client.batch_revoke_invitations(it).await
    });
    let results = revoked.await.results;
    let named: Vec<_> = results.into_iter().map(|one| one.invitation_id).collect();
    assert_eq!(named, wanted);
    for invitation_id in wanted {
        let request = GetInvitationRequest {
            team_id: team.to_owned(),
            invitation_id,
        };
        let mut client = InvitationServiceClient::new(mortal.keyed());
        let found = client.get_invitation(request).await.answered();
        let state = found.invitation.expect("the invitation").state();
        assert_eq!(state, InvitationState::Revoked);
    }
}

async fn processes_die_at_any_moment(url: &str) {
    let deployment = &Deployment::on(url);
    let mut mortal = Mortal {
        deployment,
        look: Look::at(url).await,
        server: Some(deployment.serve()),
    };
    let begun = Instant::now();
    create_team(mortal.keyed(), team_called("first"))
        .await
        .answered();
    let usual = begun.elapsed();

    for round in 0..10_u64 {
        let before = traces(&mortal.look).await;
        let request = CreateTeamRequest {
            request_id: ids::nonce().to_string(),
            ..team_called(&format!("team{round}"))
        };
        // From at once to the usual time of an answer.
        let random = ids::nonce().as_u64_pair().1 % 1_000;
        let moment = usual.mul_f64(f64::from(u32::try_from(random).expect("small")) / 1_000.0);
        let first = tokio::spawn(create_team(mortal.keyed(), request.clone()));
        tokio::time::sleep(moment).await;
        mortal.kill();
        let first = first.await.expect("no panic");

        mortal.restart();
        let again = create_team(mortal.keyed(), request.clone()).await;
        let again = again.answered();
        if let Ok(first) = first {
            assert_eq!(first.into_inner(), again);
        }
        let more = create_team(mortal.keyed(), request).await.answered();
        assert_eq!(more.encode_to_vec(), again.encode_to_vec());
        let done = traces(&mortal.look).await;
        let added: Vec<_> = done
            .iter()
            .zip(before)
            .map(|(now, then)| now - then)
            .collect();
        assert_eq!(added, [1, 1, 1, 1, 1, 1, 2], "killed after {moment:?}");
    }
    mortal.look.letters_are_sent().await;
    assert_eq!(deployment.tokens().len(), 11, "one letter a team");
    let letters = "SELECT count(*) AS it FROM events WHERE type = 'LETTER_SENT'";
    assert_eq!(mortal.look.number(letters).await, 11);
}
