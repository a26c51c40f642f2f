//! Acting for whoever signed in: his ID token stands in the place of his id, and counts in the connection's team alone.

use chrono::TimeDelta;
use muster::{
    domain::keys::Scope,
    proto::{
        GetTeamRequest, GetUserRequest, Role, get_user_request::Key,
        team_service_client::TeamServiceClient, user_service_client::UserServiceClient,
    },
};
use tonic::{
    Code, Request, Status,
    service::{Interceptor, interceptor::InterceptedService},
    transport::Channel,
};

use crate::{
    fixtures::with_role,
    harness::{Harness, tests},
    keyring::scoped,
    refusals::Outcome,
    sign_ins::{acme, loopback},
};

tests![
    an_id_token_names_the_actor_in_its_team_and_in_no_other with loopback,
    whoever_never_signed_in_is_nobodys_actor with loopback,
    an_actor_by_token_needs_a_scope_for_it with loopback,
    a_person_is_named_once with loopback,
];

/// Adds headers to each call.
#[derive(Clone)]
pub(crate) struct Headers(Vec<(&'static str, String)>);

impl Interceptor for Headers {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        for (name, value) in &self.0 {
            let value = value.parse().expect("plain ASCII");
            request.metadata_mut().append(*name, value);
        }
        Ok(request)
    }
}

/// A key and other headers.
pub(crate) fn headers(key: &str, others: &[(&'static str, &str)]) -> Headers {
    let key = ("authorization", format!("Bearer {key}"));
    let others = others
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    Headers([key].into_iter().chain(others).collect())
}

fn teams(h: &Harness, headers: Headers) -> TeamServiceClient<InterceptedService<Channel, Headers>> {
    TeamServiceClient::with_interceptor(h.channel(), headers)
}

/// What reads a team.
pub(crate) fn team_of(id: &str) -> GetTeamRequest {
    GetTeamRequest {
        team_id: id.to_owned(),
    }
}

/// The header with the token of the person for whom a call is made.
pub(crate) const TOKEN: &str = "muster-actor-id-token";

async fn an_id_token_names_the_actor_in_its_team_and_in_no_other(h: &Harness) {
    let acme = acme(h).await;
    let other = h.led_team("other").await;
    let ann = h
        .join_as(&other.id, "ann@acme.example", Role::SecondaryAdmin)
        .await;
    let token = acme.token(h, "1", "ann@acme.example");
    let member = h.sign_in(&token).await.answered().member.expect("her");
    assert_eq!(member.user_id, ann);
    let as_ann = headers(h.key(), &[(TOKEN, &token)]);
    let refused = teams(h, as_ann.clone())
        .get_team(team_of(&acme.team.id))
        .await;
    refused.denied("team.read");
    h.change(with_role(&acme.team.id, &ann, Role::SecondaryAdmin))
        .await;
    teams(h, as_ann.clone())
        .get_team(team_of(&acme.team.id))
        .await
        .answered();
    // There she is an admin too, but that is no affair of this provider's.
    let refused = teams(h, as_ann.clone()).get_team(team_of(&other.id)).await;
    refused.missing("TEAM_NOT_FOUND", &other.id);
    let own = GetUserRequest {
        key: Some(Key::UserId(ann.clone())),
        ..GetUserRequest::default()
    };
    let mut users = UserServiceClient::with_interceptor(h.channel(), as_ann.clone());
    users.get_user(own).await.denied("users.read");

    h.disable(&acme.team.id, &ann).await;
    let refused = teams(h, as_ann.clone())
        .get_team(team_of(&acme.team.id))
        .await;
    refused.denied("team.read");
    h.advance(TimeDelta::hours(2));
    let refused = teams(h, as_ann).get_team(team_of(&acme.team.id)).await;
    refused.refused(Code::Unauthenticated, "ID_TOKEN_INVALID");
}

async fn whoever_never_signed_in_is_nobodys_actor(h: &Harness) {
    let acme = acme(h).await;
    h.join(&acme.team.id, "ann@acme.example").await;
    let token = acme.token(h, "1", "ann@acme.example");
    for token in [&*token, "no token", ""] {
        let nobody = headers(h.key(), &[(TOKEN, token)]);
        let refused = teams(h, nobody).get_team(team_of(&acme.team.id)).await;
        refused.refused(Code::Unauthenticated, "ID_TOKEN_INVALID");
    }
}

async fn an_actor_by_token_needs_a_scope_for_it(h: &Harness) {
    let acme = acme(h).await;
    let token = acme.token(h, "1", "boss@acme.example");
    h.sign_in(&token).await.answered();
    let ask = async |key: &str, by: (&'static str, &str)| {
        teams(h, headers(key, &[by]))
            .get_team(team_of(&acme.team.id))
            .await
    };
    let reads = h.made(&scoped("reads", None, &[Scope::TeamsRead])).await;
    ask(reads.text(), (TOKEN, &token)).await.denied("team.read");
    let signed_in = h
        .made(&scoped(
            "signed-in",
            None,
            &[Scope::TeamsRead, Scope::ActAsSignedIn],
        ))
        .await;
    ask(signed_in.text(), (TOKEN, &token)).await.answered();
    let admin = ("muster-actor", &*acme.team.admin);
    ask(signed_in.text(), admin).await.denied("team.read");
    let acts = h
        .made(&scoped("acts", None, &[Scope::TeamsRead, Scope::ActAs]))
        .await;
    ask(acts.text(), (TOKEN, &token)).await.answered();

    // A key of another team sees no such connection.
    let other = h.led_team("other").await;
    let scopes = [Scope::TeamsRead, Scope::ActAsSignedIn];
    let elsewhere = h.made(&scoped("elsewhere", Some(&other.id), &scopes)).await;
    let refused = ask(elsewhere.text(), (TOKEN, &token)).await;
    refused.refused(Code::Unauthenticated, "ID_TOKEN_INVALID");
    let here = h.made(&scoped("here", Some(&acme.team.id), &scopes)).await;
    ask(here.text(), (TOKEN, &token)).await.answered();
}

async fn a_person_is_named_once(h: &Harness) {
    let acme = acme(h).await;
    let token = acme.token(h, "1", "boss@acme.example");
    h.sign_in(&token).await.answered();
    let id = ("muster-actor", &*acme.team.admin);
    for twice in [[(TOKEN, &*token), id], [(TOKEN, &*token); 2], [id; 2]] {
        let client = teams(h, headers(h.key(), &twice));
        let refused = { client }.get_team(team_of(&acme.team.id)).await;
        refused.refused(Code::Unauthenticated, "ACTOR_INVALID");
    }
}
